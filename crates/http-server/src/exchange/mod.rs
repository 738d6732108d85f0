//! One request and its response.

mod input;
mod link;
mod request_body;
mod response_body;

pub(crate) use input::Input;
#[cfg(all(unix, feature = "cgi"))]
pub(crate) use link::Stopping;
pub(crate) use link::{
    BodyState, Interim, Link, SENDS_TOO_SLOWLY, SharedLink, TAKES_TOO_SLOWLY, Trouble, Wire,
};
pub use request_body::RequestBody;
pub(crate) use request_body::{BodyCutShort, ReceivedBody};
pub use response_body::ResponseBody;
pub(crate) use response_body::{BegunResponse, Draft, Ending};

use crate::deadlines::DRAIN_BYTES;
use crate::proto::{RequestHead, RequestHeaders, Version};
use crate::{BaseHttpRequestHandler, ClientAddress, HandlerOptions, ServerInfo};
use response_body::FramingFacts;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::SystemTime;

/// One request and its response: what Python's handler keeps on `self` for the time of one request.
///
/// Methods with a Python name go through the handler's override point of that name, so an override is seen wherever the
/// method is called from, error pages included. The base behaviour (`super()`) is [`Base`](crate::Base):
/// `Base.end_headers(x)`.
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, Exchange};
/// use std::io::{self, Read, Write};
///
/// struct Echo;
/// impl BaseHttpRequestHandler for Echo {
///     fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         let mut body = Vec::new();
///         x.rfile.read_to_end(&mut body)?; // an error here is the client's, and the client is told
///         x.send_response(200)?;
///         x.send_header("Content-Type", x.headers().get("Content-Type").as_deref().unwrap_or("text/plain"))?;
///         x.send_header("Content-Length", &body.len().to_string())?;
///         x.end_headers()?;
///         x.wfile.write_all(&body)
///     }
/// }
/// ```
pub struct Exchange<'a> {
    handler: &'a dyn BaseHttpRequestHandler,
    request: Request<'a>,
    path: Option<String>,
    client_address: &'a ClientAddress,
    server: &'a ServerInfo,
    protocol: Version,
    /// The request body: ends where the body ends; a body cut short is an error.
    pub rfile: RequestBody<'a>,
    /// The response body: framed, cut to Content-Length, silent for HEAD, 204 and 304.
    pub wfile: ResponseBody<'a>,
    /// Whether the connection closes after this response.
    ///
    /// Set from the request at the start, by a `Connection` field the handler sends, and by every error page. False keeps no
    /// connection that the client has asked to close, that the head has said will close, or that
    /// keeps others waiting.
    pub close_connection: bool,
    /// Fields that the head has to have, whoever writes it.
    needed: Vec<(&'static str, Cow<'static, str>)>,
    /// What [`continue_with`](Self::continue_with) was given.
    rest: Option<Rest>,
}

/// The rest of a handler.
pub(crate) type Rest = Box<dyn FnOnce(&mut Exchange<'_>) -> io::Result<()> + Send>;

/// What is known of the request.
#[derive(Clone, Copy)]
pub(crate) enum Request<'a> {
    /// Its whole head.
    Head(RequestHead<'a>),
    /// Nothing, or only its first line, because it was refused: as far as it makes sense for the log.
    Refused { requestline: &'a str, command: &'a str },
}

/// All that an exchange is made of.
pub(crate) struct Parts<'a> {
    pub(crate) handler: &'a dyn BaseHttpRequestHandler,
    pub(crate) request: Request<'a>,
    pub(crate) client_address: &'a ClientAddress,
    pub(crate) server: &'a ServerInfo,
    pub(crate) protocol: Version,
    pub(crate) rfile: RequestBody<'a>,
    pub(crate) wfile: ResponseBody<'a>,
}

/// An exchange that is left for a while, without what it borrows.
pub(crate) struct Suspended {
    rest: Rest,
    path: Option<String>,
    close_connection: bool,
}

/// When to try again a request that is refused for now only (RFC 9110 §10.2.3), in seconds.
const RETRY_AFTER: &str = "1";

impl<'a> Exchange<'a> {
    pub(crate) fn new(parts: Parts<'a>) -> Self {
        let Parts { handler, request, client_address, server, protocol, rfile, wfile } = parts;
        let close_connection = match request {
            Request::Head(head) => !head.keep_alive(protocol),
            Request::Refused { .. } => true,
        };
        Self {
            handler,
            request,
            path: None,
            client_address,
            server,
            protocol,
            rfile,
            wfile,
            close_connection,
            needed: Vec::new(),
            rest: None,
        }
    }

