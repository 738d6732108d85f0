//! `start_response`, `write` and `exc_info`: what PEP 3333 demands beyond the recorded cases.

use crate::played::{get, play};
use std::io;
use wsgi_handlers::{Misuse, Outcome};
use wsgi_util::{AppError, Body, Chunk, Environ, ResponseIterable, StartResponse};

const NO_HEADERS: [(&str, &str); 0] = [];

/// The first line of the log of an application whose response was refused.
#[track_caller]
fn refusal(status: &str, headers: &[(&str, &str)]) -> String {
    let played = get(|_, start_response| {
        start_response.start(status, headers.iter().copied())?;
        Ok("never\n".into())
    });
    assert!(played.out.starts_with("HTTP/1.0 500 Internal Server Error\r\n"), "{}", played.out);
    assert!(!played.out.contains("never"), "{}", played.out);
    played.log.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn statuses_are_checked_in_order() {
    let table = [
        ("", "Status must be at least 4 characters"),
        ("2\t", "Control characters are not allowed in status"),
        ("200\t", "Control characters are not allowed in status"),
        ("200 \u{7f}", "Control characters are not allowed in status"),
        ("\u{661}\u{662}\u{663} OK", "Status message must begin w/3-digit code"),
        ("099 OK", "Status message must begin w/3-digit code"),
        ("200\u{a0}OK", "Status message must have a space after code"),
        ("200 \u{20ac}", "Status must be latin-1 text (got \"200 \u{20ac}\")"),
    ];
    for (status, message) in table {
        assert_eq!(refusal(status, &[]), format!("Error: {message}"), "{status:?}");
    }
}

#[test]
fn a_reason_may_be_empty_or_latin1() {
    let played = get(|_, start_response| {
        start_response.start("299 ", [("X-Name", "caf\u{e9}")])?;
        Ok(Body::empty())
    });
    assert!(played.out.starts_with("HTTP/1.0 299 \r\n"), "{}", played.out);
    assert!(played.out.contains("\r\nX-Name: caf\u{e9}\r\n"), "{}", played.out);
    let played = get(|_, start_response| {
        start_response.start("299 caf\u{e9}", NO_HEADERS)?;
        Ok(Body::empty())
    });
    assert!(played.out.starts_with("HTTP/1.0 299 caf\u{e9}\r\n"), "{}", played.out);
}

#[test]
fn headers_of_the_connection_are_refused() {
    let names = [
        "Connection",
        "keep-alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "trailers",
        "TRANSFER-ENCODING",
        "Upgrade",
    ];
    for name in names {
        let expected = format!("Error: Hop-by-hop header, '{name}: x', not allowed");
        assert_eq!(refusal("200 OK", &[("Content-Type", "text/plain"), (name, "x")]), expected);
    }
}

#[test]
fn headers_that_two_readers_could_read_differently_are_refused() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[("", "x")], "Header name \"\" is not a token"),
        (&[("X-A:", "x")], "Header name \"X-A:\" is not a token"),
        (&[("X A", "x")], "Header name \"X A\" is not a token"),
        (&[("X-\u{e9}", "x")], "Header name \"X-\u{e9}\" is not a token"),
        (&[("X-A", "\u{20ac}")], "Headers must be latin-1 text (got 'X-A: \u{20ac}')"),
        (
            &[("Status", "404 No")],
            "Header 'Status' is not allowed, the status is an argument of its own",
        ),
        (&[("Content-Length", "+1")], "Content-Length must be one decimal number (got \"+1\")"),
        (&[("Content-Length", "")], "Content-Length must be one decimal number (got \"\")"),
        (&[("Content-Length", "1, 1")], "Content-Length must be one decimal number (got \"1, 1\")"),
        (
            &[("Content-Length", "99999999999999999999")],
            "Content-Length must be one decimal number (got \"99999999999999999999\")",
        ),
        (
            &[("Content-Length", "1"), ("content-length", "2")],
            "Content-Length must be one decimal number (got \"2\")",
        ),
        (
            &[("Content-Length", "1"), ("Content-Length", "1")],
            "Content-Length must be one decimal number (got \"1\")",
        ),
    ];
    for (headers, message) in table {
        assert_eq!(refusal("200 OK", headers), format!("Error: {message}"));
    }
}

