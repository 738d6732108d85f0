//! `validate`: what the application owes the server.

mod recorder;

use recorder::Recorder;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use wsgi_util::validate::{Validator, Violation, WsgiWarning, validator};
use wsgi_util::{
    AppError, AppResult, Application, Body, Chunk, Environ, FileWrapper, Headers, ResponseIterable,
    StartResponse, setup_testing_defaults,
};

const PLAIN: (&str, &str) = ("Content-Type", "text/plain");

type Warnings = Arc<Mutex<Vec<WsgiWarning>>>;

fn validated<A: Application>(app: A) -> (Validator<A>, Warnings) {
    let warnings = Warnings::default();
    let seen = Arc::clone(&warnings);
    (validator(app).on_warning(move |warning| seen.lock().unwrap().push(warning.clone())), warnings)
}

fn environ(method: &str) -> Environ<'static> {
    let mut environ = Environ::from([("QUERY_STRING", ""), ("REQUEST_METHOD", method)]);
    setup_testing_defaults(&mut environ);
    environ
}

fn run(app: impl Application) -> (Recorder, Option<Violation>, Vec<WsgiWarning>) {
    run_as("GET", app)
}

fn run_as(method: &str, app: impl Application) -> (Recorder, Option<Violation>, Vec<WsgiWarning>) {
    let (app, warnings) = validated(app);
    let (response, result) = Recorder::run(&app, &mut environ(method));
    let violation = result.err().map(|error| *error.downcast().unwrap());
    let warnings = warnings.lock().unwrap().clone();
    (response, violation, warnings)
}

/// Runs an application that answers with this head and no content.
fn head(status: &str, headers: &[(&str, &str)]) -> (Option<Violation>, Vec<WsgiWarning>) {
    let status = status.to_owned();
    let headers = Headers::from_pairs(headers.iter().copied()).unwrap();
    let (_, violation, warnings) =
        run(move |_: &mut Environ, start_response: &mut dyn StartResponse| -> AppResult {
            start_response.start_response(&status, headers.clone(), None)?;
            Ok(Body::empty())
        });
    (violation, warnings)
}

/// Checks that a head is refused, with words that begin as CPython's.
fn refused(status: &str, headers: &[(&str, &str)], violation: Violation, words: &str) {
    assert!(violation.to_string().starts_with(words), "{violation}");
    assert_eq!(head(status, headers), (Some(violation), vec![]), "{status} {headers:?}");
}

#[test]
fn a_valid_response_passes_unchanged() {
    let (response, violation, warnings) =
        run(|_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
            let write = start.start(
                "200 OK",
                [PLAIN, ("Date", "Wed, 24 Dec 2008 13:29:32 GMT"), ("Content-Length", "9")],
            )?;
            write.write(b"one ")?;
            Ok(vec!["two", "", "\r\n"].into())
        });
    assert_eq!((violation, warnings), (None, vec![]));
    assert_eq!(response.status.as_deref(), Some("200 OK"));
    assert_eq!(
        response.headers.to_string(),
        "Content-Type: text/plain\r\nDate: Wed, 24 Dec 2008 13:29:32 GMT\r\nContent-Length: 9\r\n\r\n"
    );
    assert_eq!(response.sent, b"one two\r\n");
}

#[test]
fn the_path_keeps_its_bytes() {
    fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
        start_response.start("200 OK", [PLAIN])?;
        Ok(environ.get_bytes("PATH_INFO").unwrap_or_default().into_owned().into())
    }
    let mut environ = environ("GET");
    environ.insert("PATH_INFO", "/\u{80}\u{80}");
    let (response, result) = Recorder::run(&validator(app), &mut environ);
    result.unwrap();
    assert_eq!(response.sent, b"/\x80\x80");
}

