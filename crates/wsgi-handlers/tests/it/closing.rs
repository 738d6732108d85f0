//! `close()` of the body: exactly once, on every path.

use crate::driven::Drive;
use crate::played::{GET, Played, SharedLog, get, play};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wsgi_handlers::{
    BaseHandler, Outcome, RunState, ServerHandler, SimpleHandler, inherit_handler,
};
use wsgi_util::{
    AppError, AppResult, Body, Chunk, Environ, FileWrapper, ResponseIterable, StartResponse,
};

const NO_HEADERS: [(&str, &str); 0] = [];

/// What a body does when it is asked for a piece, or closed.
#[derive(Clone, Copy)]
enum Act {
    Give(&'static str),
    Fail,
    Panic,
    End,
}

/// A body that acts out a list, counts its closings, and may fail at that, too.
struct Scripted {
    acts: Vec<Act>,
    closing: Act,
    closed: Arc<AtomicUsize>,
}

impl ResponseIterable for Scripted {
    fn next_chunk(
        &mut self,
        _: &mut Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        if self.acts.is_empty() {
            return Ok(None);
        }
        match self.acts.remove(0) {
            Act::Give(piece) => Ok(Some(piece.as_bytes().into())),
            Act::Fail => Err("failed".into()),
            Act::Panic => panic!("step"),
            Act::End => Ok(None),
        }
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        self.closed.fetch_add(1, Ordering::SeqCst);
        environ.errors().write_all(b"closed\n")?;
        match self.closing {
            Act::Fail => Err("close failed".into()),
            Act::Panic => panic!("close"),
            Act::Give(_) | Act::End => Ok(()),
        }
    }
}

/// Plays a scripted body; it must have been closed once.
#[track_caller]
fn check(acts: &[Act], closing: Act, log: &str, outcome: Outcome) -> Played {
    let closed = Arc::new(AtomicUsize::new(0));
    let played = get(|_, start_response| {
        start_response.start("200 OK", NO_HEADERS)?;
        Ok(Body::iterable(Scripted { acts: acts.to_vec(), closing, closed: closed.clone() }))
    });
    assert_eq!(closed.load(Ordering::SeqCst), 1);
    assert_eq!(played.log, log);
    assert_eq!(played.outcome, Ok(outcome));
    played
}

#[test]
fn after_the_last_piece() {
    check(
        &[Act::Give("a"), Act::Give("b")],
        Act::End,
        "\"GET /\" 200 2\nclosed\n",
        Outcome::Complete,
    );
    check(&[], Act::End, "\"GET /\" 200 0\nclosed\n", Outcome::Complete);
}

#[test]
fn after_an_error_of_the_iteration() {
    check(&[Act::Give("a"), Act::Fail], Act::End, "closed\nError: failed\n", Outcome::Failed);
    let log = "closed\nError: failed\n\"GET /\" 500 59\n";
    let played = check(&[Act::Give(""), Act::Fail], Act::End, log, Outcome::Complete);
    assert!(played.out.starts_with("HTTP/1.0 500 Internal Server Error\r\n"), "{}", played.out);
}

#[test]
fn after_a_panic_of_the_iteration() {
    check(
        &[Act::Give("a"), Act::Panic],
        Act::End,
        "closed\nError: panicked: step\n",
        Outcome::Failed,
    );
    let log = "closed\nError: panicked: step\n\"GET /\" 500 59\n";
    check(&[Act::Panic], Act::End, log, Outcome::Complete);
}

/// The response is complete then; CPython sends an error page after it.
#[test]
fn when_closing_itself_fails() {
    let log = "\"GET /\" 200 1\nclosed\nError: close failed\n";
    let played = check(&[Act::Give("a")], Act::Fail, log, Outcome::Complete);
    assert!(played.out.ends_with("\r\n\r\na"), "{}", played.out);
    let log = "\"GET /\" 200 1\nclosed\nError: panicked: close\n";
    check(&[Act::Give("a")], Act::Panic, log, Outcome::Complete);
}

#[test]
fn when_iteration_and_closing_fail() {
    // What went wrong first is read first, as in a traceback of CPython's.
    let log = "closed\nError: failed\nError: close failed\n";
    check(&[Act::Give("a"), Act::Fail], Act::Fail, log, Outcome::Failed);
    let log = "closed\nError: panicked: step\n\"GET /\" 500 59\nError: panicked: close\n";
    check(&[Act::Panic], Act::Panic, log, Outcome::Complete);
}

#[test]
fn after_a_body_that_was_cut() {
    let closed = Arc::new(AtomicUsize::new(0));
    let played = get(|_, start_response| {
        start_response.start("200 OK", [("Content-Length", "1")])?;
        let acts = vec![Act::Give("abc"), Act::Panic];
        Ok(Body::iterable(Scripted { acts, closing: Act::End, closed: closed.clone() }))
    });
    assert_eq!(closed.load(Ordering::SeqCst), 1);
    assert!(played.log.ends_with("\"GET /\" 200 1\nclosed\n"), "{}", played.log);
}

/// A stream that breaks after a number of bytes, as when a client goes away.
struct Breaking {
    left: usize,
}

impl Write for Breaking {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self.left.checked_sub(data.len()) {
            Some(left) => {
                self.left = left;
                Ok(data.len())
            }
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Known defect B-7: nothing is logged, neither an error nor a request, and the body is closed.
#[test]
fn when_the_client_goes_away() {
    for left in [0, 200] {
        let closed = Arc::new(AtomicUsize::new(0));
        let log = SharedLog::default();
        let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
            start_response.start("200 OK", NO_HEADERS)?;
            let acts = vec![Act::Give("piece"); 50];
            Ok(Body::iterable(Scripted { acts, closing: Act::End, closed: closed.clone() }))
        };
        let mut request_log = log.clone();
        let log_request = move |_: &str, _: u64| request_log.write_all(b"a request\n").unwrap();
        let outcome =
            ServerHandler::new(io::empty(), Breaking { left }, log.clone(), GET, log_request)
                .drive(&app)
                .unwrap();
        assert_eq!(outcome, Outcome::ClientGone);
        assert_eq!(closed.load(Ordering::SeqCst), 1);
        assert_eq!(log.text(), "closed\n");
    }
}

/// A stream that fails once, and would take everything afterwards.
#[derive(Default)]
struct FailingOnce {
    failed: bool,
    taken: Vec<u8>,
}

impl Write for FailingOnce {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if !std::mem::replace(&mut self.failed, true) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.taken.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An application that overlooks that `write` failed gets no second chance to write, and its response no log line.
#[test]
fn when_the_client_goes_away_and_the_application_goes_on() {
    for tries in [1, 2] {
        let closed = Arc::new(AtomicUsize::new(0));
        let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| {
            start_response.start("200 OK", NO_HEADERS)?;
            for _ in 0..tries {
                let error = start_response.write(b"lost").unwrap_err();
                let kind = error.downcast_ref().map(io::Error::kind);
                assert_eq!(kind, Some(io::ErrorKind::BrokenPipe));
            }
            Ok(Body::iterable(Scripted { acts: vec![], closing: Act::End, closed: closed.clone() }))
        };
        let log = SharedLog::default();
        let mut request_log = log.clone();
        let log_request = move |_: &str, _: u64| request_log.write_all(b"a request\n").unwrap();
        let mut stdout = FailingOnce::default();
        let outcome = ServerHandler::new(io::empty(), &mut stdout, log.clone(), GET, log_request)
            .drive(&app)
            .unwrap();
        assert_eq!(outcome, Outcome::ClientGone);
        assert_eq!(closed.load(Ordering::SeqCst), 1);
        assert_eq!(log.text(), "closed\n");
        assert_eq!(stdout.taken, b"");
    }
}

/// The client goes away while the error page is sent: the error is logged, and that is all.
#[test]
fn when_the_client_goes_away_during_the_error_page() {
    let log = SharedLog::default();
    let app = |_: &mut Environ<'_>, _: &mut dyn StartResponse| -> AppResult { Err("why".into()) };
    let outcome = SimpleHandler::new(io::empty(), Breaking { left: 0 }, log.clone(), GET)
        .drive(&app)
        .unwrap();
    assert_eq!(outcome, Outcome::ClientGone);
    assert_eq!(log.text(), "Error: why\n");
}

/// A handler whose error page is a body that has to be closed; it counts how often it is itself.
struct Page<'e> {
    simple: SimpleHandler<'e, Breaking>,
    page: Option<Body>,
    closed: usize,
}

impl<'e> BaseHandler<'e> for Page<'e> {
    inherit_handler!('e, simple);

    fn close(&mut self, run: &mut RunState<'e>) -> Result<(), AppError> {
        self.closed += 1;
        self.simple.close(run)
    }

    fn error_output(&mut self, run: &mut RunState<'e>, error: AppError) -> AppResult {
        let headers = wsgi_util::Headers::new();
        self.start_response(&mut run.response, "500 Oops", headers, Some(error))?;
        Ok(self.page.take().unwrap_or_default())
    }
}

/// Runs an application that fails, with an error page that fails after its first piece. Gives the end of the run, and
/// how often the handler was closed.
fn failing_page(left: usize) -> (Result<Outcome, String>, usize) {
    let closed = Arc::new(AtomicUsize::new(0));
    let acts = vec![Act::Give("page"), Act::Fail];
    let page = Body::iterable(Scripted { acts, closing: Act::End, closed: closed.clone() });
    let log = SharedLog::default();
    let simple = SimpleHandler::new(io::empty(), Breaking { left }, log.clone(), GET);
    let mut handler = Page { simple, page: Some(page), closed: 0 };
    let app = |_: &mut Environ<'_>, _: &mut dyn StartResponse| -> AppResult { Err("why".into()) };
    let outcome = handler.drive(&app).map_err(|error| error.to_string());
    assert_eq!(closed.load(Ordering::SeqCst), 1);
    assert_eq!(log.text(), "Error: why\nclosed\n");
    (outcome, handler.closed)
}

#[test]
fn an_error_page_that_fails_is_closed_too() {
    // CPython: the handler is closed after an error in `handle_error`, and not after a client that went away.
    assert_eq!(failing_page(1000), (Err("failed".to_owned()), 1));
    assert_eq!(failing_page(0), (Ok(Outcome::ClientGone), 0));
}

/// A broken pipe to somebody else is an error of the application. CPython takes it for the client's and says nothing.
#[test]
fn a_broken_pipe_of_the_application_is_an_error() {
    let played = get(|_, _| Err(io::Error::from(io::ErrorKind::BrokenPipe).into()));
    assert!(played.out.starts_with("HTTP/1.0 500 "), "{}", played.out);
    assert_eq!(played.log, "Error: broken pipe\n\"GET /\" 500 59\n");
}

#[test]
fn a_panic_of_the_application_is_an_error() {
    let played = get(|_, _| panic!("in the application"));
    assert!(played.out.starts_with("HTTP/1.0 500 "), "{}", played.out);
    assert_eq!(played.log, "Error: panicked: in the application\n\"GET /\" 500 59\n");
    assert_eq!(played.outcome, Ok(Outcome::Complete));
}

/// A handler whose error page fails as well.
struct NoPage<'e>(ServerHandler<'e, &'e mut Vec<u8>, fn(&str, u64)>);

impl<'e> BaseHandler<'e> for NoPage<'e> {
    inherit_handler!('e, 0);
    inherit_handler!('e, 0: close);

    fn error_output(&mut self, _: &mut RunState<'e>, _: AppError) -> AppResult {
        Err("no page".into())
    }
}

/// The second error is the one that comes out; CPython adds a third one about the log line it cannot write.
#[test]
fn an_error_inside_error_output() {
    let closed = Arc::new(AtomicUsize::new(0));
    let log = SharedLog::default();
    let mut out = Vec::new();
    let app = |_: &mut Environ<'_>, _: &mut dyn StartResponse| {
        let acts = vec![Act::Fail];
        Ok(Body::iterable(Scripted { acts, closing: Act::End, closed: closed.clone() }))
    };
    let no_request: fn(&str, u64) = |_, _| panic!("no request to be logged");
    let inner = ServerHandler::new(io::empty(), &mut out, log.clone(), GET, no_request);
    let error = NoPage(inner).drive(&app).unwrap_err();
    assert_eq!(error.to_string(), "no page");
    assert_eq!(closed.load(Ordering::SeqCst), 1);
    assert_eq!(log.text(), "closed\nError: failed\n");
    assert!(out.is_empty());
}

/// Reads nothing, and tells when it is dropped.
struct Noticed(Arc<AtomicUsize>);

impl io::Read for Noticed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

impl Drop for Noticed {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_file_is_closed_too() {
    let closed = Arc::new(AtomicUsize::new(0));
    let played = play(
        |_, start_response| {
            start_response.start("200 OK", NO_HEADERS)?;
            Ok(FileWrapper::new(Noticed(closed.clone())).into())
        },
        GET,
        io::empty(),
    );
    assert_eq!(played.outcome, Ok(Outcome::Complete));
    assert_eq!(closed.load(Ordering::SeqCst), 1);
}
