//! What an application can do wrong, and how it is said.

use std::any::Any;
use thiserror::Error;

/// A call that breaks the rules of PEP 3333.
///
/// It is handed to the application, which usually passes it on with `?`; the handler then logs it and answers with
/// the error page. Where CPython raises the same error, the words are CPython's.
///
/// # Examples
///
/// A status needs a blank after its code, even where nothing follows:
///
/// ```
/// use std::io;
/// use wsgi_handlers::{Misuse, Run, SimpleHandler};
/// use wsgi_util::{AppResult, Environ, StartResponse};
///
/// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200", [("Content-Type", "text/plain")])?;
///     Ok("hello\n".into())
/// }
///
/// let mut log = Vec::new();
/// SimpleHandler::new(io::empty(), io::sink(), &mut log, [("REQUEST_METHOD", "GET")]).run(&app)?;
/// assert_eq!(String::from_utf8_lossy(&log), format!("Error: {}\n", Misuse::StatusTooShort));
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// `start_response` was called a second time without `exc_info`.
    #[error("Headers already set!")]
    HeadersAlreadySet,
    /// A piece of the body came before `start_response` was called.
    #[error("write() before start_response()")]
    WriteBeforeStart,
    /// The body ended and `start_response` was never called.
    #[error("start_response() was not called before the end of the body")]
    NeverStarted,
    /// The status has a control character in it (CPython 3.15, gh-144370).
    #[error("Control characters are not allowed in status")]
    StatusControlCharacter,
    /// The status is shorter than `200 `.
    #[error("Status must be at least 4 characters")]
    StatusTooShort,
    /// The status begins with something else than three digits.
    #[error("Status message must begin w/3-digit code")]
    StatusWithoutCode,
    /// The fourth character of the status is not a blank.
    #[error("Status message must have a space after code")]
    StatusWithoutSpace,
    /// The status has a character that latin-1 cannot express. CPython fails half-way through the head.
    #[error("Status must be latin-1 text (got {0:?})")]
    StatusNotLatin1(String),
    /// A header name or value has a character that latin-1 cannot express. CPython fails half-way through the head.
    #[error("Headers must be latin-1 text (got '{name}: {value}')")]
    HeaderNotLatin1 {
        /// The field name.
        name: String,
        /// The field value.
        value: String,
    },
    /// A header name is not a token (RFC 9110 §5.1): empty, or with a blank, a colon or other punctuation in it.
    #[error("Header name {0:?} is not a token")]
    HeaderName(String),
    /// A header that only the server may set, since it is about the connection (PEP 3333, "Other HTTP Features").
    #[error("Hop-by-hop header, '{name}: {value}', not allowed")]
    HopByHop {
        /// The field name.
        name: String,
        /// The field value.
        value: String,
    },
    /// A header called `Status`, which a CGI server would take for the status (PEP 3333, "The start_response()
    /// Callable").
    #[error("Header 'Status' is not allowed, the status is an argument of its own")]
    StatusHeader,
    /// The `Content-Length` of the application is not one decimal number (RFC 9110 §8.6).
    #[error("Content-Length must be one decimal number (got {0:?})")]
    ContentLength(String),
    /// The application gave more bytes than its own `Content-Length`. The rest is not sent.
    #[error("The body is longer than its Content-Length of {declared}, the rest was not sent")]
    BodyTooLong {
        /// The `Content-Length` that was sent.
        declared: u64,
    },
    /// The application gave fewer bytes than its own `Content-Length`. The connection has to be closed.
    #[error("The body ended after {sent} of the {declared} bytes of its Content-Length")]
    BodyTooShort {
        /// The `Content-Length` that was sent.
        declared: u64,
        /// The bytes that were sent.
        sent: u64,
    },
}

/// The application panicked; the panic was caught and is treated like an error that it returned.
///
/// # Examples
///
/// A handler that counts panics apart from errors:
///
/// ```
/// # use std::io;
/// use wsgi_handlers::{Base, BaseHandler, Panicked, Run, RunState, SimpleHandler, inherit_handler};
/// # use wsgi_util::{AppError, AppResult, Environ, StartResponse};
///
/// struct Watched<'e> {
///     simple: SimpleHandler<'e, io::Sink>,
///     panics: u32,
/// }
///
/// impl<'e> BaseHandler<'e> for Watched<'e> {
///     inherit_handler!('e, simple);
///
///     fn handle_error(&mut self, run: &mut RunState<'e>, error: AppError) -> Result<(), AppError> {
///         self.panics += u32::from(error.is::<Panicked>());
///         Base.handle_error(self, run, error)
///     }
/// }
///
/// # fn app(_: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
/// #     panic!("no such row")
/// # }
/// # let simple = SimpleHandler::new(io::empty(), io::sink(), io::sink(), [("REQUEST_METHOD", "GET")]);
/// let mut watched = Watched { simple, panics: 0 };
/// watched.run(&app)?; // an application that panics
/// assert_eq!(watched.panics, 1);
/// # Ok::<(), AppError>(())
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("panicked: {message}")]
pub struct Panicked {
    message: String,
}

impl Panicked {
    /// What the panic said, or a placeholder if it carried something else than text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Reads the payload of a caught panic.
    pub(crate) fn new(payload: &(dyn Any + Send)) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&str>() {
            (*text).to_owned()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.clone()
        } else {
            "(no message)".to_owned()
        };
        Self { message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_what_it_said() {
        assert_eq!(Panicked::new(&"plain").to_string(), "panicked: plain");
        assert_eq!(Panicked::new(&"made".to_owned()).message(), "made");
        assert_eq!(Panicked::new(&7_u8).message(), "(no message)");
    }
}
