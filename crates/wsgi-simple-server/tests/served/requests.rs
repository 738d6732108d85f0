//! What an application sees of a request, its body above all.

use crate::fixture::{Served, play};
use std::io::{Read, Write};
use wsgi_simple_server::{AppResult, Environ, StartResponse};

/// Answers with everything in `wsgi.input`, and what came of reading on.
fn echo(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    let mut body = Vec::new();
    environ.input().read_to_end(&mut body)?;
    assert_eq!(environ.input().read(&mut [0; 8])?, 0, "the end stays the end");
    start_response.start("200 OK", [("Content-Type", "application/octet-stream")])?;
    Ok(body.into())
}

/// Answers without a look at the body.
fn ignore(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start::<&str, &str>("200 OK", [])?;
    Ok("ignored".into())
}

/// Answers with the named variables.
fn show(
    keys: &'static [&'static str],
) -> impl Fn(&mut Environ, &mut dyn StartResponse) -> AppResult {
    move |environ, start_response| {
        start_response.start::<&str, &str>("200 OK", [])?;
        let shown: Vec<_> =
            keys.iter().map(|key| format!("{key}={:?}", environ.get(key))).collect();
        Ok(shown.join("\n").into())
    }
}

/// The bodies of the responses, whose heads must be those of 200 with a Content-Length.
#[track_caller]
fn bodies(responses: &str) -> Vec<&str> {
    let mut bodies = Vec::new();
    let mut rest = responses;
    while !rest.is_empty() {
        assert!(rest.starts_with("HTTP/1.1 200 OK\r\n"), "{rest:?}");
        let (head, after) = rest.split_once("\r\n\r\n").unwrap();
        let length = head.split("Content-Length: ").nth(1).unwrap().lines().next().unwrap();
        let (body, after) = after.split_at(length.parse().unwrap());
        bodies.push(body);
        rest = after;
    }
    bodies
}

const LAST: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

#[test]
fn the_input_ends_with_the_content_length() {
    let request = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\ndata{LAST}");
    assert_eq!(bodies(&play(echo, request).0), ["data", ""]);
}

#[test]
fn the_input_ends_with_the_last_chunk() {
    let request = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\nA;x=y\r\n, and more.\r\n0\r\n\r\n{LAST}"
    )
    .replace(", and more.", ", and more");
    assert_eq!(bodies(&play(echo, request).0), ["data, and more", ""]);
}

#[test]
fn the_environ_of_a_chunked_body_says_that_the_input_ends() {
    let request = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let app = |environ: &mut Environ, start_response: &mut dyn StartResponse| {
        assert!(environ.input_terminated());
        show(&["CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_TRANSFER_ENCODING"])(environ, start_response)
    };
    assert_eq!(
        bodies(&play(app, request).0),
        ["CONTENT_LENGTH=None\nCONTENT_TYPE=None\nHTTP_TRANSFER_ENCODING=Some(\"chunked\")"]
    );
}

#[test]
fn the_environ_is_the_client_s_and_the_server_s() {
    let keys = &[
        "SERVER_NAME",
        "SERVER_PROTOCOL",
        "REMOTE_ADDR",
        "HTTP_HOST",
        "PATH_INFO",
        "wsgi.url_scheme",
        "PATH",
    ];
    let request = "GET http://example.org/x HTTP/1.0\r\n\r\n";
    assert_eq!(
        bodies(&play(show(keys), request).0),
        [
            "SERVER_NAME=Some(\"localhost\")\nSERVER_PROTOCOL=Some(\"HTTP/1.0\")\nREMOTE_ADDR=Some(\"127.0.0.1\")\n\
          HTTP_HOST=Some(\"example.org\")\nPATH_INFO=Some(\"/x\")\nwsgi.url_scheme=Some(\"http\")\nPATH=None"
        ]
    );
}

#[test]
fn every_method_reaches_the_application() {
    for method in ["GET", "POST", "OPTIONS", "FOO", "get"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let expected = format!("REQUEST_METHOD=Some({method:?})");
        assert_eq!(bodies(&play(show(&["REQUEST_METHOD"]), request).0), [expected]);
    }
}

