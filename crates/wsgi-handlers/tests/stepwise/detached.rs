//! Runs that are put aside between two steps, without what they borrow.

use crate::played::SharedLog;
use std::io::{self, BufRead, Read, Write};
use std::thread;
use wsgi_handlers::{BaseHandler, HandlerOptions, Outcome, Run, RunState};
use wsgi_util::{
    AppError, AppResult, Body, Chunk, Environ, ErrorStream, InputStream, ResponseIterable,
    StartResponse,
};

/// A handler for one step of a request: it lends what belongs to the connection.
struct Step<'c> {
    options: HandlerOptions,
    input: Option<&'c mut &'static [u8]>,
    out: &'c mut Vec<u8>,
    log: &'c SharedLog,
}

impl<'c> BaseHandler<'c> for Step<'c> {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn _write(&mut self, data: &[u8]) -> io::Result<()> {
        self.out.write_all(data)
    }

    fn _flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_stdin(&mut self) -> Box<dyn InputStream + 'c> {
        match self.input.take() {
            Some(input) => Box::new(input),
            None => Box::new(io::empty()),
        }
    }

    fn get_stderr(&mut self) -> Box<dyn ErrorStream + 'c> {
        Box::new(self.log.clone())
    }

    fn add_cgi_vars(&mut self, environ: &mut Environ<'c>) {
        environ.insert("REQUEST_METHOD", "POST");
        environ.set_extension("test.number", 7_u32);
    }
}

/// What outlives the steps of a request.
struct Connection {
    input: &'static [u8],
    out: Vec<u8>,
    log: SharedLog,
}

impl Connection {
    fn new() -> Self {
        Self { input: b"one\ntwo\nthree\n", out: Vec::new(), log: SharedLog::default() }
    }

    fn step(&mut self) -> Step<'_> {
        let options = HandlerOptions::default();
        Step { options, input: Some(&mut self.input), out: &mut self.out, log: &self.log }
    }

    /// Begins a run, takes the first step, and puts it aside.
    fn begin(
        &mut self,
        app: impl Fn(&mut Environ<'_>, &mut dyn StartResponse) -> AppResult + Send + Sync,
    ) -> RunState<'static> {
        let mut handler = self.step();
        let mut run = handler.begin(&app);
        assert_eq!(handler.step(&mut run).unwrap(), None);
        run.detach().expect("the application has left the streams alone")
    }

    /// Goes on for a step. A run that has more to come is put aside again.
    fn go_on(&mut self, run: RunState<'static>) -> Result<RunState<'static>, Outcome> {
        let mut handler = self.step();
        let mut run = handler.resume(run);
        match handler.step(&mut run).unwrap() {
            None => Ok(run.detach().expect("the application has left the streams alone")),
            Some(outcome) => Err(outcome),
        }
    }

    fn body(&self) -> String {
        let out = String::from_utf8(self.out.clone()).unwrap();
        out.split_once("\r\n\r\n").expect("the head was sent").1.to_owned()
    }
}

/// Gives each line of the input back, and says so in the log. The response begins with the first.
struct Lines;

impl ResponseIterable for Lines {
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        assert_eq!(environ.get("REQUEST_METHOD").as_deref(), Some("POST"));
        assert_eq!(environ.extension("test.number"), Some(&7_u32));
        let line = environ.input().readline(None)?;
        if line == b"one\n" {
            start_response.start("200 OK", [("Date", "today")])?;
        }
        writeln!(environ.errors(), "{} bytes", line.len())?;
        Ok((!line.is_empty()).then_some(line.into()))
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        writeln!(environ.errors(), "closed")?;
        Err("and not well".into())
    }
}

fn lines(_: &mut Environ<'_>, _: &mut dyn StartResponse) -> AppResult {
    Ok(Body::iterable(Lines))
}

