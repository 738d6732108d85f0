//! What a client expects before it sends its body (RFC 9110 §10.1.1).

/// The expectation of a request.
///
/// # Examples
///
/// A server that refuses what it does not know:
///
/// ```
/// use http_server::proto::{Expectation, HeadParser, Limits};
///
/// let request = b"GET / HTTP/1.1\r\nHost: h\r\nExpect: a-miracle\r\n\r\n";
/// let mut parser = HeadParser::new(Limits::default());
/// parser.parse(request)?;
/// let status = match parser.head(request).expectation() {
///     Expectation::Other => 417,
///     _ => 200,
/// };
/// assert_eq!(status, 417);
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expectation {
    /// There is none.
    #[default]
    None,
    /// `100-continue`: the client waits for an interim response before it sends the body.
    Continue,
    /// Something else, or several things. CPython ignores it; 417 is the other answer the RFC allows.
    Other,
}

impl Expectation {
    /// Adds one Expect line.
    pub(super) fn note(&mut self, value: &[u8]) {
        *self = match self {
            Expectation::None if value.eq_ignore_ascii_case(b"100-continue") => {
                Expectation::Continue
            }
            _ => Expectation::Other,
        };
    }
}
