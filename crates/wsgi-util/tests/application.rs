//! Applications, bodies and `start_response` as a server sees them.

mod recorder;

use recorder::Recorder;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wsgi_util::{
    AppError, AppResult, Application, Body, Chunk, Environ, FileWrapper, ResponseIterable,
    StartResponse,
};

fn run(app: impl Application) -> (Recorder, Result<(), AppError>) {
    Recorder::run(&app, &mut Environ::new())
}

/// What comes out of a body, piece by piece.
fn pieces(body: impl Into<Body>) -> Vec<Chunk> {
    let (mut body, mut environ, mut recorder) = (body.into(), Environ::new(), Recorder::default());
    std::iter::from_fn(|| body.next_chunk(&mut environ, &mut recorder).unwrap()).collect()
}

#[test]
fn the_canonical_program() {
    fn my_app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
        assert_eq!(environ.get("PATH_INFO"), None);
        start_response.start("200 OK", [("Content-Type", "text/plain")])?;
        Ok("Hello world!\n".into())
    }
    let (response, result) = run(my_app);
    result.unwrap();
    assert_eq!(response.status.as_deref(), Some("200 OK"));
    assert_eq!(response.headers.to_string(), "Content-Type: text/plain\r\n\r\n");
    assert_eq!(response.sent, b"Hello world!\n");
}

/// Middleware over any application: shows that boxed and shared ones are applications, too.
struct Named<A>(A);

impl<A: Application> Application for Named<A> {
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        environ.insert("my.name", "ann");
        self.0.call(environ, start_response)
    }
}

#[test]
fn applications_of_unknown_type_are_applications() {
    fn greet(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
        start_response.start("200 OK", [("Content-Type", "text/plain")])?;
        Ok(environ.get("my.name").unwrap_or_default().into_owned().into())
    }
    fn sent(app: impl Application) -> Vec<u8> {
        let (response, result) = run(Named(app));
        result.unwrap();
        response.sent
    }
    let boxed: Box<dyn Application> = Box::new(greet);
    let shared: Arc<dyn Application> = Arc::new(Named(greet));
    assert_eq!(sent(&*boxed), b"ann");
    assert_eq!(sent(boxed), b"ann");
    assert_eq!(sent(Arc::clone(&shared)), b"ann");
    assert_eq!(sent(Arc::new(Named(shared))), b"ann");
    // Functions are as before, also behind pointers.
    assert_eq!(sent(greet), b"ann");
    assert_eq!(sent(Box::new(greet)), b"ann");
    assert_eq!(sent(Arc::new(greet)), b"ann");
}

#[test]
fn bodies_come_from_many_types() {
    assert_eq!(pieces("text"), [&b"text"[..]]);
    assert_eq!(pieces(String::from("text")), [&b"text"[..]]);
    assert_eq!(pieces(b"bytes"), [&b"bytes"[..]]);
    assert_eq!(pieces(&b"bytes"[..]), [&b"bytes"[..]]);
    assert_eq!(pieces(b"bytes".to_vec()), [&b"bytes"[..]]);
    assert_eq!(pieces(Cow::Borrowed("text")), [&b"text"[..]]);
    assert_eq!(pieces(["one", "two"]), [&b"one"[..], b"two"]);
    assert_eq!(pieces(vec![b"one".to_vec(), b"two".to_vec()]), [&b"one"[..], b"two"]);
    assert_eq!(pieces(Body::iter((1..=3).map(|n| n.to_string()))), [&b"1"[..], b"2", b"3"]);
    assert_eq!(pieces(FileWrapper::with_blksize(&b"xyzxy"[..], 3)), [&b"xyz"[..], b"xy"]);
    assert!(pieces(Body::empty()).is_empty());
    assert!(pieces(Body::default()).is_empty());
}

#[test]
fn a_body_knows_its_length_where_python_does() {
    assert_eq!(Body::from("x").size_hint(), Some(1));
    assert_eq!(Body::from(["x", "y"]).size_hint(), Some(2));
    assert_eq!(Body::empty().size_hint(), Some(0));
    assert_eq!(Body::iter(["x"]).size_hint(), None);
    assert_eq!(Body::from(FileWrapper::new(io::empty())).size_hint(), None);
}

#[test]
fn a_literal_is_not_copied() {
    assert!(matches!(pieces("text")[..], [Cow::Borrowed(b"text")]));
}

#[test]
fn a_failing_iterator_fails_the_response() {
    let (response, result) =
        run(|_: &mut Environ, start_response: &mut dyn StartResponse| -> AppResult {
            start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            Ok(Body::try_iter([Ok("one"), Err("two is broken"), Ok("three")]))
        });
    assert_eq!(response.sent, b"one");
    assert_eq!(result.unwrap_err().to_string(), "two is broken");
}

