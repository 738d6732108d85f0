//! The place of one poller: where its lead lies, and what others send it.

use super::conn::WorkWatch;
use super::lead::{Lead, Returned};
use crate::BaseServer;
use crate::lock::{lock, try_lock};
use crate::wakeup::Wakeup;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::Instant;

/// The place of one poller.
#[repr(align(128))]
pub(super) struct Slot<S: BaseServer, P, L> {
    /// Locked by the thread that polls, unless that runs work.
    lead: Mutex<Lead<S, P, L>>,
    /// Counts the times the lead was laid down and taken up, by who has it locked: odd while nobody polls.
    phase: AtomicU64,
    /// The phase in which the work is done, and its thread is about to send: if that lasts, the system has no processor
    /// for it, and would have none for another.
    done_in: AtomicU64,
    inbox: Mutex<Inbox<S, P>>,
    any_returned: AtomicBool,
    waiting: AtomicBool,
    /// How many connections stay with the poller.
    count: AtomicUsize,
    /// The poller is asked to accept connections, too.
    help: AtomicBool,
    /// The poller is asked to let idle connections go.
    room: AtomicBool,
    pub(super) wakeup: Wakeup,
    /// It accepts nobody any more.
    pub(super) deaf: AtomicBool,
    /// The poller has ended.
    pub(super) done: AtomicBool,
}

/// The connections that other threads have for a poller.
struct Inbox<S: BaseServer, P> {
    returned: Vec<Returned<S, P>>,
    /// The poller has ended.
    closed: bool,
}

/// A lead in the hands of the thread that polls.
pub(super) type Held<'s, S, P, L> = MutexGuard<'s, Lead<S, P, L>>;

/// The work of a thread that has laid its lead down.
pub(super) struct Laid<'s, S: BaseServer, P, L> {
    pub(super) slot: &'s Slot<S, P, L>,
    pub(super) phase: u64,
}

impl<S: BaseServer, P, L> WorkWatch for Laid<'_, S, P, L> {
    fn begin(&self) {
        self.slot.done_in.store(0, Ordering::Relaxed);
    }

    fn end(&self) -> Option<Instant> {
        if self.slot.phase() != self.phase {
            return Lost.end();
        }
        self.slot.done_in.store(self.phase, Ordering::Relaxed);
        None
    }
}

/// The work of a thread that has no lead, or not any more.
pub(super) struct Lost;

impl WorkWatch for Lost {
    fn begin(&self) {}

    fn end(&self) -> Option<Instant> {
        Some(Instant::now())
    }
}

impl<S: BaseServer, P, L> Slot<S, P, L> {
    /// Makes a slot whose lead nobody has yet.
    pub(super) fn new(lead: impl FnOnce(&Wakeup) -> io::Result<Lead<S, P, L>>) -> io::Result<Self> {
        let wakeup = Wakeup::new()?;
        Ok(Self {
            lead: Mutex::new(lead(&wakeup)?),
            phase: AtomicU64::new(1),
            done_in: AtomicU64::new(0),
            inbox: Mutex::new(Inbox { returned: Vec::new(), closed: false }),
            any_returned: AtomicBool::new(false),
            waiting: AtomicBool::new(false),
            count: AtomicUsize::new(0),
            help: AtomicBool::new(false),
            room: AtomicBool::new(false),
            wakeup,
            deaf: AtomicBool::new(false),
            done: AtomicBool::new(false),
        })
    }

    /// Lays the lead down; returns by what it can be taken back.
    pub(super) fn lay_down(&self, lead: Held<'_, S, P, L>) -> u64 {
        let phase = self.phase.load(Ordering::Relaxed) + 1;
        // Either the monitor sees this before it goes to sleep, or this thread sees it asleep.
        self.phase.store(phase, Ordering::SeqCst);
        drop(lead);
        phase
    }

