//! Reading request bodies, and what is left of them.

use crate::support::*;
use http_server::proto::{Limits, RequestError};
use http_server::{Exchange, HandlerOptions};
use std::io::{self, BufRead, ErrorKind, Read};
use std::time::Duration;

fn read_all(x: &mut Exchange<'_>) -> io::Result<()> {
    let mut body = String::new();
    x.rfile.read_to_string(&mut body)?;
    assert_eq!(x.rfile.read(&mut [0; 9])?, 0, "the end stays the end");
    reply(x, &format!("[{body}]"))
}

fn length(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

const NEXT: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// The bodies of all responses to these bytes, whole and byte by byte.
#[track_caller]
fn check_bodies(run: fn(&mut Exchange<'_>) -> io::Result<()>, request: &str, expected: &[&str]) {
    let handler = http11(run);
    let whole = answer(&handler, request);
    let bodies: Vec<&str> =
        whole.split("HTTP/1.1 200").skip(1).map(|response| split(response).1).collect();
    assert_eq!(bodies, expected, "{whole}");
    check(&handler, request, &whole);
}

#[test]
fn a_body_ends_where_it_ends() {
    check_bodies(read_all, &[&length("hello"), NEXT].concat(), &["[hello]", "[]"]);
    check_bodies(
        read_all,
        &[&chunked("5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"), NEXT].concat(),
        &["[hello world]", "[]"],
    );
    check_bodies(
        read_all,
        &[&length(""), &chunked("0\r\n\r\n"), NEXT].concat(),
        &["[]", "[]", "[]"],
    );
}

#[test]
fn lines_and_large_reads_see_the_same_bytes() {
    fn lines(x: &mut Exchange<'_>) -> io::Result<()> {
        let lines = x.rfile.by_ref().lines().collect::<io::Result<Vec<_>>>()?;
        reply(x, &lines.join("|"))
    }
    check_bodies(lines, &[&length("a\nbc\n\nd"), NEXT].concat(), &["a|bc||d", ""]);
    check_bodies(
        lines,
        &[&chunked("3\r\na\nb\r\n2\r\nc\n\r\n2\r\n\nd\r\n0\r\n\r\n"), NEXT].concat(),
        &["a|bc||d", ""],
    );

    let large = "0123456789abcdef".repeat(10_000);
    let handler = http11(|x| {
        let mut buf = vec![0; 50_000];
        let mut total = 0;
        loop {
            let n = x.rfile.read(&mut buf)?;
            if n == 0 {
                break;
            }
            assert!((0..n).all(|i| buf[i] == large.as_bytes()[total + i]));
            total += n;
        }
        reply(x, &total.to_string())
    });
    let chunk = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    for request in [length(&large), chunked(&chunk)] {
        assert!(answer(&handler, request).ends_with("\r\n\r\n160000"));
    }
}

#[test]
fn a_body_may_be_taken_out_of_the_exchange() {
    fn taken(x: &mut Exchange<'_>) -> io::Result<()> {
        let mut body = std::mem::take(&mut x.rfile);
        let text = std::thread::scope(|scope| {
            let reader = scope.spawn(move || io::read_to_string(&mut body));
            reader.join().expect("the reader does not panic")
        })?;
        assert_eq!(x.rfile.read(&mut [0; 9])?, 0);
        reply(x, &text)
    }
    check_bodies(taken, &[&length("hello"), NEXT].concat(), &["hello", ""]);
}

#[test]
fn an_unread_body_is_dropped_and_never_a_request() {
    fn ignore(x: &mut Exchange<'_>) -> io::Result<()> {
        let path = x.path().to_owned();
        reply(x, &path)
    }
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
    check_bodies(ignore, &[&length(smuggled), NEXT].concat(), &["/", "/"]);
    let chunk = format!("{:x}\r\n{smuggled}\r\n0\r\n\r\n", smuggled.len());
    check_bodies(ignore, &[&chunked(&chunk), NEXT].concat(), &["/", "/"]);
    // Also what is left of a body read in part, and the body of a GET.
    fn in_part(x: &mut Exchange<'_>) -> io::Result<()> {
        x.rfile.read_exact(&mut [0; 3])?;
        reply(x, "three")
    }
    let get = length("hello").replace("POST", "GET");
    check_bodies(in_part, &[get.as_str(), &length("hello")].concat(), &["three", "three"]);
}

#[test]
fn an_unread_body_that_is_too_large_to_drop_closes_the_connection_and_says_so() {
    let handler = http11(|x| reply(x, "no, thanks"));
    let mut client = Client::sending([&length(&"x".repeat(70_000)), NEXT].concat());
    serve(&mut client, &handler).unwrap();
    let response = mask(&client.response());
    assert_eq!(response.matches("HTTP/1.1 200").count(), 1);
    assert_eq!(field(&response, "Connection"), Some("close"));
    assert!(client.shut);
    assert_eq!(client.unread(), 0, "read and dropped, so that the client gets no reset");

    // Chunks do not say how much is to come, so the head could not know.
    let chunk = format!("11170\r\n{}\r\n0\r\n\r\n", "x".repeat(70_000));
    let mut client = Client::sending([&chunked(&chunk), NEXT].concat());
    serve(&mut client, &handler).unwrap();
    let response = mask(&client.response());
    assert_eq!(response.matches("HTTP/1.1 200").count(), 1);
    assert_eq!(client.unread(), 0);
}

/// What a handler sees of a broken body, and what the client gets if the handler passes the error on.
#[track_caller]
fn check_broken(request: &str, kind: ErrorKind, status_and_words: &str) {
    let handler = http11(|x| {
        let mut body = Vec::new();
        let error = x.rfile.read_to_end(&mut body).expect_err("the body is broken");
        assert_eq!(error.kind(), kind);
        let again = x.rfile.read(&mut [0; 9]).expect_err("and stays broken");
        assert_eq!(again.kind(), kind);
        assert_eq!(x.rfile.fill_buf().expect_err("for lines too").kind(), kind);
        Err(error)
    });
    let mut client = Client::sending([request, NEXT].concat());
    serve(&mut client, &handler).expect("the client's fault is no error of the server");
    let response = mask(&client.response());
    assert_eq!(status_line(&response), format!("HTTP/1.1 {status_and_words}"));
    assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "nothing follows a broken body");
    assert_eq!(field(&response, "Connection"), Some("close"));
}

#[test]
fn malformed_chunks_are_an_error_that_names_itself() {
    check_broken(&chunked("5\r\nhelloX\r\n0\r\n\r\n"), ErrorKind::InvalidData, "400 Bad chunk end");
    check_broken(&chunked("g\r\n"), ErrorKind::InvalidData, "400 Bad chunk size");
    check_broken(&chunked("-1\r\n"), ErrorKind::InvalidData, "400 Bad chunk size");
}

#[test]
fn a_client_that_goes_on_sending_a_broken_body_gets_the_answer_and_no_reset() {
    let handler = http11(|x| io::copy(&mut x.rfile, &mut io::sink()).map(drop));
    let mut client = Client::new([
        Act::Send(chunked("zz\r\n").into_bytes()),
        // When the answer is out, nothing more has come yet.
        Act::Wait(Duration::from_millis(100)),
        Act::Send(vec![b'x'; 100_000]),
    ]);
    serve(&mut client, &handler).unwrap();
    assert!(client.response().starts_with(b"HTTP/1.1 400 Bad chunk size\r\n"));
    assert!(client.shut);
    assert_eq!(client.unread(), 0, "read and dropped before the connection closes");
}

#[test]
fn a_body_cut_short_is_never_taken_for_a_whole_one() {
    let cut = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhel";
    for request in [cut, &chunked("5\r\nhel"), &chunked("5\r\nhello\r\n")] {
        let handler = http11(|x| {
            let mut body = Vec::new();
            let error = x.rfile.read_to_end(&mut body).expect_err("the body is cut");
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
            assert!(error.to_string().contains("RFC 9112 §8"), "{error}");
            Err(error)
        });
        let mut client = Client::sending(request);
        serve(&mut client, &handler).unwrap();
        let response = mask(&client.response());
        assert_eq!(status_line(&response), "HTTP/1.1 400 Request body cut short");
    }
}

#[test]
fn a_handler_may_answer_a_broken_body_itself_but_the_connection_ends() {
    let handler = http11(|x| {
        let error = io::read_to_string(&mut x.rfile).expect_err("the body is broken");
        let refusal = error.get_ref().and_then(|inner| inner.downcast_ref::<RequestError>());
        assert_eq!(refusal, Some(&RequestError::InvalidChunkSize));
        reply(x, "sorry")
    });
    let response = answer(&handler, [&chunked("zz\r\n"), NEXT].concat());
    assert_eq!(response.matches("HTTP/1.1 ").count(), 1);
    assert_eq!(field(&response, "Connection"), Some("close"));
}

#[test]
fn the_limit_of_a_body_holds_for_both_framings() {
    let mut limits = Limits::default();
    limits.body = 10;
    let options = HandlerOptions::new().protocol_version("HTTP/1.1").limits(limits);
    let handler = with_options(options, read_all);
    let response = answer(&handler, length("0123456789"));
    assert!(response.ends_with("[0123456789]"), "{response}");
    for request in [length("0123456789+"), chunked("b\r\n0123456789+\r\n0\r\n\r\n")] {
        let response = answer(&handler, request);
        assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
    }
}
