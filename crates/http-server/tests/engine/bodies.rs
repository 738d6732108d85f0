//! Request bodies: received first, read while they come, expected, left alone, and what follows them.

use crate::support::*;
use http_server::socketserver::engine::{Act, End};
use http_server::{Base, BaseHttpRequestHandler};
use std::io::{Read, Write};

#[test]
fn a_handler_runs_when_its_body_has_come() {
    let setting = http11(|x| {
        begin(x)?;
        std::io::copy(&mut x.rfile, &mut x.wfile).map(drop)
    });
    let mut client = setting.rehearse();
    client.send(post(5).as_bytes());
    client.send(b"he");
    assert!(setting.take_log().is_empty());
    client.send(b"llo");
    assert_eq!(setting.take_log(), ["\"POST / HTTP/1.1\" 200 -"]);
    assert!(received(&mut client).ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
}

#[test]
fn a_broken_body_is_refused_before_the_handler_runs() {
    let setting = http11(|_| panic!("it is not called"));
    let chunked =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nx\r\n";
    for (request, status) in [
        (post(5) + "he", "HTTP/1.1 400 Request body cut short"),
        (chunked.to_owned(), "HTTP/1.1 400 Malformed chunked body"),
    ] {
        let response = setting.answer(request);
        assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
        assert_eq!(statuses(&response).len(), 1);
        assert!(response.contains("\r\nConnection: close\r\n"), "{status}: {response}");
    }
}

#[test]
fn a_streamed_body_is_read_while_it_comes() {
    let setting = http11(|x| {
        begin(x)?;
        let mut piece = [0; 2];
        while let count @ 1.. = x.rfile.read(&mut piece)? {
            x.wfile.write_all(&piece[..count])?;
        }
        Ok(())
    })
    .streaming();
    let mut client = setting.rehearse();
    client.plan(secs(1), Act::Send(b"cd".to_vec()));
    client.plan(secs(2), Act::Send([b"e", GET.as_bytes()].concat()));
    client.send((post(5) + "ab").as_bytes());
    let response = received(&mut client);
    assert!(response.contains("\r\n\r\n2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\nHTTP/1.1 200 OK"));
    assert_eq!(statuses(&response).len(), 2, "what came with the end of the body is not lost");
}

#[test]
fn what_comes_behind_a_streamed_body_is_the_next_request() {
    for handler in [read_body, hello] {
        for length in [0, 1, 1000, 20_000, 60_000] {
            let setting = http11(handler).streaming();
            let body = "x".repeat(length);
            let request = (post(length) + &body).repeat(2) + GET;
            for piece in [usize::MAX, 997] {
                let mut client = setting.rehearse();
                for (index, bytes) in (1..).zip(request.as_bytes().chunks(piece)) {
                    client.plan(millis(1) * index, Act::Send(bytes.to_vec()));
                }
                client.advance(secs(1));
                let response = received(&mut client);
                assert_eq!(statuses(&response), ["HTTP/1.1 200 OK"; 3], "{length} by {piece}");
            }
        }
    }
}

#[test]
fn more_than_64_kib_of_an_unread_body_close_the_connection() {
    let setting = http11(hello).streaming();
    let mut client = setting.rehearse();
    client.send(post(70_000).as_bytes());
    assert!(received(&mut client).contains("\r\nConnection: close\r\n"));
    assert_eq!(client.end(), Some(End::Lingering));

    // Of a chunked one nobody knows before.
    let mut client = setting.rehearse();
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(received(&mut client), HELLO);
    for _ in 0..6 {
        client.send(format!("2710\r\n{}\r\n", "x".repeat(10_000)).as_bytes());
    }
    assert_eq!(client.end(), None);
    client.send(format!("2710\r\n{}\r\n", "x".repeat(10_000)).as_bytes());
    assert_eq!(client.end(), Some(End::Lingering));
}

#[test]
fn a_body_that_is_received_first_may_stay_unread() {
    let mut client = http11(hello).rehearse();
    client.send((post(100_000) + &"x".repeat(100_000) + GET).as_bytes());
    assert_eq!(received(&mut client), HELLO.repeat(2));
    assert_eq!(client.end(), None);
}

fn expecting(length: usize) -> String {
    post(length).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n")
}

#[test]
fn a_body_that_waits_for_100_can_be_asked_for_or_refused() {
    let mut client = http11(read_body).rehearse();
    client.plan(secs(1), Act::Send(b"hello".to_vec()));
    client.send(expecting(5).as_bytes());
    let response = received(&mut client);
    assert!(response.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\n5"));
    assert_eq!(client.end(), None, "the next request may follow");
    client.send((expecting(2) + "ok").as_bytes());
    let response = received(&mut client);
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "it did not wait: {response}");

    let mut client = http11(|x| x.send_error(413, None)).rehearse();
    client.send(expecting(5).as_bytes());
    let response = received(&mut client);
    assert_eq!(statuses(&response), ["HTTP/1.1 413 Content Too Large"]);
    assert_eq!(client.end(), Some(End::Lingering), "nobody knows whether the body comes");

    // A server of HTTP/1.0 knows no 100: the body comes, sooner or later.
    let mut setting = http11(read_body);
    setting.options.protocol_version = "HTTP/1.0";
    let mut client = setting.rehearse();
    client.send(expecting(5).as_bytes());
    assert_eq!(received(&mut client), "");
    client.send(b"hello");
    assert!(received(&mut client).starts_with("HTTP/1.0 200 OK\r\n"));
}

/// Refuses whatever is expected.
struct Refusing(http_server::HandlerOptions);

impl BaseHttpRequestHandler for Refusing {
    fn options(&self) -> &http_server::HandlerOptions {
        &self.0
    }

    fn handle_expect_100(&self, x: &mut http_server::Exchange<'_>) -> std::io::Result<bool> {
        assert!(Base.handle_expect_100(x)?);
        x.send_error(417, None)?;
        Ok(false)
    }

    fn log_message(&self, _: &http_server::Exchange<'_>, _: std::fmt::Arguments<'_>) {}
}

#[test]
fn an_override_of_handle_expect_100_is_asked_whether_the_body_is_there_or_not() {
    for body in ["", "he", "hello"] {
        let options = http_server::HandlerOptions::new().protocol_version("HTTP/1.1");
        let class = http_server::HttpHandlerClass::new(move || Refusing(options.clone()));
        let now = std::time::Instant::now();
        let address = http_server::ClientAddress::Unnamed;
        let protocol = class.http_protocol(address, http_server::ServerInfo::default(), now);
        let mut client = http_server::socketserver::engine::Rehearsal::new(protocol, now);
        client.send((expecting(5) + body).as_bytes());
        if body == "he" {
            assert_eq!(received(&mut client), "", "what has begun to come is received first");
            client.send(b"llo");
        }
        assert_eq!(statuses(&received(&mut client)), ["HTTP/1.1 417 Expectation Failed"]);
    }
}
