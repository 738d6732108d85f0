//! HTTP/1.x as a protocol of the engine: what happens before and after a handler runs.
//!
//! Nothing here waits, and nothing reads a clock.

use super::desk::Desk;
use super::upload::{Body, Kept, Needs, Upload};
use super::{Refused, Why};
use crate::deadlines::DRAIN_BYTES;
use crate::exchange::{BegunResponse, Suspended};
use crate::proto::{BodyDecoder, Framing, RequestError};
use crate::{BaseHttpRequestHandler, ClientAddress, HandlerOptions, ServerInfo};
use socketserver::HandlerError;
use socketserver::engine::{Input, Patience, Protocol, Step, Work};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One HTTP connection on the engine, whatever its bytes go through.
pub(crate) struct PlainProtocol {
    pub(super) handler: Box<dyn BaseHttpRequestHandler + Send>,
    pub(super) client_address: ClientAddress,
    pub(super) server: Arc<ServerInfo>,
    kept: Arc<Kept>,
    pub(super) state: State,
    /// The client has got, or will get, all of its responses.
    pub(super) whole: bool,
}

/// Where a connection is between two calls.
pub(super) enum State {
    /// Between two requests, or before the first one. The deadline of a wait that has not begun is not known yet.
    Idle { until: Option<Instant> },
    /// A head has begun, or an empty line before one.
    Head { desk: Box<Desk>, until: Option<Instant>, blank: bool },
    /// A request is in the engine's buffer.
    Request { desk: Box<Desk>, length: usize, body: Arrival },
    /// A body is on its way. The head has been copied into the desk. What comes moves the deadline back.
    Upload { desk: Box<Desk>, upload: Box<Upload>, until: Option<Instant>, done: bool },
    /// There is something wrong with the request.
    Refused(Box<Refused>),
    /// The end of a body that the handler has not read; as with `Idle`, the deadline may not be known yet.
    Draining { decoder: Box<BodyDecoder>, left: u64, until: Option<Instant> },
    /// A response waits for its client. The head is in the desk.
    Parked(Box<Parked>),
    /// At its end, or in the hands of a handler.
    Over,
}

/// How the body of a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It is in the buffer: so many bytes behind the head.
    Whole(usize),
    /// While the handler runs.
    Streaming,
}

pub(super) struct Parked {
    pub(super) desk: Box<Desk>,
    pub(super) body: Option<Body>,
    pub(super) left: Box<Left>,
}

/// An exchange that is left for a while.
pub(super) type Left = (Suspended, BegunResponse);

impl PlainProtocol {
    pub(crate) fn new(
        handler: Box<dyn BaseHttpRequestHandler + Send>,
        client_address: ClientAddress,
        server: Arc<ServerInfo>,
        kept: Arc<Kept>,
        now: Instant,
    ) -> Self {
        let until = after(now, handler.options().deadlines.first_byte);
        Self { handler, client_address, server, kept, state: State::Idle { until }, whole: true }
    }

    pub(super) fn options(&self) -> &HandlerOptions {
        self.handler.options()
    }

    fn refuse_with(&mut self, desk: Box<Desk>, why: Why) -> Step {
        self.state = State::Refused(Box::new(Refused { desk, why }));
        Step::Run
    }

    /// Answers whatever comes with an error page.
    #[cfg(feature = "tls")]
    pub(super) fn refuse_all(&mut self, why: RequestError, input: &Input<'_>) -> Step {
        let mut desk = Desk::take(self.options().limits);
        // So that the log has the request line, if there is one.
        let _ = desk.parser.parse(input.unused());
        self.refuse_with(desk, Why::Malformed(why))
    }

    /// How many bytes a head may have, with the empty lines before it and the one behind it.
    #[cfg(feature = "tls")]
    pub(super) fn largest_head(&self) -> usize {
        let limits = &self.options().limits;
        limits.request_line + limits.head + 2 * limits.empty_lines + 2
    }

