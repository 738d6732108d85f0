//! `wsgiref.headers`.

use crate::native;
use std::fmt;
use std::iter::FusedIterator;

/// An ordered multi-map of response headers, names in any case (`wsgiref.headers.Headers`).
///
/// No control character gets in, so no value can end its line (CPython gh-143916, RFC 9110 §5.5).
///
/// ```
/// use wsgi_util::Headers;
///
/// let mut headers = Headers::new();
/// headers.set("Content-Type", "text/plain")?;
/// headers.add_header("Content-Disposition", "attachment", &[("filename", Some("bud.gif"))])?;
/// assert_eq!(headers.get("content-type"), Some("text/plain"));
/// assert_eq!(
///     headers.to_string(),
///     "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"bud.gif\"\r\n\r\n",
/// );
///
/// let error = headers.set("X-Name", "a\r\nSet-Cookie: b").unwrap_err();
/// assert!(error.to_string().starts_with("Control characters not allowed in headers"));
/// # Ok::<(), wsgi_util::HeaderError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// The lines as they are written, one after the other: `Name: value\r\n`.
    lines: String,
    /// How long name and value of each line are.
    lengths: Vec<(usize, usize)>,
}

/// What a line has between and behind its two parts.
const SEPARATOR: &str = ": ";
const LINE_END: &str = "\r\n";

impl Headers {
    /// No headers: `Headers()`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// assert_eq!(Headers::new().to_string(), "\r\n", "only the empty line that ends them");
    /// ```
    pub fn new() -> Headers {
        Headers::default()
    }

    /// Headers from a list of pairs: `Headers([(name, value), ...])`. The list is copied.
    ///
    /// # Errors
    ///
    /// A name or a value contains a control character.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1")])?;
    /// assert_eq!(headers.to_string(), "Allow: GET\r\nAge: 1\r\n\r\n");
    /// assert!(Headers::from_pairs([("Allow", "GET\r\n")]).is_err());
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Headers, HeaderError> {
        let mut headers = Headers::new();
        for (name, value) in pairs {
            headers.append(name.as_ref(), value.as_ref())?;
        }
        Ok(headers)
    }

