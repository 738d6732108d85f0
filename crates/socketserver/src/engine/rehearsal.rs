//! A connection without a socket, for the tests of protocols.

use super::EngineOptions;
use super::conn::{Conn, Outcome, Scratch, Turn, WorkWatch};
use super::limits::Limits;
use super::protocol::Protocol;
use super::selector::{Interest, Readiness};
use super::wire::Wire;
use crate::HandlerError;
use crate::lock::lock;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Plays one connection of a [`Protocol`] in memory, with a clock that only the test moves.
///
/// It is the engine's own code that runs the protocol, so its answers, deadlines and ends are those of an
/// [`Engine`](super::Engine); there just is no socket, no poller and no other thread. What the client does is said by
/// the test: at once ([`send`](Self::send) and its like), or [later](Self::plan), so that it happens when time
/// [passes](Self::advance) or while a handler waits for it.
///
/// # Examples
///
/// A client that has ten seconds for a line, and does not finish it:
///
/// ```
/// use socketserver::HandlerError;
/// use socketserver::engine::{Act, End, Input, Protocol, Rehearsal, Step, Work};
/// use std::io::Write;
/// use std::time::{Duration, Instant};
///
/// struct Line {
///     until: Instant,
/// }
///
/// impl Protocol for Line {
///     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
///         if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
///     }
///
///     fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///         let in_time = work.input.unused().contains(&b'\n');
///         work.output.write_all(if in_time { b"thanks\n" } else { b"too late\n" })?;
///         work.input.consume(work.input.unused().len());
///         Ok(Step::Close)
///     }
///
///     fn deadline(&mut self, _now: Instant) -> Option<Instant> {
///         Some(self.until)
///     }
///
///     fn expired(&mut self, _now: Instant) -> Step {
///         Step::Run
///     }
/// }
///
/// let rehearse = || {
///     let now = Instant::now();
///     Rehearsal::new(Line { until: now + Duration::from_secs(10) }, now)
/// };
///
/// let mut quick = rehearse();
/// quick.send(b"he");
/// quick.advance(Duration::from_secs(9));
/// quick.send(b"llo\n");
/// assert_eq!(quick.receive(), b"thanks\n");
/// assert_eq!(quick.end(), Some(End::Closed));
///
/// let mut slow = rehearse();
/// slow.plan(Duration::from_secs(9), Act::Send(b"he".to_vec()));
/// slow.advance(Duration::from_secs(9));
/// assert_eq!(slow.end(), None);
/// slow.advance(Duration::from_secs(1));
/// assert_eq!(slow.receive(), b"too late\n");
/// ```
#[derive(Debug)]
pub struct Rehearsal<P> {
    stage: Stage,
    conn: Option<Conn<Stage, (), P>>,
    scratch: Scratch,
    limits: Limits,
    interest: Interest,
    deadline: Option<Instant>,
    overloaded: bool,
    failures: Vec<HandlerError>,
}

/// What the client of a [`Rehearsal`] does.
///
/// # Examples
///
/// ```
/// # use socketserver::HandlerError;
/// # use socketserver::engine::{Input, Protocol, Step, Work};
/// # use std::io::Write;
/// use socketserver::engine::{Act, Rehearsal};
/// use std::time::{Duration, Instant};
///
/// # struct Pair;
/// # impl Protocol for Pair {
/// #     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
/// #         if input.unused().is_empty() { Step::Receive } else { Step::Run }
/// #     }
/// /// Answers with the first two bytes, and waits for the second one itself.
/// fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///     while work.input.unused().len() < 2 && work.receive()? > 0 {}
///     work.output.write_all(work.input.unused())?;
///     Ok(Step::Close)
/// }
/// # }
///
/// let mut rehearsal = Rehearsal::new(Pair, Instant::now());
/// rehearsal.plan(Duration::from_secs(5), Act::Send(b"b".to_vec()));
/// rehearsal.send(b"a"); // the handler runs, and waits five seconds
/// assert_eq!(rehearsal.receive(), b"ab");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It sends these bytes.
    Send(Vec<u8>),
    /// It takes what was sent to it, so that there is room for more.
    Receive,
    /// It ends its side, and still receives.
    End,
    /// It resets the connection.
    Reset,
}

/// How far a connection of a [`Rehearsal`] is at its end, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The server has ended its side, and drops what still comes.
    Lingering,
    /// It has closed the connection.
    Closed,
    /// It has reset the connection.
    Reset,
}

impl<P: Protocol> Rehearsal<P> {
    /// Connects a client, with the limits of a default engine.
    pub fn new(protocol: P, now: Instant) -> Self {
        Self::with_options(protocol, now, &EngineOptions::default())
    }

