//! `ServerHandler`: the handler of a server that keeps a log.

use crate::base::BaseHandler;
use crate::defaults::Base;
use crate::inherit_handler;
use crate::options::HandlerOptions;
use crate::run::RunState;
use crate::simple::SimpleHandler;
use std::io::Write;
use wsgi_util::{AppError, Environ, ErrorStream, InputStream};

/// The server software that [`ServerHandler`] names: CPython's `software_version`.
///
/// # Examples
///
/// A program built on this server puts its own name in front:
///
/// ```
/// use wsgi_handlers::{HandlerOptions, SOFTWARE_VERSION};
///
/// let software = format!("Demo/1.0 {SOFTWARE_VERSION}");
/// assert!(software.starts_with("Demo/1.0 WSGIServer wsgiref-rs/"));
/// let options = HandlerOptions { server_software: Some(software.into()), ..Default::default() };
/// ```
#[doc(alias = "software_version")]
pub const SOFTWARE_VERSION: &str = concat!("WSGIServer wsgiref-rs/", env!("CARGO_PKG_VERSION"));

/// Writes the log line of a request, as `BaseHTTPRequestHandler.log_request` does.
///
/// Every `FnMut(&str, u64)` is one.
///
/// # Examples
///
/// A log that only adds up what was sent. [`ServerHandler`] shows one that is a closure.
///
/// ```
/// use std::io;
/// use wsgi_handlers::{RequestLog, Run, ServerHandler};
/// # use wsgi_util::{AppResult, Environ, StartResponse};
///
/// struct Traffic<'a>(&'a mut u64);
///
/// impl RequestLog for Traffic<'_> {
///     fn log_request(&mut self, _code: &str, size: u64) {
///         *self.0 += size;
///     }
/// }
///
/// # fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
/// #     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
/// #     Ok("hello\n".into())
/// # }
/// let mut sent = 0;
/// for environ in [[("REQUEST_METHOD", "GET")], [("REQUEST_METHOD", "POST")]] {
///     ServerHandler::new(io::empty(), io::sink(), io::stderr(), environ, Traffic(&mut sent)).run(&app)?;
/// }
/// assert_eq!(sent, 12); // "hello\n" twice
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
pub trait RequestLog {
    /// Logs a response: the three digits of its status and the number of bytes of the body that were sent.
    fn log_request(&mut self, code: &str, size: u64);
}

impl<F: FnMut(&str, u64)> RequestLog for F {
    fn log_request(&mut self, code: &str, size: u64) {
        self(code, size);
    }
}

/// Runs an application for a server: a [`SimpleHandler`] that names the server and logs each response.
///
/// The log line is written when the response was sent, before the body is closed. A response that broke off, and a
/// client that went away, get none.
///
/// # Examples
///
/// ```
/// use std::io;
/// use wsgi_handlers::{Run, ServerHandler};
/// use wsgi_util::{AppResult, Environ, StartResponse};
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
///     Ok("hello\n".into())
/// }
///
/// let (mut out, mut log) = (Vec::new(), String::new());
/// let log_request = |code: &str, size: u64| log = format!("\"GET / HTTP/1.0\" {code} {size}");
/// let environ = [("REQUEST_METHOD", "GET"), ("SERVER_PROTOCOL", "HTTP/1.0")];
/// ServerHandler::new(io::empty(), &mut out, io::stderr(), environ, log_request).run(&app)?;
/// assert_eq!(log, "\"GET / HTTP/1.0\" 200 6");
/// assert!(String::from_utf8_lossy(&out).contains("\r\nServer: WSGIServer wsgiref-rs/"));
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
#[derive(Debug)]
pub struct ServerHandler<'e, Out, Log> {
    simple: SimpleHandler<'e, Out>,
    request_handler: Log,
}

impl<'e, Out: Write, Log: RequestLog> ServerHandler<'e, Out, Log> {
    /// Makes a handler for one request; the arguments are those of [`SimpleHandler::new`], and the log.
    pub fn new(
        stdin: impl InputStream + 'e,
        stdout: Out,
        stderr: impl ErrorStream + 'e,
        environ: impl Into<Environ<'e>>,
        request_handler: Log,
    ) -> Self {
        let mut simple = SimpleHandler::new(stdin, stdout, stderr, environ);
        simple.options_mut().server_software = Some(SOFTWARE_VERSION.into());
        Self { simple, request_handler }
    }

    /// The class attributes, to be changed for this handler.
    pub fn options_mut(&mut self) -> &mut HandlerOptions {
        self.simple.options_mut()
    }
}

impl<'e, Out: Write, Log: RequestLog> BaseHandler<'e> for ServerHandler<'e, Out, Log> {
    inherit_handler!('e, simple);

    /// Logs the response, then closes the result.
    ///
    /// Nothing is logged if nothing was sent; CPython fails there for want of a status.
    fn close(&mut self, run: &mut RunState<'e>) -> Result<(), AppError> {
        if run.response.headers_sent() {
            let code = run.response.status_code().unwrap_or_default();
            self.request_handler.log_request(code, run.response.bytes_sent());
        }
        Base.close(self, run)
    }
}
