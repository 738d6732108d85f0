//! Those who have come a moment ago, and said nothing yet.
//!
//! Clients often open many connections at once, before they use the first. Whoever counts the load of a poller counts them
//! too: those that came together then stay together, mostly with one thread of one client, and wake each other's
//! processor less. Who keeps silent for longer is no load.

use std::time::{Duration, Instant};

/// How many have come in this second, and in the one before.
#[derive(Debug)]
pub(super) struct Newcomers {
    counts: [usize; 2],
    second: u32,
    began: Instant,
}

const SECOND: Duration = Duration::from_secs(1);

impl Newcomers {
    pub(super) fn new(now: Instant) -> Self {
        Self { counts: [0; 2], second: 0, began: now }
    }

    /// Counts one; returns by what it is found again.
    pub(super) fn add(&mut self) -> u32 {
        self.counts[0] += 1;
        self.second
    }

    /// One has said something, or has gone.
    pub(super) fn remove(&mut self, came: Option<u32>) {
        let age = came.map(|came| self.second.wrapping_sub(came) as usize);
        if let Some(count) = age.and_then(|age| self.counts.get_mut(age)) {
            *count -= 1;
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Some are newcomers no more.
    pub(super) fn grow_old(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.began);
        if passed >= SECOND {
            let [current, _] = self.counts;
            // After a longer while nobody is left of the second before.
            self.counts = [0, if passed < 2 * SECOND { current } else { 0 }];
            self.second = self.second.wrapping_add(if passed < 2 * SECOND { 1 } else { 2 });
            self.began = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_nothing_is_new_for_a_second_or_two() {
        let start = Instant::now();
        let mut newcomers = Newcomers::new(start);
        let [first, second] = [newcomers.add(), newcomers.add()];
        newcomers.remove(Some(first));
        newcomers.remove(None);
        assert_eq!(newcomers.count(), 1);
        newcomers.grow_old(start + SECOND);
        let third = newcomers.add();
        assert_eq!(newcomers.count(), 2);
        newcomers.remove(Some(second));
        assert_eq!(newcomers.count(), 1);
        newcomers.grow_old(start + 2 * SECOND);
        assert_eq!(newcomers.count(), 1);
        newcomers.grow_old(start + 3 * SECOND);
        assert_eq!(newcomers.count(), 0);
        // It is known no more.
        newcomers.remove(Some(third));
        let fourth = newcomers.add();
        newcomers.grow_old(start + 10 * SECOND);
        assert_eq!(newcomers.count(), 0);
        newcomers.remove(Some(fourth));
        assert_eq!(newcomers.count(), 0);
    }
}