#[test]
fn a_run_goes_on_in_another_thread_with_what_is_left_of_the_streams() {
    let mut connection = Connection::new();
    let mut run = connection.begin(lines);
    let mut steps = 1;
    let outcome = loop {
        // Between two steps nothing is borrowed, and nothing bound to a thread.
        run = thread::spawn(|| run).join().unwrap();
        match connection.go_on(run) {
            Ok(more) => run = more,
            Err(outcome) => break outcome,
        }
        steps += 1;
    };
    assert_eq!((outcome, steps), (Outcome::Complete, 3));
    assert_eq!(connection.body(), "one\ntwo\nthree\n");
    let log = "4 bytes\n4 bytes\n6 bytes\n0 bytes\nclosed\nError: and not well\n";
    assert_eq!(connection.log.text(), log);
}

#[test]
fn a_run_that_is_given_up_closes_its_body() {
    let mut connection = Connection::new();
    let mut run = connection.begin(lines);
    run.environ.lend_errors(Box::new(connection.log.clone()));
    drop(run);
    assert_eq!(connection.body(), "one\n");
    assert_eq!(connection.log.text(), "4 bytes\nclosed\nError: and not well\n");

    let mut handler = connection.step();
    drop(handler.begin(&lines));
    assert!(connection.log.text().ends_with("closed\nError: and not well\n"));
}

#[test]
fn an_application_that_wraps_a_stream_is_not_put_aside() {
    type Wrap = fn(&mut Environ<'_>);
    let wraps: [(Wrap, bool); 5] = [
        (|_| {}, true),
        (|environ| drop(environ.take_input()), true),
        (|environ| drop(environ.remove("wsgi.errors")), true),
        (
            |environ| {
                let input = environ.take_input();
                environ.set_input(input.take(9))
            },
            false,
        ),
        (
            |environ| {
                let errors = environ.take_errors();
                environ.set_errors(io::LineWriter::new(errors))
            },
            false,
        ),
    ];
    for (case, (wrap, may)) in wraps.into_iter().enumerate() {
        let mut connection = Connection::new();
        let app =
            move |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
                wrap(environ);
                start_response.start("200 OK", [("Date", "today")])?;
                Ok(Body::from(["a", "b", "c"]))
            };
        let mut handler = connection.step();
        let mut run = handler.begin(&app);
        assert_eq!(handler.step(&mut run).unwrap(), None);
        let keys = run.environ.keys();
        let detached = run.detach();
        assert_eq!(detached.is_some(), may, "{case}");
        let mut run = detached.map_or(run, |run| handler.resume(run));
        assert_eq!(run.environ.keys(), keys, "{case}: what was taken out stays out");
        assert_eq!(handler.step(&mut run).unwrap(), None);
        assert_eq!(handler.step(&mut run).unwrap(), Some(Outcome::Complete));
        drop(run);
        assert_eq!(connection.body(), "abc", "{case}");
    }
}

#[test]
fn a_last_piece_that_is_known_to_be_the_last_takes_no_further_step() {
    for (pieces, steps) in [(vec![], 1), (vec!["a"], 1), (vec!["a", "b"], 2), (vec!["", ""], 2)] {
        let mut connection = Connection::new();
        let app = |_: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
            start_response.start("200 OK", [("Date", "today")])?;
            Ok(Body::from(pieces.clone()))
        };
        let mut handler = connection.step();
        let mut run = handler.begin(&app);
        let taken = (1..).find(|_| handler.step(&mut run).unwrap().is_some());
        assert_eq!(taken, Some(steps), "{pieces:?}");
    }
}

#[test]
fn an_error_in_a_later_step_is_logged_and_cuts_the_response() {
    let mut connection = Connection::new();
    let run = connection.begin(|_, start_response| {
        start_response.start("200 OK", [("Date", "today")])?;
        let mut given = false;
        Ok(Body::from_fn(move |_, _| {
            if std::mem::replace(&mut given, true) { Err("no more".into()) } else { Ok(Some("a")) }
        }))
    });
    assert_eq!(connection.go_on(run).unwrap_err(), Outcome::Failed);
    assert_eq!(
        (connection.body().as_str(), connection.log.text().as_str()),
        ("a", "Error: no more\n")
    );
}

#[test]
fn what_is_left_of_the_input_is_read_by_whoever_goes_on() {
    let mut connection = Connection::new();
    let run = connection.begin(lines);
    drop(run);
    assert_eq!(connection.input.lines().count(), 2);
}