    /// Connects a client, with other limits: the sizes of buffers, and the number of
    /// [threads that may wait](EngineOptions::waiting_threads).
    pub fn with_options(protocol: P, now: Instant, options: &EngineOptions) -> Self {
        let stage = Stage::new(now);
        let conn = Conn::new(stage.clone(), (), protocol);
        let mut rehearsal = Self {
            stage,
            conn: Some(conn),
            scratch: Scratch::new(options.input_buffer),
            limits: Limits::new(options),
            interest: Interest::Read,
            deadline: None,
            overloaded: false,
            failures: Vec::new(),
        };
        rehearsal.react();
        rehearsal
    }

    /// What time it is.
    pub fn now(&self) -> Instant {
        self.stage.lock().now
    }

    /// The client sends these bytes, which come in one piece.
    pub fn send(&mut self, bytes: &[u8]) {
        self.act(Act::Send(bytes.to_vec()));
    }

    /// The client does something now.
    pub fn act(&mut self, act: Act) {
        self.stage.lock().perform(act);
        self.react();
    }

    /// The client will do something after this time, whether that passes by [`advance`](Self::advance) or
    /// while a handler waits for the client.
    pub fn plan(&mut self, after: Duration, act: Act) {
        let mut scene = self.stage.lock();
        let when = scene.now + after;
        let place = scene.planned.partition_point(|(planned, _)| *planned <= when);
        scene.planned.insert(place, (when, act));
    }

    /// What the client has been sent since the last call. It takes all of it, so that there is room for more.
    pub fn receive(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        loop {
            self.act(Act::Receive);
            let mut scene = self.stage.lock();
            if scene.received.is_empty() {
                return received;
            }
            received.append(&mut scene.received);
        }
    }

    /// How many bytes are on their way to the client until it takes them; without limit at first.
    pub fn set_window(&mut self, bytes: usize) {
        self.stage.lock().window = bytes;
        self.react();
    }

    /// How many bytes wait for the client to take them.
    pub fn unreceived(&self) -> usize {
        self.stage.lock().on_their_way.len()
    }

    /// How many bytes of the client wait for the protocol to take them, beyond those that it has been shown.
    pub fn unread(&self) -> usize {
        self.stage.lock().to_engine.len()
    }

    /// Time passes: what is planned happens, and deadlines expire, each at its moment.
    ///
    /// # Panics
    ///
    /// If a deadline that has expired is not replaced by a later one, again and again; the engine would spin.
    pub fn advance(&mut self, time: Duration) {
        let end = self.now() + time;
        let mut stuck = 0;
        loop {
            let now = self.now();
            let planned = self.stage.lock().planned.front().map(|(when, _)| *when);
            let next = [planned, self.deadline].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.stage.lock().now = now.max(next);
            if planned == Some(next) {
                self.stage.lock().perform_planned();
                self.react();
                continue;
            }
            stuck = if next > now { 0 } else { stuck + 1 };
            assert!(stuck < 1000, "the protocol's deadline stays in the past");
            self.turn(|conn, turn| conn.expire(turn));
            self.react();
        }
        let mut scene = self.stage.lock();
        scene.now = scene.now.max(end);
    }

    /// Until when the engine waits for the client; `None` is for ever.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The server begins to stop, gracefully.
    pub fn stop(&mut self) {
        self.limits.stopping.store(true, Ordering::Relaxed);
        self.turn(|conn, turn| conn.advance(turn));
        self.react();
    }

    /// From now on all threads are busy and the queue is full, so that work is refused; or no longer. (Going on with an
    /// answer is not: that waits its turn, which comes at once here.)
    pub fn set_overloaded(&mut self, overloaded: bool) {
        self.overloaded = overloaded;
    }

    /// From now on work of other connections waits for a thread ([`Output::others_wait`](super::Output::others_wait)); or no
    /// longer.
    pub fn set_crowded(&mut self, crowded: bool) {
        self.limits.queued.store(usize::from(crowded), Ordering::Relaxed);
    }

    /// How the connection has ended, or is about to; `None` while it goes on.
    pub fn end(&self) -> Option<End> {
        let scene = self.stage.lock();
        match (&self.conn, scene.given_up) {
            (None, true) => Some(End::Reset),
            (None, false) => Some(End::Closed),
            (Some(_), _) => scene.ended_sending.then_some(End::Lingering),
        }
    }

    /// What handlers have failed with since the last call: what [`handle_error`](crate::BaseServer::handle_error) would be
    /// told.
    pub fn take_failures(&mut self) -> Vec<HandlerError> {
        std::mem::take(&mut self.failures)
    }

    /// Tells the connection what the client has done, until there is nothing new.
    fn react(&mut self) {
        loop {
            let Some(conn) = &mut self.conn else { return };
            let mut scene = self.stage.lock();
            let news = std::mem::take(&mut scene.news);
            let room = self.interest == Interest::Write && scene.room() > 0;
            let hangup = scene.ended || scene.reset;
            drop(scene);
            if !news && !room {
                return;
            }
            if news {
                conn.note(Readiness { readable: true, hangup });
            }
            self.turn(|conn, turn| conn.advance(turn));
        }
    }

