//! The override points of a handler.

use crate::options::DEFAULT_OPTIONS;
use crate::proto::Quoted;
use crate::{Exchange, HandlerOptions, date, error_page, log, status};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::time::SystemTime;

/// The override points of `http.server.BaseHTTPRequestHandler`.
///
/// All methods take `&self`: the exchange calls back into them, which gives Python's late binding. What lasts one request
/// lives in the [`Exchange`]; what lasts one connection may live in the handler, which a factory makes for each; what is
/// shared lives in an `Arc`. `super()` is [`Base`].
///
/// # Examples
///
/// ```
/// use http_server::{Base, BaseHttpRequestHandler, Exchange};
/// use std::io::{self, Write};
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {
///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         if x.path() != "/" {
///             return x.send_error(404, None);
///         }
///         x.send_response(200)?;
///         x.send_header("Content-Type", "text/plain")?;
///         x.end_headers()?;
///         x.wfile.write_all(b"Hello world!\n")
///     }
///
///     // Seen on every response, error pages included.
///     fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         x.send_header("Access-Control-Allow-Origin", "*")?;
///         Base.end_headers(x)
///     }
/// }
/// ```
#[doc(alias = "BaseHTTPRequestHandler")]
pub trait BaseHttpRequestHandler {
    /// Returns the class attributes.
    fn options(&self) -> &HandlerOptions {
        &DEFAULT_OPTIONS
    }

    /// Calls the `do_` method for the command: the second half of CPython's `handle_one_request`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    #[doc(alias = "handle_one_request")]
    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let handler = x.handler();
        match x.command() {
            "GET" => handler.do_get(x),
            "HEAD" => handler.do_head(x),
            "POST" => handler.do_post(x),
            "PUT" => handler.do_put(x),
            "DELETE" => handler.do_delete(x),
            "PATCH" => handler.do_patch(x),
            "OPTIONS" => handler.do_options(x),
            "TRACE" => handler.do_trace(x),
            "CONNECT" => handler.do_connect(x),
            _ => handler.do_method(x),
        }
    }

    /// Answers GET.
    ///
    /// # Errors
    ///
    /// An error becomes a 500 page if nothing was sent, and a cut connection otherwise; so for every method here.
    #[doc(alias = "do_GET")]
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.handler().do_method(x)
    }

    /// Answers HEAD. A body that is written here is dropped.
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    #[doc(alias = "do_HEAD")]
    fn do_head(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.handler().do_method(x)
    }

    /// Answers POST.
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    #[doc(alias = "do_POST")]
    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.handler().do_method(x)
    }

    /// Answers PUT.
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    #[doc(alias = "do_PUT")]
    fn do_put(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.handler().do_method(x)
    }

    /// Answers DELETE.
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    #[doc(alias = "do_DELETE")]
    fn do_delete(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.handler().do_method(x)
    }

    /// Answers PATCH.
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    #[doc(alias = "do_PATCH")]
    fn do_patch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.handler().do_method(x)
    }

    /// Answers OPTIONS. `OPTIONS *` asks about the server as a whole and has an empty 200 by default (RFC 9110 §9.3.7).
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    #[doc(alias = "do_OPTIONS")]
    fn do_options(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        if x.path() != "*" {
            return x.handler().do_method(x);
        }
        x.send_response(200)?;
        x.send_header("Content-Length", "0")?;
        x.end_headers()
    }

    /// Answers TRACE.
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    #[doc(alias = "do_TRACE")]
    fn do_trace(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.handler().do_method(x)
    }

    /// Answers CONNECT.
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    #[doc(alias = "do_CONNECT")]
    fn do_connect(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.handler().do_method(x)
    }

    /// Answers every command that has no method of its own, or whose method is not overridden.
    ///
    /// The default is 501 `Unsupported method ('FOO')`. A Python class that defines `do_FOO` overrides this and looks at
    /// [`Exchange::command`].
    ///
    /// # Errors
    ///
    /// As [`do_get`](Self::do_get).
    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let message = format!("Unsupported method ({})", Quoted::new(x.command().as_bytes()));
        x.send_error(501, message.as_str())
    }

    /// Decides about a client that asked for `100 Continue` before it sends its body.
    ///
    /// The default returns true, and then `100 Continue` goes out when the handler first has to wait for the body; CPython
    /// sends it at once. To refuse, send an error page and return false: the `do_` method is not called then.
    ///
    /// # Errors
    ///
    /// Those of the calls on the exchange.
    fn handle_expect_100(&self, x: &mut Exchange<'_>) -> io::Result<bool> {
        x.base_handle_expect_100();
        Ok(true)
    }

    /// Sends and logs an error page, and closes the connection.
    ///
    /// See [`Exchange::send_error`]. In this order: a log line `code 404, message Not Found`; `send_response`;
    /// `Connection: close`; `Content-Type` and `Content-Length` unless the status has no body; the page itself unless the
    /// command is HEAD.
    ///
    /// # Errors
    ///
    /// Those of the calls it makes.
    fn send_error(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
        explain: Option<&str>,
    ) -> io::Result<()> {
        let (short, long) = status::responses(code).unwrap_or(("???", "???"));
        let message = message.unwrap_or(short);
        let explain = explain.unwrap_or(long);
        x.log_error(format_args!("code {code}, message {message}"));
        x.send_response_with(code, message)?;
        x.send_header("Connection", "close")?;

        // RFC 9110 §6.4.1 and §15.3.6: 1xx, 204 and 304 have no content, 205 may not have any.
        let mut body = None;
        if code >= 200 && !matches!(code, 204 | 205 | 304) {
            let options = x.options();
            let page = error_page(options.error_message_format, code, message, explain);
            x.send_header("Content-Type", options.error_content_type)?;
            x.send_header("Content-Length", &page.len().to_string())?;
            body = Some(page);
        }
        x.end_headers()?;

        match body {
            Some(page) if x.command() != "HEAD" => x.wfile.write_all(page.as_bytes()),
            _ => Ok(()),
        }
    }

    /// Logs the request and buffers the status line, `Server` and `Date`. See [`Exchange::send_response`].
    ///
    /// # Errors
    ///
    /// Those of the calls it makes.
    fn send_response(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        x.log_request(Some(code), None);
        x.send_response_only(code, message)?;
        x.send_header("Server", &x.version_string())?;
        x.send_header("Date", &x.date_time_string(None))
    }

    /// Buffers the status line. See [`Exchange::send_response_only`].
    ///
    /// # Errors
    ///
    /// As there.
    fn send_response_only(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        x.base_send_response_only(code, message)
    }

    /// Buffers a header field. See [`Exchange::send_header`].
    ///
    /// # Errors
    ///
    /// As there.
    fn send_header(&self, x: &mut Exchange<'_>, name: &str, value: &str) -> io::Result<()> {
        x.base_send_header(name, value)
    }

    /// Ends the head. See [`Exchange::end_headers`].
    ///
    /// # Errors
    ///
    /// As there.
    fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.base_end_headers()
    }

    /// Sends what is buffered of the head. See [`Exchange::flush_headers`].
    ///
    /// # Errors
    ///
    /// As there.
    fn flush_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.base_flush_headers()
    }

    /// Logs `"<requestline>" <code> <size>`. Called by `send_response`.
    fn log_request(&self, x: &Exchange<'_>, code: Option<u16>, size: Option<u64>) {
        x.log_message(format_args!("\"{}\" {} {}", RequestLine(x), OrDash(code), OrDash(size)));
    }

    /// Called when all is done for a request that `dispatch` was called for, be its response whole or not.
    ///
    /// The default does nothing, as there is no such call in CPython. What is left for later
    /// ([`Exchange::continue_with`]) is done by then, or given up with the client:
    /// [`bytes_sent`](crate::ResponseBody::bytes_sent) is how long the body was, and
    /// [`is_whole`](crate::ResponseBody::is_whole) tells whether it was cut short.
    ///
    /// # Examples
    ///
    /// ```
    /// use http_server::{BaseHttpRequestHandler, Exchange};
    ///
    /// /// Logs how large the body was, too.
    /// struct Sizes;
    ///
    /// impl BaseHttpRequestHandler for Sizes {
    ///     fn end_exchange(&self, x: &Exchange<'_>) {
    ///         x.log_message(format_args!("{} bytes", x.wfile.bytes_sent()));
    ///     }
    /// }
    /// ```
    fn end_exchange(&self, x: &Exchange<'_>) {
        let _ = x;
    }

    /// Logs an error. The default passes it on to `log_message`.
    fn log_error(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        x.log_message(message);
    }

    /// Writes a line to standard error: `<address> - - [<date>] <message>`, with control characters escaped.
    ///
    /// Every line goes through here; override it to send them elsewhere.
    fn log_message(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        log::write_line(&x.address_string(), &x.log_date_time_string(), &message.to_string());
    }

    /// Returns the text of the `Server` field: `server_version`, a space, `sys_version`.
    fn version_string<'a>(&self, x: &Exchange<'a>) -> Cow<'a, str> {
        x.options().version_string()
    }

    /// Returns a time, or the present one, as a header field has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
    fn date_time_string<'a>(
        &self,
        x: &Exchange<'a>,
        timestamp: Option<SystemTime>,
    ) -> Cow<'a, str> {
        match timestamp {
            Some(time) => Cow::Owned(date::date_time_string(time).as_str().to_owned()),
            None => x.base_present_date(),
        }
    }

    /// Returns the present time as a log line has it, in UTC: `06/Nov/1994 08:49:37`.
    fn log_date_time_string(&self, x: &Exchange<'_>) -> String {
        let _ = x;
        date::log_date_time_string(SystemTime::now())
    }

    /// Returns the client's address as a log line has it: the host, never looked up; `-` if there is none.
    fn address_string(&self, x: &Exchange<'_>) -> String {
        let host = x.client_address().host();
        if host.is_empty() { "-".to_owned() } else { host }
    }
}

/// The base class itself: `Base.end_headers(x)` is what `super().end_headers()` is in Python.
///
/// Its methods act on the exchange they are given, so other override points they call are again those of the handler
/// that serves it.
///
/// # Examples
///
/// A handler that logs errors only, and names itself on each response:
///
/// ```
/// use http_server::{Base, BaseHttpRequestHandler, Exchange};
/// use std::io;
///
/// struct Quiet;
/// impl BaseHttpRequestHandler for Quiet {
///     fn log_request(&self, x: &Exchange<'_>, code: Option<u16>, size: Option<u64>) {
///         if code >= Some(400) {
///             Base.log_request(x, code, size);
///         }
///     }
///
///     fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         x.send_header("X-Served-By", "quiet")?;
///         Base.end_headers(x)
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Base;

impl BaseHttpRequestHandler for Base {}

/// The request line of an exchange, which is looked at only if the line is written.
struct RequestLine<'x, 'a>(&'x Exchange<'a>);

impl fmt::Display for RequestLine<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.requestline())
    }
}

/// A number, or the dash that stands for none in a log line.
struct OrDash<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for OrDash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("-"),
        }
    }
}