    /// Logs why there is no TLS.
    #[cfg(feature = "tls")]
    pub(super) fn log(&self, error: &std::io::Error) {
        self.side().log_trouble(error);
    }

    fn read_head(
        &mut self,
        mut desk: Box<Desk>,
        until: Option<Instant>,
        input: &mut Input<'_>,
        now: Instant,
    ) -> Step {
        match desk.parser.parse(input.unused()) {
            Ok(Some(length)) => self.take_request(desk, length, input, now),
            Err(error) => self.refuse_with(desk, Why::Malformed(error)),
            Ok(None) if input.has_ended() => {
                if let Some(error) = desk.parser.end_of_input(input.unused()) {
                    return self.refuse_with(desk, Why::Malformed(error));
                }
                // There may be empty lines, for which nobody expects an answer.
                input.consume(input.unused().len());
                Step::Close
            }
            Ok(None) if input.is_full() => {
                let limit = input.unused().len();
                self.refuse_with(desk, Why::Malformed(RequestError::HeadTooLarge { limit }))
            }
            Ok(None) => {
                let until = until.or_else(|| after(now, self.options().deadlines.head));
                let blank = input.unused().iter().all(|byte| matches!(byte, b'\r' | b'\n'));
                self.state = State::Head { desk, until, blank };
                Step::Receive
            }
        }
    }

    /// Decides how the body of a request comes.
    fn take_request(
        &mut self,
        mut desk: Box<Desk>,
        length: usize,
        input: &mut Input<'_>,
        now: Instant,
    ) -> Step {
        let head = desk.parser.head(input.unused());
        let framing = head.framing();
        let behind = input.unused().get(length..).unwrap_or_default();
        let announced = match framing {
            Framing::None => Some(0),
            Framing::Length(announced) => usize::try_from(announced).ok(),
            Framing::Chunked => None,
        };
        let body = match announced.filter(|announced| *announced <= behind.len()) {
            Some(size) => Arrival::Whole(size),
            // So that the handler can refuse what the client has not sent yet (RFC 9110 §10.1.1).
            None if behind.is_empty() && self.side().expects_continue(head) => Arrival::Streaming,
            None if self.options().bodies.streaming => Arrival::Streaming,
            None => {
                desk.head.clear();
                desk.head.extend_from_slice(input.unused().get(..length).unwrap_or_default());
                let decoder = BodyDecoder::new(framing, desk.parser.limits());
                input.consume(length);
                let upload = Upload::new(decoder, &self.options().bodies, &self.kept);
                let until = after(now, self.options().deadlines.body.map(|rate| rate.grace));
                return self.receive_body(desk, Box::new(upload), until, input, now);
            }
        };
        self.state = State::Request { desk, length, body };
        Step::Run
    }

    fn receive_body(
        &mut self,
        desk: Box<Desk>,
        mut upload: Box<Upload>,
        until: Option<Instant>,
        input: &mut Input<'_>,
        now: Instant,
    ) -> Step {
        let before = upload.received();
        let (done, step) = match upload.take(input) {
            Err(error) => return self.refuse_with(desk, Why::MalformedBody(error)),
            Ok(Needs::Bytes) if input.has_ended() => {
                return self.refuse_with(desk, Why::BodyCutShort);
            }
            Ok(Needs::Bytes) => (false, Step::Receive),
            Ok(Needs::Spooling) => (false, Step::Run),
            Ok(Needs::Nothing) => (true, Step::Run),
        };
        let more = upload.received() - before;
        let rate = self.options().deadlines.body;
        let until = rate.zip(until).and_then(|(rate, until)| rate.later(until, more, now));
        self.state = State::Upload { desk, upload, until, done };
        step
    }