    /// Lets the connection have a turn, and another one as long as it wants to.
    fn turn(&mut self, mut call: impl FnMut(&mut Conn<Stage, (), P>, &mut Turn<'_>) -> Outcome) {
        let Some(mut conn) = self.conn.take() else { return };
        self.deadline = None;
        let stage = self.stage.clone();
        let now = stage.lock().now;
        let pace = Pace { stage: stage.clone(), began: now };
        let failures = &mut self.failures;
        let mut turn = Turn {
            scratch: &mut self.scratch,
            limits: &self.limits,
            now,
            watch: None,
            failed: &mut |error| failures.push(error),
        };
        let mut outcome = call(&mut conn, &mut turn);
        loop {
            outcome = match outcome {
                Outcome::Work if self.overloaded && conn.may_be_refused() => conn.refuse(&mut turn),
                Outcome::Work => {
                    turn.watch = Some(&pace);
                    let outcome = conn.proceed(&mut turn);
                    turn.watch = None;
                    outcome
                }
                Outcome::Again => conn.advance(&mut turn),
                Outcome::Closed => return,
                Outcome::Park { interest, deadline } => {
                    (self.interest, self.deadline) = (interest, deadline);
                    self.conn = Some(conn);
                    return;
                }
            };
        }
    }
}

/// Work is slow if any time has passed.
struct Pace {
    stage: Stage,
    began: Instant,
}

impl WorkWatch for Pace {
    fn begin(&self) {}

    fn end(&self) -> Option<Instant> {
        Some(self.stage.lock().now).filter(|now| *now > self.began)
    }
}

/// Both ends of the connection, and the clock.
#[derive(Clone, Debug)]
struct Stage(Arc<Mutex<Scene>>);

#[derive(Debug)]
struct Scene {
    now: Instant,
    planned: VecDeque<(Instant, Act)>,
    to_engine: VecDeque<u8>,
    /// The client has done something that the connection does not know of.
    news: bool,
    ended: bool,
    reset: bool,
    on_their_way: Vec<u8>,
    window: usize,
    received: Vec<u8>,
    ended_sending: bool,
    given_up: bool,
}

impl Stage {
    fn new(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(Scene {
            now,
            planned: VecDeque::new(),
            to_engine: VecDeque::new(),
            // A read tells what has come with the connection.
            news: true,
            ended: false,
            reset: false,
            on_their_way: Vec::new(),
            window: usize::MAX,
            received: Vec::new(),
            ended_sending: false,
            given_up: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Scene> {
        lock(&self.0)
    }
}

impl Scene {
    fn room(&self) -> usize {
        self.window.saturating_sub(self.on_their_way.len())
    }

    fn perform(&mut self, act: Act) {
        match act {
            Act::Send(bytes) => self.to_engine.extend(bytes),
            Act::Receive => return self.received.append(&mut self.on_their_way),
            Act::End => self.ended = true,
            Act::Reset => self.reset = true,
        }
        self.news = true;
    }

    fn perform_planned(&mut self) {
        if let Some((_, act)) = self.planned.pop_front() {
            self.perform(act);
        }
    }

    fn is_ready(&self, interest: Interest) -> bool {
        self.reset
            || match interest {
                Interest::Read => self.ended || !self.to_engine.is_empty(),
                Interest::Write => self.room() > 0,
            }
    }
}

impl Wire for Stage {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        let mut scene = self.lock();
        if scene.reset {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if scene.to_engine.is_empty() && !scene.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        io::Read::read(&mut scene.to_engine, room)
    }

    fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut scene = self.lock();
        if scene.reset {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let before = scene.on_their_way.len();
        for part in parts {
            let taken = part.len().min(scene.room());
            scene.on_their_way.extend_from_slice(part.get(..taken).unwrap_or_default());
        }
        let count = scene.on_their_way.len() - before;
        if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    fn end_sending(&self) -> io::Result<()> {
        self.lock().ended_sending = true;
        Ok(())
    }

    fn reset(&self) {
        self.lock().given_up = true;
    }

    fn wait(&self, interest: Interest, timeout: Option<Duration>) -> io::Result<bool> {
        let mut scene = self.lock();
        let end = timeout.and_then(|timeout| scene.now.checked_add(timeout));
        while !scene.is_ready(interest) {
            let next = scene.planned.front().map(|(when, _)| *when);
            match (next, end) {
                (Some(next), end) if end.is_none_or(|end| next <= end) => {
                    scene.now = scene.now.max(next);
                    scene.perform_planned();
                }
                (_, Some(end)) => {
                    scene.now = end;
                    return Ok(false);
                }
                _ => return Err(io::Error::other("the client does nothing for which to wait")),
            }
        }
        Ok(true)
    }

    fn now(&self) -> Instant {
        self.lock().now
    }
}
