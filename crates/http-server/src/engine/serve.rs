//! HTTP/1.x as a protocol of the engine: while a handler runs.

use super::desk::Desk;
use super::protocol::{Arrival, Left, Parked, PlainProtocol, State};
use super::upload::Body;
use super::wires::{BytesWire, ReceivedWire, StreamingWire};
use super::{Refused, Why};
use crate::conversation::{Refusal, Side};
use crate::exchange::{
    BodyState, Draft, Exchange, Interim, Link, ReceivedBody, Request, SharedLink, Wire,
};
use crate::proto::{BodyDecoder, HeadParser};
use crate::{RequestBody, ResponseBody};
use socketserver::HandlerError;
use socketserver::engine::{Step, Work};

/// What comes after an exchange.
enum Next {
    Request,
    /// The connection closes. The client may still be sending.
    Close {
        sending: bool,
        /// The response is not cut short.
        whole: bool,
    },
    /// Another request, behind what is left of this one's body.
    Drain(Box<BodyDecoder>),
    /// The rest of the response.
    Park(Box<Left>),
}

/// A request whose body is here, or that has none.
struct Received<'r> {
    parser: &'r HeadParser,
    head: &'r [u8],
    body: Option<&'r mut dyn ReceivedBody>,
    /// What has become of the response already.
    left: Option<Box<Left>>,
}

