//! `run`: one application, called once, and its response sent to the end.

use crate::base::BaseHandler;
use crate::error::{Misuse, Panicked};
use crate::log;
use crate::response::{Response, ResponseState};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wsgi_util::{
    AppError, Application, Body, Chunk, Environ, Headers, ResponseIterable, StartResponse,
};

/// Runs an application: implemented for every [`BaseHandler`].
///
/// # Examples
///
/// ```
/// use std::io;
/// use wsgi_handlers::{Outcome, Run, SimpleHandler};
/// use wsgi_util::{AppResult, Environ, StartResponse};
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Date", "today")])?;
///     Err("the disk is on fire".into())
/// }
///
/// let (mut out, mut log) = (Vec::new(), Vec::new());
/// let outcome = SimpleHandler::new(io::empty(), &mut out, &mut log, [("REQUEST_METHOD", "GET")]).run(&app)?;
///
/// // Nothing was sent when the application failed, so the client gets the error page, all of it.
/// assert_eq!(outcome, Outcome::Complete);
/// assert!(out.starts_with(b"HTTP/1.0 500 Internal Server Error\r\n"));
/// assert_eq!(log, b"Error: the disk is on fire\n");
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
pub trait Run<'e>: BaseHandler<'e> {
    /// Calls the application once and sends its response.
    ///
    /// Errors and panics of the application are logged and answered; they show in the [`Outcome`] only if they came
    /// too late. The body is closed exactly once, whatever happens.
    ///
    /// # Errors
    ///
    /// Something failed while an error was being answered. The response is incomplete: close the connection.
    fn run<A: Application + ?Sized>(&mut self, application: &A) -> Result<Outcome, AppError> {
        let mut run = self.begin(application);
        run.pace = Pace::Whole;
        loop {
            if let Some(outcome) = self.step(&mut run)? {
                return Ok(outcome);
            }
        }
    }

    /// Calls the application once. Its response is sent by [`step`](Self::step).
    ///
    /// With these two a server can do something else between two pieces of a response, such as to wait until the client
    /// has taken the first one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use wsgi_handlers::{Outcome, Run, SimpleHandler};
    /// use wsgi_util::{AppResult, Body, Environ, StartResponse};
    ///
    /// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    ///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    ///     Ok(Body::from(["one\n", "two\n", "three\n"]))
    /// }
    ///
    /// let mut handler = SimpleHandler::new(io::empty(), Vec::new(), io::stderr(), [("REQUEST_METHOD", "GET")]);
    /// let mut run = handler.begin(&app);
    /// assert_eq!(run.response.bytes_sent(), 0);
    /// assert_eq!(handler.step(&mut run)?, None);
    /// assert_eq!(run.response.bytes_sent(), 4);
    /// assert_eq!(handler.step(&mut run)?, None);
    /// assert_eq!(handler.step(&mut run)?, Some(Outcome::Complete));
    /// # Ok::<(), wsgi_util::AppError>(())
    /// ```
    fn begin<A: Application + ?Sized>(&mut self, application: &A) -> RunState<'e> {
        let environ = self.setup_environ();
        let client_is_modern = self.client_is_modern(&environ);
        let mut run = RunState::new(environ, client_is_modern);
        let answered = caught(|| {
            let result = run.call(application, self)?;
            run.set_result(result);
            Ok(())
        });
        run.failure = answered.err();
        run
    }

    /// Sends the next piece of a response, and what belongs to its begin or end; `None` if there is more to come.
    ///
    /// Errors and panics are dealt with as [`run`](Self::run) does. After the end there is nothing to do: a further call
    /// gives the same outcome.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); it is over then, too.
    ///
    /// # Examples
    ///
    /// That of [`begin`](Self::begin).
    fn step(&mut self, run: &mut RunState<'e>) -> Result<Option<Outcome>, AppError> {
        if run.stage == Stage::Over {
            return Ok(Some(run.outcome()));
        }
        run.paused = false;
        let answered = match run.failure.take() {
            None => caught(|| self.finish_response(run)),
            Some(error) => Err(error),
        };
        let outcome = match answered {
            Ok(()) if run.paused => return Ok(None),
            Ok(()) => Ok(run.outcome()),
            Err(error) => recover(self, run, error),
        };
        close_and_log(self, run);
        run.stage = Stage::Over;
        outcome.map(Some)
    }

    /// Takes up a run that was [detached](RunState::detach): lends its environ streams of this handler.
    ///
    /// The handler may be another one than before, made for the same request.
    ///
    /// # Examples
    ///
    /// That of [`RunState::detach`].
    fn resume(&mut self, mut run: RunState<'e>) -> RunState<'e> {
        // Both are asked of the handler, which can be borrowed but once.
        let (input, errors) = (self.get_stdin(), self.get_stderr());
        run.environ.reattach(|| input, || errors);
        run
    }
}

