//! Reading a request body in whatever framing it has.

use super::{ChunkedDecoder, Framing, Limits, RequestError};

/// What one call of a decoder did.
///
/// # Examples
///
/// ```
/// use http_server::proto::{BodyDecoder, Decoded, Framing, Limits};
///
/// let mut decoder = BodyDecoder::new(Framing::Chunked, &Limits::default());
/// let mut output = [0; 16];
/// let first = decoder.decode(b"5\r\nhel", &mut output)?;
/// assert_eq!(first, Decoded { consumed: 6, produced: 3, done: false });
///
/// let last = decoder.decode(b"lo\r\n0\r\n\r\nGET / HTTP/1.1", &mut output[first.produced..])?;
/// assert_eq!(last, Decoded { consumed: 9, produced: 2, done: true });
/// assert_eq!(&output[..first.produced + last.produced], b"hello");
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// How many bytes of the input are used up.
    pub consumed: usize,
    /// How many bytes were written to the output.
    pub produced: usize,
    /// Whether the body ended here; what follows in the input belongs to the next request.
    pub done: bool,
}

/// Reads a request body, chunked or not, from input that arrives in any pieces.
///
/// Input that ends before `done` is a body cut short, which must never pass for a whole one (RFC 9112 §8).
///
/// # Examples
///
/// ```
/// use http_server::proto::{BodyDecoder, Framing, Limits};
///
/// let mut decoder = BodyDecoder::new(Framing::Length(5), &Limits::default());
/// let mut output = [0; 16];
/// let decoded = decoder.decode(b"helloGET / HTTP/1.1", &mut output)?;
/// assert_eq!((decoded.consumed, decoded.done), (5, true));
/// assert_eq!(&output[..decoded.produced], b"hello");
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BodyDecoder(State);

#[derive(Clone, Debug)]
enum State {
    Length { left: u64 },
    Chunked(ChunkedDecoder),
}

impl BodyDecoder {
    /// Starts at the first byte after the head.
    pub fn new(framing: Framing, limits: &Limits) -> Self {
        Self(match framing {
            Framing::None => State::Length { left: 0 },
            Framing::Length(left) => State::Length { left },
            Framing::Chunked => State::Chunked(ChunkedDecoder::new(limits)),
        })
    }

    /// Whether the body has ended.
    pub fn is_done(&self) -> bool {
        match &self.0 {
            State::Length { left } => *left == 0,
            State::Chunked(decoder) => decoder.is_done(),
        }
    }

    /// Decodes as much of the input as fits the output.
    ///
    /// The input may be empty. If the call neither consumes nor produces anything and the body is not done, it needs
    /// more input (or an output that is not empty).
    ///
    /// # Errors
    ///
    /// Those of [`ChunkedDecoder::decode`].
    pub fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Decoded, RequestError> {
        match &mut self.0 {
            State::Length { left } => {
                let length = copy_up_to(*left, input, output);
                *left -= length as u64;
                Ok(Decoded { consumed: length, produced: length, done: *left == 0 })
            }
            State::Chunked(decoder) => decoder.decode(input, output),
        }
    }

    /// How many of the next input bytes are body data as they stand.
    ///
    /// That many may be read from the connection straight into where they shall go, without [`Self::decode`]; then tell
    /// [`Self::advance`].
    pub fn direct(&self) -> u64 {
        match &self.0 {
            State::Length { left } => *left,
            State::Chunked(decoder) => decoder.direct(),
        }
    }

    /// Takes note of data bytes that were read directly, at most [`Self::direct`] of them; more are not counted.
    pub fn advance(&mut self, count: u64) {
        match &mut self.0 {
            State::Length { left } => *left = left.saturating_sub(count),
            State::Chunked(decoder) => decoder.advance(count),
        }
    }
}

/// Copies what is wanted, there and has room; says how much that was.
pub(super) fn copy_up_to(wanted: u64, input: &[u8], output: &mut [u8]) -> usize {
    let length = usize::try_from(wanted).unwrap_or(usize::MAX).min(input.len()).min(output.len());
    // Both slices are at least `length` long by the line above.
    output[..length].copy_from_slice(&input[..length]);
    length
}
