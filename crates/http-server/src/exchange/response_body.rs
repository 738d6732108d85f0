//! Writing the response: the buffered head, and the body in its frame.

use super::link::Link;
use crate::date::LastDate;
use crate::proto::{
    LAST_CHUNK, Misuse, Version, body_allowed, is_word, length_allowed, list_contains,
    write_chunk_head, write_field, write_status_line, write_usual_status_line,
};
use crate::status::code_and_phrase;
use std::fmt;
use std::io::{self, IoSlice, Write};
use std::ops::Range;

/// The response body (`wfile`): framed, cut to Content-Length, silent for HEAD, 204 and 304.
///
/// `end_headers` decides the frame from what the handler has sent: the bytes of its Content-Length and no more; chunks if
/// there is none and both sides speak HTTP/1.1; otherwise everything until the connection closes. The head waits for the
/// first bytes of the body, or for [`flush`](Write::flush), and leaves with them in one write; each later write leaves
/// at once unless [`wbufsize`](crate::HandlerOptions#structfield.wbufsize) gathers them.
///
/// # Errors
///
/// Writing before `end_headers` is a [`Misuse`]. A client that takes the response too slowly ends it with
/// [`io::ErrorKind::TimedOut`].
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, Exchange};
/// # use http_server::{ClientAddress, Pair, ServerInfo, handle};
/// use std::io::{self, Write};
///
/// struct Hello;
/// impl BaseHttpRequestHandler for Hello {
///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         x.send_response(200)?;
///         x.send_header("Content-Length", "13")?;
///         x.end_headers()?;
///         writeln!(x.wfile, "Hello world!")
///     }
///     fn do_head(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         self.do_get(x) // of which only the head is sent
///     }
/// }
/// # for (method, end) in [("GET", "\r\n\r\nHello world!\n"), ("HEAD", "\r\nContent-Length: 13\r\n\r\n")] {
/// #     let request = format!("{method} / HTTP/1.0\r\n\r\n");
/// #     let mut connection = Pair { reader: request.as_bytes(), writer: Vec::new() };
/// #     handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &Hello)?;
/// #     assert!(connection.writer.ends_with(end.as_bytes()), "{method}");
/// # }
/// # Ok::<(), http_server::HandlerError>(())
/// ```
pub struct ResponseBody<'a> {
    pub(super) link: Link<'a>,
    /// What is written and not sent.
    out: &'a mut Vec<u8>,
    last_date: &'a LastDate,
    stage: Stage,
    wbufsize: usize,
    /// Whether any byte of a final response has been sent.
    sent: bool,
    /// Whether a 1xx response has been sent.
    sent_interim: bool,
    /// Whether the head says that the connection closes.
    says_close: bool,
    /// How many bytes of body have gone out, without framing.
    bytes: u64,
}

/// What a response is written into. Belongs to the connection or its thread, so that it is used again.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    out: Vec<u8>,
    last_date: LastDate,
}

impl Draft {
    /// Makes room for the next response, and does not hold for ever what a large one needed.
    pub(crate) fn clear(&mut self, large: usize) {
        self.out.clear();
        self.out.shrink_to(large);
    }
}

enum Stage {
    Head(Head),
    Body(Framing),
}

/// What the head says so far.
#[derive(Clone, Default)]
struct Head {
    status: Option<u16>,
    content_length: Option<(u64, Range<usize>)>,
    transfer_encoding: Option<Range<usize>>,
    /// Whether the last of the handler's codings is chunked, so that the body tells where it ends.
    ends_in_chunks: bool,
    connection: bool,
}

/// How the client finds the end of the response (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// No body, whatever the handler writes.
    Nothing,
    /// That many more bytes.
    Length {
        remaining: u64,
        surplus: u64,
    },
    Chunked,
    /// The handler sent a Transfer-Encoding that ends in chunks and writes them itself.
    ByHandler,
    UntilClose,
    /// Nothing more, so that the client sees that the response is not whole.
    Cut,
}

/// What decides the framing besides the head.
pub(crate) struct FramingFacts<'x> {
    /// The version on the status line.
    pub(crate) protocol: Version,
    /// The version of the request.
    pub(crate) request: Version,
    pub(crate) command: &'x str,
    /// Whether the connection closes, as far as is known.
    pub(crate) close: bool,
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Whole: the client knows where it ended.
    Whole,
    /// The handler wrote fewer bytes than its Content-Length.
    Short { missing: u64 },
    /// The handler wrote more bytes than its Content-Length; they were dropped.
    Long { surplus: u64 },
    /// The end is the end of the connection.
    AtClose,
}

