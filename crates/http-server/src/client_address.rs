//! Who is at the other end of a connection.

use socketserver::{Tcp, Transport};
use std::fmt;
use std::net::SocketAddr;

/// The other end of a connection (`client_address`).
///
/// `Display` prints it as Python prints the address: `('127.0.0.1', 50000)`.
///
/// # Examples
///
/// ```
/// use http_server::ClientAddress;
/// use std::net::SocketAddr;
///
/// let client = ClientAddress::from(SocketAddr::from(([127, 0, 0, 1], 50000)));
/// assert_eq!(client.host(), "127.0.0.1");
/// assert_eq!(client.port(), Some(50000));
/// assert_eq!(client.to_string(), "('127.0.0.1', 50000)");
/// assert_eq!(ClientAddress::Unnamed.to_string(), "''");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientAddress {
    /// A host and a port.
    Inet(SocketAddr),
    /// No address: most clients of a Unix socket, and pipes. An empty text in Python.
    Unnamed,
    /// Some other text, such as the path of a bound Unix socket.
    Named(String),
}

impl ClientAddress {
    /// Returns the host, which is `client_address[0]` in Python; empty if there is none.
    #[must_use]
    pub fn host(&self) -> String {
        match self {
            Self::Inet(address) => address.ip().to_string(),
            Self::Unnamed => String::new(),
            Self::Named(name) => name.clone(),
        }
    }

    /// Returns the port, if the address has one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Inet(address) => Some(address.port()),
            Self::Unnamed | Self::Named(_) => None,
        }
    }
}

impl From<SocketAddr> for ClientAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Inet(address)
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => f.write_str(&Tcp.address_text(address)),
            Self::Unnamed => f.write_str("''"),
            Self::Named(name) => f.write_str(&crate::repr::str_repr(name)),
        }
    }
}
