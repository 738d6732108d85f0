//! Linux: `epoll`, edge-triggered.
//!
//! One `epoll_ctl` for the life of a connection (a second one if it ever has to wait for room). An
//! edge is told once, so a connection that is away in a handler's thread causes no events but one, which the poller keeps
//! for it.
//!
//! The end of the time is an event, too, of a timer: it is set about once for each turn of the
//! [`Timers`](crate::engine::timers), while a time given with each wait would be set and cancelled with each.

use super::{Interest, Readiness, Selector, Wait};
use crate::engine::wire::{LONGEST_WAIT, timespec};
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags};
use rustix::time::{timerfd_create, timerfd_settime};
use socket2::SockRef;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// An epoll instance.
#[derive(Debug)]
pub(in crate::engine) struct Epoll {
    epoll: OwnedFd,
    timer: OwnedFd,
    /// When the timer will cause an event, which may be earlier than anybody wants.
    armed: Option<Instant>,
    events: Vec<(u32, Readiness)>,
}

/// So many events at once: enough to make the call cheap, and few enough to be worked off soon.
const EVENTS: usize = 256;

/// The timer's number; those of sockets are smaller.
const TIMER: u64 = u64::MAX;

const TIMES: EventFlags = EventFlags::IN.union(EventFlags::ET);
const READS: EventFlags = EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::ET);
const LISTENS: EventFlags = EventFlags::IN.union(EventFlags::ET).union(EventFlags::EXCLUSIVE);
const HANGUP: EventFlags = EventFlags::RDHUP.union(EventFlags::HUP).union(EventFlags::ERR);

impl Selector for Epoll {
    fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::CLOEXEC.union(TimerfdFlags::NONBLOCK);
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // Each time it is set its past is forgotten, so nobody has to read it.
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), TIMES)?;
        Ok(Self { epoll, timer, armed: None, events: Vec::with_capacity(EVENTS) })
    }

    fn add(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()> {
        let data = EventData::new_u64(u64::from(token));
        Ok(epoll::add(&self.epoll, &**socket, data, READS)?)
    }

    fn add_listener(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()> {
        let data = EventData::new_u64(u64::from(token));
        Ok(epoll::add(&self.epoll, &**socket, data, LISTENS)?)
    }

    fn remove(&mut self, socket: &SockRef<'_>) {
        // It fails only for a socket that is not there.
        let _ = epoll::delete(&self.epoll, &**socket);
    }

    fn watch_writes(&mut self, socket: &SockRef<'_>, token: u32) -> io::Result<()> {
        let data = EventData::new_u64(u64::from(token));
        Ok(epoll::modify(&self.epoll, &**socket, data, READS | EventFlags::OUT)?)
    }

    fn wait<'s>(
        &mut self,
        _parked: impl Iterator<Item = (u32, SockRef<'s>, Interest)>,
        wait: Wait,
    ) -> io::Result<()> {
        if let Wait::Until(instant) = wait {
            self.arm(instant)?;
        }
        let at_once = timespec(Duration::ZERO);
        let timeout = (wait == Wait::No).then_some(&at_once);
        let mut room = [const { MaybeUninit::uninit() }; EVENTS];
        let occurred = match epoll::wait(&self.epoll, &mut room[..], timeout) {
            Ok((occurred, _)) => occurred,
            // Whoever waits looks at the clock again anyway.
            Err(Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for occurred in occurred {
            let (flags, data) = (occurred.flags, occurred.data.u64());
            if data == TIMER {
                self.armed = None;
                continue;
            }
            let hangup = flags.intersects(HANGUP);
            let readable = hangup || flags.contains(EventFlags::IN);
            self.events.push((data as u32, Readiness { readable, hangup }));
        }
        Ok(())
    }

    fn events(&mut self) -> impl Iterator<Item = (u32, Readiness)> {
        self.events.drain(..)
    }
}

impl Epoll {
    /// Has the timer cause an event then, or before.
    fn arm(&mut self, instant: Instant) -> io::Result<()> {
        if self.armed.is_some_and(|armed| armed <= instant) {
            return Ok(());
        }
        // No time at all would stop it.
        let left = instant.saturating_duration_since(Instant::now());
        let it_value = timespec(left.clamp(Duration::from_nanos(1), LONGEST_WAIT));
        let once = Itimerspec { it_interval: timespec(Duration::ZERO), it_value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        self.armed = Some(instant);
        Ok(())
    }
}
