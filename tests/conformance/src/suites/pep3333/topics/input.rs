//! `wsgi.input`: every kind of read, and where it ends.

use std::io::Result;

use super::super::request::Request;
use super::super::scenario::{Client, Place, Scenario, plain, scenario};
use crate::Level::{Must, Should};
use wsgi_util::{Body, InputStream};

const STREAMS: &str = "Input and Error Streams";
const EXPECT: &str = "HTTP 1.1 Expect/Continue";

/// What each read of an application gave, as text.
type Reads = Result<Vec<Vec<u8>>>;

/// A scenario whose application reads and answers what each read gave, with `|` behind it.
fn reading(
    name: &'static str,
    about: &'static str,
    request: Request,
    read: impl Fn(&mut dyn InputStream) -> Reads + Send + Sync + 'static,
    expected: &'static str,
) -> Scenario {
    scenario(name, STREAMS, Must, about)
        .request(request)
        .app(move |_, environ, start_response| {
            let reads = read(environ.input())?;
            plain(start_response)?;
            let answer = reads.iter().flat_map(|read| [&read[..], b"|"].concat());
            Ok(answer.collect::<Vec<_>>().into())
        })
        .expect(move |played| played.ok(expected))
}

fn all(input: &mut dyn InputStream) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    input.read_to_end(&mut all)?;
    Ok(all)
}

pub(super) fn scenarios() -> Vec<Scenario> {
    let lines = || Request::post("one\ntwo\n\nthree");
    [
        vec![
            reading(
                "input/read",
                "read() gives the whole body and ends with it",
                lines(),
                |input| Ok(vec![all(input)?]),
                "one\ntwo\n\nthree|",
            ),
            reading(
                "input/read-size",
                "read(size) gives that many bytes, fewer only at the end",
                lines(),
                |input| Ok(vec![input.read_n(5)?, input.read_n(7)?, input.read_n(5)?]),
                "one\nt|wo\n\nthr|ee|",
            ),
            reading(
                "input/read-nothing",
                "read(0) gives nothing, and takes nothing",
                lines(),
                |input| {
                    Ok(vec![input.read_n(0)?, input.read_n(3)?, input.read_n(0)?, input.read_n(1)?])
                },
                "|one||\n|",
            ),
            reading(
                "input/read-more-than-there-is",
                "read(size) with a size beyond the body gives the body, and does not wait for more",
                lines(),
                |input| Ok(vec![input.read_n(1_000_000)?]),
                "one\ntwo\n\nthree|",
            ),
            reading(
                "input/end-stays-the-end",
                "Every read at the end gives nothing, however often",
                lines(),
                |input| {
                    let body = all(input)?;
                    Ok(vec![
                        body,
                        input.read_n(9)?,
                        input.readline(None)?,
                        all(input)?,
                        input.read_n(1)?,
                    ])
                },
                "one\ntwo\n\nthree|||||",
            ),
            reading(
                "input/readline",
                "readline() gives a line with its end; the last one has none",
                lines(),
                |input| (0..6).map(|_| input.readline(None)).collect(),
                "one\n|two\n|\n|three|||",
            ),
            reading(
                "input/readline-size",
                "readline(size) gives at most so many bytes of the line",
                lines(),
                |input| {
                    [2, 2, 9, 9, 0, 9].into_iter().map(|size| input.readline(Some(size))).collect()
                },
                "on|e\n|two\n|\n||three|",
            ),
            reading(
                "input/readlines",
                "readlines() gives the remaining lines with their ends",
                lines(),
                |input| {
                    let first = input.readline(None)?;
                    let mut lines = input.readlines(None)?;
                    lines.insert(0, first);
                    Ok(lines)
                },
                "one\n|two\n|\n|three|",
            ),
            reading(
                "input/readlines-hint",
                "readlines(hint) gives no further lines once it has so many bytes",
                lines(),
                |input| {
                    let mut lines = input.readlines(Some(5))?;
                    lines.push(b"and".to_vec());
                    lines.extend(input.readlines(None)?);
                    Ok(lines)
                },
                "one\n|two\n|and|\n|three|",
            ),
            reading(
                "input/iteration",
                "Iterating gives line by line",
                lines(),
                |input| input.iter().collect(),
                "one\n|two\n|\n|three|",
            ),
            reading(
                "input/mixed",
                "All kinds of reading go on where the last one ended",
                Request::post("0123456789\nabc\ndef"),
                |input| {
                    Ok(vec![
                        input.read_n(3)?,
                        input.readline(None)?,
                        input.readline(Some(2))?,
                        all(input)?,
                    ])
                },
                "012|3456789\n|ab|c\ndef|",
            ),
            reading(
                "input/no-body",
                "The input of a request without a body is at its end from the start",
                Request::get("/"),
                |input| Ok(vec![all(input)?, input.readline(None)?]),
                "||",
            ),
            reading(
                "input/empty-body",
                "The input of an empty body is at its end from the start",
                Request::post(""),
                |input| Ok(vec![input.readline(None)?, all(input)?]),
                "||",
            ),
            reading(
                "input/large",
                "A body that fits no buffer arrives whole",
                Request::post(large()),
                |input| {
                    let body = all(input)?;
                    Ok(vec![(body == large()).to_string().into_bytes()])
                },
                "true|",
            ),
            reading(
                "input/large-in-pieces",
                "A body that fits no buffer can be read in pieces of any size",
                Request::post(large()),
                |input| {
                    let mut body = Vec::new();
                    for size in [1, 10, 100_000, 7, 65_536, 1_000_000] {
                        body.extend(input.read_n(size)?);
                    }
                    Ok(vec![(body == large()).to_string().into_bytes()])
                },
                "true|",
            ),
            reading(
                "input/any-byte",
                "The input is bytes, all 256 of them, as they came",
                Request::post((0..=255).collect::<Vec<u8>>()),
                |input| {
                    let same = all(input)? == (0..=255).collect::<Vec<u8>>();
                    Ok(vec![same.to_string().into_bytes()])
                },
                "true|",
            ),
        ],
        chunked(),
        boundaries(),
        later(),
        expect_continue(),
    ]
    .concat()
}

