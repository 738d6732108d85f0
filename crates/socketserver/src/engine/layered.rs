//! A protocol whose bytes go through a layer.

use super::layer::{self, Layer};
use super::protocol::{Buffer, Input, Protocol, Step};
use super::{Patience, Work};
use crate::HandlerError;
use std::io;
use std::time::Instant;

/// A protocol inside a [`Layer`]: HTTP over TLS, for example.
///
/// The protocol is the same as without: deadlines, limits, back-pressure and answers in pieces included. Until the layer
/// [is open](Layer::is_open), the deadline is that of a protocol which has received nothing yet, so a client that begins
/// and does not go on, however slowly, is one that says nothing. Agreeing about the layer is work, which runs where
/// handlers do and never where connections are accepted. What the layer opens at once has to fit into
/// [`input_buffer`](super::EngineOptions::input_buffer). One layer cannot be in another.
///
/// # Examples
///
/// A secret that is none:
///
/// ```
/// # use socketserver::HandlerError;
/// use socketserver::engine::{Input, Layer, Layered, Protocol, Rehearsal, Step, Work};
/// use std::io::{self, IoSlice, Write};
/// use std::time::Instant;
///
/// /// Moves each letter 13 places on, or back, which is the same. An `!` is the end.
/// #[derive(Default)]
/// struct Rot13 {
///     ended: bool,
/// }
///
/// fn rot13(byte: u8) -> u8 {
///     match byte {
///         b'a'..=b'm' => byte + 13,
///         b'n'..=b'z' => byte - 13,
///         _ => byte,
///     }
/// }
///
/// impl Layer for Rot13 {
///     fn is_open(&self) -> bool {
///         true // there is nothing to agree about
///     }
///     fn is_ready(&self, wire: &[u8]) -> bool {
///         !wire.is_empty()
///     }
///     fn open(&mut self, wire: &[u8], plain: &mut Vec<u8>) -> io::Result<usize> {
///         plain.extend(wire.iter().copied().take_while(|byte| *byte != b'!').map(rot13));
///         self.ended = wire.contains(&b'!');
///         Ok(wire.len())
///     }
///     fn has_ended(&self) -> bool {
///         self.ended
///     }
///     fn wants_to_speak(&self) -> bool {
///         false
///     }
///     fn speak(&mut self, _wire: &mut Vec<u8>) {}
///     fn seal(&mut self, plain: &[IoSlice<'_>], wire: &mut Vec<u8>) {
///         wire.extend(plain.iter().flat_map(|part| part.iter().copied().map(rot13)));
///     }
///     fn end(&mut self, wire: &mut Vec<u8>) {
///         wire.push(b'!');
///     }
/// }
///
/// /// Answers each line with the same line.
/// struct Echo;
///
/// impl Protocol for Echo {
///     fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
///         if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
///     }
///
///     fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
///         let line = work.input.unused().split_inclusive(|byte| *byte == b'\n').next();
///         let line = line.unwrap_or_default().to_vec();
///         work.input.consume(line.len());
///         assert_eq!(line, b"hello\n");
///         work.output.write_all(&line)?;
///         Ok(Step::Receive)
///     }
/// }
///
/// let mut rehearsal = Rehearsal::new(Layered::new(Rot13::default(), Echo), Instant::now());
/// rehearsal.send(b"uryyb\nury");
/// assert_eq!(rehearsal.receive(), b"uryyb\n");
/// rehearsal.send(b"yb\n!");
/// assert_eq!(rehearsal.receive(), b"uryyb\n!");
/// ```
#[derive(Debug)]
pub struct Layered<L, P> {
    layer: L,
    inner: P,
    /// What the layer has opened and the protocol has not used.
    plain: Buffer,
    /// What [`Protocol::run`] is for.
    task: Task,
    /// There is something that the protocol has not seen.
    fresh: bool,
    /// The client has ended its side.
    ended: bool,
    /// The protocol has failed amid an answer.
    failed: bool,
    trouble: Option<io::Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// Agreeing about the layer.
    Greet,
    /// The protocol's work.
    Inner,
    /// Sending what the layer has to say.
    Speak(Step),
}

/// As many opened bytes are kept as an engine keeps by default.
const PLAIN: usize = 128 * 1024;

impl<L: Layer, P: Protocol> Layered<L, P> {
    /// Puts a protocol into a layer. It may have 128 KiB of unused bytes, as on a default engine.
    pub fn new(layer: L, inner: P) -> Self {
        Self::with_input_buffer(layer, inner, PLAIN)
    }

    /// The same for a protocol that is to have more unused bytes, or fewer.
    pub fn with_input_buffer(layer: L, inner: P, input_buffer: usize) -> Self {
        Self {
            layer,
            inner,
            plain: Buffer::on_demand(input_buffer.max(1)),
            task: Task::Greet,
            fresh: false,
            ended: false,
            failed: false,
            trouble: None,
        }
    }

    /// The protocol inside.
    pub fn inner(&self) -> &P {
        &self.inner
    }

