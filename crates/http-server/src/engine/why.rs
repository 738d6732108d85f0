//! Why the engine answers a request itself.

use super::desk::Desk;
use crate::exchange::{BodyCutShort, SENDS_TOO_SLOWLY};
use crate::proto::RequestError;
use std::borrow::Cow;
use std::io;

/// A request that no handler sees.
pub(super) struct Refused {
    pub(super) desk: Box<Desk>,
    pub(super) why: Why,
}

#[derive(Debug)]
pub(super) enum Why {
    Malformed(RequestError),
    /// The head did not end in time.
    HeadTooLate,
    MalformedBody(RequestError),
    BodyCutShort,
    BodyTooSlow,
    /// There is no place for the body.
    NoRoom(io::Error),
    /// All threads are busy, and the queue is full.
    Overload,
}

impl Why {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Malformed(error) | Self::MalformedBody(error) => error.status(),
            Self::BodyCutShort => 400,
            Self::HeadTooLate | Self::BodyTooSlow => 408,
            Self::NoRoom(_) | Self::Overload => 503,
        }
    }

    /// The message and its explanation; empty ones stand for those of the status.
    pub(super) fn words(&self) -> (Cow<'static, str>, Cow<'static, str>) {
        match self {
            Self::Malformed(error) | Self::MalformedBody(error) => {
                (error.message().to_string().into(), error.explain().to_string().into())
            }
            Self::BodyCutShort => {
                ("Request body cut short".into(), BodyCutShort.to_string().into())
            }
            Self::NoRoom(_) => (
                "Service Unavailable".into(),
                "The server has no room for this request body now".into(),
            ),
            Self::Overload => {
                ("Service Unavailable".into(), "The server is busy with other requests".into())
            }
            Self::HeadTooLate | Self::BodyTooSlow => ("".into(), "".into()),
        }
    }

    /// What the log is told besides.
    pub(super) fn log(&self) -> Option<String> {
        match self {
            Self::BodyTooSlow => Some(format!("Request timed out: {SENDS_TOO_SLOWLY}")),
            Self::NoRoom(error) => Some(format!("No room for a request body: {error}")),
            _ => None,
        }
    }

    pub(super) fn is_for_now(&self) -> bool {
        matches!(self, Self::NoRoom(_) | Self::Overload)
    }

    /// Whether its head is whole, and in the desk.
    pub(super) fn has_head(&self) -> bool {
        !matches!(self, Self::Malformed(_) | Self::HeadTooLate)
    }
}
