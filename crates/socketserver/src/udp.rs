//! `UDPServer`: datagrams over IPv4 and IPv6.

use crate::transport::{Datagram, DatagramTransport, Packet, Transport};
use crate::{Server, ServerOptions, inet};
use socket2::{Protocol, SockRef, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

/// A datagram server over IPv4 or IPv6 (`socketserver.UDPServer`).
///
/// A request is a [`Packet`]: what was received, and the server's socket to answer on.
///
/// # Examples
///
/// ```
/// use socketserver::{DatagramRequestHandler, UdpServer};
///
/// struct Ping;
/// impl DatagramRequestHandler for Ping {} // answers every datagram with an empty one
///
/// let server = UdpServer::bind("127.0.0.1:0", || Ping)?;
/// assert_ne!(server.server_address().port(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "UDPServer")]
pub type UdpServer<C> = Server<Udp, C>;

/// UDP over IPv4 or IPv6, the family taken from the address.
///
/// # Examples
///
/// A [`BaseRequestHandler`](crate::BaseRequestHandler) names it, because the default is TCP:
///
/// ```
/// use socketserver::{BaseRequest, BaseRequestHandler, Raw, Udp, UdpServer};
///
/// struct Log;
///
/// impl BaseRequestHandler<Udp> for Log {
///     fn handle(&mut self, x: &mut BaseRequest<'_, Udp>) -> std::io::Result<()> {
///         println!("{}: {} bytes", x.client_address, x.request.data.len());
///         Ok(())
///     }
/// }
///
/// let server = UdpServer::bind("127.0.0.1:0", Raw(|| Log))?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Udp;

impl Transport for Udp {
    type Socket = UdpSocket;
    type Request = Packet<UdpSocket>;
    type Address = SocketAddr;
    type Kind = Datagram;

    fn create_socket(&self, address: &SocketAddr) -> io::Result<UdpSocket> {
        let socket = inet::create_socket(*address, Type::DGRAM, Protocol::UDP)?;
        Ok(socket.into())
    }

    fn prepare(&self, socket: &UdpSocket) -> io::Result<()> {
        bound_receiving(&self.sock_ref(socket))
    }

    fn sock_ref<'a>(&self, socket: &'a UdpSocket) -> SockRef<'a> {
        SockRef::from(socket)
    }

    fn bind(
        &self,
        socket: &UdpSocket,
        address: &SocketAddr,
        options: &ServerOptions,
    ) -> io::Result<()> {
        inet::bind(&self.sock_ref(socket), *address, options)
    }

    fn local_address(&self, socket: &UdpSocket) -> io::Result<SocketAddr> {
        socket.local_addr()
    }

    fn activate(&self, _socket: &UdpSocket, _options: &ServerOptions) -> io::Result<()> {
        Ok(())
    }

    fn is_active(&self, socket: &UdpSocket) -> io::Result<bool> {
        Ok(socket.local_addr()?.port() != 0)
    }

    fn accept(
        &self,
        socket: &Arc<UdpSocket>,
        options: &ServerOptions,
    ) -> io::Result<(Packet<UdpSocket>, SocketAddr)> {
        let mut data = vec![0; options.max_packet_size];
        let (received, client_address) = socket.recv_from(&mut data)?;
        data.truncate(received);
        Ok((Packet { data, socket: Arc::clone(socket) }, client_address))
    }

    fn shutdown_write(&self, _request: &Packet<UdpSocket>) -> io::Result<()> {
        Ok(())
    }

    fn address_text(&self, address: &SocketAddr) -> String {
        inet::address_text(address)
    }
}

impl DatagramTransport for Udp {
    fn send_to(socket: &UdpSocket, data: &[u8], address: &SocketAddr) -> io::Result<()> {
        socket.send_to(data, address).map(drop)
    }
}

/// Keeps a datagram that vanishes between readiness and reading (a bad checksum) from blocking the
/// loop. The socket itself stays blocking, because handlers answer on it and would otherwise lose
/// datagrams whenever the system is busy.
pub(crate) fn bound_receiving(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_read_timeout(Some(Duration::from_millis(1)))
}
