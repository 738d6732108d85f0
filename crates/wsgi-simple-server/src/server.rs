//! The servers: `WSGIServer`, alone and with threads.

use crate::request_handler::BoundHandler;
use crate::{BaseEnviron, ServerState, WsgiHandler, WsgiRequestHandler};
use http_server::{HttpHandlerClass, HttpServer, server_options};
use socketserver::engine::{Engine, EngineOptions};
use socketserver::{
    BaseServer, Serve, Server, ServerOptions, Tcp, ThreadingMixIn, ThreadingOptions,
    ToServerAddress,
};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use wsgi_util::Application;

/// Makes a WSGI server listening on `host` and `port` for an application: `wsgiref.simple_server.make_server`.
///
/// The host `""` is every interface over IPv4, as in Python, and `"::"` every interface over IPv6 and IPv4; port 0 takes
/// a free one. The server closes when it is dropped, as at the end of a `with` statement.
///
/// It runs on an [engine](http_server::socketserver::engine): no client can keep others waiting, and the application is
/// called by several threads at a time. [`WsgiServer`] alone serves one connection after the other, as in CPython.
///
/// # Errors
///
/// Those of [`WsgiServer::bind`].
///
/// # Examples
///
/// ```no_run
/// use wsgi_simple_server::{AppResult, Environ, StartResponse, make_server};
///
/// fn my_app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
///     Ok("Hello world!\n".into())
/// }
///
/// make_server("", 8000, my_app)?.serve_forever()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn make_server(
    host: &str,
    port: u16,
    app: impl Application + 'static,
) -> io::Result<WsgiEngine> {
    make_server_with(host, port, app, WsgiHandler::new)
}

/// Makes a WSGI server whose requests are handled by a class of your own: `make_server` with `handler_class`.
///
/// The last argument is called once for each connection. For a `server_class` of your own, see [`WsgiServer`].
///
/// # Errors
///
/// Those of [`WsgiServer::bind`].
///
/// # Examples
///
/// Bodies of at most 10 MiB; a longer one is answered with 413:
///
/// ```
/// use wsgi_simple_server::http_server::proto::Limits;
/// use wsgi_simple_server::{WsgiHandler, demo_app, handler_options, make_server_with};
///
/// let options = handler_options().limits(Limits::default().body(10 * 1024 * 1024));
/// let server = make_server_with("127.0.0.1", 0, demo_app, move || WsgiHandler::with_options(options.clone()))?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A handler with overrides of its own is the example of [`WsgiRequestHandler`].
pub fn make_server_with<H: WsgiRequestHandler + Send + 'static>(
    host: &str,
    port: u16,
    app: impl Application + 'static,
    handler_class: impl Fn() -> H + Send + Sync + 'static,
) -> io::Result<WsgiEngine> {
    let server = WsgiServer::bind_with((host, port), handler_class, server_options())?;
    server.set_app(app);
    Ok(server.engine())
}

/// A server of WSGI applications over HTTP: `wsgiref.simple_server.WSGIServer`, one connection after the other.
///
/// The loops are also those of [`Serve`]. Between two requests a connection gives way to another client that waits, and
/// to the end of the server, as with [`HttpServer`]; a request that runs, or comes slowly, keeps everybody waiting. For
/// a thread per connection, see [`threading`](Self::threading).
///
/// A server class of your own is a newtype around this one that implements [`BaseServer`]; it reaches what it overrides
/// through the field. It goes around a server that is bound, or passes `server_bind` on, which sets up the base environ
/// ([`delegate_hooks!`](socketserver::delegate_hooks)).
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use wsgi_simple_server::{WsgiServer, demo_app};
///
/// let server = WsgiServer::bind("127.0.0.1:0")?;
/// server.set_app(demo_app);
///
/// let mut client = TcpStream::connect(server.server_address())?;
/// client.write_all(b"GET /xyz?abc HTTP/1.0\r\n\r\n")?;
/// server.handle_request()?;
///
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.starts_with("HTTP/1.1 200 OK\r\n"));
/// assert!(response.contains("\r\n\r\nHello world!\n\nCONTENT_LENGTH = ''\nGATEWAY_INTERFACE = 'CGI/1.1'\nPATH_INFO = '/xyz'\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A busy port is an error that says so:
///
/// ```
/// use wsgi_simple_server::WsgiServer;
///
/// let server = WsgiServer::bind("127.0.0.1:0")?;
/// let error = WsgiServer::bind(server.server_address()).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "WSGIServer")]
#[derive(Debug)]
pub struct WsgiServer {
    http: HttpServer<HandlerFactory>,
    state: ServerState,
}

