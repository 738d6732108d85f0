//! The threads: who polls, who runs work, and how a poller goes from one to the other.
//!
//! A poller's [`Lead`] is a value that one thread holds. Before that thread runs work, it lays the lead
//! into the poller's [`Slot`]; afterwards it takes it back, and goes on polling: two uncontended locks for each request.
//! If the work lasts, the monitor has a spare thread take the lead out of the slot. The first
//! thread then finds it gone, sends its connection back to the poller, and joins the spares.
//!
//! At most `threads` handlers run at the same time. A thread that polls while all of those run
//! puts work into the queue; who ends some work looks there first.

use super::conn::{Outcome, Scratch, Slow};
use super::lead::{ConnOf, Lead, Returned};
use super::options::{EngineOptions, Overload};
use super::poller::{Desk, Host};
use super::protocol::Protocol;
use super::selector::Selector;
use super::work::{Limits, Room};
use super::{PollableConnection, ProtocolClass};
use crate::lock::lock;
use crate::request_handler::catch_panic;
use crate::wakeup::Wakeup;
use crate::{AddressOf, BaseServer, HandlerError, RequestOf};
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// What all threads of an engine share.
pub(super) struct Crew<S: BaseServer, F, P, L> {
    pub(super) server: Arc<S>,
    pub(super) class: Arc<F>,
    pub(super) options: EngineOptions,
    pub(super) limits: Limits,
    pub(super) slots: Vec<Slot<S, P, L>>,
    /// How many connections are open.
    pub(super) open: AtomicUsize,
    /// How many handlers run, or may start to.
    running: AtomicUsize,
    queue: Mutex<VecDeque<Queued<S, P>>>,
    /// The length of the queue.
    pub(super) queued: AtomicUsize,
    stop: AtomicU8,
    failure: Mutex<Option<io::Error>>,
    roster: Mutex<Roster>,
    wanted: Condvar,
    /// The monitor sleeps, and is to be woken by who starts work.
    pub(super) monitor_asleep: AtomicBool,
}

/// Work that waits for a thread: the poller of its connection, its number there, and itself.
type Queued<S, P> = (usize, u32, ConnOf<S, P>);

/// The place of one poller.
pub(super) struct Slot<S: BaseServer, P, L> {
    /// The lead, while the thread that polls runs work.
    lead: Mutex<Option<Box<Lead<S, P, L>>>>,
    /// Counts the times the lead was laid down and taken up: odd while it lies in the slot.
    phase: AtomicU64,
    returned: Mutex<Vec<Returned<S, P>>>,
    any_returned: AtomicBool,
    pub(super) wakeup: Wakeup,
    /// The poller has ended.
    pub(super) done: AtomicBool,
}

/// How the engine is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    No,
    Graceful,
    Now,
}

/// The threads there are.
#[derive(Debug, Default)]
struct Roster {
    /// Pollers that want a thread.
    orders: VecDeque<usize>,
    idle: usize,
    alive: usize,
    dismissed: bool,
}

impl<S: BaseServer, P, L> Slot<S, P, L> {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            lead: Mutex::new(None),
            phase: AtomicU64::new(0),
            returned: Mutex::new(Vec::new()),
            any_returned: AtomicBool::new(false),
            wakeup: Wakeup::new()?,
            done: AtomicBool::new(false),
        })
    }

    /// Lays the lead down; returns by what it can be taken back.
    pub(super) fn lay_down(&self, lead: Box<Lead<S, P, L>>) -> u64 {
        let mut place = lock(&self.lead);
        *place = Some(lead);
        self.phase.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Takes the lead back, unless another thread has taken it over.
    fn take_back(&self, phase: u64) -> Option<Box<Lead<S, P, L>>> {
        let mut place = lock(&self.lead);
        (self.phase.load(Ordering::Relaxed) == phase).then(|| self.take(&mut place)).flatten()
    }

    /// Takes the lead over from a thread that is busy.
    pub(super) fn take_over(&self) -> Option<Box<Lead<S, P, L>>> {
        self.take(&mut lock(&self.lead))
    }

    fn take(&self, place: &mut Option<Box<Lead<S, P, L>>>) -> Option<Box<Lead<S, P, L>>> {
        let lead = place.take()?;
        self.phase.fetch_add(1, Ordering::SeqCst);
        Some(lead)
    }

    /// For the monitor: a number that changes whenever the lead is laid down or taken up, odd while it lies there.
    pub(super) fn phase(&self) -> u64 {
        self.phase.load(Ordering::SeqCst)
    }

    /// Sends a connection back to its poller.
    fn put_returned(&self, returned: Returned<S, P>) {
        lock(&self.returned).push(returned);
        self.any_returned.store(true, Ordering::SeqCst);
        self.wakeup.wake();
    }

    pub(super) fn take_returned(&self) -> Vec<Returned<S, P>> {
        if !self.any_returned.swap(false, Ordering::SeqCst) {
            return Vec::new();
        }
        std::mem::take(&mut lock(&self.returned))
    }
}

