//! What a caller can do wrong.

use std::io;

/// A call that would have broken the response: nothing of it was sent.
///
/// Converts into an [`io::Error`] of kind `InvalidInput` that holds it.
///
/// # Examples
///
/// ```
/// use http_server::proto::{Misuse, check_field_value};
///
/// let misuse = check_field_value("X-Name", "a\r\nSet-Cookie: b").unwrap_err();
/// assert!(matches!(misuse, Misuse::FieldValue { .. }));
/// let error = std::io::Error::from(misuse);
/// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A field name is not a token (RFC 9110 §5.1).
    #[error(
        "the header name {name:?} is not a token (RFC 9110 §5.1): use letters, digits and hyphens"
    )]
    FieldName {
        /// The name.
        name: String,
    },
    /// A field value holds a control character or a character outside latin-1 (RFC 9110 §5.5).
    #[error(
        "the value of the header {name:?} holds {character:?} (RFC 9110 §5.5): remove or encode it"
    )]
    FieldValue {
        /// The name of the field.
        name: String,
        /// The first character that may not stand there.
        character: char,
    },
    /// A reason phrase holds a control character or a character outside latin-1 (RFC 9112 §4).
    #[error("the reason phrase {reason:?} holds {character:?} (RFC 9112 §4): remove it")]
    Reason {
        /// The reason phrase.
        reason: String,
        /// The first character that may not stand there.
        character: char,
    },
    /// A status code is not a number of three digits (RFC 9110 §15).
    #[error("the status {status} is not a number from 100 to 999 (RFC 9110 §15)")]
    Status {
        /// The status code.
        status: u16,
    },
    /// A second status line was written into the same head (RFC 9112 §4).
    #[error(
        "a second status line ({status}) in one response (RFC 9112 §4): call send_response once"
    )]
    SecondStatusLine {
        /// The second status code.
        status: u16,
    },
    /// A header field was written before a status line.
    #[error("the header {name:?} before the status line: call send_response first")]
    HeaderBeforeStatus {
        /// The name of the field.
        name: String,
    },
    /// A header field was written after the head had ended.
    #[error("the header {name:?} after the end of the headers: send it before end_headers")]
    HeaderAfterEnd {
        /// The name of the field.
        name: String,
    },
    /// A Content-Length is not a number, or it is the second one (RFC 9110 §8.6).
    #[error(
        "the Content-Length {value:?} is not one number (RFC 9110 §8.6): send it once, in digits"
    )]
    ContentLength {
        /// The value.
        value: String,
    },
    /// A response has both Content-Length and Transfer-Encoding (RFC 9112 §6.2).
    #[error("both Content-Length and Transfer-Encoding (RFC 9112 §6.2): send one of them")]
    LengthAndTransferEncoding,
    /// The head ended without a status line.
    #[error("end_headers without a status line: call send_response first")]
    NoStatusLine,
    /// The head ended twice.
    #[error("end_headers was called twice for one response")]
    SecondEndOfHeaders,
    /// The body began before the head had ended.
    #[error("the body was written before end_headers: end the headers first")]
    BodyBeforeEndOfHeaders,
    /// The handler returned without ending the head.
    #[error("the handler returned without end_headers after the status {status}")]
    HeadersNotEnded {
        /// The status code.
        status: u16,
    },
    /// The handler returned without a response.
    #[error("the handler returned without a response: call send_response or send_error")]
    NoResponse,
}

impl From<Misuse> for io::Error {
    fn from(misuse: Misuse) -> Self {
        io::Error::new(io::ErrorKind::InvalidInput, misuse)
    }
}
