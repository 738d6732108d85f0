//! How slow a client may be.

use std::time::{Duration, Instant};

/// The slowest transfer that is put up with: nothing is asked during the grace, then this many bytes per second.
///
/// Only the time spent waiting for the client counts; a handler that thinks for a minute does not use it up.
///
/// Bytes earn time, and more than two minutes cannot be saved up (or the grace, if that is longer). A client that has
/// transferred a gigabyte and is gone would else be waited for twelve days, and one that never reads as long as the bytes last
/// that only the system's buffers took.
///
/// # Examples
///
/// ```
/// use socketserver::MinRate;
/// use std::time::Duration;
///
/// const fn secs(n: u64) -> Duration {
///     Duration::from_secs(n)
/// }
///
/// // An answer of 1 MB may take 5 s and another 100 s.
/// let rate = MinRate { grace: secs(5), bytes_per_second: 10_000 };
/// assert_eq!(rate.patience(1_000_000, &mut secs(0)), secs(105));
/// assert_eq!(rate.patience(2_000_000, &mut secs(0)), MinRate::LONGEST_PATIENCE);
///
/// // All waits together take a minute at most, however much is transferred.
/// let minute = MinRate { grace: secs(60), bytes_per_second: 0 };
/// assert_eq!(minute.patience(u64::MAX, &mut secs(53)), secs(7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinRate {
    /// How long the transfer may stand still before the rate counts.
    pub grace: Duration,
    /// The rate from then on. 0 makes the grace an absolute limit.
    pub bytes_per_second: u32,
}

impl MinRate {
    /// How long a transfer that has been fast may stand still, unless its grace is longer.
    pub const LONGEST_PATIENCE: Duration = Duration::from_secs(120);

    /// Returns how much longer a transfer of so many bytes may be waited for, if it has been for so long in all.
    ///
    /// What cannot be saved up is added to `waited`, as if it had been used.
    #[must_use]
    pub fn patience(&self, bytes: u64, waited: &mut Duration) -> Duration {
        let allowance = self.grace.saturating_add(self.earned(bytes));
        *waited = (*waited).max(allowance.saturating_sub(self.longest()));
        allowance.saturating_sub(*waited)
    }

    /// Returns the deadline of a transfer that had this one, after so many more bytes; none if it is too far away for a clock.
    #[must_use]
    pub fn later(&self, until: Instant, bytes: u64, now: Instant) -> Option<Instant> {
        let until = until.checked_add(self.earned(bytes))?;
        Some(now.checked_add(self.longest()).map_or(until, |latest| until.min(latest)))
    }

    fn earned(&self, bytes: u64) -> Duration {
        match self.bytes_per_second {
            0 => Duration::ZERO,
            rate => Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / u64::from(rate)),
        }
    }

    fn longest(&self) -> Duration {
        self.grace.max(Self::LONGEST_PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn bytes_earn_time_that_cannot_be_saved_up_for_ever() {
        let rate = MinRate { grace: secs(10), bytes_per_second: 1024 };
        assert_eq!(rate.patience(0, &mut secs(0)), secs(10));
        assert_eq!(rate.patience(2048, &mut secs(7)), secs(5));
        assert_eq!(rate.patience(1, &mut secs(10)), Duration::from_nanos(976_562));
        assert_eq!(rate.patience(2048, &mut secs(13)), secs(0));
        let mut waited = secs(1);
        assert_eq!(rate.patience(1 << 20, &mut waited), secs(120));
        waited += secs(120);
        assert_eq!(rate.patience(1 << 20, &mut waited), secs(0));
        assert_eq!(rate.patience((1 << 20) + 1024, &mut waited), secs(1));
        let patient = MinRate { grace: secs(600), bytes_per_second: 1 };
        assert_eq!(patient.patience(5, &mut secs(0)), secs(600));
        assert_eq!(patient.patience(u64::MAX, &mut secs(0)), secs(600));
    }

    #[test]
    fn bytes_move_a_deadline_but_not_for_ever() {
        let rate = MinRate { grace: secs(10), bytes_per_second: 1024 };
        let now = Instant::now();
        assert_eq!(rate.later(now + secs(3), 2048, now), Some(now + secs(5)));
        assert_eq!(rate.later(now, 2048, now + secs(3)), Some(now + secs(2)));
        assert_eq!(rate.later(now + secs(3), 1 << 30, now), Some(now + secs(120)));
    }

    #[test]
    fn a_rate_of_zero_makes_the_grace_absolute() {
        let absolute = MinRate { grace: secs(1), bytes_per_second: 0 };
        assert_eq!(absolute.patience(u64::MAX, &mut secs(0)), secs(1));
        assert_eq!(absolute.patience(u64::MAX, &mut secs(1)), secs(0));
    }
}
