//! What TCP and UDP share: sockets of the family that the address has.

use crate::ServerOptions;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::SocketAddr;

/// Creates an IP socket; `::` accepts IPv4 clients too (dual stack), as `python -m http.server`
/// does.
pub(crate) fn create_socket(
    address: SocketAddr,
    kind: Type,
    protocol: Protocol,
) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if matches!(address, SocketAddr::V6(v6) if v6.ip().is_unspecified()) {
        // A system without dual stack still serves IPv6.
        let _ = socket.set_only_v6(false);
    }
    Ok(socket)
}

/// `TCPServer.server_bind`, up to the address it reports.
pub(crate) fn bind(
    socket: &SockRef<'_>,
    address: SocketAddr,
    options: &ServerOptions,
) -> io::Result<()> {
    // On Windows SO_REUSEADDR lets a second server steal the port (gh-85307).
    if options.allow_reuse_address && !cfg!(windows) {
        socket.set_reuse_address(true)?;
    }
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
    if options.allow_reuse_port {
        socket.set_reuse_port(true)?;
    }
    socket.bind(&address.into())
}

/// An address as Python prints the tuple it has for it: two items for IPv4, four for IPv6.
pub(crate) fn address_text(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => format!("('{}', {})", v4.ip(), v4.port()),
        SocketAddr::V6(v6) => {
            format!("('{}', {}, {}, {})", v6.ip(), v6.port(), v6.flowinfo(), v6.scope_id())
        }
    }
}

/// Whether the system can tell that a stream socket listens, and says that this one does not.
pub(crate) fn is_listener(socket: &SockRef<'_>) -> io::Result<bool> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    return socket.is_listener();
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    {
        let _ = socket;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_python_prints_them() {
        let check = |address: &str, printed: &str| {
            assert_eq!(address_text(&address.parse().unwrap()), printed);
        };
        check("127.0.0.1:4711", "('127.0.0.1', 4711)");
        check("[::1]:4711", "('::1', 4711, 0, 0)");
        check("[fe80::1%3]:80", "('fe80::1', 80, 0, 3)");
    }
}
