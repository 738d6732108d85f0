//! One connection: what it has read, what it has yet to write.

use memchr::memmem;
use rustix::io::{self, Errno};
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::io::{IoSlice, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const HELLO: &[u8] = b"Hello, world!";
static BIG: [u8; 1 << 20] = [b'x'; 1 << 20];

/// What a connection waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Reading,
    Writing,
    Closed,
}

pub(crate) struct Connection {
    socket: OwnedFd,
    pub(crate) state: State,
    /// The beginning of a request.
    unread: Vec<u8>,
    /// The rest of an answer, and how much of [`BIG`] follows it.
    unsent: Vec<u8>,
    big: usize,
    /// The length of the body that is being read, and how much of it is to come.
    body: Option<(usize, usize)>,
    last: bool,
}

impl Connection {
    pub(crate) fn new(socket: OwnedFd) -> Self {
        let (unread, unsent) = (Vec::new(), Vec::new());
        Self { socket, state: State::Reading, unread, unsent, big: 0, body: None, last: false }
    }

    pub(crate) fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    /// Does what can be done without waiting. `input` and `output` are room that connections share.
    pub(crate) fn ready(&mut self, input: &mut [u8], output: &mut Vec<u8>, date: &str) {
        self.state = self.advance(input, output, date).unwrap_or(State::Closed);
    }

    fn advance(&mut self, input: &mut [u8], output: &mut Vec<u8>, date: &str) -> io::Result<State> {
        output.clear();
        output.append(&mut self.unsent);
        let mut end = self.unread.len();
        input[..end].copy_from_slice(&self.unread);
        self.unread.clear();
        if self.state == State::Reading {
            match recv(&self.socket, &mut input[end..], RecvFlags::empty()) {
                Ok((0, _)) => return Ok(State::Closed),
                Ok((count, _)) => end += count,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
        let mut start = 0;
        loop {
            if self.big == 0 && !self.last {
                start += self.take_requests(&input[start..end], output, date);
            }
            if output.is_empty() && self.big == 0 {
                break;
            }
            if !self.send(output)? {
                self.unread.extend_from_slice(&input[start..end]);
                self.unsent.append(output);
                return Ok(State::Writing);
            }
            if self.last {
                return Ok(State::Closed);
            }
        }
        self.unread.extend_from_slice(&input[start..end]);
        Ok(State::Reading)
    }

    /// Answers all complete requests up to a large answer or the last one, and says how many bytes they were.
    fn take_requests(&mut self, input: &[u8], output: &mut Vec<u8>, date: &str) -> usize {
        let mut rest = input;
        while self.big == 0 && !self.last {
            if let Some((length, missing)) = self.body {
                let here = missing.min(rest.len());
                rest = &rest[here..];
                if here < missing {
                    self.body = Some((length, missing - here));
                    break;
                }
                self.body = None;
                let text = length.to_string();
                answer(output, date, text.len(), "");
                output.extend_from_slice(text.as_bytes());
                continue;
            }
            let Some(end) = memmem::find(rest, b"\r\n\r\n") else { break };
            let head = &rest[..end];
            rest = &rest[end + 4..];
            if head.starts_with(b"POST") {
                let length = content_length(head);
                self.body = Some((length, length));
            } else if head.starts_with(b"GET /big") {
                answer(output, date, BIG.len(), "");
                self.big = BIG.len();
            } else {
                self.last = memmem::find(head, b"onnection: close").is_some();
                let connection = if self.last { "Connection: close\r\n" } else { "" };
                answer(output, date, HELLO.len(), connection);
                output.extend_from_slice(HELLO);
            }
        }
        input.len() - rest.len()
    }

    /// Whether everything is sent; if not, the rest stays in `output`.
    fn send(&mut self, output: &mut Vec<u8>) -> io::Result<bool> {
        let mut sent = 0;
        while sent < output.len() || self.big > 0 {
            let head = &output[sent..];
            let result = if self.big == 0 {
                send(&self.socket, head, SendFlags::NOSIGNAL)
            } else {
                let parts = [IoSlice::new(head), IoSlice::new(&BIG[..self.big])];
                io::writev(&self.socket, &parts)
            };
            match result {
                Ok(count) => {
                    let of_head = count.min(head.len());
                    sent += of_head;
                    self.big -= count - of_head;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    output.drain(..sent);
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        output.clear();
        Ok(true)
    }
}

fn answer(output: &mut Vec<u8>, date: &str, length: usize, connection: &str) {
    output.extend_from_slice(b"HTTP/1.1 200 OK\r\nServer: limit\r\nDate: ");
    output.extend_from_slice(date.as_bytes());
    output.extend_from_slice(b"\r\nContent-Type: text/plain\r\nContent-Length: ");
    if length == HELLO.len() {
        output.extend_from_slice(b"13");
    } else {
        write!(output, "{length}").expect("a Vec takes everything");
    }
    output.extend_from_slice(b"\r\n");
    output.extend_from_slice(connection.as_bytes());
    output.extend_from_slice(b"\r\n");
}

fn content_length(head: &[u8]) -> usize {
    let Some(at) = memmem::find(head, b"ontent-Length: ") else { return 0 };
    let digits = head[at + 15..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
}

/// The text of the `Date` field, made anew once a second.
#[derive(Default)]
pub(crate) struct Date {
    seconds: u64,
    text: String,
}

impl Date {
    pub(crate) fn refresh(&mut self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = now.as_secs();
        if seconds != self.seconds {
            self.seconds = seconds;
            self.text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