#[test]
fn the_status_is_a_code_and_a_reason() {
    for code in ["20", "2000", ""] {
        let status = if code.is_empty() { "" } else { &format!("{code} OK") };
        let words = format!("Status codes must be three characters: '{code}'");
        refused(status, &[PLAIN], Violation::StatusLength { code: code.into() }, &words);
    }
    for code in ["20X", "099", "+99", "abc"] {
        let words = format!("Status code is invalid: '{code}'");
        refused(
            &format!("{code} OK"),
            &[PLAIN],
            Violation::StatusCode { code: code.into() },
            &words,
        );
    }
    refused(
        "200 O\nK",
        &[PLAIN],
        Violation::StatusControl { status: "200 O\nK".into() },
        "Control characters are not allowed in status",
    );
    refused(
        "200 €",
        &[PLAIN],
        Violation::StatusNotNative { status: "200 €".into(), character: '€' },
        "The status '200 €' is not a native string",
    );
}

#[test]
fn a_status_without_a_reason_is_doubtful() {
    for status in ["200", " 200 OK"] {
        let (violation, warnings) = head(status, &[PLAIN]);
        assert_eq!((violation, warnings.len()), (None, 1));
        let words = format!(
            "The status string ('{status}') should be a three-digit integer followed by a single space and a status \
             explanation"
        );
        assert!(warnings[0].to_string().starts_with(&words), "{}", warnings[0]);
    }
    assert_eq!(head("200 ", &[PLAIN]), (None, vec![]));
}

#[test]
fn header_names() {
    refused(
        "200 OK",
        &[PLAIN, ("status", "201")],
        Violation::StatusHeader { value: "201".into() },
        "The Status header cannot be used; it conflicts with CGI script, and HTTP status is not given through headers \
         (value: '201')",
    );
    refused(
        "200 OK",
        &[PLAIN, ("X:A", "1")],
        Violation::HeaderName { name: "X:A".into() },
        "Header names may not contain ':' or '\\n': 'X:A'",
    );
    for name in ["", "1X", "-X", "X A", "X.A", "X\u{e9}"] {
        let words = format!("Bad header name: '{name}'");
        refused(
            "200 OK",
            &[PLAIN, (name, "1")],
            Violation::BadHeaderName { name: name.into() },
            &words,
        );
    }
    for name in ["X-", "X_"] {
        let words = format!("Names may not end in '-' or '_': '{name}'");
        refused(
            "200 OK",
            &[PLAIN, (name, "1")],
            Violation::HeaderNameEnd { name: name.into() },
            &words,
        );
    }
    assert_eq!(head("200 OK", &[PLAIN, ("x_9-y", "1")]), (None, vec![]));
}

#[test]
fn header_values() {
    refused(
        "200 OK",
        &[PLAIN, ("X", "a\tb")],
        Violation::HeaderValue { name: "X".into(), value: "a\tb".into(), character: '\t' },
        "Bad header value: 'a\\tb' (bad char: '\\t')",
    );
    refused(
        "200 OK",
        &[PLAIN, ("X", "5 €")],
        Violation::HeaderNotNative { name: "X".into(), character: '€' },
        "The header 'X' is not a native string: it contains '€'",
    );
    refused(
        "200 OK",
        &[PLAIN, ("Connection", "close")],
        Violation::HopByHop { name: "Connection".into(), value: "close".into() },
        "Hop-by-hop header, 'Connection: close', not allowed",
    );
    refused(
        "200 OK",
        &[PLAIN, ("Content-Length", "+1")],
        Violation::ContentLengthHeader { value: "+1".into() },
        "Invalid Content-Length: '+1'",
    );
    assert_eq!(head("200 OK", &[PLAIN, ("X", "caf\u{e9}")]), (None, vec![]));
}

#[test]
fn content_has_a_type() {
    for status in ["200 OK", "404 Not Found", "500 Oops"] {
        refused(
            status,
            &[("X-A", "1"), ("X-B", "2")],
            Violation::NoContentType { headers: "X-A, X-B".into() },
            "No Content-Type header found in headers (X-A, X-B)",
        );
        assert_eq!(head(status, &[("content-type", "x")]), (None, vec![]));
    }
    for code in [204, 304] {
        refused(
            &format!("{code} No"),
            &[PLAIN],
            Violation::ContentType { code },
            &format!(
                "Content-Type header found in a {code} response, which must not return content."
            ),
        );
        assert_eq!(head(&format!("{code} No"), &[]), (None, vec![]));
    }
}

