//! What was found in a head, and the rules for the head as a whole.

use super::headers::Field;
use super::known_fields::{KnownFields, Seen};
use super::span::Span;
use super::target::Form;
use super::{Framing, Limits, Quoted, RequestError, Version, framing, host};

/// What was found in a head, as offsets into the buffer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) line: Span,
    pub(super) method: Span,
    pub(super) target: Span,
    /// The major version of every head that passes is 1.
    pub(super) minor_version: u8,
    pub(super) form: Form,
    pub(super) fields: Vec<Field>,
    pub(super) known: KnownFields,
    pub(super) framing: Framing,
}

impl Found {
    /// Forgets everything but the room for fields.
    pub(super) fn clear(&mut self) {
        let mut fields = std::mem::take(&mut self.fields);
        fields.clear();
        *self = Found { fields, ..Found::default() };
    }

    pub(super) fn version(&self) -> Version {
        Version { major: 1, minor: self.minor_version }
    }

    pub(super) fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// Adds a field, in the order of the buffer.
    pub(super) fn push_field(&mut self, name: Span, value: Span, buffer: &[u8]) {
        self.fields.push(Field { name, value });
        self.known.note(name.of(buffer), value.of(buffer), value);
    }

    /// Decides what concerns the head as a whole: Host, then framing.
    pub(super) fn judge(&mut self, buffer: &[u8], limits: &Limits) -> Result<(), RequestError> {
        match self.known.host {
            Seen::Once(value) => {
                let value = value.of(buffer);
                if !host::is_valid_host_field(value) {
                    return Err(RequestError::InvalidHost(Quoted::new(value)));
                }
            }
            Seen::Again => return Err(RequestError::DuplicateHost),
            Seen::Never if self.version() >= Version::HTTP_11 => {
                return Err(RequestError::MissingHost);
            }
            Seen::Never => {}
        }
        let (codings, lengths) = (self.known.transfer_encoding, self.known.content_length);
        self.framing = if (codings, lengths) == (Seen::Never, Seen::Never) {
            Framing::None
        } else {
            framing::decide(
                codings.map(|value| value.of(buffer)),
                lengths.map(|value| value.of(buffer)),
                self.version(),
                limits.body,
            )?
        };
        Ok(())
    }
}
