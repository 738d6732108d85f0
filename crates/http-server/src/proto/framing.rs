//! Where the body of a request ends (RFC 9112 §6.3).

use super::error::Quoted;
use super::known_fields::Seen;
use super::{RequestError, Version, octets};

/// Where the body of a request ends.
///
/// # Examples
///
/// ```
/// use http_server::proto::{Framing, HeadParser, Limits, RequestError};
///
/// let mut parser = HeadParser::new(Limits::default());
/// let request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
/// parser.parse(request)?;
/// assert_eq!(parser.head(request).framing(), Framing::Length(5));
///
/// let smuggled = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
/// assert_eq!(parser.parse(smuggled), Err(RequestError::TransferEncodingWithContentLength));
/// # Ok::<(), RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    #[default]
    None,
    /// After this many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
}

/// Decides the framing, or refuses: wherever two readers could disagree, this one does not guess.
pub(super) fn decide(
    transfer_encodings: Seen<&[u8]>,
    content_lengths: Seen<&[u8]>,
    version: Version,
    body_limit: u64,
) -> Result<Framing, RequestError> {
    match (transfer_encodings, content_lengths) {
        (Seen::Never, Seen::Never) => Ok(Framing::None),
        (Seen::Never, Seen::Again) => Err(RequestError::DuplicateContentLength),
        (Seen::Never, Seen::Once(value)) => {
            let length = content_length(value)?;
            if length > body_limit {
                Err(RequestError::BodyTooLarge { limit: body_limit })
            } else {
                Ok(Framing::Length(length))
            }
        }
        _ if version < Version::HTTP_11 => Err(RequestError::TransferEncodingInHttp10),
        (Seen::Once(value), Seen::Never) => transfer_encoding(value),
        (Seen::Again, Seen::Never) => Err(RequestError::DuplicateTransferEncoding),
        (_, Seen::Once(_) | Seen::Again) => Err(RequestError::TransferEncodingWithContentLength),
    }
}

/// `1*DIGIT` that fits 64 bits, leading zeros allowed; a list is a duplicate.
fn content_length(value: &[u8]) -> Result<u64, RequestError> {
    let invalid = || RequestError::InvalidContentLength(Quoted::new(value));
    if value.contains(&b',') {
        return Err(RequestError::DuplicateContentLength);
    }
    if value.is_empty() {
        return Err(invalid());
    }
    value.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0')).ok_or_else(invalid)?;
        number.checked_mul(10).and_then(|number| number.checked_add(digit)).ok_or_else(invalid)
    })
}

/// Exactly `chunked`; codings before it are known to be unsupported, everything else is an error.
fn transfer_encoding(value: &[u8]) -> Result<Framing, RequestError> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(Framing::Chunked);
    }
    let invalid = || RequestError::InvalidTransferEncoding(Quoted::new(value));
    let mut codings = value.rsplit(|&byte| byte == b',').map(octets::trim);
    let last = codings.next().unwrap_or_default();
    if !last.eq_ignore_ascii_case(b"chunked") {
        return Err(invalid());
    }
    let is_other_coding = |coding: &[u8]| {
        let name = octets::trim(coding.split(|&byte| byte == b';').next().unwrap_or_default());
        octets::is_token(name) && !name.eq_ignore_ascii_case(b"chunked")
    };
    if codings.all(is_other_coding) {
        Err(RequestError::UnsupportedTransferCoding(Quoted::new(value)))
    } else {
        Err(invalid())
    }
}
