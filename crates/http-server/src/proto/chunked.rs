//! Chunked bodies (RFC 9112 §7.1), read and written.

use super::body::{Decoded, copy_up_to};
use super::{Limits, RequestError, octets};

/// What ends a chunked body that has no trailers.
///
/// # Examples
///
/// ```
/// use http_server::proto::{ChunkedDecoder, LAST_CHUNK, Limits};
///
/// let mut decoder = ChunkedDecoder::new(&Limits::default());
/// assert!(decoder.decode(LAST_CHUNK, &mut [])?.done);
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Appends the line before a chunk of data, which is then followed by the data and CRLF.
///
/// A chunk of no data would end the body: nothing is appended for it, and its CRLF must be left out too.
/// [`write_chunk`] sees to that.
///
/// # Examples
///
/// Data that are sent from where they are, without a copy:
///
/// ```
/// use http_server::proto::write_chunk_head;
/// use std::io::{IoSlice, Write};
///
/// let data = [b'x'; 300];
/// let mut head = Vec::new();
/// write_chunk_head(data.len(), &mut head);
/// assert_eq!(head, b"12c\r\n");
///
/// let mut connection = Vec::new();
/// let parts = [IoSlice::new(&head), IoSlice::new(&data), IoSlice::new(b"\r\n")];
/// assert_eq!(connection.write_vectored(&parts)?, 5 + 300 + 2);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_chunk_head(length: usize, out: &mut Vec<u8>) {
    if length == 0 {
        return;
    }
    let digits = (usize::BITS - length.leading_zeros()).div_ceil(4);
    for place in (0..digits).rev() {
        let digit = (length >> (4 * place)) & 0xf;
        out.push(b"0123456789abcdef"[digit]);
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends a whole chunk, or nothing if there is no data.
///
/// # Examples
///
/// ```
/// use http_server::proto::{LAST_CHUNK, write_chunk};
///
/// let mut body = Vec::new();
/// write_chunk(b"Hello world!\n", &mut body);
/// body.extend_from_slice(LAST_CHUNK);
/// assert_eq!(body, b"d\r\nHello world!\n\r\n0\r\n\r\n");
/// ```
pub fn write_chunk(data: &[u8], out: &mut Vec<u8>) {
    if !data.is_empty() {
        write_chunk_head(data.len(), out);
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
    }
}

/// Reads a chunked body from input that arrives in any pieces.
///
/// Extensions are skipped and trailers are checked and dropped: neither changes what the handler sees.
///
/// # Examples
///
/// ```
/// use http_server::proto::{ChunkedDecoder, Limits};
///
/// let mut decoder = ChunkedDecoder::new(&Limits::default());
/// let mut output = [0; 16];
/// let decoded = decoder.decode(b"5\r\nhello\r\n0\r\n\r\nGET", &mut output)?;
/// assert_eq!((decoded.consumed, decoded.produced, decoded.done), (15, 5, true));
///
/// let mut decoder = ChunkedDecoder::new(&Limits::default());
/// assert!(decoder.decode(b"0x5\r\n", &mut output).is_ok(), "what comes before the error counts first");
/// assert!(decoder.decode(b"x5\r\n", &mut output).is_err());
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChunkedDecoder {
    state: State,
    /// What the body may still grow by.
    body_left: u64,
    extension_limit: usize,
    extensions_limit: usize,
    /// Bytes of extensions so far, of this chunk and of all.
    extension: usize,
    extensions: usize,
    trailers_limit: usize,
    trailers: usize,
    body_limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Within the size, of which this many digits have been read.
    Size { digits: u8, size: u64 },
    /// Within the extensions.
    Extension { size: u64 },
    /// After the CR that ends the size line.
    SizeLf { size: u64 },
    /// Within the data.
    Data { left: u64 },
    /// After the data.
    DataCr,
    /// After the CR that follows the data.
    DataLf,
    /// At the start of a line after the last chunk.
    TrailerStart,
    /// Within the name of a trailer.
    TrailerName,
    /// Within the value of a trailer.
    TrailerValue,
    /// After the CR that ends a trailer.
    TrailerLf,
    /// After the CR that ends the body.
    EndLf,
    /// After the body.
    Done,
}

impl State {
    /// Before the size of a chunk.
    const START: State = State::Size { digits: 0, size: 0 };
}

impl ChunkedDecoder {
    /// Starts at the first byte after the head.
    pub fn new(limits: &Limits) -> Self {
        Self {
            state: State::START,
            body_left: limits.body,
            body_limit: limits.body,
            extension_limit: limits.chunk_extension,
            extensions_limit: limits.chunk_extensions,
            extension: 0,
            extensions: 0,
            trailers_limit: limits.trailers,
            trailers: 0,
        }
    }

    /// Whether the body has ended.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Decodes as much of the input as fits the output.
    ///
    /// If the call neither consumes nor produces anything and the body is not done, it needs more input (or an output
    /// that is not empty). An error is given by the first call that starts at the offending byte; a call that gets
    /// there on its way gives what came before it, so the data of a broken body are the same however it was cut.
    ///
    /// # Errors
    ///
    /// Everything that can be wrong with a chunk or trailer, a body beyond its limit included.
    pub fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Decoded, RequestError> {
        let mut consumed = 0;
        let mut produced = 0;
        // Nothing below takes more of the input than there is.
        while let rest @ [byte, ..] = &input[consumed..] {
            let (next, length) = match self.state {
                State::Done => break,
                State::Data { left } => {
                    let length = copy_up_to(left, rest, &mut output[produced..]);
                    if length == 0 {
                        break;
                    }
                    self.advance(length as u64);
                    consumed += length;
                    produced += length;
                    continue;
                }
                // Line ends and sizes that are all there are taken at once; small chunks are made of little else.
                State::DataCr if rest.starts_with(b"\r\n") => (Ok(State::START), 2),
                State::START => match plain_size_line(rest) {
                    Some((size, length)) => (self.after_size(size), length),
                    None => (self.step(*byte), 1),
                },
                _ => (self.step(*byte), 1),
            };
            match next {
                Ok(state) => {
                    self.state = state;
                    consumed += length;
                }
                Err(error) if consumed == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(Decoded { consumed, produced, done: self.is_done() })
    }

    /// How many of the next input bytes are data of the current chunk; see [`super::BodyDecoder::direct`].
    pub fn direct(&self) -> u64 {
        match self.state {
            State::Data { left } => left,
            _ => 0,
        }
    }

    /// Takes note of data bytes that were read directly, at most [`Self::direct`] of them; more are not counted.
    pub fn advance(&mut self, count: u64) {
        if let State::Data { left } = self.state {
            self.state =
                if count < left { State::Data { left: left - count } } else { State::DataCr };
        }
    }

    /// Reads one byte outside of data. Changes nothing if it gives an error.
    fn step(&mut self, byte: u8) -> Result<State, RequestError> {
        match (self.state, byte) {
            (State::Size { digits, size }, _) if byte.is_ascii_hexdigit() => {
                if digits == MAX_SIZE_DIGITS {
                    return Err(RequestError::InvalidChunkSize);
                }
                let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
                Ok(State::Size { digits: digits + 1, size: size << 4 | digit })
            }
            (State::Size { digits: 1.., size }, b'\r') => Ok(State::SizeLf { size }),
            (State::Size { digits: 1.., size }, b';') => {
                self.extension = 0;
                self.count_extension_byte()?;
                Ok(State::Extension { size })
            }
            (State::Size { .. }, _) => Err(RequestError::InvalidChunkSize),

            (State::Extension { size }, b'\r') => Ok(State::SizeLf { size }),
            (State::Extension { size }, _) if octets::is_text_byte(byte) => {
                self.count_extension_byte()?;
                Ok(State::Extension { size })
            }
            (State::Extension { .. }, _) => Err(RequestError::InvalidChunkExtension),

            (State::SizeLf { size }, b'\n') => self.after_size(size),
            (State::SizeLf { .. }, _) => Err(RequestError::InvalidChunkSize),

            // `decode` copies data in bulk, and stops when it is done.
            (State::Data { .. } | State::Done, _) => Ok(self.state),
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::START),
            (State::DataCr | State::DataLf, _) => Err(RequestError::InvalidChunkEnd),

            (State::TrailerStart, b'\r') => Ok(State::EndLf),
            (State::EndLf, b'\n') => Ok(State::Done),
            (State::TrailerStart | State::TrailerName, _) if octets::is_token_byte(byte) => {
                self.count_trailer_byte(State::TrailerName)
            }
            (State::TrailerName, b':') => self.count_trailer_byte(State::TrailerValue),
            (State::TrailerValue, b'\r') => self.count_trailer_byte(State::TrailerLf),
            (State::TrailerValue, _) if octets::is_text_byte(byte) => {
                self.count_trailer_byte(State::TrailerValue)
            }
            (State::TrailerLf, b'\n') => self.count_trailer_byte(State::TrailerStart),
            (
                State::TrailerStart
                | State::TrailerName
                | State::TrailerValue
                | State::TrailerLf
                | State::EndLf,
                _,
            ) => Err(RequestError::InvalidTrailer),
        }
    }

    /// What follows a size line: data that the limit has room for, or the trailers.
    fn after_size(&mut self, size: u64) -> Result<State, RequestError> {
        let left = self.body_left.checked_sub(size);
        self.body_left = left.ok_or(RequestError::BodyTooLarge { limit: self.body_limit })?;
        Ok(if size == 0 { State::TrailerStart } else { State::Data { left: size } })
    }

    fn count_extension_byte(&mut self) -> Result<(), RequestError> {
        if self.extension >= self.extension_limit {
            return Err(RequestError::ChunkExtensionTooLarge { limit: self.extension_limit });
        }
        if self.extensions >= self.extensions_limit {
            return Err(RequestError::ChunkExtensionTooLarge { limit: self.extensions_limit });
        }
        self.extension += 1;
        self.extensions += 1;
        Ok(())
    }

    fn count_trailer_byte(&mut self, next: State) -> Result<State, RequestError> {
        if self.trailers >= self.trailers_limit {
            return Err(RequestError::TrailersTooLarge { limit: self.trailers_limit });
        }
        self.trailers += 1;
        Ok(next)
    }
}

/// Reads a size line at once if all of it is there and it has no extension, as nearly all of them: its size and length.
fn plain_size_line(input: &[u8]) -> Option<(u64, usize)> {
    let mut size = 0;
    for (at, &byte) in input.iter().take(usize::from(MAX_SIZE_DIGITS) + 1).enumerate() {
        match char::from(byte).to_digit(16) {
            Some(digit) if at < usize::from(MAX_SIZE_DIGITS) => size = size << 4 | u64::from(digit),
            None if at > 0 && input[at..].starts_with(b"\r\n") => return Some((size, at + 2)),
            _ => return None,
        }
    }
    None
}

/// 16 hexadecimal digits are 64 bits.
const MAX_SIZE_DIGITS: u8 = 16;
