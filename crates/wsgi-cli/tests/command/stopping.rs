//! Signals, and what becomes of the clients.

use crate::running::{Client, Running};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A request of which the server has the head and half of the body. The one before it shows that it has.
const HALF: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n\
                    POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello";
const INTERRUPTED: &str = "Keyboard interrupt received, exiting.";
const WAITING: &str = "Waiting up to 30s for 1 connection that is in use; Ctrl-C again stops now.";

/// A server, and a client in the middle of a request.
fn busy(arguments: &[&str]) -> (Running, Client) {
    let server = Running::start(&[&["--port", "0"], arguments].concat());
    let mut client = Client::connect(&server);
    client.send(HALF);
    let (head, _) = client.response();
    assert!(!head.contains("Connection:"), "{head}");
    (server, client)
}

#[test]
fn an_interrupt_ends_it_with_words_and_status_0() {
    for (signal, words) in [
        ("INT", "\nKeyboard interrupt received, exiting.\n"),
        ("TERM", "\nTermination signal received, exiting.\n"),
    ] {
        let ended = Running::start(&["--port", "0"]).stop(signal);
        assert_eq!(ended.status, Some(0), "{signal}");
        assert_eq!(ended.stdout, words);
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn an_interrupt_does_not_wait_for_idle_clients() {
    // The promise is 100 ms. A busy machine may delay one process by more, but not every one of ten.
    let too_slow = (0..10)
        .map(|_| {
            let server = Running::start(&["--port", "0"]);
            let silent = Client::connect(&server);
            let mut idle = Client::connect(&server);
            idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            idle.response();
            let begin = Instant::now();
            assert_eq!(server.stop("INT").status, Some(0));
            let took = begin.elapsed();
            assert!(silent.closes() && idle.closes());
            took
        })
        .take_while(|&took| took >= Duration::from_millis(100))
        .count();
    assert!(too_slow < 10, "no run ended within 100 ms");
}

#[test]
fn a_running_request_is_answered_and_is_the_last() {
    let (mut server, mut client) = busy(&[]);
    server.signal("INT");
    assert_eq!([server.stdout.next_line(), server.stdout.next_line()], ["", INTERRUPTED]);
    assert_eq!(server.stdout.next_line(), WAITING);
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err(), "it listens no more");

    client.send("world");
    let (head, body) = client.response();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nConnection: close\r\n"), "{head}");
    assert!(body.contains("PATH_INFO = '/upload'\n"), "{body}");
    assert!(client.closes());
    let ended = server.ended();
    assert_eq!((ended.status, &*ended.stdout), (Some(0), ""));
}

#[test]
fn a_second_signal_does_not_wait_for_it() {
    for second in ["INT", "TERM"] {
        let (mut server, client) = busy(&["--graceful-timeout", "off"]);
        server.signal("INT");
        let waiting = "Waiting for 1 connection that is in use; Ctrl-C again stops now.";
        while server.stdout.next_line() != waiting {}
        let ended = server.stop(second);
        assert_eq!((ended.status, &*ended.stdout), (Some(0), ""));
        assert!(client.closes());
    }
}

#[test]
fn a_running_request_has_the_graceful_timeout() {
    for timeout in ["50ms", "0"] {
        let (server, client) = busy(&["--graceful-timeout", timeout]);
        let ended = server.stop("TERM");
        let words = "\nTermination signal received, exiting.\n";
        assert_eq!((ended.status, &*ended.stdout), (Some(0), words));
        assert!(client.closes());
    }
}
