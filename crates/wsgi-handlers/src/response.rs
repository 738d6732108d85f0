//! The response of one run: what `start_response` and `write` change.

use crate::error::Misuse;
use crate::start;
use std::borrow::Cow;
use std::io;
use wsgi_util::{Environ, Headers};

/// How far the response is.
///
/// | state | event | what happens |
/// | --- | --- | --- |
/// | not started | `start_response`, with `exc_info` or without | status and headers are kept; *started* |
/// | not started | a piece of the body | refused: `write() before start_response()` |
/// | not started | end of the body | refused: `start_response() was not called …` |
/// | started | `start_response` | refused: `Headers already set!` |
/// | started | `start_response` with `exc_info` | status and headers are replaced |
/// | started | a piece of the body | the head is sent, then the piece; *sent* |
/// | started | end of the body | `Content-Length: 0` unless there is one, the head is sent; *finished* |
/// | sent, finished | `start_response` | refused: `Headers already set!` |
/// | sent, finished | `start_response` with `exc_info` | `exc_info` is given back |
/// | sent | a piece of the body | sent, up to the Content-Length |
/// | sent | end of the body | compared with the Content-Length; *finished* |
/// | any | `send_headers` | as for a piece of the body, but once |
///
/// Empty pieces are no events: they neither send the head (PEP 3333, "The start_response() Callable": not before
/// the first non-empty one) nor need a started response.
///
/// # Examples
///
/// ```
/// # use std::io;
/// use wsgi_handlers::{BaseHandler, Response, ResponseState, SimpleHandler};
/// use wsgi_util::{Environ, Headers};
///
/// let mut handler = SimpleHandler::new(io::empty(), io::sink(), io::sink(), Environ::new());
/// let mut response = Response::new(&Environ::new(), true);
/// assert_eq!(response.state(), ResponseState::NotStarted);
///
/// handler.start_response(&mut response, "200 OK", Headers::new(), None)?;
/// assert_eq!(response.state(), ResponseState::Started);
///
/// handler.write(&mut response, b"hello\n")?;
/// assert_eq!(response.state(), ResponseState::Sent);
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseState {
    /// `start_response` was not called yet.
    NotStarted,
    /// Status and headers are known and can still be replaced; nothing was sent.
    Started,
    /// The head was sent, the body is under way.
    Sent,
    /// The body ended, too.
    Finished,
}

/// What happens to a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// `start_response(status, headers)`.
    Start,
    /// `start_response(status, headers, exc_info)`.
    Restart,
    /// A piece of the body that is not empty.
    Chunk,
    /// The end of the body.
    End,
    /// The head is to be sent, as an override of `sendfile` demands it.
    Head,
}

/// What has to be done about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Keep the new status and headers.
    Keep,
    /// Give `exc_info` back to the caller.
    Raise,
    /// Send the head first.
    SendHeaders,
    /// Go on: the head is out.
    Pass,
}

impl ResponseState {
    /// The table of the type.
    pub(crate) fn on(self, event: Event) -> Result<Step, Misuse> {
        use Event::{Chunk, End, Head, Restart, Start};
        use ResponseState::{Finished, NotStarted, Sent, Started};
        match (self, event) {
            (NotStarted, Start | Restart) | (Started, Restart) => Ok(Step::Keep),
            (Started | Sent | Finished, Start) => Err(Misuse::HeadersAlreadySet),
            (Sent | Finished, Restart) => Ok(Step::Raise),
            (NotStarted, Chunk | Head) => Err(Misuse::WriteBeforeStart),
            (NotStarted, End) => Err(Misuse::NeverStarted),
            (Started, Chunk | End | Head) => Ok(Step::SendHeaders),
            (Sent | Finished, Chunk | End | Head) => Ok(Step::Pass),
        }
    }
}

