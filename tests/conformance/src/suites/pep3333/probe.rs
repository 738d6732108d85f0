//! What an application tells its case, and the other way round.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wsgi_util::{AppError, Body, Chunk, Environ, ResponseIterable, StartResponse};

/// Longer than a busy machine needs: only a failing case waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

/// The notes of one case on one server, in the order in which things happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    notes: Mutex<Vec<String>>,
    log: Mutex<Vec<u8>>,
    noted: Condvar,
}

impl Probe {
    /// Notes what happened.
    pub(super) fn note(&self, what: impl Into<String>) {
        self.lock_notes().push(what.into());
        self.0.noted.notify_all();
    }

    /// Notes an error by its text.
    pub(super) fn note_error<T>(&self, result: Result<T, AppError>) {
        self.note(result.err().map_or("no error".to_owned(), |error| error.to_string()));
    }

    /// All that was noted.
    pub(super) fn notes(&self) -> Vec<String> {
        self.lock_notes().clone()
    }

    /// Waits until that was noted, by the other side; notes itself that it never was.
    pub(super) fn wait_for(&self, what: &str) -> bool {
        self.wait_for_times(what, 1)
    }

    /// Waits until that was noted so many times.
    pub(super) fn wait_for_times(&self, what: &str, times: usize) -> bool {
        let deadline = Instant::now() + PATIENCE;
        let mut notes = self.lock_notes();
        while notes.iter().filter(|note| *note == what).count() < times {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                notes.push(format!("waited in vain: {what}"));
                return false;
            };
            notes =
                self.0.noted.wait_timeout(notes, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// What the server logged about the case: `wsgi.errors`, reports, log lines.
    pub(super) fn log(&self) -> String {
        let log = self.0.log.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Appends to the log.
    pub(super) fn push_log(&self, data: &[u8]) {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(data);
    }

    fn lock_notes(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A body of these pieces that notes each step and its end: `next`, `end`, `close`, `drop`.
    pub(super) fn body<const N: usize>(&self, pieces: [&'static str; N]) -> Watched {
        let pieces = pieces.map(|piece| Step::Piece(piece.as_bytes().into())).into();
        Watched { probe: self.clone(), pieces, length: None, close: Close::Works }
    }
}

/// What a [`Watched`] body does when it is asked for a piece.
enum Step {
    Piece(Chunk),
    Fail(&'static str),
    Panic(&'static str),
    /// The same block for ever.
    Endless,
}

/// A body that notes what is done with it.
pub(super) struct Watched {
    probe: Probe,
    pieces: VecDeque<Step>,
    length: Option<usize>,
    close: Close,
}

/// What its `close()` does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    Works,
    Fails,
    Panics,
}

impl Watched {
    /// It tells the number of its pieces, as `len()` does.
    pub(super) fn with_length(mut self) -> Self {
        self.length = Some(self.pieces.len());
        self
    }

    /// It says that it has so many pieces, which need not be true.
    pub(super) fn claims(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// After its pieces comes an error instead of the end.
    pub(super) fn then_fails(mut self, text: &'static str) -> Self {
        self.pieces.push_back(Step::Fail(text));
        self
    }

    /// After its pieces comes a panic instead of the end.
    pub(super) fn then_panics(mut self, text: &'static str) -> Self {
        self.pieces.push_back(Step::Panic(text));
        self
    }

    /// It begins with this piece, and never ends.
    pub(super) fn endless_after(mut self, first: &'static str) -> Self {
        self.pieces = [Step::Piece(first.as_bytes().into()), Step::Endless].into();
        self
    }

    /// Its `close()` fails.
    pub(super) fn close_fails(mut self) -> Self {
        self.close = Close::Fails;
        self
    }

    /// Its `close()` panics.
    pub(super) fn close_panics(mut self) -> Self {
        self.close = Close::Panics;
        self
    }

    /// As the result of an application.
    pub(super) fn into_body(self) -> Body {
        Body::iterable(self)
    }
}

impl ResponseIterable for Watched {
    fn next_chunk(
        &mut self,
        _: &mut Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        match self.pieces.pop_front() {
            Some(Step::Piece(piece)) => {
                self.probe.note("next");
                Ok(Some(piece))
            }
            Some(Step::Fail(text)) => {
                self.probe.note("fail");
                Err(text.into())
            }
            Some(Step::Panic(text)) => {
                self.probe.note("panic");
                // As `panic!`, but without a message on standard error.
                std::panic::resume_unwind(Box::new(text))
            }
            Some(Step::Endless) => {
                self.pieces.push_back(Step::Endless);
                Ok(Some(vec![b'x'; 1 << 16].into()))
            }
            None => {
                self.probe.note("end");
                Ok(None)
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.length
    }

    fn close(&mut self, _: &mut Environ<'_>) -> Result<(), AppError> {
        self.probe.note("close");
        match self.close {
            Close::Works => Ok(()),
            Close::Fails => Err("close() failed".into()),
            Close::Panics => std::panic::resume_unwind(Box::new("close() panicked")),
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.probe.note("drop");
    }
}
