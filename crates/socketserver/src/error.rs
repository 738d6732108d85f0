//! What a caller can do wrong.

use std::any::TypeId;
use std::fmt;
use std::io;

/// The caller asked for something that cannot be; each message says what to do instead.
///
/// Methods return it inside an [`io::Error`]; `error.get_ref()` and a downcast give it back.
///
/// # Examples
///
/// ```
/// use socketserver::{BaseRequestHandler, BaseServer, Misuse, Raw, Serve, TcpServer};
///
/// struct Nothing;
/// impl BaseRequestHandler for Nothing {}
///
/// let server = TcpServer::bind("127.0.0.1:0", Raw(|| Nothing))?;
/// server.server_close();
/// let error = server.serve_forever().unwrap_err();
/// assert!(matches!(Misuse::of(&error), Some(Misuse::Closed)));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A loop was started, or the socket asked for, after `server_close`.
    /// CPython: `ValueError: Invalid file descriptor: -1`.
    #[error("the server is closed: its socket is gone after server_close(), make a new server")]
    Closed,
    /// A loop was started on a socket that takes no requests yet.
    #[error("the server does not listen yet: call bind_and_activate() before a serving loop")]
    NotActive,
    /// A second loop was started while one runs.
    #[error(
        "the server serves already: one serve_forever() or handle_request() runs at a time; \
         for several at once wrap it in ThreadingMixIn"
    )]
    AlreadyServing,
    /// An address was written in a way that names no place to serve.
    #[error("{given:?} is no address to serve on: {rule}")]
    Address {
        /// What was given.
        given: String,
        /// What is wrong with it, and the forms there are.
        rule: &'static str,
    },
}

impl Misuse {
    /// The misuse inside an [`io::Error`], if that is what it is.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<Misuse> for io::Error {
    fn from(misuse: Misuse) -> Self {
        let kind = match misuse {
            Misuse::Closed | Misuse::NotActive => io::ErrorKind::NotConnected,
            Misuse::AlreadyServing => io::ErrorKind::ResourceBusy,
            Misuse::Address { .. } => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, misuse)
    }
}

/// Binding failed: what was tried, what the system said, and the way out.
#[derive(thiserror::Error)]
#[error("cannot serve on {address}: {source}{hint}")]
struct BindError {
    address: String,
    source: io::Error,
    hint: &'static str,
}

/// Shows the message as text: it is what a program whose `main` returns the error prints.
impl fmt::Debug for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_string().fmt(f)
    }
}

/// Adds the address and a way out to an error of `bind` or `listen`; the kind stays. `A` is the type of the address.
pub(crate) fn bind_error<A: 'static>(address: String, source: io::Error) -> io::Error {
    let has_port = TypeId::of::<A>() == TypeId::of::<std::net::SocketAddr>();
    let hint = match (source.kind(), has_port) {
        (io::ErrorKind::AddrInUse, true) => {
            "; something serves there already: choose another port, or port 0 for a free one"
        }
        (io::ErrorKind::AddrInUse, false) => {
            "; something serves there already, or a socket file is left over: \
             choose another place, or remove the file"
        }
        (io::ErrorKind::PermissionDenied, true) => {
            "; ports below 1024 need privileges: \
             choose a port from 1024 up, or port 0 for a free one"
        }
        (io::ErrorKind::PermissionDenied, false) => {
            "; the folder of a socket file has to be writable"
        }
        (io::ErrorKind::AddrNotAvailable, true) => {
            "; this machine has no such address: 127.0.0.1 serves this machine only, \
             an empty host every interface"
        }
        _ => "",
    };
    io::Error::new(source.kind(), BindError { address, source, hint })
}
