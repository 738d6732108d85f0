//! `UnixStreamServer` and `UnixDatagramServer`: sockets in the file system.

use crate::error::Misuse;
use crate::transport::{Datagram, DatagramTransport, Packet, Stream, Transport};
use crate::udp::bound_receiving;
use crate::{Server, ServerOptions, ToServerAddress, inet};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use std::ffi::OsStr;
use std::io;
use std::net::Shutdown;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A Unix stream socket server (`socketserver.UnixStreamServer`).
///
/// Its address is a path. As in CPython, the path must not exist before, and the file stays when
/// the server is closed.
///
/// # Examples
///
/// ```
/// use socketserver::{
///     Serve, StreamRequest, StreamRequestHandler, UnixStreamServer, UnixStreamTransport,
/// };
/// use std::io::{self, Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// struct Hello;
///
/// impl StreamRequestHandler<UnixStreamTransport> for Hello {
///     fn handle(&mut self, x: &mut StreamRequest<'_, UnixStreamTransport>) -> io::Result<()> {
///         x.wfile.write_all(b"hello")
///     }
/// }
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("hello.sock");
/// let server = UnixStreamServer::bind(&path, || Hello)?;
/// let mut client = UnixStream::connect(&path)?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, "hello");
///
/// let error = UnixStreamServer::bind(&path, || Hello).err().unwrap();
/// assert!(error.to_string().contains("a socket file is left over"));
/// # io::Result::Ok(())
/// ```
pub type UnixStreamServer<C> = Server<UnixStreamTransport, C>;

/// A Unix datagram server (`socketserver.UnixDatagramServer`).
///
/// A client must have an address of its own to be answered.
///
/// # Examples
///
/// ```
/// use socketserver::{
///     DatagramRequest, DatagramRequestHandler, Serve, UnixDatagramServer, UnixDatagramTransport,
/// };
/// use std::io::{self, Write};
/// use std::os::unix::net::UnixDatagram;
///
/// struct Upper;
///
/// impl DatagramRequestHandler<UnixDatagramTransport> for Upper {
///     fn handle(&mut self, x: &mut DatagramRequest<'_, UnixDatagramTransport>) -> io::Result<()> {
///         x.wfile.write_all(&x.packet.to_ascii_uppercase())
///     }
/// }
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("upper.sock");
/// let server = UnixDatagramServer::bind(&path, || Upper)?;
/// let client = UnixDatagram::bind(folder.path().join("client.sock"))?;
/// client.send_to(b"hello", &path)?;
/// server.handle_request()?;
///
/// let mut answer = [0; 16];
/// let received = client.recv(&mut answer)?;
/// assert_eq!(&answer[..received], b"HELLO");
/// # io::Result::Ok(())
/// ```
pub type UnixDatagramServer<C> = Server<UnixDatagramTransport, C>;

/// Connections over Unix sockets.
///
/// # Examples
///
/// It says what a socket is that was bound elsewhere:
///
/// ```
/// use socketserver::{BaseRequestHandler, Raw, Server, ServerOptions, UnixStreamTransport};
/// use std::os::unix::net::UnixListener;
///
/// struct Nothing;
/// impl BaseRequestHandler<UnixStreamTransport> for Nothing {}
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("my.sock");
/// let listener = UnixListener::bind(&path)?;
/// let options = ServerOptions::default();
/// let server = Server::from_socket(UnixStreamTransport, listener, Raw(|| Nothing), options)?;
/// assert_eq!(server.server_address().as_pathname(), Some(&*path));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct UnixStreamTransport;

/// Datagrams over Unix sockets.
///
/// # Examples
///
/// It says what a socket is that was bound elsewhere:
///
/// ```
/// use socketserver::{BaseRequestHandler, Raw, Server, ServerOptions, UnixDatagramTransport};
/// use std::os::unix::net::UnixDatagram;
///
/// struct Nothing;
/// impl BaseRequestHandler<UnixDatagramTransport> for Nothing {}
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("my.sock");
/// let socket = UnixDatagram::bind(&path)?;
/// let options = ServerOptions::default();
/// let server = Server::from_socket(UnixDatagramTransport, socket, Raw(|| Nothing), options)?;
/// assert_eq!(server.server_address().as_pathname(), Some(&*path));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct UnixDatagramTransport;

