//! Ranges: every part lies in what is there, none overlaps another, and a short list means what the words say.
#![no_main]

use http_server::conditional::{ByteRange, MAX_RANGES, Ranges};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The first byte is the size: small, so that parts touch each other and the end, or one of the largest.
    let Some((&size, value)) = data.split_first() else { return };
    let size = if size < 0xfe { u64::from(size) } else { u64::MAX - u64::from(size & 1) };
    let parts: Vec<ByteRange> = match Ranges::parse(value, size) {
        Ranges::One(part) => vec![part],
        Ranges::Several(parts) => {
            assert!((2..=MAX_RANGES).contains(&parts.len()));
            parts
        }
        Ranges::Unsatisfiable => {
            assert!(value.iter().any(u8::is_ascii_digit), "{}", value.escape_ascii());
            Vec::new()
        }
        _ => Vec::new(),
    };
    for (index, part) in parts.iter().enumerate() {
        assert!(part.first() <= part.last() && part.last() < size, "{part:?} of {size}");
        assert_eq!(part.len(), part.last() - part.first() + 1);
        let text = format!("bytes {}-{}/{size}", part.first(), part.last());
        assert_eq!(part.content_range(size), text);
        let apart = |other: &ByteRange| part.last() < other.first() || other.last() < part.first();
        assert!(parts.iter().skip(index + 1).all(apart), "{parts:?}");
    }
    assert_eq!(
        simple(value, size),
        parts.first().filter(|_| is_simple(value)).map(|part| { (part.first(), part.last()) })
    );
});

/// Whether this is one range of a few digits and nothing else.
fn is_simple(value: &[u8]) -> bool {
    simple_text(value).is_some()
}

fn simple_text(value: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(value).ok()?.strip_prefix("bytes=")?;
    let (first, last) = text.split_once('-')?;
    let is_number = |text: &str| text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(first) && is_number(last)).then_some((first, last))
}

/// The same by the words of RFC 9110 §14.1.2.
fn simple(value: &[u8], size: u64) -> Option<(u64, u64)> {
    let (first, last) = simple_text(value)?;
    let end = size.checked_sub(1)?;
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first > last => return None,
        (Ok(first), Ok(last)) => (first, last.min(end)),
        (Ok(first), Err(_)) => (first, end),
        (Err(_), Ok(length @ 1..)) => (size.saturating_sub(length), end),
        _ => return None,
    };
    (first <= end).then_some((first, last))
}