    /// The number of headers, with duplicates.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// assert_eq!(headers.len(), 3);
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    #[doc(alias = "__len__")]
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Tells whether there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let mut headers = Headers::new();
    /// assert!(headers.is_empty());
    /// headers.set("Age", "1")?;
    /// assert!(!headers.is_empty());
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The first value of a header.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// assert_eq!(headers.get("ALLOW"), Some("GET"));
    /// assert_eq!(headers.get("Date"), None);
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    #[doc(alias = "__getitem__")]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut start = 0;
        for &(name_length, value_length) in &self.lengths {
            if self.is_named(start, name_length, name) {
                return Some(self.value(start, name_length, value_length));
            }
            start += line_length(name_length, value_length);
        }
        None
    }

    /// Every value of a header, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// assert_eq!(headers.get_all("Allow"), ["GET", "HEAD"]);
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn get_all(&self, name: &str) -> Vec<&str> {
        self.values_of(name).collect()
    }

    /// Walks over the values of a header, in order: [`get_all`](Headers::get_all) without a list.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// assert!(headers.values_of("ALLOW").eq(["GET", "HEAD"]));
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn values_of<'h, 'n>(
        &'h self,
        name: &'n str,
    ) -> impl Iterator<Item = &'h str> + use<'h, 'n> {
        let mut end = 0;
        self.lengths.iter().filter_map(move |&(name_length, value_length)| {
            let start = end;
            end += line_length(name_length, value_length);
            self.is_named(start, name_length, name)
                .then(|| self.value(start, name_length, value_length))
        })
    }

    /// Whether the line that starts there has this name, in any case.
    #[inline]
    fn is_named(&self, start: usize, length: usize, name: &str) -> bool {
        // The length tells most names apart, and most of the others are written alike.
        length == name.len() && {
            let other = &self.lines.as_bytes()[start..start + length];
            other == name.as_bytes() || other.eq_ignore_ascii_case(name.as_bytes())
        }
    }

    /// The value in the line that starts there.
    #[inline]
    fn value(&self, start: usize, name_length: usize, length: usize) -> &str {
        let start = start + name_length + SEPARATOR.len();
        &self.lines[start..start + length]
    }

    /// Tells whether a header is there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// assert!(headers.contains("age"));
    /// assert!(!headers.contains("Date"));
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    #[doc(alias = "__contains__")]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a header: removes every one of the name and appends this one.
    ///
    /// # Errors
    ///
    /// The name or the value contains a control character; nothing is changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let mut headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// headers.set("Allow", "POST")?;
    /// assert_eq!(headers.lines(), "Age: 1\r\nAllow: POST\r\n");
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    #[doc(alias = "__setitem__")]
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        check(name, value)?;
        self.remove(name);
        self.push(name, value);
        Ok(())
    }

    /// Removes every header of a name. None at all is no error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let mut headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// headers.remove("Allow");
    /// assert_eq!(headers.lines(), "Age: 1\r\n");
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    #[doc(alias = "__delitem__")]
    pub fn remove(&mut self, name: &str) {
        let (mut start, lines) = (0, &mut self.lines);
        self.lengths.retain(|&(name_length, value_length)| {
            let keep = !lines[start..start + name_length].eq_ignore_ascii_case(name);
            let length = line_length(name_length, value_length);
            if keep {
                start += length;
            } else {
                lines.drain(start..start + length);
            }
            keep
        });
    }

    /// The first value of a header, which is appended with this value if it is not there.
    ///
    /// # Errors
    ///
    /// The name or the value contains a control character.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let mut headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// assert_eq!(headers.setdefault("Allow", "POST")?, "GET");
    /// assert_eq!(headers.setdefault("Vary", "Accept")?, "Accept");
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn setdefault(&mut self, name: &str, value: &str) -> Result<&str, HeaderError> {
        check(name, value)?;
        if !self.contains(name) {
            self.push(name, value);
        }
        Ok(self.get(name).unwrap_or_default())
    }

    /// Appends a header, also if one of its name is there.
    ///
    /// # Errors
    ///
    /// The name or the value contains a control character.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let mut headers = Headers::new();
    /// headers.append("Set-Cookie", "a=1")?;
    /// headers.append("Set-Cookie", "b=2")?;
    /// assert_eq!(headers.get_all("Set-Cookie"), ["a=1", "b=2"]);
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn append(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        check(name, value)?;
        self.push(name, value);
        Ok(())
    }

    /// Appends a header whose value has parameters.
    ///
    /// A parameter's underscores become dashes; with `None` or an empty text it stands alone, else it is written
    /// `name="value"`. Without a value the parameters are the value. Text is written as it is: RFC 2231's encodings
    /// are not applied, as in `wsgiref`.
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let mut headers = Headers::new();
    /// headers.add_header("Content-Type", "text/html", &[("charset", Some("utf-8"))])?;
    /// headers.add_header("Strict-Transport-Security", None, &[("max_age", Some("60")), ("preload", None)])?;
    /// assert_eq!(headers.get("Content-Type"), Some(r#"text/html; charset="utf-8""#));
    /// assert_eq!(headers.get("Strict-Transport-Security"), Some(r#"max-age="60"; preload"#));
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The name, the value, or the name or value of a parameter contains a control character.
    pub fn add_header<'v>(
        &mut self,
        name: &str,
        value: impl Into<Option<&'v str>>,
        params: &[(&str, Option<&str>)],
    ) -> Result<(), HeaderError> {
        let value = value.into();
        let mut line = value.unwrap_or_default().to_owned();
        for (index, (param, param_value)) in params.iter().enumerate() {
            check(param, param_value.unwrap_or_default())?;
            if index > 0 || value.is_some() {
                line.push_str("; ");
            }
            line.extend(param.chars().map(|char| if char == '_' { '-' } else { char }));
            if let Some(value) = param_value.filter(|value| !value.is_empty()) {
                line.push_str("=\"");
                for char in value.chars() {
                    if matches!(char, '\\' | '"') {
                        line.push('\\');
                    }
                    line.push(char);
                }
                line.push('"');
            }
        }
        self.append(name, &line)
    }

    /// The names in order, with duplicates.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// assert!(headers.keys().eq(["Allow", "Age", "allow"]));
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.iter().map(|(name, _)| name)
    }

    /// The values in order.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// assert!(headers.values().eq(["GET", "1", "HEAD"]));
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// The pairs in order: `items()`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1"), ("allow", "HEAD")])?;
    /// for (name, value) in headers.iter() {
    ///     println!("{name} is {value}");
    /// }
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    #[doc(alias = "items")]
    pub fn iter(&self) -> HeadersIter<'_> {
        HeadersIter { lines: &self.lines, lengths: self.lengths.iter() }
    }

    /// The lines of the block, each with its CRLF, without the empty line at the end. Nothing is copied.
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1")])?;
    /// assert_eq!(headers.lines(), "Allow: GET\r\nAge: 1\r\n");
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// The block as it is sent, with the empty line at its end, in ISO-8859-1: `bytes(headers)`.
    ///
    /// # Errors
    ///
    /// A header contains a char above U+00FF.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("X-Name", "caf\u{e9}")])?;
    /// assert_eq!(headers.to_bytes()?, b"X-Name: caf\xe9\r\n\r\n");
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    #[doc(alias = "__bytes__")]
    pub fn to_bytes(&self) -> Result<Vec<u8>, HeaderError> {
        let mut block = Vec::with_capacity(self.lines.len() + LINE_END.len());
        self.append_to(&mut block)?;
        Ok(block)
    }

    /// Appends the block of [`to_bytes`](Headers::to_bytes) to a buffer.
    ///
    /// # Errors
    ///
    /// A header contains a char above U+00FF; nothing is appended then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Headers;
    /// let headers = Headers::from_pairs([("Age", "1")])?;
    /// let mut response = b"HTTP/1.1 200 OK\r\n".to_vec();
    /// headers.append_to(&mut response)?;
    /// assert_eq!(response, b"HTTP/1.1 200 OK\r\nAge: 1\r\n\r\n");
    /// # Ok::<(), wsgi_util::HeaderError>(())
    /// ```
    pub fn append_to(&self, buffer: &mut Vec<u8>) -> Result<(), HeaderError> {
        if let Some(error) = self.not_latin1() {
            return Err(error);
        }
        buffer.extend_from_slice(&native::to_bytes(&self.lines));
        buffer.extend_from_slice(LINE_END.as_bytes());
        Ok(())
    }

    fn not_latin1(&self) -> Option<HeaderError> {
        if self.lines.is_ascii() {
            return None;
        }
        self.iter().find_map(|(name, value)| {
            let character =
                native::first_non_native(name).or_else(|| native::first_non_native(value))?;
            Some(HeaderError::NotLatin1 { name: name.to_owned(), character })
        })
    }

    /// Appends a line that was checked.
    fn push(&mut self, name: &str, value: &str) {
        let length = line_length(name.len(), value.len());
        // Most blocks are larger than a line, and fit into this.
        self.lines.reserve(if self.lines.is_empty() { length.max(ROOM) } else { length });
        for part in [name, SEPARATOR, value, LINE_END] {
            self.lines.push_str(part);
        }
        self.lengths.push((name.len(), value.len()));
    }
}

