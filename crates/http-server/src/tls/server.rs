//! `HTTPSServer` and `ThreadingHTTPSServer`.

use super::ToTlsContext;
use crate::{BaseHttpRequestHandler, HttpEngine, HttpServer, server_options};
use socketserver::engine::EngineOptions;
use socketserver::{BaseServer, ServerOptions, ThreadingMixIn, ThreadingOptions, ToServerAddress};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;

/// A server of HTTP over TLS (`http.server.HTTPSServer`): an [`HttpServer`] whose TLS is set.
///
/// What handlers see is the same as without TLS, but for [`ServerInfo::tls`](crate::ServerInfo#structfield.tls). The handshake is
/// part of the connection, not of accepting it: it has the deadline of the first byte
/// ([`Deadlines::first_byte`](crate::Deadlines#structfield.first_byte)), and no client can keep others from being
/// accepted by it. (While others wait for a server without threads, that is the time of
/// [`first_byte_in_turn`](crate::Deadlines#structfield.first_byte_in_turn).) A client that speaks plain HTTP is answered 400 with what to do, in plain HTTP; one whose handshake fails, or that
/// rejects the certificate, is a line in the log.
///
/// Other servers have their TLS by [`set_tls`](HttpServer::set_tls).
///
/// # Examples
///
/// ```no_run
/// use http_server::{BaseHttpRequestHandler, Exchange, HttpsServer, Serve, TlsOptions};
/// use std::io::{self, Write};
///
/// struct MyHandler;
///
/// impl BaseHttpRequestHandler for MyHandler {
///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         x.send_response(200)?;
///         x.send_header("Content-Type", "text/plain")?;
///         x.end_headers()?;
///         x.wfile.write_all(b"Hello world!\n")
///     }
/// }
///
/// let options = TlsOptions::new("cert.pem").keyfile("key.pem");
/// HttpsServer::bind("127.0.0.1:8443", || MyHandler, options)?.serve_forever()?;
/// # io::Result::Ok(())
/// ```
///
/// On the engine, where connections wait without threads, handshakes included:
///
/// ```no_run
/// # use http_server::{BaseHttpRequestHandler, HttpsServer, TlsOptions};
/// # struct MyHandler;
/// # impl BaseHttpRequestHandler for MyHandler {}
/// let options = TlsOptions::new("cert.pem").keyfile("key.pem");
/// HttpsServer::bind("127.0.0.1:8443", || MyHandler, options)?.engine().serve_forever()?;
/// # std::io::Result::Ok(())
/// ```
///
/// A client that has forgotten the `s` is told so:
///
/// ```
/// use http_server::{BaseHttpRequestHandler, HttpsServer, Serve, TlsOptions};
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {}
///
/// # let both = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/data/both.pem");
/// // The file has both, the certificate and the key.
/// let server = HttpsServer::bind("127.0.0.1:0", || MyHandler, TlsOptions::new(both))?;
/// let mut client = TcpStream::connect(server.server_address())?;
/// client.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
/// server.handle_request()?;
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert!(answer.starts_with("HTTP/1.0 400 Plain HTTP on a TLS port\r\n"));
/// # std::io::Result::Ok(())
/// ```
///
/// What is wrong with the files is said before anything is bound:
///
/// ```
/// use http_server::{BaseHttpRequestHandler, HttpsServer, TlsOptions};
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {}
///
/// let error = HttpsServer::bind("127.0.0.1:0", || MyHandler, TlsOptions::new("no.pem")).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
/// assert!(error.to_string().starts_with("cannot read the certificate file no.pem: "));
/// ```
#[doc(alias = "HTTPSServer")]
pub struct HttpsServer<F> {
    http: HttpServer<F>,
}

