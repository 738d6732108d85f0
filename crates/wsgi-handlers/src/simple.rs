//! `SimpleHandler`: a gateway over streams that it is given.

use crate::base::BaseHandler;
use crate::input::BoundedInput;
use crate::options::HandlerOptions;
use crate::shared_errors::SharedErrors;
use std::fmt;
use std::io::{self, IoSlice, Write};
use wsgi_util::{Environ, ErrorStream, InputStream};

/// Runs an application over streams and an environ that it is given.
///
/// It acts as an HTTP/1.0 origin server that sends one response; wrap it and implement [`BaseHandler`] to change
/// single steps (the example there shows it), or set [`options_mut`](Self::options_mut).
///
/// The output is collected and sent when a piece of the body is complete, so that the head and the first piece leave
/// in one write; large pieces are not copied. (CPython writes every line of the head by itself.)
///
/// # Examples
///
/// ```
/// use wsgi_handlers::{Run, SimpleHandler};
/// use wsgi_util::{AppResult, Environ, InputStream, StartResponse};
///
/// fn shout(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     let body = environ.input().read_n(100)?;
///     start_response.start("200 OK", [("Date", "today"), ("Content-Type", "text/plain")])?;
///     Ok(body.to_ascii_uppercase().into())
/// }
///
/// let environ = [("REQUEST_METHOD", "POST"), ("SERVER_PROTOCOL", "HTTP/1.0"), ("CONTENT_LENGTH", "5")];
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// SimpleHandler::new(&b"hello, and more"[..], &mut out, &mut err, environ).run(&shout)?;
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "HTTP/1.0 200 OK\r\nDate: today\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nHELLO",
/// );
/// assert!(err.is_empty());
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
pub struct SimpleHandler<'e, Out> {
    options: HandlerOptions,
    stdin: Option<Box<dyn InputStream + 'e>>,
    stdout: Out,
    stderr: SharedErrors<'e>,
    base_env: Environ<'e>,
    /// Output that waits for the flush.
    pending: Vec<u8>,
}

impl<'e, Out: Write> SimpleHandler<'e, Out> {
    /// Makes a handler for one request.
    ///
    /// As in CPython, `wsgi.multithread` is true and `wsgi.multiprocess` false unless the options are changed.
    ///
    /// If the environ has a Content-Length, `wsgi.input` ends there (at once, if it is no number); if not, it ends where
    /// `stdin` ends, so give a reader that does, such as a [`BoundedInput`].
    pub fn new(
        stdin: impl InputStream + 'e,
        stdout: Out,
        stderr: impl ErrorStream + 'e,
        environ: impl Into<Environ<'e>>,
    ) -> Self {
        let mut base_env = environ.into();
        let stdin: Box<dyn InputStream + 'e> = match content_length(&base_env) {
            Some(length) => {
                base_env.set_input_terminated(true);
                Box::new(BoundedInput::new(stdin, length))
            }
            None => Box::new(stdin),
        };
        let options = HandlerOptions {
            wsgi_multithread: true,
            wsgi_multiprocess: false,
            ..Default::default()
        };
        Self {
            options,
            stdin: Some(stdin),
            stdout,
            stderr: SharedErrors::new(stderr),
            base_env,
            pending: Vec::with_capacity(PENDING_ROOM),
        }
    }

    /// The class attributes, to be changed for this handler.
    ///
    /// # Examples
    ///
    /// ```
    /// use wsgi_handlers::SimpleHandler;
    /// # use std::io;
    ///
    /// let environ = [("REQUEST_METHOD", "GET")];
    /// let mut handler = SimpleHandler::new(io::empty(), io::stdout(), io::stderr(), environ);
    /// handler.options_mut().server_software = Some("Demo/1.0".into());
    /// ```
    pub fn options_mut(&mut self) -> &mut HandlerOptions {
        &mut self.options
    }

    /// Gives the output back.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use wsgi_handlers::{Run, SimpleHandler};
    /// # use wsgi_util::{AppResult, Environ, StartResponse};
    /// # fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    /// #     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    /// #     Ok("hello\n".into())
    /// # }
    ///
    /// let environ = [("REQUEST_METHOD", "GET")];
    /// let mut handler = SimpleHandler::new(io::empty(), Vec::new(), io::stderr(), environ);
    /// handler.run(&app)?;
    /// assert!(handler.into_stdout().ends_with(b"\r\n\r\nhello\n"));
    /// # Ok::<(), wsgi_util::AppError>(())
    /// ```
    #[doc(alias = "stdout")]
    pub fn into_stdout(self) -> Out {
        self.stdout
    }
}

impl<'e, Out: Write> BaseHandler<'e> for SimpleHandler<'e, Out> {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    /// Keeps small pieces for [`_flush`](Self::_flush); a large one is sent with what was kept. Partial writes go on.
    fn _write(&mut self, data: &[u8]) -> io::Result<()> {
        if self.pending.len() + data.len() <= PENDING_LIMIT {
            self.pending.extend_from_slice(data);
            return Ok(());
        }
        let sent = write_both(&mut self.stdout, &self.pending, data);
        self.pending.clear();
        sent
    }

    fn _flush(&mut self) -> io::Result<()> {
        let sent = self.stdout.write_all(&self.pending);
        self.pending.clear();
        sent.and_then(|()| self.stdout.flush())
    }

    /// The stream given to [`new`](Self::new); an empty one if it was taken before.
    fn get_stdin(&mut self) -> Box<dyn InputStream + 'e> {
        self.stdin.take().unwrap_or_else(|| Box::new(io::empty()))
    }

    /// The stream given to [`new`](Self::new), shared.
    fn get_stderr(&mut self) -> Box<dyn ErrorStream + 'e> {
        Box::new(self.stderr.clone())
    }

    fn add_cgi_vars(&mut self, environ: &mut Environ<'e>) {
        environ.update(std::mem::take(&mut self.base_env));
    }
}

impl<Out> fmt::Debug for SimpleHandler<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleHandler")
            .field("options", &self.options)
            .field("base_env", &self.base_env)
            .finish_non_exhaustive()
    }
}

/// The Content-Length of a request, if it says one; 0 if that is no number, so that nobody else's bytes are read.
pub(crate) fn content_length(environ: &Environ<'_>) -> Option<u64> {
    let text = environ.get("CONTENT_LENGTH").filter(|text| !text.is_empty())?;
    // `parse` would take a sign, too.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    Some(if is_number { text.parse().unwrap_or(u64::MAX) } else { 0 })
}

/// Sends two pieces in as few writes as the stream allows.
fn write_both(stream: &mut impl Write, first: &[u8], second: &[u8]) -> io::Result<()> {
    let mut slices = [IoSlice::new(first), IoSlice::new(second)];
    let mut left = &mut slices[..];
    // Skips slices that are empty from the start.
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match stream.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut left, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Room for a head and a short page, so that collecting them does not grow the buffer step by step.
const PENDING_ROOM: usize = 512;

/// How much output is collected before it is sent without waiting for the flush: room for a head and a page, less
/// than what it pays to copy.
const PENDING_LIMIT: usize = 16 * 1024;