impl fmt::Display for Headers {
    /// Writes the block as it is sent, with the empty line at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines)?;
        f.write_str(LINE_END)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Headers").field(&self.iter().collect::<Vec<_>>()).finish()
    }
}

impl<'h> IntoIterator for &'h Headers {
    type Item = (&'h str, &'h str);
    type IntoIter = HeadersIter<'h>;

    fn into_iter(self) -> HeadersIter<'h> {
        self.iter()
    }
}

/// Walks over the pairs of [`Headers`] in order.
///
/// # Examples
///
/// ```
/// use wsgi_util::{Headers, HeadersIter};
///
/// let headers = Headers::from_pairs([("Allow", "GET"), ("Age", "1")])?;
/// let mut pairs: HeadersIter = headers.iter();
/// assert_eq!(pairs.len(), 2);
/// assert_eq!(pairs.next(), Some(("Allow", "GET")));
/// assert_eq!(pairs.next(), Some(("Age", "1")));
/// # Ok::<(), wsgi_util::HeaderError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeadersIter<'h> {
    /// The lines that are left.
    lines: &'h str,
    lengths: std::slice::Iter<'h, (usize, usize)>,
}

impl<'h> Iterator for HeadersIter<'h> {
    type Item = (&'h str, &'h str);

    fn next(&mut self) -> Option<(&'h str, &'h str)> {
        let &(name_length, value_length) = self.lengths.next()?;
        // `push` made each line of exactly these parts.
        let (line, rest) = self.lines.split_at(line_length(name_length, value_length));
        self.lines = rest;
        let value_start = name_length + SEPARATOR.len();
        Some((&line[..name_length], &line[value_start..value_start + value_length]))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.lengths.size_hint()
    }
}