/// CPython's validator demands it of these, too (gh-93416).
#[test]
fn no_content_needs_no_type() {
    assert_eq!(head("302 Found", &[("Location", "/there")]), (None, vec![]));
    assert_eq!(head("103 Early Hints", &[("Link", "</style.css>")]), (None, vec![]));
    assert_eq!(head("404 Not Found", &[("Content-Length", "0")]), (None, vec![]));
}

#[test]
fn the_body_waits_for_start_response() {
    let (_, violation, _) =
        run(|_: &mut Environ, _: &mut dyn StartResponse| -> AppResult { Ok("never".into()) });
    assert_eq!(violation, Some(Violation::NotStarted));
    let (_, violation, _) =
        run(|_: &mut Environ, _: &mut dyn StartResponse| -> AppResult { Ok(Body::empty()) });
    assert_eq!(violation, Some(Violation::NotStarted), "nor does an empty body go without");
    let (_, violation, _) = run(|_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
        start.write(b"never")?;
        Ok(Body::empty())
    });
    assert_eq!(violation, Some(Violation::WriteBeforeStart));
    assert_eq!(
        Violation::NotStarted.to_string().split(" (PEP").next(),
        Some(
            "The application returns and we started iterating over its body, but start_response has not yet been called"
        )
    );
}

#[test]
fn a_generator_may_start_as_late_as_its_first_full_piece() {
    let (response, violation, warnings) =
        run(|_: &mut Environ, _: &mut dyn StartResponse| -> AppResult {
            let mut step = 0;
            Ok(Body::from_fn(move |_, start_response| {
                step += 1;
                if step == 2 {
                    start_response.start("200 OK", [PLAIN])?;
                }
                Ok(["", "late", ""].get(step - 1).copied())
            }))
        });
    assert_eq!((violation, warnings), (None, vec![]));
    assert_eq!(response.sent, b"late");
}

#[test]
fn a_generator_is_checked_as_well() {
    let (_, violation, _) = run(|_: &mut Environ, _: &mut dyn StartResponse| -> AppResult {
        Ok(Body::from_fn(|_, start_response| {
            start_response.start("20 OK", [PLAIN]).map(|_| Some("never"))
        }))
    });
    assert_eq!(violation, Some(Violation::StatusLength { code: "20".into() }));
}

#[test]
fn the_body_is_as_long_as_it_says() {
    fn app(body: [&'static str; 2]) -> impl Application {
        move |_: &mut Environ, start_response: &mut dyn StartResponse| -> AppResult {
            start_response.start("200 OK", [PLAIN, ("Content-Length", "6")])?;
            Ok(body.into())
        }
    }
    assert_eq!(run(app(["one", "two"])).1, None);
    assert_eq!(run(app(["one", "four"])).1, Some(Violation::BodyTooLong { content_length: 6 }));
    assert_eq!(
        run(app(["one", ""])).1,
        Some(Violation::BodyTooShort { content_length: 6, sent: 3 })
    );
    assert_eq!(run_as("HEAD", app(["", ""])).1, None, "the answer to HEAD has no content");

    let (_, violation, _) = run(|_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
        start.start("200 OK", [PLAIN, ("Content-Length", "3")])?.write(b"four")?;
        Ok(Body::empty())
    });
    assert_eq!(violation, Some(Violation::BodyTooLong { content_length: 3 }));

    let (_, violation, _) = run(|_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
        start.start("304 Not Modified", [("Content-Length", "3")])?;
        Ok(Body::empty())
    });
    assert_eq!(violation, None, "the length is that of the answer to GET");
}

