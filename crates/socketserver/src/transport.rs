//! What distinguishes TCP, UDP, Unix stream and Unix datagram servers.

use crate::ServerOptions;
use socket2::SockRef;
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// One kind of socket a server can listen on.
///
/// CPython expresses this by the subclasses of `TCPServer` and their `address_family` and
/// `socket_type`. Here it is a value that the [`Server`](crate::Server) owns, so a transport of
/// your own may carry state: its keys, its counters, the errors a test wants to see.
///
/// # Examples
///
/// TCP that counts its connections; the methods not shown pass on to [`Tcp`](crate::Tcp):
///
/// ```
/// use socketserver::{
///     BaseRequestHandler, Raw, Serve, Server, ServerOptions, Stream, Tcp, ToServerAddress, Transport,
/// };
/// # use socketserver::socket2::SockRef;
/// use std::io;
/// use std::net::{SocketAddr, TcpListener, TcpStream};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// #[derive(Default)]
/// struct Counted {
///     connections: AtomicUsize,
/// }
///
/// impl Transport for Counted {
///     type Socket = TcpListener;
///     type Request = TcpStream;
///     type Address = SocketAddr;
///     type Kind = Stream;
///
///     fn accept(
///         &self,
///         socket: &Arc<TcpListener>,
///         options: &ServerOptions,
///     ) -> io::Result<(TcpStream, SocketAddr)> {
///         let accepted = Tcp.accept(socket, options)?;
///         self.connections.fetch_add(1, Ordering::Relaxed);
///         Ok(accepted)
///     }
/// #     fn create_socket(&self, address: &SocketAddr) -> io::Result<TcpListener> {
/// #         Tcp.create_socket(address)
/// #     }
/// #     fn prepare(&self, socket: &TcpListener) -> io::Result<()> {
/// #         Tcp.prepare(socket)
/// #     }
/// #     fn sock_ref<'a>(&self, socket: &'a TcpListener) -> SockRef<'a> {
/// #         Tcp.sock_ref(socket)
/// #     }
/// #     fn bind(
/// #         &self,
/// #         socket: &TcpListener,
/// #         address: &SocketAddr,
/// #         options: &ServerOptions,
/// #     ) -> io::Result<()> {
/// #         Tcp.bind(socket, address, options)
/// #     }
/// #     fn local_address(&self, socket: &TcpListener) -> io::Result<SocketAddr> {
/// #         Tcp.local_address(socket)
/// #     }
/// #     fn activate(&self, socket: &TcpListener, options: &ServerOptions) -> io::Result<()> {
/// #         Tcp.activate(socket, options)
/// #     }
/// #     fn is_active(&self, socket: &TcpListener) -> io::Result<bool> {
/// #         Tcp.is_active(socket)
/// #     }
/// #     fn shutdown_write(&self, request: &TcpStream) -> io::Result<()> {
/// #         Tcp.shutdown_write(request)
/// #     }
/// #     fn address_text(&self, address: &SocketAddr) -> String {
/// #         Tcp.address_text(address)
/// #     }
/// }
///
/// struct Nothing;
/// impl BaseRequestHandler<Counted> for Nothing {}
///
/// let address = "127.0.0.1:0".to_server_address()?;
/// let server = Server::<Counted, _>::new(address, Raw(|| Nothing), ServerOptions::default())?;
/// server.bind_and_activate()?;
/// let client = TcpStream::connect(server.server_address())?;
/// server.handle_request()?;
/// assert_eq!(server.transport().connections.load(Ordering::Relaxed), 1);
/// # io::Result::Ok(())
/// ```
#[doc(alias = "address_family")]
#[doc(alias = "socket_type")]
pub trait Transport: Send + Sync + 'static {
    /// The socket the server listens or receives on.
    type Socket: Send + Sync + 'static;
    /// What one request is: a connection, or a packet with the socket to answer on.
    type Request: Send + 'static;
    /// Who sent a request, and where a server listens.
    type Address: Clone + fmt::Debug + Send + Sync + 'static;
    /// [`Stream`] or [`Datagram`]: which of the two handler traits a factory's handlers must have.
    type Kind;

    /// Creates a socket of the family that `address` belongs to; binds nothing.
    ///
    /// # Errors
    ///
    /// Those of the system call.
    fn create_socket(&self, address: &Self::Address) -> io::Result<Self::Socket>;

    /// Puts a socket, new or passed on by somebody, into the state that [`accept`](Self::accept)
    /// needs: it must not wait.
    ///
    /// # Errors
    ///
    /// Those of the system call.
    fn prepare(&self, socket: &Self::Socket) -> io::Result<()>;

    /// Lends a socket to `socket2`, which knows all its options.
    fn sock_ref<'a>(&self, socket: &'a Self::Socket) -> SockRef<'a>;

    /// Applies the reuse options and binds (`server_bind`).
    ///
    /// # Errors
    ///
    /// Those of the system calls; the server adds what was tried and what could be done.
    fn bind(
        &self,
        socket: &Self::Socket,
        address: &Self::Address,
        options: &ServerOptions,
    ) -> io::Result<()>;

    /// The address a socket is bound to, as the system reports it.
    ///
    /// # Errors
    ///
    /// Those of the system call.
    fn local_address(&self, socket: &Self::Socket) -> io::Result<Self::Address>;

    /// Starts listening (`server_activate`). Datagram transports have nothing to do here.
    ///
    /// # Errors
    ///
    /// Those of the system call.
    fn activate(&self, socket: &Self::Socket, options: &ServerOptions) -> io::Result<()>;

    /// Tells whether requests can arrive on this socket; asked once when a loop starts, so that
    /// a forgotten `bind_and_activate` is an error and not a server that never answers.
    ///
    /// # Errors
    ///
    /// Those of the system call.
    fn is_active(&self, socket: &Self::Socket) -> io::Result<bool>;

    /// Takes the next request (`get_request`) without waiting for one.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] if there is none after all, and those of the system call.
    fn accept(
        &self,
        socket: &Arc<Self::Socket>,
        options: &ServerOptions,
    ) -> io::Result<(Self::Request, Self::Address)>;

    /// Tells the peer that no more will be sent: what `shutdown_request` does before it closes.
    ///
    /// # Errors
    ///
    /// Those of the system call; the caller ignores them, as CPython does.
    fn shutdown_write(&self, request: &Self::Request) -> io::Result<()>;

    /// An address as Python prints it, such as `('127.0.0.1', 4711)`, for `handle_error`.
    fn address_text(&self, address: &Self::Address) -> String;
}

