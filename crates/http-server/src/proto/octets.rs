//! Which bytes may stand where (RFC 9110 §5.5, §5.6.2; RFC 9112 §3.2), and bytes as text.

use std::borrow::Cow;

/// Whether the byte is a `tchar` (RFC 9110 §5.6.2).
pub(super) const fn is_token_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & TOKEN != 0
}

/// Whether the text is a `token`: at least one `tchar` and nothing else.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Whether the byte may stand in a field value or reason phrase: HTAB, SP, visible ASCII and 0x80-0xff.
pub(super) const fn is_text_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & TEXT != 0
}

/// Whether all bytes are SP or visible ASCII. Eight at a time, since every field of a response passes through here.
pub(super) fn is_visible_ascii(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    };
    let mut words = bytes.chunks_exact(8).filter_map(<[u8]>::first_chunk);
    words.all(|word| is_visible_word(*word)) && is_visible_word(*last)
}

/// A byte below SP borrows when SP is taken from it, and DEL is the one that becomes zero, hence borrows when one is
/// taken: either shows in the topmost bit, as does a byte that is no ASCII; no other byte sets it.
fn is_visible_word(word: [u8; 8]) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_ne_bytes(word);
    let low = word.wrapping_sub(0x20 * EACH);
    let delete = (word ^ (0x7f * EACH)).wrapping_sub(EACH);
    (low | delete | word) & (0x80 * EACH) == 0
}

/// Whether the byte may stand in a request target: visible ASCII except `#`.
pub(super) const fn is_target_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & TARGET != 0
}

/// Whether the byte may stand unescaped in a host name: `unreserved` or `sub-delims` (RFC 3986 §3.2.2).
pub(super) const fn is_reg_name_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & REG_NAME != 0
}

/// Whether the name or value of a field is this word of lowercase letters and hyphens, in any case.
///
/// The bit that makes a letter lowercase is set in a hyphen already, and of the bytes that become either by it only CR is
/// another one, which stands in no field: so whole registers can be compared, since the length is fixed.
#[inline]
pub(super) fn is_word<const N: usize>(bytes: &[u8], word: &[u8; N]) -> bool {
    <&[u8; N]>::try_from(bytes).is_ok_and(|bytes| bytes.map(|byte| byte | 0x20) == *word)
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
    use super::is_visible_ascii;

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
}
