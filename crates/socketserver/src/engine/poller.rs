//! The connections of one poller: which of them wait, for what, and until when.
//!
//! No socket is waited for and no clock is read here, so that a test can play every order of
//! events, hand-offs and deadlines.

use super::conn::{Conn, Outcome, Scratch, Turn, WorkWatch};
use super::limits::Limits;
use super::newcomers::Newcomers;
use super::protocol::Protocol;
use super::selector::{Interest, Readiness, Watch};
use super::table::Table;
use super::timers::{Appointment, Timers};
use super::wire::Wire;
use crate::HandlerError;
use crate::request_handler::catch_panic;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::time::Instant;

/// The connections of one poller.
#[derive(Debug)]
pub(super) struct Poller<W, A, P> {
    table: Table<Entry<W, A, P>>,
    /// How many of them stay.
    residents: usize,
    newcomers: Newcomers,
    timers: Timers,
    /// Who is to be looked at.
    ready: VecDeque<u32>,
    /// How many of them belong to the round that runs.
    left: usize,
    stopping: bool,
    /// Its number among the pollers.
    index: usize,
}

#[derive(Debug)]
struct Entry<W, A, P> {
    /// Nothing while a thread has it. It goes from hand to hand with each piece of work, so it has a place of its own.
    conn: Option<Box<Conn<W, A, P>>>,
    /// The events that came meanwhile.
    missed: Option<Readiness>,
    interest: Interest,
    /// What the selector watches for: nothing before the first wait, and with room also bytes.
    watched: Option<Interest>,
    /// It stays with this poller.
    resident: bool,
    /// It has said nothing yet, and has come then.
    newcomer: Option<u32>,
    deadline: Option<Instant>,
    /// When the timers will give it out.
    scheduled: Option<Appointment>,
    overdue: bool,
    /// It is in `ready`.
    queued: bool,
}

/// One of so many connections is let go at a time when there is no room, so that looking for them is worth it.
const LEAVING_PART: usize = 64;

/// A connection that is away from its poller, and its number there.
pub(super) type Numbered<W, A, P> = (u32, Box<Conn<W, A, P>>);

/// Who hears of the ends of connections and of failures, and knows the other pollers.
pub(super) trait Host<W, A, P> {
    fn failed(&self, wire: &W, address: &A, error: HandlerError);
    fn close(&self, wire: W);

    /// A poller that a connection is better kept by than by this one, which so many stay with.
    fn roomier(&self, index: usize, count: usize) -> Option<usize>;

    /// Gives a connection to that poller, which does with it what its turn came to; it comes back if the poller has ended.
    fn move_to(
        &self,
        index: usize,
        conn: Box<Conn<W, A, P>>,
        outcome: Outcome,
    ) -> Option<Box<Conn<W, A, P>>>;
}

/// What a poller is worked with.
pub(super) struct Desk<'d, W, A, P> {
    pub(super) scratch: &'d mut Scratch,
    pub(super) limits: &'d Limits,
    pub(super) host: &'d dyn Host<W, A, P>,
    pub(super) now: Instant,
}

impl<W, A, P> Desk<'_, W, A, P> {
    /// Lets a connection have a turn, and reports what failed in it.
    pub(super) fn turn(
        &mut self,
        conn: &mut Conn<W, A, P>,
        watch: Option<&dyn WorkWatch>,
        // A pointer, so that this is there once for all kinds of turns.
        call: fn(&mut Conn<W, A, P>, &mut Turn<'_>) -> Outcome,
    ) -> Outcome {
        let mut failures = Vec::new();
        let mut outcome = Outcome::Closed;
        let mut turn = Turn {
            scratch: self.scratch,
            limits: self.limits,
            now: self.now,
            watch,
            failed: &mut |error| failures.push(error),
        };
        let called = catch_panic(|| {
            outcome = call(conn, &mut turn);
            Ok(())
        });
        // The parts that may fail are caught one by one; this is for a protocol that panics in between.
        failures.extend(called.err());
        failures.drain(..).for_each(|error| self.host.failed(&conn.wire, &conn.address, error));
        outcome
    }
}

impl<W: Wire, A, P: Protocol> Poller<W, A, P> {
    pub(super) fn new(now: Instant, index: usize) -> Self {
        Self {
            index,
            table: Table::new(),
            residents: 0,
            newcomers: Newcomers::new(now),
            timers: Timers::new(now),
            ready: VecDeque::new(),
            left: 0,
            stopping: false,
        }
    }

    /// How many connections it has, here and away.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// How many of them stay here. The others, who have not asked for anything yet, are no load.
    pub(super) fn residents(&self) -> usize {
        self.residents
    }

    /// Whether somebody is to be looked at.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// When a deadline passes, or may do.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Who waits for what.
    pub(super) fn parked(&self) -> impl Iterator<Item = (u32, &W, Interest)> {
        self.table.iter().filter_map(|(token, entry)| {
            entry.conn.as_ref().map(|conn| (token, &conn.wire, entry.interest))
        })
    }

