//! The `write` callable.

use super::super::scenario::{Client, Scenario, plain, scenario};
use crate::Level::{Must, Safe};
use wsgi_util::{AppError, Body};

const WRITE: &str = "The write() Callable";
const BUFFERING: &str = "Buffering and Streaming";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("write/then-nothing", WRITE, Must, "What is written is the body, if the iterable is empty")
            .app(|_, _, start_response| {
                plain(start_response)?;
                start_response.write(b"one ")?;
                start_response.write(b"two")?;
                Ok(Body::empty())
            })
            .expect(|played| played.ok("one two")),
        scenario("write/then-iterable", WRITE, Must, "What is written comes before the pieces of the iterable")
            .app(|_, _, start_response| {
                plain(start_response)?;
                start_response.write(b"one ")?;
                Ok(["two ", "three"].into())
            })
            .expect(|played| played.ok("one two three")),
        scenario(
            "write/no-length-from-one-piece",
            WRITE,
            Must,
            "A single piece is not taken for the whole body if something was written before",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            start_response.write(b"one ")?;
            Ok("two".into())
        })
        .expect(|played| played.has_no_length().and_then(|()| played.ok("one two"))),
        scenario(
            "write/before-start-response",
            WRITE,
            Must,
            "There is no write before start_response",
        )
        .app(|probe, _, start_response| {
            probe.note_error(start_response.write(b"early"));
            plain(start_response)?;
            Ok("hello".into())
        })
        .violates("write() before start_response()")
        .expect(|played| {
            played.notes(&["write() before start_response()"])?;
            played.ok("hello")
        }),
        scenario(
            "write/nothing",
            WRITE,
            Must,
            "Writing nothing sends nothing: the response can still be replaced",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            start_response.write(b"")?;
            let error: AppError = "changed its mind".into();
            start_response.restart("202 Accepted", [("Content-Type", "text/plain")], error)?;
            Ok("hello".into())
        })
        .expect(|played| played.status(202).and_then(|()| played.body("hello"))),
        scenario(
            "write/is-sent-before-it-returns",
            WRITE,
            Must,
            "What is written is on its way to the client when write returns",
        )
        .client(Client::Confirms(vec!["one", "two"]))
        .app(|probe, _, start_response| {
            plain(start_response)?;
            start_response.write(b"one")?;
            probe.wait_for("client has one");
            start_response.write(b"two")?;
            probe.wait_for("client has two");
            Ok("three".into())
        })
        .expect(|played| played.ok("onetwothree")),
        scenario(
            "write/by-the-body",
            WRITE,
            Safe,
            "A body that writes while it is made, which it should not, loses nothing and keeps the order",
        )
        .app(|_, _, start_response| {
                plain(start_response)?;
                let mut steps = 0;
                Ok(Body::from_fn(move |_, start_response| {
                    steps += 1;
                    if steps > 2 {
                        return Ok(None);
                    }
                    start_response.write(b"written ")?;
                    Ok(Some("yielded "))
                }))
            })
            .expect(|played| played.ok("written yielded written yielded ")),
        scenario("write/large", BUFFERING, Must, "One write of a megabyte arrives whole")
            .app(|_, _, start_response| {
                plain(start_response)?;
                start_response.write(&vec![b'x'; 1 << 20])?;
                Ok("!".into())
            })
            .expect(|played| played.ok([vec![b'x'; 1 << 20], b"!".to_vec()].concat())),
        scenario("write/often", BUFFERING, Must, "A thousand small writes arrive in their order")
            .app(|_, _, start_response| {
                plain(start_response)?;
                for n in 0..1000 {
                    start_response.write(format!("{n} ").as_bytes())?;
                }
                Ok(Body::empty())
            })
            .expect(|played| played.ok((0..1000).map(|n| format!("{n} ")).collect::<String>())),
        scenario(
            "write/up-to-the-length",
            "Handling the Content-Length Header",
            Must,
            "Writes that make up the declared length are the whole body",
        )
        .app(|_, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "7")])?;
            start_response.write(b"one ")?;
            start_response.write(b"two")?;
            Ok(Body::empty())
        })
        .expect(|played| played.field("Content-Length", "7").and_then(|()| played.ok("one two"))),
        scenario(
            "write/beyond-the-length",
            "Handling the Content-Length Header",
            Must,
            "What is written beyond the declared length is not sent",
        )
        .app(|probe, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])?;
            // Whether the write fails or is cut is the server's choice.
            probe.note_error(start_response.write(b"hello, world"));
            Ok(Body::empty())
        })
        .violates("goes on after the 5 bytes")
        .expect(|played| played.ok("hello")),
        scenario(
            "write/after-the-client-left",
            WRITE,
            Safe,
            "A write to a client that is gone is an error for the application, which can stop its work",
        )
        .client(Client::LeavesAfter("begin"))
        .app(|probe, _, start_response| {
            plain(start_response)?;
            start_response.write(b"begin")?;
            let block = vec![b'x'; 1 << 16];
            // A client that left is noticed when the system says so, which is a matter of buffers.
            let failed = (0..100_000).find_map(|_| start_response.write(&block).err());
            probe.note(if failed.is_some() { "told" } else { "never told" });
            probe.note("drop");
            Err(failed.unwrap_or_else(|| "the client never left".into()))
        })
        .expect(|played| played.noted("told")),
    ]
}
