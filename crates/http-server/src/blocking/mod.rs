//! The blocking driver: one connection, from its first byte to its end, in one thread.
//!
//! This is CPython's `handle`, `handle_one_request` and `parse_request` in the same order. What the bytes mean is decided
//! in [`proto`](crate::proto), how long a wait may be in `patience`; here is only what happens one after the other.

mod socket_wire;

use crate::conversation::{Refusal, Side, Words, body_state};
use crate::exchange::{BodyState, Draft, Input, Interim, Link, Request, SharedLink, Wire};
use crate::proto::{BodyDecoder, Framing, HeadParser, RequestError};
use crate::{
    BaseHttpRequestHandler, ClientAddress, Connection, Exchange, HandlerError, HandlerOptions,
    RequestBody, ResponseBody, ServerInfo,
};
use socket_wire::SocketWire;
use socketserver::Attendance;
use std::io;

/// Serves one connection to its end.
///
/// Requests are answered one at a time and in order, as long as both sides keep the connection. Then it is closed so that
/// the client gets the whole last response: the sending side first, and what still comes is read and dropped for a while.
///
/// # Errors
///
/// What a handler returned or panicked with, for the server's `handle_error`; the client has been answered by then, and
/// the connection is at its end. What the client does wrong is its own affair and no error here.
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, ClientAddress, Exchange, Pair, ServerInfo, handle};
/// use std::io::{self, Write};
///
/// struct Hello;
/// impl BaseHttpRequestHandler for Hello {
///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         x.send_response(200)?;
///         x.end_headers()?;
///         x.wfile.write_all(b"Hello world!\n")
///     }
/// }
///
/// let mut connection = Pair { reader: &b"GET / HTTP/1.0\r\n\r\n"[..], writer: Vec::new() };
/// handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &Hello)?;
/// assert!(connection.writer.ends_with(b"\r\n\r\nHello world!\n"));
/// # Ok::<(), http_server::HandlerError>(())
/// ```
pub fn handle(
    connection: &mut dyn Connection,
    client_address: &ClientAddress,
    server: &ServerInfo,
    handler: &dyn BaseHttpRequestHandler,
) -> Result<(), HandlerError> {
    attend(connection, client_address, server, handler, None)
}

/// Serves one connection of a server: to its end, or until between two requests others need the server.
pub(crate) fn attend(
    connection: &mut dyn Connection,
    client_address: &ClientAddress,
    server: &ServerInfo,
    handler: &dyn BaseHttpRequestHandler,
    attendance: Option<&Attendance<'_>>,
) -> Result<(), HandlerError> {
    let side = Side::new(handler, client_address, server);
    let options = side.options;
    let mut conversation = Conversation {
        side,
        options,
        wire: SocketWire::new(connection, &options.deadlines, attendance),
        parser: HeadParser::new(options.limits),
        input: Input::default(),
        head: Vec::new(),
        draft: Draft::default(),
        body_open: false,
    };
    let mut first = true;
    let result = loop {
        match conversation.handle_one_request(first) {
            Ok(Next::Request) => first = false,
            Ok(Next::Close) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    conversation.close();
    result
}

/// One connection and what outlives its requests.
struct Conversation<'c> {
    side: Side<'c>,
    options: &'c HandlerOptions,
    wire: SocketWire<'c>,
    parser: HeadParser,
    /// What came and is not used yet: the next requests of a pipeline, too.
    input: Input,
    /// The head of the request that is being answered.
    head: Vec<u8>,
    draft: Draft,
    /// Whether the client may still be sending the body of the last request.
    body_open: bool,
}

/// What comes after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Request,
    Close,
}

/// What came instead of, or as, the head of a request.
enum Received {
    /// A valid head of this many bytes.
    Head(usize),
    /// The client closed, or kept silent for too long, before a request had begun.
    Nothing,
    Refused(RequestError),
    /// A head had begun and did not end in time.
    TooLate,
}

