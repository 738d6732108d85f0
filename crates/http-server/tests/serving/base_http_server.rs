//! The subjects of CPython's `BaseHTTPServerTestCase`, in its order and under its names.

use crate::support::*;
use http_server::Exchange;
use std::io::{self, Write};

/// Its `request_handler`.
fn run(x: &mut Exchange<'_>) -> io::Result<()> {
    match x.command() {
        "TEST" | "KEEP" => {
            let connection = if x.command() == "TEST" { "close" } else { "keep-alive" };
            x.send_response(204)?;
            x.send_header("Content-Type", "text/html")?;
            x.send_header("Connection", connection)?;
            x.end_headers()
        }
        "KEYERROR" => x.send_error(999, None),
        "NOTFOUND" => x.send_error(404, None),
        "EXPLAINERROR" => {
            x.send_error_explained(999, "Short Message", "This is a long \n explanation")
        }
        "CUSTOM" => {
            x.send_response(999)?;
            x.send_header("Content-Type", "text/html")?;
            x.send_header("Connection", "close")?;
            x.end_headers()
        }
        "LATINONEHEADER" => {
            let incoming = x.headers().get("x-special-incoming").unwrap_or_default();
            x.send_response(999)?;
            x.send_header("X-Special", "Dängerous Mind")?;
            x.send_header("Connection", "close")?;
            x.end_headers()?;
            x.wfile.write_all(incoming.as_bytes())
        }
        "SEND_ERROR" | "HEAD" => {
            let code = x.path().trim_start_matches('/').parse().unwrap_or(500);
            x.send_error(code, None)
        }
        _ => not_overridden(x),
    }
}

#[track_caller]
fn check_status(request: &str, expected: u16) -> String {
    let response = answer(&http11(run), request);
    let line = status_line(&response);
    assert!(line.starts_with(&format!("HTTP/1.1 {expected} ")), "{request:?}: {line:?}");
    response
}

fn request(method: &str, target: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n")
}

#[test]
fn test_command() {
    check_status(&request("GET", "/"), 501);
}

#[test]
fn test_request_line_trimming() {
    // CPython skips the stray LF; here readers could disagree about it.
    check_status("XYZBOGUS / HTTP/1.1\n\r\nHost: h\r\n\r\n", 400);
}

#[test]
fn test_version_bogus() {
    check_status("GET / FUBAR\r\nHost: h\r\n\r\n", 400);
}

#[test]
fn test_version_digits() {
    check_status("GET / HTTP/9.9.9\r\nHost: h\r\n\r\n", 400);
}

#[test]
fn test_version_signs_and_underscores() {
    check_status("GET / HTTP/-9_9_9.+9_9_9\r\nHost: h\r\n\r\n", 400);
}

#[test]
fn test_major_version_number_too_long() {
    check_status("GET / HTTP/909876543210.0\r\nHost: h\r\n\r\n", 400);
}

#[test]
fn test_minor_version_number_too_long() {
    check_status("GET / HTTP/1.909876543210\r\nHost: h\r\n\r\n", 400);
}

#[test]
fn test_version_none_get() {
    // HTTP/0.9, which CPython serves.
    check_status("GET / \r\nHost: h\r\n\r\n", 400);
    check_status("GET /\r\n\r\n", 400);
}

#[test]
fn test_version_none() {
    check_status("CUSTOM / \r\nHost: h\r\n\r\n", 400);
}

#[test]
fn test_version_invalid() {
    check_status("GET / HTTP/9.9\r\nHost: h\r\n\r\n", 505);
}

#[test]
fn test_send_blank() {
    check_status("  \r\nHost: h\r\n\r\n", 400);
}

#[test]
fn test_header_close_and_keep_alive() {
    for connection in ["close", "keep-alive"] {
        check_status(
            &format!("GET / HTTP/1.1\r\nHost: h\r\nConnection: {connection}\r\n\r\n"),
            501,
        );
    }
}

#[test]
fn test_handler() {
    check_status(&request("TEST", "/"), 204);
}

#[test]
fn test_return_header_keep_alive() {
    let response = check_status(&(request("KEEP", "/") + &request("TEST", "/")), 204);
    assert_eq!(field(&response, "Connection"), Some("keep-alive"));
    assert_eq!(response.matches("HTTP/1.1 204").count(), 2);
}

#[test]
fn test_internal_key_error() {
    check_status(&request("KEYERROR", "/"), 999);
}

#[test]
fn test_return_custom_status() {
    let response = check_status(&request("CUSTOM", "/"), 999);
    assert_eq!(status_line(&response), "HTTP/1.1 999 ");
}

#[test]
fn test_return_explain_error() {
    let response = check_status(&request("EXPLAINERROR", "/"), 999);
    assert!(field(&response, "Content-Length").is_some_and(|length| length != "0"));
    assert!(response.contains("999 - This is a long \n explanation."));
}

#[test]
fn test_latin1_header() {
    let mut bytes = b"LATINONEHEADER / HTTP/1.0\r\nX-Special-Incoming: ".to_vec();
    bytes.extend_from_slice(b"\xc4rger mit Unicode\r\n\r\n");
    let response = answer(&http11(run), &bytes);
    assert_eq!(field(&response, "X-Special"), Some("Dängerous Mind"));
    let mut client = Client::sending(&bytes);
    serve(&mut client, &http11(run)).unwrap();
    assert!(client.response().ends_with("\r\n\r\nÄrger mit Unicode".as_bytes()));
}

#[test]
fn test_error_content_length() {
    let response = check_status(&request("NOTFOUND", "/"), 404);
    let length = field(&response, "Content-Length").unwrap();
    assert_eq!(length, split(&response).1.len().to_string());
}

#[test]
fn test_send_error() {
    for code in [101, 102, 204, 205, 304] {
        let response = check_status(&request("SEND_ERROR", &format!("/{code}")), code);
        for name in ["Content-Length", "Content-Type", "Transfer-Encoding"] {
            assert_eq!(field(&response, name), None);
        }
        assert_eq!(split(&response).1, "");
    }
}

#[test]
fn test_head_via_send_error() {
    for code in [101, 204, 205, 304] {
        let response = check_status(&request("HEAD", &format!("/{code}")), code);
        for name in ["Content-Length", "Content-Type", "Transfer-Encoding"] {
            assert_eq!(field(&response, name), None);
        }
        assert_eq!(split(&response).1, "");
    }
    let response = check_status(&request("HEAD", "/200"), 200);
    assert!(field(&response, "Content-Length").is_some_and(|length| length != "0"));
    assert_eq!(field(&response, "Content-Type"), Some("text/html;charset=utf-8"));
    assert_eq!(split(&response).1, "");
}
