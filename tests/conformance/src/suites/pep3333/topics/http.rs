//! What HTTP demands of the response, whatever the application says.

use super::super::probe::Probe;
use super::super::request::Request;
use super::super::scenario::{Client, Place, Scenario, plain, scenario};
use crate::Level::{Must, Safe, Should};
use crate::wire::Framing;
use wsgi_util::{AppResult, Environ, StartResponse};

const FEATURES: &str = "Other HTTP Features";
const LENGTH: &str = "Handling the Content-Length Header";

fn head() -> Request {
    Request::get("/").method("HEAD")
}

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario(
            "http/head-has-no-body",
            FEATURES,
            Must,
            "The answer to HEAD has no body, whatever the application returns",
        )
        .request(head())
        .expect(|played| played.status(200).and_then(|()| played.body(""))),
        scenario(
            "http/head-keeps-the-length",
            FEATURES,
            Must,
            "The answer to HEAD has the length that the body would have",
        )
        .request(head())
        .app(|_, _, start_response| {
            start_response
                .start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])?;
            Ok("hello".into())
        })
        .expect(|played| played.field("Content-Length", "5").and_then(|()| played.body(""))),
        scenario(
            "http/head-without-pieces",
            LENGTH,
            Must,
            "An application that gives no body to HEAD keeps the length it declares",
        )
        .request(head())
        .app(|_, _, start_response| {
            start_response
                .start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])?;
            Ok(wsgi_util::Body::empty())
        })
        .expect(|played| played.field("Content-Length", "5").and_then(|()| played.body(""))),
        scenario(
            "http/head-invents-no-length",
            LENGTH,
            Must,
            "No length is invented for HEAD where the application gives no body",
        )
        .request(head())
        .app(|_, _, start_response| {
            plain(start_response)?;
            Ok(wsgi_util::Body::empty())
        })
        .expect(|played| played.no_field("Content-Length")),
        scenario("http/head-by-write", FEATURES, Must, "What is written for HEAD is not sent")
            .request(head())
            .app(|_, _, start_response| {
                plain(start_response)?;
                start_response.write(b"hello")?;
                Ok("world".into())
            })
            .expect(|played| played.status(200).and_then(|()| played.body(""))),
        scenario(
            "http/no-content",
            FEATURES,
            Must,
            "A response of 204 has neither body nor length",
        )
        .app(|_, _, start_response| {
            start_response.start("204 No Content", [("X-A", "1")])?;
            Ok("ignored".into())
        })
        .expect(|played| {
            played.status(204)?;
            played.no_field("Content-Length")?;
            played.no_field("Transfer-Encoding")?;
            played.body("")
        }),
        scenario(
            "http/no-content-with-length",
            LENGTH,
            Must,
            "A Content-Length with 204 is left out",
        )
        .app(|_, _, start_response| {
            start_response.start("204 No Content", [("Content-Length", "0")])?;
            Ok(wsgi_util::Body::empty())
        })
        .expect(|played| played.status(204).and_then(|()| played.no_field("Content-Length"))),
        scenario("http/not-modified", FEATURES, Must, "A response of 304 has no body")
            .app(|_, _, start_response| {
                start_response.start("304 Not Modified", [("ETag", "\"a\"")])?;
                Ok("ignored".into())
            })
            .expect(|played| {
                played.status(304)?;
                played.field("ETag", "\"a\"")?;
                played.body("")
            }),
        scenario(
            "http/not-modified-with-length",
            LENGTH,
            Must,
            "A Content-Length with 304 is that of the 200, and stays",
        )
        .app(|_, _, start_response| {
            start_response
                .start("304 Not Modified", [("ETag", "\"a\""), ("Content-Length", "1000")])?;
            Ok(wsgi_util::Body::empty())
        })
        .expect(|played| played.field("Content-Length", "1000").and_then(|()| played.body(""))),
        scenario(
            "http/connection-is-kept",
            FEATURES,
            Should,
            "The connection goes on after a response whose end is told",
        )
        .only(Place::Sockets)
        .expect(|played| match &played.next {
            Some(Ok(())) => played.no_field("Connection"),
            _ => Err("the connection does not go on".to_owned()),
        }),
        scenario(
            "http/connection-closes-if-asked",
            FEATURES,
            Must,
            "The connection closes after the response if the client says so, and the answer tells",
        )
        .request(Request::get("/").field("Connection", "close"))
        .only(Place::Sockets)
        .expect(|played| played.field("Connection", "close").and_then(|()| played.ok("hello"))),
        scenario(
            "http/connection-of-an-old-client",
            FEATURES,
            Must,
            "The connection of a client of HTTP/1.0 closes after the response",
        )
        .request(Request::get("/").http_1_0())
        .only(Place::Sockets)
        .expect(|played| played.ok("hello")),
        scenario(
            "http/connection-of-an-old-client-is-kept",
            FEATURES,
            Should,
            "The connection of a client of HTTP/1.0 is kept if it asks for that and the end of the body is told",
        )
        .request(Request::get("/").http_1_0().field("Connection", "keep-alive"))
        .only(Place::Sockets)
        .app(|_, _, start_response| {
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])?;
            Ok("hello".into())
        })
        .expect(|played| {
            played.field("Connection", "keep-alive")?;
            played.ok("hello")
        }),
        scenario(
            "http/connection-of-an-old-client-is-the-end",
            FEATURES,
            Must,
            "Where the end of the connection is the end of the body, it closes, whatever an old client asks for",
        )
        .request(Request::get("/").http_1_0().field("Connection", "keep-alive"))
        .only(Place::Sockets)
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one ", "two"]).into_body())
        })
        .expect(|played| played.framing(Framing::Close).and_then(|()| played.ok("one two"))),
        scenario(
            "http/pipelined",
            FEATURES,
            Must,
            "Requests that come in one go are answered one after the other",
        )
        .client(Client::Pipelines)
        .only(Place::Sockets)
        .app(|probe, _, start_response| {
            plain(start_response)?;
            Ok(probe.body(["one ", "two"]).into_body())
        })
        .expect(|played| played.framing(Framing::Chunked).and_then(|()| played.ok("one two"))),
        scenario("http/any-method", FEATURES, Must, "Every method reaches the application")
            .request(Request::get("/").method("PATCH"))
            .app(|_, environ, start_response| {
                plain(start_response)?;
                Ok(environ.get("REQUEST_METHOD").unwrap_or_default().into_owned().into())
            })
            .expect(|played| played.ok("PATCH")),
        scenario(
            "http/unknown-method",
            FEATURES,
            Must,
            "A method that nobody knows reaches the application",
        )
        .request(Request::get("/").method("FOO-BAR"))
        .warns("Unknown REQUEST_METHOD: 'FOO-BAR'")
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(environ.get("REQUEST_METHOD").unwrap_or_default().into_owned().into())
        })
        .expect(|played| played.ok("FOO-BAR")),
        scenario(
            "http/logged",
            FEATURES,
            Should,
            "A response is logged: its status and the bytes of its body",
        )
        .app(|_, _, start_response| {
            start_response.start("201 Created", [("Content-Type", "text/plain")])?;
            Ok(["one ", "two"].into())
        })
        .only(Place::Sockets)
        .expect(|played| played.logged("\"GET / HTTP/1.1\" 201 7")),
        scenario(
            "http/options-of-the-server",
            FEATURES,
            Safe,
            "OPTIONS * asks about the server, which answers itself: it has no path that an application could be given",
        )
        .request(Request::get("*").method("OPTIONS"))
        .only(Place::Sockets)
        .app(called)
        .expect(|played| played.ok("").and_then(|()| played.notes(&[]))),
        scenario(
            "http/trace-is-refused",
            FEATURES,
            Safe,
            "TRACE is refused by the server: its answer would show what the request carried, credentials too",
        )
        .request(Request::get("/").method("TRACE"))
        .only(Place::Sockets)
        .app(called)
        .expect(|played| played.status(405).and_then(|()| played.notes(&[]))),
    ]
}

/// An application that is not to be called.
fn called(probe: &Probe, _: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    probe.note("called");
    plain(start_response)?;
    Ok("hello".into())
}
