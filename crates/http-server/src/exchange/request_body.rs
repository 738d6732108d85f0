//! Reading the request body.

use super::input::Input;
use super::link::{BodyState, Interim, SharedLink};
use crate::proto::{BodyDecoder, Decoded, RequestError};
use std::fmt;
use std::io::{self, BufRead, IoSlice, Read};

/// The request body (`rfile`): ends where the body ends.
///
/// Content-Length and chunked bodies look the same from here. Reading past the end gives 0 bytes at once, and never a
/// byte of the next request. The first read that has to wait sends `100 Continue` to a client that asked for it
/// (RFC 9110 §10.1.1).
///
/// The default value is an empty body; `std::mem::take(&mut x.rfile)` moves the body out of the exchange.
///
/// # Errors
///
/// Reads fail with [`io::ErrorKind::UnexpectedEof`] if the client ended a body early, so that a part is never taken for
/// the whole; with [`io::ErrorKind::InvalidData`] holding a [`RequestError`] if the chunks are malformed or the body is
/// too large; and with [`io::ErrorKind::TimedOut`] if the client is slower than the
/// [`Deadlines`](crate::Deadlines) allow. A handler that returns such an error with `?` has the client told why.
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, Exchange};
/// # use http_server::{ClientAddress, Pair, ServerInfo, handle};
/// use std::io::{self, BufRead};
///
/// struct CountLines;
/// impl BaseHttpRequestHandler for CountLines {
///     fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
///         let mut count = 0;
///         for line in std::mem::take(&mut x.rfile).lines() {
///             line?; // an error here is the client's, and the client is told
///             count += 1;
///         }
///         x.send_response(204)?;
///         x.send_header("X-Lines", &count.to_string())?;
///         x.end_headers()
///     }
/// }
/// # let request = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\nb\r\n3\r\n\nc\n\r\n0\r\n\r\n";
/// # let mut connection = Pair { reader: &request[..], writer: Vec::new() };
/// # handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &CountLines)?;
/// # let answer = String::from_utf8(connection.writer).unwrap();
/// # assert!(answer.contains("\r\nX-Lines: 3\r\n"), "{answer}");
/// # Ok::<(), http_server::HandlerError>(())
/// ```
#[derive(Default)]
pub struct RequestBody<'a> {
    source: Option<Source<'a>>,
}

/// Where the bytes of a body that is not empty come from.
enum Source<'a> {
    /// It is decoded while it comes.
    Streamed(Streamed<'a>),
    /// It has come, and is decoded already.
    Received(&'a mut dyn ReceivedBody),
}

/// What reads a body that is here.
///
/// As an object, `BufRead` would bring all its provided methods for each kind of body into every program.
pub(crate) trait ReceivedBody: Send {
    fn read_some(&mut self, buf: &mut [u8]) -> io::Result<usize>;
    fn unread(&mut self) -> io::Result<&[u8]>;
    fn pass(&mut self, n: usize);
}

impl<B: BufRead + Send> ReceivedBody for B {
    fn read_some(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.read(buf)
    }

    fn unread(&mut self) -> io::Result<&[u8]> {
        self.fill_buf()
    }

    fn pass(&mut self, n: usize) {
        self.consume(n);
    }
}

struct Streamed<'a> {
    decoder: BodyDecoder,
    link: &'a SharedLink<'a>,
    input: &'a mut Input,
    /// How much is asked of the connection at once.
    rbufsize: usize,
    flaw: Option<Flaw>,
}

/// Why a body is broken, kept so that each later read says it again.
enum Flaw {
    CutShort,
    Malformed(RequestError),
}

/// The connection ended within a request body.
#[derive(Debug, thiserror::Error)]
#[error("the client ended the request body early (RFC 9112 §8)")]
pub(crate) struct BodyCutShort;

impl Flaw {
    fn to_io_error(&self) -> io::Error {
        match self {
            Self::CutShort => io::Error::new(io::ErrorKind::UnexpectedEof, BodyCutShort),
            Self::Malformed(error) => io::Error::new(io::ErrorKind::InvalidData, error.clone()),
        }
    }
}

/// RFC 9110 §15.2.1. Only sent where both sides speak HTTP/1.1.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl<'a> RequestBody<'a> {
    pub(crate) fn new(
        decoder: BodyDecoder,
        link: &'a SharedLink<'a>,
        input: &'a mut Input,
        rbufsize: usize,
    ) -> Self {
        link.lock().body_left = decoder.direct();
        let rbufsize = rbufsize.max(1);
        let streamed = Streamed { decoder, link, input, rbufsize, flaw: None };
        Self { source: Some(Source::Streamed(streamed)) }
    }

    /// A body that is here.
    pub(crate) fn received(body: &'a mut dyn ReceivedBody) -> Self {
        Self { source: Some(Source::Received(body)) }
    }

    /// What reads the rest of the body, if that is still on its way and nothing is wrong with it.
    pub(crate) fn into_decoder(self) -> Option<BodyDecoder> {
        match self.source {
            Some(Source::Streamed(Streamed { decoder, flaw: None, .. })) => Some(decoder),
            _ => None,
        }
    }

    /// How many bytes are certain to come: all that are left of a Content-Length, the rest of the chunk otherwise.
    pub(crate) fn remaining(&self) -> u64 {
        match &self.source {
            Some(Source::Streamed(streamed)) => streamed.decoder.direct(),
            _ => 0,
        }
    }

    /// Reads and drops what is left; false if that is more than `limit` bytes or the body breaks off.
    pub(crate) fn drain(&mut self, limit: u64) -> bool {
        let mut dropped = 0;
        while dropped <= limit && self.remaining() <= limit {
            match self.fill_buf().map(<[u8]>::len) {
                Ok(0) => return true,
                Ok(n) => {
                    self.consume(n);
                    dropped += n as u64;
                }
                Err(_) => return false,
            }
        }
        false
    }
}

