//! What an application and a server agree on (`wsgiref.types`).
use crate::{Environ, Headers};
use std::borrow::Cow;
use std::error::Error;
use std::io::{self, BufRead, Write};

/// Why an application failed: any error, boxed. Also what `exc_info` carries.
pub type AppError = Box<dyn Error + Send + Sync>;
/// What an application returns.
pub type AppResult = Result<Body, AppError>;
/// One piece of a response body.
pub type Chunk = Cow<'static, [u8]>;

/// An application in the shape of WSGI. Every `Fn(&mut Environ, &mut dyn StartResponse) -> AppResult` is one.
pub trait Application: Send + Sync {
    /// Answers one request.
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult;
}

impl<F> Application for F
where
    F: Fn(&mut Environ<'_>, &mut dyn StartResponse) -> AppResult + Send + Sync,
{
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        self(environ, start_response)
    }
}

/// The `start_response` callable together with the `write` callable that it returns in Python.
pub trait StartResponse {
    /// Begins the response (object-safe form; applications call [`start`](#method.start)).
    fn start_response(&mut self, status: &str, headers: Headers, exc_info: Option<AppError>) -> Result<(), AppError>;
    /// Writes a piece of the body at once: the `write` callable.
    fn write(&mut self, data: &[u8]) -> Result<(), AppError>;
}

impl dyn StartResponse + '_ {
    /// Begins the response: `start_response(status, headers)`. Returns the `write` callable.
    pub fn start<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        _status: &str,
        _headers: impl IntoIterator<Item = (N, V)>,
    ) -> Result<(), AppError> {
        todo!()
    }
    /// `start_response(status, headers, exc_info)`: replaces a response whose headers are not sent yet;
    /// gives the error back (to be returned with `?`) when they are.
    pub fn restart<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        _status: &str,
        _headers: impl IntoIterator<Item = (N, V)>,
        _exc_info: AppError,
    ) -> Result<(), AppError> {
        todo!()
    }
}

/// A response body that is produced step by step (PEP 3333's iterable).
///
/// Each step is handed the environ and `start_response`, as a Python generator would have them in scope:
/// the response may be started as late as in the first step, and the body may still read `wsgi.input`.
pub trait ResponseIterable: Send {
    /// The next piece, or `None` at the end.
    fn next_chunk(&mut self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> Option<Result<Chunk, AppError>>;
    /// `len(result)`, where it is known.
    fn len(&self) -> Option<usize> {
        None
    }
    /// Called exactly once when the response ends, however it ends.
    fn close(&mut self, _environ: &mut Environ<'_>) -> Result<(), AppError> {
        Ok(())
    }
}

/// What an application returns. `From` bytes, strings, vectors of chunks; `Body::iter(...)`, `Body::file(...)`.
#[non_exhaustive]
pub enum Body {
    /// `[b"..."]`: a list of one item.
    Single(Chunk),
    /// A list of several items (or none).
    List(Vec<Chunk>),
    /// Anything else that can be iterated.
    Iterable(Box<dyn ResponseIterable>),
    // File(FileWrapper)
}

/// `wsgi.input`: a reader that ends where the request body ends.
/// `read`, `readline`, `readlines` and iteration are `BufRead`'s methods.
pub trait InputStream: BufRead + Send {}
impl<T: BufRead + Send> InputStream for T {}

#[allow(dead_code)]
fn _seam(_: &mut dyn Write) -> io::Result<()> {
    Ok(())
}
