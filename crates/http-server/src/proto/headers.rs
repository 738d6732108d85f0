//! The header fields of a request, as the application sees them.

use super::octets;
use super::span::Span;
use std::borrow::Cow;
use std::fmt;

/// The header fields of a request: a view over the buffer they arrived in.
///
/// Names are found in any case of their letters; values are text in which each byte is one character (latin-1), as in
/// Python. The default is no fields at all.
///
/// # Examples
///
/// ```
/// use http_server::proto::{HeadParser, Limits};
///
/// let request = b"GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\nX-Name: caf\xe9\r\naccept: b\r\n\r\n";
/// let mut parser = HeadParser::new(Limits::default());
/// parser.parse(request)?;
/// let headers = parser.head(request).headers();
/// assert_eq!(headers.get("ACCEPT").as_deref(), Some("a"));
/// assert_eq!(headers.get_all("accept").collect::<Vec<_>>(), ["a", "b"]);
/// assert_eq!(headers.get("x-name").as_deref(), Some("café"));
/// assert_eq!(headers.iter().last().map(|(name, _)| name), Some("accept"));
/// assert_eq!(headers.get("absent"), None);
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
#[doc(alias = "MessageClass")]
#[derive(Clone, Copy, Default)]
pub struct RequestHeaders<'a> {
    fields: &'a [Field],
    buffer: &'a [u8],
}

/// Where a field stands in the buffer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Field {
    pub(super) name: Span,
    pub(super) value: Span,
}

impl<'a> RequestHeaders<'a> {
    pub(super) fn new(fields: &'a [Field], buffer: &'a [u8]) -> Self {
        Self { fields, buffer }
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get_bytes(name).map(octets::latin1)
    }

    /// The value of the first field of this name, as bytes.
    pub fn get_bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.get_all_bytes(name).next()
    }

    /// The values of all fields of this name, in order.
    pub fn get_all<'n>(&self, name: &'n str) -> impl Iterator<Item = Cow<'a, str>> + use<'a, 'n> {
        self.get_all_bytes(name).map(octets::latin1)
    }

    /// The values of all fields of this name, in order, as bytes.
    pub fn get_all_bytes<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let buffer = self.buffer;
        self.fields
            .iter()
            .filter(move |field| field.name.of(buffer).eq_ignore_ascii_case(name.as_bytes()))
            .map(move |field| field.value.of(buffer))
    }

    /// Whether there is a field of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.get_bytes(name).is_some()
    }

    /// All fields in order, names in their original case.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        self.iter_bytes().map(|(name, value)| (name, octets::latin1(value)))
    }

    /// All fields in order, names in their original case, values as bytes.
    pub fn iter_bytes(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> + use<'a> {
        let buffer = self.buffer;
        // Names were checked to be tokens, hence ASCII.
        self.fields.iter().map(move |field| {
            (std::str::from_utf8(field.name.of(buffer)).unwrap_or_default(), field.value.of(buffer))
        })
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl fmt::Debug for RequestHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
