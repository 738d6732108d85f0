//! `close()` of the iterable: exactly once, at the end, whatever that end is.

use super::super::probe::Probe;
use super::super::request::Request;
use super::super::scenario::{Client, Place, Scenario, plain, scenario};
use crate::Level::{Must, Safe};
use wsgi_util::{AppError, Body, StartResponse};

const DETAILS: &str = "Specification Details";

const ABOUT: &str = "close() of the iterable is called exactly once";

const TEXT: [(&str, &str); 1] = [("Content-Type", "text/plain")];

/// A case of which only this is expected: that the body was closed, once, and then dropped.
fn closes(
    name: &'static str,
    app: impl Fn(&Probe, &mut dyn StartResponse) -> Result<Body, AppError> + Send + Sync + 'static,
) -> Scenario {
    scenario(name, DETAILS, Must, ABOUT)
        .app(move |probe, _, start_response| app(probe, start_response))
        .expect(|played| {
            let notes = played.probe.notes();
            let last = notes.iter().rev().take(2).map(String::as_str).collect::<Vec<_>>();
            if last != ["drop", "close"] {
                return Err(format!("it does not end with close, then drop: {}", notes.join(", ")));
            }
            played.noted_times("close", 1)
        })
}

pub(super) fn scenarios() -> Vec<Scenario> {
    [ends(), failures(), departures(), own()].concat()
}

/// Bodies that come to their end.
fn ends() -> Vec<Scenario> {
    vec![
        closes("close/after-the-last-piece", |probe, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one", "two"]).into_body())
        }),
        closes("close/after-no-piece", |probe, start_response| {
            plain(start_response)?;
            Ok(probe.body([]).into_body())
        }),
        closes("close/of-a-body-with-length", |probe, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one"]).with_length().into_body())
        }),
        closes("close/after-the-declared-length", |probe, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])?;
            Ok(probe.body(["one"]).into_body())
        }),
        closes("close/after-head", |probe, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one", "two", "three"]).into_body())
        })
        .request(Request::get("/").method("HEAD")),
        closes("close/after-204", |probe, start_response| {
            start_response.start("204 No Content", [] as [(&str, &str); 0])?;
            Ok(probe.body([]).into_body())
        }),
        closes("close/after-304", |probe, start_response| {
            start_response.start("304 Not Modified", [("ETag", "\"x\"")])?;
            Ok(probe.body(["ignored", "too"]).into_body())
        }),
        closes("close/after-write", |probe, start_response| {
            plain(start_response)?;
            start_response.write(b"written")?;
            Ok(probe.body([]).into_body())
        }),
        scenario(
            "close/not-before-the-end",
            DETAILS,
            Must,
            "close() is called after the last step, and nothing is asked of the iterable afterwards",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one", "two"]).into_body())
        })
        .expect(|played| played.notes(&["next", "next", "end", "close", "drop"])),
        scenario(
            "close/before-the-next-request",
            DETAILS,
            Must,
            "close() is called when the request is completed, not when the connection is",
        )
        .client(Client::Repeats)
        .only(Place::Sockets)
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one"]).into_body())
        })
        .expect(|played| {
            let once = ["next", "end", "close", "drop"];
            played.notes(&[once, once].concat())
        }),
    ]
}