impl PlainProtocol {
    pub(super) fn side(&self) -> Side<'_> {
        Side::new(&*self.handler, &self.client_address, &self.server)
    }

    pub(super) fn serve(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Request { desk, length, body: Arrival::Whole(size) } => {
                self.serve_whole(desk, length, size, work)
            }
            State::Request { desk, length, body: Arrival::Streaming } => {
                self.serve_streaming(desk, length, work)
            }
            State::Upload { desk, mut upload, until, done: false } => {
                match upload.spool(&self.options().bodies) {
                    Ok(()) => {
                        self.state = State::Upload { desk, upload, until, done: false };
                        Ok(Step::Receive)
                    }
                    Err(error) => {
                        self.serve_refusal(Refused { desk, why: Why::NoRoom(error) }, work)
                    }
                }
            }
            State::Upload { desk, upload, done: true, .. } => {
                match upload.into_body(&self.options().bodies) {
                    Ok(body) => self.serve_stored(desk, Some(body), None, work),
                    Err(error) => {
                        self.serve_refusal(Refused { desk, why: Why::NoRoom(error) }, work)
                    }
                }
            }
            State::Parked(parked) => {
                let Parked { desk, body, left } = *parked;
                self.serve_stored(desk, body, Some(left), work)
            }
            State::Refused(refused) => self.serve_refusal(*refused, work),
            State::Idle { .. } | State::Head { .. } | State::Draining { .. } | State::Over => {
                Ok(Step::Linger)
            }
        }
    }

    /// A request that lies in the engine's buffer.
    fn serve_whole(
        &mut self,
        mut desk: Box<Desk>,
        length: usize,
        size: usize,
        work: &mut Work<'_>,
    ) -> Result<Step, HandlerError> {
        let unused = work.input.unused();
        let (head, behind) = unused.split_at_checked(length).unwrap_or((unused, &[]));
        let (mut body, more) = behind.split_at_checked(size).unwrap_or((behind, &[]));
        let mut wire = ReceivedWire::new(&mut work.output, !more.is_empty());
        let Desk { parser, draft, .. } = &mut *desk;
        let received = Received {
            parser,
            head,
            body: if size > 0 { Some(&mut body) } else { None },
            left: None,
        };
        let (result, next) = self.exchange(&mut wire, draft, received);
        if let Next::Park(left) = next {
            desk.head.clear();
            desk.head.extend_from_slice(head);
            let body = (!body.is_empty()).then(|| Body::of(body.to_vec()));
            work.input.consume(length + size);
            return result.map(|()| self.park(desk, body, left));
        }
        work.input.consume(length + size);
        self.end(desk, result, next)
    }

    /// A request that has its memory to itself.
    fn serve_stored(
        &mut self,
        mut desk: Box<Desk>,
        mut body: Option<Body>,
        left: Option<Box<Left>>,
        work: &mut Work<'_>,
    ) -> Result<Step, HandlerError> {
        let gather = !work.input.unused().is_empty();
        let mut wire = ReceivedWire::new(&mut work.output, gather);
        let Desk { parser, draft, head, .. } = &mut *desk;
        let reader: Option<&mut dyn ReceivedBody> = match &mut body {
            Some(body) => Some(&mut *body.reader),
            None => None,
        };
        let received = Received { parser, head, body: reader, left };
        let (result, next) = self.exchange(&mut wire, draft, received);
        if let Next::Park(left) = next {
            return result.map(|()| self.park(desk, body, left));
        }
        self.end(desk, result, next)
    }

    /// A request whose body is read while it comes, or not at all.
    fn serve_streaming(
        &mut self,
        mut desk: Box<Desk>,
        length: usize,
        work: &mut Work<'_>,
    ) -> Result<Step, HandlerError> {
        let Desk { parser, draft, head, input } = &mut *desk;
        head.clear();
        head.extend_from_slice(work.input.unused().get(..length).unwrap_or_default());
        work.input.consume(length);
        input.clear();
        let (result, next) = {
            let side = self.side();
            let options = side.options;
            let request = parser.head(head);
            let expects_continue = side.expects_continue(request);
            // RFC 9110 §10.1.1: no 100 to a client that has not waited for it.
            let waits = expects_continue && work.input.unused().is_empty();
            let interim = if waits { Interim::Asked } else { Interim::Settled };
            let mut wire = StreamingWire::new(work);
            let link = SharedLink::new(&mut wire, interim, BodyState::Open);
            let decoder = BodyDecoder::new(request.framing(), parser.limits());
            let rfile = RequestBody::new(decoder, &link, input, options.rbufsize);
            let wfile = ResponseBody::new(Link::Shared(&link), draft, options.wbufsize);
            let mut x = Exchange::new(side.parts(Request::Head(request), rfile, wfile));
            let result = side.answer(&mut x, expects_continue);
            let followed = x.may_be_followed();
            let whole = x.wfile.is_whole();
            let decoder = x.rfile.into_decoder();
            let state = link.lock().body;
            let next = match (followed, state, decoder) {
                (true, BodyState::Complete, _) => Next::Request,
                (true, BodyState::Open, Some(decoder)) => Next::Drain(Box::new(decoder)),
                _ => Next::Close { sending: state != BodyState::Complete, whole },
            };
            (result, next)
        };
        work.input.put_back(input.unused());
        input.clear();
        self.end(desk, result, next)
    }

    /// Has the handler answer, or go on to.
    fn exchange(
        &self,
        wire: &mut dyn Wire,
        draft: &mut Draft,
        received: Received<'_>,
    ) -> (Result<(), HandlerError>, Next) {
        let side = self.side();
        let wbufsize = side.options.wbufsize;
        let Received { parser, head, body, left } = received;
        let head = parser.head(head);
        let link = Link::Own(wire);
        let rfile = match body {
            Some(body) => RequestBody::received(body),
            None => RequestBody::default(),
        };
        let request = Request::Head(head);
        let (mut x, result);
        match left {
            None => {
                let wfile = ResponseBody::new(link, draft, wbufsize);
                x = Exchange::new(side.parts(request, rfile, wfile));
                result = side.answer(&mut x, side.expects_continue(head));
            }
            Some(left) => {
                let (suspended, begun) = *left;
                let wfile = ResponseBody::resume(link, draft, wbufsize, begun);
                x = Exchange::resume(side.parts(request, rfile, wfile), suspended);
                result = side.go_on(&mut x);
            }
        }
        let next = match x.may_be_followed() {
            true => Next::Request,
            false => Next::Close { sending: false, whole: x.wfile.is_whole() },
        };
        (
            result,
            if x.is_left() {
                x.suspend().map_or(next, |left| Next::Park(Box::new(left)))
            } else {
                next
            },
        )
    }

    /// Ends a response that has waited for its client in vain.
    pub(super) fn give_up(&self, parked: Parked) {
        let Parked { mut desk, left, .. } = parked;
        let Desk { parser, draft, head, .. } = &mut *desk;
        let (suspended, begun) = *left;
        let (side, mut nowhere) = (self.side(), Vec::new());
        let mut wire = BytesWire(&mut nowhere);
        let wfile = ResponseBody::resume(Link::Own(&mut wire), draft, side.options.wbufsize, begun);
        let request = Request::Head(parser.head(head));
        let parts = side.parts(request, RequestBody::default(), wfile);
        side.give_up(&mut Exchange::resume(parts, suspended));
    }

    fn park(&mut self, desk: Box<Desk>, body: Option<Body>, left: Box<Left>) -> Step {
        self.state = State::Parked(Box::new(Parked { desk, body, left }));
        Step::Run
    }

    fn end(
        &mut self,
        desk: Box<Desk>,
        result: Result<(), HandlerError>,
        next: Next,
    ) -> Result<Step, HandlerError> {
        desk.give_back();
        self.whole = !matches!(next, Next::Close { whole: false, .. });
        result?;
        Ok(match next {
            Next::Request => {
                self.state = State::Idle { until: None };
                Step::Receive
            }
            Next::Drain(decoder) => self.start_draining(decoder),
            Next::Close { sending: true, .. } => Step::Linger,
            Next::Close { sending: false, .. } | Next::Park(_) => Step::Close,
        })
    }

    /// Tells the client what is wrong with its request.
    fn serve_refusal(
        &mut self,
        refused: Refused,
        work: &mut Work<'_>,
    ) -> Result<Step, HandlerError> {
        let Refused { mut desk, why } = refused;
        let mut wire = ReceivedWire::new(&mut work.output, false);
        let result = self.tell(&mut wire, &mut desk, work.input.unused(), &why);
        desk.give_back();
        result.map(|()| Step::Linger)
    }

    fn tell(
        &self,
        wire: &mut dyn Wire,
        desk: &mut Desk,
        received: &[u8],
        why: &Why,
    ) -> Result<(), HandlerError> {
        let (message, explain) = why.words();
        let words = (!message.is_empty()).then_some((&*message, &*explain));
        let refusal =
            Refusal { code: why.status(), words, retry: why.is_for_now(), log: why.log() };
        let Desk { parser, head, draft, .. } = desk;
        if why.has_head() {
            let request = Request::Head(parser.head(head));
            return self.side().refuse(wire, request, draft, &refusal);
        }
        let requestline = parser.requestline(received);
        let command = parser.command(received).unwrap_or_default();
        let request = Request::Refused { requestline: &requestline, command };
        self.side().refuse(wire, request, draft, &refusal)
    }

    /// Makes the answer to a request for which there is no thread.
    pub(super) fn refuse_for_now(&mut self, received: &[u8], answer: &mut Vec<u8>) {
        let mut wire = BytesWire(answer);
        let (mut desk, why) = match std::mem::replace(&mut self.state, State::Over) {
            State::Request { mut desk, length, .. } => {
                desk.head.clear();
                desk.head.extend_from_slice(received.get(..length).unwrap_or_default());
                (desk, Why::Overload)
            }
            State::Upload { desk, .. } => (desk, Why::Overload),
            State::Refused(refused) => (refused.desk, refused.why),
            // A response has begun: all that is left is to cut it.
            _ => return,
        };
        // Whoever logs has failed to; the client gets what has been made.
        let _ = self.tell(&mut wire, &mut desk, received, &why);
        desk.give_back();
    }
}
