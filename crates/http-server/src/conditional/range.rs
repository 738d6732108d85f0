//! The `Range` field (RFC 9110 §14).

use std::cmp::Ordering;

/// How many ranges are answered one by one; who asks for more gets the whole.
///
/// RFC 9110 §14.2 and §17.15: a short request must not make a server work, or send, out of all proportion
/// (CVE-2011-3192). Together with [`Ranges::parse`] refusing overlaps, no answer has more bytes of the representation than
/// the representation itself.
pub const MAX_RANGES: usize = 16;

/// Some bytes of a representation, from the first to the last one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByteRange {
    first: u64,
    last: u64,
}

impl ByteRange {
    /// The place of the first byte.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The place of the last byte, which belongs to the range.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// How many bytes it has: at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no range is empty")]
    pub fn len(&self) -> u64 {
        // `last` is below the size of a representation, so this cannot wrap.
        self.last - self.first + 1
    }

    /// The value of `Content-Range` for a representation of that size: `bytes 0-4/10`.
    #[must_use]
    pub fn content_range(&self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.first, self.last)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// What a request wants of a representation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ranges {
    /// All of it: no `Range`, one that is not understood, or one that asks for too much.
    Whole,
    /// One part, for a 206 response with `Content-Range`.
    One(ByteRange),
    /// Parts that do not overlap, in the order of the request, for `multipart/byteranges`.
    Several(Vec<ByteRange>),
    /// Nothing that is there: 416 with `Content-Range: bytes */size`.
    Unsatisfiable,
}

impl Ranges {
    /// Reads the value of a `Range` field for a representation of that size.
    ///
    /// Other units, syntax errors and a last byte before the first one make the field count for nothing (RFC 9110 §14.2);
    /// numbers may be of any length. Of several ranges those count that are satisfiable. If they overlap, or are more than
    /// [`MAX_RANGES`], the answer is the whole, which is less work for everybody.
    ///
    /// # Examples
    ///
    /// ```
    /// use http_server::conditional::Ranges;
    ///
    /// let Ranges::One(range) = Ranges::parse(b"bytes=5-99999999999999999999", 10) else { panic!() };
    /// assert_eq!((range.first(), range.last(), range.len()), (5, 9, 5));
    /// assert!(matches!(Ranges::parse(b"bytes=0-0,-1", 10), Ranges::Several(parts) if parts.len() == 2));
    /// assert_eq!(Ranges::parse(b"bytes=10-", 10), Ranges::Unsatisfiable);
    /// assert_eq!(Ranges::parse(b"bytes=5-4", 10), Ranges::Whole);
    /// assert_eq!(Ranges::parse(b"lines=1-2", 10), Ranges::Whole);
    /// ```
    #[must_use]
    pub fn parse(value: &[u8], size: u64) -> Self {
        let Some((unit, set)) = value.split_at_checked(UNIT.len()) else { return Self::Whole };
        if !unit.eq_ignore_ascii_case(UNIT) {
            return Self::Whole;
        }
        let mut parts: Vec<ByteRange> = Vec::new();
        let (mut any, mut too_much) = (false, false);
        for spec in set.split(|&byte| byte == b',').map(trim).filter(|spec| !spec.is_empty()) {
            let Some(spec) = Spec::parse(spec) else { return Self::Whole };
            any = true;
            match spec.within(size) {
                // All of nothing: it can be sent, but no Content-Range can say so.
                Part::Empty => too_much = true,
                Part::Outside => {}
                // What is there to decide is decided; the rest is read for its syntax only.
                Part::Inside(_) if too_much => {}
                Part::Inside(part) => {
                    too_much = parts.len() == MAX_RANGES || parts.iter().any(|p| p.overlaps(&part));
                    parts.push(part);
                }
            }
        }
        match parts.as_slice() {
            _ if !any || too_much => Self::Whole,
            [] => Self::Unsatisfiable,
            [only] => Self::One(*only),
            _ => Self::Several(parts),
        }
    }
}

/// RFC 9110 §14.1: the name of a unit has no case.
const UNIT: &[u8] = b"bytes=";

