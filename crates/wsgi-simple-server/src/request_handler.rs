//! The override points of a WSGI request handler.

use crate::environ::{RequestEnviron, path_info};
use crate::exchange_handler::run_application;
use crate::{SERVER_VERSION, ServerState};
use http_server::{Base, BaseHttpRequestHandler, Exchange, HandlerOptions};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::sync::LazyLock;
use std::time::SystemTime;
use wsgi_util::{Environ, ErrorStream};

/// The override points of `wsgiref.simple_server.WSGIRequestHandler`, those it inherits included.
///
/// What is not overridden behaves as in CPython, but for HTTP/1.1. [`WsgiHandler`] overrides nothing: its methods are
/// what `super()` is in Python. The `do_` methods of `BaseHTTPRequestHandler` are not among them, since every command
/// reaches the application, except TRACE, which has a 405.
///
/// # Examples
///
/// A server that writes no line for each request, and whose applications find one more variable:
///
/// ```
/// use http_server::Exchange;
/// use std::fmt;
/// use wsgi_simple_server::{
///     Environ, ServerState, WsgiHandler, WsgiRequestHandler, demo_app, make_server_with,
/// };
///
/// struct QuietHandler;
///
/// impl WsgiRequestHandler for QuietHandler {
///     fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
///
///     fn get_environ<'a>(&self, x: &Exchange<'a>, server: &ServerState) -> Environ<'a> {
///         let mut environ = WsgiHandler::new().get_environ(x, server);
///         environ.insert("myapp.greeting", "hello");
///         environ
///     }
/// }
///
/// let server = make_server_with("127.0.0.1", 0, demo_app, || QuietHandler)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "WSGIRequestHandler")]
pub trait WsgiRequestHandler {
    /// Returns the class attributes: [`handler_options`].
    fn options(&self) -> &HandlerOptions {
        &DEFAULT_OPTIONS
    }

    /// Answers one request by running the application.
    ///
    /// On an engine it may return before a long response is at its end: the rest is made when the client has room for it.
    ///
    /// # Errors
    ///
    /// The response could not be completed; the connection closes.
    #[doc(alias = "dispatch")]
    fn handle(&self, x: &mut Exchange<'_>, server: &ServerState) -> io::Result<()> {
        run_application(self, x, server)
    }