    /// Takes a new connection in. Its first bytes may have come with it, so it is looked at before it is watched.
    pub(super) fn insert(&mut self, mut conn: Box<Conn<W, A, P>>) {
        conn.note(Readiness { readable: true, hangup: false });
        let newcomer = Some(self.newcomers.add());
        let token = self.table.insert(Entry { queued: true, newcomer, ..Entry::new(Some(conn)) });
        self.ready.push_back(token);
    }

    /// Takes a connection in from another poller, and does what its turn there came to.
    pub(super) fn move_in(
        &mut self,
        conn: Box<Conn<W, A, P>>,
        outcome: Outcome,
        host: &dyn Host<W, A, P>,
        watch: &mut impl Watch<W>,
    ) {
        let token = self.table.insert(Entry { resident: true, ..Entry::new(None) });
        self.residents += 1;
        self.settle(token, conn, outcome, host, watch);
    }

    /// Something has happened on a connection.
    pub(super) fn event(&mut self, token: u32, readiness: Readiness) {
        // An event may be for a connection that was closed after it; its successor finds nothing.
        let Some(entry) = self.table.get_mut(token) else { return };
        match &mut entry.conn {
            Some(conn) => {
                conn.note(readiness);
                enqueue(&mut self.ready, token, &mut entry.queued);
            }
            None => entry.missed = Some(entry.missed.unwrap_or_default().and(readiness)),
        }
    }

    /// Begins a round of those who are ready by now, those among them whose deadline has passed; unless a round still runs.
    /// Who becomes ready meanwhile belongs to the next: what happens outside is to be seen, too.
    pub(super) fn begin_round(&mut self, now: Instant) {
        self.newcomers.grow_old(now);
        self.expire(now);
        if self.left == 0 {
            self.left = self.ready.len();
        }
    }

    fn expire(&mut self, now: Instant) {
        if self.timers.next().is_none_or(|next| now < next) {
            return;
        }
        let mut later = Vec::new();
        self.timers.expire(now, |tick, token| {
            let Some(entry) = self.table.get_mut(token) else { return };
            if entry.scheduled.is_none_or(|appointment| appointment.tick != tick) {
                return;
            }
            entry.scheduled = None;
            match entry.deadline {
                Some(deadline) if deadline <= now => {
                    entry.overdue = true;
                    enqueue(&mut self.ready, token, &mut entry.queued);
                }
                Some(deadline) => later.push((token, deadline)),
                None => {}
            }
        });
        for (token, deadline) in later {
            self.schedule(token, deadline);
        }
    }

    /// The server stops: has everybody looked at, those who are away when they come back, so that who is idle goes.
    pub(super) fn stop(&mut self) {
        self.stopping = true;
        let tokens: Vec<u32> = self.table.iter().map(|(token, _)| token).collect();
        for token in tokens {
            if let Some(entry) = self.table.get_mut(token) {
                enqueue(&mut self.ready, token, &mut entry.queued);
            }
        }
    }

    /// Others need places: has some idle connections go, those first that have been served, and of them those whose
    /// time is nearly over anyway.
    pub(super) fn make_room(&mut self) {
        let most = (self.table.len() / LEAVING_PART).max(1);
        let mut leaving = BinaryHeap::new();
        for (token, entry) in self.table.iter() {
            let Some(conn) = entry.conn.as_ref().filter(|conn| conn.is_idle()) else { continue };
            leaving.push((!conn.is_served(), entry.deadline.is_none(), entry.deadline, token));
            if leaving.len() > most {
                leaving.pop();
            }
        }
        for (.., token) in leaving {
            let Some(entry) = self.table.get_mut(token) else { continue };
            if let Some(conn) = &mut entry.conn {
                conn.leave();
                enqueue(&mut self.ready, token, &mut entry.queued);
            }
        }
    }

