//! Linux: `epoll`, edge-triggered.
//!
//! One `epoll_ctl` for the life of a connection (a second one if it ever has to wait for room). An
//! edge is told once, so a connection that is away in a handler's thread causes no events but one, which the poller keeps
//! for it.

use super::{Interest, Readiness, Selector};
use crate::engine::wire::timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use socket2::SockRef;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// An epoll instance.
#[derive(Debug)]
pub(in crate::engine) struct Epoll(OwnedFd);

/// So many events at once: enough to make the call cheap, and few enough to be worked off soon.
const EVENTS: usize = 256;

const READS: EventFlags = EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::ET);
const LISTENS: EventFlags = EventFlags::IN.union(EventFlags::ET).union(EventFlags::EXCLUSIVE);
const HANGUP: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);

impl Selector for Epoll {
    fn new() -> io::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    fn add(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()> {
        let data = EventData::new_u64(u64::from(token));
        Ok(epoll::add(&self.0, &**socket, data, READS)?)
    }

    fn add_listener(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()> {
        let data = EventData::new_u64(u64::from(token));
        Ok(epoll::add(&self.0, &**socket, data, LISTENS)?)
    }

    fn remove(&mut self, socket: &SockRef<'_>) {
        // It fails only for a socket that is not there.
        let _ = epoll::delete(&self.0, &**socket);
    }

    fn watch_writes(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()> {
        let data = EventData::new_u64(u64::from(token));
        Ok(epoll::modify(&self.0, &**socket, data, READS | EventFlags::OUT)?)
    }

    fn wait<'s>(
        &mut self,
        _parked: impl Iterator<Item = (u32, SockRef<'s>, Interest)>,
        timeout: Option<Duration>,
        mut event: impl FnMut(u32, Readiness),
    ) -> io::Result<()> {
        let timeout = timeout.map(|timeout| timespec(round_up(timeout).min(LONGEST)));
        let mut room = [const { MaybeUninit::uninit() }; EVENTS];
        let occurred = match epoll::wait(&self.0, &mut room[..], timeout.as_ref()) {
            Ok((occurred, _)) => occurred,
            // Whoever waits looks at the clock again anyway.
            Err(Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for occurred in occurred {
            let (flags, data) = (occurred.flags, occurred.data);
            let hangup = flags.intersects(HANGUP);
            let readable = hangup || flags.contains(EventFlags::IN);
            event(data.u64() as u32, Readiness { readable, hangup });
        }
        Ok(())
    }
}

/// The call counts whole milliseconds in an i32.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A wait that ends before its deadline would be followed by one of no time, again and again.
fn round_up(timeout: Duration) -> Duration {
    let millis = timeout.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