/// Marks a [`Transport`] whose requests are connections.
///
/// # Examples
///
/// ```
/// use socketserver::{Stream, Tcp, Transport};
///
/// fn needs_connections<T: Transport<Kind = Stream>>(_: T) {}
/// needs_connections(Tcp); // `Udp` would not compile
/// ```
#[derive(Debug)]
pub enum Stream {}

/// Marks a [`Transport`] whose requests are packets.
///
/// # Examples
///
/// ```
/// use socketserver::{Datagram, Transport, Udp};
///
/// fn needs_packets<T: Transport<Kind = Datagram>>(_: T) {}
/// needs_packets(Udp); // `Tcp` would not compile
/// ```
#[derive(Debug)]
pub enum Datagram {}

/// A transport whose requests are connections, for
/// [`StreamRequestHandler`](crate::StreamRequestHandler).
///
/// # Examples
///
/// One handler for TCP and for Unix sockets:
///
/// ```
/// use socketserver::{StreamRequest, StreamRequestHandler, StreamTransport, TcpServer};
/// use std::io::{self, Write};
///
/// struct Hello;
///
/// impl<T: StreamTransport> StreamRequestHandler<T> for Hello {
///     fn handle(&mut self, x: &mut StreamRequest<'_, T>) -> io::Result<()> {
///         x.wfile.write_all(b"hello")
///     }
/// }
///
/// let tcp = TcpServer::bind("127.0.0.1:0", || Hello)?;
///
/// # #[cfg(unix)] {
/// use socketserver::UnixStreamServer;
/// let folder = tempfile::tempdir()?;
/// let unix = UnixStreamServer::bind(folder.path().join("hello.sock"), || Hello)?;
/// # }
/// # io::Result::Ok(())
/// ```
pub trait StreamTransport: Transport<Kind = Stream, Request: Connection> {}

impl<T: Transport<Kind = Stream, Request: Connection>> StreamTransport for T {}

