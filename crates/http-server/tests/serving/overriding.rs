//! Every method is an override point, seen wherever it is called from.

use crate::support::*;
use http_server::{Base, BaseHttpRequestHandler, Exchange, HandlerOptions};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::io;
use std::time::SystemTime;

/// Has pages of its own, and says nothing of the connection.
struct PlainErrors(HandlerOptions);

impl BaseHttpRequestHandler for PlainErrors {
    fn options(&self) -> &HandlerOptions {
        &self.0
    }
    fn send_error(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        _: Option<&str>,
        _: Option<&str>,
    ) -> io::Result<()> {
        x.send_response_only(code, None)?;
        x.send_header("Content-Length", "0")?;
        x.end_headers()
    }
}

#[test]
fn the_page_of_a_refused_request_says_that_the_connection_closes_whoever_makes_it() {
    let handler = PlainErrors(HandlerOptions::new().protocol_version("HTTP/1.1"));
    assert_eq!(
        answer(&handler, "GET / HTTP/1.1\r\n\r\n"),
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
}

/// Overrides everything, calls `super()`, and notes it.
struct All {
    options: HandlerOptions,
    calls: RefCell<Vec<&'static str>>,
}

impl All {
    fn new() -> Self {
        Self { options: HandlerOptions::new(), calls: RefCell::default() }
    }

    fn note(&self, name: &'static str) {
        self.calls.borrow_mut().push(name);
    }
}

impl BaseHttpRequestHandler for All {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }
    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.note("dispatch");
        Base.dispatch(x)
    }
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.note("do_get");
        x.send_error(404, None)
    }
    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.note("do_method");
        Base.do_method(x)
    }
    fn send_error(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
        explain: Option<&str>,
    ) -> io::Result<()> {
        self.note("send_error");
        Base.send_error(x, code, message, explain)
    }
    fn send_response(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        self.note("send_response");
        Base.send_response(x, code, message)
    }
    fn send_response_only(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
    ) -> io::Result<()> {
        self.note("send_response_only");
        Base.send_response_only(x, code, message)
    }
    fn send_header(&self, x: &mut Exchange<'_>, name: &str, value: &str) -> io::Result<()> {
        self.note("send_header");
        Base.send_header(x, name, value)
    }
    fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.note("end_headers");
        x.send_header("Access-Control-Allow-Origin", "*")?;
        Base.end_headers(x)
    }
    fn log_request(&self, x: &Exchange<'_>, code: Option<u16>, size: Option<u64>) {
        self.note("log_request");
        Base.log_request(x, code, size);
    }
    fn log_error(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.note("log_error");
        Base.log_error(x, message);
    }
    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {
        self.note("log_message");
    }
    fn version_string<'a>(&self, x: &Exchange<'a>) -> Cow<'a, str> {
        self.note("version_string");
        assert!(Base.version_string(x).starts_with("BaseHTTP wsgiref-rs/"));
        "Mine/1".into()
    }
    fn date_time_string<'a>(
        &self,
        x: &Exchange<'a>,
        timestamp: Option<SystemTime>,
    ) -> Cow<'a, str> {
        self.note("date_time_string");
        assert!(Base.date_time_string(x, timestamp).ends_with(" GMT"));
        "today".into()
    }
}

#[test]
fn overrides_are_seen_on_error_pages() {
    let handler = All::new();
    let response = answer(&handler, "GET / HTTP/1.0\r\n\r\n");
    assert_eq!(field(&response, "Server"), Some("Mine/1"));
    assert_eq!(field(&response, "Date"), Some("today"));
    assert_eq!(field(&response, "Access-Control-Allow-Origin"), Some("*"));
    // CPython's order of calls.
    assert_eq!(
        handler.calls.take(),
        [
            "dispatch",
            "do_get",
            "send_error",
            "log_error",
            "log_message",
            "send_response",
            "log_request",
            "log_message",
            "send_response_only",
            "version_string",
            "send_header",
            "date_time_string",
            "send_header",
            "send_header",
            "send_header",
            "send_header",
            "end_headers",
            "send_header",
        ]
    );
}

