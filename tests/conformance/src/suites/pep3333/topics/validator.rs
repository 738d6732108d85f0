//! The validator between an application that is right and a server that is not, and the other way round: it catches each
//! violation, in the words of CPython's `wsgiref.validate` where that has any.

use std::io::{self, BufRead, Read};
use std::sync::{Arc, Mutex, PoisonError};

use wsgi_util::validate::validator;
use wsgi_util::{
    AppError, AppResult, Application, Body, Environ, Headers, ResponseIterable, StartResponse,
    setup_testing_defaults,
};

use crate::{Case, Failure, Level, Outcome, Trial};

const VARIABLES: &str = "environ Variables";
const START: &str = "The start_response() Callable";
const STREAMS: &str = "Input and Error Streams";
const DETAILS: &str = "Specification Details";

/// What is wrong with a server, and what the validator says about it.
type Fault = fn(&mut Environ<'static>);

/// Each case: name, section, the words, and who breaks the rule.
pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for key in REQUIRED {
        let words = format!("Environment missing required key: '{key}'");
        let name = format!("missing-{}", key.to_lowercase().replace('.', "-"));
        trials.push(trial(&name, VARIABLES, words, move |told| {
            let mut environ = environ();
            environ.remove(key);
            serve(hello, environ, told)
        }));
    }
    for (name, words, fault) in ENVIRONS {
        trials.push(trial(name, VARIABLES, (*words).to_owned(), move |told| {
            let mut environ = environ();
            fault(&mut environ);
            serve(hello, environ, told)
        }));
    }
    for (name, words, header) in HEADERS {
        trials.push(trial(name, START, (*words).to_owned(), move |told| {
            let app =
                move |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
                    start_response.start("200 OK", [("Content-Type", "text/plain"), *header])?;
                    Ok("hello".into())
                };
            serve(app, environ(), told)
        }));
    }
    for (name, section, words, play) in OTHERS {
        trials.push(trial(name, section, (*words).to_owned(), *play));
    }
    trials
}

/// A case that is over when these words were said, as an error or as a warning; none if nothing is to be said.
fn trial(
    name: &str,
    section: &str,
    words: String,
    play: impl FnOnce(&Told) -> Result<(), AppError> + Send + 'static,
) -> Trial {
    let about = match &words[..] {
        "" => "The validator lets pass what keeps the rules".to_owned(),
        words => format!("The validator says: {words}"),
    };
    let case = Arc::new(Case {
        id: format!("pep3333/validator/{name}"),
        rule: format!("PEP 3333, \"{section}\""),
        level: Level::Must,
        about: about.clone(),
    });
    Trial::new(&case, "validator", move || {
        let told = Told::default();
        let error = play(&told).err().map(|error| error.to_string());
        let said = error.into_iter().chain(told.all()).collect::<Vec<_>>();
        let is_right = match &words[..] {
            "" => said.is_empty(),
            words => said.len() == 1 && said.iter().all(|text| text.starts_with(words)),
        };
        match is_right {
            true => Outcome::Passed,
            false => Failure::new(about, format!("it says {said:?}")).into(),
        }
    })
}

/// What was found doubtful.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn validated(&self, app: impl Application) -> impl Application {
        let told = self.clone();
        validator(app).on_warning(move |warning| {
            told.0.lock().unwrap_or_else(PoisonError::into_inner).push(warning.to_string());
        })
    }
}

