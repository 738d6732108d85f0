//! `BaseHandler`: the override points of a WSGI gateway.

use crate::date;
use crate::log;
use crate::options::HandlerOptions;
use crate::response::{Event, Response, Step};
use crate::run::RunState;
use crate::start;
use std::borrow::Cow;
use std::error::Error;
use std::io;
use wsgi_util::{
    AppError, AppResult, Body, Environ, ErrorStream, Headers, InputStream, guess_scheme, native,
};

/// Manages the invocation of a WSGI application: the override points of CPython's `BaseHandler`.
///
/// Six methods have to be written (in CPython all but the first raise `NotImplementedError`); every other one has
/// CPython's behaviour and calls the rest through `self`, so whatever is overridden is used. The application is run
/// by [`run`](crate::Run::run). `'e` is how long the streams live that the environ holds.
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
/// A handler that adds a header to every response, error pages included:
///
/// ```
/// use std::io::{self, Write};
/// use wsgi_handlers::{BaseHandler, HandlerOptions, Outcome, Response, Run, SimpleHandler};
/// use wsgi_util::{AppError, AppResult, Environ, ErrorStream, InputStream, StartResponse};
///
/// struct Framed<'e>(SimpleHandler<'e, &'e mut Vec<u8>>);
///
/// impl<'e> BaseHandler<'e> for Framed<'e> {
///     fn cleanup_headers(&mut self, response: &mut Response) -> Result<(), AppError> {
///         response.headers.set("X-Frame-Options", "DENY")?;
///         self.0.cleanup_headers(response)
///     }
///     fn options(&self) -> &HandlerOptions {
///         self.0.options()
///     }
///     fn _write(&mut self, data: &[u8]) -> io::Result<()> {
///         self.0._write(data)
///     }
///     fn _flush(&mut self) -> io::Result<()> {
///         self.0._flush()
///     }
///     fn get_stdin(&mut self) -> Box<dyn InputStream + 'e> {
///         self.0.get_stdin()
///     }
///     fn get_stderr(&mut self) -> Box<dyn ErrorStream + 'e> {
///         self.0.get_stderr()
///     }
///     fn add_cgi_vars(&mut self, environ: &mut Environ<'e>) {
///         self.0.add_cgi_vars(environ);
///     }
/// }
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Date", "today")])?;
///     Ok("hello\n".into())
/// }
///
/// let mut out = Vec::new();
/// let inner = SimpleHandler::new(io::empty(), &mut out, io::sink(), [("REQUEST_METHOD", "GET")]);
/// assert_eq!(Framed(inner).run(&app)?, Outcome::Complete);
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "HTTP/1.0 200 OK\r\nDate: today\r\nX-Frame-Options: DENY\r\nContent-Length: 6\r\n\r\nhello\n",
/// );
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

    /// The stream for `wsgi.input`; it ends where the body ends. Called once in a run.
    fn get_stdin(&mut self) -> Box<dyn InputStream + 'e>;

    /// The stream for `wsgi.errors`, which also receives what [`log_exception`](Self::log_exception) writes. Called once
    /// in a run.
    fn get_stderr(&mut self) -> Box<dyn ErrorStream + 'e>;

    /// Puts the variables of the request into the environ.
    fn add_cgi_vars(&mut self, environ: &mut Environ<'e>);

    /// Makes the environ of one run: the variables of the request over `os_environ`, then the `wsgi.*` values.
    fn setup_environ(&mut self) -> Environ<'e> {
        let mut environ = Environ::new();
        self.add_cgi_vars(&mut environ);
        for (key, value) in &self.options().os_environ {
            if !environ.contains_key(key) {
                environ.insert(key.clone(), value.as_str());
            }
        }
        environ.set_input(self.get_stdin());
        environ.set_errors(self.get_stderr());
        let scheme = self.get_scheme(&environ);
        environ.set_url_scheme(scheme);
        let options = self.options();
        let (major, minor) = options.wsgi_version;
        environ.set_version(major, minor);
        environ.set_run_once(options.wsgi_run_once);
        environ.set_multithread(options.wsgi_multithread);
        environ.set_multiprocess(options.wsgi_multiprocess);
        environ.set_file_wrapper(options.wsgi_file_wrapper);
        if let Some(software) = options.server_software.as_deref().filter(|_| options.origin_server)
        {
            environ.setdefault("SERVER_SOFTWARE", software);
        }
        environ
    }

    /// The value of `wsgi.url_scheme`: `http`, or `https` if the variable `HTTPS` says so.
    fn get_scheme(&self, environ: &Environ<'e>) -> Cow<'static, str> {
        Cow::Borrowed(guess_scheme(environ))
    }

    /// Whether the client understands a head: not if `SERVER_PROTOCOL` is `HTTP/0.9`.
    ///
    /// Asked once, before the application is called; it is then found at
    /// [`Response::client_is_modern`]. A missing variable means a modern client, where CPython fails with a `KeyError`.
    fn client_is_modern(&self, environ: &Environ<'e>) -> bool {
        environ
            .get("SERVER_PROTOCOL")
            .is_none_or(|protocol| !protocol.eq_ignore_ascii_case("HTTP/0.9"))
    }

    /// Begins the response: the `start_response` callable (PEP 3333).
    ///
    /// What is refused changes nothing: the application may call again.
    ///
    /// # Errors
    ///
    /// A [`Misuse`](crate::Misuse): the response was started before, or the status or a header is not allowed. With `exc_info`, and
    /// after the head was sent, `exc_info` itself.
    fn start_response(
        &mut self,
        response: &mut Response,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        let event = if exc_info.is_some() { Event::Restart } else { Event::Start };
        match (response.state().on(event)?, exc_info) {
            (Step::Raise, Some(error)) => Err(error),
            _ => {
                start::check_status(status)?;
                start::check_headers(&headers)?;
                response.start(status, headers);
                Ok(())
            }
        }
    }

    /// Sends a piece of the body, and the head before the first one: the `write` callable (PEP 3333).
    ///
    /// Empty pieces do nothing. What exceeds the Content-Length is not sent.
    ///
    /// # Errors
    ///
    /// A [`Misuse`](crate::Misuse) before [`start_response`](Self::start_response); an `io::Error` when the output failed, now or earlier.
    fn write(&mut self, response: &mut Response, data: &[u8]) -> Result<(), AppError> {
        if data.is_empty() {
            return Ok(());
        }
        if let Some(kind) = response.output_error() {
            return Err(io::Error::from(kind).into());
        }
        if response.state().on(Event::Chunk)? == Step::SendHeaders {
            // As in CPython, those who make the head find the length of a one-item body here.
            response.announce(data.len());
            let sent = self.send_headers(response);
            response.retract();
            sent?;
        }
        let admitted = response.admit(data);
        let written = if admitted.is_empty() { Ok(()) } else { self._write(admitted) };
        noted(response, written.and_then(|()| self._flush()))
    }

    /// Sends the head: [`cleanup_headers`](Self::cleanup_headers), then [`write_head`](Self::write_head) if the client
    /// understands one.
    ///
    /// An override of [`sendfile`](Self::sendfile) calls it first.
    ///
    /// # Errors
    ///
    /// `cleanup_headers` failed or left a head that cannot be sent (nothing is sent then), or the output failed.
    fn send_headers(&mut self, response: &mut Response) -> Result<(), AppError> {
        self.cleanup_headers(response)?;
        response.mark_headers_sent()?;
        if !self.options().origin_server || response.client_is_modern() {
            let written = self.write_head(response);
            noted(response, written)?;
        }
        Ok(())
    }

    /// Changes the headers just before they are sent. The default adds the Content-Length where it is known.
    ///
    /// A response with a status of 1xx or 204 must not have a Content-Length (RFC 9110 §8.6); it loses it here.
    ///
    /// # Errors
    ///
    /// Whatever an override finds wrong; the application's response is then answered by the error page.
    fn cleanup_headers(&mut self, response: &mut Response) -> Result<(), AppError> {
        if response.is_bodiless_status() {
            if response.status_code() != Some("304") {
                response.headers.remove("Content-Length");
            }
        } else if !response.headers.contains("Content-Length") {
            self.set_content_length(response)?;
        }
        Ok(())
    }

    /// Computes the Content-Length, if the body has one item and this is it.
    ///
    /// # Errors
    ///
    /// None by default; whatever an override finds wrong.
    fn set_content_length(&mut self, response: &mut Response) -> Result<(), AppError> {
        if response.result_len() == Some(1) {
            response.headers.set("Content-Length", &response.bytes_sent().to_string())?;
        }
        Ok(())
    }

    /// Sends status and headers: the preamble, each header, an empty line. By default through [`_write`](Self::_write).
    ///
    /// This is where a server that makes its own heads takes over; CPython has the same two statements at the end of
    /// its `send_headers`. It finds [`Response::status`] and [`Response::headers`] complete, `Date` and `Server` excepted.
    ///
    /// # Errors
    ///
    /// The output failed.
    fn write_head(&mut self, response: &mut Response) -> io::Result<()> {
        self.send_preamble(response)?;
        for (name, value) in &response.headers {
            self._write(name.as_bytes())?;
            self._write(b": ")?;
            self._write(&native::to_bytes(value))?;
            self._write(b"\r\n")?;
        }
        self._write(b"\r\n")
    }

    /// Sends what precedes the headers: the status line, `Date` and `Server` of an origin server, or the `Status:`
    /// line of a gateway.
    ///
    /// # Errors
    ///
    /// The output failed.
    fn send_preamble(&mut self, response: &mut Response) -> io::Result<()> {
        let status = native::to_bytes(response.status().unwrap_or_default());
        if !self.options().origin_server {
            self._write(b"Status: ")?;
            self._write(&status)?;
            return self._write(b"\r\n");
        }
        // The options cannot stay borrowed while `_write` has the handler; their texts are literals as a rule, and
        // cloning a literal copies a pointer.
        let http_version = self.options().http_version.clone();
        self._write(b"HTTP/")?;
        self._write(http_version.as_bytes())?;
        self._write(b" ")?;
        self._write(&status)?;
        self._write(b"\r\n")?;
        if !response.headers.contains("Date") {
            self._write(b"Date: ")?;
            self._write(&date::now())?;
            self._write(b"\r\n")?;
        }
        if let Some(software) = self.options().server_software.clone() {
            if !response.headers.contains("Server") {
                self._write(b"Server: ")?;
                self._write(&native::to_bytes(&software))?;
                self._write(b"\r\n")?;
            }
        }
        Ok(())
    }

    /// Sends the body, then closes it through [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// The body or the output failed. The body is then still in the run, which closes it and calls
    /// [`handle_error`](Self::handle_error).
    fn finish_response(&mut self, run: &mut RunState<'e>) -> Result<(), AppError> {
        if self.result_is_file(run) && self.sendfile(run)? {
            run.response.finish();
        } else {
            while let Some(chunk) = run.next_chunk(self)? {
                self.write(&mut run.response, &chunk)?;
                if run.response.is_overrun() {
                    break;
                }
            }
            self.finish_content(&mut run.response)?;
        }
        if let Some(misuse) = run.response.length_error() {
            self.log_exception(run, &misuse);
        }
        self.close(run)
    }

    /// Whether the result is a [`FileWrapper`](wsgi_util::FileWrapper) and file wrappers are on.
    fn result_is_file(&self, run: &RunState<'e>) -> bool {
        self.options().wsgi_file_wrapper && matches!(run.result, Some(Body::File(_)))
    }

    /// Sends a wrapped file in a faster way than piece by piece; true if it did. The default does not.
    ///
    /// An override calls [`send_headers`](Self::send_headers) first, unless they are sent, and
    /// [`Response::add_bytes_sent`] for what it sends; it honours the Content-Length by itself.
    ///
    /// # Errors
    ///
    /// The transmission was attempted and failed.
    fn sendfile(&mut self, _run: &mut RunState<'e>) -> Result<bool, AppError> {
        Ok(false)
    }

    /// Ends the response: sends the head if it was not sent, with `Content-Length: 0` where a body is allowed.
    ///
    /// # Errors
    ///
    /// [`Misuse::NeverStarted`](crate::Misuse::NeverStarted), or the output failed.
    fn finish_content(&mut self, response: &mut Response) -> Result<(), AppError> {
        if response.state().on(Event::End)? == Step::SendHeaders {
            // A HEAD response that names no length has one that is not known here (RFC 9110 §8.6).
            if response.may_have_body() {
                response.headers.setdefault("Content-Length", "0")?;
            }
            self.send_headers(response)?;
            let flushed = self._flush();
            noted(response, flushed)?;
        }
        response.finish();
        Ok(())
    }

    /// Closes the result (`close()` of the iterable) if it is not closed yet. Called when the response was sent.
    ///
    /// # Errors
    ///
    /// The result's `close` failed.
    fn close(&mut self, run: &mut RunState<'e>) -> Result<(), AppError> {
        run.close_result()
    }

    /// Writes an error with its causes to `wsgi.errors`.
    ///
    /// ```text
    /// Error: cannot render the page
    ///   Caused by: No such file or directory (os error 2)
    /// ```
    ///
    /// Lines after the first of a message are indented, and control characters are escaped, so that an error cannot
    /// forge a line of the log. Failures to write are ignored: there is no place left to report them to.
    fn log_exception(&mut self, run: &mut RunState<'e>, error: &(dyn Error + 'static)) {
        let text = log::exception_text(error, self.options().traceback_limit);
        let errors = run.environ.errors();
        let _ = errors.write_all(text.as_bytes()).and_then(|()| errors.flush());
    }

    /// Answers an error: logs it, and sends the error page if nothing was sent.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong while the error is answered; the run then gives up.
    fn handle_error(&mut self, run: &mut RunState<'e>, error: AppError) -> Result<(), AppError> {
        self.log_exception(run, &*error);
        if run.response.headers_sent() {
            return Ok(());
        }
        let page = self.error_output(run, error)?;
        run.set_result(page);
        self.finish_response(run)
    }

    /// Makes the error page: a small WSGI application with the environ and the response in `run`.
    ///
    /// The default tells the client nothing about the error.
    ///
    /// # Errors
    ///
    /// The page cannot be made, or the status or headers of the options are refused.
    fn error_output(&mut self, run: &mut RunState<'e>, error: AppError) -> AppResult {
        let options = self.options();
        let status = options.error_status.clone();
        let headers = Headers::from_pairs(
            options.error_headers.iter().map(|(name, value)| (&**name, &**value)),
        )?;
        let body = options.error_body.clone();
        self.start_response(&mut run.response, &status, headers, Some(error))?;
        Ok(body.into())
    }
}

/// Passes on the result of writing, and notes it if it failed.
fn noted(response: &mut Response, written: io::Result<()>) -> Result<(), AppError> {
    written.inspect_err(|error| response.note_output_error(error)).map_err(AppError::from)
}
