//! A model of the world around a poller: clients, a clock, threads that take their time. Random schedules, each from a
//! seed, play it; the order of everything that can happen in any order is drawn.
//!
//! What must hold: every request is answered exactly once and in order; no connection is lost, or owned by
//! two; none outlives its deadline; nothing is left after a stop.

mod line;

use self::line::Line;
use super::Output;
use super::Patience;
use super::conn::{Conn, Outcome, Scratch, WorkWatch};
use super::limits::{Limits, Room};
use super::poller::{Desk, Host, Poller};
use super::protocol::{Input, Protocol, Step};
use super::selector::{Readiness, Watch};
use super::work::Work;
use crate::HandlerError;
use crate::MinRate;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Draws numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// Answers the line `7` with `7` and a tail, some in several pieces.
struct Numbers {
    deadline: Duration,
    until: Instant,
    begun: bool,
    /// The pieces still to be written.
    pieces: u32,
}

const TAIL: &[u8] = b"==================================================";

fn answer(number: u32) -> Vec<u8> {
    let mut answer = format!("{number} ").into_bytes();
    for _ in 0..pieces(number) {
        answer.extend_from_slice(TAIL);
    }
    answer.push(b'\n');
    answer
}

fn pieces(number: u32) -> u32 {
    if number % 7 == 3 { 9 } else { number % 2 }
}

impl Numbers {
    fn piece(&mut self, output: &mut Output<'_>) -> Result<Step, HandlerError> {
        if self.pieces > 0 {
            output.write_all(TAIL)?;
            self.pieces -= 1;
        }
        if self.pieces > 0 {
            return Ok(Step::Run);
        }
        output.write_all(b"\n")?;
        Ok(Step::Receive)
    }
}

impl Protocol for Numbers {
    fn receive(&mut self, input: &mut Input<'_>, now: Instant) -> Step {
        if input.unused().contains(&b'\n') {
            return Step::Run;
        }
        let begins = !input.unused().is_empty();
        if !begins || !self.begun {
            self.until = now + self.deadline;
        }
        self.begun = begins;
        Step::Receive
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        if self.pieces > 0 {
            return self.piece(&mut work.output);
        }
        let line = work.input.unused().split(|&byte| byte == b'\n').next().unwrap_or_default();
        let used = line.len() + 1;
        let number: u32 = std::str::from_utf8(line)?.parse()?;
        work.input.consume(used);
        self.begun = false;
        write!(work.output, "{number} ")?;
        self.pieces = pieces(number);
        self.piece(&mut work.output)
    }

    fn deadline(&mut self, _now: Instant) -> Option<Instant> {
        Some(self.until)
    }

    fn patience(&self) -> Patience {
        let rate = MinRate { grace: self.deadline, bytes_per_second: 0 };
        Patience::default().write_rate(Some(rate)).linger(self.deadline).linger_bytes(1000)
    }
}

type NumbersConn = Box<Conn<Line, usize, Numbers>>;

/// What epoll does: an edge for each change, told once, later.
#[derive(Default)]
struct Edges {
    lines: BTreeMap<u32, Line>,
    watches_writes: BTreeSet<u32>,
    pending: BTreeSet<u32>,
}

impl Watch<Line> for Edges {
    fn add(&mut self, line: &Line, token: u32) -> io::Result<()> {
        // The number of a closed connection is given to the next.
        self.watches_writes.remove(&token);
        self.pending.remove(&token);
        self.lines.insert(token, line.clone());
        let pipe = line.pipe();
        if !pipe.to_engine.is_empty() || pipe.ended || pipe.reset {
            self.pending.insert(token);
        }
        Ok(())
    }

    fn watch_writes(&mut self, line: &Line, token: u32) -> io::Result<()> {
        self.watches_writes.insert(token);
        if line.pipe().room > 0 {
            self.pending.insert(token);
        }
        Ok(())
    }

    fn remove(&mut self, line: &Line) {
        let token = self.token(line);
        self.lines.retain(|known, _| Some(*known) != token);
        self.pending.retain(|known| Some(*known) != token);
    }
}

