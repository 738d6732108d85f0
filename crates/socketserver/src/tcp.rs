//! `TCPServer`: connections over IPv4 and IPv6.

use crate::transport::{Stream, Transport};
use crate::{Server, ServerOptions, inet};
use socket2::{Protocol, SockRef, Type};
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// A stream socket server over IPv4 or IPv6 (`socketserver.TCPServer`).
///
/// # Examples
///
/// ```
/// use socketserver::{BaseServer, StreamRequest, StreamRequestHandler, TcpServer};
///
/// struct Hello;
///
/// impl StreamRequestHandler for Hello {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> std::io::Result<()> {
///         use std::io::Write;
///         x.wfile.write_all(b"hello\n")
///     }
/// }
///
/// let server = TcpServer::bind(("127.0.0.1", 0), || Hello)?;
/// assert_ne!(server.server_address().port(), 0);
///
/// let error = TcpServer::bind(server.server_address(), || Hello).err().unwrap();
/// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "TCPServer")]
pub type TcpServer<C> = Server<Tcp, C>;

/// TCP over IPv4 or IPv6, the family taken from the address.
///
/// # Examples
///
/// It says what a socket is that was bound elsewhere:
///
/// ```
/// use socketserver::{BaseRequestHandler, Raw, Server, ServerOptions, Tcp};
/// use std::net::TcpListener;
///
/// struct Nothing;
/// impl BaseRequestHandler for Nothing {}
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// let server = Server::from_socket(Tcp, listener, Raw(|| Nothing), ServerOptions::default())?;
/// assert_eq!(server.server_address(), address);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

impl Transport for Tcp {
    type Socket = TcpListener;
    type Request = TcpStream;
    type Address = SocketAddr;
    type Kind = Stream;

    fn create_socket(&self, address: &SocketAddr) -> io::Result<TcpListener> {
        let socket = inet::create_socket(*address, Type::STREAM, Protocol::TCP)?;
        Ok(socket.into())
    }

    /// A client that is gone before it was accepted must not block the loop.
    fn prepare(&self, socket: &TcpListener) -> io::Result<()> {
        socket.set_nonblocking(true)
    }

    fn sock_ref<'a>(&self, socket: &'a TcpListener) -> SockRef<'a> {
        SockRef::from(socket)
    }

    fn bind(
        &self,
        socket: &TcpListener,
        address: &SocketAddr,
        options: &ServerOptions,
    ) -> io::Result<()> {
        inet::bind(&self.sock_ref(socket), *address, options)
    }

    fn local_address(&self, socket: &TcpListener) -> io::Result<SocketAddr> {
        socket.local_addr()
    }

    fn activate(&self, socket: &TcpListener, options: &ServerOptions) -> io::Result<()> {
        self.sock_ref(socket).listen(options.request_queue_size)
    }

    fn is_active(&self, socket: &TcpListener) -> io::Result<bool> {
        inet::is_listener(&self.sock_ref(socket))
    }

    fn accept(
        &self,
        socket: &Arc<TcpListener>,
        _options: &ServerOptions,
    ) -> io::Result<(TcpStream, SocketAddr)> {
        let (request, client_address) = socket.accept()?;
        // Linux makes accepted sockets blocking; BSD, macOS and Windows hand the flag on.
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        request.set_nonblocking(false)?;
        Ok((request, client_address))
    }

    fn shutdown_write(&self, request: &TcpStream) -> io::Result<()> {
        request.shutdown(Shutdown::Write)
    }

    fn address_text(&self, address: &SocketAddr) -> String {
        inet::address_text(address)
    }
}