#[test]
fn a_generator_may_start_late_and_read_the_input() {
    fn echo(_: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
        let mut started = false;
        Ok(Body::from_fn(move |environ, start_response| {
            if !started {
                start_response.start("200 OK", [("Content-Type", "text/plain")])?;
                started = true;
            }
            let line = environ.input().readline(None)?;
            Ok((!line.is_empty()).then_some(line))
        }))
    }
    let mut environ = Environ::new();
    environ.set_input(&b"one\ntwo"[..]);
    let (response, result) = Recorder::run(&echo, &mut environ);
    result.unwrap();
    assert_eq!((response.status.as_deref(), &*response.sent), (Some("200 OK"), &b"one\ntwo"[..]));
}

#[test]
fn start_gives_what_writes() {
    let (response, result) =
        run(|_: &mut Environ, start_response: &mut dyn StartResponse| -> AppResult {
            let write = start_response.start("200 OK", [("Content-Type", "text/plain")])?;
            write.write(b"one ")?;
            write.write(b"two ")?;
            Ok("three".into())
        });
    result.unwrap();
    assert_eq!(response.sent, b"one two three");
}

#[test]
fn a_response_can_be_replaced_until_it_is_sent() {
    fn app(start_response: &mut dyn StartResponse, early: &[u8]) -> AppResult {
        start_response.start("200 OK", [("Content-Type", "text/html")])?;
        start_response.write(early)?;
        start_response.restart("500 Oops", [("X-New", "1")], "the cause")?;
        Ok("sorry".into())
    }
    let (response, result) = run(|_: &mut Environ, start: &mut dyn StartResponse| app(start, b""));
    result.unwrap();
    assert_eq!(response.status.as_deref(), Some("500 Oops"));
    assert_eq!(response.headers.to_string(), "X-New: 1\r\n\r\n");
    assert_eq!(response.sent, b"sorry");

    let (response, result) =
        run(|_: &mut Environ, start: &mut dyn StartResponse| app(start, b"sent"));
    assert_eq!(result.unwrap_err().to_string(), "the cause");
    assert_eq!((response.status.as_deref(), &*response.sent), (Some("200 OK"), &b"sent"[..]));
}

#[test]
fn a_control_character_never_reaches_the_server() {
    let (response, result) =
        run(|_: &mut Environ, start_response: &mut dyn StartResponse| -> AppResult {
            start_response.start("200 OK", [("X-A", "a\r\nb: c")])?;
            Ok("never".into())
        });
    assert!(result.unwrap_err().to_string().contains("the value of \"X-A\""));
    assert_eq!((response.status, &*response.sent), (None, &b""[..]));
}

#[test]
fn close_reaches_the_iterable_and_the_file() {
    static CLOSED: AtomicUsize = AtomicUsize::new(0);
    struct Tracked;
    impl ResponseIterable for Tracked {
        fn next_chunk(
            &mut self,
            _: &mut Environ<'_>,
            _: &mut dyn StartResponse,
        ) -> Result<Option<Chunk>, AppError> {
            Ok(None)
        }
        fn close(&mut self, _: &mut Environ<'_>) -> Result<(), AppError> {
            CLOSED.fetch_add(1, Ordering::SeqCst);
            Err("not so easy".into())
        }
    }
    let mut environ = Environ::new();
    let error = Body::iterable(Tracked).close(&mut environ).unwrap_err();
    assert_eq!((error.to_string().as_str(), CLOSED.load(Ordering::SeqCst)), ("not so easy", 1));

    let mut file = Body::from(FileWrapper::new(&b"x"[..]));
    file.close(&mut environ).unwrap();
    let error = file.next_chunk(&mut environ, &mut Recorder::default()).unwrap_err();
    assert_eq!(error.to_string(), "read of closed file");
}

#[test]
fn the_input_reads_as_in_python() {
    let mut environ = Environ::new();
    environ.set_input(&b"one\ntwo\nthree\nfour"[..]);
    let input = environ.input();
    assert_eq!(input.readline(Some(0)).unwrap(), b"");
    assert_eq!(input.readline(Some(2)).unwrap(), b"on");
    assert_eq!(input.readline(Some(99)).unwrap(), b"e\n");
    assert_eq!(input.readlines(Some(5)).unwrap(), [&b"two\n"[..], b"three\n"]);
    assert_eq!(input.readlines(Some(0)).unwrap(), [b"four"]);
    assert_eq!(input.readline(None).unwrap(), b"");
    assert!(input.readlines(None).unwrap().is_empty());

    environ.set_input(&b"a\n\nb"[..]);
    let lines: Result<Vec<_>, _> = environ.input().iter().collect();
    assert_eq!(lines.unwrap(), [&b"a\n"[..], b"\n", b"b"]);
}