impl Edges {
    fn token(&self, line: &Line) -> Option<u32> {
        let is_it = |(_, known): &(&u32, &Line)| Arc::ptr_eq(&known.0, &line.0);
        self.lines.iter().find(is_it).map(|(token, _)| *token)
    }

    fn incoming(&mut self, line: &Line) {
        self.pending.extend(self.token(line));
    }

    fn room(&mut self, line: &Line) {
        let lacked = std::mem::take(&mut line.pipe().lacked_room);
        let token = self.token(line).filter(|token| self.watches_writes.contains(token));
        self.pending.extend(token.filter(|_| lacked));
    }
}

/// The world outside: counts the ends, and moves some connections to another poller, or would like to.
#[derive(Default)]
struct Ends(Mutex<usize>, Mutex<Moved>);

#[derive(Default)]
struct Moved {
    asked: usize,
    /// How many the poller said it had, the last time.
    count: usize,
    moved: Vec<(NumbersConn, Outcome)>,
}

impl Host<Line, usize, Numbers> for Ends {
    fn failed(&self, _: &Line, client: &usize, error: HandlerError) {
        panic!("the handler of client {client} failed: {error}");
    }

    fn close(&self, line: Line) {
        assert!(!std::mem::replace(&mut line.pipe().closed, true), "closed twice");
        *self.0.lock().unwrap() += 1;
    }

    fn roomier(&self, index: usize, count: usize) -> Option<usize> {
        let mut moved = self.1.lock().unwrap();
        moved.asked += 1;
        moved.count = count;
        (moved.asked % 3 == 0).then_some(index)
    }

    fn move_to(&self, _index: usize, conn: NumbersConn, outcome: Outcome) -> Option<NumbersConn> {
        let mut moved = self.1.lock().unwrap();
        if moved.asked % 2 == 0 {
            return Some(conn);
        }
        moved.moved.push((conn, outcome));
        None
    }
}

/// Whether work is slow.
struct Pace {
    slow: Option<Instant>,
}

impl WorkWatch for Pace {
    fn begin(&self) {}

    fn end(&self) -> Option<Instant> {
        self.slow
    }
}

/// A connection that a thread has.
struct Away {
    token: u32,
    conn: NumbersConn,
    stage: Stage,
}

enum Stage {
    /// It waits in the queue.
    Queued,
    /// It is being worked on, its bytes in the memory of that thread.
    Begun(Box<Scratch>),
    /// The work is done, and the poller does not know yet.
    Done(Outcome),
}

struct Client {
    line: Line,
    /// What it is about to send.
    unsent: Vec<u8>,
    expected: Vec<u8>,
}

struct World {
    dice: Dice,
    now: Instant,
    poller: Poller<Line, usize, Numbers>,
    edges: Edges,
    limits: Limits,
    ends: Ends,
    away: Vec<Away>,
    clients: Vec<Client>,
    deadline: Duration,
    numbers: u32,
}

impl World {
    fn new(seed: u64, deadline: Duration) -> Self {
        let now = Instant::now();
        Self {
            dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            now,
            poller: Poller::new(now, 0),
            edges: Edges::default(),
            limits: Limits {
                output_buffer: 256,
                waiting: Room::new(0),
                spill: Room::new(0),
                stopping: AtomicBool::new(false),
                over: AtomicBool::new(false),
                queued: AtomicUsize::new(0),
            },
            ends: Ends::default(),
            away: Vec::new(),
            clients: Vec::new(),
            deadline,
            numbers: 0,
        }
    }

    fn connect(&mut self) {
        let line = Line(Arc::default());
        line.pipe().room = self.dice.roll(400);
        let numbers = Numbers {
            deadline: self.deadline,
            until: self.now + self.deadline,
            begun: false,
            pieces: 0,
        };
        let conn = Box::new(Conn::new(line.clone(), self.clients.len(), numbers));
        let mut client = Client { line, unsent: Vec::new(), expected: Vec::new() };
        if self.dice.roll(2) == 0 {
            self.numbers += 1;
            client.line.pipe().to_engine = format!("{}\n", self.numbers).into_bytes();
            client.expected = answer(self.numbers);
        }
        self.clients.push(client);
        self.poller.insert(conn);
    }

