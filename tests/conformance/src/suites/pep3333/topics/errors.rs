//! `wsgi.errors`.

use super::super::scenario::{Scenario, plain, scenario};
use crate::Level::Must;
use wsgi_util::{AppError, Body, Chunk, Environ, ResponseIterable, StartResponse};

const STREAMS: &str = "Input and Error Streams";

/// A body that writes to `wsgi.errors` when it is closed.
struct SaysGoodbye;

impl ResponseIterable for SaysGoodbye {
    fn next_chunk(
        &mut self,
        _: &mut Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        Ok(None)
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        writeln!(environ.errors(), "goodbye")?;
        Ok(())
    }
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario(
            "errors/write",
            STREAMS,
            Must,
            "What is written to wsgi.errors is in the log of the server",
        )
        .app(|_, environ, start_response| {
            environ.errors().write_all(b"a line of the application\n")?;
            plain(start_response)?;
            Ok("hello".into())
        })
        .expect(|played| {
            played.ok("hello").and_then(|()| played.logged("a line of the application\n"))
        }),
        scenario("errors/lines", STREAMS, Must, "Several lines stay lines, in their order")
            .app(|_, environ, start_response| {
                for line in ["one", "two", "three"] {
                    writeln!(environ.errors(), "{line}")?;
                }
                plain(start_response)?;
                Ok("hello".into())
            })
            .expect(|played| played.logged("one\ntwo\nthree\n")),
        scenario("errors/text", STREAMS, Must, "wsgi.errors is a text stream, of all of Unicode")
            .app(|_, environ, start_response| {
                writeln!(environ.errors(), "h\u{e9}ll\u{f6} \u{2713} \u{1f980}")?;
                plain(start_response)?;
                Ok("hello".into())
            })
            .expect(|played| played.logged("h\u{e9}ll\u{f6} \u{2713} \u{1f980}\n")),
        scenario("errors/flush", STREAMS, Must, "wsgi.errors can be flushed, at any time")
            .app(|probe, environ, start_response| {
                environ.errors().flush()?;
                environ.errors().write_all(b"flushed\n")?;
                environ.errors().flush()?;
                probe.note(if probe.log().contains("flushed") { "in the log" } else { "not yet" });
                plain(start_response)?;
                Ok("hello".into())
            })
            .expect(|played| played.notes(&["in the log"])),
        scenario(
            "errors/by-the-body",
            STREAMS,
            Must,
            "The body can write to wsgi.errors while it is made",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            let mut pieces = ["one", "two"].into_iter();
            Ok(Body::from_fn(move |environ, _| {
                let piece = pieces.next();
                writeln!(environ.errors(), "piece {piece:?}")?;
                Ok(piece)
            }))
        })
        .expect(|played| {
            played.ok("onetwo")?;
            played.logged("piece Some(\"one\")\npiece Some(\"two\")\npiece None\n")
        }),
        scenario("errors/by-close", STREAMS, Must, "close() can write to wsgi.errors")
            .app(|_, _, start_response| {
                plain(start_response)?;
                Ok(Body::iterable(SaysGoodbye))
            })
            .expect(|played| played.ok("").and_then(|()| played.logged("goodbye\n"))),
    ]
}