    /// Makes the environ of a request, without the `wsgi.*` values.
    ///
    /// Nothing is built before somebody asks for it: to look up `HTTP_HOST` is to look up one field. The rules are
    /// CPython's where these are safe:
    ///
    #[doc = include_str!("environ.md")]
    fn get_environ<'a>(&self, x: &Exchange<'a>, server: &ServerState) -> Environ<'a> {
        // The server itself answers a request without a head.
        let Some(head) = x.head() else { return Environ::new() };
        let mut environ = Environ::with_source(RequestEnviron {
            head,
            base: server.base_environ_for_request(),
            server: x.server(),
            client_address: x.client_address(),
            server_software: x.options().server_version,
        });
        // An override may have set another path.
        if let Some(path) = x.replaced_path().filter(|path| *path != head.path()) {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            environ.insert("PATH_INFO", path_info(path));
            environ.insert("QUERY_STRING", query);
        }
        environ
    }

    /// Returns a stream to the log, for `wsgi.errors` and for each error of the application: standard error.
    ///
    /// Where there is none, or nobody reads it, what is written is lost and no application fails (gh-89057).
    fn get_stderr(&self) -> Box<dyn ErrorStream> {
        Box::new(StandardError)
    }

    /// Decides about a client that asked for `100 Continue`; see [`BaseHttpRequestHandler::handle_expect_100`].
    ///
    /// # Errors
    ///
    /// Those of the calls on the exchange.
    fn handle_expect_100(&self, x: &mut Exchange<'_>) -> io::Result<bool> {
        Base.handle_expect_100(x)
    }

    /// Sends an error page of the server, for a request that reaches no application; see [`Exchange::send_error`].
    ///
    /// # Errors
    ///
    /// Those of the calls on the exchange.
    fn send_error(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
        explain: Option<&str>,
    ) -> io::Result<()> {
        Base.send_error(x, code, message, explain)
    }

    /// Begins an answer of the server itself; see [`Exchange::send_response`].
    ///
    /// # Errors
    ///
    /// Those of the calls on the exchange.
    fn send_response(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        Base.send_response(x, code, message)
    }

    /// Buffers the status line; see [`Exchange::send_response_only`].
    ///
    /// # Errors
    ///
    /// Those of the calls on the exchange.
    fn send_response_only(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        Base.send_response_only(x, code, message)
    }

    /// Buffers a header field; see [`Exchange::send_header`].
    ///
    /// # Errors
    ///
    /// Those of the calls on the exchange.
    fn send_header(&self, x: &mut Exchange<'_>, name: &str, value: &str) -> io::Result<()> {
        Base.send_header(x, name, value)
    }

    /// Ends the head; see [`Exchange::end_headers`].
    ///
    /// # Errors
    ///
    /// Those of the calls on the exchange.
    fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        Base.end_headers(x)
    }

    /// Sends what is buffered of the head; see [`Exchange::flush_headers`].
    ///
    /// # Errors
    ///
    /// Those of the calls on the exchange.
    fn flush_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        Base.flush_headers(x)
    }

    /// Logs a request. Called when a response is complete, before its body is closed.
    fn log_request(&self, x: &Exchange<'_>, code: Option<u16>, size: Option<u64>) {
        Base.log_request(x, code, size);
    }

    /// Logs an error of the protocol; those of the application go to [`get_stderr`](Self::get_stderr).
    fn log_error(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        Base.log_error(x, message);
    }

    /// Writes a log line, by default to standard error. Every line goes through here.
    fn log_message(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        Base.log_message(x, message);
    }

    /// Returns the text of the `Server` field.
    fn version_string<'a>(&self, x: &Exchange<'a>) -> Cow<'a, str> {
        Base.version_string(x)
    }

    /// Returns a time, or the present one, as a header field has it.
    fn date_time_string<'a>(
        &self,
        x: &Exchange<'a>,
        timestamp: Option<SystemTime>,
    ) -> Cow<'a, str> {
        Base.date_time_string(x, timestamp)
    }

    /// Returns the present time as a log line has it.
    fn log_date_time_string(&self, x: &Exchange<'_>) -> String {
        Base.log_date_time_string(x)
    }

    /// Returns the client's address as a log line has it.
    fn address_string(&self, x: &Exchange<'_>) -> String {
        Base.address_string(x)
    }
}

/// Returns the class attributes of `WSGIRequestHandler`: those of `BaseHTTPRequestHandler` with `server_version`
/// [`SERVER_VERSION`], and HTTP/1.1 instead of HTTP/1.0.
///
/// # Examples
///
/// Start from these to change one; [`WsgiHandler`] shows how a server gets them.
///
/// ```
/// use wsgi_simple_server::{SERVER_VERSION, handler_options};
///
/// let options = handler_options().error_content_type("text/plain");
/// assert_eq!(options.server_version, SERVER_VERSION);
/// assert_eq!(options.protocol_version, "HTTP/1.1");
/// ```
#[must_use]
pub fn handler_options() -> HandlerOptions {
    HandlerOptions::new().protocol_version("HTTP/1.1").server_version(SERVER_VERSION)
}

static DEFAULT_OPTIONS: LazyLock<HandlerOptions> = LazyLock::new(handler_options);

/// The handler that overrides nothing: `WSGIRequestHandler` itself.
///
/// # Examples
///
/// CPython's WSGI server answers every request with HTTP/1.0 and closes the connection. So does this one:
///
/// ```
/// use wsgi_simple_server::{WsgiHandler, demo_app, handler_options, make_server_with};
///
/// let options = handler_options().protocol_version("HTTP/1.0");
/// let server = make_server_with("127.0.0.1", 0, demo_app, move || WsgiHandler::with_options(options.clone()))?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct WsgiHandler {
    options: Option<Box<HandlerOptions>>,
}

impl WsgiHandler {
    /// Makes a handler with the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a handler with other options.
    #[must_use]
    pub fn with_options(options: HandlerOptions) -> Self {
        Self { options: Some(Box::new(options)) }
    }
}

impl WsgiRequestHandler for WsgiHandler {
    fn options(&self) -> &HandlerOptions {
        self.options.as_deref().unwrap_or(&DEFAULT_OPTIONS)
    }
}

