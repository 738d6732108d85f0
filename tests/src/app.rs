//! The WSGI application of the recorded cases (`APP` of `golden/record_golden.py`): one small behaviour per path.
//!
//! Where the Python application does what Rust's types rule out, the closest thing they allow stands in its place.

use std::io::Cursor;

use http_server::repr::bytes_repr;
use wsgi_util::{
    AppError, AppResult, Body, Chunk, Environ, EnvironValue, FileWrapper, ResponseIterable,
    StartResponse,
};

use crate::ascii::ascii;

const PLAIN: [(&str, &str); 1] = [("Content-Type", "text/plain")];
const NO_HEADERS: [(&str, &str); 0] = [];

/// Answers by path.
///
/// # Errors
///
/// Where the path asks for one.
pub fn app(environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    let path = environ.get("PATH_INFO").unwrap_or_default().trim_matches('/').to_owned();
    match path.as_str() {
        "own-headers" => {
            let headers = [("Server", "mine"), ("Date", "today"), ("X-A", "1"), ("x-a", "2")];
            start_response.start("200 Fine", headers)?;
            Ok("".into())
        }
        "no-content" => {
            start_response.start("204 No Content", NO_HEADERS)?;
            Ok(Body::empty())
        }
        "not-modified" => {
            start_response.start("304 Not Modified", NO_HEADERS)?;
            Ok("unexpected body\n".into())
        }
        "length" => {
            start_response.start("200 OK", [PLAIN[0], ("Content-Length", "6")])?;
            Ok("hello\n".into())
        }
        "short-length" => {
            start_response.start("200 OK", [PLAIN[0], ("Content-Length", "3")])?;
            Ok("hello\n".into())
        }
        "raise" => Err("from the application".into()),
        "exit" => Err("exit".into()),
        "no-start" => Ok("never\n".into()),
        "no-start-empty" => Ok(Body::empty()),
        "lazy-start" => Ok(lazy_start()),
        "empty-first" => Ok(empty_first()),
        "replace-late" => Ok(replace_late()),
        "short-status" => never(start_response, "200", &PLAIN),
        "word-status" => never(start_response, "abc OK", &PLAIN),
        "tight-status" => never(start_response, "200OK", &PLAIN),
        "control-status" => never(start_response, "200 O\nK", &PLAIN),
        "control-value" => never(start_response, "200 OK", &[("X-A", "a\r\nb: c")]),
        "hop" => never(start_response, "200 OK", &[("Connection", "close")]),
        // Any sequence of pairs will do in Rust, so what Python calls a tuple is no error.
        "tuple-headers" => never(start_response, "200 OK", &PLAIN),
        "tab-value" => {
            start_response.start("200 OK", [("X-A", "a\tb")])?;
            Ok("tab\n".into())
        }
        "body" => body(environ, start_response),
        name => plain(name, environ, start_response),
    }
}

/// The paths that begin an ordinary response; any other path shows the environ.
fn plain(
    path: &str,
    environ: &mut Environ<'_>,
    start_response: &mut dyn StartResponse,
) -> AppResult {
    let start = start_response.start("200 OK", PLAIN)?;
    match path {
        "hello" => Ok("hello\n".into()),
        "empty" => Ok(Body::empty()),
        "two" => Ok(["one\n", "two\n"].into()),
        "tuple" => Ok(["one item\n"].into()),
        "generator" => Ok(Body::iter(["one\n", "two\n"])),
        "write" => {
            start.write(b"written\n")?;
            Ok("returned\n".into())
        }
        "file" => Ok(FileWrapper::with_blksize(Cursor::new(vec![b'x'; 20000]), 8192).into()),
        "tracked" => Ok(tracked(&["one\n"], false)),
        "tracked-fail" => Ok(tracked(&["one\n"], true)),
        "tracked-fail-early" => Ok(tracked(&[], true)),
        "replace" => {
            start.restart("500 Replaced", [("X-New", "1")], "early")?;
            Ok("replaced\n".into())
        }
        "twice" => {
            start.start("201 Created", PLAIN)?;
            Ok("never\n".into())
        }
        // Text is as good as bytes in Rust.
        "text" => Ok("text, not bytes\n".into()),
        // There is no `None` among the bodies; the default is the empty one.
        "none" => Ok(Body::default()),
        _ => Ok(shown(environ).into()),
    }
}

/// Begins a response that is refused.
fn never(
    start_response: &mut dyn StartResponse,
    status: &str,
    headers: &[(&str, &str)],
) -> AppResult {
    start_response.start(status, headers.iter().copied())?;
    Ok("never\n".into())
}

fn body(environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    let length = environ.get("CONTENT_LENGTH").and_then(|length| length.parse().ok()).unwrap_or(0);
    let data = environ.input().read_n(length)?;
    start_response.start("200 OK", PLAIN)?;
    Ok(format!("read {}\n", bytes_repr(&data)).into())
}

/// Sorted environ; objects appear by their role only.
fn shown(environ: &Environ<'_>) -> String {
    let line = |(key, value): (String, EnvironValue)| match value {
        EnvironValue::Str(text) => format!("{key} = {}\n", ascii(&text)),
        EnvironValue::Object(_) => format!("{key} = <object>\n"),
        simple => format!("{key} = {simple}\n"),
    };
    environ.items().into_iter().map(line).collect()
}

/// A generator that begins the response in its first step.
fn lazy_start() -> Body {
    let mut chunks = ["late start\n"].into_iter();
    Body::from_fn(move |_, start_response| {
        if chunks.len() == 1 {
            start_response.start("200 OK", PLAIN)?;
        }
        Ok(chunks.next())
    })
}

/// A generator whose first piece is empty, and which then begins the response again.
fn empty_first() -> Body {
    let mut chunks = ["", "never\n"].into_iter();
    Body::from_fn(move |_, start_response| {
        match chunks.len() {
            2 => start_response.start("200 OK", PLAIN)?,
            1 => start_response.start("202 Accepted", PLAIN)?,
            _ => return Ok(None),
        };
        Ok(chunks.next())
    })
}

/// A generator that wants to replace the response when its beginning is already sent.
fn replace_late() -> Body {
    let mut chunks = ["sent\n", "never\n"].into_iter();
    Body::from_fn(move |_, start_response| {
        match chunks.len() {
            2 => start_response.start("200 OK", PLAIN)?,
            1 => start_response.restart("500 Replaced", [("X-New", "1")], "late")?,
            _ => return Ok(None),
        };
        Ok(chunks.next())
    })
}

fn tracked(chunks: &'static [&'static str], fail: bool) -> Body {
    Body::iterable(Tracked { chunks, fail })
}

/// An iterable that reports its `close()` on `wsgi.errors`, and may fail after its last piece.
struct Tracked {
    chunks: &'static [&'static str],
    fail: bool,
}

impl ResponseIterable for Tracked {
    fn next_chunk(
        &mut self,
        _environ: &mut Environ<'_>,
        _start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        match self.chunks.split_first() {
            Some((first, rest)) => {
                self.chunks = rest;
                Ok(Some(first.as_bytes().into()))
            }
            None if self.fail => Err("while iterating".into()),
            None => Ok(None),
        }
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        writeln!(environ.errors(), "close called")?;
        Ok(())
    }
}
