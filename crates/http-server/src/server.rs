//! The servers: `HTTPServer` and `ThreadingHTTPServer`.

use crate::{BaseHttpRequestHandler, HttpHandlerClass};
use socketserver::engine::{Engine, EngineOptions};
use socketserver::{
    BaseServer, Serve, Server, ServerOptions, Tcp, TcpServer, ThreadingMixIn, ThreadingOptions,
    ToServerAddress,
};
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// A server of HTTP over TCP (`http.server.HTTPServer`): one connection after the other.
///
/// The second argument is what the handler class is in Python: a factory, called once for each connection. The handler it
/// makes is `Send`, because a connection may be served by one thread now and by another later. The serving loops are those
/// of [`Serve`].
///
/// With protocol HTTP/1.1 connections are kept, but only as long as nobody else needs the server. While nothing of a next
/// request has come,
///
/// - another client that waits to be accepted ends an idle connection at once, and one that has not said anything yet
///   after [`first_byte_in_turn`](crate::Deadlines#structfield.first_byte_in_turn); a busy one gets `Connection: close`
///   with its next response;
/// - `shutdown` and `server_close` end it at once.
///
/// [`handle_request`](Serve::handle_request) serves one request, answers with `Connection: close`, and ends the connection.
///
/// # Examples
///
/// ```no_run
/// use http_server::{BaseHttpRequestHandler, Exchange, HttpServer, Serve};
/// use std::io::{self, Write};
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {
///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         x.send_response(200)?;
///         x.send_header("Content-Type", "text/plain")?;
///         x.end_headers()?;
///         x.wfile.write_all(b"Hello world!\n")
///     }
/// }
///
/// HttpServer::bind("127.0.0.1:8000", || MyHandler)?.serve_forever()?;
/// # Ok::<(), io::Error>(())
/// ```
///
/// A server in a thread of its own, as a test has it, is ended from any other thread:
///
/// ```
/// # use http_server::{BaseHttpRequestHandler, HttpServer, Serve};
/// # struct MyHandler;
/// # impl BaseHttpRequestHandler for MyHandler {}
/// let server = HttpServer::bind("127.0.0.1:0", || MyHandler)?;
/// let (address, stop) = (server.server_address(), server.shutdown_handle());
/// let serving = std::thread::spawn(move || server.serve_forever());
/// // ... requests to `address` ...
/// # std::net::TcpStream::connect(address)?;
/// stop.shutdown();
/// serving.join().expect("the loop does not panic")?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A struct that keeps its server names the type of the factory, a box or a function pointer:
///
/// ```
/// # use http_server::{BaseHttpRequestHandler, HttpServer};
/// # struct MyHandler;
/// # impl BaseHttpRequestHandler for MyHandler {}
/// type Factory = Box<dyn Fn() -> MyHandler + Send + Sync>;
///
/// struct Site {
///     httpd: HttpServer<Factory>,
/// }
///
/// let factory: Factory = Box::new(|| MyHandler);
/// let site = Site { httpd: HttpServer::bind("127.0.0.1:0", factory)? };
/// # let _ = site.httpd;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A busy port is an error that says so, and port 0 takes a free one:
///
/// ```
/// use http_server::{BaseHttpRequestHandler, HttpServer};
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {}
///
/// let server = HttpServer::bind("127.0.0.1:0", || MyHandler)?;
/// assert_eq!(server.server_name(), "127.0.0.1");
/// let error = HttpServer::bind(server.server_address(), || MyHandler).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "HTTPServer")]
pub struct HttpServer<F> {
    base: TcpServer<HttpHandlerClass<F>>,
}

impl<F, H> HttpServer<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    /// Binds and activates a server, with `SO_REUSEADDR` as in CPython.
    ///
    /// # Errors
    ///
    /// Those of [`Server::bind`]: each names the address and the way out.
    pub fn bind(address: impl ToServerAddress<SocketAddr>, factory: F) -> io::Result<Self> {
        Self::bind_with(address, factory, server_options())
    }

    /// Binds and activates a server with other options; start from [`server_options`].
    ///
    /// # Errors
    ///
    /// Those of [`Server::bind`].
    pub fn bind_with(
        address: impl ToServerAddress<SocketAddr>,
        factory: F,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let server = Self::new(address.to_server_address()?, factory, options)?;
        server.bind_and_activate()?;
        Ok(server)
    }

    /// Creates the socket only (`bind_and_activate=False`); [`bind_and_activate`](Serve::bind_and_activate) does the rest.
    ///
    /// # Errors
    ///
    /// Those of creating a socket.
    pub fn new(address: SocketAddr, factory: F, options: ServerOptions) -> io::Result<Self> {
        Ok(Self { base: Server::new(address, HttpHandlerClass::new(factory), options)? })
    }

    /// Puts the server on an [engine](socketserver::engine): connections wait without threads, handlers stay as they are.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use http_server::{BaseHttpRequestHandler, Exchange, HttpServer};
    /// use std::io::{self, Write};
    ///
    /// struct Hello;
    ///
    /// impl BaseHttpRequestHandler for Hello {
    ///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
    ///         x.send_response(200)?;
    ///         x.end_headers()?;
    ///         x.wfile.write_all(b"Hello world!\n")
    ///     }
    /// }
    ///
    /// HttpServer::bind("127.0.0.1:8000", || Hello)?.engine().serve_forever()?;
    /// # io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn engine(self) -> HttpEngine<F> {
        self.engine_with(EngineOptions::default())
    }

    /// The same with other options.
    ///
    /// A head has to fit into [`input_buffer`](EngineOptions::input_buffer), whatever larger
    /// [limits](crate::proto::Limits) the handler has; with TLS so has a record, which takes up to 18,437 bytes.
    ///
    /// A type that wraps this server to override hooks is put on an engine by itself:
    /// `Engine::with_class(server, class, options)`, where `class` is a clone of the handler class.
    #[must_use]
    pub fn engine_with(self, options: EngineOptions) -> HttpEngine<F> {
        let class = self.base.request_handler_class().clone();
        Engine::with_class(self, class, options)
    }

    /// Has all connections that are accepted from now on speak TLS: what Python programs do with
    /// `ssl.SSLContext.wrap_socket`. Called again, it gives later connections another certificate.
    ///
    /// [`HttpsServer`](crate::HttpsServer) is a server that has been told so already.
    ///
    /// # Errors
    ///
    /// A [`TlsError`](crate::TlsError) that says what is wrong with the files; all stays as it is then.
    ///
    /// # Examples
    ///
    /// ```
    /// use http_server::{BaseHttpRequestHandler, HttpServer, TlsOptions};
    ///
    /// struct MyHandler;
    /// impl BaseHttpRequestHandler for MyHandler {}
    ///
    /// let server = HttpServer::bind("127.0.0.1:0", || MyHandler)?;
    /// let error = server.set_tls(TlsOptions::new("no.pem")).unwrap_err();
    /// assert!(error.to_string().starts_with("cannot read the certificate file no.pem: "));
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn set_tls(&self, tls: impl crate::ToTlsContext) -> io::Result<()> {
        self.base.request_handler_class().set_tls(tls.to_tls_context()?);
        Ok(())
    }

    /// Returns the address as given; once bound, as the system reports it, so port 0 is the real port.
    #[must_use]
    pub fn server_address(&self) -> SocketAddr {
        self.base.server_address()
    }

    /// Returns the name of the server: the address it is bound to.
    ///
    /// CPython asks the resolver for a name here, which can stall for half a minute (gh-79345).
    #[must_use]
    pub fn server_name(&self) -> String {
        self.server_address().ip().to_string()
    }

    /// Returns the port the server is bound to.
    #[must_use]
    pub fn server_port(&self) -> u16 {
        self.server_address().port()
    }
}