/// One element of the field.
enum Spec<'a> {
    From(Digits<'a>),
    FromTo(Digits<'a>, Digits<'a>),
    /// So many bytes at the end.
    Last(Digits<'a>),
}

/// What an element means for a representation.
enum Part {
    Inside(ByteRange),
    Outside,
    Empty,
}

impl<'a> Spec<'a> {
    fn parse(spec: &'a [u8]) -> Option<Self> {
        let dash = spec.iter().position(|&byte| byte == b'-')?;
        let (before, after) = (spec.get(..dash)?, spec.get(dash + 1..)?);
        match (before, after) {
            (b"", length) => Digits::parse(length).map(Self::Last),
            (first, b"") => Digits::parse(first).map(Self::From),
            (first, last) => {
                let (first, last) = (Digits::parse(first)?, Digits::parse(last)?);
                (first <= last).then_some(Self::FromTo(first, last))
            }
        }
    }

    fn within(&self, size: u64) -> Part {
        let from_to = |first: u64, last: u64| {
            if first < size {
                Part::Inside(ByteRange { first, last: last.min(size - 1) })
            } else {
                Part::Outside
            }
        };
        match self {
            Self::From(first) => from_to(first.value(), u64::MAX),
            Self::FromTo(first, last) => from_to(first.value(), last.value()),
            Self::Last(length) => match length.value() {
                0 => Part::Outside,
                _ if size == 0 => Part::Empty,
                length => from_to(size.saturating_sub(length), u64::MAX),
            },
        }
    }
}

/// A number of any length, without leading zeros.
#[derive(PartialEq, Eq)]
struct Digits<'a>(&'a [u8]);

impl<'a> Digits<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let zeros = text.iter().take_while(|&&byte| byte == b'0').count();
        text.get(zeros..).filter(|_| is_number).map(Self)
    }

    /// No representation has more bytes than 64 bits can count, so beyond is beyond.
    fn value(&self) -> u64 {
        let push = |number: u64, digit: &u8| {
            number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        };
        self.0.iter().fold(0, push)
    }
}

impl PartialOrd for Digits<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Digits<'_> {
    /// Without leading zeros the longer number is the larger one.
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

