//! How slow a client may be.

use crate::MinRate;
use std::time::Duration;

/// How slow the client of a [`Protocol`](super::Protocol) may be while the engine, or a handler, waits for it.
///
/// How long it may be silent in between, the protocol decides itself: [`Protocol::deadline`](super::Protocol::deadline).
///
/// # Examples
///
/// ```
/// use socketserver::MinRate;
/// use socketserver::engine::Patience;
/// use std::time::Duration;
///
/// let a_second = MinRate { grace: Duration::from_secs(1), bytes_per_second: 1024 };
/// let patience = Patience::default().write_rate(Some(a_second)).linger(Duration::from_millis(500));
/// assert_eq!(patience.linger_bytes, 16 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patience {
    /// How slowly it may take its answers; then the connection is reset. 1 KiB/s after 10 s by default.
    pub write_rate: Option<MinRate>,
    /// How slowly it may send what a handler waits for in its thread ([`Work::receive`](super::Work::receive)).
    /// 1 KiB/s after 10 s by default.
    pub read_rate: Option<MinRate>,
    /// How long the engine reads and drops what still comes when it closes. 2 s by default.
    pub linger: Duration,
    /// How many bytes it drops at most. 16 MiB by default.
    pub linger_bytes: u64,
}

setters! {
    Patience {
        write_rate: Option<MinRate>,
        read_rate: Option<MinRate>,
        linger: Duration,
        linger_bytes: u64,
    }
}

impl Default for Patience {
    fn default() -> Self {
        const SLOWEST: MinRate = MinRate { grace: Duration::from_secs(10), bytes_per_second: 1024 };
        Self {
            write_rate: Some(SLOWEST),
            read_rate: Some(SLOWEST),
            linger: Duration::from_secs(2),
            linger_bytes: 16 * 1024 * 1024,
        }
    }
}
