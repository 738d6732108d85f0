//! Reading a buffer from front to back, several bytes at a step.

use super::octets;
use std::slice;

/// A place in a buffer.
pub(super) struct Cursor<'a> {
    /// What comes after the place. Where it ends never moves, so only its start occupies a register in each loop.
    rest: slice::Iter<'a, u8>,
}

impl<'a> Cursor<'a> {
    #[inline(always)]
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes.iter() }
    }

    /// What comes after this place.
    #[inline(always)]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest.as_slice()
    }

    /// How many bytes come after this place.
    #[inline(always)]
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Passes these bytes; `None` if others come next.
    #[inline(always)]
    pub(super) fn eat<const N: usize>(&mut self, bytes: &[u8; N]) -> Option<()> {
        (self.rest().first_chunk()? == bytes).then(|| self.advance(N))
    }

    /// Passes bytes up to the first one that is not of this kind.
    #[inline(always)]
    pub(super) fn skip_while(&mut self, is_of_kind: impl Fn(u8) -> bool) {
        // Only a loop of known length is unrolled, and has no ends to check.
        while let Some(block) = self.rest().first_chunk::<8>() {
            for (at, &byte) in block.iter().enumerate() {
                if !is_of_kind(byte) {
                    return self.advance(at);
                }
            }
            self.advance(block.len());
        }
        while self.rest().first().is_some_and(|&byte| is_of_kind(byte)) {
            self.advance(1);
        }
    }

    /// Passes SP and HTAB.
    #[inline(always)]
    pub(super) fn skip_blanks(&mut self) {
        while let [b' ' | b'\t', ..] = self.rest() {
            self.advance(1);
        }
    }

    /// Passes bytes up to the first one that may not stand in the value of a field.
    #[inline(always)]
    pub(super) fn skip_text(&mut self) {
        while let Some(&block) = self.rest().first_chunk() {
            let suspects = not_printable(u64::from_le_bytes(block));
            if suspects == 0 {
                self.advance(block.len());
                continue;
            }
            self.advance(suspects.trailing_zeros() as usize / 8);
            if !self.rest().first().is_some_and(|&byte| octets::is_text_byte(byte)) {
                return;
            }
            self.advance(1);
        }
        self.skip_while(octets::is_text_byte);
    }

    #[inline(always)]
    fn advance(&mut self, count: usize) {
        if let Some(last) = count.checked_sub(1) {
            self.rest.nth(last);
        }
    }
}

/// Marks the first of eight bytes, the lowest being the first, that is neither SP nor visible ASCII; zero if there is none.
///
/// The mark is the high bit of its byte. Bytes after the first one may be marked without cause.
#[inline(always)]
fn not_printable(block: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // Only a byte below SP borrows from the next one, and only 0xff carries into it: both are marked themselves.
    let below_space = block.wrapping_sub(b' ' as u64 * ONES);
    let del_or_above = block.wrapping_add(ONES);
    (below_space | del_or_above | block) & (0x80 * ONES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(bytes: &[u8], skip: impl Fn(&mut Cursor<'_>)) -> usize {
        let mut cursor = Cursor::new(bytes);
        skip(&mut cursor);
        assert!(bytes.ends_with(cursor.rest()));
        bytes.len() - cursor.left()
    }

    #[test]
    fn runs_end_where_a_loop_over_single_bytes_ends() {
        for length in 0..20 {
            for at in 0..length {
                for byte in 0..=255 {
                    for around in [b'a', b'~', b' ', b'\t', 0x80, 0xff] {
                        let mut bytes = vec![around; length];
                        bytes[at] = byte;
                        let end = |is_of_kind: fn(u8) -> bool| {
                            bytes.iter().position(|&byte| !is_of_kind(byte)).unwrap_or(length)
                        };
                        assert_eq!(
                            passed(&bytes, |cursor| cursor.skip_text()),
                            end(octets::is_text_byte)
                        );
                        assert_eq!(
                            passed(&bytes, |cursor| cursor.skip_while(octets::is_token_byte)),
                            end(octets::is_token_byte)
                        );
                        assert_eq!(
                            passed(&bytes, |cursor| cursor.skip_blanks()),
                            end(|byte| matches!(byte, b' ' | b'\t'))
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn eats_what_comes_next_and_nothing_else() {
        let mut cursor = Cursor::new(b"ab");
        assert_eq!((cursor.eat(b"b"), cursor.eat(b"abc"), cursor.left()), (None, None, 2));
        assert_eq!((cursor.eat(b"ab"), cursor.eat(b"b"), cursor.left()), (Some(()), None, 0));
    }
}
