//! What breaks a rule.

use std::io;

/// A rule of PEP 3333 that the server or the application broke: the counterpart of the `AssertionError`s of
/// `wsgiref.validate`, in its words where it has some.
///
/// # Examples
///
/// ```
/// use wsgi_util::validate::{Violation, validator};
/// use wsgi_util::{AppResult, Application, Body, Environ, StartResponse};
///
/// fn app(_: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
///     Ok(Body::empty())
/// }
/// # struct Server;
/// # impl wsgi_util::StartResponse for Server {
/// #     fn start_response(
/// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
/// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// # }
/// # let mut server = Server;
/// let error = validator(app).call(&mut Environ::new(), &mut server).unwrap_err();
/// assert_eq!(error.downcast_ref(), Some(&Violation::MissingKey { key: "REQUEST_METHOD" }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The environ lacks a key that it must have.
    #[error(
        "Environment missing required key: '{key}' (PEP 3333, environ Variables); the server must set it"
    )]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// The environ has a key of CGI under the name of a header.
    #[error(
        "Environment should not have the key: {key} (use {instead} instead) (PEP 3333, environ Variables)",
        instead = .key.trim_start_matches("HTTP_")
    )]
    HttpKey {
        /// The key.
        key: &'static str,
    },
    /// A variable of the request is no native string.
    #[error(
        "Environmental variable {key} is not a native string: it contains {character:?} (PEP 3333, Unicode Issues); \
         set it by insert_utf8, one char per byte"
    )]
    NotNative {
        /// The key.
        key: String,
        /// The first char above U+00FF.
        character: char,
    },
    /// `wsgi.url_scheme` is neither `http` nor `https`.
    #[error("wsgi.url_scheme unknown: {} (PEP 3333, environ Variables); it is 'http' or 'https'", quoted(.scheme))]
    UrlScheme {
        /// The scheme.
        scheme: String,
    },
    /// `SCRIPT_NAME` or `PATH_INFO` is not empty and does not begin with a slash.
    #[error(
        "{key} doesn't start with /: {} (PEP 3333, environ Variables; RFC 3875 §4.1.5); it is '' or a path",
        quoted(.value)
    )]
    NoSlash {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
    },
    /// `CONTENT_LENGTH` is not empty and no number.
    #[error(
        "Invalid CONTENT_LENGTH: {} (PEP 3333, environ Variables; RFC 9110 §8.6); it is '' or digits",
        quoted(.value)
    )]
    ContentLength {
        /// Its value.
        value: String,
    },
    /// `SCRIPT_NAME` is empty and `PATH_INFO` is missing.
    #[error(
        "One of SCRIPT_NAME or PATH_INFO are required (PATH_INFO should at least be '/' if SCRIPT_NAME is empty) \
         (PEP 3333, environ Variables)"
    )]
    NoPath,
    /// `SCRIPT_NAME` is `/`.
    #[error(
        "SCRIPT_NAME cannot be '/'; it should instead be '', and PATH_INFO should be '/' (PEP 3333, environ Variables)"
    )]
    ScriptNameSlash,

    /// `wsgi.input` gave more than `CONTENT_LENGTH` bytes.
    #[error(
        "wsgi.input goes on after the {content_length} bytes of the body (PEP 3333, Input and Error Streams); the \
         server must end it there"
    )]
    InputTooLong {
        /// The value of `CONTENT_LENGTH`.
        content_length: u64,
    },
    /// `wsgi.input` had come to its end and then went on.
    #[error(
        "wsgi.input goes on after its end (PEP 3333, Input and Error Streams); the server must simulate an \
         end-of-file condition for good"
    )]
    InputPastEnd,
    /// What was written to `wsgi.errors` is not UTF-8.
    #[error(
        "wsgi.errors is a text stream, and this is not UTF-8 (PEP 3333, Input and Error Streams)"
    )]
    ErrorsNotText,

    /// The first word of the status has not three characters.
    #[error(
        "Status codes must be three characters: {} (PEP 3333, The start_response() Callable); write it as in '200 OK'",
        quoted(.code)
    )]
    StatusLength {
        /// The first word of the status.
        code: String,
    },
    /// The first word of the status is no number, or less than 100.
    #[error(
        "Status code is invalid: {} (RFC 9110 §15); write three digits, 100 or more, as in '200 OK'",
        quoted(.code)
    )]
    StatusCode {
        /// The first word of the status.
        code: String,
    },
    /// The status contains a control character.
    #[error(
        "Control characters are not allowed in status: {} (PEP 3333, The start_response() Callable)",
        quoted(.status)
    )]
    StatusControl {
        /// The status.
        status: String,
    },
    /// The status is no native string.
    #[error("The status {} is not a native string: it contains {character:?} (PEP 3333, Unicode Issues)", quoted(.status))]
    StatusNotNative {
        /// The status.
        status: String,
        /// The first char above U+00FF.
        character: char,
    },
    /// There is a header named `Status`.
    #[error(
        "The Status header cannot be used; it conflicts with CGI script, and HTTP status is not given through headers \
         (value: {}) (PEP 3333, The start_response() Callable)",
        quoted(.value)
    )]
    StatusHeader {
        /// The header's value.
        value: String,
    },
    /// The name of a header contains a colon.
    #[error(
        "Header names may not contain ':' or '\\n': {} (PEP 3333, The start_response() Callable); give the name alone",
        quoted(.name)
    )]
    HeaderName {
        /// The name.
        name: String,
    },
    /// The name of a header is not a letter with letters, digits, `-` and `_` behind it.
    #[error(
        "Bad header name: {} (RFC 9110 §5.1); it is a letter, then letters, digits, '-' and '_'",
        quoted(.name)
    )]
    BadHeaderName {
        /// The name.
        name: String,
    },
    /// The name of a header ends in `-` or `_`.
    #[error("Names may not end in '-' or '_': {} (PEP 3333, The start_response() Callable)", quoted(.name))]
    HeaderNameEnd {
        /// The name.
        name: String,
    },
    /// The value of a header contains a control character.
    #[error(
        "Bad header value: {} (bad char: {character:?}) (PEP 3333, The start_response() Callable); remove it from {name}",
        quoted(.value)
    )]
    HeaderValue {
        /// The header's name.
        name: String,
        /// Its value.
        value: String,
        /// The first such character in it.
        character: char,
    },
    /// The name or the value of a header is no native string.
    #[error(
        "The header {} is not a native string: it contains {character:?} (PEP 3333, Unicode Issues); encode it, for \
         example by percent-encoding",
        quoted(.name)
    )]
    HeaderNotNative {
        /// The header's name.
        name: String,
        /// The first char above U+00FF.
        character: char,
    },
    /// There is a header that belongs to the connection.
    #[error(
        "Hop-by-hop header, '{name}: {value}', not allowed (PEP 3333, Other HTTP Features); leave the connection to the server"
    )]
    HopByHop {
        /// The header's name.
        name: String,
        /// Its value.
        value: String,
    },
    /// The response has content, and nothing says of which type.
    #[error(
        "No Content-Type header found in headers ({headers}) (RFC 9110 §8.3); say what the body is"
    )]
    NoContentType {
        /// The names of the headers, joined by commas.
        headers: String,
    },
    /// The response has no content, and a header says of which type it is.
    #[error(
        "Content-Type header found in a {code} response, which must not return content. (RFC 9110 §15.3.5, §15.4.5); \
         leave it out"
    )]
    ContentType {
        /// The status code.
        code: u16,
    },
    /// The response's Content-Length is no number.
    #[error("Invalid Content-Length: {} (RFC 9110 §8.6); it is a number of bytes", quoted(.value))]
    ContentLengthHeader {
        /// The header's value.
        value: String,
    },

    /// `write` was called before `start_response`.
    #[error("write() before start_response() (PEP 3333, The write() Callable)")]
    WriteBeforeStart,
    /// A piece of the body came, or the body ended, before `start_response` was called.
    #[error(
        "The application returns and we started iterating over its body, but start_response has not yet been called \
         (PEP 3333, Specification Details); call it before the first piece that is not empty"
    )]
    NotStarted,
    /// The body was asked for another piece after `close`.
    #[error("Iterator read after closed (PEP 3333, Specification Details)")]
    ReadAfterClose,
    /// The body was closed a second time.
    #[error(
        "Iterator closed twice (PEP 3333, Specification Details); the server must close it exactly once"
    )]
    ClosedTwice,
    /// The body is longer than its Content-Length.
    #[error(
        "The body goes on after the {content_length} bytes of its Content-Length (PEP 3333, Handling the \
         Content-Length Header); correct the length, or leave it to the server"
    )]
    BodyTooLong {
        /// The declared length.
        content_length: u64,
    },
    /// The body is shorter than its Content-Length.
    #[error(
        "The body ends after {sent} of the {content_length} bytes of its Content-Length (PEP 3333, Handling the \
         Content-Length Header); correct the length, or leave it to the server"
    )]
    BodyTooShort {
        /// The declared length.
        content_length: u64,
        /// The bytes there were.
        sent: u64,
    },
}

impl From<Violation> for io::Error {
    /// A violation at a stream is told through the stream.
    fn from(violation: Violation) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, violation)
    }
}

/// A text as Python's `repr` shows it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.escape_debug())
}
