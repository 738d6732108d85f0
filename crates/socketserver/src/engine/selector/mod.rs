//! Waiting for many connections at once.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod epoll;
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
mod poll;

use super::PollableConnection;
use socket2::SockRef;
use std::io;
use std::time::Instant;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use epoll::Epoll as SystemSelector;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) use poll::Poll as SystemSelector;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    Read,
    Write,
}

/// What an event says. It is a hint: there may be less than it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Readiness {
    pub(super) readable: bool,
    /// The other side has ended, or the connection is broken.
    pub(super) hangup: bool,
}

impl Readiness {
    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { readable: self.readable || other.readable, hangup: self.hangup || other.hangup }
    }
}

/// How long to wait for events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Not at all: there is something to do.
    No,
    Until(Instant),
    ForEver,
}

/// How a poller has its connections watched: a [`Selector`], or the model test's.
pub(super) trait Watch<W> {
    fn add(&mut self, wire: &W, token: u32) -> io::Result<()>;
    fn watch_writes(&mut self, wire: &W, token: u32) -> io::Result<()>;
    fn remove(&mut self, wire: &W);
}

impl<L: Selector, C: PollableConnection> Watch<C> for L {
    fn add(&mut self, wire: &C, token: u32) -> io::Result<()> {
        Selector::add(self, &wire.sock_ref(), token)
    }

    fn watch_writes(&mut self, wire: &C, token: u32) -> io::Result<()> {
        Selector::watch_writes(self, &wire.sock_ref(), token)
    }

    fn remove(&mut self, wire: &C) {
        Selector::remove(self, &wire.sock_ref());
    }
}

/// The system's way to wait for many sockets.
///
/// An event comes at least once for each change: for bytes that arrive, and, after a write that
/// found no room and [`watch_writes`](Self::watch_writes), for room. Whoever gets one reads, or writes, until that
/// would wait. More events than changes do no harm.
pub(super) trait Selector: Sized + Send + 'static {
    fn new() -> io::Result<Self>;

    /// From now on the socket is waited for; closing it ends that.
    fn add(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()>;

    /// The same for a listening socket that other selectors wait for too: a connection wakes one of those that wait.
    fn add_listener(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()>;

    /// The socket is not waited for any more, though it stays open.
    fn remove(&mut self, socket: &SockRef<'_>);

    /// From now on room is waited for, too.
    fn watch_writes(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()>;

    /// Waits for events, or until the time is over.
    ///
    /// `parked` are the sockets that may be touched now, and what each waits for. A selector to which
    /// they were added need not look at them.
    fn wait<'s>(
        &mut self,
        parked: impl Iterator<Item = (u32, SockRef<'s>, Interest)>,
        wait: Wait,
    ) -> io::Result<()>;

    /// Gives out what the last wait has found.
    fn events(&mut self) -> impl Iterator<Item = (u32, Readiness)>;
}
