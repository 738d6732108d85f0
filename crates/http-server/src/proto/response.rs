//! Writing the head of a response.

use super::{Misuse, Version, octets};

/// Checks that a field name is a token (RFC 9110 §5.1).
///
/// # Errors
///
/// [`Misuse::FieldName`] if it is not.
///
/// # Examples
///
/// ```
/// use http_server::proto::check_field_name;
///
/// assert!(check_field_name("X-Request-Id").is_ok());
/// let misuse = check_field_name("X Request Id").unwrap_err();
/// assert!(misuse.to_string().contains("use letters, digits and hyphens"));
/// ```
pub fn check_field_name(name: &str) -> Result<(), Misuse> {
    if octets::is_token(name.as_bytes()) {
        Ok(())
    } else {
        Err(Misuse::FieldName { name: name.to_owned() })
    }
}

/// Checks that a field value has no control characters but HTAB, and nothing outside latin-1 (RFC 9110 §5.5).
///
/// # Errors
///
/// [`Misuse::FieldValue`] with the first character that may not stand there.
///
/// # Examples
///
/// ```
/// use http_server::proto::{Misuse, check_field_value};
///
/// assert!(check_field_value("X-Name", "café").is_ok());
/// let misuse = check_field_value("Location", "/a\r\nSet-Cookie: b").unwrap_err();
/// assert_eq!(misuse, Misuse::FieldValue { name: "Location".to_owned(), character: '\r' });
/// ```
pub fn check_field_value(name: &str, value: &str) -> Result<(), Misuse> {
    match first_bad_character(value) {
        None => Ok(()),
        Some(character) => Err(Misuse::FieldValue { name: name.to_owned(), character }),
    }
}

/// Checks that a reason phrase has no control characters but HTAB, and nothing outside latin-1 (RFC 9112 §4).
///
/// # Errors
///
/// [`Misuse::Reason`] with the first character that may not stand there.
///
/// # Examples
///
/// ```
/// use http_server::proto::check_reason;
///
/// assert!(check_reason("I'm a Teapot").is_ok());
/// assert!(check_reason("").is_ok());
/// assert!(check_reason("OK\r\nSet-Cookie: a").is_err());
/// ```
pub fn check_reason(reason: &str) -> Result<(), Misuse> {
    match first_bad_character(reason) {
        None => Ok(()),
        Some(character) => Err(Misuse::Reason { reason: reason.to_owned(), character }),
    }
}

/// Appends `HTTP/1.1 200 OK` and CRLF to the buffer.
///
/// The space after the code stays when the reason is empty (RFC 9112 §4). `version` is the text as the handler
/// configured it (`protocol_version`).
///
/// # Errors
///
/// [`Misuse::Status`] if the code does not have three digits, [`Misuse::Reason`] for a bad reason phrase; the buffer is
/// then as before.
///
/// # Examples
///
/// ```
/// use http_server::proto::{Version, write_field, write_status_line};
///
/// let mut head = Vec::new();
/// write_status_line(Version::HTTP_11, 200, "OK", &mut head)?;
/// write_field("Content-Type", "text/plain", &mut head)?;
/// assert!(write_field("X", "a\r\nb", &mut head).is_err());
/// assert_eq!(head, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n");
/// # Ok::<(), http_server::proto::Misuse>(())
/// ```
pub fn write_status_line(
    version: Version,
    status: u16,
    reason: &str,
    out: &mut Vec<u8>,
) -> Result<(), Misuse> {
    if !(100..=999).contains(&status) {
        return Err(Misuse::Status { status });
    }
    let plain = octets::is_visible_ascii(reason.as_bytes());
    if !plain {
        check_reason(reason)?;
    }
    let [hundreds, tens, ones] = [status / 100, status / 10, status].map(|n| b'0' + (n % 10) as u8);
    push_version(version, out);
    out.extend_from_slice(&[hundreds, tens, ones, b' ']);
    push_text(reason, plain, out);
    Ok(())
}

/// Appends a status line of a code and its usual phrase, `200 OK`.
pub(crate) fn write_usual_status_line(version: Version, usual: &'static str, out: &mut Vec<u8>) {
    push_version(version, out);
    push_text(usual, true, out);
}

fn push_version(version: Version, out: &mut Vec<u8>) {
    let [major, minor] = [version.major, version.minor].map(|digit| b'0' + digit);
    out.extend_from_slice(&[b'H', b'T', b'T', b'P', b'/', major, b'.', minor, b' ']);
}

/// Appends `Name: value` and CRLF to the buffer.
///
/// # Errors
///
/// [`Misuse::FieldName`] and [`Misuse::FieldValue`]; the buffer is then as before.
///
/// # Examples
///
/// ```
/// use http_server::proto::write_field;
///
/// let mut head = Vec::new();
/// write_field("X-Name", "café", &mut head)?;
/// assert!(write_field("X Name", "a", &mut head).is_err());
/// assert_eq!(head, b"X-Name: caf\xe9\r\n");
/// # Ok::<(), http_server::proto::Misuse>(())
/// ```
#[inline]
pub fn write_field(name: &str, value: &str, out: &mut Vec<u8>) -> Result<(), Misuse> {
    let plain = octets::is_visible_ascii(value.as_bytes());
    if !octets::is_token(name.as_bytes()) || !plain {
        check_field(name, value)?;
    }
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    push_text(value, plain, out);
    Ok(())
}