    /// Takes the lead back, unless another thread has taken it over.
    pub(super) fn take_back(&self, phase: u64) -> Option<Held<'_, S, P, L>> {
        while self.phase() == phase {
            if let Some(lead) = self.take_if(|now| now == phase) {
                return Some(lead);
            }
            // A thread that comes back from work of long ago looks whether the lead is its own, and leaves it. Whoever
            // keeps it changes the phase at once. To give it up here would leave it lying with nobody to miss it.
            thread::yield_now();
        }
        None
    }

    /// Takes the lead over from a thread that is busy.
    pub(super) fn take_over(&self) -> Option<Held<'_, S, P, L>> {
        self.take_if(|now| now % 2 == 1)
    }

    pub(super) fn take_if(&self, wanted: impl FnOnce(u64) -> bool) -> Option<Held<'_, S, P, L>> {
        // Nobody locks it but to keep it, or for the moment of this look.
        let lead = try_lock(&self.lead)?;
        let phase = self.phase.load(Ordering::Relaxed);
        wanted(phase).then(|| self.phase.store(phase + 1, Ordering::Release))?;
        Some(lead)
    }

    /// For the monitor: a number that changes whenever the lead is laid down or taken up, odd while it lies there.
    pub(super) fn phase(&self) -> u64 {
        self.phase.load(Ordering::SeqCst)
    }

    /// For the monitor: whether it is work that a lead lies there for.
    pub(super) fn is_at_work(&self, phase: u64) -> bool {
        self.done_in.load(Ordering::Relaxed) != phase
    }

    /// Sends a connection to its poller, back or for the first time; it comes back if the poller has ended.
    pub(super) fn put_returned(&self, returned: Returned<S, P>) -> Option<Returned<S, P>> {
        let mut inbox = lock(&self.inbox);
        if inbox.closed {
            return Some(returned);
        }
        inbox.returned.push(returned);
        drop(inbox);
        // Who was told and has not looked yet need not be told again.
        if !self.any_returned.swap(true, Ordering::SeqCst) {
            self.wakeup.wake();
        }
        None
    }

    pub(super) fn take_returned(&self) -> Vec<Returned<S, P>> {
        self.any_returned.store(false, Ordering::SeqCst);
        std::mem::take(&mut lock(&self.inbox).returned)
    }

    /// Has the poller get no more connections, unless some are on their way.
    pub(super) fn close_inbox(&self) -> bool {
        let mut inbox = lock(&self.inbox);
        inbox.closed |= inbox.returned.is_empty();
        inbox.closed
    }

    /// For the thread that polls, when it begins to wait and when it has.
    pub(super) fn set_waiting(&self, waiting: bool) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    /// For the monitor.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Counts the connections that stay with the poller: so many more, and so many fewer.
    pub(super) fn count(&self, more: usize, fewer: usize) {
        self.count.fetch_add(more.wrapping_sub(fewer), Ordering::Relaxed);
    }

    /// How many connections stay with the poller.
    pub(super) fn residents(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// For the thread that polls: whether it was asked since the last time to accept connections.
    pub(super) fn is_asked_for_help(&self) -> bool {
        take(&self.help)
    }

    /// Asks the poller to accept connections.
    pub(super) fn ask_for_help(&self) {
        self.help.store(true, Ordering::Relaxed);
        self.wakeup.wake();
    }

    /// For the thread that polls: whether it was asked since the last time to let idle connections go.
    pub(super) fn is_asked_for_room(&self) -> bool {
        take(&self.room)
    }

    /// Asks the poller to let idle connections go.
    pub(super) fn ask_for_room(&self) {
        self.room.store(true, Ordering::Relaxed);
        self.wakeup.wake();
    }

    pub(super) fn any_returned(&self) -> bool {
        self.any_returned.load(Ordering::SeqCst)
    }
}

/// Whether a flag is set; it is not any more. Reading it mostly suffices, which costs less.
fn take(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed) && flag.swap(false, Ordering::Relaxed)
}
