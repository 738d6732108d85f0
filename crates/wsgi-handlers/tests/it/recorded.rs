//! The recorded answers of CPython 3.15 to the application of `record_golden.py`, played through `ServerHandler`.
//!
//! Each case is the branch of that application and its answer. Where ours is another one, the case says why; the
//! lines of the log are CPython's with `Error:` for the name of the exception. Cases about parsing requests and making
//! environs are not played here: that is the server's business. `text`, `none` and `tuple-headers` are ruled out by
//! types.

use crate::played::{App, GET, get, play};
use std::io::{self, Read};
use wsgi_handlers::Outcome;
use wsgi_util::{
    AppError, Application, Body, Chunk, Environ, FileWrapper, ResponseIterable, StartResponse,
    setup_testing_defaults, validate,
};

const PLAIN: [(&str, &str); 1] = [("Content-Type", "text/plain")];
const NO_HEADERS: [(&str, &str); 0] = [];

/// What every head begins with.
const COMMON: &str = "Date: {date}\r\nServer: WSGIServer {version}\r\n";

/// The error page of `BaseHandler`.
const ERROR_PAGE: &str = "HTTP/1.0 500 Internal Server Error\r\nDate: {date}\r\nServer: WSGIServer {version}\r\n\
    Content-Type: text/plain\r\nContent-Length: 59\r\n\r\n\
    A server error occurred.  Please contact the administrator.";

/// Plays an application and compares the response, the log and the outcome.
#[track_caller]
fn check(app: impl App, response: &str, log: &[&str], outcome: Outcome) {
    let played = get(app);
    assert_eq!(played.out, response.replace("{common}", COMMON));
    assert_eq!(played.log.lines().collect::<Vec<_>>(), log);
    assert_eq!(played.outcome, Ok(outcome));
}

/// A whole response with a Content-Type.
#[track_caller]
fn check_plain(app: impl App, rest: &str, log: &str) {
    let response = format!("HTTP/1.0 200 OK\r\n{COMMON}Content-Type: text/plain\r\n{rest}");
    check(app, &response, &[log], Outcome::Complete);
}

/// The error page, after an error with these words.
#[track_caller]
fn check_error(app: impl App, message: &str) {
    check(app, ERROR_PAGE, &[&format!("Error: {message}"), "\"GET /\" 500 59"], Outcome::Complete);
}

/// An application that begins a response and returns a body.
fn returning(body: impl Fn() -> Body + Send + Sync) -> impl App {
    move |_, start_response| {
        start_response.start("200 OK", PLAIN)?;
        Ok(body())
    }
}

/// An application whose response is refused.
fn refused(status: &'static str, headers: &'static [(&str, &str)]) -> impl App {
    move |_, start_response| {
        start_response.start(status, headers.iter().copied())?;
        Ok("never\n".into())
    }
}

/// An iterable that reports its `close()`, and may fail after its pieces.
struct Tracked {
    chunks: Vec<&'static str>,
    fail: bool,
}

impl Tracked {
    fn body(chunks: &[&'static str], fail: bool) -> Body {
        Body::iterable(Tracked { chunks: chunks.to_vec(), fail })
    }
}

impl ResponseIterable for Tracked {
    fn next_chunk(
        &mut self,
        _: &mut Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        match self.chunks.pop() {
            Some(chunk) => Ok(Some(chunk.as_bytes().into())),
            None if self.fail => Err("while iterating".into()),
            None => Ok(None),
        }
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        Ok(environ.errors().write_all(b"close called\n")?)
    }
}

#[test]
fn hello() {
    check_plain(
        returning(|| "hello\n".into()),
        "Content-Length: 6\r\n\r\nhello\n",
        "\"GET /\" 200 6",
    );
}

#[test]
fn empty() {
    check_plain(returning(Body::empty), "Content-Length: 0\r\n\r\n", "\"GET /\" 200 0");
}

#[test]
fn two() {
    check_plain(returning(|| ["one\n", "two\n"].into()), "\r\none\ntwo\n", "\"GET /\" 200 8");
}

#[test]
fn tuple() {
    check_plain(
        returning(|| ["one item\n"].into()),
        "Content-Length: 9\r\n\r\none item\n",
        "\"GET /\" 200 9",
    );
}

#[test]
fn generator() {
    check_plain(returning(|| Body::iter(["one\n", "two\n"])), "\r\none\ntwo\n", "\"GET /\" 200 8");
}

#[test]
fn lazy_start() {
    let app = |_: &mut Environ<'_>, _: &mut dyn StartResponse| {
        let mut steps = 0;
        Ok(Body::from_fn(move |_, start_response| {
            steps += 1;
            if steps > 1 {
                return Ok(None);
            }
            start_response.start("200 OK", PLAIN)?;
            Ok(Some("late start\n"))
        }))
    };
    check_plain(app, "\r\nlate start\n", "\"GET /\" 200 11");
}