impl<'e, H: BaseHandler<'e> + ?Sized> Run<'e> for H {}

/// How a run ended.
///
/// Whoever owns the connection may keep it only after [`Complete`](Outcome::Complete). After everything else it has to
/// be closed without what would mark the end of the response, so that the client sees that it was cut.
///
/// # Examples
///
/// A client that was promised ten bytes and got six would wait for the rest if its connection stayed open:
///
/// ```
/// use std::io;
/// use wsgi_handlers::{Outcome, Run, SimpleHandler};
/// use wsgi_util::{AppResult, Environ, StartResponse};
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Content-Length", "10")])?;
///     Ok("hello\n".into())
/// }
///
/// let environ = [("REQUEST_METHOD", "GET")];
/// let outcome = SimpleHandler::new(io::empty(), io::sink(), io::sink(), environ).run(&app)?;
/// assert_eq!(outcome, Outcome::TooShort { declared: 10, sent: 6 });
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// A whole response was sent: the application's, or the error page.
    Complete,
    /// The application, or the output, failed when the head was out; the response stops where it was.
    Failed,
    /// The application gave fewer bytes than its Content-Length.
    TooShort {
        /// The Content-Length that was sent.
        declared: u64,
        /// The bytes that were sent.
        sent: u64,
    },
    /// The client went away.
    ClientGone,
}

/// What lasts one run of an application: environ, response and result.
///
/// [`run`](Run::run) makes it and drops it at the end, so nothing has to be reset in between.
///
/// # Examples
///
/// A handler that notes which page was asked for and how it was answered:
///
/// ```
/// # use std::io;
/// use wsgi_handlers::{Base, BaseHandler, Run, RunState, SimpleHandler, inherit_handler};
/// use wsgi_util::AppError;
/// # use wsgi_util::{AppResult, Environ, StartResponse};
///
/// struct Noting<'e> {
///     simple: SimpleHandler<'e, io::Sink>,
///     note: String,
/// }
///
/// impl<'e> BaseHandler<'e> for Noting<'e> {
///     inherit_handler!('e, simple);
///
///     fn close(&mut self, run: &mut RunState<'e>) -> Result<(), AppError> {
///         self.note = format!("{:?}: {:?}", run.environ.get("PATH_INFO"), run.response.status());
///         Base.close(self, run)
///     }
/// }
///
/// # fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
/// #     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
/// #     Ok("hello\n".into())
/// # }
/// # let simple = SimpleHandler::new(io::empty(), io::sink(), io::sink(), [("PATH_INFO", "/page")]);
/// let mut noting = Noting { simple, note: String::new() };
/// noting.run(&app)?;
/// assert_eq!(noting.note, r#"Some("/page"): Some("200 OK")"#);
/// # Ok::<(), AppError>(())
/// ```
#[derive(Debug)]
pub struct RunState<'e> {
    /// The environ, as the application left it.
    pub environ: Environ<'e>,
    /// Status, headers and progress of the response.
    pub response: Response,
    /// What the application returned, until it is closed.
    pub result: Option<Body>,
    /// Why the application failed when it was called, until that is answered.
    failure: Option<AppError>,
    pace: Pace,
    stage: Stage,
    /// Whether the last step ended before the response did.
    paused: bool,
}

/// How much of a body is sent in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Piece,
    Whole,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nobody has begun to send the result.
    Called,
    Sending,
    Over,
}

