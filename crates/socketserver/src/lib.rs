//! CPython's `socketserver` in Rust: servers whose every step is a hook.
#![deny(unsafe_code)]

mod address;
mod backoff;
mod base_server;
mod control;
mod datagram_request_handler;
mod error;
#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod forking;
mod inet;
mod mixin;
mod options;
mod request_handler;
mod server;
mod stream_request_handler;
mod tcp;
mod threading;
mod transport;
mod udp;
#[cfg(unix)]
mod unix;
mod wakeup;

pub use address::ToServerAddress;
pub use base_server::{AddressOf, BaseServer, RequestOf, Serve};
pub use control::ShutdownHandle;
pub use datagram_request_handler::{DatagramRequest, DatagramRequestHandler};
pub use error::Misuse;
pub use options::ServerOptions;
pub use request_handler::{
    BaseRequest, BaseRequestHandler, Handler, HandlerError, HandlerPanic, Raw, RequestHandlerClass,
};
pub use server::{Server, ServerInfo, error_report};
pub use stream_request_handler::{
    StreamOptions, StreamReader, StreamRequest, StreamRequestHandler, StreamWriter,
};
pub use tcp::{Tcp, TcpServer};
pub use threading::{ThreadingMixIn, ThreadingOptions, ThreadingTcpServer, ThreadingUdpServer};
pub use transport::{
    Connection, Datagram, DatagramTransport, Packet, Stream, StreamTransport, Transport,
};
pub use udp::{Udp, UdpServer};

#[cfg(unix)]
pub use forking::{
    ForkingMixIn, ForkingOptions, ForkingTcpServer, ForkingUdpServer, ForkingUnixDatagramServer,
    ForkingUnixStreamServer,
};
#[cfg(unix)]
pub use threading::{ThreadingUnixDatagramServer, ThreadingUnixStreamServer};
#[cfg(unix)]
pub use unix::{UnixDatagramServer, UnixDatagramTransport, UnixStreamServer, UnixStreamTransport};

pub use socket2;
