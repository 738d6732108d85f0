//! `Base`: the behaviour of CPython's `BaseHandler`, which a handler has unless it overrides it.

use crate::base::BaseHandler;
use crate::date;
use crate::log;
use crate::response::{Event, Response, Step};
use crate::run::RunState;
use crate::start;
use std::borrow::Cow;
use std::error::Error;
use std::io;
use wsgi_util::{AppError, AppResult, Body, Environ, Headers, guess_scheme, native};

/// The base class: what `super()` is in Python.
///
/// An override point that is overridden reaches the behaviour it replaces here. Whatever that behaviour calls is
/// called on the handler that is handed in, so other overrides stay in effect. Each method does, and fails, as the
/// one of [`BaseHandler`] with its name says.
///
/// # Examples
///
/// ```
/// # use std::io;
/// use wsgi_handlers::{Base, BaseHandler, Run, RunState, SimpleHandler, inherit_handler};
/// use wsgi_util::{AppError, AppResult, Environ, StartResponse};
///
/// struct Watched<'e> {
///     simple: SimpleHandler<'e, io::Sink>,
///     errors: u32,
/// }
///
/// impl<'e> BaseHandler<'e> for Watched<'e> {
///     inherit_handler!('e, simple);
///
///     fn handle_error(&mut self, run: &mut RunState<'e>, error: AppError) -> Result<(), AppError> {
///         self.errors += 1;
///         Base.handle_error(self, run, error)
///     }
/// }
///
/// fn app(_: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
///     Err("why".into())
/// }
///
/// let simple = SimpleHandler::new(io::empty(), io::sink(), io::sink(), [("REQUEST_METHOD", "GET")]);
/// let mut watched = Watched { simple, errors: 0 };
/// watched.run(&app)?;
/// assert_eq!(watched.errors, 1);
/// # Ok::<(), AppError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Base;

impl Base {
    /// The base behaviour of [`BaseHandler::setup_environ`].
    pub fn setup_environ<'e, H: BaseHandler<'e> + ?Sized>(&self, handler: &mut H) -> Environ<'e> {
        let os_environ = &handler.options().os_environ;
        // The `wsgi.*` keys are the handler's, and most of them hold no strings.
        let mut environ: Environ<'e> =
            os_environ.iter().filter(|(key, _)| !key.starts_with("wsgi.")).cloned().collect();
        handler.add_cgi_vars(&mut environ);
        environ.lend_input(handler.get_stdin());
        environ.lend_errors(handler.get_stderr());
        let scheme = handler.get_scheme(&environ);
        environ.set_url_scheme(scheme);
        let options = handler.options();
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