/// What [`StreamRequestHandler`](crate::StreamRequestHandler) needs of a connection.
///
/// Reading and writing go through a shared reference, as `TcpStream` and `UnixStream` allow, so
/// that `rfile` and `wfile` can exist side by side.
///
/// # Examples
///
/// A connection that counts what it sends, for a [`Transport`] of your own:
///
/// ```
/// use socketserver::Connection;
/// use std::io;
/// use std::net::TcpStream;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use std::time::Duration;
///
/// struct Counted {
///     stream: TcpStream,
///     sent: AtomicUsize,
/// }
///
/// impl Connection for Counted {
///     fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
///         self.stream.receive(buffer)
///     }
///     fn send(&self, data: &[u8]) -> io::Result<usize> {
///         let count = self.stream.send(data)?;
///         self.sent.fetch_add(count, Ordering::Relaxed);
///         Ok(count)
///     }
///     fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
///         self.stream.set_timeout(timeout)
///     }
///     fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
///         Connection::set_nodelay(&self.stream, nodelay)
///     }
/// }
/// #
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let stream = TcpStream::connect(listener.local_addr()?)?;
/// # let connection = Counted { stream, sent: AtomicUsize::new(0) };
/// # connection.send(b"hello")?;
/// # assert_eq!(connection.sent.load(Ordering::Relaxed), 5);
/// # io::Result::Ok(())
/// ```
pub trait Connection: Send + 'static {
    /// Reads some bytes.
    ///
    /// # Errors
    ///
    /// Those of the system call; a timeout that passed is `WouldBlock` or `TimedOut`.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes some bytes.
    ///
    /// # Errors
    ///
    /// Those of the system call; a timeout that passed is `WouldBlock` or `TimedOut`.
    fn send(&self, data: &[u8]) -> io::Result<usize>;

    /// Bounds each wait of later reads and writes (`socket.settimeout`).
    ///
    /// # Errors
    ///
    /// Those of the system call; `InvalidInput` for a timeout of zero.
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Sends small segments at once (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// Those of the system call; sockets that are not TCP refuse.
    fn set_nodelay(&self, nodelay: bool) -> io::Result<()>;
}

/// Implements [`Connection`] for a type of `std`; `$nodelay` is what differs.
macro_rules! std_connection {
    ($type:ty, $nodelay:expr) => {
        impl Connection for $type {
            fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
                let mut stream = self;
                stream.read(buffer)
            }
            fn send(&self, data: &[u8]) -> io::Result<usize> {
                let mut stream = self;
                stream.write(data)
            }
            fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.set_read_timeout(timeout)?;
                self.set_write_timeout(timeout)
            }
            fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
                let set: fn(&$type, bool) -> io::Result<()> = $nodelay;
                set(self, nodelay)
            }
        }
    };
}

std_connection!(std::net::TcpStream, |stream, nodelay| {
    std::net::TcpStream::set_nodelay(stream, nodelay)
});

#[cfg(unix)]
std_connection!(std::os::unix::net::UnixStream, |_, _| {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "a Unix socket has no TCP_NODELAY: leave `disable_nagle_algorithm` off for it",
    ))
});

/// One packet and the socket to answer on: the pair `(data, server socket)` of `UDPServer`.
///
/// # Examples
///
/// ```
/// use socketserver::{BaseRequest, BaseRequestHandler, Raw, Serve, Udp, UdpServer};
/// use std::io;
/// use std::net::UdpSocket;
///
/// struct Echo;
///
/// impl BaseRequestHandler<Udp> for Echo {
///     fn handle(&mut self, x: &mut BaseRequest<'_, Udp>) -> io::Result<()> {
///         let packet = &x.request;
///         packet.socket.send_to(&packet.data, x.client_address).map(drop)
///     }
/// }
///
/// let server = UdpServer::bind("127.0.0.1:0", Raw(|| Echo))?;
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// client.send_to(b"hello", server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = [0; 16];
/// let received = client.recv(&mut answer)?;
/// assert_eq!(&answer[..received], b"hello");
/// # io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Packet<S> {
    /// What was received, at most [`ServerOptions::max_packet_size`] bytes.
    pub data: Vec<u8>,
    /// The server's socket; it stays open while a request holds it.
    pub socket: Arc<S>,
}

/// A transport whose requests are packets, for
/// [`DatagramRequestHandler`](crate::DatagramRequestHandler).
///
/// # Examples
///
/// A handler for every datagram transport, which sends a datagram before its answer:
///
/// ```
/// use socketserver::{DatagramRequest, DatagramRequestHandler, DatagramTransport, Serve, UdpServer};
/// use std::io::{self, Write};
/// use std::net::UdpSocket;
///
/// struct Patience;
///
/// impl<T: DatagramTransport> DatagramRequestHandler<T> for Patience {
///     fn handle(&mut self, x: &mut DatagramRequest<'_, T>) -> io::Result<()> {
///         T::send_to(x.socket, b"wait", x.client_address)?;
///         x.wfile.write_all(b"done")
///     }
/// }
///
/// let server = UdpServer::bind("127.0.0.1:0", || Patience)?;
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// client.send_to(b"hello", server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = [0; 4];
/// client.recv(&mut answer)?;
/// assert_eq!(&answer, b"wait");
/// client.recv(&mut answer)?;
/// assert_eq!(&answer, b"done");
/// # io::Result::Ok(())
/// ```
pub trait DatagramTransport:
    Transport<Kind = Datagram, Request = Packet<<Self as Transport>::Socket>>
{
    /// Sends one datagram.
    ///
    /// # Errors
    ///
    /// Those of the system call, and `InvalidInput` for a client that cannot be answered.
    fn send_to(socket: &Self::Socket, data: &[u8], address: &Self::Address) -> io::Result<()>;
}
