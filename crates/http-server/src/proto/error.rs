//! What a peer can do wrong, and what it is told.

use std::borrow::Cow;

/// A request that is refused: the peer broke the protocol or a limit.
///
/// Each variant knows the status of the answer, its words, and the rule. CPython's words are kept wherever CPython
/// refuses the same input; the others name the thing, the rule and the way out. The connection closes after each of
/// them, because nobody can say where the next request would begin.
///
/// Texts taken from the request are in Python's `repr`, so they hold no control characters, and are cut after
/// 256 characters. They are not escaped for HTML: whoever writes the page does that.
///
/// # Examples
///
/// ```
/// use http_server::proto::{HeadParser, Limits, RequestError};
///
/// let mut parser = HeadParser::new(Limits::default());
/// let error = parser.parse(b"GET / HTTP/1.1\r\n\r\n").unwrap_err();
/// assert_eq!(error, RequestError::MissingHost);
/// assert_eq!(error.status(), 400);
/// assert_eq!(error.section(), "RFC 9112 §3.2");
/// assert!(error.explain().contains("RFC 9112 §3.2"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// The request line has one word or more than three (CPython's refusal). Holds the line.
    BadRequestSyntax(Quoted),
    /// The last word of the request line is no HTTP version (CPython's refusal). Holds the word.
    BadRequestVersion(Quoted),
    /// The major version is not 1 (CPython's refusal for 2 and above). Holds the text after `HTTP/`.
    UnsupportedVersion(Box<str>),
    /// The request line has two words and the first is not `GET` (CPython's refusal). Holds that word.
    BadHttp09Method(Quoted),
    /// The request line has no version: HTTP/0.9, which CPython serves. Holds the line.
    MissingVersion(Quoted),
    /// The words of the request line are not separated by exactly one SP each. Holds the line.
    RequestLineWhitespace(Quoted),
    /// The method is not a token. Holds the method.
    InvalidMethod(Quoted),
    /// The request line is too long and no space ended its method.
    MethodTooLong,
    /// The request line is longer than the limit (CPython's refusal).
    UriTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The target holds a byte that may not stand in a URI: a control character, `#` or a byte above 0x7e.
    InvalidTargetByte(u8),
    /// The target is neither a path, nor an http URI, nor `*`, nor for CONNECT a host and port. Holds the target.
    InvalidTarget(Quoted),
    /// The target is `*` and the method is not OPTIONS. Holds the method.
    AsteriskTarget(Quoted),
    /// The target of a CONNECT is not a host and a port. Holds the target.
    InvalidConnectTarget(Quoted),
    /// The target is an absolute URI whose host is empty, invalid, or has a user name before it. Holds the authority.
    InvalidAuthority(Quoted),
    /// A line ends with LF alone.
    BareLf,
    /// A CR stands somewhere other than before the LF that ends a line.
    BareCr,
    /// More empty lines than the limit came before the request line.
    TooManyEmptyLines {
        /// The limit.
        limit: usize,
    },
    /// The first bytes are a TLS handshake: the client speaks HTTPS to a port that does not.
    TlsHandshake,
    /// The first byte is none of a TLS handshake: the client speaks plain HTTP to a port for HTTPS. A driver finds that out,
    /// not a parser.
    PlainHttp,
    /// The input ended within the head.
    HeadCutShort,
    /// A field line is longer than the limit (CPython's refusal).
    LineTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// There are more field lines than the limit (CPython's refusal).
    TooManyHeaders {
        /// The limit.
        limit: usize,
    },
    /// All field lines together are larger than the limit.
    HeadTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The first field line starts with SP or HTAB.
    WhitespaceBeforeFirstField,
    /// A field line starts with SP or HTAB: it would continue the line before it.
    FoldedField,
    /// A field line has no colon. Holds the line.
    MissingColon(Quoted),
    /// A field line starts with its colon.
    EmptyFieldName,
    /// SP or HTAB stands between a field name and its colon. Holds the name.
    WhitespaceBeforeColon(Quoted),
    /// A field name is not a token. Holds the name.
    InvalidFieldName(Quoted),
    /// A field value holds a control character.
    InvalidFieldValue {
        /// The name of the field.
        name: Quoted,
        /// The control character.
        byte: u8,
    },
    /// An HTTP/1.1 request has no Host.
    MissingHost,
    /// There is more than one Host line.
    DuplicateHost,
    /// The value of Host is not a host with an optional port. Holds the value.
    InvalidHost(Quoted),
    /// The value of Content-Length is not a number of 64 bits. Holds the value.
    InvalidContentLength(Quoted),
    /// There is more than one Content-Length, be it in several lines or in a list.
    DuplicateContentLength,
    /// Both Transfer-Encoding and Content-Length are present.
    TransferEncodingWithContentLength,
    /// An HTTP/1.0 request has a Transfer-Encoding.
    TransferEncodingInHttp10,
    /// There is more than one Transfer-Encoding line.
    DuplicateTransferEncoding,
    /// The value of Transfer-Encoding is not a list of codings ending with one plain `chunked`. Holds the value.
    InvalidTransferEncoding(Quoted),
    /// A coding other than `chunked` was applied first. Holds the value of Transfer-Encoding.
    UnsupportedTransferCoding(Quoted),
    /// The body is larger than the limit, by its Content-Length or its chunks so far.
    BodyTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// A chunk size is not 1 to 16 hexadecimal digits followed by `;` or CRLF.
    InvalidChunkSize,
    /// A chunk extension holds a control character, a bare CR or a bare LF.
    InvalidChunkExtension,
    /// The extensions of one chunk, or of all chunks together, are larger than the limit.
    ChunkExtensionTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The data of a chunk is not followed by CRLF.
    InvalidChunkEnd,
    /// A trailer line breaks the rules of field lines.
    InvalidTrailer,
    /// The trailer section is larger than the limit.
    TrailersTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

