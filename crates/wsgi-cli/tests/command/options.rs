//! The options for threads, deadlines and limits, as a client meets them; and bad ones.

use crate::running::{Client, Running, finished};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// The first line of the answer to these bytes.
fn answer(arguments: &[&str], bytes: &str) -> String {
    let server = Running::start(&[&["--port", "0"], arguments].concat());
    let mut client = Client::connect(&server);
    client.send(bytes);
    let (head, _) = client.response();
    assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
    assert!(client.closes());
    head.lines().next().unwrap().to_owned()
}

#[test]
fn limits_are_kept() {
    let long = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "x".repeat(100));
    assert_eq!(answer(&["--limit-request-line", "100"], &long), "HTTP/1.1 414 URI Too Long");
    let fields = "GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\n\r\n";
    assert!(answer(&["--limit-request-fields", "1"], fields).starts_with("HTTP/1.1 431 "));
    assert!(answer(&["--limit-request-head", "16"], fields).starts_with("HTTP/1.1 431 "));
    let body = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n";
    assert!(answer(&["--limit-request-body", "100"], body).starts_with("HTTP/1.1 413 "));
    let large = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n{}",
        "x".repeat(200_000)
    );
    let bodies = ["--body-buffer", "4K", "--body-disk", "0"];
    assert_eq!(answer(&bodies, &large), "HTTP/1.1 503 Service Unavailable");
}

#[test]
fn a_head_may_be_larger_than_by_default() {
    let server = Running::start(&["--port", "0", "--limit-request-head", "1M"]);
    let mut client = Client::connect(&server);
    client.send(&format!("GET / HTTP/1.1\r\nHost: h\r\nX-Big: {}\r\n\r\n", "x".repeat(500_000)));
    assert!(client.response().0.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn deadlines_are_kept() {
    let half_head = "GET / HTTP/1.1\r\n";
    assert_eq!(answer(&["--head-timeout", "50ms"], half_head), "HTTP/1.1 408 Request Timeout");
    let half_body = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello";
    assert_eq!(answer(&["--body-grace", "50ms"], half_body), "HTTP/1.1 408 Request Timeout");

    let server = Running::start(&["--port", "0", "--first-byte-timeout", "50ms"]);
    assert!(Client::connect(&server).closes());
    let server = Running::start(&["--port", "0", "--keep-alive", "50ms"]);
    let mut client = Client::connect(&server);
    client.send(GET);
    assert!(!client.response().0.contains("\r\nConnection:"));
    assert!(client.closes());
}

#[test]
fn keep_alive_can_be_turned_off() {
    assert_eq!(answer(&["--keep-alive", "off"], GET), "HTTP/1.1 200 OK");
}

#[test]
fn one_thread_and_no_queue_serve_one_after_the_other() {
    let arguments = ["--port", "0", "--threads", "1", "--queue", "0", "--overload", "wait"];
    let server = Running::start(&arguments);
    let mut clients: Vec<_> = (0..8).map(|_| Client::connect(&server)).collect();
    for _ in 0..3 {
        clients.iter_mut().for_each(|client| client.send(GET));
        for client in &mut clients {
            assert!(client.response().0.starts_with("HTTP/1.1 200 OK\r\n"));
        }
    }
}

#[test]
fn a_bad_command_line_is_explained_with_status_2() {
    for (arguments, words) in [
        (
            &["--port", "99999"][..],
            "invalid value '99999' for '--port <N>': a port is a number from 0 to 65535",
        ),
        (
            &["--port", "x"],
            "invalid value 'x' for '--port <N>': a port is a number from 0 to 65535",
        ),
        (
            &["--bind", "300.1.1.1"],
            "invalid value '300.1.1.1' for '--bind <ADDRESS[:PORT]>': \
             an IPv4 address is four numbers from 0 to 255, like 127.0.0.1",
        ),
        (
            &["--bind", "http://localhost/"],
            "invalid value 'http://localhost/' for '--bind <ADDRESS[:PORT]>': \
             give an address, not a URL: localhost",
        ),
        (
            &["--bind", "127.0.0.1:1234", "--port", "4321"],
            "two ports are given, 4321 by --port and 1234 by --bind: keep one",
        ),
        (&["--bnd"], "unexpected argument '--bnd' found"),
        (&["9000"], "unexpected argument '9000': write --port 9000"),
    ] {
        let ended = finished(arguments);
        assert_eq!(ended.status, Some(2), "{arguments:?}");
        assert_eq!(ended.stderr.lines().next(), Some(format!("error: {words}").as_str()));
        assert!(ended.stderr.contains("try '--help'"), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn help_and_version_are_readable() {
    let help = finished(&["--help"]);
    assert_eq!((help.status, help.stderr.as_str()), (Some(0), ""));
    for part in ["Usage: wsgi-simple-server [OPTIONS]", "--port <N>", "-b, --bind", "Examples:"] {
        assert!(help.stdout.contains(part), "{part} is missing in\n{}", help.stdout);
    }
    for heading in ["Threads and connections:", "Deadlines (", "Limits ("] {
        assert!(help.stdout.contains(heading), "{heading} is missing in\n{}", help.stdout);
    }
    let short = finished(&["-h"]);
    assert!(short.stdout.contains("--threads") && !short.stdout.contains("--body-rate"));
    assert!(short.stdout.lines().count() < 45, "{}", short.stdout);
    let version = finished(&["-V"]);
    assert_eq!(version.status, Some(0));
    assert_eq!(version.stdout, concat!("wsgi-simple-server ", env!("CARGO_PKG_VERSION"), "\n"));
    assert!(finished(&["--version"]).stdout.starts_with(&version.stdout));
}
