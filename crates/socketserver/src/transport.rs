//! What distinguishes TCP, UDP, Unix stream and Unix datagram servers.
use std::fmt;
use std::io;
use socket2::Socket;

/// One kind of socket a server can listen on.
pub trait Transport: Send + Sync + 'static {
    /// What one request is: a connection, or a packet with the socket to answer on.
    type Request: Send + 'static;
    /// How this transport writes an address. `Debug` prints it as Python would
    /// (`('127.0.0.1', 80)`), because `handle_error` shows it.
    type Address: Clone + fmt::Debug + Send + Sync + 'static;
    // ... create/bind/local_address/listen/accept/shutdown_request/close_request ...
    /// Waits for the next request (`get_request`).
    fn accept(socket: &Socket, options: &crate::ServerOptions) -> io::Result<(Self::Request, Self::Address)>;
}

/// TCP over IPv4 or IPv6, the family taken from the address.
#[derive(Debug)]
pub enum Tcp {}

impl Transport for Tcp {
    type Request = std::net::TcpStream;
    type Address = std::net::SocketAddr;
    fn accept(_: &Socket, _: &crate::ServerOptions) -> io::Result<(Self::Request, Self::Address)> {
        todo!()
    }
}
