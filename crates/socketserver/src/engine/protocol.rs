//! What a protocol is to the engine.

use super::{Patience, Work};
use crate::HandlerError;
use std::time::Instant;

/// One connection's side of a protocol: the engine feeds it bytes, it says what comes next.
///
/// A value of this type lives as long as its connection, so it is all that an idle connection costs
/// besides its descriptor: keep large state in an `Option<Box<_>>` that is empty between requests.
///
/// Two kinds of methods:
///
/// - [`run`](Self::run) is **where the handler runs**. It may block, compute and sleep; others are
///   served meanwhile.
/// - All others run while their thread polls for every connection, so they only look at bytes and
///   decide. Time is an argument, so that deadlines can be tested without waiting for them.
///
/// ```text
///                    bytes came
///   connected ──▶ wait ──────▶ receive ── Run ──▶ run ── Receive ──▶ (receive what is left, or wait)
///                  ▲  │           │                │ ▲
///                  │  │ deadline  ├─ Receive ▶ wait│ └─ Run: again, once the client has room
///                  │  ▼           │                │
///                  └─ expired     └──── Close / Linger ────▶ what is written leaves, then it closes
/// ```
///
/// Requests that came together are run one after the other in one thread, and their answers leave
/// in one write. Nothing is received while answers wait for the client to take them.
///
/// # Examples
///
/// A protocol that gives each client a minute to say something, and its test:
///
/// ```
/// use socketserver::HandlerError;
/// use socketserver::engine::{Input, Protocol, Step, Work};
/// use std::time::{Duration, Instant};
///
/// struct Patient(Instant);
///
/// impl Protocol for Patient {
///     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
///         if input.unused().is_empty() { Step::Receive } else { Step::Run }
///     }
///
///     fn run(&mut self, _work: &mut Work<'_>) -> Result<Step, HandlerError> {
///         Ok(Step::Close)
///     }
///
///     fn deadline(&mut self, _now: Instant) -> Option<Instant> {
///         Some(self.0 + Duration::from_secs(60))
///     }
/// }
///
/// let now = Instant::now();
/// let mut patient = Patient(now);
/// assert_eq!(patient.deadline(now), Some(now + Duration::from_secs(60)));
/// assert_eq!(patient.expired(now + Duration::from_secs(60)), Step::Close);
/// ```
///
/// The example of [`Engine`](super::Engine) serves one, [`Rehearsal`](super::Rehearsal) plays one without a socket, and
/// `examples/line_server.rs` is one with limits.
pub trait Protocol: Send + 'static {
    /// Looks at what has come, and takes what it can use with [`Input::consume`].
    ///
    /// It is called when there are new bytes, when the client has ended its side
    /// ([`Input::has_ended`]), and after a [`run`](Self::run) that left bytes over. What it does not
    /// consume is there again the next time, with more behind it. If it asks for more than the
    /// [`input_buffer`](super::EngineOptions::input_buffer) holds ([`Input::is_full`]), or for more from a
    /// client that has ended, the connection closes.
    fn receive(&mut self, input: &mut Input<'_>, now: Instant) -> Step;

    /// Does the work that [`receive`](Self::receive) has found; blocking code.
    ///
    /// The unconsumed bytes are in [`work.input`](Work::input), the answer goes to
    /// [`work.output`](Work::output). [`Step::Run`] makes the answer resumable: `run` is called again
    /// when the client has taken what was written (the system has, on its way to it), and until then the connection
    /// holds no thread. If nothing was written, that is at once.
    ///
    /// # Errors
    ///
    /// What the handler failed with goes to [`handle_error`](crate::BaseServer::handle_error), as does a
    /// panic. What is written still leaves, and the connection closes.
    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError>;

    /// Until when the engine waits for bytes of the client; asked each time it starts to, which is now. `None`
    /// waits for ever.
    fn deadline(&mut self, now: Instant) -> Option<Instant> {
        let _ = now;
        None
    }

    /// How slow the client may be; asked before each [`run`](Self::run) and each wait for the client to take
    /// its answer.
    fn patience(&self) -> Patience {
        Patience::default()
    }

    /// The deadline has passed. [`Step::Run`] gives `run` the opportunity to say so to the client;
    /// [`Step::Receive`] waits on, until the new [`deadline`](Self::deadline).
    fn expired(&mut self, now: Instant) -> Step {
        let _ = now;
        Step::Close
    }

    /// There is no room for the work that [`receive`](Self::receive) has found: all threads are
    /// busy and the queue is full. What it appends to `answer` is sent, then the connection closes. Going on with an answer
    /// ([`Step::Run`] from [`run`](Self::run)) is never refused.
    fn refuse(&mut self, input: &Input<'_>, answer: &mut Vec<u8>) {
        let _ = (input, answer);
    }

    /// Whether the connection may be closed without loss when the server stops, or when others need its
    /// [place](super::EngineOptions::max_connections): the protocol holds no part of a request. The engine asks only if it holds
    /// no unconsumed bytes itself.
    fn is_idle(&self) -> bool {
        true
    }

    /// Whether there is something that [`receive`](Self::receive) has not seen although the engine holds no new bytes. Asked after each
    /// [`run`](Self::run); a [`Layered`](super::Layered) protocol has bytes of its own.
    fn has_unseen(&self) -> bool {
        false
    }

    /// Whether the work that has just been done was what the client had asked for. A connection that waits after such work
    /// is one that stays, and first to go when others need its [place](super::EngineOptions::max_connections). Asked
    /// after each [`run`](Self::run); a [`Layered`](super::Layered) protocol also works to agree about its layer, which is
    /// nothing to be served with.
    fn was_asked(&self) -> bool {
        true
    }

    /// The connection is about to close in order: what this appends is the last that is sent. Not called if the
    /// connection is lost or reset.
    fn closing(&mut self, last: &mut Vec<u8>) {
        let _ = last;
    }

    /// Whether the client has all of the answers that were begun; asked when the connection closes, by a layer that can tell it the
    /// one end from the other.
    fn is_whole(&self) -> bool {
        true
    }
}

