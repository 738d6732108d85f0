//! A connection that remembers everything that passed over it, and never waits longer than it was told to.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socketserver::socket2::SockRef;

/// A client's connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    patience: Duration,
    sent: Vec<u8>,
    received: Vec<u8>,
    /// How many of the received bytes have been read as answers.
    consumed: usize,
    end: Option<End>,
}

/// How the server ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order: every byte it sent has come.
    Closed,
    /// With a reset, which can destroy what it sent.
    Reset,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed the connection",
            Self::Reset => "reset the connection",
        })
    }
}

/// What reading brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    Bytes,
    End(End),
    Silence,
}

impl Connection {
    /// Connects, and never waits longer than `patience` for anything from now on.
    ///
    /// # Errors
    ///
    /// Those of connecting.
    pub fn open(server: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&server, patience)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self {
            stream,
            patience,
            sent: Vec::new(),
            received: Vec::new(),
            consumed: 0,
            end: None,
        })
    }

    /// Sends bytes; false if the server does not take them, which is no fault yet: what it says is what counts.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.sent.extend_from_slice(bytes);
        self.stream.write_all(bytes).is_ok()
    }

    /// Sends one byte in each segment, as far as the system lets a program decide that.
    pub fn send_by_byte(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.send_apart(std::slice::from_ref(byte)))
    }

    /// Sends bytes, and lets the server look at them before more is sent.
    pub fn send_apart(&mut self, bytes: &[u8]) -> bool {
        let sent = self.send(bytes);
        // Mostly it is the server's turn then. Whether it looks is up to the system, and waiting for it would take seconds.
        std::thread::yield_now();
        sent
    }

    /// Says that nothing more will be sent, and goes on reading.
    pub fn finish(&mut self) {
        // Fails where the server has reset the connection, which is found when its answer is read.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Ends the connection with a reset, as a client that is killed.
    pub fn abort(self) {
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    /// Every byte that was given to [`send`](Self::send).
    #[must_use]
    pub fn sent(&self) -> &[u8] {
        &self.sent
    }

    /// Every byte that has come.
    #[must_use]
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// What has come and was not read as an answer yet.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        &self.received[self.consumed.min(self.received.len())..]
    }

    /// How long this client waits.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// The socket, for clients that do worse things than this one.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Reads until the server ends the connection; `None` if it does not.
    ///
    /// What comes until then stays [`unread`](Self::unread).
    pub fn read_to_end(&mut self) -> Option<End> {
        let deadline = self.deadline();
        loop {
            match self.fill(deadline) {
                More::Bytes => {}
                More::End(end) => return Some(end),
                More::Silence => return None,
            }
        }
    }

    /// Reads until these bytes have come, wherever in what was not read as an answer yet.
    pub fn read_until(&mut self, bytes: &[u8]) -> bool {
        let deadline = self.deadline();
        while !self.unread().windows(bytes.len().max(1)).any(|window| window == bytes) {
            if self.fill(deadline) != More::Bytes {
                return false;
            }
        }
        true
    }

    /// Waits for so long; whether nothing came meanwhile, and the server did not end the connection.
    pub fn is_silent_for(&mut self, pause: Duration) -> bool {
        self.fill(Instant::now() + pause) == More::Silence
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.consumed += count;
    }

    /// Waits for more bytes, at most until the deadline.
    pub(super) fn fill(&mut self, deadline: Instant) -> More {
        if let Some(end) = self.end {
            return More::End(end);
        }
        let mut buffer = [0; 16 * 1024];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // Zero would mean for ever.
            if left.is_zero() || self.stream.set_read_timeout(Some(left)).is_err() {
                return More::Silence;
            }
            let end = match self.stream.read(&mut buffer) {
                Ok(0) => End::Closed,
                Ok(count) => {
                    self.received.extend_from_slice(&buffer[..count]);
                    return More::Bytes;
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                        continue;
                    }
                    _ => End::Reset,
                },
            };
            self.end = Some(end);
            return More::End(end);
        }
    }
}
