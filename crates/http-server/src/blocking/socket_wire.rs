//! The way to the client over a connection that blocks, with the deadline of each wait.

use crate::deadlines::LINGER_BYTES;
#[cfg(all(unix, feature = "cgi"))]
use crate::exchange::Stopping;
use crate::exchange::{SENDS_TOO_SLOWLY, TAKES_TOO_SLOWLY, Trouble, Wire};
use crate::patience::{Patience, Transfer, Until};
use crate::{Connection, Deadlines};
#[cfg(all(unix, feature = "cgi"))]
use socketserver::Presence;
use socketserver::{Attendance, Heed, Turn};
use std::io::{self, ErrorKind, IoSlice};
use std::time::Duration;

/// A connection and the patience with it.
pub(super) struct SocketWire<'c> {
    connection: &'c mut dyn Connection,
    deadlines: Deadlines,
    /// The server, and who else needs it.
    attendance: Option<&'c Attendance<'c>>,
    /// Whether somebody else did when the client had last sent something.
    others_wait: bool,
    /// Whether the request that is being answered should be the last for that reason.
    last: bool,
    receiving: Receiving,
    sending: Transfer,
    /// The timeouts that are set on the connection: setting one costs a system call.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    trouble: Option<Trouble>,
}

/// What is waited for when the client sends.
enum Receiving {
    /// The first byte of a request: by a certain moment, and after the first of the two only if nobody else needs the
    /// server.
    Request { unshared: Until, until: Until },
    /// The rest of its head, the end of a body nobody reads: by a certain moment.
    Until(Until),
    /// A body that is being read: at a certain rate.
    Body(Transfer),
}

impl<'c> SocketWire<'c> {
    pub(super) fn new(
        connection: &'c mut dyn Connection,
        deadlines: &Deadlines,
        attendance: Option<&'c Attendance<'c>>,
    ) -> Self {
        Self {
            connection,
            deadlines: *deadlines,
            attendance,
            others_wait: false,
            last: false,
            receiving: Receiving::Body(Transfer::new(None)),
            sending: Transfer::new(None),
            read_timeout: None,
            write_timeout: None,
            trouble: None,
        }
    }

    /// From now on `receive` gives up after this long, whatever arrives meanwhile.
    pub(super) fn receive_within(&mut self, limit: Option<Duration>) {
        self.receiving = Receiving::Until(Until::new(self.connection.now(), limit));
    }

    /// From now on `receive` waits for the first byte of a request, and gives up also when others need the server.
    pub(super) fn await_request(&mut self, first: bool) {
        let (unshared, limit) = match first {
            true => (self.deadlines.first_byte_in_turn, self.deadlines.first_byte),
            false => (Some(Duration::ZERO), self.deadlines.idle),
        };
        let now = self.connection.now();
        self.receiving = Receiving::Request {
            unshared: Until::new(now, unshared),
            until: Until::new(now, limit),
        };
    }

    /// From now on the rates of a body and a response hold. If others wait and no request has come after this one, it is
    /// the last.
    pub(super) fn start_exchange(&mut self, may_be_last: bool) {
        self.last = may_be_last && self.others_wait;
        self.receiving = Receiving::Body(Transfer::new(self.deadlines.body));
        self.sending = Transfer::new(self.deadlines.response);
    }

    /// Whether the client speaks plain HTTP where TLS is expected.
    pub(super) fn is_plain_instead_of_tls(&self) -> bool {
        self.connection.is_plain_instead_of_tls()
    }

    /// Has the end of the connection not look like that of the response.
    pub(super) fn cut(&mut self) {
        self.connection.cut();
    }

    /// Tells the client that no more will come. False if there is nobody to tell.
    pub(super) fn end_sending(&mut self) -> bool {
        self.trouble != Some(Trouble::Gone) && self.connection.shutdown_write().is_ok()
    }

    /// Whether the client has sent something that nobody has read, or goes on sending.
    pub(super) fn has_unread(&mut self) -> bool {
        matches!(self.connection.try_read(&mut [0; 512]), Ok(1..))
    }

    /// Reads and drops what the client still sends, until it closes or its time is up.
    pub(super) fn linger(&mut self) {
        self.receive_within(self.deadlines.linger);
        let mut buf = vec![0; 64 * 1024];
        let mut dropped = 0;
        while dropped < LINGER_BYTES {
            match self.receive(&mut buf) {
                Ok(0) | Err(_) => return,
                Ok(n) => dropped += n as u64,
            }
        }
    }

    /// Makes reads return in time for the deadline. False if it has passed. A read that has not been tried may as well
    /// return earlier.
    fn prepare_read(&mut self, tried: bool) -> io::Result<bool> {
        let patience = match &mut self.receiving {
            Receiving::Request { until, .. } | Receiving::Until(until) => {
                until.patience(self.connection.now())
            }
            Receiving::Body(transfer) => transfer.patience(),
        };
        prepare(patience, !tried, &mut self.read_timeout, |timeout| {
            self.connection.set_read_timeout(timeout)
        })
    }

    fn prepare_write(&mut self) -> io::Result<bool> {
        prepare(self.sending.patience(), false, &mut self.write_timeout, |timeout| {
            self.connection.set_write_timeout(timeout)
        })
    }

    fn gone(&mut self, error: io::Error) -> io::Error {
        self.trouble = Some(Trouble::Gone);
        error
    }

    fn too_slow(&mut self, what: &str) -> io::Error {
        self.trouble.get_or_insert(Trouble::TooSlow);
        io::Error::new(ErrorKind::TimedOut, what)
    }

