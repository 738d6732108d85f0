//! One connection: what it waits for, and what is done with it when that has come.
//!
//! Nothing here waits, except for what a handler does in [`Protocol::run`], and nothing reads a clock.

use super::limits::Limits;
use super::protocol::{Buffer, Input, Protocol, Step};
use super::selector::{Interest, Readiness};
use super::wire::{LONGEST_WAIT, Wire};
use super::work::{Account, Outgoing, Output, Work};
use crate::HandlerError;
use crate::request_handler::catch_panic;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// A connection. Whoever has this value owns it: the table of a poller, or the thread that works on it.
#[derive(Debug)]
pub(super) struct Conn<W, A, P> {
    pub(super) wire: W,
    pub(super) address: A,
    pub(super) protocol: P,
    state: State,
    /// A read may give something: the event for it has come, and no read since has come back short.
    readable: bool,
    /// The event told that the client has ended its side, so reads give something until the end itself.
    hangup: bool,
    /// The client has ended its side, and that has been read.
    ended: bool,
    /// There is something that the protocol has not seen.
    fresh: bool,
    /// Work has been done that its client has asked for.
    served: bool,
    /// The work to be done goes on with an answer that has begun.
    begun: bool,
    /// The protocol has said its last.
    parting: bool,
    /// Its last work has held a poller for too long.
    pub(super) slow: bool,
    /// Others need its place, and it goes unless it has something to do by now.
    leaving: bool,
    /// Only while something waits.
    saved: Option<Box<Saved>>,
}

/// What a connection takes along when it leaves a thread.
#[derive(Debug, Default)]
pub(super) struct Saved {
    input: Vec<u8>,
    pub(super) out: Outgoing,
    /// Since when the client has had no room.
    blocked: Option<Instant>,
    /// The end of lingering, and how many bytes may still be dropped.
    linger: Option<(Instant, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Receive,
    /// There is work.
    Run,
    /// There is, once what is written has left.
    Pull,
    /// It closes once what is written has left.
    Close {
        linger: bool,
    },
    /// What still comes is dropped.
    Linger,
}

/// The memory of a thread, used for one connection after the other.
#[derive(Debug)]
pub(super) struct Scratch {
    input: Buffer,
    out: Outgoing,
}

impl Scratch {
    pub(super) fn new(input_buffer: usize) -> Self {
        Self { input: Buffer::new(input_buffer), out: Outgoing::default() }
    }
}

/// The circumstances under which a connection is worked on.
pub(super) struct Turn<'t> {
    pub(super) scratch: &'t mut Scratch,
    pub(super) limits: &'t Limits,
    pub(super) now: Instant,
    /// Present in a thread that may run work.
    pub(super) watch: Option<&'t dyn WorkWatch>,
    /// Where failures of handlers go.
    pub(super) failed: &'t mut dyn FnMut(HandlerError),
}

/// Sees the beginning and the end of each piece of work. What is between them in a turn never waits.
pub(super) trait WorkWatch {
    fn begin(&self);
    /// Tells whether the work has been slow, and then what time it is now. What was written shall then not wait
    /// for the requests behind it.
    fn end(&self) -> Option<Instant>;
}

/// What a connection needs after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its next event, or its deadline.
    Park { interest: Interest, deadline: Option<Instant> },
    /// Another turn, after the others.
    Again,
    /// A thread that may run its work.
    Work,
    /// To be closed.
    Closed,
}

/// So many reads, then it is the turn of the others.
const READS_PER_TURN: u32 = 16;

impl<W: Wire, A, P: Protocol> Conn<W, A, P> {
    pub(super) fn new(wire: W, address: A, protocol: P) -> Self {
        Self {
            wire,
            address,
            protocol,
            state: State::Receive,
            readable: false,
            hangup: false,
            ended: false,
            fresh: false,
            served: false,
            begun: false,
            parting: false,
            slow: false,
            leaving: false,
            saved: None,
        }
    }