    /// Goes on with an exchange that was left with [`suspend`](Self::suspend); the parts are made anew.
    pub(crate) fn resume(parts: Parts<'a>, suspended: Suspended) -> Self {
        let Suspended { rest, path, close_connection } = suspended;
        Self { rest: Some(rest), path, close_connection, ..Self::new(parts) }
    }

    /// Whether the handler has a rest, for which the client has to be waited for.
    pub(crate) fn is_left(&self) -> bool {
        self.rest.is_some()
    }

    /// Leaves the exchange for a while, if its handler has a [rest](Self::continue_with).
    pub(crate) fn suspend(self) -> Option<(Suspended, BegunResponse)> {
        let Self { rest, path, close_connection, wfile, .. } = self;
        Some((Suspended { rest: rest?, path, close_connection }, wfile.suspend()))
    }

    /// Returns the method, `GET` for example; empty if the request line was refused.
    #[must_use]
    pub fn command(&self) -> &'a str {
        match self.request {
            Request::Head(head) => head.method(),
            Request::Refused { command, .. } => command,
        }
    }

    /// Returns the target with its query as the client sent it, but with leading slashes reduced to one (gh-87389).
    ///
    /// An absolute-form target stays whole, as in CPython.
    #[must_use]
    pub fn path(&self) -> &str {
        if let Some(path) = &self.path {
            return path;
        }
        match self.request {
            Request::Head(head) => head.path(),
            Request::Refused { .. } => "",
        }
    }

    /// Returns the path that [`set_path`](Self::set_path) has set, if it was called.
    #[must_use]
    pub fn replaced_path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Replaces the path, as handlers do with `self.path = ...` before they call a method that looks at it.
    pub fn set_path(&mut self, path: impl Into<String>) {
        self.path = Some(path.into());
    }

    /// Returns the version of the request as text, `HTTP/1.1`; empty if the request line was refused.
    #[must_use]
    pub fn request_version(&self) -> &'a str {
        match self.request {
            Request::Head(head) => head.request_version(),
            Request::Refused { .. } => "",
        }
    }

    /// Returns the request line without its line end; empty if it was too long or nothing came.
    #[must_use]
    pub fn requestline(&self) -> &'a str {
        match self.request {
            Request::Head(head) => head.requestline(),
            Request::Refused { requestline, .. } => requestline,
        }
    }

    /// Returns the bytes of the request line with its CRLF; empty if the head was refused.
    #[must_use]
    pub fn raw_requestline(&self) -> &'a [u8] {
        match self.request {
            Request::Head(head) => head.raw_requestline(),
            Request::Refused { .. } => &[],
        }
    }

    /// Returns the header fields; none if the head was refused.
    #[must_use]
    pub fn headers(&self) -> RequestHeaders<'a> {
        match self.request {
            Request::Head(head) => head.headers(),
            Request::Refused { .. } => RequestHeaders::default(),
        }
    }

    /// Returns the parsed head, or `None` while an error page for a refused one is sent.
    #[must_use]
    pub fn head(&self) -> Option<RequestHead<'a>> {
        match self.request {
            Request::Head(head) => Some(head),
            Request::Refused { .. } => None,
        }
    }

    /// Returns the address of the client.
    #[must_use]
    pub fn client_address(&self) -> &'a ClientAddress {
        self.client_address
    }

    /// Returns what there is to know of the server.
    #[must_use]
    pub fn server(&self) -> &'a ServerInfo {
        self.server
    }

    /// Returns the class attributes of the handler.
    #[must_use]
    pub fn options(&self) -> &'a HandlerOptions {
        self.handler.options()
    }

    /// Returns the handler: what `self` is in Python, for defaults that call other override points.
    #[must_use]
    pub fn handler(&self) -> &'a dyn BaseHttpRequestHandler {
        self.handler
    }

    /// Whether `end_headers` has been called for the final response: its status and framing are fixed.
    #[must_use]
    pub fn headers_ended(&self) -> bool {
        self.wfile.head_ended()
    }

    /// Whether any of the final response has left: from then on no error page can take its place.
    #[must_use]
    pub fn headers_sent(&self) -> bool {
        self.wfile.is_sent()
    }

    /// Whether a field of that name, in any case, has been buffered for the head since the last flush.
    #[must_use]
    pub fn has_response_header(&self, name: &str) -> bool {
        self.wfile.has_field(name)
    }

    /// Logs the request and buffers the status line, `Server` and `Date`.
    ///
    /// # Errors
    ///
    /// As [`send_response_only`](Self::send_response_only).
    pub fn send_response(&mut self, code: u16) -> io::Result<()> {
        self.handler.send_response(self, code, None)
    }

    /// The same with a reason phrase of its own.
    ///
    /// # Errors
    ///
    /// As [`send_response_only`](Self::send_response_only).
    pub fn send_response_with(&mut self, code: u16, message: &str) -> io::Result<()> {
        self.handler.send_response(self, code, Some(message))
    }

    /// Buffers the status line alone. The phrase comes from [`status::responses`](crate::status::responses) unless given.
    ///
    /// # Errors
    ///
    /// [`Misuse`](crate::proto::Misuse) if the code has not three digits, if the message holds a control character or one
    /// outside latin-1 (CPython writes CR and LF as they are), or if there is a status line already.
    pub fn send_response_only<'m>(
        &mut self,
        code: u16,
        message: impl Into<Option<&'m str>>,
    ) -> io::Result<()> {
        self.handler.send_response_only(self, code, message.into())
    }

    /// Buffers a header field.
    ///
    /// `Connection: close` and `keep-alive` also set [`close_connection`](Self#structfield.close_connection).
    ///
    /// # Errors
    ///
    /// [`Misuse`](crate::proto::Misuse) if the name is not a token, if the value holds a control character or one outside
    /// latin-1, for a Content-Length that is no number or the second one, before the status line, and after the head.
    pub fn send_header(&mut self, name: &str, value: &str) -> io::Result<()> {
        self.handler.send_header(self, name, value)
    }

    /// Ends the head and fixes how the body is framed (see [`ResponseBody`]).
    ///
    /// # Errors
    ///
    /// [`Misuse`](crate::proto::Misuse) without a status line, or with both Content-Length and Transfer-Encoding.
    pub fn end_headers(&mut self) -> io::Result<()> {
        self.handler.end_headers(self)
    }

    /// Sends what is buffered of the head at once.
    ///
    /// # Errors
    ///
    /// If the client is gone or too slow.
    pub fn flush_headers(&mut self) -> io::Result<()> {
        self.handler.flush_headers(self)
    }

    /// Sends an error page: `x.send_error(404, "File not found")`, or `x.send_error(404, None)` for the usual words.
    ///
    /// # Errors
    ///
    /// As the calls it is made of: `send_response`, `send_header`, `end_headers` and a write.
    pub fn send_error<'m>(
        &mut self,
        code: u16,
        message: impl Into<Option<&'m str>>,
    ) -> io::Result<()> {
        self.handler.send_error(self, code, message.into(), None)
    }

    /// Sends an error page with an explanation of its own.
    ///
    /// # Errors
    ///
    /// As [`send_error`](Self::send_error).
    pub fn send_error_explained<'m>(
        &mut self,
        code: u16,
        message: impl Into<Option<&'m str>>,
        explain: impl Into<Option<&'m str>>,
    ) -> io::Result<()> {
        self.handler.send_error(self, code, message.into(), explain.into())
    }

    /// Ends the response where it is and closes the connection, so that the client sees it is incomplete.
    ///
    /// For a handler that has reported by itself why it cannot go on, and then returns `Ok`; whoever returns an error gets
    /// the same with a report of that error. What is written after it is dropped. Nothing happens before the end of the head.
    pub fn cut(&mut self) {
        if self.headers_ended() {
            self.wfile.cut();
            self.close_connection = true;
        }
    }

    /// Has the rest of the handler run once the client has taken what is written, and until then nothing.
    ///
    /// On the [engine](crate::HttpServer::engine) the connection holds no thread meanwhile: this is how a response that is
    /// made piece by piece keeps pace with a slow client. Elsewhere, where writing waits for the client, and for a client
    /// that is quick, the rest runs at once. It may call this again; the last call counts. What it may not do is borrow
    /// from the handler: it takes along what it needs, and `x` in it is the same exchange.
    ///
    /// # Examples
    ///
    /// ```
    /// use http_server::{BaseHttpRequestHandler, Exchange};
    /// use std::io::{self, Write};
    ///
    /// struct Countdown;
    ///
    /// impl BaseHttpRequestHandler for Countdown {
    ///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
    ///         x.send_response(200)?;
    ///         x.end_headers()?;
    ///         count(x, 1_000)
    ///     }
    /// }
    ///
    /// fn count(x: &mut Exchange<'_>, from: u32) -> io::Result<()> {
    ///     writeln!(x.wfile, "{from}")?;
    ///     if from > 0 {
    ///         x.continue_with(move |x| count(x, from - 1));
    ///     }
    ///     Ok(())
    /// }
    /// # use http_server::{ClientAddress, Pair, ServerInfo, handle};
    /// # let mut connection = Pair { reader: &b"GET / HTTP/1.0\r\n\r\n"[..], writer: Vec::new() };
    /// # handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &Countdown)?;
    /// # assert!(connection.writer.ends_with(b"\n2\n1\n0\n"));
    /// # Ok::<(), http_server::HandlerError>(())
    /// ```
    pub fn continue_with(
        &mut self,
        rest: impl FnOnce(&mut Exchange<'_>) -> io::Result<()> + Send + 'static,
    ) {
        self.rest = Some(Box::new(rest));
    }

    /// Whether more can follow at once: the client has taken what is written, and no other request waits for this thread. If
    /// not, the time has come to [`continue_with`](Self::continue_with) the rest. Where writing waits for the client, it always has.
    ///
    /// # Examples
    ///
    /// The countdown from there, which goes on by itself as long as it can:
    ///
    /// ```
    /// # use http_server::{BaseHttpRequestHandler, Exchange};
    /// # use std::io::{self, Write};
    /// fn count(x: &mut Exchange<'_>, mut from: u32) -> io::Result<()> {
    ///     while x.has_room() {
    ///         writeln!(x.wfile, "{from}")?;
    ///         if from == 0 {
    ///             return Ok(());
    ///         }
    ///         from -= 1;
    ///     }
    ///     x.continue_with(move |x| count(x, from));
    ///     Ok(())
    /// }
    /// # struct Countdown;
    /// # impl BaseHttpRequestHandler for Countdown {
    /// #     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
    /// #         x.send_response(200)?;
    /// #         x.end_headers()?;
    /// #         count(x, 1_000)
    /// #     }
    /// # }
    /// # use http_server::{ClientAddress, Pair, ServerInfo, handle};
    /// # let mut connection = Pair { reader: &b"GET / HTTP/1.0\r\n\r\n"[..], writer: Vec::new() };
    /// # handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &Countdown)?;
    /// # assert!(connection.writer.ends_with(b"\n2\n1\n0\n"));
    /// # Ok::<(), http_server::HandlerError>(())
    /// ```
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.wfile.link.has_room()
    }

    /// Logs the request line with a code and a size; `-` stands for what is not known.
    pub fn log_request(&self, code: Option<u16>, size: Option<u64>) {
        self.handler.log_request(self, code, size);
    }

    /// Logs an error: `x.log_error(format_args!("no {name}"))`.
    pub fn log_error(&self, message: fmt::Arguments<'_>) {
        self.handler.log_error(self, message);
    }

    /// Logs a line.
    pub fn log_message(&self, message: fmt::Arguments<'_>) {
        self.handler.log_message(self, message);
    }

    /// Returns the text of the `Server` field.
    #[must_use]
    pub fn version_string(&self) -> Cow<'a, str> {
        self.handler.version_string(self)
    }

    /// Returns a time, or the present one, as a header field has it.
    #[must_use]
    pub fn date_time_string(&self, timestamp: Option<SystemTime>) -> Cow<'a, str> {
        self.handler.date_time_string(self, timestamp)
    }

    /// Returns the present time as a log line has it.
    #[must_use]
    pub fn log_date_time_string(&self) -> String {
        self.handler.log_date_time_string(self)
    }

    /// Returns the client's address as a log line has it.
    #[must_use]
    pub fn address_string(&self) -> String {
        self.handler.address_string(self)
    }
}