    /// A client does something.
    fn client(&mut self) {
        if self.clients.is_empty() {
            return;
        }
        let index = self.dice.roll(self.clients.len());
        let client = &mut self.clients[index];
        let mut pipe = client.line.pipe();
        if pipe.closed || pipe.reset {
            return;
        }
        match self.dice.roll(12) {
            0..=4 if !pipe.ended => {
                for _ in 0..=self.dice.roll(4) {
                    self.numbers += 1;
                    client.unsent.extend_from_slice(format!("{}\n", self.numbers).as_bytes());
                    client.expected.extend(answer(self.numbers));
                }
            }
            5 => {
                pipe.ended = true;
                pipe.to_engine.append(&mut client.unsent);
                drop(pipe);
                return self.edges.incoming(&client.line);
            }
            6 if self.dice.roll(4) == 0 => {
                pipe.reset = true;
                drop(pipe);
                return self.edges.incoming(&client.line);
            }
            7..=9 => {
                pipe.room += self.dice.roll(300);
                drop(pipe);
                return self.edges.room(&client.line);
            }
            _ => {}
        }
        // One request, several, or a part of one.
        if !pipe.ended && !client.unsent.is_empty() {
            let count = 1 + self.dice.roll(client.unsent.len());
            pipe.to_engine.extend(client.unsent.drain(..count));
            drop(pipe);
            self.edges.incoming(&client.line);
        }
    }

    /// The poller hears of an edge; what it says is what is true by then.
    fn tell(&mut self) {
        let pending: Vec<u32> = self.edges.pending.iter().copied().collect();
        if pending.is_empty() {
            return;
        }
        let token = pending[self.dice.roll(pending.len())];
        self.edges.pending.remove(&token);
        let readiness = self.edges.lines.get(&token).map_or(Readiness::default(), |line| {
            let pipe = line.pipe();
            let hangup = pipe.ended || pipe.reset;
            Readiness { readable: hangup || !pipe.to_engine.is_empty(), hangup }
        });
        self.poller.event(token, readiness);
    }

    /// What was moved out comes to a poller, which is this one, too.
    fn move_in(&mut self) {
        let moved = self.ends.1.lock().unwrap().moved.pop();
        if let Some((conn, outcome)) = moved {
            self.poller.move_in(conn, outcome, &self.ends, &mut self.edges);
        }
    }

    /// The thread that polls has a turn.
    fn poll(&mut self) {
        self.poller.begin_round(self.now);
        let mut scratch = Box::new(Scratch::new(64));
        let mut desk =
            Desk { scratch: &mut scratch, limits: &self.limits, host: &self.ends, now: self.now };
        let Some((token, mut conn)) = self.poller.next(&mut desk, &mut self.edges) else { return };
        let stage = match self.dice.roll(3) {
            0 => {
                let outcome = desk
                    .turn(&mut conn, Some(&Pace { slow: None }), |conn, turn| conn.proceed(turn));
                return self.poller.settle(token, conn, outcome, &self.ends, &mut self.edges);
            }
            1 => {
                desk.turn(&mut conn, None, |conn, turn| {
                    conn.set_aside(turn);
                    Outcome::Work
                });
                Stage::Queued
            }
            _ => Stage::Begun(scratch),
        };
        self.away.push(Away { token, conn, stage });
    }