impl<S, F, P, L> Crew<S, F, P, L>
where
    S: BaseServer + 'static,
    RequestOf<S>: PollableConnection,
    F: ProtocolClass<S::Transport, Protocol = P>,
    P: Protocol,
    L: Selector,
{
    pub(super) fn new(
        server: Arc<S>,
        class: Arc<F>,
        options: EngineOptions,
        slots: Vec<Slot<S, P, L>>,
    ) -> Self {
        let waiting = options.waiting_threads.unwrap_or((options.threads / 2).max(1));
        let limits = Limits {
            output_buffer: options.output_buffer,
            waiting: Room::new(waiting),
            spill: Room::new(options.spill),
            stopping: AtomicBool::new(false),
        };
        Self {
            server,
            class,
            options,
            limits,
            slots,
            open: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            queue: Mutex::default(),
            queued: AtomicUsize::new(0),
            stop: AtomicU8::new(Stop::No as u8),
            failure: Mutex::default(),
            roster: Mutex::default(),
            wanted: Condvar::new(),
            monitor_asleep: AtomicBool::new(false),
        }
    }

    pub(super) fn stop(&self) -> Stop {
        match self.stop.load(Ordering::SeqCst) {
            0 => Stop::No,
            1 => Stop::Graceful,
            _ => Stop::Now,
        }
    }

    /// Has all pollers stop.
    pub(super) fn begin_stop(&self, stop: Stop) {
        self.limits.stopping.store(true, Ordering::Relaxed);
        self.stop.fetch_max(stop as u8, Ordering::SeqCst);
        self.slots.iter().for_each(|slot| slot.wakeup.wake());
    }

    /// Has a thread take over the poller of this slot.
    ///
    /// # Errors
    ///
    /// Those of starting a thread; the order is forgotten then.
    pub(super) fn order(self: &Arc<Self>, slot: usize) -> io::Result<()> {
        let mut roster = lock(&self.roster);
        if roster.dismissed || roster.orders.contains(&slot) {
            return Ok(());
        }
        roster.orders.push_back(slot);
        if roster.idle >= roster.orders.len() {
            self.wanted.notify_one();
            return Ok(());
        }
        // One for each handler that may run, and one for each poller: there is always one left.
        if roster.alive < self.options.threads.max(1) + self.slots.len() {
            let crew = Arc::clone(self);
            let thread = thread::Builder::new().name("engine".to_owned());
            if let Err(error) = thread.spawn(move || crew.member()) {
                roster.orders.retain(|order| *order != slot);
                return Err(error);
            }
            roster.alive += 1;
        }
        Ok(())
    }

    /// Sends the spare threads home. Returns how many threads are there that run no handler.
    pub(super) fn dismiss(&self) -> usize {
        let mut roster = lock(&self.roster);
        roster.dismissed = true;
        self.wanted.notify_all();
        roster.alive.saturating_sub(self.running.load(Ordering::SeqCst))
    }

    /// A thread, from its start to its end.
    fn member(self: Arc<Self>) {
        let control = self.server.base().control();
        let enlisted = control.enlist();
        let mut scratch = Scratch::new(self.options.input_buffer);
        loop {
            if let Some(queued) = self.claim() {
                self.run_queued(queued, &mut scratch);
                continue;
            }
            let Some(slot) = self.wait_for_order() else { break };
            let Some(place) = self.slots.get(slot) else { continue };
            if let Some(lead) = place.take_over() {
                let led = catch_panic(|| {
                    self.lead(slot, place, lead, &mut scratch);
                    Ok(())
                });
                if led.is_err() {
                    place.done.store(true, Ordering::SeqCst);
                    self.fail(io::Error::other("the thread of a poller panicked"));
                }
            }
        }
        drop(enlisted);
        lock(&self.roster).alive -= 1;
        control.wake();
    }

    fn wait_for_order(&self) -> Option<usize> {
        let mut roster = lock(&self.roster);
        loop {
            if let Some(slot) = roster.orders.pop_front() {
                return Some(slot);
            }
            if roster.dismissed {
                return None;
            }
            roster.idle += 1;
            roster = self.wanted.wait(roster).unwrap_or_else(PoisonError::into_inner);
            roster.idle -= 1;
        }
    }

    /// Polls, and runs what comes, until the poller is taken over or ends.
    fn lead(
        &self,
        index: usize,
        slot: &Slot<S, P, L>,
        mut lead: Box<Lead<S, P, L>>,
        scratch: &mut Scratch,
    ) {
        let transport = self.server.base().transport();
        loop {
            match self.stop() {
                Stop::No => {}
                Stop::Graceful => {
                    lead.begin_stop(transport);
                    lead.collect(self, slot);
                    if lead.poller.len() == 0 {
                        return self.end(slot, lead);
                    }
                }
                Stop::Now => return self.end(slot, lead),
            }
            if let Some(queued) = self.claim() {
                let phase = slot.lay_down(lead);
                self.wake_monitor();
                self.run_queued(queued, scratch);
                match slot.take_back(phase) {
                    Some(back) => lead = back,
                    None => return,
                }
            }
            let now = Instant::now();
            lead.collect(self, slot);
            lead.accept(self, now);
            let open = lead.poller.len();
            let next = lead.next(self, scratch, now);
            if lead.poller.len() < open {
                lead.retry_accepting();
            }
            let Some((token, mut conn)) = next else {
                if self.stop() == Stop::No || lead.poller.len() > 0 {
                    if let Err(error) = lead.wait(transport, slot) {
                        self.fail(error);
                        return self.end(slot, lead);
                    }
                }
                continue;
            };
            if !self.may_run() {
                let outcome = self.enqueue(index, token, conn, scratch, now);
                if let Some((conn, outcome)) = outcome {
                    lead.poller.settle(token, conn, outcome, self, &mut lead.selector);
                }
                continue;
            }
            let phase = slot.lay_down(lead);
            self.wake_monitor();
            let outcome =
                self.run(&mut conn, scratch, now, &|| (slot.phase() != phase).then(Instant::now));
            match slot.take_back(phase) {
                Some(back) => {
                    lead = back;
                    lead.poller.settle(token, conn, outcome, self, &mut lead.selector);
                }
                None => return self.send_back(slot, (token, conn, outcome)),
            }
        }
    }

    /// Closes what is left of a poller.
    pub(super) fn end(&self, slot: &Slot<S, P, L>, mut lead: Box<Lead<S, P, L>>) {
        lead.collect(self, slot);
        lead.poller.close_all(self);
        drop(lead);
        slot.done.store(true, Ordering::SeqCst);
        self.server.base().control().wake();
    }

    /// Closes what came back to a poller that has ended, or still waits for a thread.
    pub(super) fn close_leftovers(&self) {
        for slot in &self.slots {
            for (_, conn, _) in slot.take_returned() {
                self.close(conn.wire);
            }
        }
        for (_, _, conn) in lock(&self.queue).drain(..) {
            self.queued.fetch_sub(1, Ordering::SeqCst);
            self.close(conn.wire);
        }
    }

    fn desk<'d>(
        &'d self,
        scratch: &'d mut Scratch,
        now: Instant,
    ) -> Desk<'d, RequestOf<S>, AddressOf<S>> {
        Desk { scratch, limits: &self.limits, host: self, now }
    }

    /// Runs the work of a connection whose bytes are in the scratch memory.
    fn run(
        &self,
        conn: &mut ConnOf<S, P>,
        scratch: &mut Scratch,
        now: Instant,
        slow: Slow<'_>,
    ) -> Outcome {
        let mut desk = self.desk(scratch, now);
        let outcome = desk.turn(conn, Some(slow), |conn, turn| conn.proceed(turn));
        self.running.fetch_sub(1, Ordering::SeqCst);
        outcome
    }

    /// Runs work that has waited in the queue.
    fn run_queued(&self, (index, token, mut conn): Queued<S, P>, scratch: &mut Scratch) {
        let mut desk = self.desk(scratch, Instant::now());
        let outcome =
            desk.turn(&mut conn, Some(&|| Some(Instant::now())), |conn, turn| conn.advance(turn));
        self.running.fetch_sub(1, Ordering::SeqCst);
        if let Some(slot) = self.slots.get(index) {
            self.send_back(slot, (token, conn, outcome));
        }
    }

    /// Sends a connection back to its poller, if there still is one.
    fn send_back(&self, slot: &Slot<S, P, L>, returned: Returned<S, P>) {
        slot.put_returned(returned);
        if self.stop() == Stop::Now {
            self.close_leftovers();
        }
    }

    /// A poller is broken, and its connections with it: an end is better than half a server.
    fn fail(&self, error: io::Error) {
        lock(&self.failure).get_or_insert(error);
        self.begin_stop(Stop::Now);
        self.server.base().control().wake();
    }

    /// Why the engine has ended by itself.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        lock(&self.failure).take()
    }

    /// Has work wait for a thread; if there is no room for it, the connection comes back refused.
    fn enqueue(
        &self,
        index: usize,
        token: u32,
        mut conn: ConnOf<S, P>,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Option<(ConnOf<S, P>, Outcome)> {
        let mut desk = self.desk(scratch, now);
        let full = self.queued.load(Ordering::SeqCst) >= self.options.queue;
        if full && self.options.overload == Overload::Refuse {
            let outcome = desk.turn(&mut conn, None, |conn, turn| conn.refuse(turn));
            return Some((conn, outcome));
        }
        desk.turn(&mut conn, None, |conn, turn| {
            conn.set_aside(turn);
            Outcome::Work
        });
        lock(&self.queue).push_back((index, token, conn));
        // From here on who ends some work sees it, or the caller, who looks next, sees that work has ended.
        self.queued.fetch_add(1, Ordering::SeqCst);
        None
    }

    /// Counts one more handler, if there may be one more.
    fn may_run(&self) -> bool {
        let most = self.options.threads.max(1);
        let more = |running: usize| (running < most).then_some(running + 1);
        self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }

    /// Takes work out of the queue, and the right to run it.
    fn claim(&self) -> Option<Queued<S, P>> {
        if self.queued.load(Ordering::SeqCst) == 0 || !self.may_run() {
            return None;
        }
        let queued = lock(&self.queue).pop_front();
        let count = if queued.is_some() { &self.queued } else { &self.running };
        count.fetch_sub(1, Ordering::SeqCst);
        queued
    }

    fn wake_monitor(&self) {
        if self.monitor_asleep.load(Ordering::SeqCst)
            && self.monitor_asleep.swap(false, Ordering::SeqCst)
        {
            self.server.base().control().wake();
        }
    }

    /// Closes a connection that was counted.
    pub(super) fn count_out(&self, request: RequestOf<S>) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.guarded(|| self.server.close_request(request));
    }

    pub(super) fn report(
        &self,
        request: &RequestOf<S>,
        client_address: &AddressOf<S>,
        error: &HandlerError,
    ) {
        self.guarded(|| self.server.handle_error(request, client_address, error));
    }

    /// Calls a hook of the server. The thread that polls survives its panic, of which the panic hook has told already.
    pub(super) fn guarded(&self, hook: impl FnOnce()) {
        let _ = catch_panic(|| {
            hook();
            Ok(())
        });
    }
}

impl<S, F, P, L> Host<RequestOf<S>, AddressOf<S>> for Crew<S, F, P, L>
where
    S: BaseServer + 'static,
    RequestOf<S>: PollableConnection,
    F: ProtocolClass<S::Transport, Protocol = P>,
    P: Protocol,
    L: Selector,
{
    fn failed(&self, wire: &RequestOf<S>, address: &AddressOf<S>, error: HandlerError) {
        self.report(wire, address, &error);
    }

    fn close(&self, wire: RequestOf<S>) {
        self.count_out(wire);
    }
}