/// The default behaviour of the override points that touch only the state of the exchange.
impl<'a> Exchange<'a> {
    pub(crate) fn base_present_date(&self) -> Cow<'a, str> {
        self.wfile.last_date().now()
    }

    pub(crate) fn base_send_response_only(
        &mut self,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        self.wfile.status_line(self.protocol, code, message)
    }

    pub(crate) fn base_send_header(&mut self, name: &str, value: &str) -> io::Result<()> {
        if let Some(closes) = self.wfile.field(name, value)? {
            self.close_connection = closes;
        }
        Ok(())
    }

    pub(crate) fn base_end_headers(&mut self) -> io::Result<()> {
        for (name, value) in &self.needed {
            if !self.wfile.has_field(name) {
                self.wfile.field(name, value)?;
            }
        }
        let facts = FramingFacts {
            protocol: self.protocol,
            request: self.head().map_or(Version::HTTP_10, |head| head.version()),
            command: self.command(),
            close: self.close_connection
                || self.asks_to_close()
                || self.wfile.link.forbids_reuse()
                || self.wfile.link.is_last(),
        };
        if let Some(close) = self.wfile.end_head(&facts)? {
            self.close_connection = close;
        }
        Ok(())
    }

    pub(crate) fn base_flush_headers(&mut self) -> io::Result<()> {
        self.wfile.send_out()
    }

    pub(crate) fn base_handle_expect_100(&mut self) {
        self.wfile.link.promise_interim();
    }

    /// Whether the client has asked for the end, so that no request follows, whatever the handler wants (RFC 9112 §9.6).
    fn asks_to_close(&self) -> bool {
        self.head().is_some_and(|head| head.asks_to_close())
    }
}

