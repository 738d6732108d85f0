//! How a response goes over the wire: framing, heads, errors.

use crate::fixture::{play, versioned};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wsgi_simple_server::{AppError, AppResult, Body, Environ, StartResponse};
use wsgi_util::{Chunk, FileWrapper, ResponseIterable};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
const EPOCH: &str = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: {server}\r\n";

/// The answer of an application to `GET / HTTP/1.1`, and the log.
#[track_caller]
fn check(
    app: impl Fn(&mut Environ, &mut dyn StartResponse) -> AppResult + Send + Sync + 'static,
    response: &str,
    log: &str,
) {
    check_request(GET, app, response, log);
}

#[track_caller]
fn check_request(
    request: &str,
    app: impl Fn(&mut Environ, &mut dyn StartResponse) -> AppResult + Send + Sync + 'static,
    response: &str,
    log: &str,
) {
    let (found, found_log) = play(app, request);
    assert_eq!(found, versioned(&response.replace("{epoch}", EPOCH)));
    assert_eq!(found_log, log);
}

#[test]
fn one_piece_has_its_length() {
    check(
        |_, start_response| {
            start_response.start("200 Fine", [("X-A", "1"), ("X-B", "2"), ("x-a", "3")])?;
            Ok("hello".into())
        },
        "HTTP/1.1 200 Fine\r\n{epoch}X-A: 1\r\nX-B: 2\r\nx-a: 3\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        "\"GET / HTTP/1.1\" 200 5\n",
    );
}

#[test]
fn several_pieces_are_chunked() {
    check(
        |_, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok(["one\n", "", "twelve bytes"].into())
        },
        "HTTP/1.1 200 OK\r\n{epoch}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
         4\r\none\n\r\nc\r\ntwelve bytes\r\n0\r\n\r\n",
        "\"GET / HTTP/1.1\" 200 16\n",
    );
}

#[test]
fn a_client_of_1_0_sees_the_end_by_the_close() {
    check_request(
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        |_, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok(["one\n", "two\n"].into())
        },
        "HTTP/1.1 200 OK\r\n{epoch}Content-Type: text/plain\r\nConnection: close\r\n\r\none\ntwo\n",
        "\"GET / HTTP/1.0\" 200 8\n",
    );
}

#[test]
fn no_piece_is_an_empty_body() {
    check(
        |_, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok(Body::empty())
        },
        "HTTP/1.1 200 OK\r\n{epoch}Content-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "\"GET / HTTP/1.1\" 200 0\n",
    );
}

#[test]
fn date_and_server_of_the_application_stay() {
    check(
        |_, start_response| {
            start_response.start("200 OK", [("Server", "mine"), ("date", "today")])?;
            Ok("x".into())
        },
        "HTTP/1.1 200 OK\r\nServer: mine\r\ndate: today\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
        "\"GET / HTTP/1.1\" 200 1\n",
    );
}

#[test]
fn head_has_the_fields_of_get_and_no_body() {
    check_request(
        "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        |_, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok("hello".into())
        },
        "HTTP/1.1 200 OK\r\n{epoch}Content-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
        "\"HEAD / HTTP/1.1\" 200 0\n",
    );
}

#[test]
fn statuses_without_a_body_have_none() {
    for status in ["204 No Content", "205 Reset Content", "304 Not Modified"] {
        check(
            move |_, start_response| {
                start_response.start(status, [("X-A", "1")])?;
                Ok(["unexpected ", "body"].into())
            },
            &format!("HTTP/1.1 {status}\r\n{{epoch}}X-A: 1\r\nConnection: close\r\n\r\n"),
            &format!("\"GET / HTTP/1.1\" {} 0\n", &status[..3]),
        );
    }
}

#[test]
fn a_body_too_long_is_cut_and_too_short_is_seen_as_cut() {
    for (body, sent) in [("hello, and more", "hello"), ("hell", "hell")] {
        let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let app = move |_: &mut Environ, start_response: &mut dyn StartResponse| {
            start_response.start("200 OK", [("Content-Length", "5")])?;
            Ok(body.into())
        };
        let (response, log) = play(app, request);
        let head = versioned(&format!("HTTP/1.1 200 OK\r\n{EPOCH}Content-Length: 5\r\n"));
        let first = format!("{head}\r\n{sent}");
        let lines: Vec<_> = log.lines().collect();
        match sent.len() {
            // The whole length is there, so the connection is good for the next request.
            5 => {
                assert_eq!(response, format!("{first}{head}Connection: close\r\n\r\n{sent}"));
                assert_eq!(lines.len(), 4, "{log}");
            }
            _ => {
                assert_eq!(response, first, "nothing may follow what is incomplete");
                assert_eq!(lines.len(), 2, "{log}");
            }
        }
        assert!(lines[0].contains("Content-Length"), "{log}");
        assert_eq!(lines[1], format!("\"GET / HTTP/1.1\" 200 {}", sent.len()));
    }
}

#[test]
fn what_is_written_comes_before_what_is_returned() {
    check(
        |_, start_response| {
            let write = start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            write.write(b"written\n")?;
            Ok("returned\n".into())
        },
        "HTTP/1.1 200 OK\r\n{epoch}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
         8\r\nwritten\n\r\n9\r\nreturned\n\r\n0\r\n\r\n",
        "\"GET / HTTP/1.1\" 200 17\n",
    );
}

