//! The head of a request: the parser, and the view over what it found.

use super::diagnosis::Walk;
use super::headers::{Field, RequestHeaders};
use super::known_fields::{KnownFields, Seen};
use super::target::{self, Form, TargetForm};
use super::{Expectation, Framing, Limits, RequestError, Version, framing, host, octets};
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
        self.known.note(name.of(buffer), value.of(buffer), value);
    }

    /// The hot path: reads a whole, valid head, or says nothing and leaves it to the slow pass.
    ///
    /// The request line is read here, because the target has stricter rules than `httparse` knows and would be read twice.
    fn read_fast(&mut self, buffer: &[u8], limits: &Limits) -> Option<usize> {
        let method_end = buffer.iter().position(|&byte| !octets::is_token_byte(byte))?;
        let (method, rest) = buffer.split_at_checked(method_end)?;
        let rest = rest.strip_prefix(b" ")?;
        let target_length = rest.iter().position(|&byte| !octets::is_target_byte(byte))?;
        let (target, rest) = rest.split_at_checked(target_length)?;
        let (version, _) = rest.split_first_chunk()?;
        self.minor_version = if version == b" HTTP/1.1\r\n" {
            1
        } else if version == b" HTTP/1.0\r\n" {
            0
        } else {
            return None;
        };
        let target_end = method_end + 1 + target_length;
        let fields_start = target_end + version.len();
        if method.is_empty() || target.is_empty() || fields_start > limits.request_line {
            return None;
        }
        self.form = Form::of_valid_bytes(method, target).ok()?;
        self.line = Span::new(0, fields_start - 2);
        self.method = Span::new(0, method_end);
        self.target = Span::new(method_end + 1, target_end);
        let end = self.read_fields_fast(buffer, fields_start, limits.fields)?;
        (end - 2 <= limits.head.saturating_add(fields_start)).then_some(end)
    }

    /// Reads the field lines up to the empty line, a few at a time; gives the end of the head.
    ///
    /// `httparse` checks the bytes of names and values. It lets bare LF through, so line ends are checked here.
    fn read_fields_fast(&mut self, buffer: &[u8], start: usize, limit: usize) -> Option<usize> {
        let mut slots = [httparse::EMPTY_HEADER; FAST_FIELDS];
        let mut start = start;
        self.known = KnownFields::default();
        self.fields.clear();
        loop {
            let (headers, end) = match httparse::parse_headers(buffer.get(start..)?, &mut slots) {
                Ok(httparse::Status::Complete((length, headers))) => {
                    (headers, Some(start + length))
                }
                // The slots are full.
                Err(httparse::Error::TooManyHeaders) => (&slots[..], None),
                Ok(httparse::Status::Partial) | Err(_) => return None,
            };
            let before = self.fields.len();
            if before + headers.len() > limit {
                return None;
            }
            self.fields.extend(headers.iter().map(|header| Field {
                name: span_of(header.name.as_bytes(), buffer),
                value: span_of(header.value, buffer),
            }));
            for (field, header) in self.fields.iter().skip(before).zip(headers) {
                // An LF ends the line before.
                if buffer.get((field.name.start as usize).wrapping_sub(2)) != Some(&b'\r') {
                    return None;
                }
                self.known.note(header.name.as_bytes(), header.value, field.value);
                start = field.value.end as usize;
            }
            match end {
                Some(end) => return buffer.get(..end)?.ends_with(b"\r\n\r\n").then_some(end),
                None => start += buffer.get(start..)?.iter().position(|&byte| byte == b'\n')? + 1,
            }
        }
    }

    /// Decides what concerns the head as a whole: Host, then framing.
    fn judge(&mut self, buffer: &[u8], limits: &Limits) -> Result<(), RequestError> {
        match self.known.host {
            Seen::Once(value) => {
                let value = value.of(buffer);
                if !host::is_valid_host_field(value) {
                    return Err(RequestError::InvalidHost(super::Quoted::new(value)));
                }
            }
            Seen::Again => return Err(RequestError::DuplicateHost),
            Seen::Never if self.version() >= Version::HTTP_11 => {
                return Err(RequestError::MissingHost);
            }
            Seen::Never => {}
        }
        let (codings, lengths) = (self.known.transfer_encoding, self.known.content_length);
        self.framing = if (codings, lengths) == (Seen::Never, Seen::Never) {
            Framing::None
        } else {
            framing::decide(
                codings.map(|value| value.of(buffer)),
                lengths.map(|value| value.of(buffer)),
                self.version(),
                limits.body,
            )?
        };
        Ok(())
    }
}

/// Where a part of the buffer stands in it.
fn span_of(part: &[u8], buffer: &[u8]) -> Span {
    let start = part.as_ptr() as usize - buffer.as_ptr() as usize;
    Span::new(start, start + part.len())
}

/// How many fields the hot path reads at a time: most requests have no more, and room for more has to be cleared each time.
const FAST_FIELDS: usize = 24;

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
        assert!(hot(b"POST http://h/ HTTP/1.0\r\n\r\nbody").is_some());
        for count in [FAST_FIELDS - 1, FAST_FIELDS, FAST_FIELDS + 1, 3 * FAST_FIELDS] {
            let lines = "Name: value \t\r\n".repeat(count);
            let head = format!("GET / HTTP/1.1\r\n{lines}\r\n");
            let (length, found) = hot(head.as_bytes()).expect("nothing is wrong with it");
            assert_eq!((length, found.fields.len()), (head.len(), count));
        }
    }

    #[test]
    fn a_bare_lf_is_seen_wherever_the_fields_are_read_on() {
        for count in 1..=2 * FAST_FIELDS + 1 {
            for bad in 0..=count {
                let end = |line| if line == bad { " \n" } else { " \r\n" };
                let lines: String =
                    (0..count).map(|line| format!("Name: value{}", end(line))).collect();
                let last = if bad == count { "\n" } else { "\r\n" };
                let head = format!("GET / HTTP/1.1\r\n{lines}{last}");
                assert!(hot(head.as_bytes()).is_none(), "{count} {bad}");
            }
        }
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
