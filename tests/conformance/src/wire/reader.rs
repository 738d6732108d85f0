//! Reads one answer, to exactly where it ends.

use super::connection::More;
use super::dechunk::{Chunked, dechunk};
use super::{Connection, End, Head, Malformed};
use std::fmt;

/// A whole final answer, or what came of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The heads with a status below 200 that came before.
    pub interim: Vec<Head>,
    /// The status line and the fields.
    pub head: Head,
    /// The content, without its framing.
    pub body: Vec<u8>,
    /// How its end is told.
    pub framing: Framing,
    /// Whether the connection ended before the body did.
    pub is_cut: bool,
}

/// How the end of a body is told (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none: HEAD, 204, 304.
    None,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// By the end of the connection.
    Close,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server said nothing more for as long as the client waits.
    Silence,
    /// It ended the connection before the head was complete.
    Ended(End),
    /// What it sent is no answer.
    Malformed(Malformed),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence => f.write_str("no complete answer came in time"),
            Self::Ended(end) => write!(f, "the server {end} without a complete answer"),
            Self::Malformed(malformed) => write!(f, "the answer is malformed: {malformed}"),
        }
    }
}

impl From<Malformed> for Trouble {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// A head larger than this has no end.
const LARGEST_HEAD: usize = 256 * 1024;

impl Connection {
    /// Reads the answer to a request of this method, interim heads included.
    ///
    /// # Errors
    ///
    /// If it does not come, or is none.
    pub fn read_answer(&mut self, method: &str) -> Result<Answer, Trouble> {
        let deadline = self.deadline();
        let mut interim = Vec::new();
        let head = loop {
            let head = self.read_head(deadline)?;
            if !head.is_interim() {
                break head;
            }
            interim.push(head);
        };
        let framing = framing(&head, method);
        let mut answer = Answer { interim, head, body: Vec::new(), framing, is_cut: false };
        loop {
            if self.take_body(&mut answer)? {
                return Ok(answer);
            }
            match self.fill(deadline) {
                More::Bytes => {}
                More::Silence => return Err(Trouble::Silence),
                More::End(end) => {
                    answer.is_cut = framing != Framing::Close || end == End::Reset;
                    if answer.body.is_empty() {
                        answer.body = self.unread().to_vec();
                    }
                    self.consume(self.unread().len());
                    return Ok(answer);
                }
            }
        }
    }

    fn read_head(&mut self, deadline: std::time::Instant) -> Result<Head, Trouble> {
        loop {
            let unread = self.unread();
            if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = Head::parse(&unread[..end + 4])?;
                self.consume(end + 4);
                return Ok(head);
            }
            if unread.len() > LARGEST_HEAD {
                let what = format!("no empty line in {} bytes", unread.len());
                return Err(Malformed { what, rule: "RFC 9112 §2.1" }.into());
            }
            match self.fill(deadline) {
                More::Bytes => {}
                More::Silence => return Err(Trouble::Silence),
                More::End(end) => return Err(Trouble::Ended(end)),
            }
        }
    }

    /// Whether the body is there; takes it then.
    fn take_body(&mut self, answer: &mut Answer) -> Result<bool, Malformed> {
        let unread = self.unread();
        let (body, length) = match answer.framing {
            Framing::None => (Vec::new(), 0),
            Framing::Close => return Ok(false),
            Framing::Length(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let Some(body) = unread.get(..length) else { return Ok(false) };
                (body.to_vec(), length)
            }
            Framing::Chunked => match dechunk(unread)? {
                Chunked::Partial => return Ok(false),
                Chunked::Whole(body, length) => (body, length),
            },
        };
        answer.body = body;
        self.consume(length);
        Ok(true)
    }
}

fn framing(head: &Head, method: &str) -> Framing {
    if method == "HEAD" || matches!(head.status, 204 | 304) {
        return Framing::None;
    }
    if head.get("Transfer-Encoding").is_some() {
        return Framing::Chunked;
    }
    match head.get("Content-Length") {
        // Beyond 64 bits nobody sends a body, so that it is never whole.
        Some(length) => Framing::Length(length.parse().unwrap_or(u64::MAX)),
        None => Framing::Close,
    }
}
