//! A reader that ends where a request body ends.

use std::io::{self, BufRead, Read};

/// Reads exactly one request body from a stream that may go on after it.
///
/// PEP 3333 wants `wsgi.input` to end where the body ends; a plain CGI or socket stream blocks there instead, or hands
/// out the next request (known in CPython as gh-66077).
///
/// # Errors
///
/// Reading fails with [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the stream ends before the body does, so
/// that half a body is not taken for a whole one.
///
/// # Examples
///
/// ```
/// use std::io::{ErrorKind, Read};
/// use wsgi_handlers::BoundedInput;
///
/// let mut text = String::new();
/// BoundedInput::new(&b"name=ann; next request"[..], 8).read_to_string(&mut text)?;
/// assert_eq!(text, "name=ann");
///
/// let error = BoundedInput::new(&b"name="[..], 8).read_to_string(&mut text).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct BoundedInput<R> {
    inner: R,
    length: u64,
    remaining: u64,
}

impl<R> BoundedInput<R> {
    /// Makes a reader of the next `length` bytes of `inner`.
    pub fn new(inner: R, length: u64) -> Self {
        Self { inner, length, remaining: length }
    }

    /// How many bytes of the body were not read yet.
    ///
    /// # Examples
    ///
    /// A server that keeps the connection first skips what the application did not read:
    ///
    /// ```
    /// use std::io::{self, Read};
    /// use wsgi_handlers::BoundedInput;
    ///
    /// let mut input = BoundedInput::new(&b"name=ann; next request"[..], 8);
    /// input.read_exact(&mut [0; 5])?;
    /// assert_eq!(input.remaining(), 3);
    ///
    /// io::copy(&mut input, &mut io::sink())?;
    /// assert_eq!(input.remaining(), 0);
    /// # Ok::<(), io::Error>(())
    /// ```
    pub fn remaining(&self) -> u64 {
        self.remaining
    }

    /// At most `size`, and not more than what remains.
    fn bound(&self, size: usize) -> usize {
        usize::try_from(self.remaining).map_or(size, |remaining| remaining.min(size))
    }
}

impl<R: Read> Read for BoundedInput<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bound = self.bound(buffer.len());
        if bound == 0 {
            return Ok(0);
        }
        match self.inner.read(&mut buffer[..bound])? {
            0 => Err(cut_short(self.length, self.remaining)),
            count => {
                self.remaining = self.remaining.saturating_sub(count as u64);
                Ok(count)
            }
        }
    }
}

impl<R: BufRead> BufRead for BoundedInput<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.remaining == 0 {
            return Ok(&[]);
        }
        let bound = self.bound(usize::MAX);
        let buffered = self.inner.fill_buf()?;
        if buffered.is_empty() {
            return Err(cut_short(self.length, self.remaining));
        }
        Ok(buffered.get(..bound).unwrap_or(buffered))
    }

    fn consume(&mut self, amount: usize) {
        self.remaining = self.remaining.saturating_sub(amount as u64);
        self.inner.consume(amount);
    }
}

fn cut_short(length: u64, remaining: u64) -> io::Error {
    let message = format!("the request body ended after {} of {length} bytes", length - remaining);
    io::Error::new(io::ErrorKind::UnexpectedEof, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_body_stays_the_end() {
        let mut input = BoundedInput::new(&b"one\ntwo\nnext"[..], 8);
        let mut line = String::new();
        assert_eq!(input.read_line(&mut line).unwrap(), 4);
        assert_eq!(input.remaining(), 4);
        let mut rest = Vec::new();
        assert_eq!(input.read_to_end(&mut rest).unwrap(), 4);
        assert_eq!((line.as_str(), rest.as_slice()), ("one\n", &b"two\n"[..]));
        assert_eq!(input.read(&mut [0; 9]).unwrap(), 0);
        assert_eq!(input.fill_buf().unwrap(), b"");
    }

    #[test]
    fn a_body_cut_short_is_an_error_each_time() {
        let mut input = BoundedInput::new(&b"abc"[..], 5);
        assert_eq!(input.read(&mut [0; 9]).unwrap(), 3);
        for _ in 0..2 {
            let error = input.read(&mut [0; 9]).unwrap_err();
            assert_eq!(error.to_string(), "the request body ended after 3 of 5 bytes");
            assert_eq!(input.fill_buf().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn an_empty_buffer_is_no_end() {
        assert_eq!(BoundedInput::new(io::empty(), 5).read(&mut []).unwrap(), 0);
    }
}
