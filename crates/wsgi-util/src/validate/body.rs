//! The checks of the body: `IteratorWrapper`.

use super::start_response::{CheckedStart, Progress};
use super::{Report, Violation, WsgiWarning};
use crate::{AppError, Body, Chunk, Environ, ResponseIterable, StartResponse};

/// A body that must be begun before its first piece, closed once, and not be used afterwards.
pub(super) struct CheckedBody {
    body: Body,
    progress: Progress,
    closed: bool,
    report: Report,
}

impl CheckedBody {
    pub(super) fn new(body: Body, progress: Progress, report: Report) -> CheckedBody {
        CheckedBody { body, progress, closed: false, report }
    }
}

impl ResponseIterable for CheckedBody {
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        if self.closed {
            return Err(Violation::ReadAfterClose.into());
        }
        let mut checked =
            CheckedStart { start_response, progress: &mut self.progress, report: &*self.report };
        let chunk = self.body.next_chunk(environ, &mut checked)?;
        match &chunk {
            None => self.progress.end()?,
            Some(chunk) if chunk.is_empty() => {}
            Some(chunk) => {
                self.progress.check_started(Violation::NotStarted)?;
                self.progress.send(chunk.len())?;
            }
        }
        Ok(chunk)
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        if std::mem::replace(&mut self.closed, true) {
            return Err(Violation::ClosedTwice.into());
        }
        self.body.close(environ)
    }
}

impl Drop for CheckedBody {
    fn drop(&mut self) {
        // While a panic unwinds, nobody had the chance to close; and a report that panics would end the process.
        if !self.closed && !std::thread::panicking() {
            (self.report)(&WsgiWarning::NotClosed);
        }
    }
}