impl Transport for UnixStreamTransport {
    type Socket = UnixListener;
    type Request = UnixStream;
    type Address = SocketAddr;
    type Kind = Stream;

    fn create_socket(&self, _address: &SocketAddr) -> io::Result<UnixListener> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        Ok(socket.into())
    }

    /// A client that is gone before it was accepted must not block the loop.
    fn prepare(&self, socket: &UnixListener) -> io::Result<()> {
        socket.set_nonblocking(true)
    }

    fn sock_ref<'a>(&self, socket: &'a UnixListener) -> SockRef<'a> {
        SockRef::from(socket)
    }

    fn bind(
        &self,
        socket: &UnixListener,
        address: &SocketAddr,
        _options: &ServerOptions,
    ) -> io::Result<()> {
        self.sock_ref(socket).bind(&sock_addr(address)?)
    }

    fn local_address(&self, socket: &UnixListener) -> io::Result<SocketAddr> {
        socket.local_addr()
    }

    fn activate(&self, socket: &UnixListener, options: &ServerOptions) -> io::Result<()> {
        self.sock_ref(socket).listen(options.request_queue_size)
    }

    fn is_active(&self, socket: &UnixListener) -> io::Result<bool> {
        inet::is_listener(&self.sock_ref(socket))
    }

    fn accept(
        &self,
        socket: &Arc<UnixListener>,
        _options: &ServerOptions,
    ) -> io::Result<(UnixStream, SocketAddr)> {
        let (request, client_address) = socket.accept()?;
        // Linux makes accepted sockets blocking; BSD and macOS hand the flag on.
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        request.set_nonblocking(false)?;
        Ok((request, client_address))
    }

    fn shutdown_write(&self, request: &UnixStream) -> io::Result<()> {
        request.shutdown(Shutdown::Write)
    }

    /// A nameless client is the empty string, which prints as nothing.
    fn address_text(&self, address: &SocketAddr) -> String {
        address_text(address).unwrap_or_default()
    }
}

impl Transport for UnixDatagramTransport {
    type Socket = UnixDatagram;
    type Request = Packet<UnixDatagram>;
    type Address = SocketAddr;
    type Kind = Datagram;

    fn create_socket(&self, _address: &SocketAddr) -> io::Result<UnixDatagram> {
        let socket = Socket::new(Domain::UNIX, Type::DGRAM, None)?;
        Ok(socket.into())
    }

    fn prepare(&self, socket: &UnixDatagram) -> io::Result<()> {
        bound_receiving(&self.sock_ref(socket))
    }

    fn sock_ref<'a>(&self, socket: &'a UnixDatagram) -> SockRef<'a> {
        SockRef::from(socket)
    }

    fn bind(
        &self,
        socket: &UnixDatagram,
        address: &SocketAddr,
        _options: &ServerOptions,
    ) -> io::Result<()> {
        self.sock_ref(socket).bind(&sock_addr(address)?)
    }

    fn local_address(&self, socket: &UnixDatagram) -> io::Result<SocketAddr> {
        socket.local_addr()
    }

    fn activate(&self, _socket: &UnixDatagram, _options: &ServerOptions) -> io::Result<()> {
        Ok(())
    }

    fn is_active(&self, socket: &UnixDatagram) -> io::Result<bool> {
        Ok(!socket.local_addr()?.is_unnamed())
    }

    fn accept(
        &self,
        socket: &Arc<UnixDatagram>,
        options: &ServerOptions,
    ) -> io::Result<(Packet<UnixDatagram>, SocketAddr)> {
        let mut data = vec![0; options.max_packet_size];
        let (received, client_address) = socket.recv_from(&mut data)?;
        data.truncate(received);
        Ok((Packet { data, socket: Arc::clone(socket) }, client_address))
    }

    fn shutdown_write(&self, _request: &Packet<UnixDatagram>) -> io::Result<()> {
        Ok(())
    }

    /// A nameless client is `None`.
    fn address_text(&self, address: &SocketAddr) -> String {
        address_text(address).unwrap_or_else(|| "None".to_owned())
    }
}