impl<F, H> BaseServer for HttpServer<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    type Transport = Tcp;
    type Class = HttpHandlerClass<F>;

    fn base(&self) -> &Server<Tcp, HttpHandlerClass<F>> {
        &self.base
    }

    fn server_bind(&self) -> io::Result<()> {
        self.base.server_bind()?;
        self.base.request_handler_class().set_server_address(self.server_address());
        Ok(())
    }
}

/// An HTTP server on an engine; from [`HttpServer::engine`].
pub type HttpEngine<F> = Engine<HttpServer<F>, HttpHandlerClass<F>>;

impl<F> fmt::Debug for HttpServer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").field("base", &self.base).finish()
    }
}

/// A server of HTTP with a thread for each connection, which nobody waits for (`http.server.ThreadingHTTPServer`).
///
/// When it stops or closes, connections that are idle between two requests close, too; requests that run are finished.
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, Exchange, Serve, ThreadingHttpServer};
/// use std::io::{self, Read, Write};
/// use std::net::TcpStream;
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {
///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         assert!(x.server().multithread);
///         x.send_response(200)?;
///         x.end_headers()?;
///         x.wfile.write_all(b"hello")
///     }
/// }
///
/// let server = ThreadingHttpServer::bind("127.0.0.1:0", || MyHandler)?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// client.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
/// server.handle_request()?;
///
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.ends_with("hello"));
/// # Ok::<(), io::Error>(())
/// ```
#[doc(alias = "ThreadingHTTPServer")]
pub struct ThreadingHttpServer<F>
where
    HttpServer<F>: BaseServer,
{
    mixed: ThreadingMixIn<HttpServer<F>>,
}

