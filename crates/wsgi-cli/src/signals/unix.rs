//! Signals that are waited for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use super::Stop;

/// Watches for the signals that end the command.
pub(crate) struct StopSignals {
    signals: Signals,
    deadly: Arc<AtomicBool>,
}

impl StopSignals {
    /// Starts watching. From now on [`wait`](Self::wait) reports signals.
    pub(crate) fn watch() -> io::Result<Self> {
        let deadly = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&deadly))?;
        }
        Ok(Self { signals: Signals::new([SIGINT, SIGTERM])?, deadly })
    }

    /// Waits for a signal.
    pub(crate) fn wait(&mut self) -> Option<Stop> {
        self.signals.forever().next().map(Stop::from_signal)
    }

    /// Has the next signal end the process there and then, whatever holds it up.
    pub(crate) fn give_up(self) {
        self.deadly.store(true, Ordering::SeqCst);
    }
}
