//! Bytes as text: one character per byte, and back; and for the eye.

use crate::Problem;
use std::fmt::Write;

/// The bytes of a text whose characters are all up to U+00FF.
///
/// # Errors
///
/// If one is not.
pub fn latin1(text: &str) -> Result<Vec<u8>, Problem> {
    text.chars()
        .map(|c| {
            u8::try_from(c).map_err(|_| {
                Problem::new(format!(
                    "{c:?} is no byte: each character up to U+00FF stands for one; write UTF-8 as its bytes, \
                     \\u00c3\\u00a4 for ä"
                ))
            })
        })
        .collect()
}

/// The text whose characters are these bytes.
#[must_use]
pub fn from_latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// As much as is shown of a long message, at its start and at its end.
const SHOWN: usize = 2048;
/// A run of one byte this long is shown as a count.
const RUN: usize = 40;

/// Bytes to be read by a person: a line per line, with `\r\n` written out; long runs counted, long messages cut in the middle.
#[must_use]
pub fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for run in bytes.chunk_by(|a, b| a == b) {
        let Some(&byte) = run.first() else { continue };
        if run.len() >= RUN {
            let _ = write!(text, "{{{}*{}}}", byte.escape_ascii(), run.len());
            continue;
        }
        for _ in run {
            match byte {
                b'\n' => text.push_str("\\n\n"),
                b'"' | b'\'' => text.push(char::from(byte)),
                _ => {
                    let _ = write!(text, "{}", byte.escape_ascii());
                }
            }
        }
    }
    if text.len() <= 2 * SHOWN {
        return text;
    }
    // All of it is ASCII, so that it can be cut anywhere.
    let left_out = text.len() - 2 * SHOWN;
    format!("{}\n[... {left_out} characters ...]\n{}", &text[..SHOWN], &text[text.len() - SHOWN..])
}

#[cfg(test)]
mod tests {
    use super::{from_latin1, latin1, readable};

    #[test]
    fn a_character_is_a_byte() {
        assert_eq!(latin1("\u{0}\u{ff}").unwrap(), [0, 255]);
        assert_eq!(from_latin1(&[0, 255]), "\u{0}\u{ff}");
        assert!(latin1("€").unwrap_err().to_string().contains("U+00FF"));
    }

    #[test]
    fn messages_are_shown_line_by_line_and_never_too_long() {
        assert_eq!(readable(b"GET \"/\" \xff\r\n\0"), "GET \"/\" \\xff\\r\\n\n\\x00");
        assert_eq!(readable(&[b'a'; 50]), "{a*50}");
        let long = readable(&b"ab".repeat(10_000));
        assert!(long.len() < 5000 && long.contains("15904 characters"), "{long}");
    }
}
