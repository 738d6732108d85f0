//! Late binding: what is overridden is used, by every default that calls it.

use crate::driven::Drive;
use crate::played::{GET, SharedLog, masked};
use std::error::Error;
use std::io::{self, Write};
use wsgi_handlers::{
    Base, BaseHandler, HandlerOptions, Outcome, Response, ResponseState, RunState, SimpleHandler,
    inherit_handler,
};
use wsgi_util::{AppError, AppResult, Application, Body, Environ, FileWrapper, StartResponse};

const NO_HEADERS: [(&str, &str); 0] = [];

fn hello(_: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start("200 OK", [("Date", "today")])?;
    Ok("hello\n".into())
}

fn broken(_: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start("200 OK", [("Date", "today")])?;
    Err("broken".into())
}

/// What Django does with `ServerHandler`: connection headers of its own, and an error page that shows the error.
struct Framework<'e> {
    simple: SimpleHandler<'e, &'e mut Vec<u8>>,
    logged: Vec<String>,
}

impl<'e> BaseHandler<'e> for Framework<'e> {
    inherit_handler!('e, simple);

    /// The server itself may set headers that an application may not.
    fn cleanup_headers(&mut self, response: &mut Response) -> Result<(), AppError> {
        Base.cleanup_headers(self, response)?;
        response.headers.set("Connection", "close")?;
        Ok(())
    }

    fn get_scheme(&self, _: &Environ<'e>) -> std::borrow::Cow<'static, str> {
        "https".into()
    }

    /// Also asserts that the state of the run is still there (testDontResetInternalStateOnException).
    fn log_exception(&mut self, run: &mut RunState<'e>, error: &(dyn Error + 'static)) {
        assert_eq!(run.response.state(), ResponseState::Started);
        assert_eq!(run.response.status(), Some("200 OK"));
        assert_eq!(run.response.status_code(), Some("200"));
        assert_eq!(run.response.headers.get("Date"), Some("today"));
        assert_eq!(run.environ.url_scheme(), "https");
        self.logged.push(error.to_string());
    }

    fn error_output(&mut self, run: &mut RunState<'e>, error: AppError) -> AppResult {
        let page = format!("oops: {error}\n");
        let headers = [("Date", "today"), ("Content-Type", "text/plain")];
        let headers = wsgi_util::Headers::from_pairs(headers)?;
        self.start_response(&mut run.response, "500 Oops", headers, Some(error))?;
        Ok(page.into())
    }
}

fn framework(app: impl Application) -> (String, Vec<String>) {
    let mut out = Vec::new();
    let simple = SimpleHandler::new(io::empty(), &mut out, io::sink(), GET);
    let mut handler = Framework { simple, logged: Vec::new() };
    assert_eq!(handler.drive(&app).unwrap(), Outcome::Complete);
    let logged = std::mem::take(&mut handler.logged);
    drop(handler);
    (masked(&out), logged)
}

#[test]
fn overridden_methods_are_used() {
    let (out, logged) = framework(hello);
    assert_eq!(
        out,
        "HTTP/1.0 200 OK\r\nDate: today\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"
    );
    assert!(logged.is_empty());
}

#[test]
fn overridden_methods_are_used_for_the_error_page() {
    let (out, logged) = framework(broken);
    assert_eq!(
        out,
        "HTTP/1.0 500 Oops\r\nDate: today\r\nContent-Type: text/plain\r\nContent-Length: 13\r\nConnection: close\r\n\r\n\
         oops: broken\n"
    );
    assert_eq!(logged, ["broken"]);
}

/// A server that frames its responses by itself: heads and bodies go different ways, and a file goes a third one.
struct Redirected<'e> {
    simple: SimpleHandler<'e, Vec<u8>>,
    heads: Vec<String>,
    files: usize,
}