/// The largest piece that is copied behind a head or into a chunk to leave in one plain write.
const COPIED: usize = 16 * 1024;

/// A response that is left for a while, without the way to the client.
pub(crate) struct BegunResponse {
    stage: Stage,
    sent: bool,
    sent_interim: bool,
    says_close: bool,
    bytes: u64,
}

impl<'a> ResponseBody<'a> {
    pub(crate) fn new(link: Link<'a>, draft: &'a mut Draft, wbufsize: usize) -> Self {
        draft.out.clear();
        let begun = BegunResponse {
            stage: Stage::Head(Head::default()),
            sent: false,
            sent_interim: false,
            says_close: false,
            bytes: 0,
        };
        Self::resume(link, draft, wbufsize, begun)
    }

    /// Goes on with a response that was left with [`suspend`](Self::suspend).
    pub(crate) fn resume(
        link: Link<'a>,
        draft: &'a mut Draft,
        wbufsize: usize,
        begun: BegunResponse,
    ) -> Self {
        let Draft { out, last_date } = draft;
        last_date.refresh();
        let BegunResponse { stage, sent, sent_interim, says_close, bytes } = begun;
        Self { link, out, last_date, stage, wbufsize, sent, sent_interim, says_close, bytes }
    }

    /// Leaves the response for a while: what outlives this value.
    pub(crate) fn suspend(self) -> BegunResponse {
        let Self { stage, sent, sent_interim, says_close, bytes, .. } = self;
        BegunResponse { stage, sent, sent_interim, says_close, bytes }
    }