impl<'e> RunState<'e> {
    fn new(environ: Environ<'e>, client_is_modern: bool) -> Self {
        Self {
            response: Response::new(&environ, client_is_modern),
            environ,
            result: None,
            failure: None,
            pace: Pace::Piece,
            stage: Stage::Called,
            paused: false,
        }
    }

    /// Takes a run out of the request that it borrows from, so that it can wait somewhere else for its next step; here,
    /// nothing is left. [`Run::resume`] takes it up again.
    ///
    /// `None`, with the run as it was, if the application has put a stream of its own into the environ: the run has to
    /// go on where it is.
    ///
    /// A detached run can be dropped instead: the body is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::io;
    /// use wsgi_handlers::{Outcome, Run, RunState, SimpleHandler};
    /// use wsgi_util::{AppError, AppResult, Body, Environ, StartResponse};
    ///
    /// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    ///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    ///     Ok(Body::from(["one\n", "two\n"]))
    /// }
    ///
    /// fn begin(request: &str, out: &mut Vec<u8>) -> Result<RunState<'static>, AppError> {
    ///     let mut handler = SimpleHandler::new(request.as_bytes(), out, io::stderr(), [("REQUEST_METHOD", "GET")]);
    ///     let mut run = handler.begin(&app);
    ///     assert_eq!(handler.step(&mut run)?, None);
    ///     Ok(run.detach().expect("the application has left wsgi.input alone"))
    /// }
    ///
    /// let mut out = Vec::new();
    /// let parked = begin(&String::from("the body"), &mut out)?;
    /// assert!(out.ends_with(b"one\n"));
    ///
    /// let mut handler = SimpleHandler::new(io::empty(), &mut out, io::stderr(), Environ::new());
    /// let mut run = handler.resume(parked);
    /// assert_eq!(handler.step(&mut run)?, Some(Outcome::Complete));
    /// assert!(out.ends_with(b"one\ntwo\n"));
    /// # Ok::<(), AppError>(())
    /// ```
    pub fn detach(&mut self) -> Option<RunState<'static>> {
        let environ = self.environ.detach()?;
        let mut detached = RunState::new(environ, true);
        std::mem::swap(&mut detached.response, &mut self.response);
        detached.result = self.result.take();
        detached.failure = self.failure.take();
        (detached.pace, detached.stage, detached.paused) = (self.pace, self.stage, self.paused);
        self.stage = Stage::Over;
        Some(detached)
    }

    /// Whether this is the first time that somebody sends the result.
    pub(crate) fn begins_body(&mut self) -> bool {
        std::mem::replace(&mut self.stage, Stage::Sending) == Stage::Called
    }

    /// Whether this step ends behind the piece that was sent. Nobody has to come back for the end alone.
    pub(crate) fn pauses(&mut self) -> bool {
        let more = self.result.as_ref().and_then(Body::size_hint) != Some(0);
        self.paused = more && self.pace == Pace::Piece;
        self.paused
    }

    /// Gets the next piece of the result; `None` at its end.
    ///
    /// The body may begin the response and write through the handler while it makes the piece.
    ///
    /// # Errors
    ///
    /// The body failed.
    pub fn next_chunk<H: BaseHandler<'e> + ?Sized>(
        &mut self,
        handler: &mut H,
    ) -> Result<Option<Chunk>, AppError> {
        match &mut self.result {
            Some(result) => result
                .next_chunk(&mut self.environ, &mut Responder::new(handler, &mut self.response)),
            None => Ok(None),
        }
    }

    /// Keeps what the application returned, and the number of its pieces for the Content-Length.
    pub fn set_result(&mut self, result: Body) {
        self.response.set_result_len(result.size_hint());
        self.result = Some(result);
        self.stage = Stage::Called;
    }

    /// Closes the result, unless that was done before.
    ///
    /// # Errors
    ///
    /// The result's `close` failed. It is closed all the same.
    pub fn close_result(&mut self) -> Result<(), AppError> {
        match self.result.take() {
            Some(mut result) => result.close(&mut self.environ),
            None => Ok(()),
        }
    }

    fn call<A, H>(&mut self, application: &A, handler: &mut H) -> Result<Body, AppError>
    where
        A: Application + ?Sized,
        H: BaseHandler<'e> + ?Sized,
    {
        application.call(&mut self.environ, &mut Responder::new(handler, &mut self.response))
    }

    fn outcome(&self) -> Outcome {
        let response = &self.response;
        match (response.state(), response.length_error()) {
            _ if response.client_is_gone() => Outcome::ClientGone,
            (_, Some(Misuse::BodyTooShort { declared, sent })) => {
                Outcome::TooShort { declared, sent }
            }
            (ResponseState::Finished, _) => Outcome::Complete,
            _ => Outcome::Failed,
        }
    }
}

