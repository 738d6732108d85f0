//! Native strings: how PEP 3333 puts bytes into text ("Unicode Issues").
//!
//! Every string of an environ, a status or a header stands for bytes, one char per byte (ISO-8859-1). So `PATH_INFO`
//! of `/café` arrives as `/cafÃ©`: [`to_bytes`] gives the bytes back, and
//! [`Environ::get_utf8`](crate::Environ::get_utf8) the text that was meant.
//!
//! # Examples
//!
//! ```
//! use wsgi_util::native;
//!
//! let path_info = native::from_bytes("/café".as_bytes());
//! assert_eq!(path_info, "/cafÃ©");
//! assert_eq!(std::str::from_utf8(&native::to_bytes(&path_info))?, "/café");
//! # Ok::<(), std::str::Utf8Error>(())
//! ```

use std::borrow::Cow;

/// Turns bytes into a native string.
///
/// ```
/// # use wsgi_util::native;
/// assert_eq!(native::from_bytes(b"/caf\xc3\xa9"), "/caf\u{c3}\u{a9}");
/// ```
pub fn from_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Turns a native string back into bytes.
///
/// A char above U+00FF has no place in a native string; it gives its UTF-8 bytes, which are what was meant.
///
/// ```
/// # use wsgi_util::native;
/// assert_eq!(*native::to_bytes("/caf\u{c3}\u{a9}"), *b"/caf\xc3\xa9");
/// assert_eq!(*native::to_bytes("\u{20ac}"), *"\u{20ac}".as_bytes());
/// ```
pub fn to_bytes(text: &str) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for char in text.chars() {
        match u8::try_from(char) {
            Ok(byte) => bytes.push(byte),
            Err(_) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// The first char that a native string may not hold.
///
/// # Examples
///
/// ```
/// # use wsgi_util::native;
/// assert_eq!(native::first_non_native("caf\u{e9}"), None);
/// assert_eq!(native::first_non_native("3 \u{20ac}"), Some('\u{20ac}'), "the euro sign stands for no byte");
/// ```
pub fn first_non_native(text: &str) -> Option<char> {
    text.chars().find(|char| *char > '\u{ff}')
}
