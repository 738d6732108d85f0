//! The way to the client over the engine.

#[cfg(all(unix, feature = "cgi"))]
use crate::exchange::Stopping;
use crate::exchange::{SENDS_TOO_SLOWLY, TAKES_TOO_SLOWLY, Trouble, Wire};
#[cfg(all(unix, feature = "cgi"))]
use socketserver::Presence;
use socketserver::engine::{Output, Work};
use std::io::{self, ErrorKind, IoSlice, Write};

/// For a request that has come whole, body and all.
pub(super) struct ReceivedWire<'w, 'o> {
    output: &'w mut Output<'o>,
    sending: Sending,
}

/// For a request whose body is read while it comes.
pub(super) struct StreamingWire<'w, 'o> {
    work: &'w mut Work<'o>,
    sending: Sending,
    slow: Option<Trouble>,
}

/// How sending goes.
struct Sending {
    /// More requests are here already: their answers leave together.
    gather: bool,
    /// The client has not taken all that was sent.
    pending: bool,
    /// Something was sent since the handler began, or went on.
    advanced: bool,
    gone: bool,
}

/// So many bytes of answers to requests that came together are worth a system call of their own.
const GATHERED: usize = 16 * 1024;

impl<'w, 'o> ReceivedWire<'w, 'o> {
    pub(super) fn new(output: &'w mut Output<'o>, gather: bool) -> Self {
        Self { output, sending: Sending::new(gather) }
    }
}

impl<'w, 'o> StreamingWire<'w, 'o> {
    pub(super) fn new(work: &'w mut Work<'o>) -> Self {
        Self { work, sending: Sending::new(false), slow: None }
    }
}

impl Sending {
    fn new(gather: bool) -> Self {
        Self { gather, pending: false, advanced: false, gone: false }
    }

    fn send(&mut self, output: &mut Output<'_>, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        if self.gone {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.advanced = true;
        let sent = write_all(output, parts).and_then(|()| {
            // As in CPython nothing that is written waits for what the handler does next.
            let wait = self.gather && output.pending() < GATHERED;
            self.pending = !(wait || output.send()?);
            Ok(())
        });
        self.gone = sent.is_err();
        sent.map_err(|error| named(error, TAKES_TOO_SLOWLY))
    }

    fn trouble(&self) -> Option<Trouble> {
        self.gone.then_some(Trouble::Gone)
    }
}

/// Puts into words that a client was waited for in vain.
fn named(error: io::Error, words: &str) -> io::Error {
    match error.kind() {
        ErrorKind::TimedOut => io::Error::new(ErrorKind::TimedOut, words),
        _ => error,
    }
}

fn write_all(output: &mut Output<'_>, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
    if let [part] = parts {
        return output.write_all(part);
    }
    IoSlice::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        match output.write_vectored(parts)? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => IoSlice::advance_slices(&mut parts, count),
        }
    }
    Ok(())
}

impl Wire for ReceivedWire<'_, '_> {
    fn receive(&mut self, _buf: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }

    fn send(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        self.sending.send(self.output, parts)
    }

    fn start_draining(&mut self) {}

    fn is_last(&self) -> bool {
        self.output.is_stopping()
    }

    /// Nor is there any when others wait for the thread; but each turn has to get a piece further, however many they are.
    fn has_room(&self) -> bool {
        let others_turn = self.sending.advanced && self.output.others_wait();
        !(self.sending.pending || others_turn)
    }

    fn trouble(&self) -> Option<Trouble> {
        self.sending.trouble()
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn presence(&self) -> Presence {
        self.output.presence()
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn stopping(&self) -> Stopping {
        // The engine's own patience is what counts.
        if self.output.is_over() { Stopping::Now } else { Stopping::No }
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn give_up(&mut self) {
        self.sending.gone = true;
    }
}

impl Wire for StreamingWire<'_, '_> {
    fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.work.input.unused().is_empty() {
            if let Err(error) = self.work.receive() {
                self.slow = Some(match error.kind() {
                    ErrorKind::TimedOut => Trouble::TooSlow,
                    ErrorKind::ResourceBusy => Trouble::Unattended,
                    _ => Trouble::Gone,
                });
                return Err(named(error, SENDS_TOO_SLOWLY));
            }
        }
        let unused = self.work.input.unused();
        let count = unused.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), unused.get(..count)) {
            to.copy_from_slice(from);
        }
        self.work.input.consume(count);
        Ok(count)
    }

    fn send(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        self.sending.send(&mut self.work.output, parts)
    }

    fn start_draining(&mut self) {}

    fn is_last(&self) -> bool {
        self.work.is_stopping()
    }

    /// Writing waits in this thread, as reading the body does.
    fn has_room(&self) -> bool {
        true
    }

    fn trouble(&self) -> Option<Trouble> {
        self.sending.trouble().or(self.slow)
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn presence(&self) -> Presence {
        self.work.output.presence()
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn stopping(&self) -> Stopping {
        // The engine's own patience is what counts.
        if self.work.output.is_over() { Stopping::Now } else { Stopping::No }
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn give_up(&mut self) {
        self.sending.gone = true;
    }
}

/// For an answer that is to be handed over as bytes.
pub(crate) struct BytesWire<'w>(pub(crate) &'w mut Vec<u8>);

impl Wire for BytesWire<'_> {
    fn receive(&mut self, _buf: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }

    fn send(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        parts.iter().for_each(|part| self.0.extend_from_slice(part));
        Ok(())
    }

    fn start_draining(&mut self) {}

    fn is_last(&self) -> bool {
        true
    }

    fn has_room(&self) -> bool {
        true
    }

    fn trouble(&self) -> Option<Trouble> {
        None
    }
}