impl<F, H> HttpsServer<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    /// Loads certificate and key, binds and activates a server.
    ///
    /// # Errors
    ///
    /// A [`TlsError`](super::TlsError) that says what is wrong with the files, and those of [`HttpServer::bind`].
    pub fn bind(
        address: impl ToServerAddress<SocketAddr>,
        factory: F,
        tls: impl ToTlsContext,
    ) -> io::Result<Self> {
        Self::bind_with(address, factory, tls, server_options())
    }

    /// The same with other options; start from [`server_options`].
    ///
    /// # Errors
    ///
    /// Those of [`bind`](Self::bind).
    pub fn bind_with(
        address: impl ToServerAddress<SocketAddr>,
        factory: F,
        tls: impl ToTlsContext,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let tls = tls.to_tls_context()?;
        let http = HttpServer::bind_with(address, factory, options)?;
        http.set_tls(tls)?;
        Ok(Self { http })
    }

    /// Creates the socket only (`bind_and_activate=False`); [`bind_and_activate`](crate::Serve::bind_and_activate) does the
    /// rest.
    ///
    /// # Errors
    ///
    /// A [`TlsError`](super::TlsError), and those of creating a socket.
    pub fn new(
        address: SocketAddr,
        factory: F,
        tls: impl ToTlsContext,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let tls = tls.to_tls_context()?;
        let http = HttpServer::new(address, factory, options)?;
        http.set_tls(tls)?;
        Ok(Self { http })
    }

    /// Puts the server on an engine; see [`HttpServer::engine`].
    #[must_use]
    pub fn engine(self) -> HttpEngine<F> {
        self.http.engine()
    }

    /// The same with other options; see [`HttpServer::engine_with`].
    #[must_use]
    pub fn engine_with(self, options: EngineOptions) -> HttpEngine<F> {
        self.http.engine_with(options)
    }
}

/// What the base class can do: its address, its name, another certificate.
impl<F> Deref for HttpsServer<F> {
    type Target = HttpServer<F>;

    fn deref(&self) -> &HttpServer<F> {
        &self.http
    }
}

/// Every hook is that of [`HttpServer`].
impl<F, H> BaseServer for HttpsServer<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    socketserver::delegate_hooks!(http: HttpServer<F>);
}

impl<F> fmt::Debug for HttpsServer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpsServer").field("http", &self.http).finish()
    }
}

/// A server of HTTP over TLS with a thread for each connection, which nobody waits for
/// (`http.server.ThreadingHTTPSServer`).
///
/// # Examples
///
/// ```no_run
/// # use http_server::{BaseHttpRequestHandler, Serve, ThreadingHttpsServer, TlsOptions};
/// # struct MyHandler;
/// # impl BaseHttpRequestHandler for MyHandler {}
/// // The file has both, the certificate and the key.
/// ThreadingHttpsServer::bind("127.0.0.1:8443", || MyHandler, TlsOptions::new("both.pem"))?.serve_forever()?;
/// # std::io::Result::Ok(())
/// ```
#[doc(alias = "ThreadingHTTPSServer")]
pub struct ThreadingHttpsServer<F>
where
    HttpsServer<F>: BaseServer,
{
    mixed: ThreadingMixIn<HttpsServer<F>>,
}

impl<F, H> ThreadingHttpsServer<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    /// Binds and activates a server with threads.
    ///
    /// # Errors
    ///
    /// Those of [`HttpsServer::bind`].
    pub fn bind(
        address: impl ToServerAddress<SocketAddr>,
        factory: F,
        tls: impl ToTlsContext,
    ) -> io::Result<Self> {
        HttpsServer::bind(address, factory, tls).map(Self::new)
    }

    /// Binds and activates a server with threads and other options; start from [`server_options`].
    ///
    /// # Errors
    ///
    /// Those of [`HttpsServer::bind`].
    pub fn bind_with(
        address: impl ToServerAddress<SocketAddr>,
        factory: F,
        tls: impl ToTlsContext,
        options: ServerOptions,
    ) -> io::Result<Self> {
        HttpsServer::bind_with(address, factory, tls, options).map(Self::new)
    }

    /// Gives a server threads, with `daemon_threads` on.
    #[must_use]
    pub fn new(server: HttpsServer<F>) -> Self {
        let options = ThreadingOptions::default().daemon_threads(true);
        Self { mixed: ThreadingMixIn::with_options(server, options) }
    }
}

/// What the server inside can do: its address, its name, another certificate.
impl<F: 'static> Deref for ThreadingHttpsServer<F>
where
    HttpsServer<F>: BaseServer,
{
    type Target = HttpsServer<F>;

    fn deref(&self) -> &HttpsServer<F> {
        self.mixed.inner()
    }
}

/// Every hook is that of [`ThreadingMixIn`] around [`HttpsServer`].
impl<F, H> BaseServer for ThreadingHttpsServer<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    socketserver::delegate_hooks!(mixed: ThreadingMixIn<HttpsServer<F>>);
}

impl<F: 'static> fmt::Debug for ThreadingHttpsServer<F>
where
    HttpsServer<F>: BaseServer,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadingHttpsServer")
            .field("inner", self.mixed.base())
            .finish_non_exhaustive()
    }
}
