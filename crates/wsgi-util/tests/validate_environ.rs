//! `validate`: what the server owes the application.

mod recorder;

use recorder::Recorder;
use std::io::{self, BufRead, Read};
use std::sync::{Arc, Mutex};
use wsgi_util::validate::{Violation, WsgiWarning, validator};
use wsgi_util::{AppResult, Application, Environ, StartResponse, setup_testing_defaults};

fn hello(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    Ok("hello\n".into())
}

fn environ(pairs: &[(&'static str, &str)]) -> Environ<'static> {
    let mut environ = Environ::from([("QUERY_STRING", "")]);
    environ.extend(pairs.iter().copied());
    setup_testing_defaults(&mut environ);
    environ
}

/// Runs an application under the validator; gives the violation, and what was warned of.
fn run(app: impl Application, environ: &mut Environ<'_>) -> (Option<Violation>, Vec<WsgiWarning>) {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&warnings);
    let app = validator(app).on_warning(move |warning| seen.lock().unwrap().push(warning.clone()));
    let (_, result) = Recorder::run(&app, environ);
    let violation = result.err().map(|error| match error.downcast::<io::Error>() {
        Ok(error) => error.into_inner().unwrap().downcast::<Violation>().unwrap(),
        Err(error) => error.downcast::<Violation>().unwrap(),
    });
    let warnings = warnings.lock().unwrap().clone();
    (violation.map(|violation| *violation), warnings)
}

/// Checks that an environ is refused, with words that begin as CPython's.
fn refused(environ: &mut Environ<'_>, violation: Violation, words: &str) {
    assert!(violation.to_string().starts_with(words), "{violation}");
    assert_eq!(run(hello, environ), (Some(violation), vec![]));
}

#[test]
fn the_testing_defaults_are_a_valid_environ() {
    assert_eq!(run(hello, &mut environ(&[])), (None, vec![]));
    let shop = environ(&[
        ("SCRIPT_NAME", "/shop"),
        ("PATH_INFO", ""),
        ("CONTENT_LENGTH", ""),
        ("HTTP_X", "\u{ff}"),
    ]);
    assert_eq!(run(hello, &mut { shop }), (None, vec![]));
}

#[test]
fn required_keys() {
    for key in [
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
    ] {
        let mut environ = environ(&[]);
        environ.remove(key);
        let words = format!("Environment missing required key: '{key}'");
        refused(&mut environ, Violation::MissingKey { key }, &words);
    }
}

#[test]
fn keys_that_must_not_be_there() {
    for (key, words) in [
        (
            "HTTP_CONTENT_TYPE",
            "Environment should not have the key: HTTP_CONTENT_TYPE (use CONTENT_TYPE instead)",
        ),
        (
            "HTTP_CONTENT_LENGTH",
            "Environment should not have the key: HTTP_CONTENT_LENGTH (use CONTENT_LENGTH instead)",
        ),
    ] {
        refused(&mut environ(&[(key, "")]), Violation::HttpKey { key }, words);
    }
}

#[test]
fn values_are_native_strings() {
    for key in ["HTTP_X", "PATH_INFO", "QUERY_STRING", "REMOTE_USER", "SERVER_PROTOCOL"] {
        refused(
            &mut environ(&[(key, "/5 €")]),
            Violation::NotNative { key: key.into(), character: '€' },
            &format!("Environmental variable {key} is not a native string: it contains '€'"),
        );
    }
}

/// What else a process has in its environment is nobody's request: under CGI all of it is in the environ.
#[test]
fn values_that_come_from_no_request_may_be_any_text() {
    let mut environ = environ(&[("PROMPT", "5 €"), ("my.key", "6 €")]);
    assert_eq!(run(hello, &mut environ), (None, vec![]));
}

#[test]
fn the_scheme_is_known() {
    refused(
        &mut environ(&[("wsgi.url_scheme", "gopher"), ("SERVER_PORT", "70")]),
        Violation::UrlScheme { scheme: "gopher".into() },
        "wsgi.url_scheme unknown: 'gopher'",
    );
}

#[test]
fn paths_begin_with_a_slash() {
    for (key, words) in [
        ("SCRIPT_NAME", "SCRIPT_NAME doesn't start with /: '*'"),
        ("PATH_INFO", "PATH_INFO doesn't start with /: '*'"),
    ] {
        refused(&mut environ(&[(key, "*")]), Violation::NoSlash { key, value: "*".into() }, words);
    }
}

#[test]
fn options_of_the_server_as_a_whole_has_a_star_for_a_path() {
    assert_eq!(
        run(hello, &mut environ(&[("REQUEST_METHOD", "OPTIONS"), ("PATH_INFO", "*")])),
        (None, vec![])
    );
}

#[test]
fn one_of_script_name_and_path_info_is_there() {
    for script_name in [None, Some("")] {
        let mut environ = environ(&[]);
        environ.remove("PATH_INFO");
        environ.remove("SCRIPT_NAME");
        environ.extend(script_name.map(|script_name| ("SCRIPT_NAME", script_name)));
        refused(&mut environ, Violation::NoPath, "One of SCRIPT_NAME or PATH_INFO are required");
    }
    refused(
        &mut environ(&[("SCRIPT_NAME", "/")]),
        Violation::ScriptNameSlash,
        "SCRIPT_NAME cannot be '/'; it should instead be '', and PATH_INFO should be '/'",
    );
}

#[test]
fn the_content_length_is_digits() {
    for value in ["-1", "+1", " 1", "1_0", "1.5", "many"] {
        let violation = Violation::ContentLength { value: value.into() };
        refused(
            &mut environ(&[("CONTENT_LENGTH", value)]),
            violation,
            &format!("Invalid CONTENT_LENGTH: '{value}'"),
        );
    }
}

#[test]
fn doubtful_environs_are_warned_of() {
    let mut no_query = environ(&[]);
    no_query.remove("QUERY_STRING");
    assert_eq!(run(hello, &mut no_query), (None, vec![WsgiWarning::NoQueryString]));

    let (violation, warnings) = run(hello, &mut environ(&[("REQUEST_METHOD", "BREW")]));
    assert_eq!((violation, warnings.len()), (None, 1));
    assert_eq!(warnings[0].to_string(), "Unknown REQUEST_METHOD: 'BREW'");
}

#[test]
fn the_application_reads_and_logs_through_the_checks() {
    fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
        let line = environ.input().readline(None)?;
        let rest = environ.input().read_n(99)?;
        writeln!(environ.errors(), "grüße")?;
        environ.errors().flush()?;
        start_response.start("200 OK", [("Content-Type", "text/plain")])?;
        Ok(vec![line, rest].into())
    }
    let mut log = Vec::new();
    let mut environ = Environ::from([("QUERY_STRING", ""), ("CONTENT_LENGTH", "6")]);
    setup_testing_defaults(&mut environ);
    environ.set_input(&b"a\nb\nc\n"[..]);
    environ.set_errors(&mut log);
    let (response, result) = Recorder::run(&validator(app), &mut environ);
    result.unwrap();
    assert_eq!(response.sent, b"a\nb\nc\n");
    drop(environ);
    assert_eq!(log, "grüße\n".as_bytes());
}

#[test]
fn the_input_ends_where_the_body_ends() {
    fn read(environ: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
        environ.input().read_n(99)?;
        Ok("".into())
    }
    fn read_lines(environ: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
        environ.input().readlines(None)?;
        Ok("".into())
    }
    for app in [read, read_lines] {
        let mut environ = environ(&[("CONTENT_LENGTH", "5")]);
        environ.set_input(&b"123456"[..]);
        assert_eq!(run(app, &mut environ).0, Some(Violation::InputTooLong { content_length: 5 }));
    }
}

#[test]
fn the_input_stays_at_its_end() {
    /// Ends once, then goes on, as the reader of a kept connection would.
    struct Restless(bool);
    impl Read for Restless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.fill_buf()?.len().min(buffer.len());
            Ok(count)
        }
    }
    impl BufRead for Restless {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            self.0 = !self.0;
            Ok(if self.0 { b"" } else { b"GET / HTTP/1.1\r\n" })
        }
        fn consume(&mut self, _: usize) {}
    }
    fn app(environ: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
        assert_eq!(environ.input().read_n(1)?, b"");
        environ.input().read_n(1)?;
        Ok("".into())
    }
    let mut environ = environ(&[]);
    environ.set_input(Restless(false));
    assert_eq!(run(app, &mut environ).0, Some(Violation::InputPastEnd));
}