impl RequestError {
    /// The status code of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::BodyTooLarge { .. } => 413,
            Self::UriTooLong { .. } => 414,
            Self::LineTooLong { .. }
            | Self::TooManyHeaders { .. }
            | Self::HeadTooLarge { .. }
            | Self::TrailersTooLarge { .. } => 431,
            Self::MethodTooLong | Self::UnsupportedTransferCoding(_) => 501,
            Self::UnsupportedVersion(_) => 505,
            _ => 400,
        }
    }

    /// The reason phrase of the answer: CPython's words where CPython refuses the same.
    ///
    /// Every character is within latin-1 and none is a control character.
    pub fn message(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::BadRequestSyntax(line) | Self::RequestLineWhitespace(line) => {
                return format!("Bad request syntax ({line})").into();
            }
            Self::BadRequestVersion(word) => return format!("Bad request version ({word})").into(),
            Self::UnsupportedVersion(text) => {
                return format!("Invalid HTTP version ({text})").into();
            }
            Self::BadHttp09Method(word) => {
                return format!("Bad HTTP/0.9 request type ({word})").into();
            }
            Self::MissingVersion(line) => return format!("Missing HTTP version ({line})").into(),
            Self::InvalidMethod(method) => return format!("Bad request method ({method})").into(),
            Self::MethodTooLong => "Method Too Long",
            Self::UriTooLong { .. } => "URI Too Long",
            Self::InvalidTargetByte(_) | Self::InvalidTarget(_) => "Bad request target",
            Self::AsteriskTarget(_) => "Bad request target ('*')",
            Self::InvalidConnectTarget(_) => "Bad CONNECT target",
            Self::InvalidAuthority(_) => "Bad host in request target",
            Self::BareLf => "Line ends without CR",
            Self::BareCr => "CR without LF",
            Self::TooManyEmptyLines { .. } => "Too many empty lines",
            Self::TlsHandshake => "TLS on a plain HTTP port",
            Self::PlainHttp => "Plain HTTP on a TLS port",
            Self::HeadCutShort => "Request cut short",
            Self::LineTooLong { .. } => "Line too long",
            Self::TooManyHeaders { .. } => "Too many headers",
            Self::HeadTooLarge { .. } => "Headers too large",
            Self::WhitespaceBeforeFirstField => "Whitespace before the first header",
            Self::FoldedField => "Folded header line",
            Self::MissingColon(_) => "Header line without colon",
            Self::EmptyFieldName => "Header without name",
            Self::WhitespaceBeforeColon(_) => "Whitespace before colon",
            Self::InvalidFieldName(_) => "Bad header name",
            Self::InvalidFieldValue { .. } => "Bad header value",
            Self::MissingHost => "Missing Host",
            Self::DuplicateHost => "More than one Host",
            Self::InvalidHost(_) => "Bad Host",
            Self::InvalidContentLength(_) => "Bad Content-Length",
            Self::DuplicateContentLength => "More than one Content-Length",
            Self::TransferEncodingWithContentLength => "Transfer-Encoding with Content-Length",
            Self::TransferEncodingInHttp10 => "Transfer-Encoding in HTTP/1.0",
            Self::DuplicateTransferEncoding => "More than one Transfer-Encoding",
            Self::InvalidTransferEncoding(_) => "Bad Transfer-Encoding",
            Self::UnsupportedTransferCoding(_) => "Unsupported transfer coding",
            Self::BodyTooLarge { .. } => "Content Too Large",
            Self::InvalidChunkSize => "Bad chunk size",
            Self::InvalidChunkExtension => "Bad chunk extension",
            Self::ChunkExtensionTooLarge { .. } => "Chunk extension too large",
            Self::InvalidChunkEnd => "Bad chunk end",
            Self::InvalidTrailer => "Bad trailer",
            Self::TrailersTooLarge { .. } => "Trailers too large",
        })
    }

    /// The explanation on the error page: plain text, to be escaped by the sender.
    ///
    /// Where CPython refuses the same, its text (it has no rule to name); otherwise the thing, the rule and the way out.
    pub fn explain(&self) -> Cow<'static, str> {
        let detail: Cow<'static, str> = match self {
            // CPython's words: the long forms of its table of statuses, and its two texts for limits.
            Self::BadRequestSyntax(_) | Self::BadRequestVersion(_) | Self::BadHttp09Method(_) => {
                return "Bad request syntax or unsupported method".into();
            }
            Self::UnsupportedVersion(_) => return "Cannot fulfill request".into(),
            Self::UriTooLong { .. } => return "URI is too long".into(),
            Self::LineTooLong { limit } => {
                return format!("got more than {limit} bytes when reading header line").into();
            }
            Self::TooManyHeaders { limit } => return format!("got more than {limit} headers").into(),

            Self::MissingVersion(_) => {
                "the request line ends without a version, as in HTTP/0.9, which is not served. \
                 Send GET /path HTTP/1.1"
                    .into()
            }
            Self::RequestLineWhitespace(_) => {
                "method, target and version are separated by exactly one space each, with none before or after them. \
                 Write a space within the target as %20"
                    .into()
            }
            Self::InvalidMethod(_) => {
                "the method holds a character that no method may have. Use letters, digits and hyphens".into()
            }
            Self::MethodTooLong => "the request line has no space within its allowed length. Send a shorter method".into(),
            Self::InvalidTargetByte(byte) => format!(
                "the request target holds the byte 0x{byte:02x}, which may not stand in a URI. Write it as %{byte:02X}"
            )
            .into(),
            Self::InvalidTarget(target) => format!(
                "the request target {target} is neither a path nor an http URI. Start it with a slash"
            )
            .into(),
            Self::AsteriskTarget(method) => {
                format!("the target * belongs to OPTIONS only, not to {method}. Start the target with a slash").into()
            }
            Self::InvalidConnectTarget(target) => {
                format!("the CONNECT target {target} is not a host and a port. Send it as example.com:443").into()
            }
            Self::InvalidAuthority(authority) => format!(
                "the target names the host {authority}. Give a host with an optional port, without user name"
            )
            .into(),
            Self::BareLf => "a line ends with LF alone. End every line with CR LF".into(),
            Self::BareCr => "a CR stands without a LF after it. End every line with CR LF, and send no other CR".into(),
            Self::TooManyEmptyLines { limit } => {
                format!("more than {limit} empty lines came before the request line. Send the request line first").into()
            }
            Self::TlsHandshake => {
                "the connection starts with a TLS handshake, but this port speaks plain HTTP. Use http:// in the address"
                    .into()
            }
            Self::PlainHttp => {
                "the connection does not start with a TLS handshake, but this port speaks TLS. Use https:// in the address"
                    .into()
            }
            Self::HeadCutShort => {
                "the connection ended before the empty line that ends the headers. Send the whole request".into()
            }
            Self::HeadTooLarge { limit } => {
                format!("all headers together are larger than {limit} bytes. Send fewer or smaller ones, cookies first").into()
            }
            Self::WhitespaceBeforeFirstField => {
                "the line after the request line starts with whitespace. Start it with the name of a header".into()
            }
            Self::FoldedField => {
                "a header line starts with whitespace, which once continued the line before. Send each header on one line"
                    .into()
            }
            Self::MissingColon(line) => format!("the header line {line} has no colon. Write it as Name: value").into(),
            Self::EmptyFieldName => "a header line starts with a colon. Put a name before it".into(),
            Self::WhitespaceBeforeColon(name) => {
                format!("whitespace stands between the header name {name} and its colon. Remove it").into()
            }
            Self::InvalidFieldName(name) => format!(
                "the header name {name} holds a character that no name may have. Use letters, digits and hyphens"
            )
            .into(),
            Self::InvalidFieldValue { name, byte } => format!(
                "the value of the header {name} holds the control character 0x{byte:02x}. Remove or encode it"
            )
            .into(),
            Self::MissingHost => "an HTTP/1.1 request must have a Host header. Add Host: with the name of this server".into(),
            Self::DuplicateHost => "the request has more than one Host header. Send exactly one".into(),
            Self::InvalidHost(value) => {
                format!("the Host header {value} is not a host with an optional port. Send it as example.com:8000").into()
            }
            Self::InvalidContentLength(value) => {
                format!("the Content-Length {value} is not a decimal number of at most 64 bits. Send digits only").into()
            }
            Self::DuplicateContentLength => {
                "the request has more than one Content-Length, so readers could disagree about where it ends. \
                 Send exactly one"
                    .into()
            }
            Self::TransferEncodingWithContentLength => {
                "the request has both Transfer-Encoding and Content-Length, so readers could disagree about where it \
                 ends. Send one of them"
                    .into()
            }
            Self::TransferEncodingInHttp10 => {
                "HTTP/1.0 has no Transfer-Encoding. Send a Content-Length, or use HTTP/1.1".into()
            }
            Self::DuplicateTransferEncoding => {
                "the request has more than one Transfer-Encoding header. Send Transfer-Encoding: chunked once".into()
            }
            Self::InvalidTransferEncoding(value) => format!(
                "the Transfer-Encoding {value} does not end with one plain chunked, so the end of the body is unknown. \
                 Send Transfer-Encoding: chunked"
            )
            .into(),
            Self::UnsupportedTransferCoding(value) => format!(
                "the Transfer-Encoding {value} names a coding that this server does not decode. \
                 Send Transfer-Encoding: chunked alone"
            )
            .into(),
            Self::BodyTooLarge { limit } => {
                format!("the request body is larger than {limit} bytes. Send it in smaller parts").into()
            }
            Self::InvalidChunkSize => {
                "a chunk size is not 1 to 16 hexadecimal digits followed by CR LF. Send the size alone on its line".into()
            }
            Self::InvalidChunkExtension => {
                "a chunk extension holds a control character. Send chunks without extensions".into()
            }
            Self::ChunkExtensionTooLarge { limit } => {
                format!("the chunk extensions are larger than {limit} bytes. Send chunks without extensions").into()
            }
            Self::InvalidChunkEnd => {
                "the data of a chunk is not followed by CR LF. Make the chunk size agree with the data".into()
            }
            Self::InvalidTrailer => {
                "a line after the last chunk is not a valid header line. End the body with an empty line".into()
            }
            Self::TrailersTooLarge { limit } => {
                format!("the trailers are larger than {limit} bytes. Send fewer, or none: they are ignored").into()
            }
        };
        format!("{}: {detail}", self.section()).into()
    }

    /// The rule, as `RFC 9112 §3.2`.
    pub fn section(&self) -> &'static str {
        match self {
            Self::BadRequestSyntax(_)
            | Self::RequestLineWhitespace(_)
            | Self::MethodTooLong
            | Self::UriTooLong { .. } => "RFC 9112 §3",
            Self::BadRequestVersion(_) | Self::BadHttp09Method(_) | Self::MissingVersion(_) => {
                "RFC 9112 §2.3"
            }
            Self::UnsupportedVersion(_) => "RFC 9110 §15.6.6",
            Self::InvalidMethod(_) => "RFC 9110 §9.1",
            Self::InvalidTargetByte(_)
            | Self::InvalidTarget(_)
            | Self::MissingHost
            | Self::DuplicateHost
            | Self::InvalidHost(_) => "RFC 9112 §3.2",
            Self::AsteriskTarget(_) => "RFC 9112 §3.2.4",
            Self::InvalidConnectTarget(_) => "RFC 9110 §9.3.6",
            Self::InvalidAuthority(_) => "RFC 9110 §4.2",
            Self::BareLf
            | Self::BareCr
            | Self::TooManyEmptyLines { .. }
            | Self::WhitespaceBeforeFirstField => "RFC 9112 §2.2",
            Self::TlsHandshake => "RFC 9110 §4.2.1",
            Self::PlainHttp => "RFC 9110 §4.2.2",
            Self::HeadCutShort => "RFC 9112 §8",
            Self::LineTooLong { .. } | Self::TooManyHeaders { .. } | Self::HeadTooLarge { .. } => {
                "RFC 6585 §5"
            }
            Self::FoldedField => "RFC 9112 §5.2",
            Self::MissingColon(_) => "RFC 9112 §5",
            Self::EmptyFieldName | Self::InvalidFieldName(_) => "RFC 9110 §5.1",
            Self::WhitespaceBeforeColon(_) => "RFC 9112 §5.1",
            Self::InvalidFieldValue { .. } => "RFC 9110 §5.5",
            Self::InvalidContentLength(_) | Self::DuplicateContentLength => "RFC 9112 §6.3",
            Self::TransferEncodingWithContentLength
            | Self::TransferEncodingInHttp10
            | Self::DuplicateTransferEncoding
            | Self::UnsupportedTransferCoding(_) => "RFC 9112 §6.1",
            Self::InvalidTransferEncoding(_) => "RFC 9112 §6.3",
            Self::BodyTooLarge { .. } => "RFC 9110 §15.5.14",
            Self::InvalidChunkSize | Self::InvalidChunkEnd => "RFC 9112 §7.1",
            Self::InvalidChunkExtension | Self::ChunkExtensionTooLarge { .. } => "RFC 9112 §7.1.1",
            Self::InvalidTrailer | Self::TrailersTooLarge { .. } => "RFC 9112 §7.1.2",
        }
    }
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.status(), self.message(), self.section())
    }
}

impl std::error::Error for RequestError {}

/// A text from the request in Python's `repr`, with its quotes, cut after 256 characters.
///
/// # Examples
///
/// Quoted, what a client sent can go to a log or a terminal:
///
/// ```
/// use http_server::proto::{HeadParser, Limits, RequestError};
///
/// let mut parser = HeadParser::new(Limits::default());
/// let error = parser.parse(b"\x1b[2J\r\n").unwrap_err();
/// let RequestError::BadRequestSyntax(line) = error else { panic!("{error}") };
/// assert_eq!(line.as_str(), r"'\x1b[2J'");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted(Box<str>);

impl Quoted {
    /// Quotes bytes, each being one character.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let shown = bytes.get(..SHOWN).unwrap_or(bytes);
        let mut text = crate::repr::str_repr(&super::octets::latin1(shown));
        if shown.len() < bytes.len() {
            text.push_str("...");
        }
        Self(text.into())
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Quoted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much of a text from the request is repeated in an answer. CPython repeats all of it, up to 64 KiB in the
/// status line, which several clients cannot read.
const SHOWN: usize = 256;
