//! HTTP handlers as the handler class of a stream server.

use crate::blocking::attend;
use crate::{BaseHttpRequestHandler, ClientAddress, Connection, HandlerError, ServerInfo};
use socketserver::{RequestHandlerClass, Tcp};
use std::fmt;
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;

/// Serves connections of the stream servers of `socketserver` with HTTP handlers.
///
/// [`HttpServer`](crate::HttpServer) wraps its factory in this; wrap yours to serve HTTP on a Unix socket.
///
/// # Examples
///
/// ```
/// # #[cfg(unix)] {
/// use http_server::{BaseHttpRequestHandler, HttpHandlerClass, Serve};
/// use socketserver::UnixStreamServer;
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {}
///
/// let path = std::env::temp_dir().join(format!("http-{}.sock", std::process::id()));
/// let server = UnixStreamServer::bind(&path, HttpHandlerClass::new(|| MyHandler))?;
/// let mut client = UnixStream::connect(&path)?;
/// client.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
/// server.handle_request()?;
///
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.starts_with("HTTP/1.0 501 Unsupported method ('GET')\r\n"));
/// # std::fs::remove_file(path)?;
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct HttpHandlerClass<F> {
    factory: F,
    /// What a server that knows better than the socket has said.
    server_address: OnceLock<SocketAddr>,
}

impl<F> HttpHandlerClass<F> {
    /// Wraps a factory, which is called once for each connection.
    pub fn new(factory: F) -> Self {
        Self { factory, server_address: OnceLock::new() }
    }

    /// Says where the server is bound, for `server_name` and `server_port`; only the first call counts.
    pub(crate) fn set_server_address(&self, address: SocketAddr) {
        let _ = self.server_address.set(address);
    }

    /// Serves a connection with a new handler; `info` is the server as far as the transport knows it.
    fn attend<H: BaseHttpRequestHandler>(
        &self,
        connection: &mut dyn Connection,
        client_address: ClientAddress,
        mut info: ServerInfo,
        server: &socketserver::ServerInfo,
    ) -> Result<(), HandlerError>
    where
        F: Fn() -> H,
    {
        info.multithread = server.multithread;
        info.multiprocess = server.multiprocess;
        attend(connection, &client_address, &info, &(self.factory)(), server.attendance())
    }
}

impl<F, H> RequestHandlerClass<Tcp> for HttpHandlerClass<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    fn call(
        &self,
        request: &mut TcpStream,
        client_address: &SocketAddr,
        server: &socketserver::ServerInfo,
    ) -> Result<(), HandlerError> {
        // Small writes wait 40 ms for each other otherwise (gh-108736). A client that is gone already shows at the first
        // read.
        let _ = request.set_nodelay(true);
        // A server that listens everywhere is known to this client by the address it has connected to.
        let address = match self.server_address.get() {
            Some(address) if !address.ip().is_unspecified() => *address,
            _ => request.local_addr()?,
        };
        let name = address.ip().to_canonical().to_string();
        let info = ServerInfo::new(name, Some(address.port()));
        self.attend(request, ClientAddress::Inet(*client_address), info, server)
    }
}

/// The server has neither name nor port, and most clients have no address (CPython fails there).
#[cfg(unix)]
impl<F, H> RequestHandlerClass<socketserver::UnixStreamTransport> for HttpHandlerClass<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    fn call(
        &self,
        request: &mut std::os::unix::net::UnixStream,
        client_address: &std::os::unix::net::SocketAddr,
        server: &socketserver::ServerInfo,
    ) -> Result<(), HandlerError> {
        let client_address = match client_address.as_pathname() {
            Some(path) => ClientAddress::Named(path.to_string_lossy().into_owned()),
            None => ClientAddress::Unnamed,
        };
        self.attend(request, client_address, ServerInfo::new("", None), server)
    }
}

impl<F> fmt::Debug for HttpHandlerClass<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpHandlerClass").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exchange;
    use std::io::{self, Read, Write};
    use std::net::TcpListener;

    /// Answers the name and the port that handlers see.
    struct Name;

    impl BaseHttpRequestHandler for Name {
        fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            let name = format!("{} {:?}", x.server().server_name, x.server().server_port);
            x.send_response_only(200, None)?;
            x.end_headers()?;
            x.wfile.write_all(name.as_bytes())
        }
    }

    #[test]
    fn a_server_that_listens_everywhere_has_the_name_that_its_client_has_used() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        for (bound, expected) in [
            (None, format!("127.0.0.1 Some({})", address.port())),
            (Some("0.0.0.0:1"), format!("127.0.0.1 Some({})", address.port())),
            (Some("[::]:1"), format!("127.0.0.1 Some({})", address.port())),
            (Some("127.0.0.9:1"), "127.0.0.9 Some(1)".to_owned()),
            (Some("[::ffff:127.0.0.9]:1"), "127.0.0.9 Some(1)".to_owned()),
        ] {
            let class = HttpHandlerClass::new(|| Name);
            if let Some(bound) = bound {
                class.set_server_address(bound.parse().unwrap());
            }
            let mut client = TcpStream::connect(address).unwrap();
            client.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
            let (mut request, client_address) = listener.accept().unwrap();
            let server = socketserver::ServerInfo::default();
            RequestHandlerClass::<Tcp>::call(&class, &mut request, &client_address, &server)
                .unwrap();
            drop(request);
            let mut response = String::new();
            client.read_to_string(&mut response).unwrap();
            assert!(response.ends_with(&format!("\r\n\r\n{expected}")), "{response}");
        }
    }
}