/// CPython keeps the refused status, so that the second call fails with `Headers already set!`.
#[test]
fn a_refused_call_changes_nothing() {
    let played = get(|_, start_response| {
        let error = start_response.start("200OK", NO_HEADERS).err().expect("refused");
        assert_eq!(error.downcast_ref(), Some(&Misuse::StatusWithoutSpace));
        start_response.start("200 OK", [("Date", "today")])?;
        let error = start_response.restart("nonsense", NO_HEADERS, "why").err().expect("refused");
        assert_eq!(error.downcast_ref(), Some(&Misuse::StatusWithoutCode));
        Ok("the first\n".into())
    });
    assert!(played.out.starts_with("HTTP/1.0 200 OK\r\n"), "{}", played.out);
    assert!(played.out.ends_with("\r\n\r\nthe first\n"), "{}", played.out);
}

/// CPython adds the Content-Length to the application's own list (gh-127522).
#[test]
fn the_headers_of_the_caller_are_not_changed() {
    static HEADERS: [(&str, &str); 1] = [("Date", "today")];
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", HEADERS)?;
        Ok("hello\n".into())
    };
    let expected = "HTTP/1.0 200 OK\r\nServer: WSGIServer {version}\r\nDate: today\r\nContent-Length: 6\r\n\r\nhello\n";
    assert_eq!(get(app).out, expected);
    assert_eq!(get(app).out, expected);
}

/// PEP 3333: "the headers must be replaced"; nothing of the first ones is left.
#[test]
fn exc_info_replaces_everything_that_was_not_sent() {
    let played = get(|_, start_response| {
        start_response.start("200 OK", [("Content-Length", "1000"), ("Set-Cookie", "a=1")])?;
        start_response.write(b"")?;
        start_response.restart("503 Later", [("Date", "today")], io::Error::other("why"))?;
        Ok("later\n".into())
    });
    assert_eq!(
        played.out,
        "HTTP/1.0 503 Later\r\nServer: WSGIServer {version}\r\nDate: today\r\nContent-Length: 6\r\n\r\nlater\n"
    );
}

#[test]
fn exc_info_may_come_first() {
    let played = get(|_, start_response| {
        start_response.restart("500 Oops", [("Date", "today")], "why")?;
        Ok("oops\n".into())
    });
    assert!(played.out.starts_with("HTTP/1.0 500 Oops\r\n"), "{}", played.out);
}

/// The very error that was handed in comes back, and an application that returns it cuts its response.
#[test]
fn exc_info_comes_back_when_the_headers_are_sent() {
    #[derive(Debug, thiserror::Error)]
    #[error("number {0}")]
    struct Numbered(u32);

    let played = get(|_, start_response| {
        start_response.start("200 OK", NO_HEADERS)?.write(b"sent")?;
        let error: AppError =
            start_response.restart("500 Oops", NO_HEADERS, Numbered(7)).err().expect("given back");
        assert_eq!(error.downcast_ref::<Numbered>().map(|error| error.0), Some(7));
        Err(error)
    });
    assert!(played.out.ends_with("\r\n\r\nsent"), "{}", played.out);
    assert_eq!(played.log, "Error: number 7\n");
    assert_eq!(played.outcome, Ok(Outcome::Failed));
}

#[test]
fn starting_again_after_the_headers_were_sent_is_refused() {
    let played = get(|_, start_response| {
        start_response.start("200 OK", NO_HEADERS)?.write(b"sent")?;
        start_response.start("200 OK", NO_HEADERS)?;
        Ok(Body::empty())
    });
    assert_eq!(played.log, "Error: Headers already set!\n");
    assert_eq!(played.outcome, Ok(Outcome::Failed));
}

