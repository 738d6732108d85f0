//! How long the server waits for its client. Time is an argument here, never a call.

use std::time::{Duration, Instant};

/// How long each kind of wait may last. `None` waits for ever, as CPython does by default.
///
/// Each ends with a defined answer, named at the field.
///
/// # Examples
///
/// ```
/// use http_server::Deadlines;
/// use std::time::Duration;
///
/// let mut deadlines = Deadlines::new();
/// deadlines.idle = Some(Duration::from_secs(60));
/// assert_eq!(deadlines.head, Some(Duration::from_secs(10)));
/// assert_eq!(Deadlines::none().head, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// From the start of a connection to its first byte. Then the connection closes silently. 15 s.
    pub first_byte: Option<Duration>,
    /// The same while another client waits, for a server that serves one connection at a time: browsers open spare
    /// connections and say nothing on them. The client of any other connection has sent its request by then. 200 ms.
    pub first_byte_in_turn: Option<Duration>,
    /// From the first byte of a request head to its last. Then 408, and the connection closes. 10 s.
    pub head: Option<Duration>,
    /// From the end of a response to the first byte of the next request. Then the connection closes silently. 15 s.
    ///
    /// It closes at once when its server stops, and when another client waits for a server that serves one connection at
    /// a time.
    pub idle: Option<Duration>,
    /// How slowly a request body may come. Then 408 if nothing was sent, and the connection closes. 1 KiB/s after 10 s.
    pub body: Option<MinRate>,
    /// How slowly the client may take the response. Then the connection closes. 1 KiB/s after 10 s.
    pub response: Option<MinRate>,
    /// How long a request body the handler left unread is read and dropped, so that the connection can be kept. 2 s, and
    /// 64 KiB at most; a larger rest closes the connection.
    pub drain: Option<Duration>,
    /// How long the server reads and drops what still comes after its last byte, so that the client gets the response and
    /// no reset (RFC 9112 §9.6). 2 s, and 16 MiB at most.
    pub linger: Option<Duration>,
}

/// The most bytes of an unread request body that are dropped in order to keep the connection (`http-rules.md` §2).
pub(crate) const DRAIN_BYTES: u64 = 64 * 1024;
/// The most bytes dropped by a lingering close: a small bound would reset a client in mid-upload.
pub(crate) const LINGER_BYTES: u64 = 16 * 1024 * 1024;

impl Deadlines {
    /// Returns the defaults.
    #[must_use]
    pub const fn new() -> Self {
        const SLOWEST: MinRate = MinRate { grace: Duration::from_secs(10), bytes_per_second: 1024 };
        Self {
            first_byte: Some(Duration::from_secs(15)),
            first_byte_in_turn: Some(Duration::from_millis(200)),
            head: Some(Duration::from_secs(10)),
            idle: Some(Duration::from_secs(15)),
            body: Some(SLOWEST),
            response: Some(SLOWEST),
            drain: Some(Duration::from_secs(2)),
            linger: Some(Duration::from_secs(2)),
        }
    }

    /// Returns deadlines that never come: any client can hold its thread for ever.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            first_byte: None,
            first_byte_in_turn: None,
            head: None,
            idle: None,
            body: None,
            response: None,
            drain: None,
            linger: None,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self::new()
    }
}

/// The slowest transfer that is put up with: nothing is asked during the grace, then this many bytes per second.
///
/// Only the time spent waiting for the client counts; a handler that thinks for a minute does not use it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinRate {
    /// How long the transfer may stand still before the rate counts.
    pub grace: Duration,
    /// The rate from then on. 0 makes the grace an absolute limit.
    pub bytes_per_second: u32,
}

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
    pub(crate) fn patience(&self) -> Patience {
        let Some(rate) = self.rate else { return Patience::Unlimited };
        let earned = match rate.bytes_per_second {
            0 => Duration::ZERO,
            per_second => Duration::from_secs_f64(self.bytes as f64 / f64::from(per_second)),
        };
        Patience::from_remaining(rate.grace.saturating_add(earned).saturating_sub(self.waited))
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
