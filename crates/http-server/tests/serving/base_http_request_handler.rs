//! The subjects of CPython's `BaseHTTPRequestHandlerTestCase`, under its names.
//!
//! Its tests of `Expect` are in `expect.rs`, of escaping beside the code, of `date_time_string` in `date`.

use crate::support::*;
use http_server::Exchange;
use std::cell::{Cell, RefCell};
use std::io::{self, Write};

thread_local! {
    static GET_CALLED: Cell<bool> = const { Cell::new(false) };
    static SEEN: RefCell<Vec<String>> = RefCell::default();
}

/// Its `SocketlessRequestHandler`.
fn run(x: &mut Exchange<'_>) -> io::Result<()> {
    if x.command() != "GET" {
        return not_overridden(x);
    }
    GET_CALLED.set(true);
    let fields = x.headers().iter().map(|(name, value)| format!("{name}={value}"));
    let seen = [x.requestline(), x.command(), x.path(), x.request_version()];
    SEEN.replace(seen.map(str::to_owned).into_iter().chain(fields).collect());
    x.send_response(200)?;
    x.send_header("Content-Type", "text/html")?;
    x.end_headers()?;
    x.wfile.write_all(b"<html><body>Data</body></html>\r\n")
}

fn send_typical_request(message: impl AsRef<[u8]>) -> String {
    GET_CALLED.set(false);
    answer(&http11(run), message)
}

#[track_caller]
fn verify_http_server_response(response: &str) {
    assert_eq!(status_line(response), "HTTP/1.1 200 OK");
    for name in ["Server: ", "Date: ", "Content-Type: "] {
        assert_eq!(split(response).0.matches(name).count(), 1);
    }
    assert!(response.contains("<html><body>Data</body></html>\r\n"));
    assert!(GET_CALLED.get());
}

#[test]
fn test_http_1_1() {
    verify_http_server_response(&send_typical_request("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_eq!(SEEN.take(), ["GET / HTTP/1.1", "GET", "/", "HTTP/1.1", "Host=h"]);
}

#[test]
fn test_http_1_0() {
    verify_http_server_response(&send_typical_request("GET / HTTP/1.0\r\n\r\n"));
    assert_eq!(SEEN.take(), ["GET / HTTP/1.0", "GET", "/", "HTTP/1.0"]);
}

#[test]
fn test_http_0_9() {
    // CPython answers with the body alone; here every answer is a whole response.
    let response = send_typical_request("GET / HTTP/0.9\r\n\r\n");
    assert!(status_line(&response).starts_with("HTTP/1.1 "), "{response}");
    assert!(!status_line(&response).contains("200"));
    assert!(!GET_CALLED.get());
}

#[test]
fn test_extra_space() {
    let response = send_typical_request("GET /spaced out HTTP/1.1\r\nHost: dummy\r\n\r\n");
    let expected = "HTTP/1.1 400 Bad request syntax ('GET /spaced out HTTP/1.1')";
    assert_eq!(status_line(&response), expected);
    assert!(!GET_CALLED.get());
}

#[test]
fn test_with_continue_1_0() {
    let response = send_typical_request("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
    verify_http_server_response(&response);
    assert_eq!(SEEN.take()[4..], ["Expect=100-continue"]);
}

#[test]
fn test_with_continue_1_1() {
    // There is no body, so nobody waits for the 100 that CPython sends.
    let response =
        send_typical_request("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
    verify_http_server_response(&response);
}

#[test]
fn test_header_buffering_of_send_error() {
    // Two writes in CPython: the head leaves with the page here.
    let handler = http11(|x| x.send_error(418, None));
    let mut client = Client::sending("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    serve(&mut client, &handler).unwrap();
    assert_eq!(client.writes.len(), 1);
}

#[test]
fn test_header_buffering_of_send_response_only() {
    let handler = http11(|x| {
        x.send_response_only(418, None)?;
        assert!(!x.headers_ended());
        x.send_header("Content-Length", "0")?;
        x.end_headers()?;
        assert!(x.headers_ended() && !x.headers_sent());
        Ok(())
    });
    check(
        &handler,
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "HTTP/1.1 418 I'm a Teapot\r\nContent-Length: 0\r\n\r\n",
    );
}

#[test]
fn test_request_length() {
    let response = send_typical_request("GET ".to_owned() + &"x".repeat(65_537));
    assert_eq!(status_line(&response), "HTTP/1.1 414 URI Too Long");
    assert!(!GET_CALLED.get());
}

#[test]
fn test_header_length() {
    let long = "r".repeat(65_537);
    let response =
        send_typical_request(format!("GET / HTTP/1.1\r\nHost: h\r\nX-Foo: bar{long}\r\n\r\n"));
    assert!(status_line(&response).starts_with("HTTP/1.1 431 "), "{response}");
    assert!(!GET_CALLED.get());
}

#[test]
fn test_too_many_headers() {
    let many = "X-Foo: bar\r\n".repeat(100);
    let response = send_typical_request(format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n"));
    assert_eq!(status_line(&response), "HTTP/1.1 431 Too many headers");
    assert!(!GET_CALLED.get());
}

#[test]
fn test_html_escape_on_error() {
    let response = send_typical_request("<script>alert(\"hello\")</script> / HTTP/1.1\r\n\r\n");
    assert!(split(&response).1.contains("&lt;script&gt;alert(\"hello\")&lt;/script&gt;"));
    assert!(!split(&response).1.contains("<script>"));
}

#[test]
fn test_close_connection() {
    let handler = http11(|x| {
        x.close_connection = x.path() == "/last";
        reply(x, "hello")
    });
    let get = |path| format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
    let requests = [get("/"), get("/"), get("/last"), get("/")].concat();
    assert_eq!(answer(&handler, requests).matches("HTTP/1.1 200").count(), 3);
}

#[test]
fn the_path_has_one_slash_at_its_start_and_may_be_set() {
    let handler = http11(|x| {
        assert_eq!(x.path(), "/a//b?q");
        assert_eq!(x.requestline(), "GET ///a//b?q HTTP/1.0");
        assert_eq!(x.raw_requestline(), b"GET ///a//b?q HTTP/1.0\r\n");
        x.set_path("/index.html");
        let path = x.path().to_owned();
        reply(x, &path)
    });
    let response = answer(&handler, "GET ///a//b?q HTTP/1.0\r\n\r\n");
    assert!(response.ends_with("/index.html"), "{response}");
}