fn large() -> Vec<u8> {
    (0..200_000_u32).map(|n| (n % 251) as u8).collect()
}

/// The same of a chunked body, of which nobody knows the length before its end.
fn chunked() -> Vec<Scenario> {
    let lines = || Request::post("one\ntwo\n\nthree");
    [
        reading(
            "input/chunked-read",
            "read() gives the content of a chunked body, without the chunks",
            lines().chunked(4),
            |input| Ok(vec![all(input)?, input.read_n(1)?]),
            "one\ntwo\n\nthree||",
        ),
        reading(
            "input/chunked-read-size",
            "read(size) of a chunked body gives that many bytes, wherever chunks end",
            lines().chunked(3),
            |input| Ok(vec![input.read_n(5)?, input.read_n(7)?, input.read_n(50)?]),
            "one\nt|wo\n\nthr|ee|",
        ),
        reading(
            "input/chunked-readline",
            "readline() of a chunked body gives whole lines, wherever chunks end",
            lines().chunked(1),
            |input| (0..5).map(|_| input.readline(None)).collect(),
            "one\n|two\n|\n|three||",
        ),
        reading(
            "input/chunked-readlines",
            "readlines() of a chunked body gives all its lines",
            lines().chunked(6),
            |input| input.readlines(None),
            "one\n|two\n|\n|three|",
        ),
        reading(
            "input/chunked-empty",
            "The input of an empty chunked body is at its end",
            Request::post("").chunked(1),
            |input| Ok(vec![all(input)?]),
            "|",
        ),
        reading(
            "input/chunked-large",
            "A chunked body that fits no buffer arrives whole",
            Request::post(large()).chunked(4093),
            |input| Ok(vec![(all(input)? == large()).to_string().into_bytes()]),
            "true|",
        ),
    ]
    .map(|scenario| scenario.only(Place::Sockets))
    .into()
}