    /// Notes what an event told: that a read may give something, and that it will until the end.
    pub(super) fn note(&mut self, readiness: Readiness) {
        self.readable |= readiness.readable;
        self.hangup |= readiness.hangup;
    }

    /// Whether the client has been answered: a connection that waits after that is one that stays.
    pub(super) fn is_served(&self) -> bool {
        self.served
    }

    /// Whether it waits for a client who owes it nothing, and could go.
    pub(super) fn is_idle(&self) -> bool {
        let waits = self.state == State::Receive && !self.readable && self.saved.is_none();
        waits && self.protocol.is_idle()
    }

    /// Has the next turn close the connection, unless something has come by then.
    pub(super) fn leave(&mut self) {
        self.leaving = true;
    }

    /// Works on the connection until it has to wait for something.
    ///
    /// After [`Outcome::Work`] its bytes are still in the scratch memory, where
    /// [`proceed`](Self::proceed) finds them; or [`set_aside`](Self::set_aside) saves them.
    pub(super) fn advance(&mut self, turn: &mut Turn<'_>) -> Outcome {
        match self.resume(turn) {
            Ok(true) => self.proceed(turn),
            Ok(false) => self.blocked(turn),
            // The client is gone, and nobody is left to tell.
            Err(_) => Outcome::Closed,
        }
    }

    /// Works on the connection whose bytes are in the scratch memory.
    pub(super) fn proceed(&mut self, turn: &mut Turn<'_>) -> Outcome {
        // A client that went away meanwhile ends the connection, whatever it had asked for.
        let outcome = self.go_on(turn).unwrap_or(Outcome::Closed);
        match outcome {
            Outcome::Work | Outcome::Closed => outcome,
            Outcome::Again | Outcome::Park { .. } => self.save(turn, outcome),
        }
    }

    /// Lets the connection leave this thread while its work waits.
    pub(super) fn set_aside(&mut self, turn: &mut Turn<'_>) {
        self.save(turn, Outcome::Work);
    }

    /// The deadline has passed while the connection waited.
    pub(super) fn expire(&mut self, turn: &mut Turn<'_>) -> Outcome {
        let blocked = self.saved.as_ref().is_some_and(|saved| saved.out.pending() > 0);
        // Bytes that are here came in time. Who waits for room, or lingers, looks at the time again.
        if self.state == State::Receive && !blocked && !self.readable {
            let (protocol, now) = (&mut self.protocol, turn.now);
            let step = caught(turn.failed, || Ok(protocol.expired(now)));
            self.follow(step);
        }
        self.advance(turn)
    }

    /// Whether its work may be refused; not if that goes on with an answer, of which the client would take a part for all.
    pub(super) fn may_be_refused(&self) -> bool {
        !self.begun
    }

    /// Has the protocol tell the client that there is no room for its work.
    pub(super) fn refuse(&mut self, turn: &mut Turn<'_>) -> Outcome {
        self.state = State::Close { linger: false };
        let scratch = &mut *turn.scratch;
        let input = Input { buffer: &mut scratch.input, ended: self.ended };
        if let Err(error) = catch_panic(|| {
            self.protocol.refuse(&input, scratch.out.buffer());
            Ok(())
        }) {
            (turn.failed)(error);
        }
        self.proceed(turn)
    }

    /// Gets the connection's bytes back; false if some that must leave first cannot.
    fn resume(&mut self, turn: &mut Turn<'_>) -> io::Result<bool> {
        turn.scratch.input.clear();
        turn.scratch.out.reset();
        let Some(saved) = &mut self.saved else { return Ok(true) };
        if saved.out.pending() > 0 {
            if let Some(since) = saved.blocked.take() {
                saved.out.record_wait(turn.now.saturating_duration_since(since));
            }
            if !saved.out.send(&self.wire)? {
                return Ok(false);
            }
        }
        turn.scratch.input.load(&saved.input);
        if saved.linger.is_none() {
            self.saved = None;
        }
        Ok(true)
    }

