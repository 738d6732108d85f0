//! Late binding: what is overridden is used, by every default that calls it.

use crate::played::{GET, SharedLog, masked};
use std::error::Error;
use std::io::{self, Write};
use wsgi_handlers::{
    Base, BaseHandler, HandlerOptions, Outcome, Response, ResponseState, Run, RunState,
    SimpleHandler, inherit_handler,
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
    assert_eq!(handler.run(&app).unwrap(), Outcome::Complete);
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
    assert_eq!(handler.run(&app).unwrap(), Outcome::Complete);
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

/// A handler is usable as an object, whatever its type.
#[test]
fn handlers_are_objects() {
    let mut out = Vec::new();
    let mut simple = SimpleHandler::new(io::empty(), &mut out, io::sink(), GET);
    let handler: &mut dyn BaseHandler<'_> = &mut simple;
    assert_eq!(handler.run(&hello).unwrap(), Outcome::Complete);
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
        SimpleHandler::new(io::empty(), &mut stdout, io::sink(), GET).run(&app).unwrap();
        assert_eq!(stdout.writes, 1, "{size}");
        assert!(stdout.bytes > size, "{size}");
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
    let outcome = SimpleHandler::new(io::empty(), sent.clone(), io::sink(), GET).run(&app).unwrap();
    assert_eq!(outcome, Outcome::Complete);
}