#[test]
fn a_file_is_sent_in_blocks() {
    let (response, _) = play(
        |_: &mut Environ, start_response: &mut dyn StartResponse| {
            start_response.start("200 OK", [("Content-Length", "20000")])?;
            Ok(Body::File(FileWrapper::new(std::io::Cursor::new(vec![b'x'; 20000]))))
        },
        GET,
    );
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.ends_with("\r\nContent-Length: 20000\r\nConnection: close"), "{head}");
    assert_eq!(body, "x".repeat(20000));
}

/// The error page behind these first fields.
fn error_page(connection: &str) -> String {
    format!(
        "HTTP/1.1 500 Internal Server Error\r\n{{epoch}}Content-Type: text/plain\r\nContent-Length: 59\r\n{connection}\r\n\
         A server error occurred.  Please contact the administrator."
    )
}

#[test]
fn an_error_before_the_head_is_answered_and_logged_first() {
    check(
        |_, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("X-Secret", "1")])?;
            Err("from the application".into())
        },
        &error_page("Connection: close\r\n"),
        "Error: from the application\n\"GET / HTTP/1.1\" 500 59\n",
    );
}

#[test]
fn an_error_does_not_end_the_connection() {
    let (response, log) = play(
        |environ: &mut Environ, start_response: &mut dyn StartResponse| -> AppResult {
            if environ.get("PATH_INFO").as_deref() == Some("/bad") {
                return Err("bad".into());
            }
            start_response.start::<&str, &str>("200 OK", [])?;
            Ok("good".into())
        },
        "GET /bad HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    );
    let good = "HTTP/1.1 200 OK\r\n{epoch}Content-Length: 4\r\nConnection: close\r\n\r\ngood";
    assert_eq!(response, versioned(&format!("{}{good}", error_page("")).replace("{epoch}", EPOCH)));
    assert_eq!(log, "Error: bad\n\"GET /bad HTTP/1.1\" 500 59\n\"GET / HTTP/1.1\" 200 4\n");
}

#[test]
fn a_panic_is_an_error_like_any_other() {
    let (response, log) = play(
        |_: &mut Environ, _: &mut dyn StartResponse| -> AppResult { panic!("out of cheese") },
        GET,
    );
    assert_eq!(response, versioned(&error_page("Connection: close\r\n").replace("{epoch}", EPOCH)));
    assert!(log.contains("out of cheese"), "{log}");
    assert!(log.ends_with("\"GET / HTTP/1.1\" 500 59\n"), "{log}");
}

#[test]
fn an_error_after_the_head_cuts_the_response_visibly() {
    let (response, log) = play(
        |_: &mut Environ, start_response: &mut dyn StartResponse| {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok(Body::try_iter([Ok("one\n"), Err("while iterating")]))
        },
        "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    );
    assert_eq!(
        response,
        versioned(&format!(
            "HTTP/1.1 200 OK\r\n{EPOCH}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n"
        )),
        "no last chunk, and no second response"
    );
    assert_eq!(
        log, "Error: while iterating\n",
        "as in CPython, no line for a response that broke off"
    );
}

#[test]
fn a_started_response_is_replaced_with_exc_info() {
    check(
        |_, start_response| {
            start_response.start("200 OK", [("X-Old", "1")])?;
            start_response.restart("503 Later", [("X-New", "1")], "early")?;
            Ok("replaced".into())
        },
        "HTTP/1.1 503 Later\r\n{epoch}X-New: 1\r\nContent-Length: 8\r\nConnection: close\r\n\r\nreplaced",
        "\"GET / HTTP/1.1\" 503 8\n",
    );
}

#[test]
fn what_breaks_the_head_is_refused() {
    for (status, name, value, words) in [
        ("200 O\nK", "X-A", "1", "Control characters"),
        ("100 Continue", "X-A", "1", "final"),
        ("101 Switching Protocols", "X-A", "1", "final"),
        ("200 OK", "X-A", "1\r\nX-B: 2", "Control characters"),
        ("200 OK", "X A", "1", "X A"),
        ("200 OK", "Connection", "close", "Hop-by-hop header"),
        ("200 OK", "Transfer-Encoding", "chunked", "Hop-by-hop header"),
        ("200 OK", "Content-Length", "five", "Content-Length"),
    ] {
        let (response, log) = play(
            move |_: &mut Environ, start_response: &mut dyn StartResponse| {
                start_response.start(status, [(name, value)])?;
                Ok("hello".into())
            },
            GET,
        );
        assert_eq!(
            response,
            versioned(&error_page("Connection: close\r\n").replace("{epoch}", EPOCH)),
            "{status} {name}: {value}"
        );
        assert!(log.starts_with("Error: ") && log.contains(words), "{name}: {log}");
        assert!(log.ends_with("\"GET / HTTP/1.1\" 500 59\n"), "{log}");
    }
}

/// Counts how often it is closed.
struct Tracked(Arc<AtomicUsize>, Vec<&'static str>);

impl ResponseIterable for Tracked {
    fn next_chunk(
        &mut self,
        _: &mut Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        match self.1.pop() {
            Some("fail") => Err("fail".into()),
            chunk => Ok(chunk.map(|chunk| chunk.as_bytes().into())),
        }
    }

    fn close(&mut self, _: &mut Environ<'_>) -> Result<(), AppError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn every_body_is_closed_once() {
    for chunks in [vec![], vec!["one"], vec!["two", "one"], vec!["fail"], vec!["fail", "one"]] {
        let closed = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&closed);
        play(
            move |_: &mut Environ, start_response: &mut dyn StartResponse| {
                start_response.start::<&str, &str>("200 OK", [])?;
                Ok(Body::iterable(Tracked(Arc::clone(&counter), chunks.clone())))
            },
            GET,
        );
        assert_eq!(closed.load(Ordering::Relaxed), 1);
    }
}