#[test]
fn overrides_are_seen_on_pages_for_refused_requests_too() {
    let handler = All::new();
    let response = answer(&handler, "nonsense\r\n\r\n");
    assert_eq!(status_line(&response), "HTTP/1.0 400 Bad request syntax ('nonsense')");
    assert_eq!(field(&response, "Access-Control-Allow-Origin"), Some("*"));
    assert_eq!(handler.calls.borrow()[0], "send_error");
}

#[test]
fn class_attributes_are_options() {
    let options = HandlerOptions::new()
        .server_version("Teapot/1")
        .sys_version("Kettle/2")
        .error_message_format("%(code)d|%(message)s|%(explain)s|%%")
        .error_content_type("text/x-short");
    let handler = with_options(options, |x| x.send_error_explained(418, "<short>", "& \"stout\""));
    let response = answer(&handler, "GET / HTTP/1.0\r\n\r\n");
    assert_eq!(field(&response, "Server"), Some("Teapot/1 Kettle/2"));
    assert_eq!(field(&response, "Content-Type"), Some("text/x-short"));
    assert_eq!(split(&response).1, "418|&lt;short&gt;|&amp; \"stout\"|%");

    let empty =
        with_options(HandlerOptions::new().error_message_format(""), |x| x.send_error(404, None));
    let response = answer(&empty, "GET / HTTP/1.0\r\n\r\n");
    assert_eq!(field(&response, "Content-Length"), Some("0"));
}

#[test]
fn each_command_has_its_method_and_any_other_has_do_method() {
    struct Methods;
    fn name(x: &mut Exchange<'_>, name: &str) -> io::Result<()> {
        reply(x, &format!("{name} {}", x.command()))
    }
    impl BaseHttpRequestHandler for Methods {
        fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_get")
        }
        fn do_head(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            x.send_response(200)?;
            x.send_header("X-Method", "do_head")?;
            x.end_headers()
        }
        fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_post")
        }
        fn do_put(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_put")
        }
        fn do_delete(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_delete")
        }
        fn do_patch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_patch")
        }
        fn do_options(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_options")
        }
        fn do_trace(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_trace")
        }
        fn do_connect(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_connect")
        }
        fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
            name(x, "do_method")
        }
        fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
    }
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let response = answer(&Methods, format!("{method} / HTTP/1.0\r\n\r\n"));
        let expected = format!("do_{} {method}", method.to_lowercase());
        assert_eq!(split(&response).1, expected);
    }
    let response = answer(&Methods, "CONNECT h:80 HTTP/1.0\r\n\r\n");
    assert_eq!(split(&response).1, "do_connect CONNECT");
    let response = answer(&Methods, "HEAD / HTTP/1.0\r\n\r\n");
    assert_eq!(field(&response, "X-Method"), Some("do_head"));
    for method in ["FOO", "get", "FOO-BAR"] {
        let response = answer(&Methods, format!("{method} / HTTP/1.0\r\n\r\n"));
        assert_eq!(split(&response).1, format!("do_method {method}"));
    }
}

#[test]
fn methods_that_are_not_overridden_are_not_implemented() {
    let handler = http10(not_overridden);
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"] {
        let response = answer(&handler, format!("{method} / HTTP/1.0\r\n\r\n"));
        let expected = format!("HTTP/1.0 501 Unsupported method ('{method}')");
        assert_eq!(status_line(&response), expected);
    }
    let response = answer(&handler, "CONNECT h:80 HTTP/1.0\r\n\r\n");
    assert_eq!(status_line(&response), "HTTP/1.0 501 Unsupported method ('CONNECT')");
    // Several clients cannot read a status line of 64 KiB.
    let (long, shown) = ("M".repeat(60_000), "M".repeat(256));
    let response = answer(&handler, format!("{long} / HTTP/1.0\r\n\r\n"));
    assert_eq!(status_line(&response), format!("HTTP/1.0 501 Unsupported method ('{shown}'...)"));
    let response = answer(&handler, "OPTIONS * HTTP/1.0\r\n\r\n");
    assert_eq!(status_line(&response), "HTTP/1.0 200 OK");
}
