//! `run`: one application, called once, and its response sent to the end.

use crate::base::BaseHandler;
use crate::error::{Misuse, Panicked};
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
        let environ = self.setup_environ();
        let client_is_modern = self.client_is_modern(&environ);
        let mut run =
            RunState { response: Response::new(&environ, client_is_modern), environ, result: None };

        let answered = caught(|| {
            let result = run.call(application, self)?;
            run.set_result(result);
            self.finish_response(&mut run)
        });
        let outcome = match answered {
            Ok(()) => Ok(run.outcome()),
            Err(error) => recover(self, &mut run, error),
        };
        close_and_log(self, &mut run);
        outcome
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
}

impl<'e> RunState<'e> {
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

/// Answers an error of the application, unless there is nobody to answer.
fn recover<'e, H>(
    handler: &mut H,
    run: &mut RunState<'e>,
    error: AppError,
) -> Result<Outcome, AppError>
where
    H: BaseHandler<'e> + ?Sized,
{
    close_and_log(handler, run);
    if run.response.client_is_gone() {
        return Ok(Outcome::ClientGone);
    }
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
