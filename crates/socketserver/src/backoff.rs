//! How long to leave a socket alone whose requests cannot be taken.

use std::io;
use std::time::{Duration, Instant};

/// Counts failures of `get_request` and answers each with a pause.
///
/// Two kinds are told apart. When the system is out of descriptors or memory the connection stays
/// in the queue, the socket stays readable, and trying at once would be a busy loop: the pause
/// doubles from 10 ms to 1 s. Any other error belongs to one connection, which is gone: no pause.
/// Only if such errors come in quick succession, as from a broken socket, does each cost 10 ms.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    last: Option<Instant>,
}

impl Backoff {
    /// A request was taken.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A request could not be taken: whether that is the first of its row, and the pause.
    pub(crate) fn failed(&mut self, error: &io::Error, now: Instant) -> (bool, Duration) {
        let exhausted = is_exhaustion(error);
        let memory = if exhausted { LONGEST * 2 } else { QUICK };
        if self.last.is_none_or(|last| now.saturating_duration_since(last) > memory) {
            self.failures = 0;
        }
        self.last = Some(now);
        let before = self.failures;
        self.failures = before.saturating_add(1);
        let pause = if exhausted {
            SHORTEST.saturating_mul(1 << before.min(10)).min(LONGEST)
        } else if before < FREE {
            Duration::ZERO
        } else {
            SHORTEST
        };
        (before == 0, pause)
    }
}

/// The first pause: unnoticed by a client, and few enough tries per second for an idle processor.
const SHORTEST: Duration = Duration::from_millis(10);
/// The longest pause: how late a server may notice that there are descriptors again.
const LONGEST: Duration = Duration::from_secs(1);
/// Failures further apart than this are not a row.
const QUICK: Duration = Duration::from_millis(100);
/// That many failures in a row may belong to single connections.
const FREE: u32 = 8;

/// Whether an error says that the process or the system has run out of descriptors or memory, so that whoever asks next
/// fails as well.
///
/// A server that cannot open a file for this reason is busy, and does not know whether there is one.
///
/// # Examples
///
/// ```
/// use socketserver::is_exhaustion;
/// use std::io;
///
/// assert!(is_exhaustion(&io::ErrorKind::OutOfMemory.into()));
/// assert!(!is_exhaustion(&io::ErrorKind::NotFound.into()));
/// ```
#[must_use]
pub fn is_exhaustion(error: &io::Error) -> bool {
    #[cfg(unix)]
    if let Some(code) = error.raw_os_error() {
        use rustix::io::Errno;
        let lacking = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
        return lacking.contains(&Errno::from_raw_os_error(code));
    }
    #[cfg(windows)]
    if let Some(code) = error.raw_os_error() {
        // WSAEMFILE and WSAENOBUFS.
        return matches!(code, 10024 | 10055);
    }
    error.kind() == io::ErrorKind::OutOfMemory
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[cfg(unix)]
    #[test]
    fn exhaustion_doubles_the_pause_up_to_a_second_until_a_request_is_taken() {
        let exhausted = io::Error::from(rustix::io::Errno::MFILE);
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let (first, pause) = backoff.failed(&exhausted, now);
            assert_eq!(first, pauses.is_empty());
            pauses.push(pause);
            now += pause;
        }
        let expected = [10, 20, 40, 80, 160, 320, 640, 1000, 1000].map(millis);
        assert_eq!(pauses, expected);
        backoff.succeeded();
        assert_eq!(backoff.failed(&exhausted, now), (true, millis(10)));
    }

    #[test]
    fn an_aborted_connection_costs_nothing_but_a_row_of_errors_does_not_spin() {
        let aborted = io::Error::from(io::ErrorKind::ConnectionAborted);
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        for _ in 0..8 {
            assert_eq!(backoff.failed(&aborted, now).1, Duration::ZERO);
        }
        assert_eq!(backoff.failed(&aborted, now).1, millis(10));
        now += millis(101);
        assert_eq!(backoff.failed(&aborted, now), (true, Duration::ZERO));
    }
}