#[test]
fn what_names_no_resource_does_not() {
    let never = |_: &mut Environ, _: &mut dyn StartResponse| -> AppResult { unreachable!() };
    let (response, log) = play(never, "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), "{response}");
    assert_eq!(log, "\"OPTIONS * HTTP/1.1\" 200 -\n");
    let (response, _) = play(never, "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 501 Unsupported method ('CONNECT')\r\n"), "{response}");
}

#[test]
fn trace_is_refused() {
    let never = |_: &mut Environ, _: &mut dyn StartResponse| -> AppResult { unreachable!() };
    let (response, log) = play(never, "TRACE / HTTP/1.1\r\nHost: h\r\nCookie: secret\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"), "{response}");
    let allow = "\r\nAllow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n";
    assert_eq!(response.matches(allow).count(), 1, "{response}");
    assert!(!response.contains("secret"), "{response}");
    assert!(log.contains("\"TRACE / HTTP/1.1\" 405 -\n"), "{log}");
}

#[test]
fn a_small_body_that_nobody_read_is_skipped() {
    for body in [
        "Content-Length: 4\r\n\r\ndata",
        "Transfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n0\r\n\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: h\r\n{body}{LAST}");
        assert_eq!(bodies(&play(ignore, request).0), ["ignored", "ignored"]);
    }
}

#[test]
fn a_large_body_that_nobody_read_ends_the_connection() {
    let body = "x".repeat(100_000);
    let request =
        format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n{body}{LAST}");
    let (response, _) = play(ignore, request);
    assert_eq!(bodies(&response), ["ignored"]);
    assert!(
        response.contains("\r\nConnection: close\r\n"),
        "who decides to close says so: {response}"
    );
}

#[test]
fn a_body_cut_short_is_an_error_and_the_client_s() {
    for (request, words) in [
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\ndata", "Request body cut short"),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n",
            "Request body cut short",
        ),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "RFC 9112 §7.1"),
    ] {
        let (response, log) = play(echo, request);
        let response: String =
            String::from_utf8(response.chars().map(|c| c as u8).collect()).unwrap();
        assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
        assert!(response.contains(words), "{response}");
        assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
        assert!(log.starts_with("code 400, message "), "{log}");
        assert_eq!(
            log.lines().count(),
            2,
            "an error of the client is none of the application: {log}"
        );
    }
}

#[test]
fn an_application_may_answer_a_body_cut_short_itself() {
    let app = |environ: &mut Environ, start_response: &mut dyn StartResponse| {
        let words = environ.input().read_to_end(&mut Vec::new()).unwrap_err().to_string();
        start_response.start("422 Half", [("Content-Type", "text/plain")])?;
        Ok(words.into())
    };
    let request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\ndata";
    let (response, log) = play(app, request);
    assert!(response.starts_with("HTTP/1.1 422 Half\r\n"), "{response}");
    assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
    assert!(log.starts_with("\"POST / HTTP/1.1\" 422 "), "{log}");
}

#[test]
fn a_failing_read_elsewhere_is_the_application_s_error() {
    let app = |_: &mut Environ, _: &mut dyn StartResponse| -> AppResult {
        (&b"short"[..]).read_exact(&mut [0; 9])?;
        unreachable!()
    };
    let (response, log) = play(app, LAST);
    assert!(response.starts_with("HTTP/1.1 500 "), "{response}");
    assert!(log.starts_with("Error: "), "{log}");
}

#[test]
fn continue_is_sent_at_the_first_read() {
    let server = Served::new(echo);
    let mut client = server.connect();
    client
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut interim = [0; 25];
    client.read_exact(&mut interim).unwrap();
    assert_eq!(interim, *b"HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(b"data").unwrap();
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert!(
        response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\ndata"),
        "{response}"
    );
}

#[test]
fn continue_is_not_sent_if_nobody_reads() {
    let server = Served::new(ignore);
    let response = server
        .play("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    assert_eq!(bodies(&response), ["ignored"]);
    assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
}
