//! When `start_response` is called, how often, and what becomes of it.

use super::super::scenario::{Scenario, plain, scenario};
use crate::Level::{Must, Safe, Should};
use wsgi_util::{AppError, Body};

const START: &str = "The start_response() Callable";
const DETAILS: &str = "Specification Details";
const ERRORS: &str = "Error Handling";

const TEXT: [(&str, &str); 1] = [("Content-Type", "text/plain")];

fn error(text: &'static str) -> AppError {
    text.into()
}

pub(super) fn scenarios() -> Vec<Scenario> {
    [lazy(), twice(), exc_info()].concat()
}

/// Calls that come late, or never.
fn lazy() -> Vec<Scenario> {
    vec![
        scenario(
            "start/at-the-first-piece",
            START,
            Must,
            "start_response may be called as late as the first step of the iteration, as a generator does",
        )
        .app(|_, _, _| {
            let mut steps = 0;
            Ok(Body::from_fn(move |_, start_response| {
                steps += 1;
                if steps == 1 {
                    start_response.start("201 Created", TEXT)?;
                }
                Ok((steps < 3).then_some("piece "))
            }))
        })
        .expect(|played| played.status(201).and_then(|()| played.body("piece piece "))),
        scenario(
            "start/after-empty-pieces",
            DETAILS,
            Must,
            "Empty pieces need no start_response: only the first one with something in it sends the head",
        )
        .app(|_, _, _| {
            let mut steps = 0;
            Ok(Body::from_fn(move |_, start_response| {
                steps += 1;
                if steps == 3 {
                    start_response.start("201 Created", TEXT)?;
                }
                Ok(match steps {
                    1 | 2 => Some(""),
                    3 => Some("late"),
                    _ => None,
                })
            }))
        })
        .expect(|played| played.status(201).and_then(|()| played.body("late"))),
        scenario(
            "start/at-the-end",
            DETAILS,
            Must,
            "start_response may be called by a body that has no pieces at all",
        )
        .app(|_, _, _| {
            Ok(Body::from_fn(|_, start_response| {
                start_response.start("201 Created", TEXT)?;
                Ok(None::<&str>)
            }))
        })
        .expect(|played| played.status(201).and_then(|()| played.body(""))),
        scenario(
            "start/never-with-a-piece",
            DETAILS,
            Must,
            "A piece without start_response is an error of the application",
        )
        .app(|_, _, _| Ok("piece".into()))
        .violates("start_response has not yet been called")
        .expect(|played| {
            played.is_error_page()?;
            played.logged("write() before start_response()")
        }),
        scenario(
            "start/never-without-a-piece",
            DETAILS,
            Must,
            "The end of a body without start_response is an error of the application",
        )
        .app(|_, _, _| Ok(Body::empty()))
        .violates("start_response has not yet been called")
        .expect(|played| {
            played.is_error_page()?;
            played.logged("start_response() was not called")
        }),
        scenario(
            "start/nothing-is-sent-yet",
            START,
            Must,
            "start_response sends nothing: the head waits for the first piece with something in it",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            start_response.restart("202 Accepted", TEXT, error("changed its mind"))?;
            Ok("hello".into())
        })
        .expect(|played| played.status(202).and_then(|()| played.body("hello"))),
        scenario(
            "start/nothing-is-sent-by-empty-pieces",
            START,
            Must,
            "Empty pieces do not send the head, so that the response can still be replaced",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            let mut steps = 0;
            Ok(Body::from_fn(move |_, start_response| {
                steps += 1;
                if steps == 3 {
                    start_response.restart("202 Accepted", TEXT, error("changed its mind"))?;
                }
                Ok(match steps {
                    1 | 2 => Some(""),
                    3 => Some("hello"),
                    _ => None,
                })
            }))
        })
        .expect(|played| played.status(202).and_then(|()| played.body("hello"))),
    ]
}

/// Calls without exc_info after another one.
fn twice() -> Vec<Scenario> {
    vec![
        scenario(
            "start/twice",
            START,
            Must,
            "A second call without exc_info is an error, before anything was sent",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            let second = start_response.start("404 Not Found", TEXT).map(drop);
            probe.note(if second.is_err() { "refused" } else { "taken" });
            second?;
            Ok("hello".into())
        })
        .expect(|played| {
            played.notes(&["refused"])?;
            played.is_error_page()?;
            played.logged("Headers already set!")
        }),
        scenario(
            "start/twice-after-the-head",
            START,
            Must,
            "A second call without exc_info is an error, after the head was sent",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            start_response.write(b"one")?;
            probe.note_error(start_response.start("404 Not Found", TEXT).map(drop));
            Ok("two".into())
        })
        .expect(|played| {
            played.notes(&["Headers already set!"]).and_then(|()| played.ok("onetwo"))
        }),
        scenario(
            "start/twice-keeps-the-first",
            START,
            Safe,
            "A refused second call changes nothing about the first",
        )
        .app(|probe, _, start_response| {
            start_response
                .start("201 Created", [("Content-Type", "text/plain"), ("X-A", "first")])?;
            probe.note_error(
                start_response
                    .start("404 Not Found", [("Content-Type", "a/b"), ("X-A", "second")])
                    .map(drop),
            );
            Ok("hello".into())
        })
        .expect(|played| {
            played.notes(&["Headers already set!"])?;
            played.status(201)?;
            played.field("X-A", "first")
        }),
        scenario(
            "start/again-after-a-refusal",
            START,
            Safe,
            "A call that was refused for its arguments leaves the way free for a right one",
        )
        .app(|probe, _, start_response| {
            let refused = start_response.start("999", TEXT).map(drop);
            probe.note(if refused.is_err() { "refused" } else { "taken" });
            plain(start_response)?;
            Ok("hello".into())
        })
        .expect(|played| played.notes(&["refused"]).and_then(|()| played.ok("hello")))
        .warns("should be a three-digit integer"),
    ]
}

