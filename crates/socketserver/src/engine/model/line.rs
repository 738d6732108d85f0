//! A connection of the model, and what its ends see of it.

use crate::engine::selector::Interest;
use crate::engine::wire::Wire;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A connection between a client and the engine.
#[derive(Default)]
pub(super) struct Pipe {
    pub(super) to_engine: Vec<u8>,
    pub(super) ended: bool,
    pub(super) reset: bool,
    /// How many bytes the client has room for.
    pub(super) room: usize,
    /// A write has found no room.
    pub(super) lacked_room: bool,
    pub(super) to_client: Vec<u8>,
    /// The engine has reset it.
    pub(super) gave_up: bool,
    pub(super) closed: bool,
}

#[derive(Clone)]
pub(super) struct Line(pub(super) Arc<Mutex<Pipe>>);

impl Line {
    pub(super) fn pipe(&self) -> MutexGuard<'_, Pipe> {
        self.0.lock().unwrap()
    }
}

impl Wire for Line {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        let mut pipe = self.pipe();
        assert!(!pipe.closed, "read after the end");
        if pipe.reset {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if pipe.to_engine.is_empty() {
            return if pipe.ended { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        let count = pipe.to_engine.len().min(room.len());
        room[..count].copy_from_slice(&pipe.to_engine[..count]);
        pipe.to_engine.drain(..count);
        Ok(count)
    }

    fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut pipe = self.pipe();
        assert!(!pipe.closed, "write after the end");
        if pipe.reset {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let mut count = 0;
        for part in parts {
            let taken = part.len().min(pipe.room);
            pipe.to_client.extend_from_slice(&part[..taken]);
            pipe.room -= taken;
            count += taken;
        }
        if count == 0 {
            pipe.lacked_room = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(count)
    }

    fn end_sending(&self) -> io::Result<()> {
        Ok(())
    }

    fn reset(&self) {
        self.pipe().gave_up = true;
    }

    fn wait(&self, _interest: Interest, _timeout: Option<Duration>) -> io::Result<bool> {
        panic!("no handler of the model writes so much that it has to wait");
    }
}