/// A server as it should be, but for what it is given.
fn serve(app: impl Application, mut environ: Environ<'_>, told: &Told) -> Result<(), AppError> {
    let mut body = told.validated(app).call(&mut environ, &mut Accepts)?;
    let sent = loop {
        match body.next_chunk(&mut environ, &mut Accepts) {
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    sent.and(body.close(&mut environ))
}

/// A `start_response` that takes everything.
struct Accepts;

impl StartResponse for Accepts {
    fn start_response(&mut self, _: &str, _: Headers, _: Option<AppError>) -> Result<(), AppError> {
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> Result<(), AppError> {
        Ok(())
    }
}

fn hello(_: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    Ok("hello".into())
}

/// An environ without a fault.
fn environ() -> Environ<'static> {
    let mut environ = Environ::from([("QUERY_STRING", "")]);
    setup_testing_defaults(&mut environ);
    environ
}

const REQUIRED: [&str; 10] = [
    "REQUEST_METHOD",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.version",
    "wsgi.input",
    "wsgi.errors",
    "wsgi.multithread",
    "wsgi.multiprocess",
    "wsgi.run_once",
    "wsgi.url_scheme",
];

/// Faults of the server in the environ.
const ENVIRONS: &[(&str, &str, Fault)] = &[
    ("environ-without-fault", "", |_| {}),
    (
        "http-content-type",
        "Environment should not have the key: HTTP_CONTENT_TYPE (use CONTENT_TYPE instead)",
        |environ| environ.insert("HTTP_CONTENT_TYPE", "text/plain"),
    ),
    (
        "http-content-length",
        "Environment should not have the key: HTTP_CONTENT_LENGTH (use CONTENT_LENGTH instead)",
        |environ| environ.insert("HTTP_CONTENT_LENGTH", "5"),
    ),
    ("scheme", "wsgi.url_scheme unknown: 'gopher'", |environ| {
        environ.insert("wsgi.url_scheme", "gopher")
    }),
    ("script-name-without-slash", "SCRIPT_NAME doesn't start with /: 'shop'", |environ| {
        environ.insert("SCRIPT_NAME", "shop")
    }),
    ("path-info-without-slash", "PATH_INFO doesn't start with /: 'x'", |environ| {
        environ.insert("PATH_INFO", "x")
    }),
    ("path-info-of-the-server", "", |environ| {
        environ.insert("REQUEST_METHOD", "OPTIONS");
        environ.insert("PATH_INFO", "*");
    }),
    ("content-length-negative", "Invalid CONTENT_LENGTH: '-1'", |environ| {
        environ.insert("CONTENT_LENGTH", "-1")
    }),
    ("content-length-of-words", "Invalid CONTENT_LENGTH: 'five'", |environ| {
        environ.insert("CONTENT_LENGTH", "five")
    }),
    ("content-length-empty", "", |environ| environ.insert("CONTENT_LENGTH", "")),
    (
        "no-path",
        "One of SCRIPT_NAME or PATH_INFO are required (PATH_INFO should at least be '/' if SCRIPT_NAME is empty)",
        |environ| drop(environ.remove("PATH_INFO")),
    ),
    (
        "script-name-of-the-root",
        "SCRIPT_NAME cannot be '/'; it should instead be '', and PATH_INFO should be '/'",
        |environ| environ.insert("SCRIPT_NAME", "/"),
    ),
    (
        "not-native",
        "Environmental variable HTTP_X_A is not a native string: it contains '\u{20ac}'",
        |environ| environ.insert("HTTP_X_A", "5 \u{20ac}"),
    ),
    ("no-query-string", "QUERY_STRING is not in the WSGI environment", |environ| {
        drop(environ.remove("QUERY_STRING"))
    }),
    ("unknown-method", "Unknown REQUEST_METHOD: 'FOO'", |environ| {
        environ.insert("REQUEST_METHOD", "FOO")
    }),
];

/// Faults of the application in its headers that the server need not refuse.
const HEADERS: &[(&str, &str, (&str, &str))] = &[
    ("header-name-with-a-dash-at-its-end", "Names may not end in '-' or '_': 'X-'", ("X-", "1")),
    (
        "header-name-with-an-underscore-at-its-end",
        "Names may not end in '-' or '_': 'X_'",
        ("X_", "1"),
    ),
    ("header-name-with-a-digit-at-its-start", "Bad header name: '1X'", ("1X", "1")),
    ("header-name-with-a-point", "Bad header name: 'X.A'", ("X.A", "1")),
    ("header-value-with-a-tab", "Bad header value: 'a\\tb' (bad char: '\\t')", ("X-A", "a\tb")),
];

type Play = fn(&Told) -> Result<(), AppError>;

/// Faults in the order of calls, and in the streams.
const OTHERS: &[(&str, &str, &str, Play)] = &[
    (
        "status-without-reason",
        START,
        "The status string ('200') should be a three-digit integer",
        |told| serve(answers("200", &[("Content-Type", "text/plain")]), environ(), told),
    ),
    ("no-content-type", START, "No Content-Type header found in headers (X-A)", |told| {
        serve(answers("200 OK", &[("X-A", "1")]), environ(), told)
    }),
    (
        "content-type-without-content",
        START,
        "Content-Type header found in a 204 response, which must not return content.",
        |told| serve(answers("204 No Content", &[("Content-Type", "text/plain")]), environ(), told),
    ),
    (
        "content-type-of-not-modified",
        START,
        "Content-Type header found in a 304 response, which must not return content.",
        |told| {
            serve(answers("304 Not Modified", &[("Content-Type", "text/plain")]), environ(), told)
        },
    ),
    ("redirect-without-content-type", START, "", |told| {
        serve(answers("302 Found", &[("Location", "/")]), environ(), told)
    }),
    ("read-after-close", DETAILS, "Iterator read after closed", |told| {
        let mut environ = environ();
        let mut body = told.validated(hello).call(&mut environ, &mut Accepts)?;
        body.close(&mut environ)?;
        body.next_chunk(&mut environ, &mut Accepts).map(drop)
    }),
    ("closed-twice", DETAILS, "Iterator closed twice", |told| {
        let mut environ = environ();
        let mut body = told.validated(hello).call(&mut environ, &mut Accepts)?;
        body.close(&mut environ)?;
        body.close(&mut environ)
    }),
    ("not-closed", DETAILS, "Iterator garbage collected without being closed", |told| {
        let mut environ = environ();
        let mut body = told.validated(hello).call(&mut environ, &mut Accepts)?;
        while body.next_chunk(&mut environ, &mut Accepts)?.is_some() {}
        Ok(())
    }),
    ("closed-before-the-end", DETAILS, "", |told| {
        let mut environ = environ();
        let mut body = told.validated(hello).call(&mut environ, &mut Accepts)?;
        body.close(&mut environ)
    }),
    (
        "input-beyond-the-body",
        STREAMS,
        "wsgi.input goes on after the 4 bytes of the body",
        |told| {
            let mut environ = environ();
            environ.insert("CONTENT_LENGTH", "4");
            environ.set_input(&b"the body of another request"[..]);
            serve(reads_all, environ, told)
        },
    ),
    ("input-after-its-end", STREAMS, "wsgi.input goes on after its end", |told| {
        let mut environ = environ();
        environ.set_input(Revives(0));
        serve(reads_all_twice, environ, told)
    }),
    ("input-within-the-body", STREAMS, "", |told| {
        let mut environ = environ();
        environ.insert("CONTENT_LENGTH", "8");
        environ.set_input(&b"the body"[..]);
        serve(reads_all_twice, environ, told)
    }),
    (
        "errors-that-are-no-text",
        STREAMS,
        "wsgi.errors is a text stream, and this is not UTF-8",
        |told| {
            let app =
                |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
                    environ.errors().write_all(b"caf\xe9 \n")?;
                    hello(environ, start_response)
                };
            serve(app, environ(), told)
        },
    ),
    ("length-is-hidden", DETAILS, "", |told| {
        // As in CPython: the server has to ask for every piece, so that each is checked.
        let body = told.validated(hello).call(&mut environ(), &mut Accepts)?;
        let hint = body.size_hint();
        let mut body = body;
        body.close(&mut environ())?;
        if hint.is_some() { Err("the server is told the number of pieces".into()) } else { Ok(()) }
    }),
];

/// An application that gives this answer, without a body.
fn answers(
    status: &'static str,
    headers: &'static [(&'static str, &'static str)],
) -> impl Application {
    move |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
        start_response.start(status, headers.iter().copied())?;
        Ok(Body::empty())
    }
}

fn reads_all(environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    environ.input().read_to_end(&mut Vec::new())?;
    hello(environ, start_response)
}

fn reads_all_twice(environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    environ.input().read_to_end(&mut Vec::new())?;
    reads_all(environ, start_response)
}

/// An input that has an end, and goes on after it.
struct Revives(u8);

impl Read for Revives {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 += 1;
        match (self.0, buffer) {
            (1 | 3, [first, ..]) => {
                *first = b'x';
                Ok(1)
            }
            _ => Ok(0),
        }
    }
}

impl BufRead for Revives {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(&[])
    }

    fn consume(&mut self, _: usize) {}
}
