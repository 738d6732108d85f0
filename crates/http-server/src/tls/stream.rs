//! TLS over a connection that blocks.

use super::{TlsContext, TlsLayer, begins_tls};
use crate::Connection;
use socketserver::engine::Layer;
use socketserver::socket2::SockRef;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::time::{Duration, Instant};

/// The connection inside, and TLS on it, from the first byte of the handshake on.
///
/// A read takes at most once from the connection inside, and if that gives nothing that can be read, it was
/// [interrupted](ErrorKind::Interrupted): so whoever reads with a deadline keeps it, however slowly the client sends what
/// gives nothing. A write that fails with a timeout is to be repeated with the same bytes.
pub(crate) struct TlsStream<'c> {
    connection: &'c mut dyn Connection,
    layer: TlsLayer,
    stage: Stage,
    /// What has come, not opened yet. On a plain connection, what has come before that was clear.
    wire: Waiting,
    /// What has been opened, not read yet.
    plain: Waiting,
    /// What is to be sent.
    out: Waiting,
    /// How many of the bytes to come are in `out` already, because a write has not come to its end.
    ahead: usize,
    cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing has come.
    Unsettled,
    Tls,
    /// The client does not speak TLS.
    Plain,
    /// We have said that nothing more will come; neither are we interested in what the client has to say.
    Over,
}

/// So much is read at once: the largest record and its header.
const READ: usize = 18 * 1024;
/// So much is sealed at once.
const WRITE: usize = 64 * 1024;
/// The handshake never fills the system's buffers, unless the client does not want it to come.
const HANDSHAKE_WRITE: Duration = Duration::from_secs(1);

/// Bytes that wait for somebody.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    start: usize,
}

impl Waiting {
    fn get(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    fn consume(&mut self, count: usize) {
        self.start = self.bytes.len().min(self.start + count);
    }

    /// Has bytes appended to those that wait.
    fn append<T>(&mut self, append: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        self.bytes.drain(..self.start);
        self.start = 0;
        append(&mut self.bytes)
    }

    fn read(&mut self, buf: &mut [u8]) -> usize {
        let count = self.get().len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), self.get().get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        count
    }
}

impl<'c> TlsStream<'c> {
    pub(crate) fn new(
        connection: &'c mut dyn Connection,
        context: &TlsContext,
    ) -> io::Result<Self> {
        connection.set_write_timeout(Some(HANDSHAKE_WRITE))?;
        Ok(Self {
            connection,
            layer: TlsLayer::new(context)?,
            stage: Stage::Unsettled,
            wire: Waiting::default(),
            plain: Waiting::default(),
            out: Waiting::default(),
            ahead: 0,
            cut: false,
        })
    }

    /// Writes once.
    fn send(&mut self) -> io::Result<usize> {
        let count = match self.connection.write(self.out.get())? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => count,
        };
        self.out.consume(count);
        Ok(count)
    }

    fn send_all(&mut self) -> io::Result<()> {
        while !self.out.is_empty() {
            self.send()?;
        }
        Ok(())
    }

    /// Appends what TLS has to say itself.
    fn speak(&mut self) {
        let Self { layer, out, .. } = self;
        out.append(|wire| layer.speak(wire));
    }

    fn fill(&mut self) -> io::Result<usize> {
        let Self { connection, wire, .. } = self;
        wire.append(|wire| {
            let start = wire.len();
            wire.resize(start + READ, 0);
            let result = connection.read(wire.get_mut(start..).unwrap_or_default());
            wire.truncate(start + *result.as_ref().unwrap_or(&0));
            result
        })
    }

    /// Opens all that can be.
    fn open(&mut self) -> io::Result<()> {
        while !self.layer.has_ended() {
            let Self { layer, plain, wire, .. } = self;
            match plain.append(|plain| layer.open(wire.get(), plain))? {
                0 => break,
                count => wire.consume(count),
            }
        }
        Ok(())
    }
}

impl Read for TlsStream<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.plain.is_empty() {
            return Ok(self.plain.read(buf));
        }
        match self.stage {
            Stage::Plain if !self.wire.is_empty() => return Ok(self.wire.read(buf)),
            Stage::Plain | Stage::Over => return self.connection.read(buf),
            Stage::Unsettled | Stage::Tls => {}
        }
        if self.layer.has_ended() {
            return Ok(0);
        }
        self.send_all()?;
        if self.fill()? == 0 {
            return Ok(0);
        }
        if self.stage == Stage::Unsettled {
            self.stage = match self.wire.get() {
                [first, ..] if !begins_tls(*first) => Stage::Plain,
                _ => Stage::Tls,
            };
            if self.stage == Stage::Plain {
                return Ok(self.wire.read(buf));
            }
        }
        let opened = self.open();
        self.speak();
        match (opened, self.send_all()) {
            // Why there is no TLS counts more than that the client does not want to know.
            (Err(error), _) => return Err(error),
            (Ok(()), Err(error)) if self.plain.is_empty() => return Err(error),
            _ => {}
        }
        match self.plain.read(buf) {
            0 if !self.layer.has_ended() => Err(ErrorKind::Interrupted.into()),
            count => Ok(count),
        }
    }
}

impl Write for TlsStream<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.stage == Stage::Plain {
            return self.connection.write_vectored(parts);
        }
        if self.ahead == 0 {
            let mut room = WRITE;
            let pieces: Vec<_> = parts
                .iter()
                .map(|part| {
                    let piece = part.get(..room.min(part.len())).unwrap_or_default();
                    room -= piece.len();
                    IoSlice::new(piece)
                })
                .collect();
            self.ahead = WRITE - room;
            if self.ahead == 0 {
                return Ok(0);
            }
            let Self { layer, out, .. } = self;
            out.append(|wire| layer.seal(&pieces, wire));
        }
        let sent = self.send()?;
        if self.out.is_empty() {
            return Ok(std::mem::take(&mut self.ahead));
        }
        // Part of it is on its way, which counts for whoever looks at the rate, but not all of it.
        match sent.min(self.ahead - 1) {
            0 => Err(ErrorKind::Interrupted.into()),
            count => {
                self.ahead -= count;
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.connection.flush()
    }
}

impl Connection for TlsStream<'_> {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.connection.set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.connection.set_write_timeout(timeout)
    }

    /// Says that nothing more will come (RFC 8446 §6.1), so that the end of the connection is the end of the response.
    fn shutdown_write(&mut self) -> io::Result<()> {
        if self.stage == Stage::Tls {
            let Self { layer, out, cut, .. } = self;
            if layer.is_open() && !*cut {
                out.append(|wire| layer.end(wire));
            }
            // A client that does not take it does not get it.
            let _ = self.send_all();
            self.stage = Stage::Over;
        }
        self.connection.shutdown_write()
    }

    fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.plain.is_empty() { self.connection.try_read(buf) } else { Ok(self.plain.read(buf)) }
    }

    fn reset(&mut self) -> io::Result<()> {
        self.connection.reset()
    }

    /// None while something has come that was not read: the socket would not tell of it.
    fn socket(&self) -> Option<SockRef<'_>> {
        let held = !self.plain.is_empty() || self.stage == Stage::Plain && !self.wire.is_empty();
        if held { None } else { self.connection.socket() }
    }

    fn now(&self) -> Instant {
        self.connection.now()
    }

    fn is_plain_instead_of_tls(&self) -> bool {
        self.stage == Stage::Plain
    }

    fn cut(&mut self) {
        self.cut = true;
    }
}
