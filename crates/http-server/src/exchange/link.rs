//! What the two halves of an exchange share: the way to the client.

use std::io::{self, IoSlice};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How an exchange reaches its client. Each driver has its own; all waiting and every deadline is in there.
///
/// The readiness engine can run the same handlers with the same bytes by putting a received body behind `receive` and an
/// out-buffer behind `send`.
pub(crate) trait Wire: Send {
    /// Reads some bytes of the request body, at least one; 0 is the end of the connection.
    fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize>;

    /// Sends all of these, one after the other.
    fn send(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()>;

    /// The handler is done: what is received from now on is dropped, and not waited for as long.
    fn start_draining(&mut self);

    /// Whether this request should be the last of its connection, because others need the server.
    fn is_last(&self) -> bool;

    /// What is the matter with the client, if a call above has failed.
    fn trouble(&self) -> Option<Trouble>;
}

/// What can be the matter with a client. Nothing else is a reason to call an error of a handler the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It closed or reset the connection, or took the response too slowly: it can be sent nothing more.
    Gone,
    /// It did not send in time.
    TooSlow,
}

/// The way to the client, shared by [`RequestBody`](super::RequestBody) and [`ResponseBody`](super::ResponseBody).
///
/// A mutex, because the body may travel to another thread; it is never contended while one handler runs.
pub(crate) struct Link<'a> {
    state: Mutex<LinkState<'a>>,
}

pub(crate) struct LinkState<'a> {
    pub(crate) wire: &'a mut dyn Wire,
    pub(crate) interim: Interim,
    pub(crate) body: BodyState,
    /// How many bytes of the body are certain to come. Kept here because a handler may have taken the body away.
    pub(crate) body_left: u64,
}

/// What has become of the client's `Expect: 100-continue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interim {
    /// The client did not ask, or it has its answer.
    Settled,
    /// The client waits, and nobody has promised it anything.
    Asked,
    /// `100 Continue` goes out before the first wait for the body.
    Promised,
}

/// How far the request body has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyState {
    /// Some of it may still be on its way.
    Open,
    /// Read to its end, or there is none: the next request may follow.
    Complete,
    /// Cut short or malformed: nothing after it makes sense.
    Broken,
}

impl<'a> Link<'a> {
    pub(crate) fn new(wire: &'a mut dyn Wire, interim: Interim, body: BodyState) -> Self {
        Self { state: Mutex::new(LinkState { wire, interim, body, body_left: 0 }) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, LinkState<'a>> {
        // A panic within a read or write leaves nothing half-done that matters: the connection closes after it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that came from the client and are not used yet. Belongs to the connection and outlives each exchange.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// Initialized once and for all, so that a read costs no zeroing.
    buf: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    /// The unused bytes.
    pub(crate) fn unused(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Marks bytes as used.
    pub(crate) fn consume(&mut self, n: usize) {
        self.start = self.end.min(self.start.saturating_add(n));
    }

    pub(crate) fn clear(&mut self) {
        self.start = self.end;
    }

    /// Appends what one call of `receive` gives, up to `most` bytes.
    pub(crate) fn fill(
        &mut self,
        most: usize,
        receive: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.buf.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let room = self.end + most.max(1);
        if self.buf.len() < room {
            self.buf.resize(room, 0);
        }
        let n = receive(self.buf.get_mut(self.end..room).unwrap_or_default())?;
        self.end = room.min(self.end + n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_of_a_long_connection_does_not_grow() {
        let mut input = Input::default();
        for _ in 0..100_000 {
            let n = input.fill(64, |buf| Ok(buf.len().min(40))).unwrap();
            // Something of the next request stays behind each time.
            input.consume(n - 7);
            input.consume(input.unused().len() - 7);
        }
        assert!(input.buf.capacity() <= 256, "{}", input.buf.capacity());
    }

    #[test]
    fn unused_input_stays_in_front_of_what_comes() {
        let mut input = Input::default();
        let fill = |input: &mut Input, data: &[u8]| {
            let copy = |buf: &mut [u8]| {
                buf[..data.len()].copy_from_slice(data);
                Ok(data.len())
            };
            assert_eq!(input.fill(8, copy).unwrap(), data.len());
        };
        fill(&mut input, b"abcd");
        input.consume(2);
        fill(&mut input, b"efgh");
        assert_eq!(input.unused(), b"cdefgh");
        input.consume(usize::MAX);
        assert!(input.is_empty());
        assert!(input.fill(8, |_| Err(io::ErrorKind::ConnectionReset.into())).is_err());
        assert!(input.is_empty());
    }
}
