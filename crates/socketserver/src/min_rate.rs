//! How slow a client may be.

use std::time::Duration;

/// The slowest transfer that is put up with: nothing is asked during the grace, then this many bytes per second.
///
/// Only the time spent waiting for the client counts; a handler that thinks for a minute does not use it up.
///
/// # Examples
///
/// ```
/// use socketserver::MinRate;
/// use std::time::Duration;
///
/// // An answer of 1 MB may take 5 s and another 100 s.
/// let rate = MinRate { grace: Duration::from_secs(5), bytes_per_second: 10_000 };
/// assert_eq!(rate.allowance(1_000_000), Duration::from_secs(105));
///
/// // All waits together take a minute at most, however much is transferred.
/// let minute = MinRate { grace: Duration::from_secs(60), bytes_per_second: 0 };
/// assert_eq!(minute.allowance(u64::MAX), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinRate {
    /// How long the transfer may stand still before the rate counts.
    pub grace: Duration,
    /// The rate from then on. 0 makes the grace an absolute limit.
    pub bytes_per_second: u32,
}

impl MinRate {
    /// Returns how long all waits of a transfer of so many bytes may take.
    #[must_use]
    pub fn allowance(&self, bytes: u64) -> Duration {
        let earned = match self.bytes_per_second {
            0 => Duration::ZERO,
            rate => Duration::from_millis(bytes.saturating_mul(1000) / u64::from(rate)),
        };
        self.grace.saturating_add(earned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_earns_time_with_bytes() {
        let rate = MinRate { grace: Duration::from_secs(10), bytes_per_second: 1024 };
        assert_eq!(rate.allowance(0), Duration::from_secs(10));
        assert_eq!(rate.allowance(2048), Duration::from_secs(12));
        let absolute = MinRate { grace: Duration::from_secs(1), bytes_per_second: 0 };
        assert_eq!(absolute.allowance(u64::MAX), Duration::from_secs(1));
    }
}
