//! Signals where none can be waited for (Windows): a flag that is looked at again and again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::Stop;

/// Short enough for nobody to notice, long enough to cost nothing.
const INTERVAL: Duration = Duration::from_millis(20);

/// The status of a process that the second Ctrl-C ends, as shells have it.
const INTERRUPTED: i32 = 130;

/// Watches for the signals that end the command.
pub(crate) struct StopSignals {
    /// The signal that came, or 0.
    signal: Arc<AtomicUsize>,
    cancelled: Arc<AtomicBool>,
}

impl StopSignals {
    /// Starts watching. From now on the first signal is reported by [`wait`](Self::wait),
    /// and the second one ends the process there and then, whatever holds it up.
    pub(crate) fn watch() -> io::Result<Self> {
        let signal = Arc::new(AtomicUsize::new(0));
        let asked_before = Arc::new(AtomicBool::new(false));
        for (number, name) in [(SIGINT, SIGINT as usize), (SIGTERM, SIGTERM as usize)] {
            // The order matters: this one must not see what the next one stores.
            flag::register_conditional_shutdown(number, INTERRUPTED, Arc::clone(&asked_before))?;
            flag::register(number, Arc::clone(&asked_before))?;
            flag::register_usize(number, Arc::clone(&signal), name)?;
        }
        Ok(Self { signal, cancelled: Arc::default() })
    }

    /// What makes [`wait`](Self::wait) return without a signal when it is dropped.
    pub(crate) fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.cancelled))
    }

    /// Waits for a signal; `None` if cancelled.
    pub(crate) fn wait(self) -> Option<Stop> {
        loop {
            match self.signal.load(Ordering::Relaxed) {
                0 if self.cancelled.load(Ordering::Relaxed) => return None,
                0 => thread::sleep(INTERVAL),
                signal => return i32::try_from(signal).ok().map(Stop::from_signal),
            }
        }
    }
}

/// Ends the wait for a signal when it is dropped.
pub(crate) struct Canceller(Arc<AtomicBool>);

impl Drop for Canceller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, as signals belong to the whole process.
    #[test]
    fn a_signal_and_a_canceller_end_the_wait() {
        let cancelled = StopSignals::watch().unwrap();
        drop(cancelled.canceller());
        assert_eq!(cancelled.wait(), None);

        let signals = StopSignals::watch().unwrap();
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert_eq!(signals.wait(), Some(Stop::Termination));
    }
}
