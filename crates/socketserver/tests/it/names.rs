//! Every public name of CPython's module has its counterpart: its `test_all`.

use socketserver as s;

/// Names each type, so that a missing one does not compile.
macro_rules! counterparts {
    ($($python:literal => $rust:ty;)*) => {
        const NAMES: &[(&str, fn() -> &'static str)] =
            &[$(($python, std::any::type_name::<$rust>)),*];
    };
}

struct Handler;
impl<T: s::Transport> s::BaseRequestHandler<T> for Handler {}
type Class = s::Raw<fn() -> Handler>;

counterparts! {
    "BaseServer" => s::Server<s::Tcp, Class>;
    "TCPServer" => s::TcpServer<Class>;
    "UDPServer" => s::UdpServer<Class>;
    "UnixStreamServer" => s::UnixStreamServer<Class>;
    "UnixDatagramServer" => s::UnixDatagramServer<Class>;
    "ThreadingMixIn" => s::ThreadingMixIn<s::TcpServer<Class>>;
    "ForkingMixIn" => s::ForkingMixIn<s::TcpServer<Class>>;
    "ThreadingTCPServer" => s::ThreadingTcpServer<Class>;
    "ThreadingUDPServer" => s::ThreadingUdpServer<Class>;
    "ThreadingUnixStreamServer" => s::ThreadingUnixStreamServer<Class>;
    "ThreadingUnixDatagramServer" => s::ThreadingUnixDatagramServer<Class>;
    "ForkingTCPServer" => s::ForkingTcpServer<Class>;
    "ForkingUDPServer" => s::ForkingUdpServer<Class>;
    "ForkingUnixStreamServer" => s::ForkingUnixStreamServer<Class>;
    "ForkingUnixDatagramServer" => s::ForkingUnixDatagramServer<Class>;
    "BaseRequestHandler" => dyn s::BaseRequestHandler;
    "StreamRequestHandler" => dyn s::StreamRequestHandler;
    "DatagramRequestHandler" => dyn s::DatagramRequestHandler;
}

#[test]
fn every_public_name_has_a_counterpart() {
    assert_eq!(NAMES.len(), 18);
    for (python, rust) in NAMES {
        assert!(rust().contains("socketserver::"), "{python}");
    }
}