    /// Another thread comes to its next step.
    fn work(&mut self) {
        if self.away.is_empty() {
            return;
        }
        let index = self.dice.roll(self.away.len());
        let mut away = self.away.swap_remove(index);
        let (slow, now) = (self.dice.roll(2) == 0, self.now);
        let (queued, mut scratch) = match away.stage {
            Stage::Done(outcome) => {
                let Away { token, conn, .. } = away;
                return self.poller.settle(token, conn, outcome, &self.ends, &mut self.edges);
            }
            Stage::Queued => (true, Box::new(Scratch::new(64))),
            Stage::Begun(scratch) => (false, scratch),
        };
        let mut desk =
            Desk { scratch: &mut scratch, limits: &self.limits, host: &self.ends, now: self.now };
        let call = if queued { Conn::advance } else { Conn::proceed };
        let outcome = desk.turn(&mut away.conn, Some(&Pace { slow: slow.then_some(now) }), call);
        assert_ne!(outcome, Outcome::Work, "a thread may run work");
        away.stage = Stage::Done(outcome);
        self.away.push(away);
    }

    fn step(&mut self) {
        match self.dice.roll(20) {
            0 if self.clients.len() < 12 && !self.limits.is_stopping() => self.connect(),
            0..=5 => self.client(),
            6..=8 => self.tell(),
            9 => self.move_in(),
            10..=14 => self.poll(),
            15..=18 => self.work(),
            _ => self.now += Duration::from_millis(self.dice.roll(50) as u64),
        }
    }

    fn play(&mut self, steps: usize) {
        (0..steps).for_each(|_| self.step());
        self.assert_answers_in_order();
    }

    /// Lets everything that can happen without a client happen.
    fn settle(&mut self) {
        for _ in 0..100_000 {
            let quiet = self.edges.pending.is_empty()
                && self.away.is_empty()
                && self.ends.1.lock().unwrap().moved.is_empty()
                && !self.poller.has_ready()
                && self.poller.next_deadline().is_none_or(|next| self.now < next);
            if quiet {
                return self.assert_answers_in_order();
            }
            self.tell();
            self.move_in();
            self.poll();
            self.work();
        }
        panic!("it never comes to rest");
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.settle();
    }

    /// All clients send what they have begun, and take what they are sent.
    fn finish_clients(&mut self) {
        for client in &mut self.clients {
            let mut pipe = client.line.pipe();
            pipe.room = usize::MAX / 2;
            pipe.to_engine.append(&mut client.unsent);
            drop(pipe);
            self.edges.incoming(&client.line);
            self.edges.room(&client.line);
        }
        self.settle();
    }

    fn assert_answers_in_order(&self) {
        for (index, client) in self.clients.iter().enumerate() {
            let pipe = client.line.pipe();
            assert!(client.expected.starts_with(&pipe.to_client), "client {index}");
        }
    }

    fn assert_all_ended(&self) {
        assert_eq!(self.poller.len(), 0);
        assert_eq!(*self.ends.0.lock().unwrap(), self.clients.len());
    }
}

const SEEDS: u64 = 300;
const STEPS: usize = 600;
const PATIENT: Duration = Duration::from_secs(100);

#[test]
fn every_request_is_answered_exactly_once_and_in_order() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed, PATIENT);
        world.play(STEPS);
        world.finish_clients();
        for (index, client) in world.clients.iter().enumerate() {
            let pipe = client.line.pipe();
            if pipe.reset {
                assert!(pipe.closed, "seed {seed}, client {index}: a reset ends a connection");
                continue;
            }
            assert_eq!(pipe.to_client, client.expected, "seed {seed}, client {index}");
            assert_eq!(pipe.closed, pipe.ended, "seed {seed}, client {index}");
        }
        // Those who keep silent have their deadline.
        world.wait(PATIENT + Duration::from_secs(1));
        world.assert_all_ended();
    }
}

#[test]
fn who_has_not_asked_for_anything_is_no_load() {
    let mut world = World::new(0, PATIENT);
    let count = |world: &World| world.ends.1.lock().unwrap().count;
    let connect = |world: &mut World, bytes: &[u8]| {
        world.connect();
        let client = world.clients.last_mut().unwrap();
        client.line.pipe().room = usize::MAX / 2;
        client.line.pipe().to_engine = bytes.to_vec();
        client.expected = answer(1);
    };
    (0..3).for_each(|_| connect(&mut world, b"1"));
    world.settle();
    connect(&mut world, b"1\n");
    world.settle();
    assert_eq!((world.poller.len(), world.poller.residents(), count(&world)), (4, 1, 1));
}

