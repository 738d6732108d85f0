//! The slow pass: reads a head line by line, and knows what is wrong with it.
//!
//! It runs when the hot path has refused a head or found it incomplete, and goes on where it stopped when more bytes
//! arrive, so a head that comes byte by byte is read once and not once per byte. Every decision is made on a complete
//! line, or when a line outgrows its limit: the answer is the same however the bytes were cut.

use super::field_line::FieldLine;
use super::found::Found;
use super::request_line::{RequestLine, without_line_end};
use super::span::Span;
use super::{Limits, RequestError, octets};

/// How far the slow pass has come.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Where the current line starts.
    line_start: usize,
    /// How many bytes of the current line hold no LF.
    searched: usize,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    RequestLine { empty_lines: usize },
    Fields { start: usize },
}

impl Default for Stage {
    fn default() -> Self {
        Stage::RequestLine { empty_lines: 0 }
    }
}

impl Walk {
    /// Reads on; gives the length of the head when its last line has been read.
    pub(super) fn advance(
        &mut self,
        buffer: &[u8],
        limits: &Limits,
        found: &mut Found,
    ) -> Result<Option<usize>, RequestError> {
        while let Some(raw) = self.next_line(buffer, limits)? {
            let start = self.line_start;
            let end = start + raw.len();
            match self.stage {
                Stage::RequestLine { empty_lines } if raw == b"\r\n" => {
                    if empty_lines == limits.empty_lines {
                        return Err(RequestError::TooManyEmptyLines { limit: limits.empty_lines });
                    }
                    self.stage = Stage::RequestLine { empty_lines: empty_lines + 1 };
                }
                Stage::RequestLine { .. } => {
                    found.line = Span::new(start, start + without_line_end(raw).len());
                    let line = RequestLine::parse(raw)?;
                    found.method = Span::new(start + line.method.start, start + line.method.end);
                    found.target = Span::new(start + line.target.start, start + line.target.end);
                    found.minor_version = line.minor_version;
                    found.form = line.form;
                    self.stage = Stage::Fields { start: end };
                }
                Stage::Fields { .. } if raw == b"\r\n" => return Ok(Some(end)),
                Stage::Fields { start: section } => {
                    if found.field_count() == limits.fields {
                        return Err(RequestError::TooManyHeaders { limit: limits.fields });
                    }
                    let line = FieldLine::parse(raw, start == section)?;
                    let name = Span::new(start + line.name.start, start + line.name.end);
                    let value = Span::new(start + line.value.start, start + line.value.end);
                    found.push_field(name, value, buffer);
                }
            }
            self.line_start = end;
            self.searched = 0;
        }
        Ok(None)
    }

    /// The current line with its LF, or `None` if it is not whole yet.
    fn next_line<'b>(
        &mut self,
        buffer: &'b [u8],
        limits: &Limits,
    ) -> Result<Option<&'b [u8]>, RequestError> {
        let rest = buffer.get(self.line_start..).unwrap_or_default();
        let limit = match self.stage {
            Stage::RequestLine { .. } if is_tls_handshake(rest) => {
                return Err(RequestError::TlsHandshake);
            }
            Stage::RequestLine { .. } => limits.request_line,
            Stage::Fields { start } => limits.head.saturating_sub(self.line_start - start),
        };
        // The empty line that ends the head does not count against the limit, so two bytes are always looked at.
        let window = rest.get(..limit.max(2)).unwrap_or(rest);
        let unsearched = window.get(self.searched..).unwrap_or_default();
        match unsearched.iter().position(|&byte| byte == b'\n') {
            Some(at) => {
                let line = &window[..=self.searched + at];
                if line.len() > limit && line != b"\r\n" {
                    Err(self.too_long(window, limits))
                } else {
                    Ok(Some(line))
                }
            }
            None if rest.len() > window.len() => Err(self.too_long(window, limits)),
            None => {
                self.searched = rest.len();
                Ok(None)
            }
        }
    }

    fn too_long(&self, window: &[u8], limits: &Limits) -> RequestError {
        match self.stage {
            Stage::RequestLine { .. } if window.iter().all(|&byte| octets::is_token_byte(byte)) => {
                RequestError::MethodTooLong
            }
            Stage::RequestLine { .. } => RequestError::UriTooLong { limit: limits.request_line },
            Stage::Fields { start } if start == self.line_start => {
                RequestError::LineTooLong { limit: limits.head }
            }
            Stage::Fields { .. } => RequestError::HeadTooLarge { limit: limits.head },
        }
    }
}

/// The start of a TLS record that holds a handshake (RFC 8446 §5.1). It has no line ends to wait for.
fn is_tls_handshake(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16, 0x03, 0..=4, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\nX:\t a b \r\n\r\n";

    #[test]
    fn a_head_that_arrives_byte_by_byte_is_read_once() {
        let mut walk = Walk::default();
        let mut found = Found::default();
        for end in 0..HEAD.len() {
            assert_eq!(walk.advance(&HEAD[..end], &Limits::default(), &mut found), Ok(None));
        }
        assert_eq!(walk.advance(HEAD, &Limits::default(), &mut found), Ok(Some(HEAD.len())));
        assert_eq!(found.field_count(), 3);
    }
}
