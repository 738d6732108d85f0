//! Signals where none can be waited for (Windows): a number that is looked at again and again.

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

/// The status of a process that Ctrl-C ends, as shells have it.
const INTERRUPTED: i32 = 130;

/// Watches for the signals that end the command.
pub(crate) struct StopSignals {
    /// The signal that came, or 0.
    signal: Arc<AtomicUsize>,
    deadly: Arc<AtomicBool>,
}

impl StopSignals {
    /// Starts watching. From now on [`wait`](Self::wait) reports signals.
    pub(crate) fn watch() -> io::Result<Self> {
        let (signal, deadly) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        for (number, name) in [(SIGINT, SIGINT as usize), (SIGTERM, SIGTERM as usize)] {
            flag::register_conditional_shutdown(number, INTERRUPTED, Arc::clone(&deadly))?;
            flag::register_usize(number, Arc::clone(&signal), name)?;
        }
        Ok(Self { signal, deadly })
    }

    /// Waits for a signal.
    pub(crate) fn wait(&mut self) -> Option<Stop> {
        loop {
            match self.signal.swap(0, Ordering::SeqCst) {
                0 => thread::sleep(INTERVAL),
                signal => return i32::try_from(signal).ok().map(Stop::from_signal),
            }
        }
    }

    /// Has the next signal end the process there and then, whatever holds it up.
    pub(crate) fn give_up(self) {
        self.deadly.store(true, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, as signals belong to the whole process.
    #[test]
    fn signals_are_reported_one_after_the_other() {
        let mut signals = StopSignals::watch().unwrap();
        for (number, stop) in [(SIGTERM, Stop::Termination), (SIGINT, Stop::KeyboardInterrupt)] {
            signal_hook::low_level::raise(number).unwrap();
            assert_eq!(signals.wait(), Some(stop));
        }
        // Another one would end the test.
        signals.give_up();
    }
}
