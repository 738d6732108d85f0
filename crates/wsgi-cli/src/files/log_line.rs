//! The line of a request in the log: CPython's, with the size of the body and how long it took.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

use http_server::Exchange;

/// What is known of the request that a connection is at.
#[derive(Default)]
pub(super) struct LogLine(Cell<Option<Begun>>);

#[derive(Clone, Copy)]
struct Begun {
    at: Instant,
    status: Option<u16>,
}

impl LogLine {
    /// A request begins.
    pub(super) fn begin(&self) {
        self.0.set(Some(Begun { at: Instant::now(), status: None }));
    }

    /// Keeps the status of the response; false if no request has begun.
    pub(super) fn note(&self, status: Option<u16>) -> bool {
        let begun = self.0.get().map(|begun| Begun { status, ..begun });
        self.0.set(begun);
        begun.is_some()
    }

    /// The line, once all is done for the request.
    pub(super) fn end<'x>(&self, x: &'x Exchange<'_>) -> Option<Line<'x>> {
        let Begun { at, status } = self.0.take()?;
        Some(Line {
            requestline: x.requestline(),
            status: status?,
            size: x.wfile.bytes_sent(),
            took: at.elapsed(),
            is_whole: x.wfile.is_whole(),
        })
    }
}

/// What is written.
pub(super) struct Line<'x> {
    requestline: &'x str,
    status: u16,
    size: u64,
    took: Duration,
    is_whole: bool,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requestline, status, size, took, is_whole } = self;
        write!(f, "\"{requestline}\" {status} {size} ")?;
        let seconds = took.as_secs_f64();
        match seconds {
            ..0.01 => write!(f, "{:.1}ms", seconds * 1e3)?,
            0.01..1.0 => write!(f, "{:.0}ms", seconds * 1e3)?,
            _ => write!(f, "{seconds:.1}s")?,
        }
        f.write_str(if *is_whole { "" } else { ", cut short" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        for (millis, is_whole, expected) in [
            (0.04, true, "0.0ms"),
            (2.34, true, "2.3ms"),
            (12.6, true, "13ms"),
            (1_234.0, true, "1.2s"),
            (90_000.0, false, "90.0s, cut short"),
        ] {
            let took = Duration::from_secs_f64(millis / 1e3);
            let line = Line { requestline: "GET / HTTP/1.1", status: 200, size: 7, took, is_whole };
            assert_eq!(line.to_string(), format!("\"GET / HTTP/1.1\" 200 7 {expected}"));
        }
    }
}
