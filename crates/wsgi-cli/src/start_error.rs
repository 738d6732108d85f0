//! Why the server could not start, in one line that names the way out.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use crate::args::PortOption;
use crate::port_holder::port_holder;

/// Why the server could not start.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The name given with `--bind` has no address.
    Resolve(io::Error),
    /// There is no such directory to serve, as it says.
    Directory(String),
    /// The names and passwords cannot be had, as it says.
    Auth(String),
    /// Something is wrong with the certificate or its key, as it says.
    Tls(String),
    /// The system does not let us listen there.
    Listen { address: SocketAddr, port_option: PortOption, error: io::Error },
    /// The system does not tell us about signals.
    Signals(io::Error),
    /// The serving loop failed.
    Serve(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(error) => f.write_str(&words_of(error)),
            Self::Directory(words) | Self::Auth(words) => f.write_str(words),
            Self::Tls(words) => f.write_str(without_number(words)),
            Self::Listen { address, port_option, error } => {
                explain_listen(f, *address, *port_option, error)
            }
            Self::Signals(error) => write!(f, "cannot watch for signals: {}", words_of(error)),
            Self::Serve(error) => write!(f, "cannot go on serving: {}", words_of(error)),
        }
    }
}

fn explain_listen(
    f: &mut fmt::Formatter<'_>,
    address: SocketAddr,
    port_option: PortOption,
    error: &io::Error,
) -> fmt::Result {
    let on_port = |port| port_option.with(SocketAddr::new(address.ip(), port));
    match error.kind() {
        ErrorKind::AddrInUse => {
            write!(f, "{address} is already in use")?;
            if let Some(holder) = port_holder(address) {
                write!(f, " by {holder}")?;
            }
            write!(f, "; take a free port with {}", on_port(0))?;
            match address.port().checked_add(1) {
                Some(next) => write!(f, ", or another one, such as {}", on_port(next)),
                None => Ok(()),
            }
        }
        ErrorKind::PermissionDenied if address.port() < 1024 => {
            let port = address.port();
            write!(f, "port {port} is reserved for privileged users; take one from 1024 up, ")?;
            write!(f, "such as {}", on_port(if port == 443 { 8443 } else { 8080 }))
        }
        ErrorKind::AddrNotAvailable => {
            write!(f, "{} is not an address of this machine; ", address.ip())?;
            write!(f, "127.0.0.1 is, and 0.0.0.0 stands for all it has")?;
            match address {
                // `::1:8080` is an address, if an unlikely one.
                SocketAddr::V6(_) => f.write_str("; with a port, write [::1]:8080"),
                SocketAddr::V4(_) => Ok(()),
            }
        }
        ErrorKind::InvalidInput if is_link_local_without_zone(address) => {
            let ip = address.ip();
            write!(f, "{ip} is an address of one network: name its interface, as in {ip}%eth0")
        }
        _ => write!(f, "cannot listen on {address}: {}", words_of(root_of(error))),
    }
}

fn is_link_local_without_zone(address: SocketAddr) -> bool {
    matches!(address, SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0)
}

/// What the system said, without the words of the library, which name the address once more.
fn root_of(error: &io::Error) -> &io::Error {
    let inner = error.get_ref().and_then(|inner| inner.source());
    inner.and_then(|source| source.downcast_ref()).unwrap_or(error)
}

/// The system's words without Rust's `(os error 98)`.
pub(crate) fn words_of(error: &io::Error) -> String {
    without_number(&error.to_string()).to_owned()
}

fn without_number(words: &str) -> &str {
    words.split_once(" (os error").map_or(words, |(words, _)| words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsgi_simple_server::WsgiServer;

    fn listen(address: &str, kind: ErrorKind) -> String {
        listen_by(PortOption::Port, address, kind)
    }

    fn listen_by(port_option: PortOption, address: &str, kind: ErrorKind) -> String {
        let address = address.parse().unwrap();
        StartError::Listen { address, port_option, error: kind.into() }.to_string()
    }

    // Port 1 of an address of the documentation range: nobody listens there.
    #[test]
    fn a_busy_port_names_the_way_out() {
        assert_eq!(
            listen("192.0.2.1:1", ErrorKind::AddrInUse),
            "192.0.2.1:1 is already in use; take a free port with --port 0, or another one, \
             such as --port 2"
        );
        assert_eq!(
            listen("[2001:db8::1]:65535", ErrorKind::AddrInUse),
            "[2001:db8::1]:65535 is already in use; take a free port with --port 0"
        );
    }

    #[test]
    fn the_way_out_fits_the_command_line() {
        assert_eq!(
            listen_by(PortOption::Bind, "[2001:db8::1]:80", ErrorKind::AddrInUse),
            "[2001:db8::1]:80 is already in use; take a free port with --bind [2001:db8::1]:0, \
             or another one, such as --bind [2001:db8::1]:81"
        );
    }

    #[test]
    fn a_privileged_port_names_the_way_out() {
        assert_eq!(
            listen("127.0.0.1:80", ErrorKind::PermissionDenied),
            "port 80 is reserved for privileged users; take one from 1024 up, such as --port 8080"
        );
    }

    #[test]
    fn an_address_of_somebody_else_is_named() {
        assert_eq!(
            listen("192.0.2.1:8000", ErrorKind::AddrNotAvailable),
            "192.0.2.1 is not an address of this machine; 127.0.0.1 is, and 0.0.0.0 stands for \
             all it has"
        );
        assert!(
            listen("[::1:8080]:8000", ErrorKind::AddrNotAvailable)
                .ends_with("; with a port, write [::1]:8080")
        );
    }

    #[test]
    fn an_address_of_one_network_needs_its_interface() {
        assert_eq!(
            listen("[fe80::1]:8000", ErrorKind::InvalidInput),
            "fe80::1 is an address of one network: name its interface, as in fe80::1%eth0"
        );
    }

    // 240.0.0.0/4 is reserved: the library wraps whatever the system says about it.
    #[test]
    fn the_address_is_named_once() {
        let address: SocketAddr = "240.0.0.1:0".parse().unwrap();
        let error = WsgiServer::bind(address).unwrap_err();
        assert!(error.to_string().contains("240.0.0.1"), "{error}");
        assert!(!root_of(&error).to_string().contains("240.0.0.1"), "{error}");
    }

    #[test]
    fn what_we_do_not_know_keeps_the_words_of_the_system() {
        let error = io::Error::other("Strange weather (os error 7)");
        let address = "127.0.0.1:80".parse().unwrap();
        assert_eq!(
            StartError::Listen { address, port_option: PortOption::Port, error }.to_string(),
            "cannot listen on 127.0.0.1:80: Strange weather"
        );
    }
}