    /// Drops what the handler has left of the request body.
    fn drain(
        &mut self,
        mut decoder: Box<BodyDecoder>,
        mut left: u64,
        until: Option<Instant>,
        input: &mut Input<'_>,
        now: Instant,
    ) -> Step {
        loop {
            let Ok(step) = decoder.decode(input.unused(), &mut []) else { return Step::Linger };
            input.consume(step.consumed);
            if decoder.is_done() {
                self.state = State::Idle { until: None };
                return self.receive(input, now);
            }
            let data = usize::try_from(decoder.direct()).unwrap_or(usize::MAX);
            let count = data.min(input.unused().len());
            if count as u64 > left {
                return Step::Linger;
            }
            if count == 0 && (step.consumed == 0 || input.unused().is_empty()) {
                let ended = input.has_ended();
                self.state = State::Draining { decoder, left, until };
                return if ended { Step::Close } else { Step::Receive };
            }
            decoder.advance(count as u64);
            input.consume(count);
            left -= count as u64;
        }
    }

    /// What comes after a response behind which the client may still be sending the body.
    pub(super) fn start_draining(&mut self, decoder: Box<BodyDecoder>) -> Step {
        self.state = State::Draining { decoder, left: DRAIN_BYTES, until: None };
        Step::Receive
    }
}

fn after(now: Instant, limit: Option<Duration>) -> Option<Instant> {
    limit.and_then(|limit| now.checked_add(limit))
}

impl Protocol for PlainProtocol {
    fn receive(&mut self, input: &mut Input<'_>, now: Instant) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Idle { until } if input.unused().is_empty() => {
                self.state = State::Idle { until };
                if input.has_ended() { Step::Close } else { Step::Receive }
            }
            State::Idle { .. } => {
                self.read_head(Desk::take(self.options().limits), None, input, now)
            }
            State::Head { desk, until, .. } => self.read_head(desk, until, input, now),
            State::Upload { desk, upload, until, .. } => {
                self.receive_body(desk, upload, until, input, now)
            }
            State::Draining { decoder, left, until } => {
                self.drain(decoder, left, until, input, now)
            }
            // A handler that runs, or waits for its client, is not asked to receive.
            State::Request { .. } | State::Refused(_) | State::Parked(_) | State::Over => {
                Step::Linger
            }
        }
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        self.serve(work)
    }

    fn deadline(&mut self, now: Instant) -> Option<Instant> {
        let deadlines = self.handler.options().deadlines;
        match &mut self.state {
            State::Idle { until } => {
                if until.is_none() {
                    *until = after(now, deadlines.idle);
                }
                *until
            }
            State::Draining { until, .. } => {
                if until.is_none() {
                    *until = after(now, deadlines.drain);
                }
                *until
            }
            State::Head { until, .. } | State::Upload { until, .. } => *until,
            State::Request { .. } | State::Refused(_) | State::Parked(_) | State::Over => None,
        }
    }

    fn patience(&self) -> Patience {
        let deadlines = &self.options().deadlines;
        Patience::default()
            .write_rate(deadlines.response)
            .read_rate(deadlines.body)
            .linger(deadlines.linger.unwrap_or(Duration::MAX))
    }

    fn expired(&mut self, _now: Instant) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Head { desk, blank: false, .. } => self.refuse_with(desk, Why::HeadTooLate),
            State::Upload { desk, .. } => self.refuse_with(desk, Why::BodyTooSlow),
            State::Draining { .. } => Step::Linger,
            _ => Step::Close,
        }
    }

    fn refuse(&mut self, input: &Input<'_>, answer: &mut Vec<u8>) {
        self.refuse_for_now(input.unused(), answer);
    }

    fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle { .. })
    }

    fn is_whole(&self) -> bool {
        self.whole && !matches!(self.state, State::Parked(_))
    }
}

impl Drop for PlainProtocol {
    /// A connection may end while a response waits for its client. The handler hears of it all the same.
    fn drop(&mut self) {
        if let State::Parked(parked) = std::mem::replace(&mut self.state, State::Over) {
            self.give_up(*parked);
        }
    }
}

impl fmt::Debug for PlainProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainProtocol")
            .field("client_address", &self.client_address)
            .finish_non_exhaustive()
    }
}