#[test]
fn the_log_is_text() {
    fn halves(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
        environ.errors().write_all(b"caf\xc3")?;
        environ.errors().write_all(b"\xa9\n")?;
        hello(environ, start_response)
    }
    fn bytes(environ: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
        environ.errors().write_all(b"caf\xe9\n")?;
        Ok("".into())
    }
    assert_eq!(run(halves, &mut environ(&[])), (None, vec![]));
    assert_eq!(run(bytes, &mut environ(&[])).0, Some(Violation::ErrorsNotText));
}

/// Streams may take and give a few bytes at a time; the checks keep count.
#[test]
fn streams_that_go_in_small_steps_are_checked_as_well() {
    struct ByByte;
    impl io::Write for ByByte {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            Ok(data.len().min(1))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
        environ.errors().write_all("caf\u{e9} \u{20ac}\n".as_bytes())?;
        environ.input().readlines(None)?;
        hello(environ, start_response)
    }
    for (length, violation) in
        [("6", None), ("4", Some(Violation::InputTooLong { content_length: 4 }))]
    {
        let mut environ = environ(&[("CONTENT_LENGTH", length)]);
        environ.set_input(io::BufReader::with_capacity(2, &b"a\nb\nc\n"[..]));
        environ.set_errors(ByByte);
        assert_eq!(run(app, &mut environ), (violation, vec![]));
    }
}
