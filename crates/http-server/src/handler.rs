//! The override points of a handler.
use crate::{Exchange, HandlerOptions};
use std::fmt;
use std::io;

/// The override points of `http.server.BaseHTTPRequestHandler`.
///
/// All methods take `&self`: the exchange can then call back into them, which gives Python's late binding.
/// State that lasts one request lives in the [`Exchange`], shared state in the handler.
pub trait BaseHttpRequestHandler {
    /// The class attributes.
    fn options(&self) -> &HandlerOptions {
        todo!()
    }
    /// Calls the `do_` method for the command (the second half of Python's `handle_one_request`).
    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        match x.command() {
            "GET" => self.do_get(x),
            _ => self.do_method(x),
        }
    }
    /// `do_GET`.
    #[doc(alias = "do_GET")]
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.do_method(x)
    }
    // do_head, do_post, do_put, do_delete, do_patch, do_options, do_trace, do_connect
    /// Any command without a method of its own: 501 `Unsupported method ('FOO')`.
    fn do_method(&self, _x: &mut Exchange<'_>) -> io::Result<()> {
        todo!()
    }
    /// Answers `Expect: 100-continue`; false if the request was refused.
    fn handle_expect_100(&self, _x: &mut Exchange<'_>) -> io::Result<bool> {
        todo!()
    }
    /// Sends an error page.
    fn send_error(&self, _x: &mut Exchange<'_>, _code: u16, _message: Option<&str>, _explain: Option<&str>) -> io::Result<()> {
        todo!()
    }
    /// See [`Exchange::send_response`].
    fn send_response(&self, _x: &mut Exchange<'_>, _code: u16, _message: Option<&str>) -> io::Result<()> {
        todo!()
    }
    /// See [`Exchange::send_header`].
    fn send_header(&self, _x: &mut Exchange<'_>, _name: &str, _value: &str) -> io::Result<()> {
        todo!()
    }
    /// See [`Exchange::end_headers`].
    fn end_headers(&self, _x: &mut Exchange<'_>) -> io::Result<()> {
        todo!()
    }
    /// Writes one log line.
    fn log_message(&self, _x: &Exchange<'_>, _message: fmt::Arguments<'_>) {
        todo!()
    }
    // send_response_only, flush_headers, log_request(code, size), log_error, version_string, date_time_string,
    // log_date_time_string, address_string
}

/// The base class itself: `Base.end_headers(x)` is what `super().end_headers()` is in Python.
#[derive(Clone, Copy, Debug, Default)]
pub struct Base;
impl BaseHttpRequestHandler for Base {}