    /// The date of the responses before this one.
    pub(crate) fn last_date(&self) -> &'a LastDate {
        self.last_date
    }

    /// Whether `end_headers` has been called for a final response.
    pub(crate) fn head_ended(&self) -> bool {
        matches!(self.stage, Stage::Body(_))
    }

    /// Whether any byte of a final response has been sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent
    }

    /// Whether the head says that the connection closes.
    pub(crate) fn says_close(&self) -> bool {
        self.says_close
    }

    /// Returns how many bytes of body belong to the response so far, without their framing.
    #[must_use]
    pub fn bytes_sent(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn status_line(
        &mut self,
        protocol: Version,
        status: u16,
        reason: Option<&str>,
    ) -> io::Result<()> {
        match &mut self.stage {
            Stage::Head(head) if head.status.is_none() => {
                let is_usual = |usual: &&str| reason.is_none() || usual.get(4..) == reason;
                match code_and_phrase(status).filter(is_usual) {
                    Some(usual) => write_usual_status_line(protocol, usual, self.out),
                    None => write_status_line(protocol, status, reason.unwrap_or(""), self.out)?,
                }
                head.status = Some(status);
                Ok(())
            }
            _ => Err(Misuse::SecondStatusLine { status }.into()),
        }
    }

    /// Whether the buffered part of the head has a field of that name.
    pub(crate) fn has_field(&self, name: &str) -> bool {
        let is_it = |line: &[u8]| {
            let found = line.split_at_checked(name.len());
            found.is_some_and(|(start, rest)| {
                start.eq_ignore_ascii_case(name.as_bytes()) && rest.starts_with(b":")
            })
        };
        matches!(self.stage, Stage::Head(_)) && self.out.split(|&byte| byte == b'\n').any(is_it)
    }

    /// Buffers a field. Returns whether the connection closes, if that is what the field is about.
    pub(crate) fn field(&mut self, name: &str, value: &str) -> io::Result<Option<bool>> {
        let head = match &mut self.stage {
            Stage::Head(head) if head.status.is_some() => head,
            stage => return Err(misplaced(stage, name)),
        };
        let start = self.out.len();
        write_field(name, value, self.out)?;
        let line = start..self.out.len();
        match name.len() {
            14 if is_word(name.as_bytes(), b"content-length") => {
                let length = parse_length(value).filter(|_| head.content_length.is_none());
                let Some(length) = length else {
                    self.out.truncate(start);
                    return Err(Misuse::ContentLength { value: value.to_owned() }.into());
                };
                head.content_length = Some((length, line));
            }
            17 if is_word(name.as_bytes(), b"transfer-encoding") => {
                head.transfer_encoding.get_or_insert(line);
                let last = value.rsplit_once(',').map_or(value, |(_, last)| last);
                head.ends_in_chunks = last.trim_ascii().eq_ignore_ascii_case("chunked");
            }
            10 if is_word(name.as_bytes(), b"connection") => {
                head.connection = true;
                // CPython compares the whole value; it is a list (RFC 9110 §7.6.1), and `close` wins.
                let closes = list_contains(value, "close");
                self.says_close |= closes;
                return Ok((closes || list_contains(value, "keep-alive")).then_some(closes));
            }
            _ => {}
        }
        Ok(None)
    }

    /// Fixes the framing and ends the head. Returns whether the connection has to close after the response.
    ///
    /// A 1xx response is sent at once and decides nothing: the exchange waits for the next status line
    /// (RFC 9110 §15.2). A server of HTTP/1.1 keeps it from an HTTP/1.0 client, which would take it for the final one.
    /// 101 is final here: what the handler writes then is no longer HTTP.
    pub(crate) fn end_head(&mut self, facts: &FramingFacts<'_>) -> io::Result<Option<bool>> {
        let Stage::Head(head) = &mut self.stage else {
            return Err(Misuse::SecondEndOfHeaders.into());
        };
        let Some(status) = head.status else { return Err(Misuse::NoStatusLine.into()) };
        if head.content_length.is_some() && head.transfer_encoding.is_some() {
            return Err(Misuse::LengthAndTransferEncoding.into());
        }
        // RFC 9110 §15.3.6: a 205 has no content. A client would take the next response for what is announced here.
        let false_promise = status == 205
            && (head.transfer_encoding.is_some()
                || head.content_length.as_ref().is_some_and(|(length, _)| *length > 0));
        let mut close = facts.close || self.says_close;
        if !length_allowed(status) || false_promise {
            // RFC 9110 §8.6: such a response has neither field; a handler that sends `Content-Length: 0` means well.
            for line in
                head.content_length.iter().map(|(_, line)| line).chain(&head.transfer_encoding)
            {
                // An empty range is a line that `flush_headers` has sent already.
                close |= line.is_empty();
                self.out.drain(line.clone());
            }
        }
        let persistent_protocol = facts.protocol >= Version::HTTP_11;
        if (100..200).contains(&status) && status != 101 {
            *head = Head::default();
            if persistent_protocol && facts.request < Version::HTTP_11 && !self.sent {
                self.out.clear();
                return Ok(None);
            }
            self.out.extend_from_slice(b"\r\n");
            self.sent_interim = true;
            if status == 100 {
                self.link.settle_interim();
            }
            self.send_out()?;
            return Ok(None);
        }

        let framing = if status == 101 {
            close = true;
            Framing::UntilClose
        } else if !body_allowed(status, facts.command) || status == 205 {
            // 205 is the one status that may not have a body and yet must say so (RFC 9110 §15.3.6).
            let says_so = head.content_length.is_some() && !false_promise;
            if status == 205 && !close && persistent_protocol && !says_so {
                self.out.extend_from_slice(b"Content-Length: 0\r\n");
            }
            Framing::Nothing
        } else if let Some((remaining, _)) = head.content_length {
            Framing::Length { remaining, surplus: 0 }
        } else if head.transfer_encoding.is_some() {
            // RFC 9112 §6.3: only chunks tell where such a response ends, and only to who knows them.
            close |= facts.request < Version::HTTP_11 || !head.ends_in_chunks;
            if head.ends_in_chunks { Framing::ByHandler } else { Framing::UntilClose }
        } else if persistent_protocol && facts.request >= Version::HTTP_11 {
            self.out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
            Framing::Chunked
        } else {
            close = true;
            Framing::UntilClose
        };
        // With protocol HTTP/1.0 nothing is added: the bytes are CPython's.
        if persistent_protocol && !head.connection {
            if close {
                self.says_close = true;
                self.out.extend_from_slice(b"Connection: close\r\n");
            } else if facts.request < Version::HTTP_11 {
                self.out.extend_from_slice(b"Connection: keep-alive\r\n");
            }
        }
        self.out.extend_from_slice(b"\r\n");
        self.stage = Stage::Body(framing);
        Ok(Some(close))
    }

    /// Sends what is buffered, be the head complete or not (`flush_headers`).
    pub(crate) fn send_out(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.send(&[], &[])
    }

    /// Sends what is buffered, then these.
    fn send(&mut self, data: &[u8], end: &[u8]) -> io::Result<()> {
        match &mut self.stage {
            Stage::Body(_) => self.sent = true,
            Stage::Head(Head { status: None, .. }) => {}
            Stage::Head(head) => {
                // `flush_headers` amid the head: these lines cannot be taken back any more.
                self.sent = true;
                head.content_length.iter_mut().for_each(|(_, line)| *line = 0..0);
                head.transfer_encoding.iter_mut().for_each(|line| *line = 0..0);
            }
        }
        let head = IoSlice::new(self.out);
        let result = if data.is_empty() {
            self.link.send(&mut [head], self.sent)
        } else {
            self.link.send(&mut [head, IoSlice::new(data), IoSlice::new(end)], self.sent)
        };
        self.out.clear();
        result
    }

    /// Passes on body bytes that belong to the response, framed.
    fn pass(&mut self, data: &[u8]) -> io::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        self.bytes += data.len() as u64;
        let end: &[u8] = if matches!(self.stage, Stage::Body(Framing::Chunked)) {
            write_chunk_head(data.len(), self.out);
            b"\r\n"
        } else {
            b""
        };
        if data.len() > COPIED {
            return self.send(data, end);
        }
        self.out.extend_from_slice(data);
        self.out.extend_from_slice(end);
        if self.out.len() > self.wbufsize { self.send_out() } else { Ok(()) }
    }

    /// Ends the response after the handler has returned.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if there is no whole head, unless only a 1xx response was meant (`close`).
    pub(crate) fn finish(&mut self, close: bool) -> io::Result<Ending> {
        let framing = match &self.stage {
            Stage::Body(framing) => *framing,
            Stage::Head(Head { status: Some(status), .. }) => {
                return Err(Misuse::HeadersNotEnded { status: *status }.into());
            }
            Stage::Head(_) if self.sent_interim && close => return Ok(Ending::AtClose),
            Stage::Head(_) => return Err(Misuse::NoResponse.into()),
        };
        if framing == Framing::Chunked {
            self.out.extend_from_slice(LAST_CHUNK);
        }
        self.send_out()?;
        Ok(match framing {
            Framing::Length { remaining: 0, surplus: 0 }
            | Framing::Nothing
            | Framing::Chunked
            | Framing::ByHandler => Ending::Whole,
            Framing::Length { remaining: 0, surplus } => Ending::Long { surplus },
            Framing::Length { remaining, .. } => Ending::Short { missing: remaining },
            Framing::UntilClose | Framing::Cut => Ending::AtClose,
        })
    }

    /// Returns whether the response is not cut short, as far as it has come: its client can tell all that it is sent from a
    /// response that was given up.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match &self.stage {
            Stage::Body(Framing::Cut) => false,
            Stage::Body(Framing::Length { remaining, .. }) => *remaining == 0,
            Stage::Body(_) => true,
            Stage::Head(_) => !self.sent,
        }
    }

    /// Makes the response end where it is: neither a last chunk nor anything else follows.
    pub(crate) fn cut(&mut self) {
        if self.head_ended() {
            self.stage = Stage::Body(Framing::Cut);
        }
    }

    /// Forgets what is written and not sent, so that an error page can take its place if nothing was sent.
    pub(crate) fn discard(&mut self) {
        self.out.clear();
        if !self.sent {
            self.stage = Stage::Head(Head::default());
            self.says_close = false;
            self.bytes = 0;
        } else {
            self.cut();
        }
    }
}