/// The status, the headers and the progress of one response.
///
/// It is made when a run begins and handed to every override point that the response passes through; in CPython
/// these are the attributes `status`, `headers`, `headers_sent` and `bytes_sent` of the handler.
///
/// # Examples
///
/// A handler whose error pages are kept in no cache:
///
/// ```
/// # use std::io;
/// use wsgi_handlers::{Base, BaseHandler, Response, Run, SimpleHandler, inherit_handler};
/// use wsgi_util::AppError;
/// # use wsgi_util::{AppResult, Environ, StartResponse};
///
/// struct Fresh<'e>(SimpleHandler<'e, &'e mut Vec<u8>>);
///
/// impl<'e> BaseHandler<'e> for Fresh<'e> {
///     inherit_handler!('e, 0);
///
///     fn cleanup_headers(&mut self, response: &mut Response) -> Result<(), AppError> {
///         if response.status_code() >= Some("400") {
///             response.headers.set("Cache-Control", "no-store")?;
///         }
///         Base.cleanup_headers(self, response)
///     }
/// }
/// # fn app(_: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
/// #     Err("why".into())
/// # }
/// # let mut out = Vec::new();
/// # let simple = SimpleHandler::new(io::empty(), &mut out, io::sink(), [("REQUEST_METHOD", "GET")]);
/// # Fresh(simple).run(&app)?;
/// # assert!(String::from_utf8_lossy(&out).contains("\r\nCache-Control: no-store\r\n"));
/// # Ok::<(), AppError>(())
/// ```
#[derive(Debug)]
pub struct Response {
    state: ResponseState,
    status: Cow<'static, str>,
    /// The response headers. An override of `cleanup_headers` may change them until they are sent.
    pub headers: Headers,
    bytes_sent: u64,
    /// `len(result)`, once the application has returned.
    result_len: Option<usize>,
    /// The Content-Length of the head that was sent; before that, one that is to be sent besides the headers.
    declared: Option<u64>,
    /// Whether the application gave more than `declared`.
    overrun: bool,
    head_request: bool,
    client_is_modern: bool,
    /// Why the output failed, when it did.
    output_error: Option<io::ErrorKind>,
}

impl Response {
    /// Makes the response to the request in `environ`, not started.
    ///
    /// `client_is_modern` is kept since the environ belongs to the application while the response is written.
    pub fn new(environ: &Environ<'_>, client_is_modern: bool) -> Self {
        Self {
            state: ResponseState::NotStarted,
            status: Cow::Borrowed(""),
            headers: Headers::new(),
            bytes_sent: 0,
            result_len: None,
            declared: None,
            overrun: false,
            head_request: environ.get("REQUEST_METHOD").is_some_and(|method| method == "HEAD"),
            client_is_modern,
            output_error: None,
        }
    }

    /// How far the response is.
    pub fn state(&self) -> ResponseState {
        self.state
    }

    /// The status, `200 OK`, once the response is started.
    pub fn status(&self) -> Option<&str> {
        (self.state != ResponseState::NotStarted).then_some(&*self.status)
    }

    /// The three digits of the status, once the response is started.
    pub fn status_code(&self) -> Option<&str> {
        // Every status that was accepted begins with its code and a blank.
        self.status().and_then(|status| status.get(..3))
    }

    /// Whether the head was sent, so that nothing about it can be changed.
    pub fn headers_sent(&self) -> bool {
        matches!(self.state, ResponseState::Sent | ResponseState::Finished)
    }

    /// How many bytes of the body were sent.
    ///
    /// While the head of a response is made for a first piece of the body, this is already the size of that piece, so
    /// that [`set_content_length`](crate::BaseHandler::set_content_length) can use it.
    pub fn bytes_sent(&self) -> u64 {
        self.bytes_sent
    }

    /// The number of pieces the body has (`len(result)`), if it is known; `None` until the application has returned.
    pub fn result_len(&self) -> Option<usize> {
        self.result_len
    }

    /// Whether the client understands a head: not if it speaks HTTP/0.9.
    pub fn client_is_modern(&self) -> bool {
        self.client_is_modern
    }

    /// Whether the response may have a body: not to a HEAD request, nor with a status of 1xx, 204 or 304
    /// (RFC 9110 §6.4.1). What the application gives all the same is dropped.
    pub fn may_have_body(&self) -> bool {
        !self.head_request && !self.is_bodiless_status()
    }

    /// Whether the status itself rules out a body: 1xx, 204 and 304.
    pub fn is_bodiless_status(&self) -> bool {
        let status = self.status.as_bytes();
        status.first() == Some(&b'1') || matches!(status.get(..3), Some(b"204" | b"304"))
    }

    /// The error of the output, if writing the response failed.
    pub fn output_error(&self) -> Option<io::ErrorKind> {
        self.output_error
    }

    /// Whether writing failed because the client went away.
    ///
    /// This is the one place where "the client went away" is recognised: a broken pipe, or a connection that was
    /// reset or aborted, while this response was written. The same errors from elsewhere, such as from a database
    /// connection of the application, are errors of the application.
    pub fn client_is_gone(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        matches!(self.output_error, Some(BrokenPipe | ConnectionAborted | ConnectionReset))
    }

    /// What is wrong with the size of the body, compared with the Content-Length that was sent.
    pub fn length_error(&self) -> Option<Misuse> {
        let declared = self.declared.filter(|_| self.may_have_body())?;
        if self.overrun {
            Some(Misuse::BodyTooLong { declared })
        } else if self.state == ResponseState::Finished && self.bytes_sent < declared {
            Some(Misuse::BodyTooShort { declared, sent: self.bytes_sent })
        } else {
            None
        }
    }

