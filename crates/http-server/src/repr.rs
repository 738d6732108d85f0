//! Python's `repr` of text and of bytes, for messages that quote what a client sent.
//!
//! ```
//! use http_server::repr::{bytes_repr, str_repr};
//!
//! assert_eq!(str_repr("FOO"), "'FOO'");
//! assert_eq!(str_repr("it's"), "\"it's\"");
//! assert_eq!(str_repr("a\r\n\u{1b}[31m\\caf\u{e9}"), r"'a\r\n\x1b[31m\\café'");
//! assert_eq!(bytes_repr(b"caf\xe9"), r"b'caf\xe9'");
//! ```

use std::fmt::Write;

/// Returns Python's `repr` of a `str`.
///
/// Single quotes, or double quotes if the text has single quotes and no double ones. Backslash and the quote get a
/// backslash; tab, CR and LF have short escapes; every other character that Python calls not printable (the Unicode
/// categories "Other" and "Separator" but for the blank) appears as `\xhh`, `\uhhhh` or `\Uhhhhhhhh`.
///
/// # Examples
///
/// ```
/// use http_server::repr::str_repr;
///
/// // What a client sent cannot forge a line of the log.
/// let path = "/\n127.0.0.1 - all is well";
/// assert_eq!(format!("no such file: {}", str_repr(path)), r"no such file: '/\n127.0.0.1 - all is well'");
/// ```
#[must_use]
pub fn str_repr(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text.as_bytes(), text.chars(), is_printable);
    out
}

/// Returns Python's `repr` of `bytes`: as [`str_repr`], with a `b` in front and `\xhh` for all bytes beyond ASCII.
///
/// # Examples
///
/// ```
/// use http_server::repr::bytes_repr;
///
/// assert_eq!(bytes_repr(b"GET /caf\xe9\r\n"), r"b'GET /caf\xe9\r\n'");
/// ```
#[must_use]
pub fn bytes_repr(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    let characters = bytes.iter().map(|&byte| char::from(byte));
    push_quoted(&mut out, bytes, characters, |c| matches!(c, ' '..='~'));
    out
}

/// Appends characters in quotes; which quotes depends on the text that they are of.
fn push_quoted(
    out: &mut String,
    text: &[u8],
    characters: impl Iterator<Item = char>,
    is_printable: impl Fn(char) -> bool,
) {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') { '"' } else { '\'' };
    out.push(quote);
    for c in characters {
        if let Some(short) = short_escape(c) {
            out.push_str(short);
        } else if is_printable(c) {
            if c == quote || c == '\\' {
                out.push('\\');
            }
            out.push(c);
        } else {
            push_escape(out, c.into());
        }
    }
    out.push(quote);
}

fn short_escape(c: char) -> Option<&'static str> {
    match c {
        '\t' => Some("\\t"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        _ => None,
    }
}

fn push_escape(out: &mut String, value: u32) {
    let written = match value {
        0..=0xff => write!(out, "\\x{value:02x}"),
        0x100..=0xffff => write!(out, "\\u{value:04x}"),
        _ => write!(out, "\\U{value:08x}"),
    };
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}

/// Python's `str.isprintable` for one character other than a quote or a backslash.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // The standard library escapes the same Unicode categories for `Debug`, and has the table. It also escapes
    // combining characters, but only at the start of a text, hence the letter in front.
    let mut buffer = [b'a'; 5];
    let end = 1 + c.encode_utf8(&mut buffer[1..]).len();
    std::str::from_utf8(&buffer[..end]).is_ok_and(|text| text.escape_debug().nth(1) == Some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per character U+0000 to U+00FF, each what CPython prints for `repr(chr(i) + "'")`.
    const LATIN1: &str = include_str!("../tests/data/repr_latin1.txt");
    /// One line per byte, each what CPython prints for `repr(bytes([i]) + b"'")`.
    const BYTES: &str = include_str!("../tests/data/repr_bytes.txt");

    #[test]
    fn is_pythons_repr_for_all_of_latin_1() {
        assert_eq!(LATIN1.lines().count(), 256);
        for (c, expected) in ('\0'..='\u{ff}').zip(LATIN1.lines()) {
            assert_eq!(str_repr(&format!("{c}'")), expected, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn is_pythons_repr_for_all_bytes() {
        assert_eq!(BYTES.lines().count(), 256);
        for (byte, expected) in (0..=u8::MAX).zip(BYTES.lines()) {
            assert_eq!(bytes_repr(&[byte, b'\'']), expected, "{byte:#04x}");
        }
    }

    #[test]
    fn chooses_quotes_like_python() {
        assert_eq!(str_repr(""), "''");
        assert_eq!(str_repr("\""), "'\"'");
        assert_eq!(str_repr("'\""), r#"'\'"'"#);
        assert_eq!(bytes_repr(b"'\""), r#"b'\'"'"#);
        assert_eq!(bytes_repr(b""), "b''");
    }

    #[test]
    fn escapes_beyond_latin_1_as_python_does() {
        // A letter, a combining mark (also first), an emoji; then separators, format characters, unassigned ones.
        for printable in ["\u{20ac}", "\u{301}", "a\u{301}", "\u{1f600}", "\u{4e2d}"] {
            assert_eq!(str_repr(printable), format!("'{printable}'"));
        }
        assert_eq!(str_repr("\u{2028}\u{200b}\u{feff}\u{ffff}"), r"'\u2028\u200b\ufeff\uffff'");
        assert_eq!(str_repr("\u{3000}\u{e000}\u{10ffff}"), r"'\u3000\ue000\U0010ffff'");
    }
}