    /// The base behaviour of [`BaseHandler::get_scheme`].
    pub fn get_scheme<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        _: &H,
        environ: &Environ<'e>,
    ) -> Cow<'static, str> {
        Cow::Borrowed(guess_scheme(environ))
    }

    /// The base behaviour of [`BaseHandler::client_is_modern`].
    pub fn client_is_modern<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        _: &H,
        environ: &Environ<'e>,
    ) -> bool {
        environ
            .get("SERVER_PROTOCOL")
            .is_none_or(|protocol| !protocol.eq_ignore_ascii_case("HTTP/0.9"))
    }

    /// The base behaviour of [`BaseHandler::start_response`].
    pub fn start_response<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        _: &mut H,
        response: &mut Response,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        let event = if exc_info.is_some() { Event::Restart } else { Event::Start };
        match (response.state().on(event)?, exc_info) {
            (Step::Raise, Some(error)) => Err(error),
            _ => {
                let status = match start::usual_status(status) {
                    Some(usual) => Cow::Borrowed(usual),
                    None => {
                        start::check_status(status)?;
                        Cow::Owned(status.to_owned())
                    }
                };
                start::check_headers(&headers)?;
                response.start(status, headers);
                Ok(())
            }
        }
    }

    /// The base behaviour of [`BaseHandler::write`].
    pub fn write<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        response: &mut Response,
        data: &[u8],
    ) -> Result<(), AppError> {
        if data.is_empty() {
            return Ok(());
        }
        check_output(response)?;
        if response.state().on(Event::Chunk)? == Step::SendHeaders {
            // As in CPython, those who make the head find the length of a one-item body here.
            response.announce(data.len());
            let sent = handler.send_headers(response);
            response.retract();
            sent?;
        }
        let admitted = response.admit(data);
        let written = if admitted.is_empty() { Ok(()) } else { handler._write(admitted) };
        noted(response, written.and_then(|()| handler._flush()))
    }

    /// The base behaviour of [`BaseHandler::send_headers`].
    pub fn send_headers<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        response: &mut Response,
    ) -> Result<(), AppError> {
        if response.state().on(Event::Head)? == Step::Pass {
            return Ok(());
        }
        handler.cleanup_headers(response)?;
        response.mark_headers_sent()?;
        if !handler.options().origin_server || response.client_is_modern() {
            let written = handler.write_head(response);
            noted(response, written)?;
        }
        Ok(())
    }

    /// The base behaviour of [`BaseHandler::cleanup_headers`].
    pub fn cleanup_headers<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        response: &mut Response,
    ) -> Result<(), AppError> {
        if response.is_bodiless_status() {
            if response.status_code() != Some("304") {
                response.headers.remove("Content-Length");
            }
        } else if !response.headers.contains("Content-Length") {
            handler.set_content_length(response)?;
        }
        Ok(())
    }

    /// The base behaviour of [`BaseHandler::set_content_length`].
    pub fn set_content_length<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        _: &mut H,
        response: &mut Response,
    ) -> Result<(), AppError> {
        if response.result_len() == Some(1) {
            response.headers.set("Content-Length", &response.bytes_sent().to_string())?;
        }
        Ok(())
    }

    /// The base behaviour of [`BaseHandler::write_head`].
    pub fn write_head<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        response: &mut Response,
    ) -> io::Result<()> {
        handler.send_preamble(response)?;
        handler._write(&native::to_bytes(response.headers.lines()))?;
        handler._write(b"\r\n")
    }

    /// The base behaviour of [`BaseHandler::send_preamble`].
    pub fn send_preamble<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        response: &mut Response,
    ) -> io::Result<()> {
        let status = native::to_bytes(response.status().unwrap_or_default());
        let options = handler.options();
        let mut preamble = Vec::with_capacity(PREAMBLE_ROOM);
        if !options.origin_server {
            push_line(&mut preamble, [b"Status: ", &status]);
            return handler._write(&preamble);
        }
        push_line(&mut preamble, [b"HTTP/", options.http_version.as_bytes(), b" ", &status]);
        if !response.headers.contains("Date") {
            push_line(&mut preamble, [b"Date: ", &date::now()]);
        }
        if let Some(software) = &options.server_software {
            if !response.headers.contains("Server") {
                push_line(&mut preamble, [b"Server: ", &native::to_bytes(software)]);
            }
        }
        handler._write(&preamble)
    }

    /// The base behaviour of [`BaseHandler::finish_response`].
    pub fn finish_response<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        run: &mut RunState<'e>,
    ) -> Result<(), AppError> {
        // Where no body may be sent, there is no file to send; the pieces are dropped by `write`.
        if run.begins_body()
            && run.response.may_have_body()
            && handler.result_is_file(run)
            && handler.sendfile(run)?
        {
            let flushed = handler._flush();
            noted(&mut run.response, flushed)?;
            run.response.finish();
        } else {
            while let Some(chunk) = run.next_chunk(handler)? {
                handler.write(&mut run.response, &chunk)?;
                if run.response.is_satisfied() {
                    break;
                }
                if run.pauses() {
                    return Ok(());
                }
            }
            handler.finish_content(&mut run.response)?;
        }
        if let Some(misuse) = run.response.length_error() {
            handler.log_exception(run, &misuse);
        }
        handler.close(run)
    }

    /// The base behaviour of [`BaseHandler::result_is_file`].
    pub fn result_is_file<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &H,
        run: &RunState<'e>,
    ) -> bool {
        handler.options().wsgi_file_wrapper && matches!(run.result, Some(Body::File(_)))
    }

    /// The base behaviour of [`BaseHandler::sendfile`].
    pub fn sendfile<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        _: &mut H,
        _: &mut RunState<'e>,
    ) -> Result<bool, AppError> {
        Ok(false)
    }

    /// The base behaviour of [`BaseHandler::finish_content`].
    pub fn finish_content<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        response: &mut Response,
    ) -> Result<(), AppError> {
        check_output(response)?;
        if response.state().on(Event::End)? == Step::SendHeaders {
            // A HEAD response that names no length has one that is not known here (RFC 9110 §8.6).
            if response.may_have_body() {
                response.headers.setdefault("Content-Length", "0")?;
            }
            handler.send_headers(response)?;
            let flushed = handler._flush();
            noted(response, flushed)?;
        }
        response.finish();
        Ok(())
    }

    /// The base behaviour of [`BaseHandler::close`].
    pub fn close<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        _: &mut H,
        run: &mut RunState<'e>,
    ) -> Result<(), AppError> {
        run.close_result()
    }

    /// The base behaviour of [`BaseHandler::log_exception`].
    pub fn log_exception<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        _: &mut RunState<'e>,
        error: &(dyn Error + 'static),
    ) {
        let text = log::exception_text(error, handler.options().traceback_limit);
        let mut errors = handler.get_stderr();
        let _ = errors.write_all(text.as_bytes()).and_then(|()| errors.flush());
    }

    /// The base behaviour of [`BaseHandler::handle_error`].
    pub fn handle_error<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        run: &mut RunState<'e>,
        error: AppError,
    ) -> Result<(), AppError> {
        handler.log_exception(run, &*error);
        if run.response.headers_sent() {
            return Ok(());
        }
        let page = handler.error_output(run, error)?;
        run.set_result(page);
        handler.finish_response(run)
    }

    /// The base behaviour of [`BaseHandler::error_output`].
    pub fn error_output<'e, H: BaseHandler<'e> + ?Sized>(
        &self,
        handler: &mut H,
        run: &mut RunState<'e>,
        error: AppError,
    ) -> AppResult {
        let options = handler.options();
        let status = options.error_status.clone();
        let headers = Headers::from_pairs(
            options.error_headers.iter().map(|(name, value)| (&**name, &**value)),
        )?;
        let body = options.error_body.clone();
        handler.start_response(&mut run.response, &status, headers, Some(error))?;
        Ok(body.into())
    }
}

/// Room for the status line, `Date` and `Server`.
const PREAMBLE_ROOM: usize = 128;

/// Appends a line of the head, made of these parts.
fn push_line<const N: usize>(head: &mut Vec<u8>, parts: [&[u8]; N]) {
    parts.into_iter().for_each(|part| head.extend_from_slice(part));
    head.extend_from_slice(b"\r\n");
}

/// Passes on the result of writing, and notes it if it failed.
fn noted(response: &mut Response, written: io::Result<()>) -> Result<(), AppError> {
    written.inspect_err(|error| response.note_output_error(error)).map_err(AppError::from)
}

/// Fails if the output has failed before: an application may have overlooked it.
fn check_output(response: &Response) -> io::Result<()> {
    response.output_error().map_or(Ok(()), |kind| Err(kind.into()))
}
