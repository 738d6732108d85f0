//! The end of a server's term, and waiting for it and for clients at once.

use crate::lock::lock;
use crate::wakeup::{PairStream, is_ready, pair, poll_readable};
use rustix::event::{PollFd, PollFlags};
use socket2::SockRef;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Whose turn it is after a wait.
///
/// # Examples
///
/// What an HTTP server tells its client in the header `Connection`:
///
/// ```
/// use socketserver::Turn;
///
/// fn connection_header(turn: Turn) -> Option<&'static str> {
///     match turn {
///         Turn::Client { last: false } => Some("keep-alive"),
///         Turn::Client { last: true } => Some("close"),
///         _ => None, // no request came, so there is no answer
///     }
/// }
///
/// assert_eq!(connection_header(Turn::Client { last: true }), Some("close"));
/// assert_eq!(connection_header(Turn::Others), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn {
    /// The client's: it has sent something, or has closed.
    Client {
        /// Others wait, too: what the client has sent should be the last that is attended to on this connection.
        last: bool,
    },
    /// The client has sent nothing, and others need the server.
    Others,
    /// The time is over.
    Nobody,
}

/// The time from one stop of a server to the next. It ends once, and everybody who waits in it notices.
#[derive(Debug, Default)]
pub(crate) struct Term {
    over: AtomicBool,
    /// Made by the first who waits; both ends stay until nobody does.
    bell: Mutex<Option<Arc<Bell>>>,
}

/// A pair of sockets. Its one byte is written when the term ends and never read, so it wakes all, and also those who come
/// later.
#[derive(Debug)]
struct Bell {
    sender: PairStream,
    receiver: PairStream,
}

impl Term {
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    pub(crate) fn end(&self) {
        // Under the lock, so that nobody makes a bell in between that never rings.
        let bell = lock(&self.bell);
        self.over.store(true, Ordering::Release);
        if let Some(bell) = &*bell {
            // A second byte changes nothing, so neither does a failure for want of room.
            let _ = (&bell.sender).write(&[0]);
        }
    }

    /// The bell; none if the term is over.
    fn bell(&self) -> io::Result<Option<Arc<Bell>>> {
        let mut bell = lock(&self.bell);
        if self.is_over() {
            return Ok(None);
        }
        if let Some(bell) = &*bell {
            return Ok(Some(Arc::clone(bell)));
        }
        let (sender, receiver) = pair()?;
        sender.set_nonblocking(true)?;
        Ok(Some(Arc::clone(bell.insert(Arc::new(Bell { sender, receiver })))))
    }

    /// Waits for a client, for the end of the term, and, if there is a listener, for other clients.
    pub(crate) fn wait(
        &self,
        connection: &SockRef<'_>,
        listener: Option<&SockRef<'_>>,
        timeout: Option<Duration>,
    ) -> io::Result<Turn> {
        let bell = self.bell()?;
        let mut descriptors = Vec::with_capacity(3);
        descriptors.push(PollFd::new(&**connection, PollFlags::IN));
        descriptors.extend(bell.as_ref().map(|bell| PollFd::new(&bell.receiver, PollFlags::IN)));
        descriptors.extend(listener.map(|listener| PollFd::new(&**listener, PollFlags::IN)));
        // Once the term is over nobody waits, but what has come, has come.
        let timeout = if bell.is_some() { timeout } else { Some(Duration::ZERO) };
        poll_readable(&mut descriptors, timeout)?;
        let mut descriptors = descriptors.iter();
        let client = descriptors.next().is_some_and(is_ready);
        let others = bell.is_none() || descriptors.any(is_ready);
        Ok(match (client, others) {
            (true, last) => Turn::Client { last },
            (false, true) => Turn::Others,
            (false, false) => Turn::Nobody,
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::time::Instant;

    const LONG: Option<Duration> = Some(Duration::from_secs(60));

    #[test]
    fn the_end_of_a_term_wakes_everybody_who_waits_and_who_comes_later() {
        let term = Term::default();
        let pairs: Vec<_> = (0..4).map(|_| PairStream::pair().unwrap()).collect();
        std::thread::scope(|scope| {
            let waiting: Vec<_> = pairs
                .iter()
                .map(|(near, _)| {
                    scope.spawn(|| term.wait(&SockRef::from(&near.as_fd()), None, LONG))
                })
                .collect();
            term.end();
            for wait in waiting {
                assert_eq!(wait.join().unwrap().unwrap(), Turn::Others);
            }
        });
        // Nobody waits any more.
        let began = Instant::now();
        let near = pairs[0].0.as_fd();
        assert_eq!(term.wait(&SockRef::from(&near), None, LONG).unwrap(), Turn::Others);
        (&pairs[0].1).write_all(b"x").unwrap();
        let turn = term.wait(&SockRef::from(&near), None, LONG).unwrap();
        assert_eq!(turn, Turn::Client { last: true });
        assert!(began.elapsed() < LONG.unwrap() / 2);
    }

    #[test]
    fn a_wait_tells_whose_turn_it_is() {
        let term = Term::default();
        let (near, mut far) = PairStream::pair().unwrap();
        let (listener, mut client) = PairStream::pair().unwrap();
        let (near, listener) = (near.as_fd(), listener.as_fd());
        let (near, listener) = (SockRef::from(&near), SockRef::from(&listener));
        let wait = |timeout| term.wait(&near, Some(&listener), timeout).unwrap();
        assert_eq!(wait(Some(Duration::from_millis(1))), Turn::Nobody);
        client.write_all(b"x").unwrap();
        assert_eq!(wait(LONG), Turn::Others);
        far.write_all(b"x").unwrap();
        assert_eq!(wait(LONG), Turn::Client { last: true });
        assert_eq!(term.wait(&near, None, LONG).unwrap(), Turn::Client { last: false });
    }
}
