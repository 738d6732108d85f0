//! How many threads, and how much memory.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

/// The limits of an [`Engine`](super::Engine).
///
/// # Examples
///
/// ```
/// use socketserver::engine::{EngineOptions, Overload};
///
/// let options = EngineOptions::default().threads(4).overload(Overload::Wait);
/// assert_eq!(options.max_connections, 10_000);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EngineOptions {
    /// How many connections wait for events at the same time, each set with a thread that polls it. One for each
    /// processor by default.
    ///
    /// The first one accepts connections, the others when it gets no rest. A connection that stays after its first answer goes
    /// to the poller that has the fewest such. With [`allow_reuse_port`](crate::ServerOptions::allow_reuse_port) each has
    /// a listening socket of its own.
    pub pollers: usize,
    /// How many handlers may take their time at the same time. 4 for each processor by default, at least 16. Meanwhile each
    /// poller runs brief ones as long as there is a thread left, so at most this many and one more for each poller but the
    /// first run at once. Threads are started when they are needed first; beyond those of handlers there is one for each poller.
    pub threads: usize,
    /// How long a handler may hold its poller before another thread takes the poller over, to the next look: up to twice as
    /// long; half as long right after such a handler, and four times as long after a while without one. The next
    /// work of a connection whose last has taken longer goes to a spare thread at once. 1 ms by default.
    pub hand_off_after: Duration,
    /// How much work waits when all threads are busy. 1,024 by default. Answers that have begun wait beyond that.
    pub queue: usize,
    /// What happens beyond that.
    pub overload: Overload,
    /// How many connections are open at the same time. 10,000 by default. Beyond them an idle one gives way to a client that
    /// waits: one that [holds no part of a request](super::Protocol::is_idle), and first those that have been served and have
    /// waited longest. If none is idle, further clients wait in the listening socket's backlog.
    pub max_connections: usize,
    /// How many unused bytes of a client are kept. 128 KiB by default. One such buffer belongs to each
    /// thread; a connection keeps just its unused bytes.
    pub input_buffer: usize,
    /// How many bytes of answers wait for one client while the handler goes on. Beyond them a write
    /// waits. 64 KiB by default.
    pub output_buffer: usize,
    /// How many handlers may wait for clients that do not take, or send, their bytes. Half of
    /// [`threads`](Self::threads) by default (`None`), and at least one, so that of several threads clients can never take the
    /// last ones; with a single thread one client can, as long as its rate allows. What
    /// further handlers write goes to memory, as far as [`spill`](Self::spill) allows.
    pub waiting_threads: Option<usize>,
    /// How many bytes of answers may be in memory beyond the output buffers, all connections together.
    /// 64 MiB by default. Beyond them a write fails and its connection is reset.
    pub spill: usize,
    /// How long running requests may take to end after a shutdown was asked for. 30 s by default.
    pub graceful: Duration,
    /// Sends small segments at once (`TCP_NODELAY`). On by default; sockets that are not TCP ignore it. On Linux the listening
    /// socket is given the option, from which connections have it, so a `get_request` that gets its connections from
    /// somewhere else sets it there.
    pub nodelay: bool,
}

setters! {
    EngineOptions {
        pollers: usize,
        threads: usize,
        hand_off_after: Duration,
        queue: usize,
        overload: Overload,
        max_connections: usize,
        input_buffer: usize,
        output_buffer: usize,
        waiting_threads: Option<usize>,
        spill: usize,
        graceful: Duration,
        nodelay: bool,
    }
}

/// What happens to work when all threads are busy and the queue is full.
///
/// # Examples
///
/// ```
/// use socketserver::engine::{EngineOptions, Overload};
///
/// assert_eq!(EngineOptions::default().overload, Overload::Refuse);
///
/// // Where every request must be served, however late.
/// let options = EngineOptions::default().overload(Overload::Wait);
/// assert_eq!(options.overload, Overload::Wait);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overload {
    /// It is refused: [`Protocol::refuse`](super::Protocol::refuse) says so to the client.
    Refuse,
    /// It waits, and no more connections are accepted until the queue is shorter.
    Wait,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            pollers: processors,
            threads: (4 * processors).max(16),
            hand_off_after: Duration::from_millis(1),
            queue: 1024,
            overload: Overload::Refuse,
            max_connections: 10_000,
            input_buffer: 128 * 1024,
            output_buffer: 64 * 1024,
            waiting_threads: None,
            spill: 64 * 1024 * 1024,
            graceful: Duration::from_secs(30),
            nodelay: true,
        }
    }
}