#[test]
fn write_before_start_response_is_refused() {
    let played = get(|_, start_response| {
        let error = start_response.write(b"early").unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Misuse::WriteBeforeStart));
        start_response.start("200 OK", [("Date", "today")])?;
        Ok("late".into())
    });
    assert!(played.out.ends_with("Content-Length: 4\r\n\r\nlate"), "{}", played.out);
}

/// Empty pieces send no head, so the length of the only real one can still be told.
#[test]
fn empty_pieces_do_not_count() {
    let played = get(|_, start_response| {
        start_response.start("200 OK", [("Date", "today")])?.write(b"")?;
        Ok("one".into())
    });
    assert!(played.out.ends_with("Date: today\r\nContent-Length: 3\r\n\r\none"), "{}", played.out);

    // A generator may yield nothing before it begins its response.
    let played = get(|_, _| {
        let mut steps = 0;
        Ok(Body::from_fn(move |_, start_response| {
            steps += 1;
            if steps == 2 {
                start_response.start("200 OK", [("Date", "today")])?;
            }
            Ok(["", "late"].get(steps - 1).copied())
        }))
    });
    assert!(played.out.ends_with("Date: today\r\n\r\nlate"), "{}", played.out);
    assert_eq!(played.outcome, Ok(Outcome::Complete));
}

/// A body of one piece that writes as well has more than one piece. CPython announces the size of the first.
#[test]
fn what_a_body_writes_is_not_all_of_it() {
    struct One(bool);
    impl ResponseIterable for One {
        fn next_chunk(
            &mut self,
            _: &mut Environ<'_>,
            start_response: &mut dyn StartResponse,
        ) -> Result<Option<Chunk>, AppError> {
            if !std::mem::take(&mut self.0) {
                return Ok(None);
            }
            start_response.write(b"one, ")?;
            Ok(Some(b"two".into()))
        }
        fn size_hint(&self) -> Option<usize> {
            Some(self.0.into())
        }
    }
    let played = get(|_, start_response| {
        start_response.start("200 OK", [("Date", "today")])?;
        Ok(Body::iterable(One(true)))
    });
    assert!(played.out.ends_with("Date: today\r\n\r\none, two"), "{}", played.out);
    assert_eq!(played.log, "\"GET /\" 200 8\n");
}

#[test]
fn a_body_that_ends_early_is_reported() {
    let played = get(|_, start_response| {
        start_response.start("200 OK", [("Content-Length", "10")])?;
        Ok(["abc", "def"].into())
    });
    assert!(played.out.ends_with("\r\n\r\nabcdef"), "{}", played.out);
    assert_eq!(
        played.log,
        "Error: The body ended after 6 of the 10 bytes of its Content-Length\n\"GET /\" 200 6\n"
    );
    assert_eq!(played.outcome, Ok(Outcome::TooShort { declared: 10, sent: 6 }));

    let played = get(|_, start_response| {
        start_response.start("200 OK", [("Content-Length", "10")])?;
        Ok(Body::empty())
    });
    assert_eq!(played.outcome, Ok(Outcome::TooShort { declared: 10, sent: 0 }));
}

/// PEP 3333: a server should stop iterating when enough was sent; this body would never end.
#[test]
fn a_body_that_goes_on_is_cut() {
    let played = get(|_, start_response| {
        start_response.start("200 OK", [("Content-Length", "5")])?;
        Ok(Body::iter(std::iter::repeat("abc")))
    });
    assert!(played.out.ends_with("\r\n\r\nabcab"), "{}", played.out);
    assert_eq!(
        played.log,
        "Error: The body is longer than its Content-Length of 5, the rest was not sent\n\"GET /\" 200 5\n"
    );
    assert_eq!(played.outcome, Ok(Outcome::Complete));
}

#[test]
fn what_is_written_past_the_content_length_is_cut() {
    let played = get(|_, start_response| {
        let write = start_response.start("200 OK", [("Content-Length", "3")])?;
        write.write(b"ab")?;
        write.write(b"cd")?;
        write.write(b"ef")?;
        Ok(Body::empty())
    });
    assert!(played.out.ends_with("\r\n\r\nabc"), "{}", played.out);
    assert!(
        played.log.starts_with("Error: The body is longer than its Content-Length of 3"),
        "{}",
        played.log
    );
}

