//! The head of a request: the parser, and the view over what it found.

use super::connection::ConnectionOptions;
use super::diagnosis::Walk;
use super::framing::FramingFields;
use super::headers::{Field, RequestHeaders};
use super::target::{self, Form, TargetForm};
use super::{Expectation, Framing, Limits, RequestError, Version, host, octets};
use std::borrow::Cow;
use std::mem::MaybeUninit;

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
        if self.walk.is_none() {
            self.found.clear();
            if buffer.is_empty() {
                // Nothing has begun: the head that comes shall still take the hot path.
                return Ok(None);
            }
            if let Some(length) = self.found.read_fast(buffer, &self.limits) {
                self.found.judge(buffer, &self.limits)?;
                return Ok(Some(length));
            }
            self.found.clear();
        }
        let walk = self.walk.get_or_insert_default();
        match walk.advance(buffer, &self.limits, &mut self.found) {
            Ok(None) => Ok(None),
            Ok(Some(length)) => {
                self.walk = None;
                self.found.judge(buffer, &self.limits)?;
                Ok(Some(length))
            }
            Err(error) => {
                self.walk = None;
                Err(error)
            }
        }
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
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    found: &'a Found,
    buffer: &'a [u8],
}

impl<'a> RequestHead<'a> {
    /// The method, a token; its case matters (RFC 9110 §9.1).
    pub fn method(&self) -> &'a str {
        self.ascii(self.found.method)
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
        match self.target_form() {
            TargetForm::Absolute { authority, .. } => Some(authority),
            _ => self.found.known.host.map(|value| self.ascii(value)),
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

/// A part of the buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The offsets fit because [`HeadParser::parse`] looks at no more than `MAX_BUFFER` bytes.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub(super) fn of(self, buffer: &[u8]) -> &[u8] {
        buffer.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// What was found in a head, as offsets into the buffer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) line: Span,
    pub(super) method: Span,
    pub(super) target: Span,
    /// The major version of every head that passes is 1.
    pub(super) minor_version: u8,
    pub(super) form: Form,
    fields: Vec<Field>,
    known: KnownFields,
    framing: Framing,
}

/// The fields the protocol itself needs, collected while the others pass by.
#[derive(Debug, Default)]
struct KnownFields {
    host: Option<Span>,
    host_again: bool,
    content_length: Option<Span>,
    content_length_again: bool,
    transfer_encoding: Option<Span>,
    transfer_encoding_again: bool,
    connection: ConnectionOptions,
    expectation: Expectation,
}

impl Found {
    /// Forgets everything but the room for fields.
    fn clear(&mut self) {
        let mut fields = std::mem::take(&mut self.fields);
        fields.clear();
        *self = Found { fields, ..Found::default() };
    }

    fn version(&self) -> Version {
        Version { major: 1, minor: self.minor_version }
    }

    pub(super) fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// Adds a field, in the order of the buffer.
    pub(super) fn push_field(&mut self, name: Span, value: Span, buffer: &[u8]) {
        self.fields.push(Field { name, value });
        self.known.note(name.of(buffer), value, buffer);
    }

    /// The hot path: reads a whole, valid head, or says nothing and leaves it to the slow pass.
    ///
    /// `httparse` checks the bytes of method, names and values. What it lets through is checked here: bare LF, the
    /// bytes and form of the target, and the limits.
    fn read_fast(&mut self, buffer: &[u8], limits: &Limits) -> Option<usize> {
        let mut start = 0;
        while buffer.get(start..)?.starts_with(b"\r\n") {
            start += 2;
        }
        if start > 2 * limits.empty_lines || buffer.get(start) == Some(&b'\n') {
            return None;
        }
        let mut storage = [const { MaybeUninit::uninit() }; FAST_FIELDS];
        let mut request = httparse::Request::new(&mut []);
        let httparse::Status::Complete(length) =
            request.parse_with_uninit_headers(buffer.get(start..)?, &mut storage).ok()?
        else {
            return None;
        };
        let (method, target, minor) = (request.method?, request.path?, request.version?);
        let end = start + length;
        let offset_of = |part: *const u8| part as usize - buffer.as_ptr() as usize;

        let target_start = offset_of(target.as_ptr());
        // One SP and eight bytes of version follow the target.
        let line_end = target_start + target.len() + 9;
        let fields_start = line_end + 2;
        let line_fits = fields_start - start <= limits.request_line;
        let fields_fit = end - 2 <= limits.head.saturating_add(fields_start)
            && request.headers.len() <= limits.fields;
        if !line_fits
            || !fields_fit
            || !ends_with_crlf(buffer, end)
            || !ends_with_crlf(buffer, end - 2)
        {
            return None;
        }
        self.form = Form::of(method.as_bytes(), target.as_bytes()).ok()?;
        self.line = Span::new(start, line_end);
        self.method = Span::new(start, start + method.len());
        self.target = Span::new(target_start, target_start + target.len());
        self.minor_version = minor;

        self.fields.reserve(request.headers.len());
        for header in request.headers.iter() {
            let name_start = offset_of(header.name.as_ptr());
            // The line before this one ends here; the last one was checked above.
            if !ends_with_crlf(buffer, name_start) {
                return None;
            }
            let value_start = offset_of(header.value.as_ptr());
            let name = Span::new(name_start, name_start + header.name.len());
            let value = Span::new(value_start, value_start + header.value.len());
            self.fields.push(Field { name, value });
            self.known.note(header.name.as_bytes(), value, buffer);
        }
        Some(end)
    }