/// Why there is no place for a field.
#[cold]
fn misplaced(stage: &Stage, name: &str) -> io::Error {
    let name = name.to_owned();
    let misuse = match stage {
        Stage::Head(_) => Misuse::HeaderBeforeStatus { name },
        Stage::Body(_) => Misuse::HeaderAfterEnd { name },
    };
    misuse.into()
}

/// Reads a Content-Length that the handler sends: digits only.
fn parse_length(value: &str) -> Option<u64> {
    // No other whitespace stands in a value.
    let digits = value.trim_ascii().as_bytes();
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let (first, others) = digits.split_first()?;
    others
        .iter()
        .try_fold(digit(first)?, |length, byte| length.checked_mul(10)?.checked_add(digit(byte)?))
}

impl Write for ResponseBody<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let allowed = match &mut self.stage {
            Stage::Head(_) => return Err(Misuse::BodyBeforeEndOfHeaders.into()),
            Stage::Body(Framing::Nothing | Framing::Cut) => 0,
            Stage::Body(Framing::Length { remaining, surplus }) => {
                let allowed = usize::try_from(*remaining).unwrap_or(usize::MAX).min(data.len());
                *remaining -= allowed as u64;
                *surplus += (data.len() - allowed) as u64;
                allowed
            }
            Stage::Body(Framing::Chunked | Framing::ByHandler | Framing::UntilClose) => data.len(),
        };
        self.pass(data.get(..allowed).unwrap_or(data))?;
        // Bytes beyond the response are taken and dropped: the handler is told once, at the end, in the log.
        Ok(data.len())
    }

    /// Nothing is taken in part, so there is nothing to repeat.
    fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        self.write(data).map(drop)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A head without its end stays where it is, as CPython's headers buffer does.
        if self.head_ended() { self.send_out() } else { Ok(()) }
    }
}

impl fmt::Debug for ResponseBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody")
            .field("sent", &self.sent)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