#[test]
fn what_comes_with_a_connection_is_read_before_it_is_watched() {
    let mut world = World::new(0, PATIENT);
    world.connect();
    world.connect();
    world.clients[0].line.pipe().to_engine = b"1\n".to_vec();
    world.clients[1].line.pipe().to_engine.clear();
    world.poller.begin_round(world.now);
    let mut scratch = Scratch::new(64);
    let mut desk =
        Desk { scratch: &mut scratch, limits: &world.limits, host: &world.ends, now: world.now };
    let (_, conn) = world.poller.next(&mut desk, &mut world.edges).unwrap();
    assert_eq!(conn.address, 0);
    assert!(world.edges.lines.is_empty());
    // The other has sent nothing, so an event is to tell when it does.
    assert!(world.poller.next(&mut desk, &mut world.edges).is_none());
    assert!(Arc::ptr_eq(&world.edges.lines[&1].0, &world.clients[1].line.0));
}

#[test]
fn no_client_outlives_its_deadline() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed, Duration::from_millis(300));
        world.play(STEPS);
        // Nobody does anything any more: one deadline for what they send, one for what they take, one for lingering.
        world.settle();
        for _ in 0..3 {
            world.wait(Duration::from_millis(311));
        }
        world.assert_all_ended();
    }
}

#[test]
fn who_gives_way_to_others_owes_nobody_an_answer() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed, PATIENT);
        for _ in 0..STEPS / 10 {
            world.play(10);
            world.poller.make_room();
        }
        world.settle();
        let mut left = 0;
        for (index, client) in world.clients.iter().enumerate() {
            let pipe = client.line.pipe();
            if pipe.closed && !pipe.ended && !pipe.reset {
                let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
                let asked = lines(&client.expected) - lines(&client.unsent);
                assert_eq!(lines(&pipe.to_client), asked, "seed {seed}, client {index}");
            }
            left += usize::from(!pipe.closed);
        }
        assert_eq!(world.poller.len(), left);
        // One after the other, and nobody before its turn.
        while world.poller.len() > 0 {
            let before = world.poller.len();
            world.poller.make_room();
            world.settle();
            if world.poller.len() == before {
                break;
            }
            assert_eq!(world.poller.len(), before - 1);
        }
    }
}

#[test]
fn a_stop_at_any_moment_answers_what_has_come_and_leaves_nothing() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed, PATIENT);
        let moment = world.dice.roll(STEPS);
        world.play(moment);
        world.limits.stopping.store(true, Ordering::Relaxed);
        world.poller.stop();
        world.play(STEPS - moment);
        world.finish_clients();
        // Who sent more than was read is given time to take its answers.
        world.wait(PATIENT + Duration::from_secs(1));
        for (index, client) in world.clients.iter().enumerate() {
            let pipe = client.line.pipe();
            assert!(pipe.closed, "seed {seed}, client {index} is left");
            assert!(!pipe.gave_up, "seed {seed}, client {index} was reset");
            let whole = pipe.reset || pipe.to_client.is_empty() || pipe.to_client.ends_with(b"\n");
            assert!(whole, "seed {seed}, client {index}: half an answer");
        }
        world.assert_all_ended();
    }
}

#[test]
fn a_stop_that_does_not_wait_closes_all_that_is_here_and_the_rest_when_it_comes_back() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed, PATIENT);
        let moment = world.dice.roll(STEPS);
        world.play(moment);
        world.poller.close_all(&world.ends);
        while !world.away.is_empty() {
            world.work();
        }
        // A poller that has ended takes nobody in.
        for (conn, _) in std::mem::take(&mut world.ends.1.lock().unwrap().moved) {
            world.ends.close(conn.wire);
        }
        world.assert_answers_in_order();
        world.assert_all_ended();
    }
}
