//! The head of a request: the parser, and the view over what it found.

use super::diagnosis::Walk;
use super::found::Found;
use super::headers::RequestHeaders;
use super::known_fields::Seen;
use super::span::Span;
use super::target::{self, TargetForm};
use super::{Expectation, Framing, Limits, RequestError, Version, octets};
use std::borrow::Cow;

/// Parses the heads of the requests of a connection, one after the other, from the start of a buffer.
///
/// The parser keeps offsets, never bytes: the buffer belongs to the caller, who appends to it until the head is whole.
/// One parser serves any number of requests and allocates nothing once its table of fields has grown.
///
/// # Examples
///
/// ```
/// use http_server::proto::{HeadParser, Limits};
///
/// let mut parser = HeadParser::new(Limits::default());
/// let mut buffer = b"GET /path?query HTTP/1.1\r\nHo".to_vec();
/// assert_eq!(parser.parse(&buffer)?, None);
///
/// buffer.extend_from_slice(b"st: example.com\r\n\r\nthe next bytes");
/// let length = parser.parse(&buffer)?.expect("the head is whole");
/// let head = parser.head(&buffer[..length]);
/// assert_eq!((head.method(), head.target()), ("GET", "/path?query"));
/// assert_eq!(head.headers().get("host").as_deref(), Some("example.com"));
///
/// let error = parser.parse(b"GET  / HTTP/1.1\r\n").unwrap_err();
/// assert_eq!(error.message(), "Bad request syntax ('GET  / HTTP/1.1')");
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
#[doc(alias = "parse_request")]
#[derive(Debug)]
pub struct HeadParser {
    limits: Limits,
    /// The slow pass through a head that has begun to arrive.
    walk: Option<Walk>,
    found: Found,
}

impl HeadParser {
    /// Creates a parser with these limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, walk: None, found: Found::default() }
    }

    /// The limits of this parser.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Changes the limits, and forgets a head of which a part has been parsed.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.walk = None;
    }

    /// Looks for a head at the start of the buffer.
    ///
    /// `None` asks for more bytes: the next call must give the same bytes with more after them. `Some(n)` says that the
    /// head, and the empty lines before it, are the first `n` bytes; [`Self::head`] then shows it, and the next call
    /// starts with the next head.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong in the order of the bytes, as soon as the line it stands in has arrived; what
    /// concerns the whole head (Host, framing) when all of it has.
    pub fn parse(&mut self, buffer: &[u8]) -> Result<Option<usize>, RequestError> {
        // Offsets are kept in 32 bits.
        let buffer = buffer.get(..MAX_BUFFER).unwrap_or(buffer);
        let fast =
            if self.walk.is_none() { self.found.read_fast(buffer, &self.limits) } else { None };
        let length = match fast {
            Some(length) => length,
            None => match self.read_slowly(buffer)? {
                Some(length) => length,
                None => return Ok(None),
            },
        };
        self.found.judge(buffer, &self.limits)?;
        Ok(Some(length))
    }

    /// Starts or continues the slow pass.
    fn read_slowly(&mut self, buffer: &[u8]) -> Result<Option<usize>, RequestError> {
        if self.walk.is_none() {
            self.found.clear();
            if buffer.is_empty() {
                // Nothing has begun: the head that comes shall still take the hot path.
                return Ok(None);
            }
        }
        let walk = self.walk.get_or_insert_default();
        let result = walk.advance(buffer, &self.limits, &mut self.found);
        if result != Ok(None) {
            self.walk = None;
        }
        result
    }

    /// Says what the end of the input means after [`Self::parse`] asked for more bytes than this buffer.
    ///
    /// `None` if no request had begun: the connection simply ends.
    pub fn end_of_input(&mut self, buffer: &[u8]) -> Option<RequestError> {
        self.walk = None;
        buffer
            .iter()
            .any(|byte| !matches!(byte, b'\r' | b'\n'))
            .then_some(RequestError::HeadCutShort)
    }

    /// Shows the head that [`Self::parse`] found in this buffer, of which only the head itself is needed.
    pub fn head<'a>(&'a self, buffer: &'a [u8]) -> RequestHead<'a> {
        RequestHead { found: &self.found, buffer }
    }

    /// The request line in this buffer without its end, each byte one character, also if it was refused.
    ///
    /// Empty as long as there is none, and if it was too long (`http.server: requestline`).
    pub fn requestline<'a>(&self, buffer: &'a [u8]) -> Cow<'a, str> {
        octets::latin1(self.found.line.of(buffer))
    }

    /// The method in this buffer, also if the request was refused after its request line.
    ///
    /// `None` if the request line itself was refused (`http.server: command`).
    pub fn command<'a>(&self, buffer: &'a [u8]) -> Option<&'a str> {
        octets::ascii(self.found.method.of(buffer)).filter(|method| !method.is_empty())
    }
}

