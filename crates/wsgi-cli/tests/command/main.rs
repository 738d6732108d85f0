//! The command as its users meet it: a process with arguments, output, signals and a status.
#![cfg(unix)]

mod files;
mod options;
mod running;
mod stopping;
mod tls;

use running::{Running, finished, http_get};
use std::net::{TcpListener, TcpStream};

#[test]
fn it_says_where_it_serves_and_serves_the_demo_application() {
    let mut server = Running::start(&["--port", "0"]);
    let port = server.port;
    assert_ne!(port, 0);
    assert_eq!(
        server.start_line,
        format!("Serving HTTP on 127.0.0.1 port {port} (http://127.0.0.1:{port}/) ...")
    );

    let response = http_get(("127.0.0.1", port), "/a%20b?q=1", &["X-Quote: it's"]);
    let (head, body) = response.split_once("\r\n\r\n").expect("a complete response");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nDate: "), "{head}");
    assert!(head.contains("\r\nServer: WSGIServer "), "{head}");
    assert!(head.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), "{head}");
    let lines: Vec<_> = body.lines().collect();
    assert_eq!(lines[..2], ["Hello world!", ""]);
    assert!(lines[2..].is_sorted(), "{body}");
    for line in [
        "HTTP_X_QUOTE = \"it's\"".to_owned(),
        "PATH_INFO = '/a b'".to_owned(),
        "QUERY_STRING = 'q=1'".to_owned(),
        "REMOTE_ADDR = '127.0.0.1'".to_owned(),
        "REQUEST_METHOD = 'GET'".to_owned(),
        "SCRIPT_NAME = ''".to_owned(),
        "SERVER_PROTOCOL = 'HTTP/1.1'".to_owned(),
        format!("SERVER_PORT = '{port}'"),
        "wsgi.multithread = True".to_owned(),
        "wsgi.url_scheme = 'http'".to_owned(),
        "wsgi.version = (1, 0)".to_owned(),
    ] {
        assert!(lines.contains(&line.as_str()), "{line} is missing in\n{body}");
    }

    let log = server.stderr.next_line();
    assert!(log.starts_with("127.0.0.1 - - ["), "{log}");
    let ending = format!("] \"GET /a%20b?q=1 HTTP/1.1\" 200 {}", body.len());
    assert!(log.ends_with(&ending), "{log} does not end with {ending}");
}

#[test]
fn quiet_writes_no_line_for_a_request() {
    let server = Running::start(&["--port", "0", "--quiet"]);
    assert!(http_get(("127.0.0.1", server.port), "/", &[]).starts_with("HTTP/1.1 200 OK\r\n"));
    let ended = server.stop("INT");
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_silent_client_does_not_keep_others_waiting() {
    let server = Running::start(&["--port", "0"]);
    let _silent = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    assert!(http_get(("127.0.0.1", server.port), "/", &[]).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn ipv6_addresses_are_bracketed_in_the_url() {
    if TcpListener::bind("[::1]:0").is_err() {
        return; // no IPv6 here
    }
    for bind in ["::1", "[::1]", "[::1]:0"] {
        let server = Running::start(&["--port", "0", "--bind", bind]);
        let port = server.port;
        assert_eq!(
            server.start_line,
            format!("Serving HTTP on ::1 port {port} (http://[::1]:{port}/) ...")
        );
        assert!(http_get(("::1", port), "/", &[]).contains("REMOTE_ADDR = '::1'\n"));
    }
}

#[test]
fn two_colons_serve_ipv4_clients_too() {
    if TcpListener::bind("[::]:0").is_err() {
        return; // no IPv6 here
    }
    let server = Running::start(&["--bind", "[::]:0"]);
    let port = server.port;
    assert_eq!(
        server.start_line,
        format!("Serving HTTP on :: port {port} (http://[::]:{port}/) ...")
    );
    assert!(http_get(("127.0.0.1", port), "/", &[]).starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(http_get(("::1", port), "/", &[]).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn localhost_is_understood() {
    let server = Running::start(&["--bind", "localhost:0"]);
    assert!(http_get(("localhost", server.port), "/", &[]).starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn it_can_start_again_at_once() {
    // An address of our own where there is one, so that nobody takes the port in between.
    let address = if cfg!(target_os = "linux") { "127.0.0.2" } else { "127.0.0.1" };
    for quiet in [&[][..], &["--quiet"]] {
        let server = Running::start(&[&["--bind", address, "--port", "0"], quiet].concat());
        let port = server.port.to_string();
        // The server closes first, so the system remembers the connection for a while (TIME_WAIT).
        http_get((address, server.port), "/", &[]);
        server.stop("INT");
        let again = Running::start(&[&["--bind", address, "--port", &port], quiet].concat());
        assert_eq!(again.stop("INT").status, Some(0));
    }
}

#[test]
fn a_busy_port_names_its_holder_and_the_way_out() {
    let server = Running::start(&["--port", "0"]);
    let port = server.port;
    let ended = finished(&["--port", &port.to_string()]);
    assert_eq!(ended.status, Some(1));
    assert_eq!(ended.stdout, "");
    let holder = match cfg!(target_os = "linux") {
        true => format!(" by wsgi-simple-server (pid {})", server.id()),
        false => String::new(),
    };
    let begin = format!(
        "error: 127.0.0.1:{port} is already in use{holder}; take a free port with --port 0"
    );
    assert!(ended.stderr.starts_with(&begin), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);

    let ended = finished(&["--bind", &format!("127.0.0.1:{port}")]);
    assert!(
        ended.stderr.contains("; take a free port with --bind 127.0.0.1:0"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_the_system_refuses_is_one_line_and_status_1() {
    let long_label = "a".repeat(64);
    for (arguments, words) in [
        // TEST-NET-1 (RFC 5737) belongs to nobody.
        (
            ["--bind", "192.0.2.1:0"],
            "error: 192.0.2.1 is not an address of this machine; 127.0.0.1 is, ".to_owned(),
        ),
        // No resolver takes a label of more than 63 characters, so none is asked.
        (["--bind", &long_label], format!("error: cannot resolve \"{long_label}\": ")),
    ] {
        let ended = finished(&arguments);
        assert_eq!(ended.status, Some(1), "{arguments:?}");
        assert!(ended.stderr.starts_with(&words), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn a_reader_that_went_away_is_no_reason_to_fail() {
    // `wsgi-simple-server | head -0`: nobody reads where it serves.
    let server = Running::start_with_broken_stdout();
    assert!(http_get(("127.0.0.1", server.port), "/", &[]).starts_with("HTTP/1.1 200 OK\r\n"));
    let ended = server.stop("INT");
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);

    // A log reader that died: requests are still answered.
    let server = Running::start_with_broken_stderr(&["--port", "0"]);
    for _ in 0..3 {
        let response = http_get(("127.0.0.1", server.port), "/", &[]);
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    }
    assert_eq!(server.stop("TERM").status, Some(0));
}
