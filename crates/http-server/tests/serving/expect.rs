//! `Expect: 100-continue`.

use crate::support::*;
use http_server::{Base, BaseHttpRequestHandler, Exchange, HandlerOptions};
use std::io::{self, Read};
use std::time::Duration;

const HEAD: &str =
    "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";

/// A client that sends the head, and the body after a moment.
fn patient(head: &str) -> Client {
    Client::new([
        Act::Send(head.as_bytes().to_vec()),
        Act::Wait(Duration::from_secs(1)),
        Act::Send(b"ok".to_vec()),
    ])
}

fn read_two(x: &mut Exchange<'_>) -> io::Result<()> {
    let mut body = [0; 2];
    x.rfile.read_exact(&mut body)?;
    reply(x, &String::from_utf8_lossy(&body))
}

#[test]
fn continue_is_sent_at_the_first_read_and_once() {
    let handler = http11(read_two);
    let mut client = patient(HEAD);
    serve(&mut client, &handler).unwrap();
    assert_eq!(client.writes[0], b"HTTP/1.1 100 Continue\r\n\r\n");
    let response = mask(&client.response());
    assert_eq!(response.matches("100 Continue").count(), 1);
    assert!(response.ends_with("\r\n\r\nok"));
    assert_eq!(handler.take_log(), ["\"POST / HTTP/1.1\" 200 -"], "100 is not logged");
}

#[test]
fn continue_is_not_sent_to_a_client_that_did_not_wait_or_to_1_0() {
    for request in [
        [HEAD, "ok"].concat(),
        HEAD.replace("HTTP/1.1", "HTTP/1.0") + "ok",
        HEAD.replace("100-Continue", "200-ok") + "ok",
    ] {
        let response = answer(&http11(read_two), request);
        assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
    }
    let mut client = patient(&HEAD.replace("HTTP/1.1", "HTTP/1.0"));
    serve(&mut client, &http11(read_two)).unwrap();
    assert!(client.response().starts_with(b"HTTP/1.1 200 OK"));
    // A server of protocol HTTP/1.0 does not know 100 either.
    let mut client = patient(HEAD);
    serve(&mut client, &http10(read_two)).unwrap();
    assert!(client.response().starts_with(b"HTTP/1.0 200 OK"));
}

#[test]
fn continue_is_not_sent_amid_a_body_that_has_begun_to_come() {
    let mut client = Client::new([
        Act::Send([HEAD, "o"].concat().into_bytes()),
        Act::Wait(Duration::from_secs(1)),
        Act::Send(b"k".to_vec()),
    ]);
    serve(&mut client, &http11(read_two)).unwrap();
    assert!(client.response().starts_with(b"HTTP/1.1 200 OK"));
}

#[test]
fn a_final_response_without_reading_ends_the_connection() {
    let handler = http11(|x| reply(x, "no, thanks"));
    let mut client = patient(HEAD);
    serve(&mut client, &handler).unwrap();
    let response = mask(&client.response());
    assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
    assert_eq!(field(&response, "Connection"), Some("close"));
    assert!(client.shut);
}

#[test]
fn nothing_of_100_after_the_final_response_has_begun() {
    let handler = http11(|x| {
        x.send_response(200)?;
        x.end_headers()?;
        io::Write::write_all(&mut x.wfile, b"first")?;
        let mut body = String::new();
        x.rfile.read_to_string(&mut body)?;
        io::Write::write_all(&mut x.wfile, body.as_bytes())
    });
    let mut client = patient(HEAD);
    serve(&mut client, &handler).unwrap();
    let response = mask(&client.response());
    assert!(!response.contains("100 Continue"));
    assert!(response.ends_with("5\r\nfirst\r\n2\r\nok\r\n0\r\n\r\n"), "{response}");
}

/// Refuses one path, as in CPython's documentation.
struct Rejecting(HandlerOptions);

impl BaseHttpRequestHandler for Rejecting {
    fn options(&self) -> &HandlerOptions {
        &self.0
    }

    fn handle_expect_100(&self, x: &mut Exchange<'_>) -> io::Result<bool> {
        if x.path() == "/reject" {
            x.send_error(417, None)?;
            return Ok(false);
        }
        Base.handle_expect_100(x)
    }

    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        assert_ne!(x.path(), "/reject", "the method of a refused request is not called");
        read_two(x)
    }

    fn log_message(&self, _: &Exchange<'_>, _: std::fmt::Arguments<'_>) {}
}

#[test]
fn an_override_may_refuse() {
    let handler = Rejecting(HandlerOptions::new().protocol_version("HTTP/1.1"));
    let mut client = patient(&HEAD.replace("POST /", "POST /reject"));
    serve(&mut client, &handler).unwrap();
    let response = mask(&client.response());
    assert_eq!(status_line(&response), "HTTP/1.1 417 Expectation Failed");
    assert_eq!(response.matches("Connection: close\r\n").count(), 1);
    // Also when the body is already here, or when there is none.
    let request = "POST /reject HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n";
    assert!(answer(&handler, request).starts_with("HTTP/1.1 417 "));

    let mut client = patient(HEAD);
    serve(&mut client, &handler).unwrap();
    assert!(client.response().starts_with(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
}

#[test]
fn a_handler_may_send_100_itself() {
    let handler = http11(|x| {
        x.send_response_only(100, None)?;
        x.end_headers()?;
        read_two(x)
    });
    let mut client = patient(HEAD);
    serve(&mut client, &handler).unwrap();
    assert_eq!(mask(&client.response()).matches("100 Continue").count(), 1);
}