/// What a driver does with an exchange.
impl Exchange<'_> {
    /// Ends the response after the handler has returned without error.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self.wfile.finish(self.close_connection)? {
            Ending::Whole => return Ok(()),
            Ending::AtClose => {}
            Ending::Short { missing } => {
                self.log_error(format_args!(
                    "response cut short: {missing} bytes fewer than its Content-Length"
                ));
            }
            Ending::Long { surplus } => {
                self.log_error(format_args!(
                    "response cut: {surplus} bytes more than its Content-Length"
                ));
            }
        }
        self.close_connection = true;
        Ok(())
    }

    /// Runs what the handler has left for later, as long as the client has room, and ends the response after it. If
    /// [`suspend`](Self::suspend) then gives something, the client has to be waited for.
    pub(crate) fn go_on(&mut self) -> io::Result<()> {
        loop {
            let Some(rest) = self.rest.take() else { return self.finish() };
            if !self.has_room() {
                self.rest = Some(rest);
                return Ok(());
            }
            rest(self)?;
        }
    }

    /// Forgets what the handler has left for later, because the response has failed.
    pub(crate) fn forget_rest(&mut self) {
        self.rest = None;
    }

    /// Has the head say this, be it that of an error page; unless it has the field by then.
    pub(crate) fn need_field(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        self.needed.push((name, value.into()));
    }

    /// The refusal that follows is for now only.
    pub(crate) fn invite_retry(&mut self) {
        self.need_field("Retry-After", RETRY_AFTER);
    }

    /// Refuses a method that the resource does not have; a 405 says which it has (RFC 9110 §15.5.6).
    pub(crate) fn refuse_method(&mut self, allow: &'static str) -> io::Result<()> {
        self.need_field("Allow", allow);
        self.send_error(405, None)
    }

    /// Whether another request can follow on the connection, once the request body is out of the way.
    pub(crate) fn may_be_followed(&self) -> bool {
        // RFC 9112 §9.6: who has said that it closes must, and the client looks at nothing that follows.
        if self.close_connection || self.wfile.says_close() || self.asks_to_close() {
            return false;
        }
        let link = &self.wfile.link;
        link.trouble().is_none() && !link.forbids_reuse()
    }

    /// Whether another request can follow on the connection. Drops what the handler left of the request body for that.
    pub(crate) fn can_be_followed(&mut self) -> bool {
        if !self.may_be_followed() {
            return false;
        }
        if self.wfile.link.body() == BodyState::Open {
            self.wfile.link.start_draining();
            self.rfile.drain(DRAIN_BYTES);
        }
        self.wfile.link.body() == BodyState::Complete
    }

    /// What can be seen of the client, for who waits for something else.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn presence(&self) -> socketserver::Presence {
        self.wfile.link.presence()
    }

    /// Whether the server has been told to stop.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn stopping(&self) -> Stopping {
        self.wfile.link.stopping()
    }

    /// Takes the client for gone: an error of the handler is then its affair.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn give_up(&mut self) {
        self.wfile.link.give_up();
    }

    /// What is the matter with the client, if anything is.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.wfile.link.trouble()
    }
}

impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("requestline", &self.requestline())
            .field("client_address", &self.client_address)
            .field("close_connection", &self.close_connection)
            .finish_non_exhaustive()
    }
}
