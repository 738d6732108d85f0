//! CPython's `socketserver` in Rust: servers whose every step is a hook.
#![deny(unsafe_code)]

mod base_server;
mod options;
mod request_handler;
mod server;
mod transport;

pub use base_server::{BaseServer, Serve};
pub use options::ServerOptions;
pub use request_handler::{HandlerError, RequestHandlerClass};
pub use server::{Server, ServerInfo, ShutdownHandle};
pub use transport::{Tcp, Transport};

/// A stream socket server (`socketserver.TCPServer`).
pub type TcpServer<C> = Server<Tcp, C>;