/// What comes next on a connection.
///
/// # Examples
///
/// An answer that is made as the client takes it:
///
/// ```
/// # use socketserver::HandlerError;
/// # use socketserver::engine::{Input, Protocol, Step, Work};
/// # use std::io::Write;
/// # use std::time::Instant;
/// /// Counts down, then closes.
/// struct Countdown(u32);
///
/// impl Protocol for Countdown {
///     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
///         if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
///     }
///
///     fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///         writeln!(work.output, "{}", self.0)?;
///         self.0 -= 1;
///         Ok(if self.0 > 0 { Step::Run } else { Step::Close })
///     }
/// }
/// # let engine = socketserver::engine::Engine::bind("127.0.0.1:0", |_, _| Countdown(3))?;
/// # std::thread::scope(|scope| {
/// #     scope.spawn(|| engine.serve_forever());
/// #     let mut client = std::net::TcpStream::connect(engine.server_address())?;
/// #     client.write_all(b"go\n")?;
/// #     client.shutdown(std::net::Shutdown::Write)?;
/// #     let answer = std::io::read_to_string(client)?;
/// #     engine.shutdown();
/// #     assert_eq!(answer, "3\n2\n1\n");
/// #     std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait for bytes.
    Receive,
    /// From [`receive`](Protocol::receive) and [`expired`](Protocol::expired): run the work.
    /// From [`run`](Protocol::run): run again when the client has room.
    Run,
    /// Send what is written and close. If bytes of the client are unread, as [`Linger`](Self::Linger).
    Close,
    /// Send what is written, end the sending side, and read and drop what still comes for a while: closing
    /// with unread bytes would reset the connection and destroy the answer on its way.
    Linger,
}

/// What came from the client and is not used yet.
///
/// # Examples
///
/// What is used at once needs no room, however much comes:
///
/// ```
/// # use socketserver::HandlerError;
/// # use socketserver::engine::{Input, Protocol, Step, Work};
/// # use std::io::Write;
/// # use std::time::Instant;
/// /// Answers with the number of bytes that the client has sent.
/// struct Size(usize);
///
/// impl Protocol for Size {
///     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
///         self.0 += input.unused().len();
///         input.consume(input.unused().len());
///         if input.has_ended() { Step::Run } else { Step::Receive }
///     }
///
///     fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///         write!(work.output, "{}", self.0)?;
///         Ok(Step::Close)
///     }
///
///     fn is_idle(&self) -> bool {
///         self.0 == 0 // a server that stops waits for the others
///     }
/// }
/// # let engine = socketserver::engine::Engine::bind("127.0.0.1:0", |_, _| Size(0))?;
/// # std::thread::scope(|scope| {
/// #     scope.spawn(|| engine.serve_forever());
/// #     let mut client = std::net::TcpStream::connect(engine.server_address())?;
/// #     client.write_all(b"hello")?;
/// #     client.shutdown(std::net::Shutdown::Write)?;
/// #     let answer = std::io::read_to_string(client)?;
/// #     engine.shutdown();
/// #     assert_eq!(answer, "5");
/// #     std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Input<'b> {
    pub(super) buffer: &'b mut Buffer,
    pub(super) ended: bool,
}