impl ExactSizeIterator for HeadersIter<'_> {}
impl FusedIterator for HeadersIter<'_> {}

/// Why a header is refused.
///
/// # Examples
///
/// ```
/// use wsgi_util::{HeaderError, Headers};
///
/// let mut headers = Headers::new();
/// let error = headers.set("Location", "/\r\nSet-Cookie: a=1").unwrap_err();
/// assert_eq!(error, HeaderError::ControlInValue { name: "Location".into(), character: '\r' });
///
/// headers.set("X-Price", "3 \u{20ac}")?; // refused only when it is to be sent
/// assert!(matches!(headers.to_bytes(), Err(HeaderError::NotLatin1 { character: '\u{20ac}', .. })));
/// # Ok::<(), wsgi_util::HeaderError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A name contains 0x00-0x1F or 0x7F.
    #[error(
        "Control characters not allowed in headers: the name {name:?} contains {character:?} (RFC 9110 §5.1); \
         remove it"
    )]
    ControlInName {
        /// The name.
        name: String,
        /// The first such character in it.
        character: char,
    },
    /// A value contains 0x00-0x1F other than HTAB, or 0x7F.
    #[error(
        "Control characters not allowed in headers: the value of {name:?} contains {character:?} \
         (RFC 9110 §5.5); remove it"
    )]
    ControlInValue {
        /// The header's name.
        name: String,
        /// The first such character in its value.
        character: char,
    },
    /// A name or value that is to be sent contains a char above U+00FF, so it is no native string.
    #[error(
        "the header {name:?} contains {character:?}, which stands for no byte (PEP 3333, Unicode Issues); encode \
         the text, for example by percent-encoding"
    )]
    NotLatin1 {
        /// The header's name.
        name: String,
        /// The first such character.
        character: char,
    },
}

/// Room for the headers of a usual response.
const ROOM: usize = 256;

fn line_length(name_length: usize, value_length: usize) -> usize {
    name_length + SEPARATOR.len() + value_length + LINE_END.len()
}

/// Refuses control characters (`wsgiref.headers`, gh-143916): 0x00-0x1F and 0x7F, HTAB only in names.
fn check(name: &str, value: &str) -> Result<(), HeaderError> {
    if !has_control(name.as_bytes()) && !has_control(value.as_bytes()) {
        return Ok(());
    }
    // Both sets are ASCII, so bytes will do.
    if let Some(byte) = name.bytes().find(u8::is_ascii_control) {
        return Err(HeaderError::ControlInName {
            name: name.to_owned(),
            character: char::from(byte),
        });
    }
    if let Some(byte) = value.bytes().find(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(HeaderError::ControlInValue {
            name: name.to_owned(),
            character: char::from(byte),
        });
    }
    Ok(())
}

/// Whether any byte is 0x00-0x1F or 0x7F. Eight at a time, since every header passes through here.
fn has_control(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else { return bytes.iter().any(u8::is_ascii_control) };
    let mut words = bytes.chunks_exact(8).filter_map(<[u8]>::first_chunk);
    words.any(|word| word_has_control(*word)) || word_has_control(*last)
}

/// A byte below 0x20 borrows when 0x20 is taken from it, and 0x7F is the one that becomes zero, hence borrows when one is
/// taken: either shows in the topmost bit, which no other byte below 0x80 has then, and all from there on have from the
/// start.
fn word_has_control(word: [u8; 8]) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_ne_bytes(word);
    let low = word.wrapping_sub(0x20 * EACH);
    let delete = (word ^ (0x7f * EACH)).wrapping_sub(EACH);
    (low | delete) & !word & (0x80 * EACH) != 0
}

#[cfg(test)]
mod tests {
    use super::has_control;

    #[test]
    fn a_control_character_is_found_wherever_it_stands() {
        for length in 0..20 {
            let others: Vec<u8> = (0x20..0x7f).chain(0x80..=0xff).collect();
            for &other in &others {
                assert!(!has_control(&vec![other; length]), "{length} of {other:#x}");
            }
            for place in 0..length {
                for byte in (0..0x20).chain([0x7f]) {
                    for &other in &others {
                        let mut bytes = vec![other; length];
                        bytes[place] = byte;
                        assert!(
                            has_control(&bytes),
                            "{byte:#x} at {place} of {length}, {other:#x}"
                        );
                    }
                }
            }
        }
    }
}