/// CPython sends the head with the empty piece, so its client gets half a response. PEP 3333: not before the first
/// non-empty one.
#[test]
fn empty_first() {
    let app = |_: &mut Environ<'_>, _: &mut dyn StartResponse| {
        let mut steps = 0;
        Ok(Body::from_fn(move |_, start_response| {
            steps += 1;
            start_response.start(if steps == 1 { "200 OK" } else { "202 Accepted" }, PLAIN)?;
            Ok(Some(if steps == 1 { "" } else { "never\n" }))
        }))
    };
    check_error(app, "Headers already set!");
}

#[test]
fn write() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", PLAIN)?.write(b"written\n")?;
        Ok("returned\n".into())
    };
    check_plain(app, "\r\nwritten\nreturned\n", "\"GET /\" 200 17");
}

#[test]
fn length() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [PLAIN[0], ("Content-Length", "6")])?;
        Ok("hello\n".into())
    };
    check_plain(app, "Content-Length: 6\r\n\r\nhello\n", "\"GET /\" 200 6");
}

/// CPython sends all six bytes. PEP 3333, "Handling the Content-Length Header": not more than were announced.
#[test]
fn short_length() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [PLAIN[0], ("Content-Length", "3")])?;
        Ok("hello\n".into())
    };
    check(
        app,
        "HTTP/1.0 200 OK\r\n{common}Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nhel",
        &[
            "Error: The body is longer than its Content-Length of 3, the rest was not sent",
            "\"GET /\" 200 3",
        ],
        Outcome::Complete,
    );
}

#[test]
fn own_headers() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start(
            "200 Fine",
            [("Server", "mine"), ("Date", "today"), ("X-A", "1"), ("x-a", "2")],
        )?;
        Ok("".into())
    };
    check(
        app,
        "HTTP/1.0 200 Fine\r\nServer: mine\r\nDate: today\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n",
        &["\"GET /\" 200 0"],
        Outcome::Complete,
    );
}

/// CPython adds `Content-Length: 0`. RFC 9110 §8.6: none in a 204.
#[test]
fn no_content() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("204 No Content", NO_HEADERS)?;
        Ok(Body::empty())
    };
    check(app, "HTTP/1.0 204 No Content\r\n{common}\r\n", &["\"GET /\" 204 0"], Outcome::Complete);
}

/// CPython adds a Content-Length and sends the body. RFC 9110 §15.4.5: a 304 ends with its head.
#[test]
fn not_modified() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("304 Not Modified", NO_HEADERS)?;
        Ok("unexpected body\n".into())
    };
    check(
        app,
        "HTTP/1.0 304 Not Modified\r\n{common}\r\n",
        &["\"GET /\" 304 0"],
        Outcome::Complete,
    );
}

#[test]
fn file() {
    let app = returning(|| FileWrapper::with_blksize(io::repeat(b'x').take(20000), 8192).into());
    check_plain(app, &format!("\r\n{}", "x".repeat(20000)), "\"GET /\" 200 20000");
}

#[test]
fn tracked() {
    check(
        returning(|| Tracked::body(&["one\n"], false)),
        "HTTP/1.0 200 OK\r\n{common}Content-Type: text/plain\r\n\r\none\n",
        &["\"GET /\" 200 4", "close called"],
        Outcome::Complete,
    );
}

#[test]
fn tracked_fail() {
    check(
        returning(|| Tracked::body(&["one\n"], true)),
        "HTTP/1.0 200 OK\r\n{common}Content-Type: text/plain\r\n\r\none\n",
        &["close called", "Error: while iterating"],
        Outcome::Failed,
    );
}

#[test]
fn tracked_fail_early() {
    check(
        returning(|| Tracked::body(&[], true)),
        ERROR_PAGE,
        &["close called", "Error: while iterating", "\"GET /\" 500 59"],
        Outcome::Complete,
    );
}

/// `raise` and `exit` of the recording: an error is an error.
#[test]
fn raise() {
    check_error(|_, _| Err("from the application".into()), "from the application");
}

#[test]
fn replace() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", PLAIN)?;
        start_response.restart("500 Replaced", [("X-New", "1")], "early")?;
        Ok("replaced\n".into())
    };
    check(
        app,
        "HTTP/1.0 500 Replaced\r\n{common}X-New: 1\r\nContent-Length: 9\r\n\r\nreplaced\n",
        &["\"GET /\" 500 9"],
        Outcome::Complete,
    );
}