impl Input<'_> {
    /// The unused bytes.
    #[must_use]
    pub fn unused(&self) -> &[u8] {
        self.buffer.unused()
    }

    /// Marks the first `count` of them as used.
    pub fn consume(&mut self, count: usize) {
        self.buffer.consume(count);
    }

    /// Puts bytes in front of the unused ones: what was taken out for a while and turns out to belong to
    /// what comes next.
    pub fn put_back(&mut self, bytes: &[u8]) {
        self.buffer.put_back(bytes);
    }

    /// Whether the client has ended its side: no more bytes will come.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether there is no room for more bytes behind the unused ones.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.buffer.is_full()
    }
}

/// Room for what is received. A thread has one; an idle connection has none.
#[derive(Debug)]
pub(super) struct Buffer {
    /// Initialised once, so that a read costs no zeroing.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// So many bytes fill it.
    size: usize,
}

impl Buffer {
    pub(super) fn new(size: usize) -> Self {
        let size = size.max(1);
        Self { bytes: vec![0; size], start: 0, end: 0, size }
    }

    /// One that takes memory only for what is in it, and is filled by [`append`](Self::append).
    pub(super) fn on_demand(size: usize) -> Self {
        Self { bytes: Vec::new(), start: 0, end: 0, size }
    }

    /// Has bytes appended to the unused ones.
    pub(super) fn append<T>(&mut self, append: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        self.bytes.truncate(self.end);
        self.bytes.drain(..self.start);
        self.start = 0;
        let result = append(&mut self.bytes);
        self.end = self.bytes.len();
        result
    }

    /// Gives its memory back if nothing is in it.
    pub(super) fn release(&mut self) {
        if self.is_empty() {
            (self.bytes, self.start, self.end) = (Vec::new(), 0, 0);
        }
    }

    pub(super) fn unused(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(super) fn is_full(&self) -> bool {
        self.end - self.start >= self.size
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start.saturating_add(count));
    }

    pub(super) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    fn put_back(&mut self, bytes: &[u8]) {
        let start = bytes.len();
        let length = start + self.end - self.start;
        if length > self.bytes.len() {
            self.bytes.resize(length, 0);
        }
        self.bytes.copy_within(self.start..self.end, start);
        if let Some(front) = self.bytes.get_mut(..start) {
            front.copy_from_slice(bytes);
        }
        (self.start, self.end) = (0, length);
    }

    /// Starts with bytes that another buffer's connection left over.
    pub(super) fn load(&mut self, saved: &[u8]) {
        self.clear();
        if saved.len() > self.bytes.len() {
            // It was put back into that one, which has grown for it.
            self.bytes.resize(saved.len(), 0);
        }
        if let Some(room) = self.bytes.get_mut(..saved.len()) {
            room.copy_from_slice(saved);
            self.end = saved.len();
        }
    }

    /// Appends what one read gives. Returns how many bytes that were, and whether they filled all the room.
    pub(super) fn fill<E>(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(usize, bool), E> {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let room = self.bytes.get_mut(self.end..).unwrap_or_default();
        let size = room.len();
        let count = read(room)?.min(size);
        self.end += count;
        Ok((count, count == size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_moves_what_is_left_to_its_front_and_knows_when_it_is_full() {
        let mut buffer = Buffer::new(4);
        let read = |room: &mut [u8]| -> Result<usize, ()> {
            room.fill(b'x');
            Ok(room.len())
        };
        assert_eq!(buffer.fill(read), Ok((4, true)));
        assert!(buffer.is_full());
        buffer.consume(3);
        assert!(!buffer.is_full());
        assert_eq!(
            buffer.fill(|room: &mut [u8]| -> Result<usize, ()> {
                room.fill(b'y');
                Ok(2)
            }),
            Ok((2, false))
        );
        assert_eq!(buffer.unused(), b"xyy");
        buffer.consume(99);
        assert!(buffer.is_empty());
        buffer.load(b"ab");
        assert_eq!(buffer.unused(), b"ab");
        buffer.consume(1);
        buffer.put_back(b"xyz");
        assert_eq!(buffer.unused(), b"xyzb");
        buffer.put_back(b"more than there is room for, ");
        assert_eq!(buffer.unused(), b"more than there is room for, xyzb");
    }
}