/// Looks closely at a field of which something is out of the ordinary.
#[cold]
fn check_field(name: &str, value: &str) -> Result<(), Misuse> {
    check_field_name(name)?;
    check_field_value(name, value)
}

/// Whether a response with this status to a request with this method has a body (RFC 9112 §6.3).
///
/// HEAD, 1xx, 204 and 304 never have one.
///
/// # Examples
///
/// ```
/// use http_server::proto::body_allowed;
///
/// assert!(body_allowed(404, "GET"));
/// assert!(!body_allowed(404, "HEAD"));
/// assert!(!body_allowed(304, "GET"));
/// ```
pub fn body_allowed(status: u16, method: &str) -> bool {
    method != "HEAD" && !matches!(status, 100..=199 | 204 | 304)
}

/// Whether a response with this status may have Content-Length or Transfer-Encoding (RFC 9110 §8.6, RFC 9112 §6.1).
///
/// 1xx and 204 may not; HEAD and 304 may, describing the body they leave out.
///
/// # Examples
///
/// ```
/// use http_server::proto::{body_allowed, length_allowed};
///
/// assert!(!length_allowed(204));
/// assert!(length_allowed(304) && !body_allowed(304, "GET"));
/// ```
pub fn length_allowed(status: u16) -> bool {
    !matches!(status, 100..=199 | 204)
}

fn first_bad_character(text: &str) -> Option<char> {
    if octets::is_visible_ascii(text.as_bytes()) {
        return None;
    }
    text.chars()
        .find(|&character| u8::try_from(character).map_or(true, |byte| !octets::is_text_byte(byte)))
}

/// Appends a checked text, one byte for each character, and CRLF. Nearly all are plain, and copied.
#[inline]
fn push_text(text: &str, plain: bool, out: &mut Vec<u8>) {
    if plain {
        out.extend_from_slice(text.as_bytes());
    } else {
        push_latin1(text, out);
    }
    out.extend_from_slice(b"\r\n");
}

#[cold]
fn push_latin1(text: &str, out: &mut Vec<u8>) {
    // `first_bad_character` has refused everything above U+00FF.
    out.extend(text.chars().filter_map(|character| u8::try_from(character).ok()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_line(status: u16, reason: &str) -> Result<Vec<u8>, Misuse> {
        let mut out = b"before ".to_vec();
        let result = write_status_line(Version::HTTP_11, status, reason, &mut out);
        if result.is_err() {
            assert_eq!(out, b"before ", "nothing is written of what is refused");
        }
        result.map(|()| out)
    }

    fn field(name: &str, value: &str) -> Result<Vec<u8>, Misuse> {
        let mut out = b"before ".to_vec();
        let result = write_field(name, value, &mut out);
        if result.is_err() {
            assert_eq!(out, b"before ", "nothing is written of what is refused");
        }
        result.map(|()| out)
    }

    #[test]
    fn a_status_line_keeps_its_last_space() {
        assert_eq!(status_line(200, "OK").unwrap(), b"before HTTP/1.1 200 OK\r\n");
        assert_eq!(status_line(299, "").unwrap(), b"before HTTP/1.1 299 \r\n");
        assert_eq!(
            status_line(999, "caf\u{e9}\t!").unwrap(),
            b"before HTTP/1.1 999 caf\xe9\t!\r\n"
        );
    }

    #[test]
    fn a_status_has_three_digits() {
        for status in [0, 99, 1000] {
            assert_eq!(status_line(status, "OK"), Err(Misuse::Status { status }));
        }
        assert!(status_line(100, "").is_ok());
    }

    #[test]
    fn a_reason_holds_no_control_character() {
        for character in ['\r', '\n', '\0', '\u{1b}', '\u{7f}', '\u{20ac}', '\u{100}'] {
            let reason = format!("a{character}b");
            assert_eq!(status_line(200, &reason), Err(Misuse::Reason { reason, character }));
        }
    }

    #[test]
    fn a_field_name_is_a_token() {
        assert_eq!(field("X-1", "a").unwrap(), b"before X-1: a\r\n");
        for name in ["", "a b", "a:", "a\r\nb", "\u{e9}", "(a)"] {
            assert_eq!(field(name, "a"), Err(Misuse::FieldName { name: name.to_owned() }));
        }
    }

    #[test]
    fn a_field_value_holds_no_control_character() {
        assert_eq!(field("X", " a\tb\u{a0}\u{ff}").unwrap(), b"before X:  a\tb\xa0\xff\r\n");
        for character in ['\r', '\n', '\0', '\u{1}', '\u{1f}', '\u{7f}', '\u{100}', '\u{1f600}'] {
            let misuse = Misuse::FieldValue { name: "X".to_owned(), character };
            assert_eq!(field("X", &format!("a{character}b")), Err(misuse));
        }
    }

    #[test]
    fn some_responses_have_no_body_and_some_no_length() {
        for (status, method, body, length) in [
            (200, "GET", true, true),
            (200, "HEAD", false, true),
            (100, "GET", false, false),
            (199, "GET", false, false),
            (204, "GET", false, false),
            (304, "GET", false, true),
            (205, "POST", true, true),
            (404, "GET", true, true),
        ] {
            assert_eq!(
                (body_allowed(status, method), length_allowed(status)),
                (body, length),
                "{method} {status}"
            );
        }
    }
}
