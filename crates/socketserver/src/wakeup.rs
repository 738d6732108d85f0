//! Waiting for a socket, and cutting the wait short from another thread.
//!
//! `poll` is asked about two descriptors: the server's socket and the reading end of a pair of
//! sockets of our own. Whoever wants the loop's attention writes a byte to the other end. Nothing
//! is registered anywhere, so a forked child shares no poller with its parent, and a listener
//! that must rest for a while is simply not asked about.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

#[cfg(not(unix))]
pub(crate) use std::net::TcpStream as PairStream;
#[cfg(unix)]
pub(crate) use std::os::unix::net::UnixStream as PairStream;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// The socket is readable, or in a state that reading will tell.
    Socket,
    /// Somebody called `wake`.
    Woken,
    /// The time is over.
    TimedOut,
}

/// Both ends of the pair.
#[derive(Debug)]
pub(crate) struct Wakeup {
    sender: PairStream,
    receiver: PairStream,
}

impl Wakeup {
    pub(crate) fn new() -> io::Result<Self> {
        let (sender, receiver) = pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Self { sender, receiver })
    }

    /// Ends a wait that runs, or the next one.
    pub(crate) fn wake(&self) {
        // The only failure is a full buffer, and then the receiver is readable already.
        let _ = (&self.sender).write(&[0]);
    }

    /// Waits; a wake-up wins over readiness and is used up by being reported.
    pub(crate) fn wait(
        &self,
        socket: Option<&SockRef<'_>>,
        timeout: Option<Duration>,
    ) -> io::Result<Readiness> {
        let mut descriptors = vec![PollFd::new(&self.receiver, PollFlags::IN)];
        descriptors.extend(socket.map(|socket| PollFd::new(&**socket, PollFlags::IN)));
        if !poll_readable(&mut descriptors, timeout)? {
            return Ok(Readiness::TimedOut);
        }
        if descriptors.first().is_some_and(is_ready) {
            self.drain();
            return Ok(Readiness::Woken);
        }
        Ok(Readiness::Socket)
    }

    /// What becomes readable by a wake-up, for whoever waits for it among others.
    pub(crate) fn sock_ref(&self) -> SockRef<'_> {
        SockRef::from(&self.receiver)
    }

    /// Uses up the wake-ups there were.
    pub(crate) fn drain(&self) {
        let mut buffer = [0; 64];
        while matches!((&self.receiver).read(&mut buffer), Ok(count) if count == buffer.len()) {}
    }
}

/// Waits until one of these is readable, or in a state that reading will tell; false if the time is over first.
pub(crate) fn poll_readable(
    descriptors: &mut [PollFd<'_>],
    timeout: Option<Duration>,
) -> io::Result<bool> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        match poll(descriptors, Some(&timespec(left))) {
            Ok(0) => {}
            Ok(_) => return Ok(true),
            // A signal handler ran; the wait goes on against the same deadline (PEP 475).
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(false);
        }
    }
}

/// Whether a wait ended for this one.
pub(crate) fn is_ready(descriptor: &PollFd<'_>) -> bool {
    !descriptor.revents().is_empty()
}

/// Systems without `ppoll` refuse waits of more than about 24 days.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        // At most LONGEST_WAIT, so it fits every platform's type.
        tv_sec: duration.as_secs() as _,
        tv_nsec: duration.subsec_nanos() as _,
    }
}

#[cfg(unix)]
pub(crate) fn pair() -> io::Result<(PairStream, PairStream)> {
    PairStream::pair()
}

/// Windows has no `socketpair`: a connection to ourselves over loopback.
#[cfg(not(unix))]
pub(crate) fn pair() -> io::Result<(PairStream, PairStream)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let sender = PairStream::connect(listener.local_addr()?)?;
    loop {
        let (receiver, peer) = listener.accept()?;
        // Somebody else may have connected first.
        if peer == sender.local_addr()? {
            sender.set_nodelay(true)?;
            return Ok((sender, receiver));
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_wake_up_before_the_wait_ends_it_and_is_used_up() {
        let wakeup = Wakeup::new().unwrap();
        for _ in 0..200 {
            wakeup.wake();
        }
        assert_eq!(wakeup.wait(None, None).unwrap(), Readiness::Woken);
        assert_eq!(wakeup.wait(None, Some(Duration::ZERO)).unwrap(), Readiness::TimedOut);
    }

    #[test]
    fn a_readable_socket_ends_the_wait_but_a_wake_up_wins() {
        let wakeup = Wakeup::new().unwrap();
        let (near, mut far) = PairStream::pair().unwrap();
        far.write_all(b"x").unwrap();
        let near = near.as_fd();
        let socket = SockRef::from(&near);
        assert_eq!(wakeup.wait(Some(&socket), None).unwrap(), Readiness::Socket);
        wakeup.wake();
        assert_eq!(wakeup.wait(Some(&socket), None).unwrap(), Readiness::Woken);
    }
}