    /// Whether nothing that is still to come could be sent, so that there is no use in asking for more.
    ///
    /// The application gave more than its Content-Length, or the head was sent and the response may not have a body.
    /// (A body may be endless: PEP 3333 wants a server to stop, "Handling the Content-Length Header".)
    pub fn is_satisfied(&self) -> bool {
        self.overrun || (self.headers_sent() && !self.may_have_body())
    }

    /// Keeps a new status and new headers.
    pub(crate) fn start(&mut self, status: Cow<'static, str>, headers: Headers) {
        self.status = status;
        self.headers = headers;
        self.declared = None;
        self.state = ResponseState::Started;
    }

    /// Marks the head as sent; from here on it cannot be replaced, even if sending it fails half-way.
    ///
    /// An override of [`send_headers`](crate::BaseHandler::send_headers) calls it, after `cleanup_headers` and before the
    /// first byte.
    ///
    /// # Errors
    ///
    /// The Content-Length is not one decimal number; nothing is marked.
    pub fn mark_headers_sent(&mut self) -> Result<(), Misuse> {
        if self.declared.is_none() {
            self.declared = start::content_length(&self.headers)?;
        }
        self.state = ResponseState::Sent;
        Ok(())
    }

    /// Fixes a Content-Length that the headers do not have.
    ///
    /// For an override of [`set_content_length`](crate::BaseHandler::set_content_length) whose
    /// [`write_head`](crate::BaseHandler::write_head) sends it by itself, and spares the headers a number as text.
    pub fn declare_length(&mut self, length: u64) {
        self.declared = Some(length);
    }

    /// Marks the body as ended, as after a [`sendfile`](crate::BaseHandler::sendfile) that sent all of it.
    pub(crate) fn finish(&mut self) {
        self.state = ResponseState::Finished;
    }

    /// Counts bytes of the body that an override of [`sendfile`](crate::BaseHandler::sendfile) sent by itself.
    pub fn add_bytes_sent(&mut self, count: u64) {
        self.bytes_sent += count;
    }

    pub(crate) fn set_result_len(&mut self, len: Option<usize>) {
        self.result_len = len;
    }

    /// Announces the size of the first piece to those who make the head.
    pub(crate) fn announce(&mut self, first: usize) {
        self.bytes_sent = first as u64;
    }

    /// Takes back what was announced; [`admit`](Self::admit) counts what is really sent.
    pub(crate) fn retract(&mut self) {
        self.bytes_sent = 0;
    }

    /// The part of a piece that may be sent, counted as sent.
    pub(crate) fn admit<'d>(&mut self, data: &'d [u8]) -> &'d [u8] {
        if !self.may_have_body() {
            return &[];
        }
        let room =
            self.declared.map_or(u64::MAX, |declared| declared.saturating_sub(self.bytes_sent));
        let fitting = usize::try_from(room).unwrap_or(usize::MAX);
        let admitted = data.get(..fitting).unwrap_or(data);
        self.overrun |= admitted.len() < data.len();
        self.bytes_sent += admitted.len() as u64;
        admitted
    }

    /// Remembers that the output failed.
    pub(crate) fn note_output_error(&mut self, error: &io::Error) {
        self.output_error.get_or_insert(error.kind());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_meets_every_event() {
        use Event::{Chunk, End, Head, Restart, Start};
        use ResponseState::{Finished, NotStarted, Sent, Started};
        let table = [
            (NotStarted, Start, Ok(Step::Keep)),
            (NotStarted, Restart, Ok(Step::Keep)),
            (NotStarted, Chunk, Err(Misuse::WriteBeforeStart)),
            (NotStarted, End, Err(Misuse::NeverStarted)),
            (NotStarted, Head, Err(Misuse::WriteBeforeStart)),
            (Started, Start, Err(Misuse::HeadersAlreadySet)),
            (Started, Restart, Ok(Step::Keep)),
            (Started, Chunk, Ok(Step::SendHeaders)),
            (Started, End, Ok(Step::SendHeaders)),
            (Started, Head, Ok(Step::SendHeaders)),
            (Sent, Start, Err(Misuse::HeadersAlreadySet)),
            (Sent, Restart, Ok(Step::Raise)),
            (Sent, Chunk, Ok(Step::Pass)),
            (Sent, End, Ok(Step::Pass)),
            (Sent, Head, Ok(Step::Pass)),
            (Finished, Start, Err(Misuse::HeadersAlreadySet)),
            (Finished, Restart, Ok(Step::Raise)),
            (Finished, Chunk, Ok(Step::Pass)),
            (Finished, End, Ok(Step::Pass)),
            (Finished, Head, Ok(Step::Pass)),
        ];
        for (state, event, step) in table {
            assert_eq!(state.on(event), step, "{state:?} {event:?}");
        }
    }
}
