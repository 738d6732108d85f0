//! What a layer is to the engine.

use super::protocol::{Buffer, Input};
use std::io::{self, ErrorKind, IoSlice};

/// What lies between the bytes on the wire and those of a protocol, such as TLS: bytes in, bytes out.
///
/// A [`Layered`](super::Layered) protocol goes through one. A layer never waits, knows no socket and no clock, and keeps no bytes
/// that it could leave to its caller: what it has opened and what it has sealed is in the buffers that it is given.
///
/// # Examples
///
/// [`Layered`](super::Layered) has one that adds 13 to each letter.
pub trait Layer: Send + 'static {
    /// Whether both sides agree about the layer, so that the bytes of the protocol can pass. Until then
    /// [`open`](Self::open) is called where a handler runs, since it may have to compute for a while.
    fn is_open(&self) -> bool;

    /// Whether [`open`](Self::open) would take something of these bytes.
    fn is_ready(&self, wire: &[u8]) -> bool;

    /// Takes some bytes from the front of what has come, and appends what they mean to `plain`. Returns how many bytes it
    /// took; 0 asks for more of them. It is called again as long as it takes some.
    ///
    /// # Errors
    ///
    /// What has come makes no sense. The connection closes, after what [`speak`](Self::speak) says to that.
    fn open(&mut self, wire: &[u8], plain: &mut Vec<u8>) -> io::Result<usize>;

    /// Whether the client has said that it will send nothing more.
    fn has_ended(&self) -> bool;

    /// Whether [`speak`](Self::speak) would append something.
    fn wants_to_speak(&self) -> bool;

    /// Appends what the layer itself has to say to `wire`.
    fn speak(&mut self, wire: &mut Vec<u8>);

    /// Appends these parts, one after the other, to `wire`, sealed; behind what the layer itself has to say.
    fn seal(&mut self, plain: &[IoSlice<'_>], wire: &mut Vec<u8>);

    /// Appends to `wire` that nothing more will come.
    fn end(&mut self, wire: &mut Vec<u8>);
}

/// The layer waits for more than the engine keeps: nothing would ever come of it.
pub(super) fn no_room() -> io::Error {
    io::Error::new(
        ErrorKind::StorageFull,
        "what the client sends in one piece does not fit into input_buffer",
    )
}

/// Opens what has come, as long as there is room. Returns how many bytes that gave.
pub(super) fn open(
    layer: &mut dyn Layer,
    wire: &mut Input<'_>,
    plain: &mut Buffer,
) -> io::Result<usize> {
    let before = plain.unused().len();
    while !plain.is_full() && !layer.has_ended() {
        match plain.append(|plain| layer.open(wire.unused(), plain))? {
            0 => break,
            count => wire.consume(count),
        }
    }
    if layer.has_ended() {
        // Whatever follows the end belongs to nothing.
        wire.consume(wire.unused().len());
    }
    Ok(plain.unused().len() - before)
}
