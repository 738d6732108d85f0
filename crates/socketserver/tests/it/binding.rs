//! Addresses, socket options, and what is said when binding fails.

use crate::support::{Fail, Journal, deadline, noting_server};
use socketserver::{
    BaseRequest, BaseRequestHandler, BaseServer, Raw, RequestHandlerClass, Serve, Server,
    ServerOptions, Tcp, TcpServer, ToServerAddress, UnixStreamServer, UnixStreamTransport,
};
use std::io::{self, Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};

/// Tells who asked.
struct WhoAmI;

impl BaseRequestHandler for WhoAmI {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        write!(x.request, "{}", x.client_address.ip())
    }
}

fn who_am_i(server: &impl BaseServer<Transport = Tcp>, host: &str) -> String {
    let port = server.base().server_address().port();
    let mut client = TcpStream::connect((host, port)).unwrap();
    server.handle_request().unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

fn ipv6_works() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[test]
fn port_zero_becomes_the_real_port() {
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| WhoAmI)).unwrap();
    assert_ne!(server.server_address().port(), 0);
    assert_eq!(who_am_i(&server, "127.0.0.1"), "127.0.0.1");
}

#[test]
fn an_empty_host_serves_every_interface() {
    let _deadline = deadline();
    let server = TcpServer::bind(("", 0), Raw(|| WhoAmI)).unwrap();
    assert!(server.server_address().ip().is_unspecified());
    assert_eq!(who_am_i(&server, "127.0.0.1"), "127.0.0.1");
}

#[test]
fn the_family_follows_the_address() {
    let _deadline = deadline();
    if !ipv6_works() {
        return;
    }
    let server = TcpServer::bind("[::1]:0", Raw(|| WhoAmI)).unwrap();
    assert!(server.server_address().is_ipv6());
    assert_eq!(who_am_i(&server, "::1"), "::1");
}

#[test]
fn two_colons_serve_both_families() {
    let _deadline = deadline();
    if !ipv6_works() {
        return;
    }
    let server = TcpServer::bind(("::", 0), Raw(|| WhoAmI)).unwrap();
    assert_eq!(who_am_i(&server, "::1"), "::1");
    assert_eq!(who_am_i(&server, "127.0.0.1"), "::ffff:127.0.0.1");
}

#[test]
fn a_busy_port_is_named_with_the_way_out() {
    let first = TcpServer::bind("127.0.0.1:0", Raw(|| WhoAmI)).unwrap();
    let port = first.server_address().port();
    let error = TcpServer::bind(("127.0.0.1", port), Raw(|| WhoAmI)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    let message = error.to_string();
    assert!(message.starts_with(&format!("cannot serve on ('127.0.0.1', {port}): ")), "{message}");
    assert!(message.ends_with("choose another port, or port 0 for a free one"), "{message}");
    // What `fn main() -> io::Result<()>` prints.
    assert_eq!(format!("{error:?}"), format!("Custom {{ kind: AddrInUse, error: {message:?} }}"));
}

#[test]
fn an_address_of_another_machine_is_refused() {
    // 192.0.2.0/24 is for documentation (RFC 5737).
    let error = TcpServer::bind("192.0.2.1:0", Raw(|| WhoAmI)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
    assert!(error.to_string().contains("this machine has no such address"), "{error}");
}

#[test]
fn a_port_out_of_range_is_refused() {
    let error = TcpServer::bind("127.0.0.1:65536", Raw(|| WhoAmI)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("65535"), "{error}");
}

#[test]
fn a_failed_bind_closes_the_server() {
    let journal = Journal::new();
    let server = noting_server(&journal, Fail::Never);
    // Bound already, so it cannot be bound again.
    assert!(server.bind_and_activate().is_err());
    assert_eq!(journal.entries(), ["S.server_close"]);
    assert!(server.base().socket().is_err());
}

#[test]
fn reuse_options_are_set_before_binding() {
    let mut options = ServerOptions::default();
    options.allow_reuse_address = true;
    options.allow_reuse_port = true;
    let first = TcpServer::bind_with("127.0.0.1:0", Raw(|| WhoAmI), options.clone()).unwrap();
    let second = TcpServer::bind_with(first.server_address(), Raw(|| WhoAmI), options);
    assert_eq!(second.unwrap().server_address(), first.server_address());

    let socket = first.socket().unwrap();
    let socket = socket2::SockRef::from(&*socket);
    assert!(socket.reuse_address().unwrap() && socket.reuse_port().unwrap());
}

#[test]
fn reuse_port_is_for_ip_sockets_only() {
    struct Nothing;
    impl BaseRequestHandler<UnixStreamTransport> for Nothing {}

    let folder = tempfile::tempdir().unwrap();
    let mut options = ServerOptions::default();
    options.allow_reuse_port = true;
    let path = folder.path().join("socket");
    let server = UnixStreamServer::bind_with(&path, Raw(|| Nothing), options).unwrap();
    assert_eq!(server.server_address().as_pathname(), Some(path.as_path()));
}

#[test]
fn a_listening_socket_can_be_adopted() {
    let _deadline = deadline();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let class = Raw(|| WhoAmI);
    let server = Server::from_socket(Tcp, listener, class, ServerOptions::default()).unwrap();
    assert_eq!(server.server_address(), address);
    assert_eq!(who_am_i(&server, "127.0.0.1"), "127.0.0.1");
}

#[test]
fn accepted_connections_block() {
    struct Blocking;
    impl BaseRequestHandler for Blocking {
        fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
            let nonblocking = socket2::SockRef::from(&*x.request).nonblocking()?;
            write!(x.request, "{nonblocking}")
        }
    }
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| Blocking)).unwrap();
    assert_eq!(who_am_i(&server, "127.0.0.1"), "false");
}

/// Binds where it wants, and listens with a short queue: overrides `server_bind` and
/// `server_activate`.
struct Overriding<C>(TcpServer<C>);

impl<C: RequestHandlerClass<Tcp>> BaseServer for Overriding<C> {
    type Transport = Tcp;
    type Class = C;

    fn base(&self) -> &Server<Tcp, C> {
        &self.0
    }

    fn server_bind(&self) -> io::Result<()> {
        let socket = self.0.socket()?;
        socket2::SockRef::from(&*socket).set_keepalive(true)?;
        self.0.server_bind()
    }

    fn server_activate(&self) -> io::Result<()> {
        let socket = self.0.socket()?;
        socket2::SockRef::from(&*socket).listen(1)
    }
}

#[test]
fn server_bind_and_server_activate_can_be_overridden() {
    let _deadline = deadline();
    let address: SocketAddr = "127.0.0.1:0".to_server_address().unwrap();
    let inner = TcpServer::new(address, Raw(|| WhoAmI), ServerOptions::default()).unwrap();
    let server = Overriding(inner);
    server.bind_and_activate().unwrap();
    let socket = server.base().socket().unwrap();
    assert!(socket2::SockRef::from(&*socket).keepalive().unwrap());
    assert_eq!(who_am_i(&server, "127.0.0.1"), "127.0.0.1");
}