const TRACE: &str = "TRACE";

/// Standard error, to which a write never fails.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(data);
        Ok(data.len())
    }

    /// Standard error is locked meanwhile, so that the lines of several threads do not mix.
    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        let _ = io::stderr().write_fmt(text);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A [`WsgiRequestHandler`] together with the server it belongs to: what `http-server` calls.
///
/// [`WsgiServer`](crate::WsgiServer) makes one for each connection. Make one yourself to serve an application over
/// anything else that [`http_server::handle`] takes.
///
/// # Examples
///
/// ```
/// use http_server::{ClientAddress, Pair, ServerInfo, handle};
/// use wsgi_simple_server::{BoundHandler, ServerState, WsgiHandler, demo_app};
///
/// let server = ServerState::default();
/// server.set_app(demo_app);
///
/// let mut connection = Pair { reader: &b"GET /xyz HTTP/1.0\r\n\r\n"[..], writer: Vec::new() };
/// let handler = BoundHandler::new(WsgiHandler::new(), server);
/// handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &handler)?;
/// assert!(connection.writer.starts_with(b"HTTP/1.1 200 OK\r\n"));
/// # Ok::<(), http_server::HandlerError>(())
/// ```
pub struct BoundHandler {
    handler: Box<dyn WsgiRequestHandler + Send>,
    server: ServerState,
}

impl BoundHandler {
    /// Binds a handler to its server.
    #[must_use]
    pub fn new(handler: impl WsgiRequestHandler + Send + 'static, server: ServerState) -> Self {
        Self { handler: Box::new(handler), server: server.for_connection() }
    }
}

impl fmt::Debug for BoundHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundHandler").field("server", &self.server).finish_non_exhaustive()
    }
}

impl BaseHttpRequestHandler for BoundHandler {
    /// Every command reaches the application, except what asks for no resource, `OPTIONS *` and CONNECT, and TRACE.
    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        match x.command() {
            "OPTIONS" if x.path() == "*" => self.do_options(x),
            "CONNECT" => self.do_connect(x),
            TRACE => self.do_trace(x),
            _ => self.handler.handle(x, &self.server),
        }
    }

    /// TRACE is answered by who receives it, with the request as it came, credentials included (RFC 9110 §9.3.8): nothing
    /// that an application could do well, so it is refused.
    fn do_trace(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.send_error(405, None)
    }

    fn options(&self) -> &HandlerOptions {
        self.handler.options()
    }

    fn handle_expect_100(&self, x: &mut Exchange<'_>) -> io::Result<bool> {
        self.handler.handle_expect_100(x)
    }

    fn send_error(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
        explain: Option<&str>,
    ) -> io::Result<()> {
        self.handler.send_error(x, code, message, explain)
    }

    fn send_response(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        self.handler.send_response(x, code, message)
    }

    fn send_response_only(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        self.handler.send_response_only(x, code, message)
    }

    fn send_header(&self, x: &mut Exchange<'_>, name: &str, value: &str) -> io::Result<()> {
        self.handler.send_header(x, name, value)
    }

    fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        if x.command() == TRACE && x.head().is_some() {
            // RFC 9110 §15.5.6: 405 says what is allowed instead. Which of these a resource has, the application knows.
            x.send_header("Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS")?;
        }
        self.handler.end_headers(x)
    }

    fn flush_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.handler.flush_headers(x)
    }

    fn log_request(&self, x: &Exchange<'_>, code: Option<u16>, size: Option<u64>) {
        self.handler.log_request(x, code, size);
    }

    fn log_error(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.handler.log_error(x, message);
    }

    fn log_message(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.handler.log_message(x, message);
    }

    fn version_string<'a>(&self, x: &Exchange<'a>) -> Cow<'a, str> {
        self.handler.version_string(x)
    }

    fn date_time_string<'a>(
        &self,
        x: &Exchange<'a>,
        timestamp: Option<SystemTime>,
    ) -> Cow<'a, str> {
        self.handler.date_time_string(x, timestamp)
    }

    fn log_date_time_string(&self, x: &Exchange<'_>) -> String {
        self.handler.log_date_time_string(x)
    }

    fn address_string(&self, x: &Exchange<'_>) -> String {
        self.handler.address_string(x)
    }
}
