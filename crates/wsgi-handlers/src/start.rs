//! What `start_response` checks before it accepts a status and headers.

use crate::error::Misuse;
use wsgi_util::{Headers, is_hop_by_hop, native};

/// The same status, if it is one of those that nearly every response has: it needs neither a check nor a copy.
pub(crate) fn usual_status(status: &str) -> Option<&'static str> {
    USUAL.into_iter().find(|usual| *usual == status)
}

/// In the order of how often they are sent.
const USUAL: [&str; 9] = [
    "200 OK",
    "304 Not Modified",
    "404 Not Found",
    "302 Found",
    "201 Created",
    "204 No Content",
    "206 Partial Content",
    "301 Moved Permanently",
    "400 Bad Request",
];

/// Checks a status: CPython's checks, in CPython's order and words, then latin-1 (known defect B-11).
///
/// Control characters come first, as in CPython 3.15 (gh-144370); a tab is one of them.
pub(crate) fn check_status(status: &str) -> Result<(), Misuse> {
    if status.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Misuse::StatusControlCharacter);
    }
    // Length and positions count characters in CPython; as soon as the first three are ASCII digits, bytes are the same.
    if status.chars().take(4).count() < 4 {
        return Err(Misuse::StatusTooShort);
    }
    let bytes = status.as_bytes();
    // CPython takes `099`, too; no status line can say it (RFC 9112 §4, RFC 9110 §15).
    if bytes.first() == Some(&b'0') || !bytes.iter().take(3).all(u8::is_ascii_digit) {
        return Err(Misuse::StatusWithoutCode);
    }
    if bytes.get(3) != Some(&b' ') {
        return Err(Misuse::StatusWithoutSpace);
    }
    if !is_latin1(status) {
        return Err(Misuse::StatusNotLatin1(status.to_owned()));
    }
    Ok(())
}

/// Checks the headers of an application: token names, latin-1 text, nothing that is the server's, one Content-Length.
///
/// Control characters are not looked for: [`Headers`] cannot hold any. CPython makes the hop-by-hop check by
/// assertion, so `python -O` turns it off; here it is always on.
pub(crate) fn check_headers(headers: &Headers) -> Result<(), Misuse> {
    let mut length = None;
    for (name, value) in headers {
        if !is_token(name) {
            return Err(Misuse::HeaderName(name.to_owned()));
        }
        if !is_latin1(value) {
            return Err(Misuse::HeaderNotLatin1 { name: name.to_owned(), value: value.to_owned() });
        }
        if is_of_the_connection(name) {
            return Err(Misuse::HopByHop { name: name.to_owned(), value: value.to_owned() });
        }
        if name.eq_ignore_ascii_case("Status") {
            return Err(Misuse::StatusHeader);
        }
        if name.eq_ignore_ascii_case(CONTENT_LENGTH) {
            note_length(value, &mut length)?;
        }
    }
    Ok(())
}

/// The Content-Length among the headers, if there is one.
///
/// Two of them, or something that is not a decimal number, could let two readers disagree about the end of the response
/// (RFC 9112 §6.3), so they are refused; also two that agree, since it is a field to send once (RFC 9110 §5.3).
pub(crate) fn content_length(headers: &Headers) -> Result<Option<u64>, Misuse> {
    let mut length = None;
    for value in headers.values_of(CONTENT_LENGTH) {
        note_length(value, &mut length)?;
    }
    Ok(length)
}

const CONTENT_LENGTH: &str = "Content-Length";

/// Takes the value of one more Content-Length.
fn note_length(value: &str, length: &mut Option<u64>) -> Result<(), Misuse> {
    let number = parse_length(value).filter(|_| length.is_none());
    *length = Some(number.ok_or_else(|| Misuse::ContentLength(value.to_owned()))?);
    Ok(())
}

/// Reads a number that has digits and nothing else; `str::parse` would take a sign.
fn parse_length(value: &str) -> Option<u64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let add = |length: u64, byte| length.checked_mul(10)?.checked_add(digit(byte)?);
    value.bytes().try_fold(0, add).filter(|_| !value.is_empty())
}

/// Whether a field is about the connection and therefore the server's.
///
/// CPython's list has `trailers`, which is no field; RFC 9110 §7.6.1 names `Trailer` and `Proxy-Connection`.
fn is_of_the_connection(name: &str) -> bool {
    is_hop_by_hop(name)
        || name.eq_ignore_ascii_case("trailer")
        || name.eq_ignore_ascii_case("proxy-connection")
}

/// RFC 9110 §5.6.2. No branch for each byte, since nearly all names are tokens.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().fold(true, |all, byte| all & TOKEN[usize::from(byte)])
}

const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &[u8] =
        b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    while let [byte, others @ ..] = rest {
        table[*byte as usize] = true;
        rest = others;
    }
    table
};

/// Whether each character is one byte in latin-1.
fn is_latin1(text: &str) -> bool {
    text.is_ascii() || native::first_non_native(text).is_none()
}
