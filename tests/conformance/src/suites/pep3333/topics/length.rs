//! A declared Content-Length, kept or broken.

use super::super::scenario::{Scenario, scenario};
use crate::Level::{Must, Safe};
use crate::wire::Framing;
use wsgi_util::{AppError, Body, StartResponse};

const LENGTH: &str = "Handling the Content-Length Header";

fn declare(start_response: &mut dyn StartResponse, length: &str) -> Result<(), AppError> {
    start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", length)])?;
    Ok(())
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("length/kept", LENGTH, Must, "A declared length is sent as it is, and the pieces that make it up")
            .app(|probe, _, start_response| {
                declare(start_response, "7")?;
                Ok(probe.body(["one ", "two"]).into_body())
            })
            .expect(|played| played.framing(Framing::Length(7)).and_then(|()| played.ok("one two"))),
        scenario("length/zero", LENGTH, Must, "A declared length of 0 is an empty body")
            .app(|_, _, start_response| {
                declare(start_response, "0")?;
                Ok(Body::empty())
            })
            .expect(|played| played.field("Content-Length", "0").and_then(|()| played.ok(""))),
        scenario("length/too-long", LENGTH, Must, "Not more than the declared length is sent")
            .app(|_, _, start_response| {
                declare(start_response, "5")?;
                Ok("hello, world".into())
            })
            .violates("goes on after the 5 bytes")
            .expect(|played| {
                played.framing(Framing::Length(5))?;
                played.ok("hello")?;
                played.logged("The body is longer than its Content-Length of 5")
            }),
        scenario(
            "length/too-long-in-pieces",
            LENGTH,
            Must,
            "The server stops iterating when the declared length is exceeded, and still closes the iterable",
        )
        .app(|probe, _, start_response| {
            declare(start_response, "5")?;
            Ok(probe.body(["hel", "lo, world", "more", "and more"]).into_body())
        })
        .violates("goes on after the 5 bytes")
        .expect(|played| {
            played.ok("hello")?;
            played.notes(&["next", "next", "close", "drop"])
        }),
        scenario(
            "length/exact-then-more",
            LENGTH,
            Must,
            "Pieces after those that make up the declared length are not sent",
        )
        .app(|probe, _, start_response| {
            declare(start_response, "5")?;
            Ok(probe.body(["hello", "HTTP/1.1 200 OK\r\n\r\n"]).into_body())
        })
        .violates("goes on after the 5 bytes")
        .expect(|played| played.ok("hello").and_then(|()| played.noted_times("close", 1))),
        scenario(
            "length/endless",
            LENGTH,
            Safe,
            "A body without an end does not hold the server when its declared length is sent",
        )
        .app(|_, _, start_response| {
            declare(start_response, "6")?;
            Ok(Body::iter(std::iter::repeat("abc")))
        })
        .violates("goes on after the 6 bytes")
        .expect(|played| played.ok("abcabc")),
        scenario(
            "length/too-short",
            LENGTH,
            Must,
            "A body shorter than declared is visibly cut: the connection closes, and the log says why",
        )
        .app(|_, _, start_response| {
            declare(start_response, "10")?;
            Ok("hello".into())
        })
        .violates("ends after 5 of the 10 bytes")
        .expect(|played| {
            played.is_cut_after("hello")?;
            played.logged("The body ended after 5 of the 10 bytes")
        }),
        scenario(
            "length/too-short-in-pieces",
            LENGTH,
            Must,
            "An iterable that ends before the declared length is closed, and the response cut",
        )
        .app(|probe, _, start_response| {
            declare(start_response, "10")?;
            Ok(probe.body(["hel", "lo"]).into_body())
        })
        .violates("ends after 5 of the 10 bytes")
        .expect(|played| {
            played.is_cut_after("hello")?;
            played.notes(&["next", "next", "end", "close", "drop"])
        }),
        scenario(
            "length/nothing-at-all",
            LENGTH,
            Must,
            "A declared length without any body is visibly cut",
        )
        .app(|_, _, start_response| {
            declare(start_response, "10")?;
            Ok(Body::empty())
        })
        .violates("ends after 0 of the 10 bytes")
        .expect(|played| played.is_cut_after("")),
        scenario("length/large", LENGTH, Must, "A declared length beyond 32 bits is taken for what it is")
            .app(|_, _, start_response| {
                declare(start_response, "4294967301")?;
                Ok("hello".into())
            })
            .violates("ends after 5 of the 4294967301 bytes")
            .expect(|played| {
                played.field("Content-Length", "4294967301")?;
                played.is_cut_after("hello")
            }),
        scenario(
            "length/of-an-iterable-that-claims-too-little",
            LENGTH,
            Safe,
            "An iterable with more pieces than it says cannot bring the connection out of step",
        )
        .app(|probe, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok(probe.body(["one", "two"]).claims(1).into_body())
        })
        // The validator does not pass the number on, as in CPython, so that there is no length behind it.
        .expect(|played| played.ok(if played.validated { "onetwo" } else { "one" })),
        scenario(
            "length/of-an-iterable-that-claims-nothing",
            LENGTH,
            Safe,
            "An iterable that says it has no pieces is asked for them all the same",
        )
        .app(|probe, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok(probe.body(["one", "two"]).claims(0).into_body())
        })
        .expect(|played| played.ok("onetwo").and_then(|()| played.noted_times("close", 1))),
        scenario(
            "length/of-an-iterable-that-claims-too-much",
            LENGTH,
            Safe,
            "An iterable with fewer pieces than it says ends where it ends",
        )
        .app(|probe, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok(probe.body([]).claims(1).into_body())
        })
        .expect(|played| played.ok("")),
    ]
}
