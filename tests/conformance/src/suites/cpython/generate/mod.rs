//! Makes cases from a seed.
//!
//! Every case has a number, and the seed and the number alone decide what it is: a longer list begins with the shorter one,
//! and one case can be made again by itself. Half of what is played is what well-behaved clients and handlers do; the other
//! half has one mistake, or one rarity, each.

mod applications;
mod directories;
mod handlers;
mod mistakes;
mod random;
mod requests;
mod statuses;
mod wire;

use super::wire_case::WireCase;
use random::Random;

/// The cases that do not depend on a seed: `send_error` and `send_response` with each status.
#[must_use]
pub(super) fn fixed() -> Vec<WireCase> {
    statuses::all()
}

/// So many cases of a seed.
#[must_use]
pub(super) fn generated(seed: u64, count: usize) -> Vec<WireCase> {
    (1..=count as u64).map(|number| one(seed, number)).collect()
}

fn one(seed: u64, number: u64) -> WireCase {
    let random = &mut Random::new(seed, number);
    let mut case = match random.below(10) {
        0..=3 => requests::one(random),
        4 => directories::one(random),
        5..=6 => handlers::one(random),
        _ => applications::one(random),
    };
    case.name = format!("{}-{number}", case.name);
    case
}

#[cfg(test)]
mod tests {
    use super::{fixed, generated};

    #[test]
    fn a_longer_list_begins_with_the_shorter_one() {
        assert_eq!(generated(7, 40)[..20], generated(7, 20));
        assert_ne!(generated(7, 20), generated(8, 20));
    }

    #[test]
    fn names_are_unique() {
        let cases = [fixed(), generated(1, 500)].concat();
        let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len());
    }

    #[test]
    fn every_kind_of_server_has_its_cases() {
        let cases = generated(1, 500);
        let kinds = [
            "base",
            "base11",
            "static",
            "static11",
            "extra",
            "script",
            "script11",
            "app",
            "valid-app",
        ];
        for kind in kinds {
            assert!(cases.iter().any(|case| case.server == kind), "{kind}");
        }
    }
}
