//! The memory that a request needs while it is worked on, and an idle connection does not.

use crate::exchange::{Draft, Input};
use crate::proto::{HeadParser, Limits};
use std::cell::Cell;

/// A parser and buffers. Each thread has a spare one, so that a request costs no allocation.
pub(super) struct Desk {
    pub(super) parser: HeadParser,
    /// The head, if it had to leave the engine's buffer.
    pub(super) head: Vec<u8>,
    pub(super) draft: Draft,
    /// What has come of a body that is decoded while it comes.
    pub(super) input: Input,
}

thread_local! {
    static SPARE: Cell<Option<Box<Desk>>> = const { Cell::new(None) };
}

impl Desk {
    pub(super) fn take(limits: Limits) -> Box<Self> {
        match SPARE.take() {
            Some(mut desk) => {
                desk.parser.set_limits(limits);
                desk
            }
            None => Box::new(Self {
                parser: HeadParser::new(limits),
                head: Vec::new(),
                draft: Draft::default(),
                input: Input::default(),
            }),
        }
    }

    /// Leaves it for the next request.
    pub(super) fn give_back(mut self: Box<Self>) {
        // What one large request needed is not held for ever.
        self.head.clear();
        self.head.shrink_to(LARGE);
        self.draft.clear(LARGE);
        SPARE.set(Some(self));
    }
}

const LARGE: usize = 128 * 1024;
