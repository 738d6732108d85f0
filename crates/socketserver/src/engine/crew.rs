//! The threads: who polls, who runs work, and how a poller goes from one to the other.
//!
//! A poller's [`Lead`](super::lead::Lead) lies in its [`Slot`], locked by the thread that polls. While that thread runs work it leaves the lead
//! unlocked; afterwards it locks it again, and goes on polling: one uncontended lock for each request.
//! If the work lasts, the monitor has a spare thread lock the lead and poll. The first
//! thread then finds it taken, sends its connection back to the poller, and joins the spares.
//!
//! Who runs a handler has a [`Permit`], which a thread that polls keeps until it waits. There are `threads`, and one more for each
//! poller but the first: so that all pollers run what is brief while all threads but one are busy with what is not. A
//! poller that gets no permit puts its work into the queue; who gives one back looks there first.

use super::conn::{Outcome, Scratch, WorkWatch};
use super::lead::{ConnOf, Returned};
use super::limits::Limits;
use super::options::{EngineOptions, Overload};
use super::poller::{Desk, Host};
use super::protocol::Protocol;
use super::roster::{Order, Roster};
use super::selector::Selector;
use super::slot::{Held, Laid, Lost, Slot};
use super::{PollableConnection, ProtocolClass};
use crate::lock::lock;
use crate::request_handler::catch_panic;
use crate::{AddressOf, BaseServer, HandlerError, RequestOf};
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
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
    pub(super) open: Alone<AtomicUsize>,
    /// How many permits are given.
    running: Alone<AtomicUsize>,
    /// How many there are.
    permits: usize,
    queue: Mutex<VecDeque<Queued<S, P>>>,
    stop: AtomicU8,
    failure: Mutex<Option<io::Error>>,
    roster: Roster<Queued<S, P>>,
    /// The monitor sleeps, and is to be woken by who starts work.
    pub(super) monitor_asleep: AtomicBool,
}

/// A place in memory that changes often. It shares no cache line with others, which would have to be fetched as often.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Alone<V>(pub(super) V);

/// The right to run a handler, given back when dropped.
#[derive(Debug)]
struct Permit<'c>(&'c AtomicUsize);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Work that waits for a thread: the poller of its connection, its number there, and itself.
type Queued<S, P> = (usize, u32, ConnOf<S, P>);

/// So much work is run, then a look is taken at what else has happened.
const WORKS_PER_LOOK: u32 = 16;

