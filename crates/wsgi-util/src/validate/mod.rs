//! Middleware that checks whether server and application keep to PEP 3333 (`wsgiref.validate`).
//!
//! Put [`validator`] around an application, or between two middlewares: the checks look both ways. What breaks a rule
//! is a [`Violation`], given back as the error of the call that broke it; what is only doubtful is a [`WsgiWarning`],
//! told to a function (which writes it to stderr by default).
//!
//! ```
//! use wsgi_util::validate::{Violation, validator};
//! use wsgi_util::{AppError, AppResult, Application, Environ, Headers, StartResponse, setup_testing_defaults};
//!
//! fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
//!     start_response.start("200 OK", [("Content-Type:", "text/plain")])?; // a colon too many
//!     Ok("Hello world!\n".into())
//! }
//!
//! # struct Server;
//! # impl StartResponse for Server {
//! #     fn start_response(&mut self, _: &str, _: Headers, _: Option<AppError>) -> Result<(), AppError> { Ok(()) }
//! #     fn write(&mut self, _: &[u8]) -> Result<(), AppError> { Ok(()) }
//! # }
//! # let mut server = Server;
//! let mut environ = Environ::from([("QUERY_STRING", "")]);
//! setup_testing_defaults(&mut environ);
//! let error = validator(app).call(&mut environ, &mut server).unwrap_err();
//! assert!(matches!(error.downcast_ref(), Some(Violation::HeaderName { .. })));
//! assert_eq!(
//!     error.to_string(),
//!     "Header names may not contain ':' or '\\n': 'Content-Type:' (PEP 3333, The start_response() Callable); \
//!      give the name alone",
//! );
//! ```
//!
//! # The checks
//!
//! | CPython checks | here |
//! | --- | --- |
//! | two positional arguments, none by keyword (application, `start_response`) | impossible: [`Application::call`], [`StartResponse::start_response`] |
//! | environ is exactly a dict | impossible: [`Environ`] |
//! | required keys are present, `wsgi.url_scheme` too | [`Violation::MissingKey`] |
//! | `HTTP_CONTENT_TYPE` and `HTTP_CONTENT_LENGTH` are absent | [`Violation::HttpKey`] |
//! | `QUERY_STRING` is present | [`WsgiWarning::NoQueryString`] |
//! | keys without a dot hold a `str` | impossible; that variables of the request hold [native strings](crate::native): [`Violation::NotNative`] |
//! | `wsgi.version` is a tuple | impossible: [`Environ::version`] |
//! | `wsgi.url_scheme` is `http` or `https` | [`Violation::UrlScheme`] |
//! | `REQUEST_METHOD` is known | [`WsgiWarning::UnknownMethod`] |
//! | `SCRIPT_NAME` and `PATH_INFO` begin with `/` | [`Violation::NoSlash`] (but `OPTIONS *` is a request, RFC 9110 §9.3.7) |
//! | `CONTENT_LENGTH` is a number, not negative | [`Violation::ContentLength`] (digits only, RFC 9110 §8.6) |
//! | `PATH_INFO` is present if `SCRIPT_NAME` is empty | [`Violation::NoPath`] |
//! | `SCRIPT_NAME` is not `/` | [`Violation::ScriptNameSlash`] |
//! | `wsgi.input` and `wsgi.errors` have their methods | impossible: [`InputStream`](crate::InputStream), [`ErrorStream`](crate::ErrorStream) |
//! | arguments of `read`, `readline`, `readlines`; results are bytes | impossible |
//! | – | the input ends with the body, and stays at its end: [`Violation::InputTooLong`], [`Violation::InputPastEnd`] |
//! | the argument of `errors.write` is text | it is UTF-8: [`Violation::ErrorsNotText`] |
//! | the streams' `close` is not called | impossible: they have none |
//! | status and headers are a `str` and a list of pairs of `str` | impossible; that they are native strings: [`Violation::StatusNotNative`], [`Violation::HeaderNotNative`] |
//! | the status begins with a code of three characters, 100 or more | [`Violation::StatusLength`], [`Violation::StatusCode`] |
//! | – (the server checks) | no control character in the status: [`Violation::StatusControl`] |
//! | a blank behind the code | [`WsgiWarning::StatusFormat`] |
//! | no header `Status` | [`Violation::StatusHeader`] |
//! | header names without `:` and LF, of letters, digits, `-` and `_`, not ending in the latter two | [`Violation::HeaderName`], [`Violation::BadHeaderName`], [`Violation::HeaderNameEnd`] |
//! | header values without 0x00-0x1F | [`HeaderError`](crate::HeaderError), and HTAB: [`Violation::HeaderValue`] |
//! | – (the server checks) | no hop-by-hop header: [`Violation::HopByHop`] |
//! | a Content-Type, unless 204 or 304 | [`Violation::NoContentType`] (not demanded without content, of 1xx and of redirections either, gh-93416) |
//! | no Content-Type with 204 and 304 | [`Violation::ContentType`] |
//! | `exc_info` is a tuple | impossible: [`AppError`](crate::AppError) |
//! | the argument of `write` is bytes | impossible |
//! | – (the server checks) | `write` is not called before `start_response`: [`Violation::WriteBeforeStart`] |
//! | the result is not None, False, a string | impossible: [`Body`] |
//! | the pieces are bytes | impossible: [`Chunk`](crate::Chunk) |
//! | the body is not used after `close` | [`Violation::ReadAfterClose`], [`Violation::ClosedTwice`] |
//! | `start_response` was called before the first piece | [`Violation::NotStarted`] (pieces that are not empty, PEP 3333) |
//! | – | the body is as long as Content-Length says: [`Violation::BodyTooLong`], [`Violation::BodyTooShort`] |
//! | the body was closed when it is freed | [`WsgiWarning::NotClosed`] |
//!
//! As in CPython, the body it returns tells neither its length nor that it is a file, so that the server asks for
//! every piece.

