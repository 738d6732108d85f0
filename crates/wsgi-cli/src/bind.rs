//! Where to listen: reading `--bind`, and finding the addresses it stands for.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use socketserver::ToServerAddress;

/// The value of `--bind`: `ADDRESS[:PORT]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BindAddress {
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
}

/// A host, as far as it is known without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Address(IpAddr),
    /// A name, or an IPv6 address with a zone (`fe80::1%eth0`): the system resolves both.
    Name(String),
}

impl FromStr for BindAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, rest)) = text.split_once("://") {
            let authority = rest.split('/').next().unwrap_or_default();
            return Err(format!("give an address, not a URL: {authority}"));
        }
        if text.contains('/') {
            return Err("this is a path; give an address or a host name".into());
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (inside, after) = rest
                .split_once(']')
                .ok_or("the closing bracket is missing; the form is [::1]:8080")?;
            let port = match after.strip_prefix(':') {
                Some(port) => Some(parse_port(port)?),
                None if after.is_empty() => None,
                None => return Err("after the bracket comes :PORT; the form is [::1]:8080".into()),
            };
            return Ok(Self { host: parse_ipv6(inside)?, port });
        }
        match text.split_once(':') {
            None => Ok(Self { host: parse_host(text)?, port: None }),
            Some((_, rest)) if rest.contains(':') => {
                Ok(Self { host: parse_ipv6(text)?, port: None })
            }
            // `:8001` changes the port only. That it stays on this machine is the safe reading.
            Some(("", port)) => Ok(Self {
                host: Host::Address(Ipv4Addr::LOCALHOST.into()),
                port: Some(parse_port(port)?),
            }),
            Some((host, port)) => {
                Ok(Self { host: parse_host(host)?, port: Some(parse_port(port)?) })
            }
        }
    }
}

impl Host {
    /// The address to listen on. Of a name with several addresses the server takes the first, IPv4 before IPv6.
    pub(crate) fn resolve(&self, port: u16) -> io::Result<SocketAddr> {
        match self {
            Self::Address(address) => Ok(SocketAddr::new(*address, port)),
            Self::Name(name) => (name.as_str(), port).to_server_address(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Reads a port number.
pub(crate) fn parse_port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "a port is a number from 0 to 65535".to_owned())
}

fn parse_host(text: &str) -> Result<Host, String> {
    if text.is_empty() {
        return Err("give an address, such as 127.0.0.1, ::1 or localhost".into());
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("this is no address; if it is a port, write --port {text}"));
    }
    // Asking the resolver for such a name would at best take long to say less.
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err("an IPv4 address is four numbers from 0 to 255, like 127.0.0.1".into());
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        return Err("this is neither an address nor a host name".into());
    }
    Ok(Host::Name(text.to_owned()))
}

fn parse_ipv6(text: &str) -> Result<Host, String> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    match (address.parse::<Ipv6Addr>(), zone) {
        (Ok(address), None) => Ok(Host::Address(address.into())),
        (Ok(_), Some(zone)) if !zone.is_empty() => Ok(Host::Name(text.to_owned())),
        _ => Err("this is not an IPv6 address; with a port the form is [::1]:8080".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Host {
        Host::Address(text.parse().unwrap())
    }

    #[test]
    fn every_form_is_understood() {
        for (text, host, port) in [
            ("127.0.0.1", address("127.0.0.1"), None),
            ("0.0.0.0:80", address("0.0.0.0"), Some(80)),
            (":8001", address("127.0.0.1"), Some(8001)),
            ("::", address("::"), None),
            ("::1", address("::1"), None),
            ("[::1]", address("::1"), None),
            ("[::1]:8080", address("::1"), Some(8080)),
            ("fe80::1%eth0", Host::Name("fe80::1%eth0".into()), None),
            ("[fe80::1%eth0]:8080", Host::Name("fe80::1%eth0".into()), Some(8080)),
            ("localhost", Host::Name("localhost".into()), None),
            ("my-host.example:0", Host::Name("my-host.example".into()), Some(0)),
        ] {
            assert_eq!(text.parse(), Ok(BindAddress { host, port }), "{text}");
        }
    }

    #[test]
    fn every_mistake_is_explained() {
        for (text, words) in [
            ("", "give an address, such as 127.0.0.1, ::1 or localhost"),
            ("300.1.1.1", "an IPv4 address is four numbers from 0 to 255, like 127.0.0.1"),
            ("1.2.3", "an IPv4 address is four numbers from 0 to 255, like 127.0.0.1"),
            ("8080", "this is no address; if it is a port, write --port 8080"),
            ("localhost:http", "a port is a number from 0 to 65535"),
            ("localhost:", "a port is a number from 0 to 65535"),
            ("[::1", "the closing bracket is missing; the form is [::1]:8080"),
            ("[::1]8080", "after the bracket comes :PORT; the form is [::1]:8080"),
            ("[localhost]:80", "this is not an IPv6 address; with a port the form is [::1]:8080"),
            ("::1:x", "this is not an IPv6 address; with a port the form is [::1]:8080"),
            ("http://localhost:80/x", "give an address, not a URL: localhost:80"),
            ("unix:/run/x.sock", "this is a path; give an address or a host name"),
            ("a b", "this is neither an address nor a host name"),
            ("*", "this is neither an address nor a host name"),
        ] {
            assert_eq!(text.parse::<BindAddress>(), Err(words.to_owned()), "{text}");
        }
    }
}
