//! TLS as a layer: bytes in, bytes out, by `rustls`.

use super::TlsContext;
use rustls::ServerConnection;
use socketserver::engine::Layer;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

/// Our side of one TLS connection.
pub(crate) struct TlsLayer {
    connection: ServerConnection,
    ended: bool,
}

/// Type, version and length of a record (RFC 8446 §5.1).
const HEADER: usize = 5;
/// The most that follows: the largest fragment, and what encryption adds (RFC 5246 §6.2.3).
const LARGEST: usize = (1 << 14) + 2048;

/// Whether a connection that begins with this byte may be one of TLS: a record with a handshake.
pub(crate) fn begins_tls(first: u8) -> bool {
    first == 0x16
}

impl TlsLayer {
    pub(crate) fn new(context: &TlsContext) -> io::Result<Self> {
        let connection =
            ServerConnection::new(Arc::clone(context.config())).map_err(io::Error::other)?;
        Ok(Self { connection, ended: false })
    }
}

/// The record at the front, if it is whole. One that is too large is not waited for, but given as it is, to be refused.
fn record(wire: &[u8]) -> Option<&[u8]> {
    let length = wire.get(3..HEADER)?;
    let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    if length > LARGEST { Some(wire) } else { wire.get(..HEADER + length) }
}

impl Layer for TlsLayer {
    fn is_open(&self) -> bool {
        !self.connection.is_handshaking()
    }

    fn is_ready(&self, wire: &[u8]) -> bool {
        record(wire).is_some()
    }

    /// One record at a time, so that neither its bytes nor what they mean have to be kept here.
    fn open(&mut self, wire: &[u8], plain: &mut Vec<u8>) -> io::Result<usize> {
        let Some(record) = record(wire) else { return Ok(0) };
        let mut rest = record;
        while !rest.is_empty() {
            if self.connection.read_tls(&mut rest)? == 0 {
                break;
            }
            let state = self
                .connection
                .process_new_packets()
                .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            self.ended = state.peer_has_closed();
            let start = plain.len();
            plain.resize(start + state.plaintext_bytes_to_read(), 0);
            if let Some(room) = plain.get_mut(start..) {
                self.connection.reader().read_exact(room)?;
            }
            if self.ended {
                break;
            }
        }
        Ok(record.len())
    }

    fn has_ended(&self) -> bool {
        self.ended
    }

    fn wants_to_speak(&self) -> bool {
        self.connection.wants_write()
    }

    fn speak(&mut self, wire: &mut Vec<u8>) {
        // Writing to memory does not fail.
        while self.connection.wants_write() && self.connection.write_tls(wire).is_ok() {}
    }

    fn seal(&mut self, plain: &[IoSlice<'_>], wire: &mut Vec<u8>) {
        let mut parts: Vec<_> = plain.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = &mut *parts;
        while let Ok(count @ 1..) = self.connection.writer().write_vectored(rest) {
            IoSlice::advance_slices(&mut rest, count);
            self.speak(wire);
        }
        self.speak(wire);
    }

    fn end(&mut self, wire: &mut Vec<u8>) {
        self.connection.send_close_notify();
        self.speak(wire);
    }
}
