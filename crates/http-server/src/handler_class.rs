//! HTTP handlers as the handler class of a stream server.

use crate::blocking::attend;
use crate::engine::{Kept, PlainProtocol};
#[cfg(feature = "tls")]
use crate::tls::{TlsContext, TlsStream};
use crate::{
    BaseHttpRequestHandler, ClientAddress, Connection, HandlerError, HttpProtocol, ServerInfo,
};
use socketserver::engine::ProtocolClass;
use socketserver::{RequestHandlerClass, Tcp};
use std::fmt;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, OnceLock};
#[cfg(feature = "tls")]
use std::sync::{PoisonError, RwLock};
use std::time::Instant;

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
    shared: Arc<Shared<F>>,
}

struct Shared<F> {
    factory: F,
    server_address: OnceLock<SocketAddr>,
    /// What engines tell their handlers, where that is the same for all connections.
    info: OnceLock<Arc<ServerInfo>>,
    kept: Arc<Kept>,
    #[cfg(feature = "tls")]
    tls: RwLock<Option<TlsContext>>,
}

impl<F> Clone for HttpHandlerClass<F> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<F> HttpHandlerClass<F> {
    /// Wraps a factory; each connection gets a handler of its own.
    pub fn new(factory: F) -> Self {
        Self {
            shared: Arc::new(Shared {
                factory,
                server_address: OnceLock::new(),
                info: OnceLock::new(),
                kept: Arc::default(),
                #[cfg(feature = "tls")]
                tls: RwLock::default(),
            }),
        }
    }

    /// Has the connections that begin from now on speak TLS.
    #[cfg(feature = "tls")]
    pub fn set_tls(&self, tls: TlsContext) {
        // Only a pointer is stored, so a lock that is poisoned holds a good value.
        *self.shared.tls.write().unwrap_or_else(PoisonError::into_inner) = Some(tls);
    }

    #[cfg(feature = "tls")]
    fn tls(&self) -> Option<TlsContext> {
        self.shared.tls.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the handlers where their server listens.
    pub(crate) fn set_server_address(&self, address: SocketAddr) {
        let _ = self.shared.server_address.set(address);
    }

    /// The address by which all clients know the server, unless it listens everywhere.
    fn server_address(&self) -> Option<SocketAddr> {
        self.shared.server_address.get().copied().filter(|address| !address.ip().is_unspecified())
    }

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
        #[cfg(feature = "tls")]
        if let Some(context) = self.tls() {
            info.tls = true;
            let handler = (self.shared.factory)();
            let mut stream = TlsStream::new(connection, &context)?;
            return attend(&mut stream, &client_address, &info, &handler, server.attendance());
        }
        let handler = (self.shared.factory)();
        attend(connection, &client_address, &info, &handler, server.attendance())
    }

    /// Makes the protocol of one connection: for engines with a transport of their own, and for tests without one.
    ///
    /// # Examples
    ///
    /// A test of a handler on the engine, without a socket, and by a clock that only the test moves:
    ///
    /// ```
    /// use http_server::socketserver::engine::{End, Rehearsal};
    /// use http_server::{BaseHttpRequestHandler, ClientAddress, HttpHandlerClass, ServerInfo};
    /// use std::time::{Duration, Instant};
    ///
    /// struct MyHandler;
    /// impl BaseHttpRequestHandler for MyHandler {}
    ///
    /// let class = HttpHandlerClass::new(|| MyHandler);
    /// let now = Instant::now();
    /// let protocol = class.http_protocol(ClientAddress::Unnamed, ServerInfo::default(), now);
    /// let mut rehearsal = Rehearsal::new(protocol, now);
    /// rehearsal.send(b"GET / HTTP/1.0\r\n");
    /// rehearsal.advance(Duration::from_secs(10));
    /// assert!(rehearsal.receive().starts_with(b"HTTP/1.0 408 Request Timeout\r\n"));
    /// assert_eq!(rehearsal.end(), Some(End::Lingering));
    /// ```
    pub fn http_protocol<H: BaseHttpRequestHandler + Send + 'static>(
        &self,
        client_address: ClientAddress,
        server: impl Into<Arc<ServerInfo>>,
        now: Instant,
    ) -> HttpProtocol
    where
        F: Fn() -> H,
    {
        let server = server.into();
        let handler = Box::new((self.shared.factory)());
        let kept = Arc::clone(&self.shared.kept);
        #[cfg(feature = "tls")]
        if let Some(context) = self.tls() {
            let mut server = server;
            if !server.tls {
                Arc::make_mut(&mut server).tls = true;
            }
            let plain = PlainProtocol::new(handler, client_address, server, kept, now);
            return HttpProtocol::awaiting_tls(plain, context);
        }
        HttpProtocol::plain(PlainProtocol::new(handler, client_address, server, kept, now))
    }
}

/// What the handlers of an address are told of their server.
fn info_of(address: SocketAddr) -> ServerInfo {
    ServerInfo::new(address.ip().to_canonical().to_string(), Some(address.port()))
}

/// The same for an engine, which runs many handlers at a time.
fn info_on_engine(mut info: ServerInfo) -> Arc<ServerInfo> {
    info.multithread = true;
    Arc::new(info)
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
        let address = self.server_address().map_or_else(|| request.local_addr(), Ok)?;
        self.attend(request, ClientAddress::Inet(*client_address), info_of(address), server)
    }
}

impl<F, H> ProtocolClass<Tcp> for HttpHandlerClass<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    type Protocol = HttpProtocol;

    fn protocol(
        &self,
        request: &TcpStream,
        client_address: &SocketAddr,
        now: Instant,
    ) -> HttpProtocol {
        let info = match self.server_address() {
            Some(address) => {
                Arc::clone(self.shared.info.get_or_init(|| info_on_engine(info_of(address))))
            }
            // A client that is gone already needs no name.
            None => info_on_engine(request.local_addr().map(info_of).unwrap_or_default()),
        };
        self.http_protocol(ClientAddress::Inet(*client_address), info, now)
    }
}

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
        self.attend(request, unix_client(client_address), ServerInfo::new("", None), server)
    }
}

#[cfg(unix)]
impl<F, H> ProtocolClass<socketserver::UnixStreamTransport> for HttpHandlerClass<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    type Protocol = HttpProtocol;

    fn protocol(
        &self,
        _request: &std::os::unix::net::UnixStream,
        client_address: &std::os::unix::net::SocketAddr,
        now: Instant,
    ) -> HttpProtocol {
        let info = self.shared.info.get_or_init(|| info_on_engine(ServerInfo::new("", None)));
        self.http_protocol(unix_client(client_address), Arc::clone(info), now)
    }
}

#[cfg(unix)]
fn unix_client(address: &std::os::unix::net::SocketAddr) -> ClientAddress {
    match address.as_pathname() {
        Some(path) => ClientAddress::Named(path.to_string_lossy().into_owned()),
        None => ClientAddress::Unnamed,
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
