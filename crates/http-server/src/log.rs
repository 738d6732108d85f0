//! Log lines.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;

/// Writes `<address> - - [<date>] <message>` to standard error with one call, so that lines of threads do not mix.
///
/// There is nobody to tell if that fails; CPython fails the request where there is no standard error (gh-89057).
pub(crate) fn write_line(address: &str, date: &str, message: &str) {
    let _ = std::io::stderr().lock().write_all(line(address, date, message).as_bytes());
}

/// The client has a say in its address, too, if that is the path of a Unix socket.
fn line(address: &str, date: &str, message: &str) -> String {
    let (address, message) =
        (escape_control_characters(address), escape_control_characters(message));
    format!("{address} - - [{date}] {message}\n")
}

/// Writes control characters as `\xhh` and doubles backslashes (gh-100001), so that no request can forge a line or
/// reach the terminal.
fn escape_control_characters(message: &str) -> Cow<'_, str> {
    let needs_escape = |c: char| c == '\\' || c.is_control();
    if !message.contains(needs_escape) {
        return Cow::Borrowed(message);
    }
    let mut escaped = String::with_capacity(message.len() + 16);
    for c in message.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            // Rust's control characters are exactly U+0000 to U+001F and U+007F to U+009F.
            c if c.is_control() => {
                let _ = write!(escaped, "\\x{:02x}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::{escape_control_characters, line};

    #[test]
    fn neither_message_nor_address_can_forge_a_line() {
        assert_eq!(line("/run/a\nb\x1b", "now", "x\ny"), "/run/a\\x0ab\\x1b - - [now] x\\x0ay\n");
    }

    // The subject of CPython's test_unprintable_not_logged.
    #[test]
    fn control_characters_and_backslashes_are_escaped() {
        assert_eq!(escape_control_characters("/foo"), "/foo");
        assert_eq!(escape_control_characters("/\x1bbar\0\x1b"), r"/\x1bbar\x00\x1b");
        assert_eq!(
            escape_control_characters("/spam \x1b\x7f\u{9f}\u{a0}beans."),
            "/spam \\x1b\\x7f\\x9f\u{a0}beans."
        );
        assert_eq!(
            escape_control_characters("\"GET /foo\\b\"ar\x07 HTTP/1.0\""),
            r#""GET /foo\\b"ar\x07 HTTP/1.0""#
        );
        assert_eq!(escape_control_characters("a\r\nb"), r"a\x0d\x0ab");
    }
}
