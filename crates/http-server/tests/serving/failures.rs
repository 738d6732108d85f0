//! Handlers that fail, and clients that go away.

use crate::support::*;
use http_server::Exchange;
use http_server::proto::RequestError;
use socketserver::HandlerPanic;
use std::io::{self, Read, Write};
use std::time::Duration;

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

fn begin(x: &mut Exchange<'_>) -> io::Result<()> {
    x.send_response(200)?;
    x.send_header("X-Secret", "of the lost response")?;
    x.end_headers()
}

#[test]
fn an_error_is_a_500_page_without_details_if_nothing_was_sent() {
    for before in [|_: &mut Exchange<'_>| Ok(()), begin] {
        let handler = http11(move |x| {
            before(x)?;
            Err(io::Error::other("the database is at 10.0.0.7"))
        });
        let mut client = Client::sending([GET, GET].concat());
        let error = serve(&mut client, &handler).unwrap_err();
        assert_eq!(error.to_string(), "the database is at 10.0.0.7");
        let response = mask(&client.response());
        assert_eq!(status_line(&response), "HTTP/1.1 500 Internal Server Error");
        assert_eq!(field(&response, "Connection"), Some("close"));
        assert_eq!(field(&response, "X-Secret"), None);
        assert!(!response.contains("database"));
        assert_eq!(response.matches("HTTP/1.1 ").count(), 1);
        assert!(handler.take_log().contains(&"code 500, message Internal Server Error".to_owned()));
    }
}

#[test]
fn a_response_that_has_begun_is_visibly_cut() {
    let handler = http11(|x| {
        begin(x)?;
        x.wfile.write_all(b"some of it")?;
        Err(io::Error::other("no more"))
    });
    let mut client = Client::sending([GET, GET].concat());
    serve(&mut client, &handler).unwrap_err();
    assert!(mask(&client.response()).ends_with("a\r\nsome of it\r\n"), "no last chunk");
    assert!(client.shut);
}

