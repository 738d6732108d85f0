//! Properties of ranges that hold for all requests, tried on random ones.

use http_server::conditional::{ByteRange, MAX_RANGES, Ranges};
use proptest::collection::vec;
use proptest::prelude::*;

/// An element of the field, right or wrong.
fn spec() -> impl Strategy<Value = String> {
    let number = || prop_oneof![8 => (0_u64..40).prop_map(|n| n.to_string()), 1 => "[0-9]{1,24}"];
    prop_oneof![
        8 => (number(), number()).prop_map(|(first, last)| format!("{first}-{last}")),
        4 => number().prop_map(|first| format!("{first}-")),
        4 => number().prop_map(|length| format!("-{length}")),
        1 => "[ -~]{0,4}",
    ]
}

fn parts(ranges: &Ranges) -> Vec<ByteRange> {
    match ranges {
        Ranges::One(range) => vec![*range],
        Ranges::Several(ranges) => ranges.clone(),
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn ranges_lie_within_and_never_overlap(specs in vec(spec(), 0..24), size in 0_u64..40) {
        let value = format!("bytes={}", specs.join(","));
        let ranges = Ranges::parse(value.as_bytes(), size);
        let parts = parts(&ranges);
        prop_assert!(parts.len() <= MAX_RANGES);
        prop_assert!(matches!(ranges, Ranges::Several(_)) == (parts.len() > 1));
        let mut taken = vec![false; size as usize];
        for part in &parts {
            prop_assert!(part.first() <= part.last() && part.last() < size);
            for place in &mut taken[part.first() as usize..=part.last() as usize] {
                prop_assert!(!std::mem::replace(place, true), "{value} of {size}");
            }
        }
        prop_assert!(parts.iter().map(ByteRange::len).sum::<u64>() <= size);
    }

    #[test]
    fn any_bytes_are_read(value in vec(any::<u8>(), 0..64), size in any::<u64>()) {
        for part in parts(&Ranges::parse(&value, size)) {
            prop_assert!(part.last() < size);
        }
    }

    /// Whatever pieces are asked for, in whatever order: put in their places they are the whole.
    #[test]
    fn pieces_put_together_are_the_whole(mut cuts in vec(1_u64..1_000, 0..MAX_RANGES - 1), order in any::<u64>()) {
        cuts.extend([0, 1_000]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces: Vec<(u64, u64)> = cuts.windows(2).map(|cut| (cut[0], cut[1] - 1)).collect();
        let count = pieces.len();
        pieces.rotate_left(order as usize % count);
        let set: Vec<String> = pieces.iter().map(|(first, last)| format!("{first}-{last}")).collect();
        let ranges = Ranges::parse(format!("bytes={}", set.join(", ")).as_bytes(), 1_000);
        let found: Vec<(u64, u64)> = parts(&ranges).iter().map(|part| (part.first(), part.last())).collect();
        prop_assert_eq!(found, pieces);
    }
}