    /// Reads the first bytes of a request as long as nobody else needs the server. `None` if there is no such read on this
    /// connection, and an ordinary one has to do.
    fn receive_in_turn(&mut self, buf: &mut [u8]) -> Option<io::Result<usize>> {
        let (Receiving::Request { unshared, until }, Some(attendance)) =
            (&self.receiving, self.attendance)
        else {
            return None;
        };
        self.connection.socket()?;
        let busy = Patience::For(BUSY);
        let set = |timeout| self.connection.set_read_timeout(timeout);
        if let Err(error) = prepare(busy, false, &mut self.read_timeout, set) {
            return Some(Err(error));
        }
        if !attendance.holds_the_loop() {
            match self.connection.read(buf) {
                Err(error) if is_timeout(&error) => {}
                result => return Some(result),
            }
        }
        loop {
            let now = self.connection.now();
            let (heed, patience) = match unshared.patience(now) {
                Patience::Over => (Heed::Clients, until.patience(now)),
                unshared => (Heed::Stop, unshared.min(until.patience(now))),
            };
            let timeout = match patience {
                Patience::Over => return Some(Err(ErrorKind::TimedOut.into())),
                Patience::For(timeout) => Some(timeout),
                Patience::Unlimited => None,
            };
            match attendance.wait(&self.connection.socket()?, heed, timeout) {
                Ok(Turn::Client { last }) => {
                    self.others_wait = last;
                    match self.connection.read(buf) {
                        Err(error) if is_timeout(&error) => {}
                        result => return Some(result),
                    }
                }
                Ok(Turn::Others) => return Some(Err(ErrorKind::TimedOut.into())),
                Ok(_) => {}
                // Out of descriptors, for example.
                Err(_) => return None,
            }
        }
    }

    fn try_receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(result) = self.receive_in_turn(buf) {
            return result;
        }
        let mut tried = false;
        while self.prepare_read(tried)? {
            tried = true;
            let before = self.connection.now();
            let result = self.connection.read(buf);
            if let Receiving::Body(transfer) = &mut self.receiving {
                let waited = self.connection.now().saturating_duration_since(before);
                transfer.record(waited, *result.as_ref().unwrap_or(&0));
            }
            match result {
                Err(error) if is_timeout(&error) => {}
                result => return result,
            }
        }
        Err(self.too_slow(SENDS_TOO_SLOWLY))
    }

    fn try_send(&mut self, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        // Takes off the empty parts at the front.
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            if !self.prepare_write()? {
                // Best effort: without it the system just holds the rest of the response a while longer.
                let _ = self.connection.reset();
                return Err(self.too_slow(TAKES_TOO_SLOWLY));
            }
            let before = self.connection.now();
            let result = self.connection.write_vectored(parts);
            let waited = self.connection.now().saturating_duration_since(before);
            self.sending.record(waited, *result.as_ref().unwrap_or(&0));
            match result {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => IoSlice::advance_slices(&mut parts, n),
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Wire for SocketWire<'_> {
    fn receive(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.try_receive(buf).map_err(|error| match error.kind() {
            ErrorKind::TimedOut => error,
            _ => self.gone(error),
        })
    }

    fn send(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        if self.trouble == Some(Trouble::Gone) {
            return Err(ErrorKind::BrokenPipe.into());
        }
        // After an error nobody knows how much has left, so nothing may follow.
        self.try_send(parts).map_err(|error| self.gone(error))
    }

    fn start_draining(&mut self) {
        self.receive_within(self.deadlines.drain);
    }

    fn is_last(&self) -> bool {
        self.last || self.attendance.is_some_and(Attendance::is_last)
    }

    fn has_room(&self) -> bool {
        true
    }

    fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn presence(&self) -> Presence {
        let socket = self.connection.socket();
        socket.map_or(Presence::There, |socket| Presence::of_socket(&socket))
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn stopping(&self) -> Stopping {
        let told = self.attendance.is_some_and(Attendance::is_stopping);
        if told { Stopping::Patiently } else { Stopping::No }
    }

    #[cfg(all(unix, feature = "cgi"))]
    fn give_up(&mut self) {
        self.trouble = Some(Trouble::Gone);
    }
}

/// How long a thread of its own simply reads before it also listens for the end of its server. A busy client sends its
/// next request sooner, and then the wait costs the one system call of the read; a server that stops meanwhile is
/// delayed by no more than this.
const BUSY: Duration = Duration::from_millis(20);

/// Sets a timeout that ends with the patience. False if the patience is at its end.
///
/// A timeout that is set already serves if it ends earlier, because the patience is asked again then, or hardly later: not
/// much earlier, unless it `may_be_short`. So the many waits of a busy connection need no system call of their own.
fn prepare(
    patience: Patience,
    may_be_short: bool,
    current: &mut Option<Duration>,
    set: impl FnOnce(Option<Duration>) -> io::Result<()>,
) -> io::Result<bool> {
    const HARDLY: Duration = Duration::from_millis(20);
    let wanted = match patience {
        Patience::Over => return Ok(false),
        Patience::Unlimited => None,
        // Sockets refuse a timeout of zero, and round one below a microsecond down to it.
        Patience::For(remaining) => Some(remaining.max(Duration::from_millis(1))),
    };
    let serves = match (wanted, *current) {
        (None, None) => true,
        (Some(wanted), Some(current)) => {
            (may_be_short || current >= wanted / 2) && current <= wanted.saturating_add(HARDLY)
        }
        (None, Some(_)) => may_be_short,
        _ => false,
    };
    if !serves {
        set(wanted)?;
        *current = wanted;
    }
    Ok(true)
}

/// Whether a read or write came to its timeout or was interrupted, so that the patience is to be asked again.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
