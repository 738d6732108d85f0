//! The subjects of `IntegrationTests` in CPython's `test_wsgiref.py`, served as CPython does: HTTP/1.0, one request.

use crate::fixture::{Served, play_1_0, versioned};
use std::io::{Read, Write};
use wsgi_simple_server::{AppResult, Application, Environ, StartResponse};
use wsgi_util::native;
use wsgi_util::validate::validator;

const REQUEST: &str = "GET / HTTP/1.0\r\n\r\n";
const SERVER_ERROR: &str = "A server error occurred.  Please contact the administrator.";

fn hello_app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start(
        "200 OK",
        [("Content-Type", "text/plain"), ("Date", "Mon, 05 Jun 2006 18:49:54 GMT")],
    )?;
    Ok("Hello, world!".into())
}

fn header_app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    let [header, query, path] = ["HTTP_X_TEST_HEADER", "QUERY_STRING", "PATH_INFO"]
        .map(|key| environ.get(key).unwrap_or_default());
    Ok(format!("{header};{query};{path}").into())
}

#[track_caller]
fn check_hello(app: impl Application + 'static, content_length: &str) {
    let (response, log) = play_1_0(app, REQUEST);
    assert_eq!(
        response,
        versioned(&format!(
            "HTTP/1.0 200 OK\r\nServer: {{server}}\r\nContent-Type: text/plain\r\n\
             Date: Mon, 05 Jun 2006 18:49:54 GMT\r\n{content_length}\r\nHello, world!"
        ))
    );
    assert_eq!(log, "\"GET / HTTP/1.0\" 200 13\n");
}

#[test]
fn plain_hello() {
    check_hello(hello_app, "Content-Length: 13\r\n");
}

#[test]
fn validated_hello() {
    // The validator hides how many pieces a body has, so the length is not known.
    check_hello(validator(hello_app), "");
}

#[test]
fn environ() {
    let request = "GET /p%61th/?query=test HTTP/1.0\r\nX-Test-Header: Python test \r\n\
                   X-Test-Header: Python test 2\r\nContent-Length: 0\r\n\r\n";
    let (response, _) = play_1_0(header_app, request);
    assert!(
        response.ends_with("\r\n\r\nPython test,Python test 2;query=test;/path/"),
        "{response}"
    );
}

#[test]
fn request_length() {
    let (response, log) =
        play_1_0(hello_app, format!("GET /{} HTTP/1.0\r\n\r\n", "x".repeat(65537)));
    assert!(response.starts_with("HTTP/1.0 414 URI Too Long\r\n"), "{response}");
    assert_eq!(log, "code 414, message URI Too Long\n\"\" 414 -\n");
}

#[test]
fn simple_validation_error() {
    // Here a list of pairs cannot be anything else, so another rule is broken.
    let bad_app = |_: &mut Environ, start_response: &mut dyn StartResponse| {
        start_response.start::<&str, &str>("200 OK", [])?;
        Ok("Hello, world!".into())
    };
    let (response, log) = play_1_0(validator(bad_app), REQUEST);
    assert!(response.ends_with(SERVER_ERROR), "{response}");
    let lines: Vec<_> = log.lines().collect();
    let [.., error, request] = lines[..] else { panic!("{log}") };
    assert!(error.contains("Content-Type"), "{log}");
    assert_eq!(request, "\"GET / HTTP/1.0\" 500 59");
}

#[test]
fn status_validation_errors() {
    for (status, words) in [
        ("200", "Status must be at least 4 characters"),
        ("20X OK", "Status message must begin w/3-digit code"),
        ("200OK", "Status message must have a space after code"),
    ] {
        let bad_app = move |_: &mut Environ, start_response: &mut dyn StartResponse| {
            start_response.start(status, [("Content-Type", "text/plain; charset=utf-8")])?;
            Ok("Hello, world!".into())
        };
        let (response, log) = play_1_0(bad_app, REQUEST);
        assert!(response.ends_with(SERVER_ERROR), "{response}");
        let lines: Vec<_> = log.lines().collect();
        let [.., error, request] = lines[..] else { panic!("{log}") };
        assert!(error.contains(words), "{status}: {log}");
        assert_eq!(request, "\"GET / HTTP/1.0\" 500 59");
    }
}

#[test]
fn wsgi_input() {
    // CPython's validator refuses `read()` without a size since its input has no end. This one has.
    let app = |environ: &mut Environ, start_response: &mut dyn StartResponse| {
        let mut body = String::new();
        environ.input().read_to_string(&mut body)?;
        start_response.start("200 OK", [("Content-Type", "text/plain; charset=utf-8")])?;
        Ok(format!("data {body:?}").into())
    };
    let (response, log) = play_1_0(validator(app), REQUEST);
    assert!(response.ends_with("\r\n\r\ndata \"\""), "{response}");
    assert_eq!(log, "\"GET / HTTP/1.0\" 200 7\n");
}

#[test]
fn bytes_validation() {
    let app = |_: &mut Environ, start_response: &mut dyn StartResponse| {
        start_response.start(
            "200 OK",
            [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Date", "Wed, 24 Dec 2008 13:29:32 GMT"),
            ],
        )?;
        Ok(b"data".into())
    };
    let (response, log) = play_1_0(validator(app), REQUEST);
    assert!(log.ends_with("\"GET / HTTP/1.0\" 200 4\n"), "{log}");
    assert_eq!(
        response,
        versioned(
            "HTTP/1.0 200 OK\r\nServer: {server}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Date: Wed, 24 Dec 2008 13:29:32 GMT\r\n\r\ndata"
        )
    );
}

#[test]
fn cp1252_url() {
    let app = |environ: &mut Environ, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Content-Type", "text/plain")])?;
        // PEP 3333: environ variables are latin-1; encoded as that they are the original bytes.
        let path = environ.get("PATH_INFO").unwrap_or_default();
        Ok(native::to_bytes(&path).into_owned().into())
    };
    let (response, _) = play_1_0(validator(app), "GET /%E2%82%AC%80 HTTP/1.0\r\n\r\n");
    assert!(response.ends_with("\r\n\r\n/\u{e2}\u{82}\u{ac}\u{80}"), "{response}");

    // A raw byte beyond ASCII, which CPython takes, is no URI (RFC 9112 §3.2).
    let (response, _) = play_1_0(header_app, b"GET /\x80%80 HTTP/1.0\r\n\r\n");
    assert!(response.starts_with("HTTP/1.0 400 "), "{response}");
}

#[test]
fn interrupted_write() {
    // A response that needs many writes arrives whole, however late the client begins to read.
    const SIZE: usize = 16 << 20;
    let server = Served::new(|_: &mut Environ, start_response: &mut dyn StartResponse| {
        start_response.start::<&str, &str>("200 OK", [])?;
        Ok(vec![0_u8; SIZE].into())
    });
    let mut client = server.connect();
    client.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut begin = [0; 100];
    client.read_exact(&mut begin).unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    let head = String::from_utf8_lossy(&begin).find("\r\n\r\n").map(|end| end + 4).or_else(|| {
        String::from_utf8_lossy(&rest).find("\r\n\r\n").map(|end| begin.len() + end + 4)
    });
    assert_eq!(begin.len() + rest.len() - head.unwrap(), SIZE);
}