/// RFC 9110 §5.6.1: blanks and tabs may stand around the elements of a list.
fn trim(mut element: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = element {
        element = rest;
    }
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `bytes=` and this mean for ten bytes.
    fn of_ten(set: &str) -> Ranges {
        Ranges::parse(format!("bytes={set}").as_bytes(), 10)
    }

    fn one(first: u64, last: u64) -> Ranges {
        Ranges::One(ByteRange { first, last })
    }

    fn several(parts: &[(u64, u64)]) -> Ranges {
        Ranges::Several(parts.iter().map(|&(first, last)| ByteRange { first, last }).collect())
    }

    #[test]
    fn single_ranges() {
        assert_eq!(of_ten("0-0"), one(0, 0));
        assert_eq!(of_ten("0-4"), one(0, 4));
        assert_eq!(of_ten("5-"), one(5, 9));
        assert_eq!(of_ten("9-9"), one(9, 9));
        assert_eq!(of_ten("8-10"), one(8, 9));
        assert_eq!(of_ten("-1"), one(9, 9));
        assert_eq!(of_ten("-10"), one(0, 9));
        assert_eq!(of_ten("-11"), one(0, 9));
        assert_eq!(of_ten("007-0008"), one(7, 8));
        assert_eq!(Ranges::parse(b"BYTES=1-2", 10), one(1, 2));
    }

    #[test]
    fn numbers_may_be_larger_than_64_bits() {
        let huge = "9".repeat(5_000);
        assert_eq!(of_ten(&format!("0-{huge}")), one(0, 9));
        assert_eq!(of_ten(&format!("-{huge}")), one(0, 9));
        assert_eq!(of_ten(&format!("{huge}-")), Ranges::Unsatisfiable);
        assert_eq!(of_ten(&format!("{}1-2", "0".repeat(5_000))), one(1, 2));
        assert_eq!(of_ten("18446744073709551615-18446744073709551616"), Ranges::Unsatisfiable);
        // Reversed, also beyond 64 bits.
        assert_eq!(of_ten("18446744073709551617-18446744073709551616"), Ranges::Whole);
        assert_eq!(of_ten("18446744073709551616-5"), Ranges::Whole);
        let most = u64::MAX;
        assert_eq!(Ranges::parse(b"bytes=0-", most), one(0, most - 1));
        assert_eq!(Ranges::parse(b"bytes=-18446744073709551616", most), one(0, most - 1));
    }

    #[test]
    fn what_is_not_understood_is_ignored() {
        let sets = [
            "",
            " ",
            ",",
            "-",
            "a",
            "a-b",
            "1",
            "0-a",
            "a-0",
            "5-4",
            "--1",
            "1--2",
            "0-4-",
            "+0-4",
            "0-+4",
            "0 - 4",
            "0- 4",
            "0x0-4",
            "0-4;",
            "0-4, a",
            "0-4,5-4",
            "0-4,-",
            "\u{a0}0-4",
            "0\u{660}-4",
            "1_0-",
        ];
        for set in sets {
            assert_eq!(of_ten(set), Ranges::Whole, "{set:?}");
        }
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes 0-4",
            "bytes =0-4",
            " bytes=0-4",
            "octets=0-4",
            "byte=0-4",
            "=0-4",
        ] {
            assert_eq!(Ranges::parse(value.as_bytes(), 10), Ranges::Whole, "{value:?}");
        }
    }

    #[test]
    fn nothing_that_is_there() {
        for set in ["10-", "10-10", "10-20", "-0", "10-,11-", "10-, -0"] {
            assert_eq!(of_ten(set), Ranges::Unsatisfiable, "{set}");
        }
        for set in ["0-", "0-0", "5-"] {
            assert_eq!(Ranges::parse(format!("bytes={set}").as_bytes(), 0), Ranges::Unsatisfiable);
        }
        // The last five bytes of nothing are nothing, and that is there.
        assert_eq!(Ranges::parse(b"bytes=-5", 0), Ranges::Whole);
    }

    #[test]
    fn several_ranges_keep_their_order() {
        assert_eq!(of_ten("0-1,3-4"), several(&[(0, 1), (3, 4)]));
        assert_eq!(of_ten("8-, 0-1 ,\t-0,4-5,"), several(&[(8, 9), (0, 1), (4, 5)]));
        assert_eq!(of_ten("0-4,5-9"), several(&[(0, 4), (5, 9)]));
        assert_eq!(of_ten("0-1,10-,20-"), one(0, 1));
    }

    #[test]
    fn overlapping_and_too_many_ranges_are_the_whole() {
        for set in ["0-4,4-5", "0-,0-", "-5,0-5", "2-3,0-9", "0-0,0-0", "1-2,5-6,2-2"] {
            assert_eq!(of_ten(set), Ranges::Whole, "{set}");
        }
        let many = |count: usize| {
            let specs: Vec<String> = (0..count).map(|at| format!("{0}-{0}", at * 2)).collect();
            Ranges::parse(format!("bytes={}", specs.join(",")).as_bytes(), 10_000)
        };
        assert!(matches!(many(MAX_RANGES), Ranges::Several(parts) if parts.len() == MAX_RANGES));
        assert_eq!(many(MAX_RANGES + 1), Ranges::Whole);
        // CVE-2011-3192.
        let nested: Vec<String> = (0..1_300).map(|at| format!("5-{at}")).skip(5).collect();
        assert_eq!(of_ten(&nested.join(",")), Ranges::Whole);
    }

    /// Every small field by a second, slower reading of the rule.
    #[test]
    fn agrees_with_the_plainest_reading() {
        for size in 0..4_u64 {
            for (a, b) in (0..6_u64).flat_map(|a| (0..6_u64).map(move |b| (a, b))) {
                let wanted: Vec<u64> = (a..=b).filter(|at| *at < size).collect();
                let expected = match (wanted.first(), wanted.last()) {
                    _ if a > b => Ranges::Whole,
                    (Some(&first), Some(&last)) => one(first, last),
                    _ => Ranges::Unsatisfiable,
                };
                let value = format!("bytes={a}-{b}");
                assert_eq!(Ranges::parse(value.as_bytes(), size), expected, "{value} of {size}");
            }
        }
    }
}