impl Streamed<'_> {
    /// Runs a read, and keeps in mind how it changed the state of the body.
    fn note<T>(&mut self, result: Result<T, Flaw>) -> io::Result<T> {
        let mut link = self.link.lock();
        link.body_left = self.decoder.direct();
        if self.decoder.is_done() {
            link.body = BodyState::Complete;
        }
        result.map_err(|flaw| {
            link.body = BodyState::Broken;
            let error = flaw.to_io_error();
            self.flaw = Some(flaw);
            error
        })
    }

    /// Puts more bytes of the client into the input.
    fn fill(&mut self) -> io::Result<()> {
        let link = self.link;
        let n = self.input.fill(self.rbufsize, |buf| receive(link, buf))?;
        let result = if n == 0 { Err(Flaw::CutShort) } else { Ok(()) };
        self.note(result)
    }

    /// Reads straight into the handler's buffer, for reads that are large enough to deserve it.
    fn read_direct(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.decoder.direct()).unwrap_or(usize::MAX).min(buf.len());
        let n = receive(self.link, buf.get_mut(..most).unwrap_or_default())?;
        self.decoder.advance(n as u64);
        let result = if n == 0 { Err(Flaw::CutShort) } else { Ok(n) };
        self.note(result)
    }

    fn decode(&mut self, buf: &mut [u8]) -> io::Result<Decoded> {
        if let Some(flaw) = &self.flaw {
            return Err(flaw.to_io_error());
        }
        let result = self.decoder.decode(self.input.unused(), buf).map_err(Flaw::Malformed);
        let step = self.note(result)?;
        self.input.consume(step.consumed);
        Ok(step)
    }

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let step = self.decode(buf)?;
            if step.produced > 0 || self.decoder.is_done() {
                return Ok(step.produced);
            }
            if step.consumed > 0 {
                continue;
            }
            // Without room in the buffer for a read that is worth a system call, several reads share one.
            let worth_it =
                buf.len() >= self.rbufsize && self.decoder.direct() >= self.rbufsize as u64;
            if worth_it && self.input.is_empty() {
                return self.read_direct(buf);
            }
            self.fill()?;
        }
    }

    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        loop {
            // Without room for data this only takes the framing before it.
            let step = self.decode(&mut [])?;
            if self.decoder.is_done() || (self.decoder.direct() > 0 && !self.input.is_empty()) {
                break;
            }
            if step.consumed == 0 {
                self.fill()?;
            }
        }
        let unused = self.input.unused();
        let most = usize::try_from(self.decoder.direct()).unwrap_or(usize::MAX).min(unused.len());
        Ok(unused.get(..most).unwrap_or_default())
    }

    fn consume(&mut self, n: usize) {
        let n = usize::try_from(self.decoder.direct()).unwrap_or(usize::MAX).min(n);
        self.decoder.advance(n as u64);
        self.input.consume(n);
        // Cannot fail: there is nothing to decode in an empty result.
        let _ = self.note(Ok(()));
    }
}

/// Waits for bytes of the client, and first sends the `100 Continue` that was promised it.
fn receive(link: &SharedLink<'_>, buf: &mut [u8]) -> io::Result<usize> {
    let mut link = link.lock();
    if link.interim == Interim::Promised {
        link.interim = Interim::Settled;
        link.wire.send(&mut [IoSlice::new(CONTINUE)])?;
    }
    link.wire.receive(buf)
}

impl Read for RequestBody<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Some(Source::Streamed(streamed)) if !buf.is_empty() => streamed.read(buf),
            Some(Source::Received(body)) => body.read_some(buf),
            _ => Ok(0),
        }
    }
}

impl BufRead for RequestBody<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match &mut self.source {
            Some(Source::Streamed(streamed)) => streamed.fill_buf(),
            Some(Source::Received(body)) => body.unread(),
            None => Ok(&[]),
        }
    }

    fn consume(&mut self, n: usize) {
        match &mut self.source {
            Some(Source::Streamed(streamed)) => streamed.consume(n),
            Some(Source::Received(body)) => body.pass(n),
            None => {}
        }
    }
}

impl fmt::Debug for RequestBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").finish_non_exhaustive()
    }
}