/// What makes a handler for each connection of a [`WsgiServer`].
///
/// # Examples
///
/// A server class of your own names it as its class:
///
/// ```
/// use wsgi_simple_server::http_server::HttpHandlerClass;
/// use wsgi_simple_server::socketserver::{AddressOf, BaseServer, RequestOf, Server, Tcp};
/// use wsgi_simple_server::{HandlerFactory, WsgiServer, demo_app};
///
/// struct LocalServer(WsgiServer);
///
/// impl BaseServer for LocalServer {
///     type Transport = Tcp;
///     type Class = HttpHandlerClass<HandlerFactory>;
///
///     fn base(&self) -> &Server<Tcp, Self::Class> {
///         self.0.base()
///     }
///
///     fn verify_request(&self, _: &RequestOf<Self>, client_address: &AddressOf<Self>) -> bool {
///         client_address.ip().is_loopback()
///     }
/// }
///
/// let server = WsgiServer::bind("127.0.0.1:0")?;
/// server.set_app(demo_app);
/// let server = LocalServer(server);
/// # Ok::<(), std::io::Error>(())
/// ```
pub type HandlerFactory = Box<dyn Fn() -> BoundHandler + Send + Sync>;

/// A [`WsgiServer`] with a thread for each connection.
///
/// # Examples
///
/// A client that says nothing keeps nobody waiting:
///
/// ```
/// # use std::io::{Read, Write};
/// # use std::net::TcpStream;
/// use wsgi_simple_server::{Serve, ThreadingWsgiServer, WsgiServer, demo_app};
///
/// let server = WsgiServer::bind("127.0.0.1:0")?;
/// server.set_app(demo_app);
/// let server: ThreadingWsgiServer = server.threading();
/// let silent = TcpStream::connect(server.server_address())?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// client.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
/// server.handle_request()?;
/// server.handle_request()?;
///
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.contains("Hello world!"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub type ThreadingWsgiServer = ThreadingMixIn<WsgiServer>;

/// A WSGI server on an engine; from [`make_server`] and [`WsgiServer::engine`].
///
/// What the server inside can do, it can do as well.
pub type WsgiEngine = Engine<WsgiServer, HttpHandlerClass<HandlerFactory>>;

impl WsgiServer {
    /// Binds and activates a server, which has no application yet.
    ///
    /// # Errors
    ///
    /// Those of binding: each names the address and the way out.
    pub fn bind(address: impl ToServerAddress<SocketAddr>) -> io::Result<Self> {
        Self::bind_with(address, WsgiHandler::new, server_options())
    }

    /// Binds and activates a server with a handler class and options of its own; start from
    /// [`server_options`](http_server::server_options).
    ///
    /// # Errors
    ///
    /// Those of [`bind`](Self::bind).
    ///
    /// # Examples
    ///
    /// ```
    /// use wsgi_simple_server::http_server::server_options;
    /// use wsgi_simple_server::{WsgiHandler, WsgiServer, demo_app};
    ///
    /// let options = server_options().request_queue_size(128);
    /// let server = WsgiServer::bind_with("127.0.0.1:0", WsgiHandler::new, options)?;
    /// server.set_app(demo_app);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind_with<H: WsgiRequestHandler + Send + 'static>(
        address: impl ToServerAddress<SocketAddr>,
        handler_class: impl Fn() -> H + Send + Sync + 'static,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let server = Self::new(address.to_server_address()?, handler_class, options)?;
        server.bind_and_activate()?;
        Ok(server)
    }

    /// Creates the socket only (`bind_and_activate=False`); [`bind_and_activate`](Serve::bind_and_activate) does the
    /// rest.
    ///
    /// # Errors
    ///
    /// Those of creating a socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::{Ipv4Addr, SocketAddr};
    /// use wsgi_simple_server::http_server::server_options;
    /// use wsgi_simple_server::{Serve, WsgiHandler, WsgiServer};
    ///
    /// let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    /// let server = WsgiServer::new(address, WsgiHandler::new, server_options())?;
    /// assert!(server.base_environ().is_empty());
    /// server.bind_and_activate()?;
    /// assert_eq!(server.base_environ()["SERVER_NAME"], "127.0.0.1");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new<H: WsgiRequestHandler + Send + 'static>(
        address: SocketAddr,
        handler_class: impl Fn() -> H + Send + Sync + 'static,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let state = ServerState::default();
        let factory: HandlerFactory = Box::new({
            let state = state.clone();
            move || BoundHandler::new(handler_class(), state.clone())
        });
        Ok(Self { http: HttpServer::new(address, factory, options)?, state })
    }

    /// Gives the server a thread for each connection, which nobody waits for (`daemon_threads`).
    ///
    /// One silent client then keeps nobody waiting, and `wsgi.multithread` is true.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use wsgi_simple_server::{Serve, WsgiServer, demo_app};
    ///
    /// let server = WsgiServer::bind("127.0.0.1:8000")?;
    /// server.set_app(demo_app);
    /// server.threading().serve_forever()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn threading(self) -> ThreadingWsgiServer {
        ThreadingMixIn::with_options(self, ThreadingOptions::default().daemon_threads(true))
    }

    /// Puts the server on an engine: connections wait without threads.
    ///
    /// # Examples
    ///
    /// An application that may run on two threads at a time:
    ///
    /// ```
    /// use wsgi_simple_server::http_server::socketserver::engine::EngineOptions;
    /// use wsgi_simple_server::{WsgiServer, demo_app};
    ///
    /// let server = WsgiServer::bind("127.0.0.1:0")?;
    /// server.set_app(demo_app);
    /// let server = server.engine_with(EngineOptions::default().threads(2));
    /// println!("Serving on port {}", server.server_port());
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn engine(self) -> WsgiEngine {
        self.engine_with(EngineOptions::default())
    }

    /// The same with other options.
    ///
    /// A head has to fit into [`input_buffer`](EngineOptions::input_buffer), whatever larger
    /// [limits](http_server::proto::Limits) the handler has.
    #[must_use]
    pub fn engine_with(self, options: EngineOptions) -> WsgiEngine {
        let class = self.http.base().request_handler_class().clone();
        Engine::with_class(self, class, options)
    }

    /// Has all connections that are accepted from now on speak TLS; for applications, `wsgi.url_scheme` is then `https` and
    /// `HTTPS` is `on`. Called again, it gives later connections another certificate.
    ///
    /// Every server of this crate has it: `make_server(...)?` and the one with threads, too.
    ///
    /// # Errors
    ///
    /// A [`TlsError`](http_server::TlsError) that says what is wrong with the files; all stays as it is then.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use wsgi_simple_server::http_server::TlsOptions;
    /// use wsgi_simple_server::{demo_app, make_server};
    ///
    /// let server = make_server("", 8443, demo_app)?;
    /// server.set_tls(TlsOptions::new("cert.pem").keyfile("key.pem"))?;
    /// server.serve_forever()?;
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn set_tls(&self, tls: impl http_server::ToTlsContext) -> io::Result<()> {
        self.http.set_tls(tls)
    }

    /// Sets the variables that every environ begins with: the name and the port of the server, `GATEWAY_INTERFACE`, and
    /// empty ones for `SCRIPT_NAME`, `REMOTE_HOST` and `CONTENT_LENGTH`. Called when the server is bound.
    ///
    /// The name is the address, as no resolver is asked (CPython's `getfqdn` can stall for half a minute, gh-79345). A
    /// server that listens everywhere has none here: the environ of a request then has the address that its client
    /// has connected to.
    pub fn setup_environ(&self) {
        let (address, port) = (self.server_address().ip(), self.server_port().to_string());
        let mut base_environ = BaseEnviron::from(
            [
                ("GATEWAY_INTERFACE", "CGI/1.1"),
                ("SERVER_PORT", port.as_str()),
                ("REMOTE_HOST", ""),
                ("CONTENT_LENGTH", ""),
                ("SCRIPT_NAME", ""),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        if !address.is_unspecified() {
            base_environ.insert("SERVER_NAME".to_owned(), self.server_name());
        }
        self.state.set_base_environ(base_environ);
    }

    /// Returns the variables that every environ begins with.
    #[must_use]
    pub fn base_environ(&self) -> Arc<BaseEnviron> {
        self.state.base_environ()
    }

    /// Replaces the variables that every environ begins with, for requests to come.
    pub fn set_base_environ(&self, base_environ: BaseEnviron) {
        self.state.set_base_environ(base_environ);
    }

    /// Returns the application, once one is set.
    #[doc(alias = "application")]
    #[must_use]
    pub fn get_app(&self) -> Option<Arc<dyn Application>> {
        self.state.get_app()
    }

    /// Sets the application, for requests to come.
    pub fn set_app(&self, application: impl Application + 'static) {
        self.state.set_app(application);
    }

    /// Returns what the server shares with its handlers.
    #[must_use]
    pub fn state(&self) -> &ServerState {
        &self.state
    }

    /// Returns the address as given; once bound, as the system reports it, so port 0 is the real port.
    #[must_use]
    pub fn server_address(&self) -> SocketAddr {
        self.http.server_address()
    }

    /// Returns the name of the server: the address it is bound to.
    #[must_use]
    pub fn server_name(&self) -> String {
        self.http.server_name()
    }

    /// Returns the port the server is bound to.
    #[must_use]
    pub fn server_port(&self) -> u16 {
        self.http.server_port()
    }

    /// Serves until [`shutdown`](Serve::shutdown): [`Serve::serve_forever`], to be had without an import.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn serve_forever(&self) -> io::Result<()> {
        Serve::serve_forever(self)
    }

    /// Serves one request and closes its connection: [`Serve::handle_request`], to be had without an import.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn handle_request(&self) -> io::Result<()> {
        Serve::handle_request(self)
    }
}

impl BaseServer for WsgiServer {
    type Transport = Tcp;
    type Class = HttpHandlerClass<HandlerFactory>;

    fn base(&self) -> &Server<Tcp, Self::Class> {
        self.http.base()
    }

    fn server_bind(&self) -> io::Result<()> {
        self.http.server_bind()?;
        self.setup_environ();
        Ok(())
    }
}
