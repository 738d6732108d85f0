//! Entity tags, and lists of them in requests.

use std::fmt;

/// The name of one state of a representation (RFC 9110 §8.8.3).
///
/// A *strong* one changes whenever any byte does, so parts of what has the same tag fit together. A *weak* one only says
/// that one may stand for the other.
///
/// # Examples
///
/// ```
/// use http_server::conditional::EntityTag;
///
/// let tag = EntityTag::weak("v1").expect("it has no quotes and no blanks");
/// assert_eq!(tag.to_string(), "W/\"v1\"");
/// assert_eq!(EntityTag::strong("say \"hello\""), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntityTag {
    is_weak: bool,
    opaque: String,
}

impl EntityTag {
    /// Makes a strong tag; `None` if the text has anything but visible ASCII characters, or a double quote.
    #[must_use]
    pub fn strong(opaque: impl Into<String>) -> Option<Self> {
        let opaque = opaque.into();
        opaque
            .bytes()
            .all(|byte| matches!(byte, b'!' | b'#'..=b'~'))
            .then_some(Self { is_weak: false, opaque })
    }

    /// Makes a weak tag; `None` as with [`strong`](Self::strong).
    #[must_use]
    pub fn weak(opaque: impl Into<String>) -> Option<Self> {
        Self::strong(opaque).map(|tag| Self { is_weak: true, ..tag })
    }

    /// Whether the tag is weak.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.is_weak
    }

    /// Returns the text between the quotes.
    #[must_use]
    pub fn opaque(&self) -> &str {
        &self.opaque
    }

    /// Whether a list of tags in a request names this one, or anything (`*`).
    ///
    /// What is no tag names nothing. `strongly` is the comparison of RFC 9110 §8.8.3.2: both must be strong.
    pub(super) fn is_in(&self, list: &[u8], strongly: bool) -> bool {
        Listed::new(list).any(|listed| match listed {
            (is_weak, opaque) if strongly => {
                !is_weak && !self.is_weak && opaque == self.opaque.as_bytes()
            }
            (_, opaque) => opaque == self.opaque.as_bytes(),
        })
    }

    /// Whether a value of `If-Range` is exactly this tag, by the strong comparison (RFC 9110 §13.1.5).
    pub(super) fn is_exactly(&self, value: &[u8]) -> bool {
        !self.is_weak
            && matches!(take_tag(value), Some(((false, opaque), rest))
                if rest.is_empty() && opaque == self.opaque.as_bytes())
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.is_weak { "W/" } else { "" };
        write!(f, "{prefix}\"{}\"", self.opaque)
    }
}

/// Whether it is weak, and the text between its quotes, which in a request may be of any bytes.
type Tag<'a> = (bool, &'a [u8]);

/// The tags of a list, without what is none.
struct Listed<'a>(&'a [u8]);

impl<'a> Listed<'a> {
    fn new(list: &'a [u8]) -> Self {
        Self(list)
    }
}

impl<'a> Iterator for Listed<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            // RFC 9110 §5.6.1.2: empty elements count for nothing.
            let skipped = self.0.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b','));
            self.0 = self.0.get(skipped.count()..).filter(|rest| !rest.is_empty())?;
            let found = take_tag(self.0);
            let rest = found.map_or(self.0, |(_, rest)| rest);
            let (behind, next) = match rest.iter().position(|&byte| byte == b',') {
                Some(comma) => rest.split_at(comma),
                None => (rest, &[][..]),
            };
            self.0 = next;
            if let Some((tag, _)) = found.filter(|_| behind.trim_ascii().is_empty()) {
                return Some(tag);
            }
        }
    }
}

/// A tag at the start of a value, and what follows it.
fn take_tag(value: &[u8]) -> Option<(Tag<'_>, &[u8])> {
    // RFC 9110 §8.8.3: the W is a capital one.
    let (is_weak, quoted) = match value.strip_prefix(b"W/") {
        Some(quoted) => (true, quoted),
        None => (false, value),
    };
    let inside = quoted.strip_prefix(b"\"")?;
    let end = inside.iter().position(|&byte| byte == b'"')?;
    let (opaque, rest) = inside.split_at(end);
    let is_valid = opaque.iter().all(|byte| matches!(byte, b'!' | b'#'..=b'~' | 0x80..));
    is_valid.then_some(((is_weak, opaque), rest.get(1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(list: &str) -> Vec<(bool, &str)> {
        let text = |(weak, opaque)| (weak, std::str::from_utf8(opaque).expect("text"));
        Listed::new(list.as_bytes()).map(text).collect()
    }

    #[test]
    fn reads_lists() {
        assert_eq!(listed("\"a\""), [(false, "a")]);
        assert_eq!(listed("W/\"a\",\"b\" ,\t\"\""), [(true, "a"), (false, "b"), (false, "")]);
        assert_eq!(listed(" , ,\"a,b\", ,"), [(false, "a,b")]);
        assert_eq!(listed("\"caf\u{e9}\""), [(false, "caf\u{e9}")]);
    }

    #[test]
    fn what_is_no_tag_names_nothing() {
        let none =
            ["", ",", "*", "a", "w/\"a\"", "W/a", "W/ \"a\"", "\"a", "'a'", "\"a b\"", "\"a\"b"];
        for list in none {
            assert_eq!(listed(list), [], "{list}");
            let more = format!("{list}, \"z\"");
            // A quote that is never closed takes all that follows along.
            if !list.starts_with("\"a") || list.len() > 2 {
                assert_eq!(listed(&more), [(false, "z")], "{more}");
            }
        }
    }

    #[test]
    fn weak_tags_are_never_strongly_equal() {
        let (strong, weak) = (EntityTag::strong("a").unwrap(), EntityTag::weak("a").unwrap());
        for (tag, list, strongly, weakly) in [
            (&strong, "\"a\"", true, true),
            (&strong, "W/\"a\"", false, true),
            (&weak, "\"a\"", false, true),
            (&weak, "W/\"a\"", false, true),
            (&strong, "\"b\"", false, false),
            (&strong, "\"A\"", false, false),
        ] {
            assert_eq!(tag.is_in(list.as_bytes(), true), strongly, "{tag} {list}");
            assert_eq!(tag.is_in(list.as_bytes(), false), weakly, "{tag} {list}");
        }
        assert!(strong.is_exactly(b"\"a\""));
        for value in ["W/\"a\"", "\"a\", \"a\"", "\"a\" ", "a", "\"b\"", ""] {
            assert!(!strong.is_exactly(value.as_bytes()), "{value}");
        }
        assert!(!weak.is_exactly(b"W/\"a\"") && !weak.is_exactly(b"\"a\""));
    }

    #[test]
    fn what_cannot_stand_in_a_field_is_no_tag() {
        for opaque in ["a b", "a\"b", "a\nb", "caf\u{e9}", "\u{7f}"] {
            assert_eq!(EntityTag::strong(opaque), None, "{opaque:?}");
            assert_eq!(EntityTag::weak(opaque), None, "{opaque:?}");
        }
    }
}