impl<F, H> ThreadingHttpServer<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    /// Binds and activates a server with threads.
    ///
    /// # Errors
    ///
    /// Those of [`HttpServer::bind`].
    pub fn bind(address: impl ToServerAddress<SocketAddr>, factory: F) -> io::Result<Self> {
        HttpServer::bind(address, factory).map(Self::new)
    }

    /// Binds and activates a server with threads and other options; start from [`server_options`].
    ///
    /// # Errors
    ///
    /// Those of [`HttpServer::bind`].
    pub fn bind_with(
        address: impl ToServerAddress<SocketAddr>,
        factory: F,
        options: ServerOptions,
    ) -> io::Result<Self> {
        HttpServer::bind_with(address, factory, options).map(Self::new)
    }

    /// Gives a server threads, with `daemon_threads` on.
    #[must_use]
    pub fn new(server: HttpServer<F>) -> Self {
        let options = ThreadingOptions::default().daemon_threads(true);
        Self { mixed: ThreadingMixIn::with_options(server, options) }
    }

    /// Returns the server inside.
    #[must_use]
    pub fn inner(&self) -> &HttpServer<F> {
        self.mixed.inner()
    }

    /// Returns the address; see [`HttpServer::server_address`].
    #[must_use]
    pub fn server_address(&self) -> SocketAddr {
        self.inner().server_address()
    }

    /// Returns the name of the server; see [`HttpServer::server_name`].
    #[must_use]
    pub fn server_name(&self) -> String {
        self.inner().server_name()
    }

    /// Returns the port the server is bound to.
    #[must_use]
    pub fn server_port(&self) -> u16 {
        self.inner().server_port()
    }
}

/// Every hook is that of [`ThreadingMixIn`] around [`HttpServer`].
impl<F, H> BaseServer for ThreadingHttpServer<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    socketserver::delegate_hooks!(mixed: ThreadingMixIn<HttpServer<F>>);
}

impl<F: 'static> fmt::Debug for ThreadingHttpServer<F>
where
    HttpServer<F>: BaseServer,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadingHttpServer")
            .field("inner", self.mixed.base())
            .finish_non_exhaustive()
    }
}

/// Returns the class attributes of `HTTPServer`: those of `TCPServer` with `allow_reuse_address` on.
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, HttpServer, server_options};
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {}
///
/// let options = server_options().request_queue_size(128);
/// let server = HttpServer::bind_with("127.0.0.1:0", || MyHandler, options)?;
/// # assert!(server_options().allow_reuse_address);
/// # drop(server);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn server_options() -> ServerOptions {
    ServerOptions::default().allow_reuse_address(true)
}