impl DatagramTransport for UnixDatagramTransport {
    fn send_to(socket: &UnixDatagram, data: &[u8], address: &SocketAddr) -> io::Result<()> {
        if address.is_unnamed() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the client cannot be answered: its Unix datagram socket is bound to no address",
            ));
        }
        socket.send_to_addr(data, address).map(drop)
    }
}

impl ToServerAddress<SocketAddr> for SocketAddr {
    fn to_server_address(&self) -> io::Result<SocketAddr> {
        Ok(self.clone())
    }
}

impl ToServerAddress<SocketAddr> for Path {
    fn to_server_address(&self) -> io::Result<SocketAddr> {
        let refuse = |rule| Misuse::Address { given: self.display().to_string(), rule }.into();
        let name = self.as_os_str().as_bytes();
        if name.is_empty() {
            return Err(refuse("a Unix socket needs a path"));
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(name) = name.strip_prefix(b"\0") {
            #[cfg(target_os = "android")]
            use std::os::android::net::SocketAddrExt;
            #[cfg(target_os = "linux")]
            use std::os::linux::net::SocketAddrExt;
            return SocketAddr::from_abstract_name(name).map_err(|_| refuse(LENGTH));
        }
        SocketAddr::from_pathname(self).map_err(|_| refuse(LENGTH))
    }
}

const LENGTH: &str = "the path of a Unix socket has at most 107 bytes (103 outside Linux) and \
    none of them is NUL; bind a shorter path, such as one relative to the working directory";

/// Implements the trait for what is a path under another name.
macro_rules! path_address {
    ($($type:ty),*) => {$(
        impl ToServerAddress<SocketAddr> for $type {
            fn to_server_address(&self) -> io::Result<SocketAddr> {
                Path::new(self).to_server_address()
            }
        }
    )*};
}

path_address!(PathBuf, str, String, OsStr);

/// The name of an abstract address, where there are such.
fn abstract_name(address: &SocketAddr) -> Option<&[u8]> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return address.as_abstract_name();
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = address;
        None
    }
}

/// An address in the form `bind` takes it.
fn sock_addr(address: &SocketAddr) -> io::Result<SockAddr> {
    if let Some(path) = address.as_pathname() {
        return SockAddr::unix(path);
    }
    let name = [b"\0", abstract_name(address).unwrap_or_default()].concat();
    SockAddr::unix(OsStr::from_bytes(&name))
}

/// An address as Python prints it: a path as it is, an abstract name as `bytes`; `None` if there
/// is none.
fn address_text(address: &SocketAddr) -> Option<String> {
    if let Some(path) = address.as_pathname() {
        return Some(path.display().to_string());
    }
    abstract_name(address).map(|name| format!("b'\\x00{}'", name.escape_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_python_prints_them() {
        let path: SocketAddr = "/run/my.sock".to_server_address().unwrap();
        assert_eq!(UnixStreamTransport.address_text(&path), "/run/my.sock");

        let nameless = UnixDatagram::unbound().unwrap().local_addr().unwrap();
        assert_eq!(UnixStreamTransport.address_text(&nameless), "");
        assert_eq!(UnixDatagramTransport.address_text(&nameless), "None");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_name_is_bytes() {
        let name: SocketAddr = "\0my name".to_server_address().unwrap();
        assert_eq!(UnixStreamTransport.address_text(&name), "b'\\x00my name'");
    }

    #[test]
    fn what_can_be_no_path_is_refused_with_the_rule() {
        let refuse = |path: &str| {
            let address: io::Result<SocketAddr> = path.to_server_address();
            address.unwrap_err().to_string()
        };
        assert!(refuse("").contains("needs a path"));
        assert!(refuse(&"long/".repeat(40)).contains("at most 107 bytes"));
    }
}
