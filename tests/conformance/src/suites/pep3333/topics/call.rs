//! How the application is called.

use super::super::probe::Probe;
use super::super::request::Request;
use super::super::scenario::{Client, Place, Scenario, plain, scenario};
use crate::Level::{Must, Should};
use wsgi_util::{AppResult, Environ, StartResponse};

const SECTION: &str = "Specification Details";
const THREADS: &str = "Thread Support";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("call/once", SECTION, Must, "The application is called once for a request")
            .app(|probe, _, start_response| {
                probe.note("called");
                plain(start_response)?;
                Ok("hello".into())
            })
            .expect(|played| played.notes(&["called"]).and_then(|()| played.ok("hello"))),
        scenario("call/once-on-failure", SECTION, Must, "An application that failed is not called again")
            .app(|probe, _, _| {
                probe.note("called");
                Err("the application failed".into())
            })
            .expect(|played| played.notes(&["called"]).and_then(|()| played.is_error_page())),
        scenario(
            "call/environ-may-be-changed",
            SECTION,
            Must,
            "The application may set, replace and remove whatever it likes in the environ",
        )
        .app(|_, environ, start_response| {
            environ.insert("PATH_INFO", "/elsewhere");
            environ.insert("myapp.user", "somebody");
            environ.remove("QUERY_STRING");
            plain(start_response)?;
            let path = environ.get("PATH_INFO").unwrap_or_default().into_owned();
            let user = environ.get("myapp.user").unwrap_or_default().into_owned();
            Ok(format!("{path} {user} {}", environ.contains_key("QUERY_STRING")).into())
        })
        .request(Request::get("/here?x"))
        .expect(|played| played.ok("/elsewhere somebody false")),
        scenario(
            "call/environ-of-each-request",
            SECTION,
            Must,
            "What an application does to the environ is not seen by the next request",
        )
        .app(|probe, environ, start_response| {
            if environ.contains_key("myapp.mark") || environ.get("PATH_INFO").as_deref() != Some("/a") {
                probe.note("the environ of the request before");
            }
            environ.insert("myapp.mark", "1");
            environ.insert("PATH_INFO", "/changed");
            plain(start_response)?;
            Ok("hello".into())
        })
        .request(Request::get("/a"))
        .client(Client::Repeats)
        .only(Place::Sockets)
        .expect(|played| played.notes(&[]).and_then(|()| played.ok("hello"))),
        scenario(
            "call/environ-lasts-as-long-as-the-body",
            SECTION,
            Must,
            "The body has the environ, as the application left it, until it is closed",
        )
        .app(|probe, environ, start_response| {
            environ.insert("myapp.greeting", "hello");
            plain(start_response)?;
            let mut left = 1;
            let probe = probe.clone();
            Ok(wsgi_util::Body::from_fn(move |environ, _| {
                probe.note(environ.get("REQUEST_METHOD").unwrap_or_default());
                left -= 1;
                Ok((left >= 0).then(|| environ.get("myapp.greeting").unwrap_or_default().into_owned()))
            }))
        })
        .expect(|played| played.notes(&["GET", "GET"]).and_then(|()| played.ok("hello"))),
        scenario(
            "call/environ-outlasts-a-slow-client",
            SECTION,
            Must,
            "The environ is whole at each step of a body, however long the client takes to read it",
        )
        .client(Client::ReadsLate("step 2"))
        .request(Request::get("/a%20b?c").field("X-A", "1"))
        .app(|probe, environ, start_response| {
            environ.insert("myapp.mark", "2");
            start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "8000000")])?;
            let expected = whole(environ);
            let probe = probe.clone();
            let mut step = 0;
            Ok(wsgi_util::Body::from_fn(move |environ, _| {
                step += 1;
                probe.note(format!("step {step}"));
                if whole(environ) != expected {
                    probe.note(format!("the environ of step {step}: {}", whole(environ)));
                }
                Ok((step <= 8).then(|| vec![b'x'; 1_000_000]))
            }))
        })
        .expect(|played| {
            played.ok(vec![b'x'; 8_000_000])?;
            let notes = played.probe.notes();
            let changed = notes.into_iter().find(|note| note.starts_with("the environ"));
            changed.map_or(Ok(()), Err)
        }),
        scenario(
            "call/multithread-is-true-to-fact",
            THREADS,
            Must,
            "wsgi.multithread says whether the application may be called by another thread of the process at the same time",
        )
        .app(two_at_once)
        .client(Client::Pairs)
        .only(Place::Sockets)
        .expect(|played| played.noted("the other has its answer").and_then(|()| played.ok("hello"))),
        scenario(
            "call/multiprocess-is-true-to-fact",
            THREADS,
            Must,
            "wsgi.multiprocess is false where all requests are answered in one process",
        )
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(environ.multiprocess().to_string().into())
        })
        .expect(|played| played.ok("false")),
        scenario(
            "call/run-once-is-true-to-fact",
            SECTION,
            Should,
            "wsgi.run_once is false where the application is called again and again",
        )
        .app(|_, environ, start_response| {
            plain(start_response)?;
            Ok(environ.run_once().to_string().into())
        })
        .expect(|played| played.ok("false")),
    ]
}

/// Where there are threads, a second call comes while the first one runs; elsewhere none does.
fn two_at_once(
    probe: &Probe,
    environ: &mut Environ<'_>,
    start_response: &mut dyn StartResponse,
) -> AppResult {
    probe.note("begins");
    if environ.multithread() {
        probe.wait_for_times("begins", 2);
    } else if probe.notes().iter().filter(|note| *note == "begins").count()
        > 1 + probe.notes().iter().filter(|note| *note == "ends").count()
    {
        probe.note("waited in vain: for the first call to end");
    }
    plain(start_response)?;
    probe.note("ends");
    Ok("hello".into())
}

/// All that an environ says.
fn whole(environ: &Environ<'_>) -> String {
    environ.items().into_iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}
