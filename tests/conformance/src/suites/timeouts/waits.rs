//! What each client does, and what the server has to do then.

use super::PAUSE;
use crate::subjects::HASTE;
use crate::wire::{Answer, Connection, Trouble};
use crate::{Profile, Subject};
use std::io;
use std::time::{Duration, Instant};

/// One way to keep a server waiting.
pub(super) struct Wait {
    pub(super) name: &'static str,
    pub(super) rule: &'static str,
    pub(super) about: &'static str,
    pub(super) expected: &'static str,
    pub(super) profile: Profile,
    pub(super) play: fn(&mut Client) -> Result<(), String>,
}

const REQUEST_TIMEOUT: &str = "RFC 9110 §15.5.9";
const CLOSED: &str = "the end of the connection, without an answer to what was never asked";
const TIMEOUT: &str = "408, then the end of the connection";

pub(super) const WAITS: &[Wait] = &[
    Wait {
        name: "head/silent",
        rule: "RFC 9112 §9.5",
        about: "A connection on which nothing comes is closed.",
        expected: CLOSED,
        profile: Profile::Plain,
        play: |client| client.ends_silently(),
    },
    Wait {
        name: "head/half-a-request-line",
        rule: REQUEST_TIMEOUT,
        about: "A request line that never ends is answered with 408.",
        expected: TIMEOUT,
        profile: Profile::Plain,
        play: |client| client.sends("GET / HT").times_out(),
    },
    Wait {
        name: "head/half-a-head",
        rule: REQUEST_TIMEOUT,
        about: "A head that never ends is answered with 408.",
        expected: TIMEOUT,
        profile: Profile::Plain,
        play: |client| client.sends("GET / HTTP/1.1\r\nHost: h\r\nX-A: b").times_out(),
    },
    Wait {
        name: "head/dripping",
        rule: REQUEST_TIMEOUT,
        about: "The deadline of a head is absolute: a byte now and then does not move it.",
        expected: TIMEOUT,
        profile: Profile::Plain,
        play: |client| {
            client.sends("GET / HTTP/1.1\r\nHost: h\r\nX-A: ").drips(b"a", Drip::UntilTheEnd)?;
            client.times_out()
        },
    },
    Wait {
        name: "head/slow-but-in-time",
        rule: "posture",
        about: "A head that comes in pieces, but in time, is served.",
        expected: "an answer, and a connection that goes on",
        profile: Profile::Plain,
        play: |client| {
            for piece in ["GET / HT", "TP/1.1\r\nHo", "st: h\r\n"] {
                client.sends(piece).pauses()?;
            }
            client.sends("\r\n").is_served("GET")?;
            client.sends("GET / HTTP/1.1\r\nHost: h\r\n\r\n").is_served("GET")
        },
    },
    Wait {
        name: "head/half-of-the-second",
        rule: REQUEST_TIMEOUT,
        about: "The head of a later request has a deadline, too.",
        expected: "an answer, then 408 or the end of the connection",
        profile: Profile::Plain,
        play: |client| {
            client.sends("GET / HTTP/1.1\r\nHost: h\r\n\r\n").is_served("GET")?;
            client.sends("GET / HT").times_out()
        },
    },
    Wait {
        name: "idle/kept-connection",
        rule: "RFC 9112 §9.5",
        about: "A kept connection on which no next request comes is closed, without an answer.",
        expected: "an answer, then the end of the connection and nothing else",
        profile: Profile::Plain,
        play: |client| {
            client.sends("GET / HTTP/1.1\r\nHost: h\r\n\r\n").is_served("GET")?;
            client.ends_silently()
        },
    },
    Wait {
        name: "body/half",
        rule: REQUEST_TIMEOUT,
        about: "A body that never comes to its end is answered with 408.",
        expected: TIMEOUT,
        profile: Profile::App,
        play: |client| {
            client
                .sends("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nhalf")
                .times_out()
        },
    },
    Wait {
        name: "body/half-a-chunk",
        rule: REQUEST_TIMEOUT,
        about: "A chunk that never comes to its end is answered with 408.",
        expected: TIMEOUT,
        profile: Profile::App,
        play: |client| client.sends(CHUNKED).sends("5\r\nhel").times_out(),
    },
    Wait {
        name: "body/no-last-chunk",
        rule: REQUEST_TIMEOUT,
        about: "Chunks without a last one are answered with 408.",
        expected: TIMEOUT,
        profile: Profile::App,
        play: |client| client.sends(CHUNKED).sends("5\r\nhello\r\n").times_out(),
    },
    Wait {
        name: "body/dripping",
        rule: REQUEST_TIMEOUT,
        about: "A body that comes more slowly than the minimum rate is answered with 408.",
        expected: TIMEOUT,
        profile: Profile::App,
        play: |client| {
            client
                .sends("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
                .drips(b"a", Drip::UntilTheEnd)?;
            client.times_out()
        },
    },
    Wait {
        name: "body/slow-but-fast-enough",
        rule: "posture",
        about: "A body that takes longer than the grace, but comes at the minimum rate, is served.",
        expected: "200, with the whole body",
        profile: Profile::App,
        play: |client| {
            let count = 4 * HASTE.as_millis() / (3 * PAUSE.as_millis());
            let length = count * 200;
            client.sends(&format!(
                "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n"
            ));
            client.drips(&[b'a'; 200], Drip::Times(count))?;
            let answer = client.answer("POST")?;
            if answer.head.status == 200 && answer.body.len() as u128 == length {
                return Ok(());
            }
            Err(format!("{} with {} of {length} bytes", answer.head.status, answer.body.len()))
        },
    },
    Wait {
        name: "body/unread-and-unsent",
        rule: "RFC 9112 §9.3",
        about: "A body that the application does not read and the client does not send keeps nobody waiting.",
        expected: "an answer, then the end of the connection",
        profile: Profile::Plain,
        play: |client| {
            client.sends("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nhalf");
            client.is_answered_and_ends("POST")
        },
    },
    Wait {
        name: "body/expected-and-unsent",
        rule: "RFC 9110 §10.1.1",
        about: "A client that gets its 100 Continue and then sends nothing is answered with 408.",
        expected: "100, then 408 and the end of the connection",
        profile: Profile::App,
        play: |client| {
            client.sends(
                "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
            );
            client.times_out()
        },
    },
    Wait {
        name: "close/client-goes-on-sending",
        rule: "RFC 9112 §9.6",
        about: "A refused client that does not stop sending is read from for a bounded time only.",
        expected: "400, then the end of the connection, and soon nobody who takes what is sent",
        profile: Profile::Plain,
        play: |client| {
            client.sends("GET / HTTP/1.1\r\nBad Field: x\r\n\r\n").is_answered_and_ends("GET")?;
            client.drips(b"more", Drip::UntilNobodyTakesIt)
        },
    },
];

const CHUNKED: &str = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

/// How long a client goes on dripping.
enum Drip {
    Times(u128),
    /// Until something comes from the server.
    UntilTheEnd,
    /// Until it gets an error.
    UntilNobodyTakesIt,
}

/// A client that keeps a server waiting.
pub(super) struct Client {
    pub(super) connection: Connection,
    subject: Subject,
    since: Instant,
    /// When it last did something, and how long it did nothing that was not meant to be waited for.
    active: Instant,
    idle: Duration,
}

impl Client {
    pub(super) fn open(subject: &Subject) -> io::Result<Self> {
        let active = Instant::now();
        let connection = Connection::open(subject.address, subject.patience)?;
        let since = Instant::now();
        Ok(Self { connection, subject: subject.clone(), since, active, idle: Duration::ZERO })
    }

    /// Whether it was idle for so long, against its will, that a hasty server may have lost its patience.
    pub(super) fn was_late(&self) -> bool {
        self.idle > HASTE / 4
    }

    fn is_active(&mut self) {
        self.idle = self.idle.max(self.active.elapsed());
        self.active = Instant::now();
    }

    fn sends(&mut self, text: &str) -> &mut Self {
        self.connection.send(text.as_bytes());
        self.is_active();
        self
    }

    /// Waits a little for something to come, which must not happen.
    fn pauses(&mut self) -> Result<(), String> {
        if self.connection.is_silent_for(PAUSE) {
            return Ok(());
        }
        Err("something came before it was due".to_owned())
    }

    fn drips(&mut self, piece: &[u8], until: Drip) -> Result<(), String> {
        let mut count = 0;
        while self.since.elapsed() < self.subject.patience {
            let taken = self.connection.send(piece);
            self.is_active();
            count += 1;
            let silent = self.connection.is_silent_for(PAUSE);
            let is_done = match until {
                Drip::Times(times) if count == times => true,
                Drip::Times(times) if !silent => {
                    return Err(format!("something came after {count} of {times} pieces"));
                }
                Drip::Times(_) => false,
                Drip::UntilTheEnd => !silent,
                Drip::UntilNobodyTakesIt => !taken,
            };
            if is_done {
                return Ok(());
            }
        }
        Err("the server goes on taking pieces".to_owned())
    }

    fn answer(&mut self, method: &str) -> Result<Answer, String> {
        self.connection.read_answer(method).map_err(|trouble| trouble.to_string())
    }

    fn is_served(&mut self, method: &str) -> Result<(), String> {
        let answer = self.answer(method)?;
        (self.since, self.active) = (Instant::now(), Instant::now());
        if answer.head.status == 408 || answer.head.status == 400 {
            return Err(format!("status {}", answer.head.status));
        }
        if self.subject.is_ours && answer.head.announces_close() {
            return Err("the connection is not kept".to_owned());
        }
        Ok(())
    }

    fn is_answered_and_ends(&mut self, method: &str) -> Result<(), String> {
        self.answer(method)?;
        self.connection_ends()
    }

    /// 408; somebody else's server may close instead.
    fn times_out(&mut self) -> Result<(), String> {
        match self.connection.read_answer("POST") {
            Ok(answer) if answer.head.status == 408 => {}
            Ok(answer) => return Err(format!("status {}, not 408", answer.head.status)),
            Err(Trouble::Ended(_)) if !self.subject.is_ours => return Ok(()),
            Err(trouble) => return Err(trouble.to_string()),
        }
        self.not_too_early()?;
        self.connection_ends()
    }

    /// The end, and nothing before; somebody else's server may say 408.
    fn ends_silently(&mut self) -> Result<(), String> {
        let end = self.connection.read_to_end();
        if end.is_none() {
            return Err(format!("still open after {:?}", self.subject.patience));
        }
        let unread = self.connection.unread();
        if !unread.is_empty() && (self.subject.is_ours || !unread.starts_with(b"HTTP/1.1 408 ")) {
            return Err("an answer to no request".to_owned());
        }
        self.not_too_early()
    }

    /// A server that ends everything at once keeps nobody waiting either.
    fn not_too_early(&self) -> Result<(), String> {
        let elapsed = self.since.elapsed();
        if self.subject.is_ours && elapsed < HASTE / 2 {
            return Err(format!("after {elapsed:?}, which is too early"));
        }
        Ok(())
    }

    fn connection_ends(&mut self) -> Result<(), String> {
        match self.connection.read_to_end() {
            Some(_) if self.connection.unread().is_empty() => Ok(()),
            Some(_) => Err("something behind the answer".to_owned()),
            None => Err("the connection stays open".to_owned()),
        }
    }
}