/// How the engine is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    No,
    Graceful,
    Now,
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
        let limits = Limits::new(&options);
        let permits = options.threads.max(1) + slots.len().saturating_sub(1);
        // One for each handler that may run, and one for each poller: there is always one left.
        let roster = Roster::new(permits + slots.len());
        Self {
            server,
            class,
            options,
            limits,
            slots,
            open: Alone::default(),
            running: Alone::default(),
            permits,
            queue: Mutex::default(),
            stop: AtomicU8::new(Stop::No as u8),
            failure: Mutex::default(),
            roster,
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
        if stop == Stop::Now {
            self.limits.over.store(true, Ordering::Relaxed);
        }
        self.stop.fetch_max(stop as u8, Ordering::SeqCst);
        self.slots.iter().for_each(|slot| slot.wakeup.wake());
    }

    /// Has a thread take over the poller of this slot.
    ///
    /// # Errors
    ///
    /// Those of starting a thread; the order is forgotten then.
    pub(super) fn order(self: &Arc<Self>, slot: usize) -> io::Result<()> {
        self.roster.order_lead(slot, || self.start_thread())
    }

    fn start_thread(self: &Arc<Self>) -> io::Result<()> {
        let crew = Arc::clone(self);
        let thread = thread::Builder::new().name("engine".to_owned());
        thread.spawn(move || crew.member()).map(drop)
    }

    /// Sends the spare threads home. Returns how many threads are there that run no handler.
    pub(super) fn dismiss(&self) -> usize {
        self.roster.dismiss().saturating_sub(self.running.0.load(Ordering::SeqCst))
    }

    /// A thread, from its start to its end.
    fn member(self: Arc<Self>) {
        let control = self.server.base().control();
        let enlisted = control.enlist();
        let mut scratch = Scratch::new(self.options.input_buffer);
        loop {
            let mut permit = None;
            if let Some(queued) = self.claim(&mut permit) {
                self.run_queued(queued, &mut scratch);
                continue;
            }
            drop(permit);
            match self.roster.wait() {
                Some(Order::Lead(index)) => self.take_over(index, &mut scratch),
                Some(Order::Work(work)) => {
                    // Who ordered it has left its own, see `send_out`.
                    let permit = Permit(&self.running.0);
                    self.run_queued(work, &mut scratch);
                    drop(permit);
                }
                None => break,
            }
        }
        drop(enlisted);
        self.roster.leave();
        control.wake();
    }

    /// Polls for a poller, if it still wants a thread.
    fn take_over(self: &Arc<Self>, index: usize, scratch: &mut Scratch) {
        let Some(slot) = self.slots.get(index) else { return };
        let Some(lead) = slot.take_over() else { return };
        let led = catch_panic(|| {
            self.lead(index, slot, lead, scratch);
            Ok(())
        });
        if led.is_err() {
            slot.done.store(true, Ordering::SeqCst);
            self.fail(io::Error::other("the thread of a poller panicked"));
        }
    }

    /// Polls, and runs what comes, until the poller is taken over or ends.
    fn lead<'s>(
        self: &Arc<Self>,
        index: usize,
        slot: &'s Slot<S, P, L>,
        mut lead: Held<'s, S, P, L>,
        scratch: &mut Scratch,
    ) {
        let transport = self.server.base().transport();
        let mut permit = None;
        let mut now = Instant::now();
        loop {
            match self.stop() {
                Stop::No => {}
                Stop::Graceful => {
                    lead.begin_stop(self, slot);
                    lead.collect(self, slot);
                    if lead.poller.len() == 0 && slot.close_inbox() {
                        return self.end(slot, lead);
                    }
                }
                Stop::Now => return self.end(slot, lead),
            }
            if let Some(queued) = self.claim(&mut permit) {
                let phase = self.lay_down(slot, lead);
                self.run_queued(queued, scratch);
                match slot.take_back(phase) {
                    Some(back) => lead = back,
                    None => return,
                }
                now = Instant::now();
            }
            lead.collect(self, slot);
            if slot.is_asked_for_room() {
                lead.poller.make_room();
            }
            if slot.is_asked_for_help() {
                lead.help_accepting();
            }
            lead.accept(self, now);
            lead.publish_count(slot);
            lead.begin_round(now);
            let mut works = 0;
            while works < WORKS_PER_LOOK {
                let open = lead.poller.len();
                let next = lead.next(self, scratch, now);
                if lead.poller.len() < open {
                    lead.retry_accepting();
                }
                let Some((token, mut conn)) = next else { break };
                works += 1;
                permit = permit.or_else(|| self.permit(self.permits));
                if permit.is_none() {
                    let outcome = self.enqueue(index, token, conn, scratch, now);
                    if let Some((conn, outcome)) = outcome {
                        lead.settle(self, (Some(token), conn, outcome));
                    }
                    works = WORKS_PER_LOOK;
                    continue;
                }
                // Who was slow the last time mostly is again: then nobody has to wait until the monitor sees it.
                if conn.slow {
                    match self.send_out((index, token, conn), &mut permit, scratch, now) {
                        Ok(()) => {}
                        Err((_, _, conn)) => lead.settle(self, (Some(token), conn, Outcome::Again)),
                    }
                    continue;
                }
                let phase = self.lay_down(slot, lead);
                let outcome = self.run(&mut conn, scratch, now, &Laid { slot, phase });
                let back = slot.take_back(phase);
                conn.slow = back.is_none();
                match back {
                    Some(back) => lead = back,
                    None => return self.send_back(slot, (Some(token), conn, outcome)),
                }
                lead.settle(self, (Some(token), conn, outcome));
            }
            if works < WORKS_PER_LOOK && !self.give_back(&mut permit) {
                if self.stop() > Stop::No && lead.poller.len() == 0 {
                    continue;
                }
                lead.publish_count(slot);
                if let Err(error) = lead.wait(transport, slot) {
                    self.fail(error);
                    return self.end(slot, lead);
                }
            }
            now = Instant::now();
        }
    }

    /// Leaves the lead to whoever wants it while this thread runs work, which the monitor is to know.
    pub(super) fn lay_down(&self, slot: &Slot<S, P, L>, lead: Held<'_, S, P, L>) -> u64 {
        let phase = slot.lay_down(lead);
        self.wake_monitor();
        phase
    }

    /// Closes what is left of a poller.
    pub(super) fn end(&self, slot: &Slot<S, P, L>, mut lead: Held<'_, S, P, L>) {
        lead.stop_listening(self.server.base().transport());
        while !slot.close_inbox() {
            lead.collect(self, slot);
        }
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
            self.limits.queued.fetch_sub(1, Ordering::SeqCst);
            self.close(conn.wire);
        }
        for (_, _, conn) in self.roster.take_work() {
            drop(Permit(&self.running.0));
            self.close(conn.wire);
        }
    }

    fn desk<'d>(
        &'d self,
        scratch: &'d mut Scratch,
        now: Instant,
    ) -> Desk<'d, RequestOf<S>, AddressOf<S>, P> {
        Desk { scratch, limits: &self.limits, host: self, now }
    }

    /// Runs the work of a connection whose bytes are in the scratch memory.
    fn run(
        &self,
        conn: &mut ConnOf<S, P>,
        scratch: &mut Scratch,
        now: Instant,
        watch: &dyn WorkWatch,
    ) -> Outcome {
        let mut desk = self.desk(scratch, now);
        desk.turn(conn, Some(watch), |conn, turn| conn.proceed(turn))
    }

    /// Has a spare thread run work that will last, by a permit that this one has; it comes back, not to be called slow any
    /// more, if the system has no thread to give.
    fn send_out<'c>(
        self: &'c Arc<Self>,
        mut work: Queued<S, P>,
        permit: &mut Option<Permit<'c>>,
        scratch: &mut Scratch,
        now: Instant,
    ) -> Result<(), Queued<S, P>> {
        self.set_aside(&mut work.2, scratch, now);
        match self.roster.order_work(work, || self.start_thread()) {
            Ok(()) => {
                // Who runs it gives it back.
                std::mem::forget(permit.take());
                Ok(())
            }
            Err(mut work) => {
                work.2.slow = false;
                Err(work)
            }
        }
    }

    /// Runs work that comes from another thread.
    fn run_queued(&self, (index, token, mut conn): Queued<S, P>, scratch: &mut Scratch) {
        let began = Instant::now();
        let mut desk = self.desk(scratch, began);
        let outcome = desk.turn(&mut conn, Some(&Lost), |conn, turn| conn.advance(turn));
        conn.slow = began.elapsed() >= self.options.hand_off_after;
        if let Some(slot) = self.slots.get(index) {
            self.send_back(slot, (Some(token), conn, outcome));
        }
    }

    /// Sends a connection back to its poller, if there still is one.
    fn send_back(&self, slot: &Slot<S, P, L>, returned: Returned<S, P>) {
        if let Some((_, conn, _)) = slot.put_returned(returned) {
            self.close(conn.wire);
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
        let full = self.limits.queued.load(Ordering::SeqCst) >= self.options.queue;
        if full && self.options.overload == Overload::Refuse && conn.may_be_refused() {
            let outcome = desk.turn(&mut conn, None, |conn, turn| conn.refuse(turn));
            return Some((conn, outcome));
        }
        self.set_aside(&mut conn, scratch, now);
        let mut queue = lock(&self.queue);
        queue.push_back((index, token, conn));
        // From here on who ends some work sees it, or the caller, who looks next, sees that work has ended. Counted outside the
        // lock, it could be taken out before, and the queue would seem to be full.
        self.limits.queued.fetch_add(1, Ordering::SeqCst);
        None
    }

    /// Has a connection take its bytes along to another thread.
    fn set_aside(&self, conn: &mut ConnOf<S, P>, scratch: &mut Scratch, now: Instant) {
        self.desk(scratch, now).turn(conn, None, |conn, turn| {
            conn.set_aside(turn);
            Outcome::Work
        });
    }

    /// The right to run one more handler, if fewer than so many run.
    fn permit(&self, most: usize) -> Option<Permit<'_>> {
        let more = |running: usize| (running < most).then_some(running + 1);
        let running = &self.running.0;
        running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok()?;
        Some(Permit(running))
    }

    /// Takes work out of the queue, if there is a permit for it.
    fn claim<'c>(&'c self, permit: &mut Option<Permit<'c>>) -> Option<Queued<S, P>> {
        if self.limits.queued.load(Ordering::SeqCst) == 0 {
            return None;
        }
        *permit = permit.take().or_else(|| self.permit(self.options.threads.max(1)));
        permit.as_ref()?;
        let mut queue = lock(&self.queue);
        let queued = queue.pop_front()?;
        self.limits.queued.fetch_sub(1, Ordering::SeqCst);
        Some(queued)
    }

    /// Gives a permit back; true if somebody waits for one, who may have looked before.
    fn give_back(&self, permit: &mut Option<Permit<'_>>) -> bool {
        permit.take().is_some() && self.limits.queued.load(Ordering::SeqCst) > 0
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
        self.open.0.fetch_sub(1, Ordering::Relaxed);
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

impl<S, F, P, L> Host<RequestOf<S>, AddressOf<S>, P> for Crew<S, F, P, L>
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

    fn roomier(&self, index: usize, count: usize) -> Option<usize> {
        // Who has come to stop finds its connections where they are.
        if self.slots.len() == 1 || self.stop() != Stop::No {
            return None;
        }
        let counts = self.slots.iter().map(|slot| slot.residents()).enumerate();
        let others = counts.filter(|(other, _)| *other != index);
        let (fewest, least) = others.min_by_key(|(_, count)| *count)?;
        // With as many there as here after the move, nothing would be gained.
        (least + 1 < count).then_some(fewest)
    }

    fn move_to(&self, index: usize, conn: ConnOf<S, P>, outcome: Outcome) -> Option<ConnOf<S, P>> {
        let Some(slot) = self.slots.get(index) else { return Some(conn) };
        slot.count(1, 0);
        slot.put_returned((None, conn, outcome)).map(|(_, conn, _)| conn)
    }
}
