//! `DatagramRequestHandler`: `rfile` and `wfile` in memory, one datagram in, one out.

use crate::request_handler::run_handler;
use crate::transport::{DatagramTransport, Packet};
use crate::{HandlerError, ServerInfo, Udp};
use std::fmt;
use std::io::{self, Cursor};

/// A handler with files in memory (`socketserver.DatagramRequestHandler`).
///
/// # Examples
///
/// ```
/// use socketserver::{DatagramRequest, DatagramRequestHandler, Serve, UdpServer};
/// use std::io::{self, Read, Write};
/// use std::net::UdpSocket;
///
/// struct Upper;
///
/// impl DatagramRequestHandler for Upper {
///     fn handle(&mut self, x: &mut DatagramRequest<'_>) -> io::Result<()> {
///         let mut text = String::new();
///         x.rfile.read_to_string(&mut text)?;
///         x.wfile.write_all(text.to_uppercase().as_bytes())
///     }
/// }
///
/// let server = UdpServer::bind("127.0.0.1:0", || Upper)?;
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// client.send_to(b"hello", server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = [0; 16];
/// let received = client.recv(&mut answer)?;
/// assert_eq!(&answer[..received], b"HELLO");
/// # io::Result::Ok(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `DatagramRequestHandler` for a `{T}` server",
    note = "implement `DatagramRequestHandler<{T}>` for it; the factory of a `BaseRequestHandler` \
            is wrapped instead: `Raw(|| MyHandler)`"
)]
pub trait DatagramRequestHandler<T: DatagramTransport = Udp> {
    /// Called before `handle`; the files are there already. Does nothing by default.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`; neither `handle` nor `finish` are called.
    fn setup(&mut self, x: &mut DatagramRequest<'_, T>) -> io::Result<()> {
        let _ = x;
        Ok(())
    }

    /// Does the work. Does nothing by default.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`, after `finish`.
    fn handle(&mut self, x: &mut DatagramRequest<'_, T>) -> io::Result<()> {
        let _ = x;
        Ok(())
    }

    /// Sends what is in `wfile` to the client as one datagram, also when there is nothing in it
    /// and when `handle` failed.
    ///
    /// # Errors
    ///
    /// An error goes to `handle_error`, in place of an error of `handle`.
    fn finish(&mut self, x: &mut DatagramRequest<'_, T>) -> io::Result<()> {
        x.finish()
    }
}

/// What a [`DatagramRequestHandler`] has in its hands: the instance variables of the Python class.
///
/// # Examples
///
/// ```
/// use socketserver::{DatagramRequest, DatagramRequestHandler, Serve, UdpServer};
/// use std::io::{self, Write};
/// use std::net::UdpSocket;
///
/// struct Receipt;
///
/// impl DatagramRequestHandler for Receipt {
///     fn handle(&mut self, x: &mut DatagramRequest<'_>) -> io::Result<()> {
///         write!(x.wfile, "{} bytes from {}", x.packet.len(), x.client_address.ip())
///     }
/// }
///
/// let server = UdpServer::bind("127.0.0.1:0", || Receipt)?;
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// client.send_to(b"hello", server.server_address())?;
/// server.handle_request()?;
///
/// let mut answer = [0; 32];
/// let received = client.recv(&mut answer)?;
/// assert_eq!(&answer[..received], b"5 bytes from 127.0.0.1");
/// # io::Result::Ok(())
/// ```
pub struct DatagramRequest<'a, T: DatagramTransport = Udp> {
    /// Reads the packet.
    pub rfile: Cursor<&'a [u8]>,
    /// Collects the answer.
    pub wfile: Vec<u8>,
    /// The packet as it was received.
    pub packet: &'a [u8],
    /// The server's socket.
    pub socket: &'a T::Socket,
    /// Who sent the packet.
    pub client_address: &'a T::Address,
    /// What there is to know of the server.
    pub server: ServerInfo<'a>,
}

impl<T: DatagramTransport> DatagramRequest<'_, T> {
    /// Sends what is in `wfile` as one datagram (`DatagramRequestHandler.finish`).
    ///
    /// # Errors
    ///
    /// Those of sending, such as a client that has no address.
    pub fn finish(&mut self) -> io::Result<()> {
        T::send_to(self.socket, &self.wfile, self.client_address)
    }
}

impl<T: DatagramTransport> fmt::Debug for DatagramRequest<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramRequest")
            .field("client_address", self.client_address)
            .field("packet", &self.packet)
            .field("wfile", &self.wfile)
            .finish_non_exhaustive()
    }
}

/// Runs one handler on one packet.
pub(crate) fn run<T: DatagramTransport, H: DatagramRequestHandler<T>>(
    handler: H,
    request: &Packet<T::Socket>,
    client_address: &T::Address,
    server: &ServerInfo,
) -> Result<(), HandlerError> {
    let x = DatagramRequest::<T> {
        rfile: Cursor::new(&request.data),
        wfile: Vec::new(),
        packet: &request.data,
        socket: &request.socket,
        client_address,
        server: *server,
    };
    run_handler(handler, x, H::setup, H::handle, H::finish)
}