#[test]
fn a_replaced_response_is_checked_anew() {
    let (response, violation, _) =
        run(|_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
            start.start("200 OK", [PLAIN, ("Content-Length", "99")])?;
            start.restart("500 Oops", [PLAIN], "the cause")?;
            Ok("sorry".into())
        });
    assert_eq!(violation, None);
    assert_eq!((response.status.as_deref(), &*response.sent), (Some("500 Oops"), &b"sorry"[..]));

    let (app, _) = validated(|_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
        start.start("200 OK", [PLAIN])?.write(b"sent")?;
        start.restart("500 Oops", [PLAIN], "the cause")?;
        Ok("never".into())
    });
    let (_, result) = Recorder::run(&app, &mut environ("GET"));
    assert_eq!(result.unwrap_err().to_string(), "the cause", "the server's refusal passes through");
}

/// Counts how often it is closed.
struct Tracked {
    closed: Arc<Mutex<usize>>,
}

impl ResponseIterable for Tracked {
    fn next_chunk(
        &mut self,
        _: &mut Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        Ok(None)
    }
    fn close(&mut self, _: &mut Environ<'_>) -> Result<(), AppError> {
        *self.closed.lock().unwrap() += 1;
        Ok(())
    }
}

#[test]
fn the_body_is_closed_once_and_not_used_afterwards() {
    let closed = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&closed);
    let (app, warnings) =
        validated(move |_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
            start.start("200 OK", [PLAIN])?;
            Ok(Body::iterable(Tracked { closed: Arc::clone(&counter) }))
        });
    let (mut environ, mut recorder) = (environ("GET"), Recorder::default());
    let mut body = app.call(&mut environ, &mut recorder).unwrap();
    assert!(body.next_chunk(&mut environ, &mut recorder).unwrap().is_none());
    body.close(&mut environ).unwrap();
    let error = body.next_chunk(&mut environ, &mut recorder).unwrap_err();
    assert!(error.to_string().starts_with("Iterator read after closed"), "{error}");
    assert_eq!(*error.downcast::<Violation>().unwrap(), Violation::ReadAfterClose);
    let error = body.close(&mut environ).unwrap_err();
    assert_eq!(*error.downcast::<Violation>().unwrap(), Violation::ClosedTwice);
    drop(body);
    assert_eq!(*closed.lock().unwrap(), 1);
    assert_eq!(*warnings.lock().unwrap(), []);
}

#[test]
fn a_body_that_nobody_closed_is_reported() {
    let (app, warnings) =
        validated(|_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
            start.start("200 OK", [PLAIN])?;
            Ok("hello".into())
        });
    drop(app.call(&mut environ("GET"), &mut Recorder::default()).unwrap());
    let warnings = warnings.lock().unwrap();
    assert_eq!(*warnings, [WsgiWarning::NotClosed]);
    assert!(warnings[0].to_string().starts_with("Iterator garbage collected without being closed"));
}

/// A function that panics at warnings must not end the process when a body is dropped because of another panic.
#[test]
fn a_panic_is_not_followed_by_another() {
    let app = validator(|_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
        start.start("200 OK", [PLAIN])?;
        Ok("hello".into())
    });
    let app = app.on_warning(|warning| panic!("{warning}"));
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _body = app.call(&mut environ("GET"), &mut Recorder::default()).unwrap();
        panic!("the first");
    }));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&"the first"));
}

#[test]
fn the_body_hides_its_length_and_its_file() {
    for file in [true, false] {
        let (app, _) =
            validated(move |_: &mut Environ, start: &mut dyn StartResponse| -> AppResult {
                start.start("200 OK", [PLAIN])?;
                Ok(if file { FileWrapper::new(&b"x"[..]).into() } else { "x".into() })
            });
        let mut environ = environ("GET");
        let mut body = app.call(&mut environ, &mut Recorder::default()).unwrap();
        assert!(matches!(body, Body::Iterable(_)));
        assert_eq!(body.size_hint(), None);
        body.close(&mut environ).unwrap();
    }
}

#[test]
fn an_application_that_fails_is_not_judged() {
    let (app, warnings) = validated(|_: &mut Environ, _: &mut dyn StartResponse| -> AppResult {
        Err("out of tea".into())
    });
    let (_, result) = Recorder::run(&app, &mut environ("GET"));
    assert_eq!(result.unwrap_err().to_string(), "out of tea");
    assert_eq!(*warnings.lock().unwrap(), []);
}