    /// Works through those of the round, up to one that has work; its bytes are in the
    /// scratch memory. It is away until [`settle`](Self::settle).
    pub(super) fn next(
        &mut self,
        desk: &mut Desk<'_, W, A, P>,
        watch: &mut impl Watch<W>,
    ) -> Option<Numbered<W, A, P>> {
        while let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            let Some(token) = self.ready.pop_front() else { continue };
            let Some(entry) = self.table.get_mut(token) else { continue };
            entry.queued = false;
            let overdue = std::mem::take(&mut entry.overdue);
            // Who is away comes back with what it needs.
            let Some(mut conn) = entry.conn.take() else { continue };
            entry.deadline = None;
            let call = if overdue { Conn::expire } else { Conn::advance };
            let outcome = desk.turn(&mut conn, None, call);
            if outcome == Outcome::Work {
                return Some((token, conn));
            }
            self.place(token, conn, outcome, desk.host, watch);
        }
        None
    }

    /// Takes a connection back that was away.
    pub(super) fn settle(
        &mut self,
        token: u32,
        conn: Box<Conn<W, A, P>>,
        outcome: Outcome,
        host: &dyn Host<W, A, P>,
        watch: &mut impl Watch<W>,
    ) {
        self.place(token, conn, outcome, host, watch);
        if self.stopping {
            // Its thread may not have known.
            if let Some(entry) = self.table.get_mut(token) {
                enqueue(&mut self.ready, token, &mut entry.queued);
            }
        }
    }

    /// Does with a connection what its turn came to.
    fn place(
        &mut self,
        token: u32,
        mut conn: Box<Conn<W, A, P>>,
        outcome: Outcome,
        host: &dyn Host<W, A, P>,
        watch: &mut impl Watch<W>,
    ) {
        let Some(entry) = self.table.get_mut(token) else { return host.close(conn.wire) };
        let missed = entry.missed.take();
        match outcome {
            Outcome::Closed => {
                self.remove(token);
                host.close(conn.wire);
            }
            Outcome::Park { interest, deadline } => {
                if conn.is_served() && !entry.resident {
                    entry.resident = true;
                    self.residents += 1;
                    self.newcomers.remove(entry.newcomer.take());
                    let load = self.residents + self.newcomers.count();
                    if let Some(index) = host.roomier(self.index, load) {
                        if entry.watched.take().is_some() {
                            watch.remove(&conn.wire);
                        }
                        match host.move_to(index, conn, outcome) {
                            Some(back) => conn = back,
                            None => return drop(self.remove(token)),
                        }
                    }
                }
                if entry.newcomer.is_some() && !conn.is_idle() {
                    self.newcomers.remove(entry.newcomer.take());
                }
                if watched(&mut entry.watched, interest, &conn.wire, token, watch).is_err() {
                    self.remove(token);
                    return host.close(conn.wire);
                }
                if let Some(readiness) = missed {
                    conn.note(readiness);
                    enqueue(&mut self.ready, token, &mut entry.queued);
                }
                self.park(token, conn, interest, deadline);
            }
            // Who is not watched yet needs no event for this.
            Outcome::Again | Outcome::Work => {
                conn.note(missed.unwrap_or_default());
                enqueue(&mut self.ready, token, &mut entry.queued);
                self.park(token, conn, Interest::Read, None);
            }
        }
    }

    fn remove(&mut self, token: u32) -> Option<Entry<W, A, P>> {
        let entry = self.table.remove(token)?;
        self.residents -= usize::from(entry.resident);
        self.newcomers.remove(entry.newcomer);
        Some(entry)
    }

    fn park(
        &mut self,
        token: u32,
        conn: Box<Conn<W, A, P>>,
        interest: Interest,
        deadline: Option<Instant>,
    ) {
        let Some(entry) = self.table.get_mut(token) else { return };
        entry.conn = Some(conn);
        entry.interest = interest;
        entry.deadline = deadline;
        if let Some(deadline) = deadline {
            self.schedule(token, deadline);
        }
    }

    /// Puts a deadline into the timers, if they do not look at the connection before it anyway.
    fn schedule(&mut self, token: u32, deadline: Instant) {
        let Some(entry) = self.table.get_mut(token) else { return };
        if entry.scheduled.is_some_and(|appointment| appointment.time <= deadline) {
            return;
        }
        let appointment = self.timers.appointment(deadline);
        if entry.scheduled.is_none_or(|earlier| appointment.tick < earlier.tick) {
            entry.scheduled = Some(appointment);
            self.timers.insert(appointment, token);
        }
    }

    /// Gives up all connections that are here.
    pub(super) fn close_all(&mut self, host: &dyn Host<W, A, P>) {
        let tokens: Vec<u32> = self.table.iter().map(|(token, _)| token).collect();
        for token in tokens {
            if let Some(conn) = self.remove(token).and_then(|entry| entry.conn) {
                host.close(conn.wire);
            }
        }
    }
}

/// Has a connection watched for what it waits for, if it is not yet.
fn watched<W>(
    watched: &mut Option<Interest>,
    interest: Interest,
    wire: &W,
    token: u32,
    watch: &mut impl Watch<W>,
) -> io::Result<()> {
    if watched.is_none() {
        watch.add(wire, token)?;
        *watched = Some(Interest::Read);
    }
    if interest == Interest::Write && *watched != Some(Interest::Write) {
        watch.watch_writes(wire, token)?;
        *watched = Some(Interest::Write);
    }
    Ok(())
}

impl<W, A, P> Entry<W, A, P> {
    fn new(conn: Option<Box<Conn<W, A, P>>>) -> Self {
        Self {
            conn,
            missed: None,
            interest: Interest::Read,
            watched: None,
            resident: false,
            newcomer: None,
            deadline: None,
            scheduled: None,
            overdue: false,
            queued: false,
        }
    }
}

fn enqueue(ready: &mut VecDeque<u32>, token: u32, queued: &mut bool) {
    if !std::mem::replace(queued, true) {
        ready.push_back(token);
    }
}
