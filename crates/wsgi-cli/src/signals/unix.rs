//! Signals that are waited for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::{Handle, Signals};

use super::Stop;

/// Watches for the signals that end the command.
pub(crate) struct StopSignals(Signals);

impl StopSignals {
    /// Starts watching. From now on the first signal is reported by [`wait`](Self::wait),
    /// and the second one ends the process there and then, whatever holds it up.
    pub(crate) fn watch() -> io::Result<Self> {
        let asked_before = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order matters: this one must not see what the next one stores.
            flag::register_conditional_default(signal, Arc::clone(&asked_before))?;
            flag::register(signal, Arc::clone(&asked_before))?;
        }
        Ok(Self(Signals::new([SIGINT, SIGTERM])?))
    }

    /// What makes [`wait`](Self::wait) return without a signal when it is dropped.
    pub(crate) fn canceller(&self) -> Canceller {
        Canceller(self.0.handle())
    }

    /// Waits for a signal; `None` if cancelled.
    pub(crate) fn wait(mut self) -> Option<Stop> {
        self.0.forever().next().map(Stop::from_signal)
    }
}

/// Ends the wait for a signal when it is dropped.
pub(crate) struct Canceller(Handle);

impl Drop for Canceller {
    fn drop(&mut self) {
        self.0.close();
    }
}
