//! One field line, read slowly and strictly (RFC 9112 §5).

use super::error::Quoted;
use super::{RequestError, octets};
use std::ops::Range;

/// A field line that passed every check; ranges count from the start of the line.
pub(super) struct FieldLine {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

impl FieldLine {
    /// Parses a complete line that is not empty, its LF included. `first` says that it follows the request line.
    pub(super) fn parse(raw: &[u8], first: bool) -> Result<FieldLine, RequestError> {
        match raw {
            [b' ' | b'\t', ..] if first => return Err(RequestError::WhitespaceBeforeFirstField),
            [b' ' | b'\t', ..] => return Err(RequestError::FoldedField),
            _ => {}
        }
        let [line @ .., b'\r', b'\n'] = raw else {
            return Err(RequestError::BareLf);
        };
        if line.contains(&b'\r') {
            return Err(RequestError::BareCr);
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return Err(RequestError::MissingColon(Quoted::new(line)));
        };
        let (name, after) = (&line[..colon], &line[colon + 1..]);
        if name.is_empty() {
            return Err(RequestError::EmptyFieldName);
        }
        if let [.., b' ' | b'\t'] = name {
            return Err(RequestError::WhitespaceBeforeColon(Quoted::new(octets::trim(name))));
        }
        if !octets::is_token(name) {
            return Err(RequestError::InvalidFieldName(Quoted::new(name)));
        }
        if let Some(&byte) = after.iter().find(|&&byte| !octets::is_text_byte(byte)) {
            return Err(RequestError::InvalidFieldValue { name: Quoted::new(name), byte });
        }
        let value = octets::trim(after);
        // An empty value stands right after the colon, wherever trimming left it.
        let start =
            colon + 1 + after.iter().position(|&byte| !matches!(byte, b' ' | b'\t')).unwrap_or(0);
        Ok(FieldLine { name: 0..colon, value: start..start + value.len() })
    }
}
