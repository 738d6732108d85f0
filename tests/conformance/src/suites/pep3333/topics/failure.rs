//! Applications that fail.

use super::super::request::Request;
use super::super::scenario::{Scenario, plain, scenario};
use crate::Level::{Must, Safe};
use wsgi_util::AppError;

const ERRORS: &str = "Error Handling";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario(
            "failure/at-once",
            ERRORS,
            Must,
            "An application that fails before start_response is answered for with 500, and logged",
        )
        .app(|_, _, _| Err("it failed: 0a11".into()))
        .expect(|played| {
            played.is_error_page()?;
            played.logged("it failed: 0a11")
        }),
        scenario(
            "failure/after-start-response",
            ERRORS,
            Must,
            "An application that fails after start_response has that response replaced by 500",
        )
        .app(|_, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/html"), ("X-Old", "1")])?;
            Err("it failed: 0a12".into())
        })
        .expect(|played| {
            played.is_error_page()?;
            played.no_field("X-Old")?;
            played.logged("it failed: 0a12")
        }),
        scenario(
            "failure/after-a-write",
            ERRORS,
            Must,
            "An application that fails after a part was sent leaves a response that is visibly cut",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            start_response.write(b"begun")?;
            Err("it failed: 0a13".into())
        })
        .expect(|played| {
            played.is_cut_after("begun")?;
            played.logged("it failed: 0a13")
        }),
        scenario(
            "failure/of-the-body-at-once",
            ERRORS,
            Must,
            "A body that fails before its first piece is answered for with 500",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body([]).then_fails("it failed: 0a14").into_body())
        })
        .expect(|played| played.is_error_page().and_then(|()| played.logged("it failed: 0a14"))),
        scenario(
            "failure/of-the-body-after-empty-pieces",
            ERRORS,
            Must,
            "A body that fails after empty pieces is answered for with 500",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["", ""]).then_fails("it failed: 0a15").into_body())
        })
        .expect(|played| played.is_error_page().and_then(|()| played.logged("it failed: 0a15"))),
        scenario(
            "failure/of-the-body-midway",
            ERRORS,
            Must,
            "A body that fails midway leaves a response that is visibly cut",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one ", "two"]).then_fails("it failed: 0a16").into_body())
        })
        .expect(|played| {
            played.is_cut_after("two")?;
            played.logged("it failed: 0a16")
        }),
        scenario(
            "failure/of-a-body-with-length",
            ERRORS,
            Must,
            "A body that fails within its declared length leaves a response that is visibly cut",
        )
        .app(|probe, _, start_response| {
            start_response
                .start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "20")])?;
            Ok(probe.body(["one "]).then_fails("it failed: 0a17").into_body())
        })
        .expect(|played| {
            played.is_cut_after("one ")?;
            played.logged("it failed: 0a17")
        }),
        scenario(
            "failure/panic",
            ERRORS,
            Safe,
            "An application that panics is answered for with 500, and the server lives on",
        )
        .app(|probe, _, _| {
            probe.note("panics");
            std::panic::resume_unwind(Box::new("it panicked: 0a18"))
        })
        .expect(|played| played.is_error_page().and_then(|()| played.logged("it panicked: 0a18"))),
        scenario(
            "failure/panic-of-the-body",
            ERRORS,
            Safe,
            "A body that panics midway leaves a response that is visibly cut",
        )
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one "]).then_panics("it panicked: 0a19").into_body())
        })
        .expect(|played| {
            played.is_cut_after("one ")?;
            played.logged("it panicked: 0a19")
        }),
        scenario(
            "failure/tells-the-client-nothing",
            ERRORS,
            Safe,
            "What went wrong is in the log, and not in the answer",
        )
        .app(|_, _, _| Err("the password is 0a20".into()))
        .expect(|played| {
            played.is_error_page()?;
            if played.received.windows(4).any(|window| window == b"0a20") {
                return Err("the answer tells the error".to_owned());
            }
            played.logged("the password is 0a20")
        }),
        scenario(
            "failure/handled-by-the-application",
            ERRORS,
            Must,
            "An application can answer for its own error, with a page of its own",
        )
        .app(|_, _, start_response| {
            plain(start_response)?;
            let error: AppError = "it failed".into();
            start_response.restart("500 Oops", [("Content-Type", "text/plain")], error)?;
            Ok("my own page".into())
        })
        .expect(|played| played.status_line(500, "Oops").and_then(|()| played.body("my own page"))),
        scenario(
            "failure/breaking-connections-of-its-own",
            ERRORS,
            Safe,
            "A broken connection of the application's own is an error, and no client that left",
        )
        .app(|_, _, _| Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()))
        .expect(|played| played.is_error_page()),
        scenario(
            "failure/with-a-body-on-its-way",
            ERRORS,
            Must,
            "The error page arrives whole, although the body of the request was not read",
        )
        .request(Request::post(vec![b'x'; 300_000]))
        .app(|_, _, _| Err("it failed: 0a21".into()))
        .expect(|played| played.is_error_page().and_then(|()| played.logged("it failed: 0a21"))),
    ]
}
