//! How long a wait may still take. Time is an argument here, never a call.

use crate::MinRate;
use std::time::{Duration, Instant};

/// What is left of the patience with one transfer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transfer {
    rate: Option<MinRate>,
    waited: Duration,
    bytes: u64,
}

impl Transfer {
    pub(crate) fn new(rate: Option<MinRate>) -> Self {
        Self { rate, waited: Duration::ZERO, bytes: 0 }
    }

    /// Notes that a wait took this long and moved this many bytes.
    pub(crate) fn record(&mut self, waited: Duration, bytes: usize) {
        self.waited = self.waited.saturating_add(waited);
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// How long the next wait may take.
    pub(crate) fn patience(&mut self) -> Patience {
        let Some(rate) = self.rate else { return Patience::Unlimited };
        Patience::from_remaining(rate.patience(self.bytes, &mut self.waited))
    }
}

/// A moment after which there is no more waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Until(Option<Instant>);

impl Until {
    pub(crate) fn new(now: Instant, limit: Option<Duration>) -> Self {
        Self(limit.and_then(|limit| now.checked_add(limit)))
    }

    pub(crate) fn patience(&self, now: Instant) -> Patience {
        match self.0 {
            None => Patience::Unlimited,
            Some(end) => Patience::from_remaining(end.saturating_duration_since(now)),
        }
    }
}

/// How long the next wait may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Patience {
    Over,
    For(Duration),
    Unlimited,
}

impl Patience {
    fn from_remaining(remaining: Duration) -> Self {
        if remaining.is_zero() { Self::Over } else { Self::For(remaining) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn an_absolute_deadline_does_not_move() {
        let start = Instant::now();
        let until = Until::new(start, Some(secs(10)));
        assert_eq!(until.patience(start), Patience::For(secs(10)));
        assert_eq!(until.patience(start + secs(9)), Patience::For(secs(1)));
        assert_eq!(until.patience(start + secs(10)), Patience::Over);
        assert_eq!(until.patience(start + secs(11)), Patience::Over);
        assert_eq!(Until::new(start, None).patience(start + secs(1_000_000)), Patience::Unlimited);
    }

    #[test]
    fn a_transfer_has_its_grace_and_earns_time_with_bytes() {
        let mut transfer = Transfer::new(Some(MinRate { grace: secs(10), bytes_per_second: 1024 }));
        assert_eq!(transfer.patience(), Patience::For(secs(10)));
        transfer.record(secs(9), 0);
        assert_eq!(transfer.patience(), Patience::For(secs(1)));
        transfer.record(secs(0), 2048);
        assert_eq!(transfer.patience(), Patience::For(secs(3)));
        transfer.record(secs(3), 0);
        assert_eq!(transfer.patience(), Patience::Over);
        // Too late is late also when more comes: the caller asks before each wait.
        transfer.record(secs(0), 1024);
        assert_eq!(transfer.patience(), Patience::For(secs(1)));
    }

    #[test]
    fn time_cannot_be_saved_up_for_ever() {
        let mut transfer = Transfer::new(Some(MinRate { grace: secs(10), bytes_per_second: 1024 }));
        transfer.record(secs(1), 1 << 30);
        assert_eq!(transfer.patience(), Patience::For(secs(120)));
        transfer.record(secs(120), 0);
        assert_eq!(transfer.patience(), Patience::Over);
    }

    #[test]
    fn a_drip_of_single_bytes_does_not_buy_time() {
        let mut transfer = Transfer::new(Some(MinRate { grace: secs(10), bytes_per_second: 1024 }));
        let mut seconds = 0;
        while transfer.patience() != Patience::Over {
            transfer.record(secs(1), 1);
            seconds += 1;
        }
        assert_eq!(seconds, 11);
    }

    #[test]
    fn a_rate_of_zero_makes_the_grace_absolute() {
        let mut transfer = Transfer::new(Some(MinRate { grace: secs(1), bytes_per_second: 0 }));
        transfer.record(secs(1), 1_000_000);
        assert_eq!(transfer.patience(), Patience::Over);
        assert_eq!(Transfer::new(None).patience(), Patience::Unlimited);
    }
}
