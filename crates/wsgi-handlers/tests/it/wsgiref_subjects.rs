//! The subjects of `HandlerTests` and, as far as no server is needed, `IntegrationTests` of CPython's test_wsgiref.

use crate::driven::Drive;
use crate::played::{App, GET, SharedLog, get, masked, play};
use std::io::{self, Write};
use wsgi_handlers::{BaseCgiHandler, BaseHandler, HandlerOptions, Outcome, SimpleHandler};
use wsgi_util::{Application, Body, Environ, StartResponse, setup_testing_defaults, validate};

const NO_HEADERS: [(&str, &str); 0] = [];

/// The environ of CPython's `TestHandler(**kw)`.
fn testing_environ(pairs: &[(&'static str, &str)]) -> Environ<'static> {
    let mut environ: Environ<'_> = pairs.iter().copied().collect();
    setup_testing_defaults(&mut environ);
    environ
}

/// Runs an application behind a CGI-like gateway; gives what it sent and what it logged.
fn gateway(app: impl App) -> (String, String) {
    let (mut out, log) = (Vec::new(), SharedLog::default());
    BaseCgiHandler::new(io::empty(), &mut out, log.clone(), testing_environ(&[]))
        .drive(&app)
        .unwrap();
    (masked(&out), log.text())
}

fn hello(_: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> wsgi_util::AppResult {
    let headers = [("Content-Type", "text/plain"), ("Date", "Mon, 05 Jun 2006 18:49:54 GMT")];
    start_response.start("200 OK", headers)?;
    Ok("Hello, world!".into())
}

const HELLO: &str = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nDate: {date}\r\n\
    Content-Length: 13\r\n\r\nHello, world!";

/// Only who answers the client says what serves it; a gateway's environ has what the web server has put there.
#[test]
fn server_software_is_the_origin_servers() {
    for origin_server in [true, false] {
        let mut handler = SimpleHandler::new(io::empty(), io::sink(), io::sink(), Environ::new());
        handler.options_mut().server_software = Some("Demo".into());
        handler.options_mut().origin_server = origin_server;
        let environ = handler.setup_environ();
        assert_eq!(environ.get("SERVER_SOFTWARE").is_some(), origin_server);
    }
}

/// testEnviron: what is in the environ, and which source wins.
#[test]
fn environ() {
    let base = testing_environ(&[("X", "Y"), ("HOME", "/override/home")]);
    let mut handler = SimpleHandler::new(io::empty(), io::sink(), io::sink(), base);
    handler.options_mut().os_environ = [
        ("HOME", "/my/home"),
        ("PATH", "/my/path"),
        ("LANG", "fr_FR.UTF-8"),
        ("SCRIPT_NAME", "test_script_name"),
        ("SERVER_NAME", "test_server_name"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();

    let environ = handler.setup_environ();
    let expected = [
        "HOME = /override/home",
        "HTTP_HOST = 127.0.0.1",
        "LANG = fr_FR.UTF-8",
        "PATH = /my/path",
        "PATH_INFO = /",
        "REQUEST_METHOD = GET",
        "SCRIPT_NAME = ",
        "SERVER_NAME = 127.0.0.1",
        "SERVER_PORT = 80",
        "SERVER_PROTOCOL = HTTP/1.0",
        "X = Y",
        "wsgi.errors = <wsgi.errors>",
        "wsgi.file_wrapper = <class 'FileWrapper'>",
        "wsgi.input = <wsgi.input>",
        "wsgi.multiprocess = False",
        "wsgi.multithread = True",
        "wsgi.run_once = False",
        "wsgi.url_scheme = http",
        "wsgi.version = (1, 0)",
    ];
    let shown: Vec<_> =
        environ.items().iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert_eq!(shown, expected);
}

/// The environ follows the options, file wrapper and server software included.
#[test]
fn environ_follows_the_options() {
    let mut handler = SimpleHandler::new(io::empty(), io::sink(), io::sink(), GET);
    *handler.options_mut() = HandlerOptions {
        wsgi_version: (1, 1),
        wsgi_multithread: false,
        wsgi_multiprocess: true,
        wsgi_run_once: true,
        wsgi_file_wrapper: false,
        server_software: Some("Demo/1".into()),
        ..Default::default()
    };
    let environ = handler.setup_environ();
    assert_eq!(environ.version(), (1, 1));
    assert_eq!(
        (environ.multithread(), environ.multiprocess(), environ.run_once()),
        (false, true, true)
    );
    assert!(!environ.contains_key("wsgi.file_wrapper"));
    assert_eq!(environ.get("SERVER_SOFTWARE").as_deref(), Some("Demo/1"));
}

/// No variable of the process reaches an environ by itself (CPython: bpo-7250).
#[test]
fn the_process_environment_stays_out() {
    let key = std::env::vars().map(|(key, _)| key).next().expect("cargo sets some");
    let environ = SimpleHandler::new(io::empty(), io::sink(), io::sink(), GET).setup_environ();
    assert!(!environ.contains_key(&key));
}

/// testCGIEnviron.
#[test]
fn cgi_environ() {
    let environ =
        BaseCgiHandler::new(io::empty(), io::sink(), io::sink(), Environ::new()).setup_environ();
    for key in ["wsgi.url_scheme", "wsgi.input", "wsgi.errors"] {
        assert!(environ.contains_key(key), "{key}");
    }
    assert!(environ.input_terminated());
}

/// testScheme.
#[test]
fn scheme() {
    for (pairs, expected) in
        [(&[("HTTPS", "on")][..], "https"), (&[("HTTPS", "off")], "http"), (&[], "http")]
    {
        let environ: Environ<'_> = pairs.iter().copied().collect();
        let environ =
            SimpleHandler::new(io::empty(), io::sink(), io::sink(), environ).setup_environ();
        assert_eq!(environ.url_scheme(), expected);
    }
}

/// testContentLength: computed for the only piece, not after `write()`; the application's own is kept.
#[test]
fn content_length() {
    let scheme = |environ: &Environ<'_>| environ.url_scheme().to_owned();
    let (out, _) = gateway(|environ, start_response| {
        start_response.start("200 OK", NO_HEADERS)?;
        Ok(scheme(environ).into())
    });
    assert_eq!(out, "Status: 200 OK\r\nContent-Length: 4\r\n\r\nhttp");

    let (out, _) = gateway(|environ, start_response| {
        start_response.start("200 OK", NO_HEADERS)?.write(scheme(environ).as_bytes())?;
        Ok(Body::empty())
    });
    assert_eq!(out, "Status: 200 OK\r\n\r\nhttp");

    let (out, _) = gateway(|_, start_response| {
        start_response.start("200 OK", NO_HEADERS)?;
        Ok("тест".into())
    });
    assert_eq!(
        out,
        "Status: 200 OK\r\nContent-Length: 8\r\n\r\n\u{d1}\u{82}\u{d0}\u{b5}\u{d1}\u{81}\u{d1}\u{82}"
    );

    // A response to HEAD names the length of what it leaves out.
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Content-Length", "12345"), ("Date", "today")])?;
        Ok(Body::empty())
    };
    let played = play(app, [("REQUEST_METHOD", "HEAD")], io::empty());
    assert!(played.out.ends_with("Content-Length: 12345\r\nDate: today\r\n\r\n"), "{}", played.out);
    assert_eq!(played.outcome, Ok(Outcome::Complete));
}

/// testBasicErrorOutput.
#[test]
fn error_output() {
    let (out, log) = gateway(|_, start_response| {
        start_response.start("200 OK", NO_HEADERS)?;
        Ok(Body::empty())
    });
    assert_eq!((out.as_str(), log.as_str()), ("Status: 200 OK\r\nContent-Length: 0\r\n\r\n", ""));

    let (out, log) = gateway(|_, _| Err("this should be caught by the handler".into()));
    assert_eq!(
        out,
        "Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 59\r\n\r\n\
         A server error occurred.  Please contact the administrator."
    );
    assert_eq!(log, "Error: this should be caught by the handler\n");
}

/// testErrorAfterOutput.
#[test]
fn error_after_output() {
    let (out, log) = gateway(|_, start_response| {
        start_response.start("200 OK", NO_HEADERS)?.write(b"Some output has been sent")?;
        Err("this should be caught by the handler".into())
    });
    assert_eq!(out, "Status: 200 OK\r\n\r\nSome output has been sent");
    assert_eq!(log, "Error: this should be caught by the handler\n");
}

/// testHeaderFormats: the head by kind of server, version, software and client.
#[test]
fn header_formats() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", NO_HEADERS)?;
        Ok(Body::empty())
    };
    for software in [Some("FooBar/1.0"), None] {
        let server = software.map(|name| format!("Server: {name}\r\n")).unwrap_or_default();
        for version in ["1.0", "1.1"] {
            for protocol in ["HTTP/0.9", "http/0.9", "HTTP/1.0", "HTTP/1.1"] {
                for origin_server in [false, true] {
                    let environ = testing_environ(&[("SERVER_PROTOCOL", protocol)]);
                    let mut out = Vec::new();
                    let mut handler =
                        SimpleHandler::new(io::empty(), &mut out, io::sink(), environ);
                    let options = handler.options_mut();
                    options.origin_server = origin_server;
                    options.http_version = version.into();
                    options.server_software = software.map(Into::into);
                    handler.drive(&app).unwrap();

                    let expected = if !origin_server {
                        "Status: 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned()
                    } else if protocol.eq_ignore_ascii_case("HTTP/0.9") {
                        String::new()
                    } else {
                        format!(
                            "HTTP/{version} 200 OK\r\nDate: {{date}}\r\n{server}Content-Length: 0\r\n\r\n"
                        )
                    };
                    assert_eq!(
                        masked(&out),
                        expected,
                        "{software:?} {version} {protocol} {origin_server}"
                    );
                }
            }
        }
    }
}

/// testBytesData.
#[test]
fn bytes_data() {
    let (out, _) = gateway(|_, start_response| {
        start_response.start("200 OK", [("Content-Type", "text/plain; charset=utf-8")])?;
        Ok(b"data".into())
    });
    assert_eq!(
        out,
        "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n\r\ndata"
    );
}

/// A stream that takes a few bytes at a time, and is interrupted every other time.
#[derive(Default)]
struct Reluctant {
    taken: Vec<u8>,
    calls: usize,
}

impl Write for Reluctant {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls % 2 == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let part = &data[..data.len().min(7)];
        self.taken.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// testPartialWrite and test_interrupted_write: everything arrives, small responses and large ones.
#[test]
fn partial_and_interrupted_writes() {
    let mut stdout = Reluctant::default();
    SimpleHandler::new(io::empty(), &mut stdout, io::sink(), GET).drive(&hello).unwrap();
    assert_eq!(masked(&stdout.taken), HELLO);

    let large = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Date", "today")])?;
        Ok(vec![b'\0'; 100_000].into())
    };
    let mut stdout = Reluctant::default();
    SimpleHandler::new(io::empty(), &mut stdout, io::sink(), GET).drive(&large).unwrap();
    let head = "HTTP/1.0 200 OK\r\nDate: today\r\nContent-Length: 100000\r\n\r\n";
    assert!(stdout.taken.starts_with(head.as_bytes()));
    assert_eq!(stdout.taken.len(), head.len() + 100_000);
}

/// A stream whose writes fail.
struct Failing(io::ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(self.0.into())
    }
}

/// testClientConnectionTerminations: nothing is logged when the client goes away.
#[test]
fn client_connection_terminations() {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    for kind in [ConnectionAborted, BrokenPipe, ConnectionReset] {
        let log = SharedLog::default();
        let outcome =
            SimpleHandler::new(io::empty(), Failing(kind), log.clone(), GET).drive(&hello);
        assert_eq!(outcome.unwrap(), Outcome::ClientGone, "{kind}");
        assert_eq!(log.text(), "", "{kind}");
    }
}

/// testDontResetInternalStateOnException, first half: another failure of the output is logged, and is no complete
/// response. (The second half, that the state is kept, is in `overriding.rs`.)
#[test]
fn other_failures_of_the_output() {
    let log = SharedLog::default();
    let stdout = Failing(io::ErrorKind::StorageFull);
    let outcome = SimpleHandler::new(io::empty(), stdout, log.clone(), GET).drive(&hello);
    assert_eq!(outcome.unwrap(), Outcome::Failed);
    assert_eq!(log.text(), "Error: no storage space\n");
}

/// test_plain_hello and test_validated_hello.
#[test]
fn plain_and_validated_hello() {
    let server = "Server: WSGIServer {version}\r\n";
    let expected = HELLO.replace("Content-Type", &format!("{server}Content-Type"));
    assert_eq!(get(hello).out, expected);

    let validated = validate::validator(hello);
    let environ = testing_environ(&[("QUERY_STRING", "")]);
    let played = play(
        move |environ, start_response| validated.call(environ, start_response),
        environ,
        io::empty(),
    );
    assert_eq!(played.out, expected.replace("Content-Length: 13\r\n", ""));
    assert_eq!(played.log, "\"GET /\" 200 13\n");
}

/// test_simple_validation_error: what the validator finds is answered by the error page.
#[test]
fn simple_validation_error() {
    let bad = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Content-Type:", "text/plain")])?;
        Ok("Hello, world!".into())
    };
    let validated = validate::validator(bad);
    let environ = testing_environ(&[("QUERY_STRING", "")]);
    let played = play(
        move |environ, start_response| validated.call(environ, start_response),
        environ,
        io::empty(),
    );
    assert!(played.out.ends_with("A server error occurred.  Please contact the administrator."));
    let lines: Vec<_> = played.log.lines().collect();
    assert!(
        lines[lines.len() - 2].starts_with("Error: Header names may not contain ':'"),
        "{}",
        played.log
    );
}

/// test_status_validation_errors.
#[test]
fn status_validation_errors() {
    let table = [
        ("200", "Error: Status must be at least 4 characters"),
        ("20X OK", "Error: Status message must begin w/3-digit code"),
        ("200OK", "Error: Status message must have a space after code"),
    ];
    for (status, message) in table {
        let played = get(|_, start_response| {
            start_response.start(status, [("Content-Type", "text/plain; charset=utf-8")])?;
            Ok("Hello, world!".into())
        });
        assert!(
            played.out.ends_with("A server error occurred.  Please contact the administrator.")
        );
        let lines: Vec<_> = played.log.lines().collect();
        assert_eq!(lines[lines.len() - 2], message);
    }
}

/// test_cp1252_url: the bytes of a path come back as they were.
#[test]
fn cp1252_url() {
    let app = |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Date", "today")])?;
        Ok(environ.get_bytes("PATH_INFO").unwrap_or_default().into_owned().into())
    };
    let played = play(app, [("PATH_INFO", "/\u{80}\u{80}")], io::empty());
    assert!(played.out.ends_with("\r\n\r\n/\u{80}\u{80}"), "{}", played.out);
}
