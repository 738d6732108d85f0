//! Which bytes may stand where (RFC 9110 §5.5, §5.6.2; RFC 9112 §3.2), and bytes as text.

use std::borrow::Cow;

/// Whether the byte is a `tchar` (RFC 9110 §5.6.2).
pub(super) const fn is_token_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & TOKEN != 0
}

/// Whether the text is a `token`: at least one `tchar` and nothing else.
#[inline]
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && (all_words(bytes, has_letters_and_hyphens) || has_token_bytes(bytes))
}

#[inline(never)]
fn has_token_bytes(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Whether the byte may stand in a field value or reason phrase: HTAB, SP, visible ASCII and 0x80-0xff.
pub(super) const fn is_text_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & TEXT != 0
}

/// Whether all bytes are SP or visible ASCII.
#[inline]
pub(super) fn is_visible_ascii(bytes: &[u8]) -> bool {
    all_words(bytes, is_visible)
}

/// Whether all bytes pass a check of eight at a time, which `a` passes: every field of a response goes through two of these.
#[inline(always)]
fn all_words(bytes: &[u8], check: impl Fn(u64) -> bool) -> bool {
    let word = |bytes: &[u8; 8]| check(u64::from_ne_bytes(*bytes));
    if let Some(last) = bytes.last_chunk() {
        let mut words = bytes.chunks_exact(8).filter_map(<[u8]>::first_chunk);
        return words.all(word) && word(last);
    }
    if let Some((all, _)) = ends(bytes) {
        return check(all);
    }
    let filler = u64::from(b'a') * EACH;
    check(bytes.iter().fold(filler, |word, byte| word << 8 | u64::from(*byte)))
}

const EACH: u64 = u64::from_ne_bytes([1; 8]);
const TOP: u64 = 0x80 * EACH;

/// A byte below SP borrows when SP is taken from it, and DEL is the one that becomes zero, hence borrows when one is
/// taken: either shows in the topmost bit, as does a byte that is no ASCII; no other byte sets it.
fn is_visible(word: u64) -> bool {
    let low = word.wrapping_sub(0x20 * EACH);
    let delete = (word ^ (0x7f * EACH)).wrapping_sub(EACH);
    (low | delete | word) & TOP == 0
}

/// Of seven bits and as many, no sum goes beyond its byte; its topmost bit tells whether it has reached 0x80.
fn has_letters_and_hyphens(word: u64) -> bool {
    let low = word & !TOP;
    let lowercase = low | (0x20 * EACH);
    let from_a = lowercase + (0x80 - b'a' as u64) * EACH;
    let beyond_z = lowercase + (0x7f - b'z' as u64) * EACH;
    let no_hyphen = (low ^ (b'-' as u64 * EACH)) + 0x7f * EACH;
    (from_a & !beyond_z | !no_hyphen) & !word & TOP == TOP
}

/// Whether the byte may stand in a request target: visible ASCII except `#`.
pub(super) const fn is_target_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & TARGET != 0
}

/// Whether the byte may stand unescaped in a host name: `unreserved` or `sub-delims` (RFC 3986 §3.2.2).
pub(super) const fn is_reg_name_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & REG_NAME != 0
}

/// Whether the name or value of a field is this word of at least four lowercase letters and hyphens, in any case.
///
/// The bit that makes a letter lowercase is set in a hyphen already, and of the bytes that become either by it only CR is
/// another one, which stands in no field: so whole registers can be compared, since the length is fixed.
#[inline]
pub(crate) fn is_word<const N: usize>(bytes: &[u8], word: &[u8; N]) -> bool {
    let Ok(bytes) = <&[u8; N]>::try_from(bytes) else { return false };
    if N > 16 {
        return bytes.map(|byte| byte | 0x20) == *word;
    }
    ends(bytes).map(|(first, last)| (first | (0x20 * EACH), last | (0x20 * EACH))) == ends(word)
}

/// The first and the last bytes of at least four and at most 16, which are all of them; twice the same of less than eight.
#[inline(always)]
fn ends(bytes: &[u8]) -> Option<(u64, u64)> {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return Some((u64::from_ne_bytes(*first), u64::from_ne_bytes(*last)));
    }
    let half = |bytes: &[u8; 4]| u64::from(u32::from_ne_bytes(*bytes));
    let both = half(bytes.first_chunk()?) << 32 | half(bytes.last_chunk()?);
    Some((both, both))
}

/// Removes SP and HTAB from both ends, and nothing else: no other whitespace counts as such in HTTP.
#[inline(never)]
pub(super) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The bytes as text, each byte being one character (latin-1), as everywhere in CPython's header handling.
pub(super) fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match ascii(bytes) {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// The bytes as borrowed text, if all of them are ASCII.
#[inline(never)]
pub(super) fn ascii(bytes: &[u8]) -> Option<&str> {
    if bytes.is_ascii() { std::str::from_utf8(bytes).ok() } else { None }
}

const TOKEN: u8 = 1;
const TEXT: u8 = 2;
const TARGET: u8 = 4;
const REG_NAME: u8 = 8;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        let mut class = 0;
        let alphanumeric = b.is_ascii_alphanumeric();
        if alphanumeric
            || matches!(
                b,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'.'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'|'
                    | b'~'
            )
        {
            class |= TOKEN;
        }
        if b == b'\t' || (b >= b' ' && b != 0x7f) {
            class |= TEXT;
        }
        if b > b' ' && b < 0x7f && b != b'#' {
            class |= TARGET;
        }
        if alphanumeric
            || matches!(
                b,
                b'-' | b'.'
                    | b'_'
                    | b'~'
                    | b'!'
                    | b'$'
                    | b'&'
                    | b'\''
                    | b'('
                    | b')'
                    | b'*'
                    | b'+'
                    | b','
                    | b';'
                    | b'='
            )
        {
            class |= REG_NAME;
        }
        classes[byte] = class;
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_visible_is_found_wherever_it_stands() {
        for length in 0..20 {
            for other in b' '..=b'~' {
                assert!(is_visible_ascii(&vec![other; length]), "{length} of {other:#x}");
                for place in 0..length {
                    for byte in (0..b' ').chain(0x7f..=0xff) {
                        let mut bytes = vec![other; length];
                        bytes[place] = byte;
                        assert!(
                            !is_visible_ascii(&bytes),
                            "{byte:#x} at {place} of {length}, {other:#x}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_token_has_nothing_else_wherever_it_stands() {
        assert!(!is_token(b""));
        for length in 1..20 {
            for other in [b'a', b'z', b'A', b'Z', b'-', b'0', b'~'] {
                for place in 0..length {
                    for byte in 0..=0xff {
                        let mut bytes = vec![other; length];
                        bytes[place] = byte;
                        assert_eq!(
                            is_token(&bytes),
                            is_token_byte(byte),
                            "{byte:#x} at {place} of {length}"
                        );
                    }
                }
            }
        }
    }
}