/// RFC 9110 §8.6: no Content-Length in 1xx and 204, not even the application's; §15.4.5: a 304 may have it.
#[test]
fn responses_without_a_body() {
    let table = [
        (
            "204 No Content",
            "HTTP/1.0 204 No Content\r\nServer: WSGIServer {version}\r\nDate: today\r\n\r\n",
        ),
        (
            "103 Early Hints",
            "HTTP/1.0 103 Early Hints\r\nServer: WSGIServer {version}\r\nDate: today\r\n\r\n",
        ),
        (
            "304 Not Modified",
            "HTTP/1.0 304 Not Modified\r\nServer: WSGIServer {version}\r\nDate: today\r\nContent-Length: 6\r\n\r\n",
        ),
    ];
    for (status, expected) in table {
        let played = get(|_, start_response| {
            start_response.start(status, [("Date", "today"), ("Content-Length", "6")])?;
            Ok("abcdef".into())
        });
        assert_eq!(played.out, expected);
        assert_eq!(played.outcome, Ok(Outcome::Complete), "{status}");
        assert!(played.log.ends_with(" 0\n"), "{}", played.log);
    }
}

/// Nobody would notice that a body that is not sent never ends; the iteration stops with the head.
#[test]
fn an_endless_body_does_not_keep_a_head_request() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Date", "today")])?;
        Ok(Body::iter(std::iter::repeat("event\n")))
    };
    let played = play(app, [("REQUEST_METHOD", "HEAD")], io::empty());
    assert_eq!(
        played.out,
        "HTTP/1.0 200 OK\r\nServer: WSGIServer {version}\r\nDate: today\r\n\r\n"
    );
    assert_eq!(played.outcome, Ok(Outcome::Complete));
}

/// A HEAD response without a length is not given a wrong one.
#[test]
fn head_without_a_length() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Date", "today")])?;
        Ok(Body::empty())
    };
    let played = play(app, [("REQUEST_METHOD", "HEAD")], io::empty());
    assert_eq!(
        played.out,
        "HTTP/1.0 200 OK\r\nServer: WSGIServer {version}\r\nDate: today\r\n\r\n"
    );
}

/// A stream may go on with the next request: only one of unknown length is read to its end.
#[test]
fn a_length_that_is_no_number_is_no_licence_to_read_on() {
    let app = |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        let length = environ.get("CONTENT_LENGTH").unwrap_or_default().into_owned();
        assert_eq!(environ.input_terminated(), !length.is_empty(), "{length:?}");
        let mut body = Vec::new();
        io::Read::read_to_end(environ.input(), &mut body)?;
        start_response.start("200 OK", [("Date", "today")])?;
        Ok(body.into())
    };
    let table =
        [("", "abc"), ("0", ""), ("2", "ab"), ("-1", ""), ("+2", ""), (" 2", ""), ("2,2", "")];
    for (length, expected) in table {
        let played = play(app, [("CONTENT_LENGTH", length)], &b"abc"[..]);
        let body = played.out.split("\r\n\r\n").nth(1);
        assert_eq!(body, Some(expected), "{length:?}");
    }
    let played = play(app, [("CONTENT_LENGTH", "99999999999999999999")], &b"abc"[..]);
    assert!(played.log.starts_with("Error: the request body ended after 3 of "), "{}", played.log);
}

#[test]
fn input_that_is_cut_short_is_an_error_of_the_application() {
    let app = |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        let mut body = Vec::new();
        io::Read::read_to_end(environ.input(), &mut body)?;
        start_response.start("200 OK", NO_HEADERS)?;
        Ok("never\n".into())
    };
    let played = play(app, [("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", "10")], &b"abc"[..]);
    assert!(played.out.starts_with("HTTP/1.0 500 "), "{}", played.out);
    assert!(
        played.log.starts_with("Error: the request body ended after 3 of 10 bytes\n"),
        "{}",
        played.log
    );
}
