//! Python's `ascii()`.

use std::fmt::Write;

use http_server::repr::str_repr;

/// The `repr` of a text, with an escape for every character beyond ASCII.
#[must_use]
pub fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in str_repr(text).chars() {
        match u32::from(c) {
            0..=0x7f => out.push(c),
            code @ 0x80..=0xff => write!(out, "\\x{code:02x}").expect("a String takes everything"),
            code @ 0x100..=0xffff => {
                write!(out, "\\u{code:04x}").expect("a String takes everything")
            }
            code => write!(out, "\\U{code:08x}").expect("a String takes everything"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn characters_beyond_ascii_are_escaped() {
        assert_eq!(
            ascii("it's caf\u{e9} \u{20ac} \u{1f600}\r"),
            r#""it's caf\xe9 \u20ac \U0001f600\r""#
        );
    }
}