    /// Waits for the client to make room, as long as it is fast enough.
    fn blocked(&mut self, turn: &Turn<'_>) -> Outcome {
        let saved = self.saved.get_or_insert_default();
        saved.blocked = Some(turn.now);
        let patience = saved.out.patience(self.protocol.patience().write_rate);
        if patience == Some(Duration::ZERO) {
            self.wire.reset();
            return Outcome::Closed;
        }
        let deadline = patience.and_then(|patience| turn.now.checked_add(patience));
        Outcome::Park { interest: Interest::Write, deadline }
    }

    /// Puts what is left into the connection's own keeping.
    fn save(&mut self, turn: &mut Turn<'_>, outcome: Outcome) -> Outcome {
        let scratch = &mut *turn.scratch;
        if !scratch.input.is_empty() {
            self.saved.get_or_insert_default().input = scratch.input.unused().to_vec();
        }
        if scratch.out.pending() == 0 {
            return outcome;
        }
        scratch.out.save(self.saved.get_or_insert_default());
        if matches!(outcome, Outcome::Park { .. }) { self.blocked(turn) } else { outcome }
    }

    fn go_on(&mut self, turn: &mut Turn<'_>) -> io::Result<Outcome> {
        const ROOM: Outcome = Outcome::Park { interest: Interest::Write, deadline: None };
        let mut reads = 0;
        let mut last_look = false;
        loop {
            match self.state {
                State::Receive if self.fresh => {
                    (self.fresh, self.leaving) = (false, false);
                    let mut input = Input { buffer: &mut turn.scratch.input, ended: self.ended };
                    let (protocol, now) = (&mut self.protocol, turn.now);
                    let step = caught(turn.failed, || Ok(protocol.receive(&mut input, now)));
                    self.follow(step);
                }
                State::Receive => {
                    // The answers to all that came together leave together.
                    if !turn.scratch.out.send(&self.wire)? {
                        return Ok(ROOM);
                    }
                    turn.scratch.out.start_account();
                    let idle = turn.scratch.input.is_empty() && self.protocol.is_idle();
                    let wanted = self.leaving || turn.limits.is_stopping();
                    let mut leave = wanted && idle && !self.readable;
                    if leave && !last_look {
                        // The event for a request that was sent before may be on its way.
                        (leave, last_look, self.readable) = (false, true, true);
                    }
                    if self.ended || turn.scratch.input.is_full() || leave {
                        self.state = State::Close { linger: false };
                        continue;
                    }
                    if !self.readable {
                        let deadline = self.protocol.deadline(turn.now);
                        return Ok(Outcome::Park { interest: Interest::Read, deadline });
                    }
                    if reads == READS_PER_TURN {
                        return Ok(Outcome::Again);
                    }
                    reads += 1;
                    self.fresh = self.fill(&mut turn.scratch.input)?;
                }
                State::Run => {
                    let Some(watch) = turn.watch else { return Ok(Outcome::Work) };
                    // So that the next answer finds room, and its handler need not wait for the client.
                    if turn.scratch.out.pending() > turn.limits.output_buffer / 2
                        && !turn.scratch.out.send(&self.wire)?
                    {
                        return Ok(ROOM);
                    }
                    watch.begin();
                    let ran = self.run(turn);
                    let slow = watch.end();
                    ran?;
                    if let Some(now) = slow {
                        turn.now = now;
                        if !turn.scratch.out.send(&self.wire)? {
                            return Ok(ROOM);
                        }
                    }
                }
                State::Pull => {
                    if !turn.scratch.out.send(&self.wire)? {
                        return Ok(ROOM);
                    }
                    self.begun = true;
                    self.state = State::Run;
                    // However quick the client is: with threads for all it could go on for ever.
                    if turn.watch.is_some() && turn.limits.others_wait() {
                        return Ok(Outcome::Again);
                    }
                }
                State::Close { linger } => {
                    if !std::mem::replace(&mut self.parting, true) {
                        self.protocol.closing(turn.scratch.out.buffer());
                    }
                    if !turn.scratch.out.send(&self.wire)? {
                        return Ok(ROOM);
                    }
                    let unread = self.readable || !turn.scratch.input.is_empty();
                    turn.scratch.input.clear();
                    if self.ended || !(linger || unread) {
                        return Ok(Outcome::Closed);
                    }
                    self.wire.end_sending()?;
                    let patience = self.protocol.patience();
                    let until = turn.now + patience.linger.min(LONGEST_WAIT);
                    let saved = self.saved.get_or_insert_default();
                    saved.linger = Some((until, patience.linger_bytes));
                    self.state = State::Linger;
                }
                State::Linger => return self.drop_input(turn),
            }
        }
    }