/// Where one request ends and the next begins.
fn boundaries() -> Vec<Scenario> {
    vec![
        reading(
            "input/ends-before-the-next-request",
            "The input ends with the body, although the bytes of the next request are there",
            Request::post("body"),
            |input| Ok(vec![all(input)?, input.read_n(10)?, input.readline(None)?]),
            "body|||",
        )
        .client(Client::Pipelines)
        .only(Place::Sockets),
        scenario(
            "input/unread",
            STREAMS,
            Must,
            "A body that the application does not read is not taken for the next request",
        )
        .request(Request::post("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"))
        .client(Client::Pipelines)
        .only(Place::Sockets)
        .expect(|played| played.ok("hello")),
        scenario(
            "input/unread-large",
            STREAMS,
            Must,
            "The answer arrives whole although a large body was not read",
        )
        .request(Request::post(vec![b'x'; 3_000_000]))
        .only(Place::Sockets)
        .expect(|played| played.ok("hello")),
        reading(
            "input/partly-read",
            "What the application leaves of a body is not taken for the next request",
            Request::post("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
            |input| Ok(vec![input.readline(Some(4))?]),
            "GET |",
        )
        .client(Client::Pipelines)
        .only(Place::Sockets),
        reading(
            "input/chunked-partly-read",
            "What the application leaves of a chunked body is not taken for the next request",
            Request::post("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n").chunked(10),
            |input| Ok(vec![input.read_n(4)?]),
            "GET |",
        )
        .only(Place::Sockets),
        reading(
            "input/of-each-request",
            "The second request on a connection has its own body",
            Request::post("body"),
            |input| Ok(vec![input.read_n(2)?]),
            "bo|",
        )
        .client(Client::Repeats)
        .only(Place::Sockets),
        scenario(
            "input/cut-short",
            STREAMS,
            Must,
            "A body that the client breaks off is an error for who reads it, never a shorter body",
        )
        .request(Request::post("twelve bytes"))
        .client(Client::CutsTheBody)
        .only(Place::Sockets)
        .app(|probe, environ, start_response| {
            // On an engine the application need not even be called.
            match all(environ.input()) {
                Ok(body) => probe.note(format!("a body of {} bytes", body.len())),
                Err(_) => probe.note("an error"),
            }
            plain(start_response)?;
            Ok("hello".into())
        })
        .expect(|played| {
            let bodies = played.probe.notes().into_iter().find(|note| note.starts_with("a body"));
            bodies.map_or(Ok(()), |body| Err(format!("the application was given {body}")))
        }),
    ]
}

/// Reads that come after the response has begun.
fn later() -> Vec<Scenario> {
    vec![
        scenario(
            "input/read-after-start-response",
            STREAMS,
            Must,
            "The input can be read after start_response",
        )
        .request(Request::post("body"))
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(all(environ.input())?.into())
        })
        .expect(|played| played.ok("body")),
        scenario(
            "input/read-by-the-body",
            STREAMS,
            Must,
            "The input can be read while the body of the response is made",
        )
        .request(Request::post("one\ntwo\nthree"))
        .app(|_, _, start_response| {
            plain(start_response)?;
            Ok(Body::from_fn(|environ, _| {
                let line = environ.input().readline(None)?;
                Ok((!line.is_empty()).then_some(line))
            }))
        })
        .expect(|played| played.ok("one\ntwo\nthree")),
        scenario(
            "input/read-after-write",
            STREAMS,
            Must,
            "The input can be read after a part of the response was written",
        )
        .request(Request::post("body"))
        .app(|_, environ, start_response| {
            plain(start_response)?;
            start_response.write(b"the ")?;
            Ok(all(environ.input())?.into())
        })
        .expect(|played| played.ok("the body")),
        scenario(
            "input/wrapped-by-the-application",
            STREAMS,
            Must,
            "Middleware may wrap the input, and the body read from that while it is made, however slow the client is",
        )
        .request(Request::post("one\ntwo\nthree\n"))
        .app(|_, environ, start_response| {
            let wrapped = std::io::BufReader::new(environ.take_input());
            environ.set_input(wrapped);
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3000000")])?;
            Ok(Body::from_fn(|environ, _| {
                let line = environ.input().readline(None)?;
                Ok((!line.is_empty()).then(|| vec![b'x'; 1_000_000]))
            }))
        })
        .expect(|played| played.ok(vec![b'x'; 3_000_000])),
        scenario(
            "input/replaced-by-the-application",
            STREAMS,
            Must,
            "Middleware may put an input of its own into the environ",
        )
        .request(Request::post("body"))
        .app(|_, environ, start_response| {
            let body = all(environ.input())?.to_ascii_uppercase();
            environ.set_input(std::io::Cursor::new(body));
            let read = all(environ.input())?;
            plain(start_response)?;
            Ok(read.into())
        })
        .expect(|played| played.ok("BODY")),
    ]
}

fn expect_continue() -> Vec<Scenario> {
    let expecting = || Request::post("the body").field("Expect", "100-continue");
    vec![
        scenario(
            "input/expect-read",
            EXPECT,
            Must,
            "A client that waits for 100 Continue gets it when the application reads",
        )
        .request(expecting())
        .client(Client::WaitsForContinue)
        .only(Place::Sockets)
        .app(|_, environ, start_response| {
            let body = all(environ.input())?;
            plain(start_response)?;
            Ok(body.into())
        })
        .expect(|played| played.noted("client is told to go on").and_then(|()| played.ok("the body"))),
        scenario(
            "input/expect-refused",
            EXPECT,
            Should,
            "A client that waits for 100 Continue does not get it from an application that answers without reading",
        )
        .request(expecting())
        .client(Client::WithholdsTheBody)
        .only(Place::Sockets)
        .app(|_, _, start_response| {
            start_response.start("403 Forbidden", [("Content-Type", "text/plain")])?;
            Ok("no".into())
        })
        .expect(|played| {
            played.status(403)?;
            played.body("no")?;
            played.no_interim()
        }),
        scenario(
            "input/expect-of-an-old-client",
            EXPECT,
            Must,
            "A client of HTTP/1.0 never gets 100 Continue, whatever it says it expects",
        )
        .request(expecting().http_1_0())
        .only(Place::Sockets)
        .app(|_, environ, start_response| {
            let body = all(environ.input())?;
            plain(start_response)?;
            Ok(body.into())
        })
        .expect(|played| {
            played.no_interim()?;
            played.ok("the body")
        }),
    ]
}
