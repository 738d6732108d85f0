//! One request and its response.
use crate::BaseHttpRequestHandler;
use std::fmt;
use std::io::{self, Read, Write};

/// One request and its response: what Python's handler keeps on `self` for the time of one request.
///
/// Methods with a Python name go through the handler's override point of that name, so an override is seen
/// wherever the method is called from. The base behaviour (`super()`) is [`crate::Base`]: `Base.end_headers(x)`.
pub struct Exchange<'a> {
    handler: &'a dyn BaseHttpRequestHandler,
    /// The request body: ends where the body ends; a body cut short is an error.
    pub rfile: RequestBody<'a>,
    /// The response body: framed, cut to Content-Length, silent for HEAD, 204 and 304.
    pub wfile: ResponseBody<'a>,
    /// Whether the connection closes after this response.
    pub close_connection: bool,
    // head, client_address, server info, response state (headers buffer, ...)
}

/// `rfile`.
pub struct RequestBody<'a>(std::marker::PhantomData<&'a ()>);
/// `wfile`.
pub struct ResponseBody<'a>(std::marker::PhantomData<&'a ()>);
impl Read for RequestBody<'_> { // also BufRead
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        todo!()
    }
}
impl Write for ResponseBody<'_> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        todo!()
    }
    fn flush(&mut self) -> io::Result<()> {
        todo!()
    }
}

impl<'a> Exchange<'a> {
    /// `command`.
    pub fn command(&self) -> &str {
        todo!()
    }
    /// `path`: the raw target.
    pub fn path(&self) -> &str {
        todo!()
    }
    /// `request_version`: the text, `HTTP/1.1`.
    pub fn request_version(&self) -> &str {
        todo!()
    }
    // Needed by wsgi-simple-server (the environ looks at the head and owns the body while the response goes to `x`):
    // - head() -> RequestHead<'a>, headers() -> RequestHeaders<'a>: Copy views that live as long as the buffer, NOT as `&self`;
    //   likewise command/path/request_version -> &'a str; client_address and server info cheap to clone or `&'a`
    // - RequestBody<'a>: BufRead + Send, can be taken out and put back: `mem::take(&mut x.rfile)` (Default = an empty body), or `x.take_body()`
    // - body_was_cut/close decisions stay with `x` at the end, also when the handler returns Err after the head was sent
    // - status line with any reason: send_response_only(code, Some("Fine")); send_header writes what it is given, in call order
    // headers() -> RequestHeaders<'_>, requestline(), raw_requestline(), client_address() -> &ClientAddress, server() -> &ServerInfo {server_name, server_port, multithread, ...}, headers_sent()

    /// `send_response(code)`: logs the request, buffers the status line, `Server` and `Date`.
    pub fn send_response(&mut self, code: u16) -> io::Result<()> {
        self.handler.send_response(self, code, None)
    }
    /// `send_response(code, message)`.
    pub fn send_response_with(&mut self, code: u16, message: &str) -> io::Result<()> {
        self.handler.send_response(self, code, Some(message))
    }
    /// `send_header(name, value)`.
    pub fn send_header(&mut self, name: &str, value: &str) -> io::Result<()> {
        self.handler.send_header(self, name, value)
    }
    /// `end_headers()`.
    pub fn end_headers(&mut self) -> io::Result<()> {
        self.handler.end_headers(self)
    }
    /// `send_error(code, message)`: `x.send_error(404, "File not found")` or `x.send_error(404, None)`.
    pub fn send_error<'m>(&mut self, code: u16, message: impl Into<Option<&'m str>>) -> io::Result<()> {
        self.handler.send_error(self, code, message.into(), None)
    }
    // send_error_explained, send_response_only(code, Option<&str>), flush_headers, log_request, log_error, log_message
}
impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}
