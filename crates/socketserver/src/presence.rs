//! Whether a client is still there.

use crate::engine::PollableConnection;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;

/// What can be seen of a client without reading from its connection.
///
/// # Examples
///
/// ```
/// use socketserver::Presence;
/// use std::net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// let (connection, _) = listener.accept()?;
/// assert_eq!(Presence::of(&connection), Presence::There);
/// # drop(client);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nothing is known against it.
    There,
    /// It has ended its side. It may have closed the connection, or wait for an answer all the same (RFC 9112 §9.6):
    /// that shows only when something is sent.
    Ended,
    /// It has reset the connection, or nothing can be sent any more.
    Gone,
}

impl Presence {
    /// Looks at a connection, without waiting.
    #[must_use]
    pub fn of(connection: &impl PollableConnection) -> Self {
        Self::of_socket(&connection.sock_ref())
    }

    /// The same for a socket that is lent out already.
    #[must_use]
    pub fn of_socket(socket: &SockRef<'_>) -> Self {
        let mut looked_at = [PollFd::new(&**socket, ENDED)];
        // A look that fails says nothing against the client.
        let _ = poll(&mut looked_at, Some(&Timespec::default()));
        let [found] = &looked_at;
        match found.revents() {
            found if found.intersects(GONE) => Self::Gone,
            found if found.intersects(ENDED) => Self::Ended,
            _ => Self::There,
        }
    }
}

#[cfg(target_os = "linux")]
const GONE: PollFlags = PollFlags::ERR.union(PollFlags::HUP);
#[cfg(target_os = "linux")]
const ENDED: PollFlags = PollFlags::RDHUP;

// Others say the same of an end of one side and of both, if they say anything.
#[cfg(not(target_os = "linux"))]
const GONE: PollFlags = PollFlags::ERR;
#[cfg(not(target_os = "linux"))]
const ENDED: PollFlags = PollFlags::HUP;

#[cfg(test)]
mod tests {
    use super::Presence;
    use socket2::SockRef;
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    fn expect(connection: &TcpStream, wanted: Presence) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Presence::of(connection) != wanted {
            assert!(Instant::now() < deadline, "{:?}", Presence::of(connection));
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_client_that_ended_its_side_and_one_that_is_gone_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (connection, _) = listener.accept().unwrap();
        assert_eq!(Presence::of(&connection), Presence::There);
        client.shutdown(Shutdown::Write).unwrap();
        if cfg!(target_os = "linux") {
            expect(&connection, Presence::Ended);
        }
        SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        expect(&connection, Presence::Gone);
    }
}