impl Drop for RunState<'_> {
    /// Closes a result that nobody has closed, because the run was given up.
    fn drop(&mut self) {
        if self.result.is_none() {
            return;
        }
        if let Err(error) = caught(|| self.close_result()) {
            let text = log::exception_text(&*error, None);
            // There is no place left to report a failure to.
            let _ = self.environ.errors().write_all(text.as_bytes());
        }
    }
}

/// Answers an error of the application, unless there is nobody to answer.
fn recover<'e, H>(
    handler: &mut H,
    run: &mut RunState<'e>,
    error: AppError,
) -> Result<Outcome, AppError>
where
    H: BaseHandler<'e> + ?Sized,
{
    let closed = caught(|| run.close_result());
    let recovered = answer_error(handler, run, error);
    // As in CPython's traceback, what went wrong first is read first.
    if let Err(error) = closed {
        handler.log_exception(run, &*error);
    }
    recovered
}

/// What [`recover`] does once the result is closed.
fn answer_error<'e, H>(
    handler: &mut H,
    run: &mut RunState<'e>,
    error: AppError,
) -> Result<Outcome, AppError>
where
    H: BaseHandler<'e> + ?Sized,
{
    if run.response.client_is_gone() {
        return Ok(Outcome::ClientGone);
    }
    // A page for an error is sent at once.
    run.pace = Pace::Whole;
    match caught(|| handler.handle_error(run, error)) {
        Ok(()) => Ok(run.outcome()),
        Err(_) if run.response.client_is_gone() => Ok(Outcome::ClientGone),
        Err(second) => {
            // CPython: an error while an error is handled ends the attempts; `close` still runs.
            if let Err(third) = caught(|| handler.close(run)) {
                handler.log_exception(run, &*third);
            }
            Err(second)
        }
    }
}

/// Closes the result if it is still open; what its `close` has to complain about is logged.
fn close_and_log<'e, H: BaseHandler<'e> + ?Sized>(handler: &mut H, run: &mut RunState<'e>) {
    if let Err(error) = caught(|| run.close_result()) {
        handler.log_exception(run, &*error);
    }
}

/// Does something that an application takes part in; a panic becomes an error like any other.
///
/// What a panic may have left half-done is the application's own, and the handler's state of this run: that is used
/// only to end the response.
fn caught<T>(action: impl FnOnce() -> Result<T, AppError>) -> Result<T, AppError> {
    catch_unwind(AssertUnwindSafe(action))
        .unwrap_or_else(|payload| Err(Panicked::new(&*payload).into()))
}

/// `start_response` and `write` as the application sees them: a handler and the response of this run.
struct Responder<'r, 'e, H: ?Sized> {
    handler: &'r mut H,
    response: &'r mut Response,
    streams: PhantomData<&'e ()>,
}

impl<'r, 'e, H: BaseHandler<'e> + ?Sized> Responder<'r, 'e, H> {
    fn new(handler: &'r mut H, response: &'r mut Response) -> Self {
        Self { handler, response, streams: PhantomData }
    }
}

impl<'e, H: BaseHandler<'e> + ?Sized> StartResponse for Responder<'_, 'e, H> {
    fn start_response(
        &mut self,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        self.handler.start_response(self.response, status, headers, exc_info)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), AppError> {
        if !data.is_empty() {
            // The result is not all of the body then, so its only piece tells no Content-Length.
            self.response.set_result_len(None);
        }
        self.handler.write(self.response, data)
    }
}
