//! What is doubtful.

use super::violation::quoted;

/// What is allowed, but rarely meant.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc::channel;
/// use wsgi_util::validate::{WsgiWarning, validator};
/// # use wsgi_util::{AppResult, Application, Body, Environ, StartResponse, setup_testing_defaults};
/// # fn app(_: &mut Environ, _: &mut dyn StartResponse) -> AppResult { Ok(Body::empty()) }
/// # struct Server;
/// # impl wsgi_util::StartResponse for Server {
/// #     fn start_response(
/// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
/// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// # }
/// # let mut server = Server;
///
/// let (sender, warnings) = channel();
/// let app = validator(app).on_warning(move |warning| drop(sender.send(warning.clone())));
/// let mut environ = Environ::new();
/// setup_testing_defaults(&mut environ); // sets no QUERY_STRING
/// drop(app.call(&mut environ, &mut server)?); // the body, which nobody closed
/// assert!(warnings.try_iter().eq([WsgiWarning::NoQueryString, WsgiWarning::NotClosed]));
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
#[doc(alias = "WSGIWarning")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WsgiWarning {
    /// The environ has no `QUERY_STRING`, on which many applications rely.
    #[error(
        "QUERY_STRING is not in the WSGI environment, though many applications expect it (PEP 3333, environ \
         Variables); the server should set it, to '' if there is no query"
    )]
    NoQueryString,
    /// `REQUEST_METHOD` is none of the common ones.
    #[error("Unknown REQUEST_METHOD: {}", quoted(.method))]
    UnknownMethod {
        /// The method.
        method: String,
    },
    /// The status has no blank behind its code.
    #[error(
        "The status string ({}) should be a three-digit integer followed by a single space and a status explanation \
         (PEP 3333, The start_response() Callable)",
        quoted(.status)
    )]
    StatusFormat {
        /// The status.
        status: String,
    },
    /// A body was dropped, and nobody had closed it.
    #[error(
        "Iterator garbage collected without being closed (PEP 3333, Specification Details); the server, and middleware \
         that wraps a body, must call its close()"
    )]
    NotClosed,
}
