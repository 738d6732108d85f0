//! How long a connection may keep its server's attention while its client sends nothing.
//!
//! A handler that expects more from its client, a next request on the same connection for example, would sit in a read
//! until the client speaks or a timeout passes. Meanwhile others may need the server: clients in the backlog, if the
//! handler runs in the thread of the serving loop, and whoever wants the server to stop. [`Attendance::wait`] waits for
//! all of them at once.

use crate::control::Loop;
use crate::server::lock;
use crate::wakeup::{PairStream, is_ready, pair, poll_readable};
use crate::{RequestHandlerClass, Server, Transport};
use rustix::event::{PollFd, PollFlags};
use socket2::SockRef;
use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What ties a request to the server that attends to it; from [`ServerInfo::attendance`](crate::ServerInfo::attendance).
///
/// A handler of one request per connection needs none of it.
///
/// # Examples
///
/// A handler that answers line by line, but lets others go first and the server stop whenever its client pauses:
///
/// ```
/// use socketserver::{Heed, Serve, StreamRequest, StreamRequestHandler, TcpServer, Turn, socket2::SockRef};
/// use std::io::{self, BufRead, Read, Write};
/// use std::net::TcpStream;
/// use std::time::Duration;
///
/// struct Polite;
///
/// impl StreamRequestHandler for Polite {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         let mut line = String::new();
///         let patience = Some(Duration::from_secs(15));
///         loop {
///             if let Some(attendance) = x.server.attendance().filter(|_| x.rfile.buffer().is_empty()) {
///                 let socket = SockRef::from(x.connection);
///                 if !matches!(attendance.wait(&socket, Heed::Clients, patience)?, Turn::Client { .. }) {
///                     return Ok(());
///                 }
///             }
///             line.clear();
///             if x.rfile.read_line(&mut line)? == 0 {
///                 return Ok(());
///             }
///             x.wfile.write_all(line.to_uppercase().as_bytes())?;
///         }
///     }
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", || Polite)?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| server.serve_forever());
///     let mut silent = TcpStream::connect(server.server_address())?;
///     let mut client = TcpStream::connect(server.server_address())?;
///     assert_eq!(silent.read(&mut [0])?, 0); // closed, because another client waits
///
///     client.write_all(b"hello\n")?;
///     let mut answer = [0; 6];
///     client.read_exact(&mut answer)?;
///     assert_eq!(&answer, b"HELLO\n");
///     server.shutdown(); // does not wait for the client either
///     io::Result::Ok(())
/// })?;
/// # io::Result::Ok(())
/// ```
pub struct Attendance<'a> {
    server: &'a dyn Attending,
    term: Arc<Term>,
    /// The loop whose thread this is.
    held: Option<Loop>,
}

/// For whom a waiting connection gives up its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heed {
    /// For whoever stops or closes the server.
    Stop,
    /// Also for other clients, if they wait for this one: see [`Attendance::holds_the_loop`].
    Clients,
}

/// Whose turn it is after a wait.
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

impl<'a> Attendance<'a> {
    pub(crate) fn new(server: &'a dyn Attending, term: Arc<Term>, held: Option<Loop>) -> Self {
        Self { server, term, held }
    }

    /// Whether the request is handled in the thread of the serving loop, so that nobody else is attended to before it
    /// ends: a server without a mix-in.
    #[must_use]
    pub fn holds_the_loop(&self) -> bool {
        self.held.is_some()
    }

    /// Whether what is being handled should be the last on its connection: the server has been told to stop or is
    /// closed, or its loop is [`handle_request`](crate::Serve::handle_request). Costs no system call.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.term.is_over() || self.held == Some(Loop::Once)
    }

    /// Waits until the client has sent something, others need the server, or the time is over.
    ///
    /// What the client has sent before counts first, and nothing is read. `connection` is the connection of this
    /// request; bytes that were read from it into a buffer are not seen here.
    ///
    /// # Errors
    ///
    /// Those of the system calls. The first wait of a server makes a pair of sockets, so it can fail for want of
    /// descriptors; an ordinary read is as good then, only that it ends for nobody.
    pub fn wait(
        &self,
        connection: &SockRef<'_>,
        heed: Heed,
        timeout: Option<Duration>,
    ) -> io::Result<Turn> {
        if heed == Heed::Clients && self.holds_the_loop() {
            self.server.wait_with_clients(&self.term, connection, timeout)
        } else {
            self.term.wait(connection, None, timeout)
        }
    }
}

impl fmt::Debug for Attendance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attendance")
            .field("holds_the_loop", &self.holds_the_loop())
            .field("is_last", &self.is_last())
            .finish_non_exhaustive()
    }
}

/// A server of any type that knows where its next clients wait.
pub(crate) trait Attending: Sync {
    fn wait_with_clients(
        &self,
        term: &Term,
        connection: &SockRef<'_>,
        timeout: Option<Duration>,
    ) -> io::Result<Turn>;
}

impl<T: Transport, C: RequestHandlerClass<T>> Attending for Server<T, C> {
    fn wait_with_clients(
        &self,
        term: &Term,
        connection: &SockRef<'_>,
        timeout: Option<Duration>,
    ) -> io::Result<Turn> {
        // The socket of a closed server is gone, and its term over.
        let socket = self.socket().ok();
        let listener = socket.as_deref().map(|socket| self.transport().sock_ref(socket));
        term.wait(connection, listener.as_ref(), timeout)
    }
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

    fn wait(
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
        let near = pairs[0].0.as_fd();
        assert_eq!(term.wait(&SockRef::from(&near), None, LONG).unwrap(), Turn::Others);
        (&pairs[0].1).write_all(b"x").unwrap();
        let turn = term.wait(&SockRef::from(&near), None, LONG).unwrap();
        assert_eq!(turn, Turn::Client { last: true });
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