impl<'e> BaseHandler<'e> for Redirected<'e> {
    inherit_handler!('e, simple);

    fn write_head(&mut self, response: &mut Response) -> io::Result<()> {
        let names: Vec<_> = response.headers.keys().collect();
        self.heads.push(format!("{} {names:?}", response.status().unwrap_or_default()));
        Ok(())
    }

    fn sendfile(&mut self, run: &mut RunState<'e>) -> Result<bool, AppError> {
        self.send_headers(&mut run.response)?;
        self.files += 1;
        run.response.add_bytes_sent(9);
        Ok(true)
    }
}

fn redirected(
    app: impl Application,
    set: fn(&mut HandlerOptions),
) -> (Vec<String>, Vec<u8>, usize) {
    let mut simple = SimpleHandler::new(io::empty(), Vec::new(), io::sink(), GET);
    set(simple.options_mut());
    let mut handler = Redirected { simple, heads: Vec::new(), files: 0 };
    assert_eq!(handler.drive(&app).unwrap(), Outcome::Complete);
    (handler.heads, handler.simple.into_stdout(), handler.files)
}

#[test]
fn heads_can_be_sent_in_another_way() {
    let (heads, body, _) = redirected(hello, |_| {});
    assert_eq!(heads, [r#"200 OK ["Date", "Content-Length"]"#]);
    assert_eq!(body, b"hello\n");

    let (heads, body, _) = redirected(broken, |_| {});
    assert_eq!(heads, [r#"500 Internal Server Error ["Content-Type", "Content-Length"]"#]);
    assert_eq!(body.len(), 59);
}

#[test]
fn files_can_be_sent_in_another_way() {
    fn file(_: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        start_response.start("200 OK", [("Content-Length", "9")])?;
        Ok(FileWrapper::new(&b"file body"[..]).into())
    }
    let (heads, body, files) = redirected(file, |_| {});
    assert_eq!((heads.len(), body.as_slice(), files), (1, &b""[..], 1));
    // Without `wsgi.file_wrapper` it is an iterable like any other.
    let (heads, body, files) = redirected(file, |options| options.wsgi_file_wrapper = false);
    assert_eq!((heads.len(), body.as_slice(), files), (1, &b"file body"[..], 0));
}

/// Sends files through its own output, in a way that a base class may do wrong.
struct Copying<'e> {
    simple: SimpleHandler<'e, &'e mut Vec<u8>>,
    files: usize,
}

impl<'e> BaseHandler<'e> for Copying<'e> {
    inherit_handler!('e, simple);

    fn sendfile(&mut self, run: &mut RunState<'e>) -> Result<bool, AppError> {
        self.files += 1;
        self.send_headers(&mut run.response)?;
        self.send_headers(&mut run.response)?;
        self._write(b"by the system")?;
        run.response.add_bytes_sent(13);
        Ok(true)
    }
}

/// Lets a `Copying` answer; gives what it sent, what it logged, and how many files it sent in its own way.
fn copied(method: &'static str, app: impl Application) -> (String, String, usize) {
    let (mut out, log) = (Vec::new(), SharedLog::default());
    let environ = [("REQUEST_METHOD", method)];
    let simple = SimpleHandler::new(io::empty(), &mut out, log.clone(), environ);
    let mut handler = Copying { simple, files: 0 };
    assert_eq!(handler.drive(&app).unwrap(), Outcome::Complete);
    let files = handler.files;
    drop(handler);
    (masked(&out), log.text(), files)
}

/// What `sendfile` leaves to the output is flushed, and the head is sent once.
#[test]
fn files_can_be_sent_through_the_output() {
    let file = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Date", "today")])?;
        Ok(FileWrapper::new(&b"piece by piece"[..]).into())
    };
    let (out, log, files) = copied("GET", file);
    assert_eq!(out, "HTTP/1.0 200 OK\r\nDate: today\r\n\r\nby the system");
    assert_eq!((log.as_str(), files), ("", 1));
    // There is no file to send where there is no body to send.
    let (out, log, files) = copied("HEAD", file);
    assert_eq!(out, "HTTP/1.0 200 OK\r\nDate: today\r\n\r\n");
    assert_eq!((log.as_str(), files), ("", 0));
}

#[test]
fn a_file_without_a_head_is_refused() {
    let file = |_: &mut Environ<'_>, _: &mut dyn StartResponse| -> AppResult {
        Ok(FileWrapper::new(&b"piece by piece"[..]).into())
    };
    let (out, log, _) = copied("GET", file);
    assert!(out.starts_with("HTTP/1.0 500 Internal Server Error\r\n"), "{out}");
    assert_eq!(log, "Error: write() before start_response()\n");
}

/// Puts a variable in before the base class has its turn, and takes one out after it.
struct Variables<'e>(SimpleHandler<'e, &'e mut Vec<u8>>);

impl<'e> BaseHandler<'e> for Variables<'e> {
    inherit_handler!('e, 0: options, _write, _flush, get_stdin, get_stderr);

    fn add_cgi_vars(&mut self, environ: &mut Environ<'e>) {
        assert_eq!(environ.get("HOME").as_deref(), Some("/root"), "os_environ comes first");
        environ.insert("my.before", "kept");
        environ.insert("PATH_INFO", "replaced");
        environ.set_extension("my.extension", 7_u32);
        self.0.add_cgi_vars(environ);
        environ.remove("HTTP_PROXY");
    }
}

/// CPython: `os_environ` is copied, then `add_cgi_vars` changes the copy, then the `wsgi.*` values are set.
#[test]
fn the_environ_is_made_in_order() {
    let mut out = Vec::new();
    let mut simple = SimpleHandler::new(io::empty(), &mut out, io::sink(), GET);
    let os_environ =
        [("HOME", "/root"), ("HTTP_PROXY", "evil"), ("PATH_INFO", "stale"), ("wsgi.input", "x")];
    simple.options_mut().os_environ =
        os_environ.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let app = |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        assert_eq!(environ.get("HTTP_PROXY"), None);
        assert_eq!(environ.get("HOME").as_deref(), Some("/root"));
        assert_eq!(environ.get("PATH_INFO").as_deref(), Some("/"));
        assert_eq!(environ.get("my.before").as_deref(), Some("kept"));
        assert_eq!(environ.extension("my.extension"), Some(&7_u32));
        assert_eq!(environ.input().read_n(9)?, b"");
        start_response.start("200 OK", [("Date", "today")])?;
        Ok("fine".into())
    };
    Variables(simple).drive(&app).unwrap();
    assert!(out.ends_with(b"\r\n\r\nfine"), "{}", masked(&out));
}