impl Conversation<'_> {
    fn handle_one_request(&mut self, first: bool) -> Result<Next, HandlerError> {
        match self.read_head(first) {
            Received::Nothing => {
                // There may be empty lines, for which nobody expects an answer.
                self.input.clear();
                Ok(Next::Close)
            }
            Received::Head(length) => {
                self.head.clear();
                self.head.extend_from_slice(self.input.unused().get(..length).unwrap_or_default());
                self.input.consume(length);
                self.answer()
            }
            Received::Refused(error) => self
                .refuse(error.status(), Some((&error.message(), &error.explain())))
                .map(|()| Next::Close),
            Received::TooLate => self.refuse(408, None).map(|()| Next::Close),
        }
    }

    /// Waits for a whole head. The limits hold while it arrives, and so does its deadline, whatever drips in.
    fn read_head(&mut self, first: bool) -> Received {
        let deadlines = &self.options.deadlines;
        let mut begun = false;
        self.wire.await_request(first);
        loop {
            if !self.input.is_empty() {
                match self.parser.parse(self.input.unused()) {
                    Ok(Some(length)) => return Received::Head(length),
                    Ok(None) if begun => {}
                    Ok(None) => {
                        begun = true;
                        self.wire.receive_within(deadlines.head);
                    }
                    Err(error) => return Received::Refused(error),
                }
            }
            match self.input.fill(self.options.rbufsize, |buf| self.wire.receive(buf)) {
                Ok(0) => {
                    let unfinished = self.parser.end_of_input(self.input.unused());
                    return unfinished.map_or(Received::Nothing, Received::Refused);
                }
                Ok(_) if self.wire.is_plain_instead_of_tls() => {
                    // So that the log has the request line, if there is one.
                    let _ = self.parser.parse(self.input.unused());
                    return Received::Refused(RequestError::PlainHttp);
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    self.side.log_trouble(&error);
                    return Received::Nothing;
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    // Empty lines are no request yet.
                    let unfinished = self.parser.end_of_input(self.input.unused());
                    return unfinished.map_or(Received::Nothing, |_| Received::TooLate);
                }
                // The client is gone, and nobody waits for an answer.
                Err(_) => return Received::Nothing,
            }
        }
    }

    /// Has the handler answer the request in `head`.
    fn answer(&mut self) -> Result<Next, HandlerError> {
        let head = self.parser.head(&self.head);
        let framing = head.framing();
        // Whoever waits: what has been received already is answered first.
        let pipelined = match framing {
            Framing::None => !self.input.is_empty(),
            Framing::Length(length) => self.input.unused().len() as u64 > length,
            Framing::Chunked => false,
        };
        self.wire.start_exchange(!pipelined);
        let body = body_state(framing);
        let expects_continue = self.side.expects_continue(head);
        // RFC 9110 §10.1.1: no 100 to a client that has not waited for it.
        let waits = expects_continue && body == BodyState::Open && self.input.is_empty();
        let link = SharedLink::new(
            &mut self.wire,
            if waits { Interim::Asked } else { Interim::Settled },
            body,
        );
        let rfile = match body {
            BodyState::Open => {
                let decoder = BodyDecoder::new(framing, self.parser.limits());
                RequestBody::new(decoder, &link, &mut self.input, self.options.rbufsize)
            }
            _ => RequestBody::default(),
        };
        let wfile = ResponseBody::new(Link::Shared(&link), &mut self.draft, self.options.wbufsize);
        let mut x = Exchange::new(self.side.parts(Request::Head(head), rfile, wfile));
        let result = self.side.answer(&mut x, expects_continue);
        let next = if x.can_be_followed() { Next::Request } else { Next::Close };
        let whole = x.wfile.is_whole();
        drop(x);
        self.body_open = link.lock().body == BodyState::Open;
        if !whole {
            self.wire.cut();
        }
        result.map(|()| next)
    }

    /// Sends an error page for a request that no handler sees.
    fn refuse(&mut self, code: u16, words: Words<'_>) -> Result<(), HandlerError> {
        self.wire.start_exchange(true);
        let requestline = self.parser.requestline(self.input.unused());
        let command = self.parser.command(self.input.unused()).unwrap_or_default();
        let request = Request::Refused { requestline: &requestline, command };
        let refusal = Refusal { code, words, retry: false, log: None };
        self.side.refuse(&mut self.wire, request, &mut self.draft, &refusal)
    }

    /// Closes politely (RFC 9112 §9.6): ends the sending side, and if the client may still be sending, reads and drops that
    /// for a while, because closing a socket with unread input resets it and destroys the response on its way.
    fn close(&mut self) {
        let polite = self.wire.end_sending();
        if polite && (self.body_open || !self.input.is_empty() || self.wire.has_unread()) {
            self.wire.linger();
        }
    }
}
