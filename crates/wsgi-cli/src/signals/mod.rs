//! Ctrl-C and `SIGTERM`.

use signal_hook::consts::SIGTERM;

// Compiled for its test, too, where signals can be raised.
#[cfg(any(not(unix), test))]
mod polled;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use polled::StopSignals;
#[cfg(unix)]
pub(crate) use unix::StopSignals;

/// Why the command should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Ctrl-C.
    KeyboardInterrupt,
    /// `SIGTERM`, as service managers send it.
    Termination,
}

impl Stop {
    fn from_signal(signal: i32) -> Self {
        match signal {
            SIGTERM => Self::Termination,
            _ => Self::KeyboardInterrupt,
        }
    }

    /// What to say; the first one is CPython's.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::KeyboardInterrupt => "Keyboard interrupt received, exiting.",
            Self::Termination => "Termination signal received, exiting.",
        }
    }

    /// What to send for another one.
    pub(crate) fn once_more(self) -> &'static str {
        match self {
            Self::KeyboardInterrupt => "Ctrl-C again",
            Self::Termination => "another signal",
        }
    }
}