    /// Decides what concerns the head as a whole: Host, then framing.
    fn judge(&mut self, buffer: &[u8], limits: &Limits) -> Result<(), RequestError> {
        let known = &self.known;
        if known.host_again {
            return Err(RequestError::DuplicateHost);
        }
        match known.host.map(|value| value.of(buffer)) {
            Some(value) if !host::is_valid_host_field(value) => {
                return Err(RequestError::InvalidHost(super::Quoted::new(value)));
            }
            None if self.version() >= Version::HTTP_11 => return Err(RequestError::MissingHost),
            _ => {}
        }
        let fields = FramingFields {
            content_length: known.content_length.map(|value| value.of(buffer)),
            content_length_again: known.content_length_again,
            transfer_encoding: known.transfer_encoding.map(|value| value.of(buffer)),
            transfer_encoding_again: known.transfer_encoding_again,
        };
        self.framing = fields.decide(self.version(), limits.body)?;
        Ok(())
    }
}

impl KnownFields {
    fn note(&mut self, name: &[u8], value: Span, buffer: &[u8]) {
        // The length tells nearly all other fields apart before any byte is compared.
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => {
                self.host_again = self.host.is_some();
                self.host.get_or_insert(value);
            }
            6 if name.eq_ignore_ascii_case(b"expect") => self.expectation.note(value.of(buffer)),
            10 if name.eq_ignore_ascii_case(b"connection") => {
                self.connection.note(value.of(buffer))
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                self.content_length_again = self.content_length.is_some();
                self.content_length.get_or_insert(value);
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                self.transfer_encoding_again = self.transfer_encoding.is_some();
                self.transfer_encoding.get_or_insert(value);
            }
            _ => {}
        }
    }
}

fn ends_with_crlf(buffer: &[u8], end: usize) -> bool {
    buffer.get(..end).is_some_and(|before| before.ends_with(b"\r\n"))
}

/// How many fields the hot path has room for on the stack; a head with more takes the slow one.
const FAST_FIELDS: usize = 128;

/// Offsets have 32 bits; no head that is within sensible limits comes near.
const MAX_BUFFER: usize = u32::MAX as usize;

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] =
        b"GET /path?q HTTP/1.1\r\nHost: h\r\nAccept-Language: en-GB, en;q=0.9\r\nX:\t a b \r\n\r\n";

    fn hot(buffer: &[u8]) -> Option<(usize, Found)> {
        let mut found = Found::default();
        found.read_fast(buffer, &Limits::default()).map(|length| (length, found))
    }

    fn slow(buffer: &[u8]) -> Option<(usize, Found)> {
        let mut found = Found::default();
        let length = Walk::default().advance(buffer, &Limits::default(), &mut found).ok()??;
        Some((length, found))
    }

    #[test]
    fn ordinary_heads_take_the_hot_path() {
        assert!(hot(HEAD).is_some());
        assert!(hot(b"\r\nPOST http://h/ HTTP/1.0\r\n\r\nbody").is_some());
    }

    #[test]
    fn both_paths_agree_whatever_byte_stands_wherever() {
        let mut passed = 0;
        for at in 0..HEAD.len() {
            for byte in 0..=255 {
                let mut buffer = HEAD.to_vec();
                buffer[at] = byte;
                let (hot, slow) = (hot(&buffer), slow(&buffer));
                let see = |found: &Option<(usize, Found)>| {
                    found.as_ref().map(|(length, found)| {
                        let head = RequestHead { found, buffer: &buffer[..*length] };
                        let fields: Vec<_> = head
                            .headers()
                            .iter_bytes()
                            .map(|(name, value)| (name.to_owned(), value.to_owned()))
                            .collect();
                        (
                            *length,
                            head.requestline().to_owned(),
                            head.target().to_owned(),
                            head.version(),
                            fields,
                        )
                    })
                };
                passed += u32::from(hot.is_some());
                // The hot path leaves only versions 1.2 to 1.9 to the slow one.
                if hot.is_some() || slow.as_ref().is_some_and(|(_, found)| found.minor_version < 2)
                {
                    assert_eq!(see(&hot), see(&slow), "{}", buffer.escape_ascii());
                }
            }
        }
        assert!(passed > 5000, "{passed}");
    }

    #[test]
    fn a_head_that_arrives_byte_by_byte_is_read_once() {
        let mut walk = Walk::default();
        let mut found = Found::default();
        for end in 0..HEAD.len() {
            assert_eq!(walk.advance(&HEAD[..end], &Limits::default(), &mut found), Ok(None));
        }
        assert_eq!(walk.advance(HEAD, &Limits::default(), &mut found), Ok(Some(HEAD.len())));
        assert_eq!(found.fields.len(), 3);
    }
}
