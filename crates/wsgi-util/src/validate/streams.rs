//! The checks of `wsgi.input` and `wsgi.errors`: `InputWrapper` and `ErrorWrapper`.

use super::Violation;
use crate::{Environ, ErrorStream, InputStream};
use std::io::{self, BufRead, Read, Write};

/// `wsgi.input`, which must end with the body and stay at its end.
pub(super) struct CheckedInput<'a> {
    input: Box<dyn InputStream + 'a>,
    content_length: Option<u64>,
    bytes_read: u64,
    ended: bool,
}

impl<'a> CheckedInput<'a> {
    /// Takes the input out of an environ that was checked.
    pub(super) fn new(environ: &mut Environ<'a>) -> CheckedInput<'a> {
        let content_length = environ.get("CONTENT_LENGTH").and_then(|value| value.parse().ok());
        CheckedInput { input: environ.take_input(), content_length, bytes_read: 0, ended: false }
    }

    /// Checks that `available` more bytes may come.
    fn check(&mut self, available: usize) -> Result<(), Violation> {
        if available == 0 {
            self.ended = true;
        } else if self.ended {
            return Err(Violation::InputPastEnd);
        }
        match self.content_length {
            Some(content_length)
                if self.bytes_read.saturating_add(available as u64) > content_length =>
            {
                Err(Violation::InputTooLong { content_length })
            }
            _ => Ok(()),
        }
    }
}

impl Read for CheckedInput<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.input.read(buffer)?;
        self.check(count)?;
        self.bytes_read += count as u64;
        Ok(count)
    }
}

impl BufRead for CheckedInput<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.input.fill_buf()?.len();
        self.check(available)?;
        // What is buffered is given again.
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.bytes_read += count as u64;
        self.input.consume(count);
    }
}

/// `wsgi.errors`, to which only text may be written.
pub(super) struct CheckedErrors<'a> {
    errors: Box<dyn ErrorStream + 'a>,
    /// The beginning of a character whose other bytes are yet to be written.
    started: Vec<u8>,
}

impl<'a> CheckedErrors<'a> {
    pub(super) fn new(errors: Box<dyn ErrorStream + 'a>) -> CheckedErrors<'a> {
        CheckedErrors { errors, started: Vec::new() }
    }
}

impl Write for CheckedErrors<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let mut text = self.started.clone();
        text.extend_from_slice(data);
        whole_characters(&text)?;
        let count = self.errors.write(data)?;
        text.truncate(self.started.len() + count);
        self.started = text.split_off(whole_characters(&text)?);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.errors.flush()
    }
}

/// How many bytes of a text make up whole characters; the rest must be the beginning of one.
fn whole_characters(text: &[u8]) -> Result<usize, Violation> {
    match std::str::from_utf8(text) {
        Ok(text) => Ok(text.len()),
        Err(error) if error.error_len().is_none() => Ok(error.valid_up_to()),
        Err(_) => Err(Violation::ErrorsNotText),
    }
}
