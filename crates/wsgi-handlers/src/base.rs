//! `BaseHandler`: the override points of a WSGI gateway.

use crate::defaults::Base;
use crate::options::HandlerOptions;
use crate::response::Response;
use crate::run::RunState;
use std::borrow::Cow;
use std::error::Error;
use std::io;
use wsgi_util::{AppError, AppResult, Environ, ErrorStream, Headers, InputStream};

/// Manages the invocation of a WSGI application: the override points of CPython's `BaseHandler`.
///
/// Six methods have to be written (in CPython all but the first raise `NotImplementedError`); every other one has
/// CPython's behaviour and calls the rest through `self`, so whatever is overridden is used; [`Base`] is what
/// `super()` is in Python. The application is run by [`run`](crate::Run::run). `'e` is how long the streams live that
/// the environ holds.
///
/// What lasts one run is handed along: the [`RunState`] with environ, result and response, or the [`Response`] alone
/// where an application may be writing.
///
/// # Where the response goes
///
/// Everything is sent through `_write` and `_flush`. A gateway that sends its heads in another way (a server with its
/// own framing) overrides [`write_head`](Self::write_head), which is called once per response with the final status and
/// headers; bodies then still pass through `_write`, not longer than the Content-Length, and not at all where the
/// response may have none.
///
/// # Examples
///
/// A gateway of its own, which prints what it would send. To change single steps of a handler that is there, see
/// [`inherit_handler`](crate::inherit_handler).
///
/// ```
/// use std::io;
/// use wsgi_handlers::{BaseHandler, HandlerOptions, Outcome, Response, Run};
/// use wsgi_util::{AppError, AppResult, Environ, ErrorStream, InputStream, StartResponse};
///
/// #[derive(Default)]
/// struct Printing {
///     options: HandlerOptions,
///     printed: String,
/// }
///
/// impl<'e> BaseHandler<'e> for Printing {
///     fn options(&self) -> &HandlerOptions {
///         &self.options
///     }
///     fn _write(&mut self, data: &[u8]) -> io::Result<()> {
///         self.printed += &format!("{} bytes\n", data.len());
///         Ok(())
///     }
///     fn _flush(&mut self) -> io::Result<()> {
///         Ok(())
///     }
///     fn write_head(&mut self, response: &mut Response) -> io::Result<()> {
///         self.printed += &format!("{:?}\n", response.status());
///         Ok(())
///     }
///     fn get_stdin(&mut self) -> Box<dyn InputStream + 'e> {
///         Box::new(io::empty())
///     }
///     fn get_stderr(&mut self) -> Box<dyn ErrorStream + 'e> {
///         Box::new(io::stderr())
///     }
///     fn add_cgi_vars(&mut self, environ: &mut Environ<'e>) {
///         environ.insert("REQUEST_METHOD", "GET");
///     }
/// }
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
///     Ok("hello\n".into())
/// }
///
/// let mut handler = Printing::default();
/// assert_eq!(handler.run(&app)?, Outcome::Complete);
/// assert_eq!(handler.printed, "Some(\"200 OK\")\n6 bytes\n");
/// # Ok::<(), AppError>(())
/// ```
pub trait BaseHandler<'e> {
    /// The class attributes.
    fn options(&self) -> &HandlerOptions;

    /// Sends bytes to the client, or keeps them until [`_flush`](Self::_flush).
    ///
    /// # Errors
    ///
    /// The output failed.
    fn _write(&mut self, data: &[u8]) -> io::Result<()>;

    /// Sends what [`_write`](Self::_write) kept. Called after each piece of the body.
    ///
    /// # Errors
    ///
    /// The output failed.
    fn _flush(&mut self) -> io::Result<()>;

    /// The stream for `wsgi.input`; it ends where the body ends. Called once in a run, and for the rest of the body when
    /// a run is [taken up again](crate::Run::resume).
    fn get_stdin(&mut self) -> Box<dyn InputStream + 'e>;

    /// A stream to the log of the server: for `wsgi.errors`, and for what [`log_exception`](Self::log_exception) writes.
    ///
    /// It is called for each of these, since an application may have wrapped, replaced or lost its own.
    fn get_stderr(&mut self) -> Box<dyn ErrorStream + 'e>;

    /// Puts the variables of the request into the environ.
    fn add_cgi_vars(&mut self, environ: &mut Environ<'e>);

    /// Makes the environ of one run: the variables of the request over `os_environ`, then the `wsgi.*` values.
    fn setup_environ(&mut self) -> Environ<'e> {
        Base.setup_environ(self)
    }

    /// The value of `wsgi.url_scheme`: `http`, or `https` if the variable `HTTPS` says so.
    fn get_scheme(&self, environ: &Environ<'e>) -> Cow<'static, str> {
        Base.get_scheme(self, environ)
    }

    /// Whether the client understands a head: not if `SERVER_PROTOCOL` is `HTTP/0.9`.
    ///
    /// Asked once, before the application is called; it is then found at
    /// [`Response::client_is_modern`]. A missing variable means a modern client, where CPython fails with a `KeyError`.
    fn client_is_modern(&self, environ: &Environ<'e>) -> bool {
        Base.client_is_modern(self, environ)
    }

    /// Begins the response: the `start_response` callable (PEP 3333).
    ///
    /// What is refused changes nothing: the application may call again.
    ///
    /// # Errors
    ///
    /// A [`Misuse`](crate::Misuse): the response was started before, or the status or a header is not allowed. With
    /// `exc_info`, and after the head was sent, `exc_info` itself.
    fn start_response(
        &mut self,
        response: &mut Response,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        Base.start_response(self, response, status, headers, exc_info)
    }

    /// Sends a piece of the body, and the head before the first one: the `write` callable (PEP 3333).
    ///
    /// Empty pieces do nothing. What exceeds the Content-Length is not sent.
    ///
    /// # Errors
    ///
    /// A [`Misuse`](crate::Misuse) before [`start_response`](Self::start_response); an `io::Error` when the output
    /// failed, now or earlier.
    fn write(&mut self, response: &mut Response, data: &[u8]) -> Result<(), AppError> {
        Base.write(self, response, data)
    }

    /// Sends the head, unless it was sent: [`cleanup_headers`](Self::cleanup_headers), then
    /// [`write_head`](Self::write_head) if the client understands one.
    ///
    /// An override of [`sendfile`](Self::sendfile) calls it first.
    ///
    /// # Errors
    ///
    /// A [`Misuse`](crate::Misuse) before [`start_response`](Self::start_response); `cleanup_headers` failed or left a head that cannot be sent (nothing is sent then), or the output failed.
    fn send_headers(&mut self, response: &mut Response) -> Result<(), AppError> {
        Base.send_headers(self, response)
    }

    /// Changes the headers just before they are sent. The default adds the Content-Length where it is known.
    ///
    /// A response with a status of 1xx or 204 must not have a Content-Length (RFC 9110 §8.6); it loses it here.
    ///
    /// # Errors
    ///
    /// Whatever an override finds wrong; the application's response is then answered by the error page.
    fn cleanup_headers(&mut self, response: &mut Response) -> Result<(), AppError> {
        Base.cleanup_headers(self, response)
    }

    /// Computes the Content-Length, if the body has one item and this is it.
    ///
    /// # Errors
    ///
    /// None by default; whatever an override finds wrong.
    fn set_content_length(&mut self, response: &mut Response) -> Result<(), AppError> {
        Base.set_content_length(self, response)
    }

    /// Sends status and headers: the preamble, each header, an empty line. By default through [`_write`](Self::_write).
    ///
    /// This is where a server that makes its own heads takes over; CPython has the same two statements at the end of
    /// its `send_headers`. It finds [`Response::status`] and [`Response::headers`] complete, `Date` and `Server`
    /// excepted.
    ///
    /// # Errors
    ///
    /// The output failed.
    fn write_head(&mut self, response: &mut Response) -> io::Result<()> {
        Base.write_head(self, response)
    }

    /// Sends what precedes the headers: the status line, `Date` and `Server` of an origin server, or the `Status:`
    /// line of a gateway.
    ///
    /// # Errors
    ///
    /// The output failed.
    fn send_preamble(&mut self, response: &mut Response) -> io::Result<()> {
        Base.send_preamble(self, response)
    }

    /// Sends the body, then closes it through [`close`](Self::close).
    ///
    /// In a run [by steps](crate::Run::step) it is called for each of them, and goes on where the last one has stopped.
    ///
    /// # Errors
    ///
    /// The body or the output failed. The body is then still in the run, which closes it and calls
    /// [`handle_error`](Self::handle_error).
    fn finish_response(&mut self, run: &mut RunState<'e>) -> Result<(), AppError> {
        Base.finish_response(self, run)
    }

    /// Whether the result is a [`FileWrapper`](wsgi_util::FileWrapper) and file wrappers are on.
    fn result_is_file(&self, run: &RunState<'e>) -> bool {
        Base.result_is_file(self, run)
    }

    /// Sends a wrapped file in a faster way than piece by piece; true if it did. The default does not.
    ///
    /// It is not asked where the response may not have a body. An override calls [`send_headers`](Self::send_headers)
    /// first, then [`_flush`](Self::_flush) if it goes past [`_write`](Self::_write), and
    /// [`Response::add_bytes_sent`] for what it sends; it honours the Content-Length by itself.
    ///
    /// # Errors
    ///
    /// The transmission was attempted and failed.
    fn sendfile(&mut self, run: &mut RunState<'e>) -> Result<bool, AppError> {
        Base.sendfile(self, run)
    }

    /// Ends the response: sends the head if it was not sent, with `Content-Length: 0` where a body is allowed.
    ///
    /// # Errors
    ///
    /// [`Misuse::NeverStarted`](crate::Misuse::NeverStarted), or the output failed.
    fn finish_content(&mut self, response: &mut Response) -> Result<(), AppError> {
        Base.finish_content(self, response)
    }

    /// Closes the result (`close()` of the iterable) if it is not closed yet. Called when the response was sent.
    ///
    /// # Errors
    ///
    /// The result's `close` failed.
    fn close(&mut self, run: &mut RunState<'e>) -> Result<(), AppError> {
        Base.close(self, run)
    }

    /// Writes an error with its causes to [`get_stderr`](Self::get_stderr).
    ///
    /// ```text
    /// Error: cannot render the page
    ///   Caused by: No such file or directory (os error 2)
    /// ```
    ///
    /// Lines after the first of a message are indented, and control characters are escaped, so that an error cannot
    /// forge a line of the log. Failures to write are ignored: there is no place left to report them to.
    fn log_exception(&mut self, run: &mut RunState<'e>, error: &(dyn Error + 'static)) {
        Base.log_exception(self, run, error)
    }

    /// Answers an error: logs it, and sends the error page if nothing was sent.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong while the error is answered; the run then gives up.
    fn handle_error(&mut self, run: &mut RunState<'e>, error: AppError) -> Result<(), AppError> {
        Base.handle_error(self, run, error)
    }

    /// Makes the error page: a small WSGI application with the environ and the response in `run`.
    ///
    /// The default tells the client nothing about the error.
    ///
    /// # Errors
    ///
    /// The page cannot be made, or the status or headers of the options are refused.
    fn error_output(&mut self, run: &mut RunState<'e>, error: AppError) -> AppResult {
        Base.error_output(self, run, error)
    }
}
