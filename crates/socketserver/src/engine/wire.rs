//! The way to one client, without waiting.

use super::selector::Interest;
use crate::{Connection, Presence};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
#[cfg(not(windows))]
use rustix::net::SendAncillaryBuffer;
use rustix::net::{self, RecvFlags, SendFlags};
use socket2::SockRef;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// A connection that the engine can wait for: any that has a descriptor, as `TcpStream` and `UnixStream`.
///
/// # Examples
///
/// Its [`sock_ref`](Self::sock_ref) has the socket options of the connection:
///
/// ```
/// use socketserver::engine::PollableConnection;
/// use std::io;
/// use std::net::{TcpListener, TcpStream};
///
/// /// Has the system find out about clients that vanish without a word.
/// fn keep_alive(client: &impl PollableConnection) -> io::Result<()> {
///     client.sock_ref().set_keepalive(true)
/// }
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// keep_alive(&client)?;
/// assert!(client.sock_ref().keepalive()?);
/// # io::Result::Ok(())
/// ```
pub trait PollableConnection: Connection + Sync {
    /// Lends the socket to `socket2`, which knows how to do all of it.
    fn sock_ref(&self) -> SockRef<'_>;
}

#[cfg(unix)]
impl<C: Connection + Sync + std::os::fd::AsFd> PollableConnection for C {
    fn sock_ref(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

#[cfg(windows)]
impl<C: Connection + Sync + std::os::windows::io::AsSocket> PollableConnection for C {
    fn sock_ref(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

/// What the engine does with a connection; a rehearsal and the model test have one without a socket.
///
/// Reads and writes fail with `WouldBlock` instead of waiting.
pub(super) trait Wire: Send + Sync + 'static {
    fn read(&self, room: &mut [u8]) -> io::Result<usize>;
    fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Tells the client that no more will come.
    fn end_sending(&self) -> io::Result<()>;
    /// Has the coming close reset the connection instead of sending what is left.
    fn reset(&self);
    /// Waits, in a thread of its own, for the client; false if the time passed first.
    fn wait(&self, interest: Interest, timeout: Option<Duration>) -> io::Result<bool>;
    /// What can be seen of the client without reading.
    fn presence(&self) -> Presence {
        Presence::There
    }
    /// The clock by which that time passes.
    fn now(&self) -> Instant {
        Instant::now()
    }
}

impl<C: PollableConnection> Wire for C {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        let received = uninterrupted(|| net::recv(&*self.sock_ref(), &mut *room, RECEIVE))?;
        Ok(received.0)
    }

    fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let sent = uninterrupted(|| match parts {
            [part] => net::send(&*self.sock_ref(), part, SEND),
            parts => send_parts(&self.sock_ref(), parts),
        })?;
        Ok(sent)
    }

    fn end_sending(&self) -> io::Result<()> {
        self.sock_ref().shutdown(Shutdown::Write)
    }

    fn reset(&self) {
        // Best effort: without it the system just holds the rest of the answer a while longer.
        let _ = self.sock_ref().set_linger(Some(Duration::ZERO));
    }

    fn wait(&self, interest: Interest, timeout: Option<Duration>) -> io::Result<bool> {
        is_ready(&self.sock_ref(), interest, timeout)
    }

    fn presence(&self) -> Presence {
        Presence::of(self)
    }
}

/// Waits for one socket, as long as that; false if the time passed first.
pub(super) fn is_ready(
    socket: &SockRef<'_>,
    interest: Interest,
    timeout: Option<Duration>,
) -> io::Result<bool> {
    let flags = match interest {
        Interest::Read => PollFlags::IN,
        Interest::Write => PollFlags::OUT,
    };
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        match poll(&mut [PollFd::new(&**socket, flags)], Some(&timespec(left))) {
            Ok(0) if deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                return Ok(false);
            }
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}

// Where a call can be told not to wait, a socket needs no system call to become one that never does.
#[cfg(not(windows))]
const RECEIVE: RecvFlags = RecvFlags::DONTWAIT;
#[cfg(not(any(windows, target_vendor = "apple")))]
const SEND: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
#[cfg(target_vendor = "apple")]
const SEND: SendFlags = SendFlags::DONTWAIT;
#[cfg(windows)]
const RECEIVE: RecvFlags = RecvFlags::empty();
#[cfg(windows)]
const SEND: SendFlags = SendFlags::empty();

#[cfg(not(windows))]
fn send_parts(socket: &SockRef<'_>, parts: &[IoSlice<'_>]) -> Result<usize, Errno> {
    net::sendmsg(&**socket, parts, &mut SendAncillaryBuffer::default(), SEND)
}

/// `sendmsg` is not in this system's part of `rustix`.
#[cfg(windows)]
fn send_parts(socket: &SockRef<'_>, parts: &[IoSlice<'_>]) -> Result<usize, Errno> {
    let first = parts.iter().find(|part| !part.is_empty());
    net::send(&**socket, first.map_or(&[], |part| part), SEND)
}

/// Repeats what a signal interrupted (PEP 475).
fn uninterrupted<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

/// Some systems refuse waits of more than about 24 days.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        // At most LONGEST_WAIT, so it fits every platform's type.
        tv_sec: duration.as_secs() as _,
        tv_nsec: duration.subsec_nanos() as _,
    }
}