/// Bodies, and applications, that fail.
fn failures() -> Vec<Scenario> {
    vec![
        closes("close/after-an-error-at-once", |probe, start_response| {
            plain(start_response)?;
            Ok(probe.body([]).then_fails("it failed").into_body())
        }),
        closes("close/after-an-error-midway", |probe, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one", "two"]).then_fails("it failed").into_body())
        }),
        closes("close/after-a-panic", |probe, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one"]).then_panics("it panicked").into_body())
        }),
        closes("close/without-start-response", |probe, _| {
            Ok(probe.body(["one", "two"]).into_body())
        })
        .violates("start_response has not yet been called"),
        closes("close/without-start-response-and-pieces", |probe, _| {
            Ok(probe.body([]).into_body())
        })
        .violates("start_response has not yet been called"),
        closes("close/of-a-body-too-short", |probe, start_response| {
            start_response
                .start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "9")])?;
            Ok(probe.body(["one"]).into_body())
        })
        .violates("ends after 3 of the 9 bytes"),
        closes("close/after-a-late-exc-info", |probe, start_response| {
            plain(start_response)?;
            start_response.write(b"begun")?;
            let body = probe.body(["one"]);
            let error: AppError = "it failed".into();
            // The body is returned all the same: what comes of it is what the server raised.
            let _ = start_response.restart("500 Oops", TEXT, error);
            Ok(body.into_body())
        }),
        scenario(
            "close/fails-after-the-whole-body",
            DETAILS,
            Must,
            "An error of close() is logged, and changes nothing about a response that is complete",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one ", "two"]).close_fails().into_body())
        })
        .expect(|played| {
            played.ok("one two")?;
            played.noted_times("close", 1)?;
            played.logged("close() failed")
        }),
        scenario(
            "close/panics-after-the-whole-body",
            DETAILS,
            Safe,
            "A panic of close() is logged, and changes nothing about a response that is complete",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one ", "two"]).close_panics().into_body())
        })
        .expect(|played| {
            played.ok("one two")?;
            played.noted_times("close", 1)?;
            played.logged("close() panicked")
        }),
        scenario(
            "close/fails-after-an-error",
            DETAILS,
            Must,
            "An error of close() after another one hides neither",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body([]).then_fails("the first error").close_fails().into_body())
        })
        .expect(|played| {
            played.is_error_page()?;
            played.noted_times("close", 1)?;
            played.logged("the first error")?;
            played.logged("close() failed")
        }),
    ]
}

/// Clients that go away.
fn departures() -> Vec<Scenario> {
    vec![
        scenario(
            "close/after-the-client-left",
            DETAILS,
            Must,
            "close() is called if the client goes away before the body ends",
        )
        .client(Client::LeavesAfter("begin"))
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body([]).endless_after("begin").into_body())
        })
        .expect(|played| {
            played.noted_times("close", 1)?;
            played.noted_times("end", 0)
        }),
        scenario(
            "close/after-the-client-left-a-slow-body",
            DETAILS,
            Safe,
            "The body is given up when the client is gone, not made to its end for nobody",
        )
        .client(Client::LeavesAfter("begin"))
        .app(|probe, _, start_response| {
            start_response.start(
                "200 OK",
                [("Content-Type", "text/plain"), ("Content-Length", "4000000000")],
            )?;
            Ok(probe.body([]).endless_after("begin").into_body())
        })
        .expect(|played| played.noted_times("close", 1)),
    ]
}

/// `close()` and what middleware makes of it.
fn own() -> Vec<Scenario> {
    vec![
        scenario(
            "close/has-the-environ",
            DETAILS,
            Must,
            "close() can use the environ, and the streams in it",
        )
        .app(|_, environ, start_response| {
            environ.insert("myapp.name", "goodbye 3b1d");
            plain(start_response)?;
            Ok(Body::iterable(Farewell))
        })
        .expect(|played| played.ok("").and_then(|()| played.logged("goodbye 3b1d"))),
        scenario(
            "close/passed-on-by-middleware",
            "Middleware Handling of Block Boundaries",
            Must,
            "Middleware that passes close() on has the inner iterable closed once",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            let inner = probe.body(["one", "two"]).into_body();
            Ok(Body::iterable(Passing(inner)))
        })
        .expect(|played| played.ok("onetwo").and_then(|()| played.noted_times("close", 1))),
    ]
}

struct Farewell;

impl wsgi_util::ResponseIterable for Farewell {
    fn next_chunk(
        &mut self,
        _: &mut wsgi_util::Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<wsgi_util::Chunk>, AppError> {
        Ok(None)
    }

    fn close(&mut self, environ: &mut wsgi_util::Environ<'_>) -> Result<(), AppError> {
        let name = environ.get("myapp.name").unwrap_or_default().into_owned();
        writeln!(environ.errors(), "{name}")?;
        Ok(())
    }
}

struct Passing(Body);

impl wsgi_util::ResponseIterable for Passing {
    fn next_chunk(
        &mut self,
        environ: &mut wsgi_util::Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<wsgi_util::Chunk>, AppError> {
        self.0.next_chunk(environ, start_response)
    }

    fn close(&mut self, environ: &mut wsgi_util::Environ<'_>) -> Result<(), AppError> {
        self.0.close(environ)
    }
}