mod body;
mod environ;
mod start_response;
mod streams;
mod violation;
mod warning;

pub use violation::Violation;
pub use warning::WsgiWarning;

use crate::{AppResult, Application, Body, Environ, StartResponse};
use body::CheckedBody;
use start_response::{CheckedStart, Progress};
use std::io::{self, Write};
use std::sync::Arc;
use streams::{CheckedErrors, CheckedInput};

/// Wraps an application so that it and the server are checked.
///
/// # Examples
///
/// ```
/// use wsgi_util::validate::validator;
/// use wsgi_util::{AppResult, Application, Environ, StartResponse, setup_testing_defaults};
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Content-Type", "text/plain"), ("Connection", "close")])?;
///     Ok("Hello world!\n".into())
/// }
///
/// # struct Server;
/// # impl wsgi_util::StartResponse for Server {
/// #     fn start_response(
/// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
/// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// # }
/// # let mut server = Server;
/// let mut environ = Environ::from([("QUERY_STRING", "")]);
/// setup_testing_defaults(&mut environ);
/// assert!(app.call(&mut environ, &mut server).is_ok());
/// let error = validator(app).call(&mut environ, &mut server).unwrap_err();
/// assert!(error.to_string().contains("Connection"), "which is the server's business");
/// ```
pub fn validator<A: Application>(app: A) -> Validator<A> {
    Validator { app, report: Arc::new(report_to_stderr) }
}

/// Writes a warning to stderr. Where nobody reads it the warning is lost, and `eprintln!` would panic.
fn report_to_stderr(warning: &WsgiWarning) {
    let _ = writeln!(io::stderr(), "WSGIWarning: {warning}");
}

/// The application that [`validator`] returns.
///
/// # Examples
///
/// ```
/// use wsgi_util::validate::{Validator, validator};
/// use wsgi_util::{AppResult, Body, Environ, StartResponse};
///
/// type App = fn(&mut Environ<'_>, &mut dyn StartResponse) -> AppResult;
///
/// struct Site {
///     app: Validator<App>,
/// }
///
/// fn app(_: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("204 No Content", [("Age", "1")])?;
///     Ok(Body::empty())
/// }
/// let site = Site { app: validator(app) };
/// ```
pub struct Validator<A> {
    app: A,
    report: Report,
}

/// Where warnings go.
type Report = Arc<dyn Fn(&WsgiWarning) + Send + Sync>;

impl<A> Validator<A> {
    /// Tells warnings to a function, instead of stderr.
    ///
    /// ```
    /// # use wsgi_util::{AppResult, Body, Environ, StartResponse, validate::validator};
    /// # fn app(_: &mut Environ, _: &mut dyn StartResponse) -> AppResult { Ok(Body::empty()) }
    /// let strict = validator(app).on_warning(|warning| panic!("{warning}"));
    /// ```
    pub fn on_warning(self, report: impl Fn(&WsgiWarning) + Send + Sync + 'static) -> Validator<A> {
        Validator { report: Arc::new(report), ..self }
    }
}

impl<A: Application> Application for Validator<A> {
    /// Calls the application between the checks.
    ///
    /// # Errors
    ///
    /// A [`Violation`], or whatever the application failed with.
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        environ::check(environ, &*self.report)?;
        let input = CheckedInput::new(environ);
        environ.set_input(input);
        let errors = CheckedErrors::new(environ.take_errors());
        environ.set_errors(errors);

        let mut progress = Progress::new(environ);
        let body = self.app.call(
            environ,
            &mut CheckedStart { start_response, progress: &mut progress, report: &*self.report },
        )?;
        Ok(Body::iterable(CheckedBody::new(body, progress, Arc::clone(&self.report))))
    }
}