    fn run(&mut self, turn: &mut Turn<'_>) -> io::Result<()> {
        self.begun = false;
        let output = Output {
            wire: &self.wire,
            out: &mut turn.scratch.out,
            limits: turn.limits,
            patience: self.protocol.patience(),
            layer: None,
        };
        let mut work = Work {
            input: Input { buffer: &mut turn.scratch.input, ended: self.ended },
            output,
            receiving: Account::default(),
            beneath: None,
        };
        let protocol = &mut self.protocol;
        let mut failure = None;
        let step = caught(&mut |error| failure = Some(error), || protocol.run(&mut work));
        self.ended = work.input.ended;
        self.served |= self.protocol.was_asked();
        let lost = turn.scratch.out.failed;
        // That a client went away, or was too slow, is no failure of the handler.
        if let Some(error) = failure.filter(|error| !(lost && error.is::<io::Error>())) {
            (turn.failed)(error);
        }
        if lost {
            // Part of an answer is missing: the client must not take the rest for all of it.
            self.wire.reset();
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.fresh = !turn.scratch.input.is_empty() || self.ended || self.protocol.has_unseen();
        self.state = match step {
            Step::Run => State::Pull,
            step => State::of(step),
        };
        Ok(())
    }

    /// Reads once; true if there is something new for the protocol.
    fn fill(&mut self, input: &mut Buffer) -> io::Result<bool> {
        match input.fill(|room| self.wire.read(room)) {
            Ok((count, filled)) => {
                // Another read would come back empty-handed; if more comes, an event will tell.
                self.ended = count == 0;
                self.readable = !self.ended && (filled || self.hangup);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn drop_input(&mut self, turn: &mut Turn<'_>) -> io::Result<Outcome> {
        let Some((until, left)) = self.saved.as_mut().and_then(|saved| saved.linger.as_mut())
        else {
            return Ok(Outcome::Closed);
        };
        for _ in 0..READS_PER_TURN {
            if *left == 0 || turn.now >= *until {
                return Ok(Outcome::Closed);
            }
            turn.scratch.input.clear();
            match turn.scratch.input.fill(|room| self.wire.read(room)) {
                Ok((0, _)) => return Ok(Outcome::Closed),
                Ok((count, _)) => *left = left.saturating_sub(count as u64),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let deadline = Some(*until);
                    turn.scratch.input.clear();
                    return Ok(Outcome::Park { interest: Interest::Read, deadline });
                }
                Err(error) => return Err(error),
            }
        }
        turn.scratch.input.clear();
        Ok(Outcome::Again)
    }

    fn follow(&mut self, step: Step) {
        self.state = State::of(step);
    }
}

impl State {
    fn of(step: Step) -> Self {
        match step {
            Step::Receive => Self::Receive,
            Step::Run => Self::Run,
            Step::Close => Self::Close { linger: false },
            Step::Linger => Self::Close { linger: true },
        }
    }
}

/// Calls a protocol. Its failure, or panic, is reported and closes the connection.
fn caught(
    failed: &mut dyn FnMut(HandlerError),
    call: impl FnOnce() -> Result<Step, HandlerError>,
) -> Step {
    let mut step = Step::Linger;
    let result = catch_panic(|| {
        step = call()?;
        Ok(())
    });
    if let Err(error) = result {
        failed(error);
    }
    step
}