/// CPython: `log_exception` writes to the handler's stream, whatever the application made of `wsgi.errors`.
#[test]
fn an_application_cannot_hide_its_errors_from_the_log() {
    let log = SharedLog::default();
    let app = |environ: &mut Environ<'_>, _: &mut dyn StartResponse| -> AppResult {
        writeln!(environ.errors(), "told by the application")?;
        environ.set_errors(io::sink());
        writeln!(environ.errors(), "told to nobody")?;
        Err("hidden".into())
    };
    SimpleHandler::new(io::empty(), io::sink(), log.clone(), GET).drive(&app).unwrap();
    assert_eq!(log.text(), "told by the application\nError: hidden\n");

    let log = SharedLog::default();
    let app = |environ: &mut Environ<'_>, _: &mut dyn StartResponse| -> AppResult {
        let _gone_with_the_call = environ.take_errors();
        panic!("hidden");
    };
    SimpleHandler::new(io::empty(), io::sink(), log.clone(), GET).drive(&app).unwrap();
    assert_eq!(log.text(), "Error: panicked: hidden\n");
}

/// Notes what each `_write` is handed.
#[derive(Default)]
struct Pieces {
    options: HandlerOptions,
    pieces: Vec<Vec<u8>>,
}

impl<'e> BaseHandler<'e> for Pieces {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }
    fn _write(&mut self, data: &[u8]) -> io::Result<()> {
        self.pieces.push(data.to_vec());
        Ok(())
    }
    fn _flush(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn get_stdin(&mut self) -> Box<dyn wsgi_util::InputStream + 'e> {
        Box::new(io::empty())
    }
    fn get_stderr(&mut self) -> Box<dyn wsgi_util::ErrorStream + 'e> {
        Box::new(io::sink())
    }
    fn add_cgi_vars(&mut self, _: &mut Environ<'e>) {}
}

