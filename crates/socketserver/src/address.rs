//! The forms in which an address to serve on can be written.

use crate::error::Misuse;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, ToSocketAddrs};

/// Something that names a place to serve on.
///
/// For TCP and UDP (`A` is [`SocketAddr`]):
///
/// | form | serves |
/// | --- | --- |
/// | `"127.0.0.1:8000"`, `("127.0.0.1", 8000)` | that interface |
/// | `"[::1]:8000"`, `("::1", 8000)` | that interface, over IPv6 |
/// | `":8000"`, `("", 8000)` | every interface, over IPv4, as in Python |
/// | `"[::]:8000"`, `("::", 8000)` | every interface, over IPv6 and IPv4 |
/// | `"localhost:8000"`, `("localhost", 8000)` | where the name points, over IPv4 if it can |
/// | a [`SocketAddr`] and its kin, `(IpAddr, u16)` | that |
///
/// Port 0 takes a free one. Only a host name is looked up; the other forms cause no name
/// resolution. The Unix transports take paths; on Linux one that begins with a NUL is a name in
/// the abstract namespace.
///
/// # Examples
///
/// ```
/// use socketserver::ToServerAddress;
/// use std::net::SocketAddr;
///
/// let address: SocketAddr = ("", 8000).to_server_address()?;
/// assert_eq!(address.to_string(), "0.0.0.0:8000");
///
/// let forgotten: std::io::Result<SocketAddr> = "8000".to_server_address();
/// assert!(forgotten.unwrap_err().to_string().contains("HOST:PORT"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait ToServerAddress<A> {
    /// Gives the address in the form the transport takes.
    ///
    /// # Errors
    ///
    /// [`Misuse::Address`] for a form that names no place, and what the system says to a host
    /// name it cannot resolve.
    fn to_server_address(&self) -> io::Result<A>;
}

impl<A, T: ToServerAddress<A> + ?Sized> ToServerAddress<A> for &T {
    fn to_server_address(&self) -> io::Result<A> {
        (**self).to_server_address()
    }
}

/// Implements the trait for what `std` converts into a `SocketAddr` without asking anybody.
macro_rules! literal_address {
    ($($type:ty),*) => {$(
        impl ToServerAddress<SocketAddr> for $type {
            fn to_server_address(&self) -> io::Result<SocketAddr> {
                Ok((*self).into())
            }
        }
    )*};
}

literal_address!(
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
    (IpAddr, u16),
    (Ipv4Addr, u16),
    (Ipv6Addr, u16)
);

impl ToServerAddress<SocketAddr> for (&str, u16) {
    fn to_server_address(&self) -> io::Result<SocketAddr> {
        let (host, port) = *self;
        if host.is_empty() {
            return Ok((Ipv4Addr::UNSPECIFIED, port).into());
        }
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok((ip, port).into());
        }
        resolve(host, port)
    }
}

impl ToServerAddress<SocketAddr> for (String, u16) {
    fn to_server_address(&self) -> io::Result<SocketAddr> {
        (self.0.as_str(), self.1).to_server_address()
    }
}

impl ToServerAddress<SocketAddr> for str {
    fn to_server_address(&self) -> io::Result<SocketAddr> {
        let misuse = |rule| Misuse::Address { given: self.to_owned(), rule };
        let (host, port) = self.rsplit_once(':').ok_or_else(|| misuse(FORMS))?;
        if host.contains(':') && !host.starts_with('[') {
            return Err(misuse(BRACKETS).into());
        }
        if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(misuse(FORMS).into());
        }
        let port: u16 = port.parse().map_err(|_| misuse(PORTS))?;
        (host, port).to_server_address()
    }
}

impl ToServerAddress<SocketAddr> for String {
    fn to_server_address(&self) -> io::Result<SocketAddr> {
        self.as_str().to_server_address()
    }
}

const FORMS: &str = "write HOST:PORT, such as \"127.0.0.1:8000\" or \"[::1]:8000\", or \":8000\" \
    for every interface";
const BRACKETS: &str = "an IPv6 address with a port needs brackets, such as \"[::1]:8000\"";
const PORTS: &str = "a port is a number from 0 (take a free one) to 65535";

/// Looks a host name up. CPython's servers are AF_INET unless told otherwise, so IPv4 goes first.
fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    let found: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot resolve {host:?}: {error}")))?
        .collect();
    let ipv4 = found.iter().find(|address| address.is_ipv4());
    ipv4.or(found.first()).copied().ok_or_else(|| {
        Misuse::Address {
            given: host.to_owned(),
            rule: "the name has no address; write one, such as 127.0.0.1",
        }
        .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(form: impl ToServerAddress<SocketAddr>) -> String {
        match form.to_server_address() {
            Ok(address) => address.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_documented_form_is_understood() {
        assert_eq!(address("127.0.0.1:8000"), "127.0.0.1:8000");
        assert_eq!(address(("127.0.0.1", 8000)), "127.0.0.1:8000");
        assert_eq!(address(("127.0.0.1".to_owned(), 8000)), "127.0.0.1:8000");
        assert_eq!(address("[::1]:8000".to_owned()), "[::1]:8000");
        assert_eq!(address(("::1", 8000)), "[::1]:8000");
        assert_eq!(address(("[::1]", 8000)), "[::1]:8000");
        assert_eq!(address(":8000"), "0.0.0.0:8000");
        assert_eq!(address(("", 8000)), "0.0.0.0:8000");
        assert_eq!(address("[::]:0"), "[::]:0");
        assert_eq!(address(("::", 0)), "[::]:0");
        assert_eq!(address((Ipv4Addr::LOCALHOST, 1)), "127.0.0.1:1");
    }

    #[test]
    fn a_host_name_prefers_ipv4() {
        assert_eq!(address("localhost:80"), "127.0.0.1:80");
    }

    #[test]
    fn what_names_no_place_is_refused_with_the_rule() {
        assert!(address("8000").contains("write HOST:PORT"));
        assert!(address("localhost:http").contains("write HOST:PORT"));
        assert!(address("localhost:").contains("write HOST:PORT"));
        assert!(address("127.0.0.1:65536").contains("0 (take a free one) to 65535"));
        assert!(address("::1:8000").contains("needs brackets"));
    }
}