/// Calls with exc_info.
fn exc_info() -> Vec<Scenario> {
    vec![
        scenario(
            "start/exc-info-first",
            START,
            Must,
            "A first call may have exc_info",
        )
        .app(|_, _, start_response| {
            start_response.restart("500 Oops", TEXT, error("it failed"))?;
            Ok("sorry".into())
        })
        .expect(|played| played.status_line(500, "Oops").and_then(|()| played.body("sorry"))),
        scenario(
            "start/exc-info-replaces",
            START,
            Must,
            "A call with exc_info replaces status and headers, all of them, before the head was sent",
        )
        .app(|_, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/html"), ("X-Old", "1")])?;
            start_response.restart("503 Later", [("Content-Type", "text/plain"), ("X-New", "1")], error("it failed"))?;
            Ok("sorry".into())
        })
        .expect(|played| {
            played.status_line(503, "Later")?;
            played.field("Content-Type", "text/plain")?;
            played.field("X-New", "1")?;
            played.no_field("X-Old")?;
            played.body("sorry")
        }),
        scenario(
            "start/exc-info-again-and-again",
            START,
            Must,
            "A call with exc_info may be replaced by another one",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            start_response.restart("500 One", TEXT, error("one"))?;
            start_response.restart("500 Two", TEXT, error("two"))?;
            Ok("sorry".into())
        })
        .expect(|played| played.status_line(500, "Two").and_then(|()| played.body("sorry"))),
        scenario(
            "start/exc-info-replaces-the-length",
            START,
            Must,
            "A Content-Length that was replaced counts no more",
        )
        .app(|_, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])?;
            start_response.restart("500 Oops", TEXT, error("it failed"))?;
            Ok("a longer text".into())
        })
        .expect(|played| played.status(500).and_then(|()| played.body("a longer text"))),
        scenario(
            "start/exc-info-after-the-head",
            ERRORS,
            Must,
            "A call with exc_info raises that very error after the head was sent",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            start_response.write(b"begun")?;
            let raised = start_response.restart("500 Oops", TEXT, error("it failed: 7f3a")).map(drop);
            probe.note(raised.as_ref().err().map_or(String::new(), ToString::to_string));
            raised?;
            Ok("never".into())
        })
        .expect(|played| {
            played.notes(&["it failed: 7f3a"])?;
            played.is_cut_after("begun")?;
            played.logged("it failed: 7f3a")
        }),
        scenario(
            "start/exc-info-by-the-body",
            ERRORS,
            Must,
            "The body may replace the response as long as the head was not sent",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            let mut steps = 0;
            Ok(Body::from_fn(move |_, start_response| {
                steps += 1;
                if steps == 1 {
                    start_response.restart("500 Oops", TEXT, error("it failed"))?;
                }
                Ok((steps == 1).then_some("sorry"))
            }))
        })
        .expect(|played| played.status_line(500, "Oops").and_then(|()| played.body("sorry"))),
        scenario(
            "start/exc-info-by-the-body-after-the-head",
            ERRORS,
            Must,
            "A body that calls with exc_info after its first piece ends the response visibly",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            let mut steps = 0;
            Ok(Body::from_fn(move |_, start_response| {
                steps += 1;
                if steps == 2 {
                    start_response.restart("500 Oops", TEXT, error("it failed: 91c0"))?;
                }
                Ok(Some("piece"))
            }))
        })
        .expect(|played| {
            played.is_cut_after("piece")?;
            played.logged("it failed: 91c0")
        }),
        scenario(
            "start/exc-info-is-not-logged-if-handled",
            ERRORS,
            Should,
            "An error that the application handles itself is its own affair: the server does not take it for a failure",
        )
        .app(|_, _, start_response| {
            start_response.restart("500 Oops", TEXT, error("handled: 55d1"))?;
            Ok("sorry".into())
        })
        .expect(|played| match played.probe.log().contains("55d1") {
            true => Err("the error is in the log".to_owned()),
            false => Ok(()),
        }),
    ]
}
