//! Escaping text for HTML, byte for byte as Python's `html.escape`.

use std::borrow::Cow;

/// Escapes `&`, `<`, `>`, `"` and `'` (`html.escape(text)`), fit for text and for quoted attribute values.
///
/// ```
/// use http_server::html::escape;
///
/// assert_eq!(escape("\"<it's>\" & more"), "&quot;&lt;it&#x27;s&gt;&quot; &amp; more");
/// assert_eq!(escape("plain"), "plain");
/// ```
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    replace(text, |byte| match byte {
        b'"' => Some("&quot;"),
        b'\'' => Some("&#x27;"),
        _ => text_entity(byte),
    })
}

/// Escapes `&`, `<` and `>` and leaves quotes alone (`html.escape(text, quote=False)`).
///
/// Fit for text between tags only; error pages and directory listings use it.
///
/// ```
/// assert_eq!(http_server::html::escape_text("<b>\"it's\""), "&lt;b&gt;\"it's\"");
/// ```
#[must_use]
pub fn escape_text(text: &str) -> Cow<'_, str> {
    replace(text, text_entity)
}

fn text_entity(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        _ => None,
    }
}

/// Replaces single ASCII bytes by entities; borrows if there is nothing to replace.
fn replace(text: &str, entity: impl Fn(u8) -> Option<&'static str>) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(entity) = entity(byte) {
            // Entities stand for ASCII bytes, so `at` and `at + 1` are character boundaries.
            out.push_str(&text[copied..at]);
            out.push_str(entity);
            copied = at + 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borrows_what_needs_no_escape() {
        assert!(matches!(escape("caf\u{e9}"), Cow::Borrowed(_)));
        assert!(matches!(escape_text("'\""), Cow::Borrowed(_)));
        assert_eq!(escape(""), "");
    }

    #[test]
    fn escapes_next_to_longer_characters() {
        assert_eq!(escape("\u{e9}<\u{20ac}>&"), "\u{e9}&lt;\u{20ac}&gt;&amp;");
        assert_eq!(escape_text("&amp;"), "&amp;amp;");
    }
}
