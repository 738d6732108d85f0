//! How long a connection may keep its server's attention while its client sends nothing.
//!
//! A handler that expects more from its client, a next request on the same connection for example, would sit in a read
//! until the client speaks or a timeout passes. Meanwhile others may need the server: clients in the backlog, if the
//! handler runs in the thread of the serving loop, and whoever wants the server to stop. [`Attendance::wait`] waits for
//! all of them at once.

use crate::control::Loop;
use crate::term::{Term, Turn};
use socket2::SockRef;
use std::fmt;
use std::io;
use std::sync::Arc;
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
///
/// # Examples
///
/// What a wait for a silent client comes to while another client waits:
///
/// ```
/// use socketserver::{Heed, Serve, StreamRequest, StreamRequestHandler, TcpServer, socket2::SockRef};
/// use std::io::{self, Read, Write};
/// use std::net::TcpStream;
/// use std::time::Duration;
///
/// struct Patient;
///
/// impl StreamRequestHandler for Patient {
///     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
///         let Some(attendance) = x.server.attendance() else { return Ok(()) };
///         let socket = SockRef::from(x.connection);
///         let wait = |heed| attendance.wait(&socket, heed, Some(Duration::from_millis(1)));
///         write!(x.wfile, "{:?}, {:?}", wait(Heed::Stop)?, wait(Heed::Clients)?)
///     }
/// }
///
/// let server = TcpServer::bind("127.0.0.1:0", || Patient)?;
/// let mut silent = TcpStream::connect(server.server_address())?;
/// let another = TcpStream::connect(server.server_address())?;
/// server.handle_request()?;
///
/// let mut turns = String::new();
/// silent.read_to_string(&mut turns)?;
/// assert_eq!(turns, "Nobody, Others");
/// # drop(another);
/// # io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heed {
    /// For whoever stops or closes the server.
    Stop,
    /// Also for other clients, if they wait for this one: see [`Attendance::holds_the_loop`].
    Clients,
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
        self.is_stopping() || self.held == Some(Loop::Once)
    }

    /// Whether the server has been told to stop or is closed, so that a handler should not wait for much longer. Costs no
    /// system call.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.term.is_over()
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
