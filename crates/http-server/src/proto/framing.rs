//! Where the body of a request ends (RFC 9112 §6.3).

use super::error::Quoted;
use super::{RequestError, Version, octets};

/// Where the body of a request ends.
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

/// The fields that frame a body, as the head has them: the value of the first line, and whether there are more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FramingFields<'a> {
    pub(super) content_length: Option<&'a [u8]>,
    pub(super) content_length_again: bool,
    pub(super) transfer_encoding: Option<&'a [u8]>,
    pub(super) transfer_encoding_again: bool,
}

impl FramingFields<'_> {
    /// Decides the framing, or refuses: wherever two readers could disagree, this one does not guess.
    pub(super) fn decide(self, version: Version, body_limit: u64) -> Result<Framing, RequestError> {
        match (self.transfer_encoding, self.content_length) {
            (None, None) => Ok(Framing::None),
            (None, Some(_)) if self.content_length_again => {
                Err(RequestError::DuplicateContentLength)
            }
            (None, Some(value)) => {
                let length = content_length(value)?;
                if length > body_limit {
                    Err(RequestError::BodyTooLarge { limit: body_limit })
                } else {
                    Ok(Framing::Length(length))
                }
            }
            (Some(_), _) if version < Version::HTTP_11 => {
                Err(RequestError::TransferEncodingInHttp10)
            }
            (Some(_), Some(_)) => Err(RequestError::TransferEncodingWithContentLength),
            (Some(_), None) if self.transfer_encoding_again => {
                Err(RequestError::DuplicateTransferEncoding)
            }
            (Some(value), None) => transfer_encoding(value),
        }
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
