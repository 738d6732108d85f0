//! The request line, read slowly: CPython's checks in CPython's order, then ours.

use super::error::Quoted;
use super::target::Form;
use super::{RequestError, Version, octets};
use std::ops::Range;

/// A request line that passed every check; ranges count from the start of the line.
pub(super) struct RequestLine {
    pub(super) method: Range<usize>,
    pub(super) target: Range<usize>,
    /// The major version is 1.
    pub(super) minor_version: u8,
    pub(super) form: Form,
}

impl RequestLine {
    /// Parses a complete line, its LF included.
    ///
    /// What CPython refuses is refused first and in its words, so that they stay the same whatever else is wrong with
    /// the line.
    pub(super) fn parse(raw: &[u8]) -> Result<RequestLine, RequestError> {
        let last_word = refuse_as_cpython(without_line_end(raw))?;
        let line = match raw {
            [line @ .., b'\r', b'\n'] => line,
            _ => return Err(RequestError::BareLf),
        };
        if line.contains(&b'\r') {
            return Err(RequestError::BareCr);
        }
        let mut parts = line.split(|&byte| byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(RequestError::RequestLineWhitespace(Quoted::new(line)));
        };
        if method.is_empty() || target.is_empty() || version != last_word {
            return Err(RequestError::RequestLineWhitespace(Quoted::new(line)));
        }
        // CPython also takes HTTP/01.1 and HTTP/1.10.
        let Some(number) = Version::parse(version) else {
            return Err(RequestError::BadRequestVersion(Quoted::new(version)));
        };
        if number.major != 1 {
            return Err(unsupported(version));
        }
        if !octets::is_token(method) {
            return Err(RequestError::InvalidMethod(Quoted::new(method)));
        }
        let form = Form::of(method, target)?;
        let target_start = method.len() + 1;
        Ok(RequestLine {
            method: 0..method.len(),
            target: target_start..target_start + target.len(),
            minor_version: number.minor,
            form,
        })
    }
}

/// The line without the CR and LF characters at its end, however many (`http.server: parse_request`).
pub(super) fn without_line_end(mut raw: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = raw {
        raw = rest;
    }
    raw
}

/// `http.server: parse_request`, up to the reading of the headers; gives the last word of a line that passes.
///
/// CPython drops the connection silently if the line is empty but for its end; that is left to the checks after these.
fn refuse_as_cpython(line: &[u8]) -> Result<&[u8], RequestError> {
    if line.is_empty() {
        return Ok(line);
    }
    let mut words = line.split(|&byte| is_python_whitespace(byte)).filter(|word| !word.is_empty());
    let (first, second, third) = (words.next(), words.next(), words.next());
    let last = words.next_back();
    let Some(version) = last.or(third) else {
        return Err(match (first, second) {
            (Some(b"GET"), Some(_)) => RequestError::MissingVersion(Quoted::new(line)),
            (Some(method), Some(_)) => RequestError::BadHttp09Method(Quoted::new(method)),
            _ => RequestError::BadRequestSyntax(Quoted::new(line)),
        });
    };
    let number = version.strip_prefix(b"HTTP/").and_then(numbers_of);
    match number {
        None => Err(RequestError::BadRequestVersion(Quoted::new(version))),
        Some((major, _)) if major >= 2 => Err(unsupported(version)),
        Some(_) if last.is_some() => Err(RequestError::BadRequestSyntax(Quoted::new(line))),
        Some(_) => Ok(version),
    }
}

/// Two numbers of at most ten digits with a dot between them.
fn numbers_of(text: &[u8]) -> Option<(u64, u64)> {
    let mut parts = text.split(|&byte| byte == b'.');
    let (major, minor) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Some((number_of(major)?, number_of(minor)?))
}

fn number_of(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 10 {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &byte| {
        byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'))
    })
}

fn unsupported(version: &[u8]) -> RequestError {
    let text = version.strip_prefix(b"HTTP/").unwrap_or(version);
    RequestError::UnsupportedVersion(octets::latin1(text).into())
}

/// What separates words in Python's `str.split`, as far as latin-1 goes.
fn is_python_whitespace(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=0x20 | 0x85 | 0xa0)
}