/// An output that does not collect is not handed the head in crumbs.
#[test]
fn a_head_is_a_few_writes() {
    let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", [("Date", "today"), ("X-Name", "caf\u{e9}")])?;
        Ok("body".into())
    };
    let mut handler = Pieces::default();
    handler.options.server_software = Some("Demo".into());
    handler.drive(&app).unwrap();
    let pieces: Vec<&[u8]> = handler.pieces.iter().map(Vec::as_slice).collect();
    assert_eq!(
        pieces,
        [
            &b"HTTP/1.0 200 OK\r\nServer: Demo\r\n"[..],
            b"Date: today\r\nX-Name: caf\xe9\r\nContent-Length: 4\r\n",
            b"\r\n",
            b"body",
        ]
    );
}

/// A handler is usable as an object, whatever its type.
#[test]
fn handlers_are_objects() {
    let mut out = Vec::new();
    let mut simple = SimpleHandler::new(io::empty(), &mut out, io::sink(), GET);
    let handler: &mut dyn BaseHandler<'_> = &mut simple;
    assert_eq!(handler.drive(&hello).unwrap(), Outcome::Complete);
    drop(simple);
    assert!(out.ends_with(b"hello\n"));
}

/// Counts the writes that reach it.
#[derive(Default)]
struct Counting {
    writes: usize,
    bytes: usize,
}

impl Write for Counting {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[io::IoSlice::new(data)])
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.writes += 1;
        let size = slices.iter().map(|slice| slice.len()).sum();
        self.bytes += size;
        Ok(size)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// CPython makes one write per line of the head, and one for the body.
#[test]
fn head_and_first_piece_leave_in_one_write() {
    for size in [1, 1000, 1_000_000] {
        let app = move |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
            start_response.start("200 OK", [("Date", "today")])?;
            Ok(vec![b'x'; size].into())
        };
        let mut stdout = Counting::default();
        SimpleHandler::new(io::empty(), &mut stdout, io::sink(), GET).drive(&app).unwrap();
        assert_eq!(stdout.writes, 1, "{size}");
        assert!(stdout.bytes > size, "{size}");
    }
}

/// A stream that takes nothing would be written to for ever.
#[test]
fn an_output_that_takes_nothing_fails() {
    for size in [1, 1_000_000] {
        let app = move |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
            start_response.start("200 OK", NO_HEADERS)?;
            Ok(vec![b'x'; size].into())
        };
        let full: &mut [u8] = &mut [];
        let outcome = SimpleHandler::new(io::empty(), full, io::sink(), GET).drive(&app).unwrap();
        assert_eq!(outcome, Outcome::Failed, "{size}");
    }
}

/// PEP 3333, "Buffering and Streaming": each piece is sent before the next one is asked for.
#[test]
fn each_piece_is_sent_before_the_next() {
    let sent = SharedLog::default();
    let watched = sent.clone();
    let app = move |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
        start_response.start("200 OK", NO_HEADERS)?;
        let (watched, mut step) = (watched.clone(), 0);
        Ok(Body::from_fn(move |_, _| {
            step += 1;
            if step > 1 {
                assert!(
                    watched.text().ends_with(&format!("piece {}\n", step - 1)),
                    "{}",
                    watched.text()
                );
            }
            Ok((step <= 3).then(|| format!("piece {step}\n")))
        }))
    };
    let outcome =
        SimpleHandler::new(io::empty(), sent.clone(), io::sink(), GET).drive(&app).unwrap();
    assert_eq!(outcome, Outcome::Complete);
}