#[test]
fn a_handler_may_cut_its_response_without_a_report() {
    let chunked = http11(|x| {
        begin(x)?;
        x.wfile.write_all(b"some")?;
        x.cut();
        x.wfile.write_all(b" more")?;
        x.close_connection = false;
        Ok(())
    });
    let mut client = Client::sending([GET, GET].concat());
    serve(&mut client, &chunked).unwrap();
    assert!(mask(&client.response()).ends_with("\r\n\r\n4\r\nsome\r\n"), "nothing follows");
    assert!(client.shut);
    assert_eq!(chunked.take_log(), ["\"GET / HTTP/1.1\" 200 -"]);

    let with_length = http11(|x| {
        x.send_response(200)?;
        x.send_header("Content-Length", "10")?;
        x.end_headers()?;
        x.wfile.write_all(b"some")?;
        x.cut();
        assert!(x.close_connection);
        x.wfile.write_all(b" more")
    });
    for (request, body) in [(GET, "some"), ("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "")] {
        let response = answer(&with_length, [request, GET].concat());
        assert_eq!(split(&response).1, body);
        assert_eq!(with_length.take_log().len(), 1, "no complaint about the length");
    }

    let too_early = http11(|x| {
        x.cut();
        reply(x, "whole")
    });
    let response = answer(&too_early, [GET, GET].concat());
    assert_eq!(response.matches("whole").count(), 2, "there was nothing to cut");
}

#[test]
fn a_fault_of_the_client_amid_the_response_is_one_log_line_and_the_end() {
    let malformed = http11(|x| {
        begin(x)?;
        x.wfile.write_all(b"some")?;
        x.rfile.read_to_end(&mut Vec::new()).map(drop)
    });
    let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    let short = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhel";
    for request in [chunked, short] {
        let mut client = Client::sending(request);
        serve(&mut client, &malformed).expect("not the server's fault");
        assert!(client.response().ends_with(b"\r\n\r\n4\r\nsome\r\n"), "no last chunk");
        let log = malformed.take_log();
        assert_eq!(log.len(), 2, "{log:?}");
        assert!(log[1].starts_with("Response cut short: "), "{log:?}");
    }

    // A handler may say so for reasons of its own, with the body whole and more requests waiting.
    let refusing = http11(|x| {
        begin(x)?;
        x.wfile.write_all(b"some")?;
        Err(io::Error::new(io::ErrorKind::InvalidData, RequestError::InvalidChunkSize))
    });
    let response = answer(&refusing, [GET, GET].concat());
    assert_eq!(response.matches("HTTP/1.1 200").count(), 1, "{response}");
}

#[test]
fn nothing_follows_a_failure_that_the_handler_does_not_look_at() {
    let late = http11(|x| {
        let _ = x.rfile.read_to_end(&mut Vec::new());
        reply(x, "sorry")
    });
    let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n";
    let mut client = Client::new([
        Act::Send(post.into()),
        Act::Wait(Duration::from_secs(11)),
        Act::Send([b"ok", GET.as_bytes()].concat()),
    ]);
    serve(&mut client, &late).unwrap();
    assert_eq!(mask(&client.response()).matches("sorry").count(), 1);

    let careless = http11(|x| {
        let _ = reply(x, "hello");
        Ok(())
    });
    let mut client = Client::new([Act::Send([GET, GET].concat().into()), Act::Reset]);
    serve(&mut client, &careless).unwrap();
    let requests = careless.take_log().iter().filter(|line| line.starts_with("\"GET")).count();
    assert_eq!(requests, 1, "no further request is processed");
}

#[test]
fn a_panic_is_an_error() {
    let handler = http11(|x| {
        if x.path() == "/late" {
            begin(x)?;
            x.wfile.write_all(b"some")?;
        }
        panic!("handler {}", x.path())
    });
    let mut client = Client::sending(GET);
    let error = serve(&mut client, &handler).unwrap_err();
    let panic = error.downcast_ref::<HandlerPanic>().expect("a HandlerPanic");
    assert_eq!(panic.message(), "handler /");
    assert!(client.response().starts_with(b"HTTP/1.1 500 "));

    let mut client = Client::sending(GET.replace("GET /", "GET /late"));
    serve(&mut client, &handler).unwrap_err();
    assert!(client.response().ends_with(b"4\r\nsome\r\n"));
}

#[test]
fn a_client_that_goes_away_is_one_log_line() {
    let reset = || Client::new([Act::Send(GET.into()), Act::Reset]);
    let writing = http11(|x| reply(x, "hello"));
    serve(&mut reset(), &writing).expect("not the server's fault");
    let log = writing.take_log();
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log[1].starts_with("Client went away: "), "{log:?}");

    let reading = http11(|x| x.rfile.read_to_end(&mut Vec::new()).map(drop));
    let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n";
    let mut client = Client::new([Act::Send(post.into()), Act::Reset]);
    serve(&mut client, &reading).unwrap();
    assert_eq!(reading.take_log().len(), 1);

    // Also if the handler does not look at its errors.
    let careless = http11(|x| {
        let _ = reply(x, "hello");
        Ok(())
    });
    serve(&mut reset(), &careless).unwrap();
    assert!(careless.take_log().len() <= 2);
}

#[test]
fn an_error_of_another_connection_is_not_the_clients() {
    let handler = http11(|_| Err(io::ErrorKind::ConnectionReset.into()));
    let mut client = Client::sending(GET);
    serve(&mut client, &handler).expect_err("the handler's own error");
    assert!(client.response().starts_with(b"HTTP/1.1 500 "));
}

#[test]
fn an_error_page_that_fails_too_leaves_a_closed_connection() {
    let handler = http11(|x| x.send_error(500, "bad\nwords"));
    let response = answer(&handler, GET);
    assert_eq!(status_line(&response), "HTTP/1.1 500 Internal Server Error");
}
