//! The iterable.

use super::super::request::Request;
use super::super::scenario::{Place, Scenario, plain, scenario};
use crate::Level::{Must, Should};
use crate::wire::Framing;
use wsgi_util::Body;

const DETAILS: &str = "Specification Details";
const LENGTH: &str = "Handling the Content-Length Header";
const BUFFERING: &str = "Buffering and Streaming";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("body/one-piece", LENGTH, Should, "The length of a body of one piece is known, and sent")
            .expect(|played| {
                // The validator does not tell how many pieces there are, as in CPython.
                if !played.validated {
                    played.field("Content-Length", "5")?;
                }
                played.ok("hello")
            }),
        scenario("body/list", DETAILS, Must, "The pieces of a list are sent in their order")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok(["one ", "two ", "three"].into())
            })
            .expect(|played| played.ok("one two three")),
        scenario("body/generator", DETAILS, Must, "The pieces of an iterator of unknown length are sent in their order")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(probe.body(["one ", "two ", "three"]).into_body())
            })
            .expect(|played| {
                played.has_no_length()?;
                played.ok("one two three")?;
                played.notes(&["next", "next", "next", "end", "close", "drop"])
            }),
        scenario("body/iterator-with-length", LENGTH, Must, "An iterable of several pieces that knows their number has no length yet")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(probe.body(["one ", "two"]).with_length().into_body())
            })
            .expect(|played| played.has_no_length().and_then(|()| played.ok("one two"))),
        scenario("body/iterator-of-one-piece", LENGTH, Should, "An iterable that says it has one piece has the length of that")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(probe.body(["only one"]).with_length().into_body())
            })
            .expect(|played| {
                if !played.validated {
                    played.field("Content-Length", "8")?;
                }
                played.ok("only one")
            }),
        scenario("body/empty-list", DETAILS, Must, "An empty list is an empty body, with a head before it")
            .app(|_, _, start_response| {
                start_response.start("200 OK", [("Content-Type", "text/plain"), ("X-A", "1")])?;
                Ok(Body::empty())
            })
            .expect(|played| {
                played.field("Content-Length", "0")?;
                played.field("X-A", "1")?;
                played.ok("")
            }),
        scenario("body/empty-iterator", DETAILS, Must, "An iterator without pieces is an empty body, with a head before it")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(probe.body([]).into_body())
            })
            .expect(|played| played.ok("").and_then(|()| played.notes(&["end", "close", "drop"]))),
        scenario(
            "body/empty-pieces",
            BUFFERING,
            Must,
            "Empty pieces are no end: they send nothing, and the next ones still come",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["", "one", "", "", "two", ""]).into_body())
        })
        .expect(|played| played.ok("onetwo")),
        scenario("body/only-empty-pieces", DETAILS, Must, "A body of empty pieces is an empty body")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(probe.body(["", ""]).into_body())
            })
            .expect(|played| played.ok("")),
        scenario("body/one-empty-piece", DETAILS, Must, "A body of one empty piece has the length 0")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok("".into())
            })
            .expect(|played| played.field("Content-Length", "0").and_then(|()| played.ok(""))),
        scenario("body/any-byte", DETAILS, Must, "Pieces are bytes, all 256 of them, and nobody changes them")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok((0..=255).collect::<Vec<u8>>().into())
            })
            .expect(|played| played.ok((0..=255).collect::<Vec<u8>>())),
        scenario("body/looks-like-chunks", DETAILS, Must, "Pieces that look like the framing of HTTP are content")
            .app(|probe, _, start_response| {
                plain(start_response)?;
                Ok(probe.body(["5\r\nhello\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"]).into_body())
            })
            .expect(|played| played.ok("5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")),
        scenario("body/large", BUFFERING, Must, "A body of one large piece arrives whole")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok(vec![b'x'; 1_000_000].into())
            })
            .expect(|played| played.ok(vec![b'x'; 1_000_000])),
        scenario("body/many-pieces", BUFFERING, Must, "A thousand pieces arrive, in their order")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok(Body::iter((0..1000).map(|n| format!("{n}\n"))))
            })
            .expect(|played| played.ok((0..1000).map(|n| format!("{n}\n")).collect::<String>())),
        scenario("body/large-pieces", BUFFERING, Must, "Many large pieces arrive whole, in their order")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok(Body::iter((0..40).map(|n| vec![b'a' + n % 26; 100_000])))
            })
            .expect(|played| {
                played.ok((0..40).flat_map(|n| vec![b'a' + n % 26; 100_000]).collect::<Vec<u8>>())
            }),
        scenario(
            "body/for-an-old-client",
            LENGTH,
            Must,
            "A client of HTTP/1.0 gets no chunks: the end of the connection is the end of the body",
        )
        .request(Request::get("/").http_1_0())
        .only(Place::Sockets)
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one ", "two"]).into_body())
        })
        .expect(|played| {
            played.framing(Framing::Close)?;
            played.no_field("Transfer-Encoding")?;
            played.ok("one two")
        }),
        scenario(
            "body/chunked-for-a-new-client",
            LENGTH,
            Should,
            "A body of unknown length is sent in chunks to a client of HTTP/1.1, so that the connection can be kept",
        )
        .only(Place::Sockets)
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one ", "two"]).into_body())
        })
        .expect(|played| played.framing(Framing::Chunked).and_then(|()| played.ok("one two"))),
        scenario(
            "body/changed-by-middleware",
            "Middleware Handling of Block Boundaries",
            Must,
            "Middleware that yields for each piece it is given is never asked for more than it can give",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            let mut inner = probe.body(["one ", "", "two"]);
            Ok(Body::from_fn(move |environ, start_response| {
                use wsgi_util::ResponseIterable;
                let piece = inner.next_chunk(environ, start_response)?;
                Ok(piece.map(|piece| piece.to_ascii_uppercase()))
            }))
        })
        .expect(|played| played.ok("ONE TWO").and_then(|()| played.noted_times("next", 3))),
    ]
}
