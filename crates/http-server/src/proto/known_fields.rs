//! The fields the protocol itself needs, collected while the others pass by.

use super::connection::ConnectionOptions;
use super::span::Span;
use super::{Expectation, octets};

/// What the fields of a head say to the protocol.
#[derive(Debug, Default)]
pub(super) struct KnownFields {
    pub(super) host: Seen<Span>,
    pub(super) content_length: Seen<Span>,
    pub(super) transfer_encoding: Seen<Span>,
    pub(super) connection: ConnectionOptions,
    pub(super) expectation: Expectation,
}

impl KnownFields {
    /// Looks at one field, whose value stands at `place`.
    pub(super) fn note(&mut self, name: &[u8], value: &[u8], place: Span) {
        match name.len() {
            4 if octets::is_word(name, b"host") => self.host.note(place),
            6 if octets::is_word(name, b"expect") => self.expectation.note(value),
            10 if octets::is_word(name, b"connection") => self.connection.note(value),
            14 if octets::is_word(name, b"content-length") => self.content_length.note(place),
            17 if octets::is_word(name, b"transfer-encoding") => self.transfer_encoding.note(place),
            _ => {}
        }
    }
}

/// How often a field was seen that may stand in a head once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Seen<T> {
    #[default]
    Never,
    Once(T),
    Again,
}

impl<T> Seen<T> {
    fn note(&mut self, value: T) {
        *self = if matches!(self, Seen::Never) { Seen::Once(value) } else { Seen::Again };
    }

    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Seen::Never => Seen::Never,
            Seen::Once(value) => Seen::Once(f(value)),
            Seen::Again => Seen::Again,
        }
    }
}