    /// What the layer has failed with since the last call: that what the client sends makes no sense is no failure of a
    /// handler, so nobody else is told.
    pub fn take_trouble(&mut self) -> Option<io::Error> {
        self.trouble.take()
    }

    fn will(&mut self, task: Task) -> Step {
        self.task = task;
        Step::Run
    }

    fn give_up(&mut self, trouble: io::Error) -> Step {
        self.trouble = Some(trouble);
        self.failed = true;
        self.will(Task::Speak(Step::Linger))
    }

    /// Shows the protocol what has come.
    fn receive_inner(&mut self, wire: &mut Input<'_>, now: Instant) -> Step {
        loop {
            match layer::open(&mut self.layer, wire, &mut self.plain) {
                Ok(opened) => self.fresh |= opened > 0,
                Err(trouble) => return self.give_up(trouble),
            }
            let ended = self.layer.has_ended() || wire.has_ended();
            self.fresh |= ended && !self.ended;
            self.ended |= ended;
            if !std::mem::take(&mut self.fresh) {
                break;
            }
            let mut input = Input { buffer: &mut self.plain, ended: self.ended };
            match self.inner.receive(&mut input, now) {
                Step::Receive if self.ended || self.plain.is_full() => return Step::Close,
                Step::Receive => {}
                Step::Run => return self.will(Task::Inner),
                step => return step,
            }
        }
        if wire.is_full() {
            return self.give_up(layer::no_room());
        }
        self.plain.release();
        if self.layer.wants_to_speak() {
            return self.will(Task::Speak(Step::Receive));
        }
        Step::Receive
    }

    /// Listens to the client until both agree, or more has to come.
    fn greet(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        let mut step = Step::Receive;
        while !self.layer.is_open() && !self.layer.has_ended() {
            let Self { layer, plain, .. } = self;
            match plain.append(|plain| layer.open(work.input.unused(), plain)) {
                Ok(0) => break,
                Ok(count) => work.input.consume(count),
                Err(trouble) => {
                    self.give_up(trouble);
                    step = Step::Linger;
                    break;
                }
            }
        }
        self.fresh = !self.plain.is_empty() || self.layer.has_ended();
        work.output.speak(&mut self.layer)?;
        Ok(step)
    }

    fn run_inner(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        let input = Input { buffer: &mut self.plain, ended: self.ended };
        let mut inner = work.layered(&mut self.layer, input, self.inner.patience());
        let result = self.inner.run(&mut inner);
        self.ended = inner.input.ended;
        let (wire_ended, receiving) =
            (inner.beneath.is_some_and(|wire| wire.ended), inner.receiving);
        work.input.ended |= wire_ended;
        work.receiving = receiving;
        self.fresh = !self.plain.is_empty() || self.ended;
        self.failed |= result.is_err();
        self.plain.release();
        result
    }
}

impl<L: Layer, P: Protocol> Protocol for Layered<L, P> {
    fn receive(&mut self, input: &mut Input<'_>, now: Instant) -> Step {
        if self.layer.is_open() || self.layer.has_ended() {
            self.receive_inner(input, now)
        } else if self.layer.is_ready(input.unused()) {
            self.will(Task::Greet)
        } else if input.has_ended() {
            Step::Close
        } else if input.is_full() {
            self.give_up(layer::no_room())
        } else {
            Step::Receive
        }
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        match self.task {
            Task::Greet => self.greet(work),
            Task::Inner => self.run_inner(work),
            Task::Speak(step) => {
                work.output.speak(&mut self.layer)?;
                Ok(step)
            }
        }
    }

    fn deadline(&mut self, now: Instant) -> Option<Instant> {
        self.inner.deadline(now)
    }

    fn patience(&self) -> Patience {
        self.inner.patience()
    }

    fn expired(&mut self, now: Instant) -> Step {
        match self.inner.expired(now) {
            Step::Run if self.layer.is_open() => self.will(Task::Inner),
            // There is no way to say it.
            Step::Run => Step::Close,
            step => step,
        }
    }

    fn refuse(&mut self, _input: &Input<'_>, answer: &mut Vec<u8>) {
        if self.task == Task::Inner {
            let mut plain = Vec::new();
            let input = Input { buffer: &mut self.plain, ended: self.ended };
            self.inner.refuse(&input, &mut plain);
            self.layer.seal(&[io::IoSlice::new(&plain)], answer);
        }
    }

    fn is_idle(&self) -> bool {
        self.plain.is_empty() && self.inner.is_idle()
    }

    fn has_unseen(&self) -> bool {
        self.fresh
    }

    fn was_asked(&self) -> bool {
        self.task == Task::Inner && self.inner.was_asked()
    }

    fn closing(&mut self, last: &mut Vec<u8>) {
        if self.layer.is_open() && self.is_whole() {
            self.layer.end(last);
        }
        self.layer.speak(last);
    }

    /// A client that is told nothing of the end knows that something is missing.
    fn is_whole(&self) -> bool {
        !self.failed && self.inner.is_whole()
    }
}