#[test]
fn replace_late() {
    let app = |_: &mut Environ<'_>, _: &mut dyn StartResponse| {
        let mut steps = 0;
        Ok(Body::from_fn(move |_, start_response| {
            steps += 1;
            if steps == 1 {
                start_response.start("200 OK", PLAIN)?;
                return Ok(Some("sent\n"));
            }
            start_response.restart("500 Replaced", [("X-New", "1")], "late")?;
            Ok(Some("never\n"))
        }))
    };
    check(
        app,
        "HTTP/1.0 200 OK\r\n{common}Content-Type: text/plain\r\n\r\nsent\n",
        &["Error: late"],
        Outcome::Failed,
    );
}

#[test]
fn twice() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", PLAIN)?;
        start_response.start("201 Created", PLAIN)?;
        Ok("never\n".into())
    };
    check_error(app, "Headers already set!");
}

#[test]
fn no_start() {
    check_error(|_, _| Ok("never\n".into()), "write() before start_response()");
}

/// CPython's words are an accident: `'NoneType' object has no attribute 'setdefault'`.
#[test]
fn no_start_empty() {
    check_error(
        |_, _| Ok(Body::empty()),
        "start_response() was not called before the end of the body",
    );
}

#[test]
fn short_status() {
    check_error(refused("200", &PLAIN), "Status must be at least 4 characters");
}

#[test]
fn word_status() {
    check_error(refused("abc OK", &PLAIN), "Status message must begin w/3-digit code");
}

#[test]
fn tight_status() {
    check_error(refused("200OK", &PLAIN), "Status message must have a space after code");
}

#[test]
fn control_status() {
    check_error(refused("200 O\nK", &PLAIN), "Control characters are not allowed in status");
}

#[test]
fn control_value() {
    let played = get(refused("200 OK", &[("X-A", "a\r\nb: c")]));
    assert_eq!(played.out, ERROR_PAGE);
    assert!(
        played.log.starts_with("Error: Control characters not allowed in headers"),
        "{}",
        played.log
    );
}

#[test]
fn tab_value() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("X-A", "a\tb")])?;
        Ok("tab\n".into())
    };
    check(
        app,
        "HTTP/1.0 200 OK\r\n{common}X-A: a\tb\r\nContent-Length: 4\r\n\r\ntab\n",
        &["\"GET /\" 200 4"],
        Outcome::Complete,
    );
}

#[test]
fn hop() {
    check_error(
        refused("200 OK", &[("Connection", "close")]),
        "Hop-by-hop header, 'Connection: close', not allowed",
    );
}

#[test]
fn body() {
    let app = |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        let data = environ.input().read_n(4)?;
        start_response.start("200 OK", PLAIN)?;
        Ok(format!("read b'{}'\n", data.escape_ascii()).into())
    };
    let environ =
        [("REQUEST_METHOD", "POST"), ("SERVER_PROTOCOL", "HTTP/1.0"), ("CONTENT_LENGTH", "4")];
    let played = play(app, environ, &b"data, and the next request"[..]);
    let head = format!(
        "HTTP/1.0 200 OK\r\n{COMMON}Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
    );
    assert_eq!(played.out, format!("{head}read b'data'\n"));
    assert_eq!(played.log, "\"GET /\" 200 13\n");
}

/// CPython sends the body. RFC 9110 §9.3.2: the response to HEAD ends with its head.
#[test]
fn head() {
    let environ = [("REQUEST_METHOD", "HEAD"), ("SERVER_PROTOCOL", "HTTP/1.0")];
    let played = play(returning(|| "hello\n".into()), environ, io::empty());
    let head =
        format!("HTTP/1.0 200 OK\r\n{COMMON}Content-Type: text/plain\r\nContent-Length: 6\r\n\r\n");
    assert_eq!(played.out, head);
    assert_eq!(played.log, "\"GET /\" 200 0\n");
    assert_eq!(played.outcome, Ok(Outcome::Complete));
}

/// `0.9-explicit` of the recording: a client of HTTP/0.9 gets the body only.
#[test]
fn http_0_9() {
    let environ = [("REQUEST_METHOD", "GET"), ("SERVER_PROTOCOL", "HTTP/0.9")];
    let played = play(returning(|| "hello\n".into()), environ, io::empty());
    assert_eq!(played.out, "hello\n");
    assert_eq!(played.log, "\"GET /\" 200 6\n");
}

/// The validator hides the length of the body, so no Content-Length can be computed.
#[test]
fn validated() {
    let app = validate::validator(returning(|| "hello\n".into()));
    let mut environ = Environ::from(GET);
    setup_testing_defaults(&mut environ);
    environ.insert("QUERY_STRING", "");
    let app = move |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        app.call(environ, start_response)
    };
    let played = play(app, environ, io::empty());
    assert_eq!(
        played.out,
        format!("HTTP/1.0 200 OK\r\n{COMMON}Content-Type: text/plain\r\n\r\nhello\n")
    );
    assert_eq!(played.log, "\"GET /\" 200 6\n");
}