/// The head of a request: a view over the buffer it arrived in.
///
/// # Examples
///
/// ```
/// use http_server::proto::{HeadParser, Limits, Version};
///
/// let request = b"GET //a?b=1 HTTP/1.1\r\nHost: example.com:8000\r\nConnection: close\r\n\r\n";
/// let mut parser = HeadParser::new(Limits::default());
/// parser.parse(request)?;
/// let head = parser.head(request);
/// assert_eq!(head.requestline(), "GET //a?b=1 HTTP/1.1");
/// assert_eq!((head.method(), head.target(), head.path()), ("GET", "//a?b=1", "/a?b=1"));
/// assert_eq!(head.host(), Some("example.com:8000"));
/// assert!(!head.keep_alive(Version::HTTP_11));
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    found: &'a Found,
    buffer: &'a [u8],
}

impl<'a> RequestHead<'a> {
    /// The method, a token; its case matters (RFC 9110 §9.1).
    pub fn method(&self) -> &'a str {
        // To see that bytes are text takes longer than to recognise these.
        match self.found.method.of(self.buffer) {
            b"GET" => "GET",
            b"POST" => "POST",
            b"HEAD" => "HEAD",
            _ => self.ascii(self.found.method),
        }
    }

    /// The target as it was sent.
    pub fn target(&self) -> &'a str {
        self.ascii(self.found.target)
    }

    /// The target with all slashes at its start reduced to one: CPython's `path` (gh-87389).
    pub fn path(&self) -> &'a str {
        target::collapse_slashes(self.target())
    }

    /// The target by its form, with path and query apart.
    pub fn target_form(&self) -> TargetForm<'a> {
        self.found.form.view(self.target())
    }

    /// The request line without its end.
    pub fn requestline(&self) -> &'a str {
        self.ascii(self.found.line)
    }

    /// The request line with its end: CPython's `raw_requestline`.
    pub fn raw_requestline(&self) -> &'a [u8] {
        // Only CRLF ends a line of a head that passes.
        Span { end: self.found.line.end + 2, ..self.found.line }.of(self.buffer)
    }

    /// The version, as it was sent: compare it, since 1.2 to 1.9 are served as 1.1.
    pub fn version(&self) -> Version {
        self.found.version()
    }

    /// The version as text: CPython's `request_version`.
    pub fn request_version(&self) -> &'a str {
        match self.found.minor_version {
            0 => return "HTTP/1.0",
            1 => return "HTTP/1.1",
            _ => {}
        }
        let line = self.requestline();
        // The line ends with the version, which is 8 bytes long.
        line.get(line.len().saturating_sub(8)..).unwrap_or_default()
    }

    /// The header fields.
    pub fn headers(&self) -> RequestHeaders<'a> {
        RequestHeaders::new(&self.found.fields, self.buffer)
    }

    /// Where the body ends.
    pub fn framing(&self) -> Framing {
        self.found.framing
    }

    /// Host and port the request is for: those of an absolute target, else those of the Host field.
    ///
    /// The target's replace the field's wherever the application looks, in `HTTP_HOST` too (RFC 9112 §3.2.2).
    /// `None` only if an HTTP/1.0 request has neither.
    pub fn host(&self) -> Option<&'a str> {
        match (self.target_form(), self.found.known.host) {
            (TargetForm::Absolute { authority, .. }, _) => Some(authority),
            (_, Seen::Once(value)) => Some(self.ascii(value)),
            (_, Seen::Never | Seen::Again) => None,
        }
    }

    /// Whether the connection goes on after this request, with a server of this version (RFC 9112 §9.3).
    ///
    /// An HTTP/1.0 client must then be told so by `Connection: keep-alive`.
    pub fn keep_alive(&self, server: Version) -> bool {
        self.found.known.connection.persists(self.found.version(), server)
    }

    /// Whether the client has said that this request is its last, which a handler cannot overrule (RFC 9112 §9.6).
    pub(crate) fn asks_to_close(&self) -> bool {
        self.found.known.connection.asks_to_close()
    }

    /// What the client expects before it sends the body.
    pub fn expectation(&self) -> Expectation {
        self.found.known.expectation
    }

    /// Whether the client waits for `100 Continue`, which HTTP/1.0 does not know (RFC 9110 §10.1.1).
    pub fn expects_continue(&self) -> bool {
        self.found.known.expectation == Expectation::Continue
            && self.found.version() >= Version::HTTP_11
    }

    /// Text that was checked to be ASCII when it was parsed.
    fn ascii(&self, span: Span) -> &'a str {
        std::str::from_utf8(span.of(self.buffer)).unwrap_or_default()
    }
}

impl std::fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestHead")
            .field("requestline", &self.requestline())
            .field("headers", &self.headers())
            .field("framing", &self.framing())
            .finish()
    }
}

/// Offsets have 32 bits; no head that is within sensible limits comes near.
const MAX_BUFFER: usize = u32::MAX as usize;
