//! What is said at the start: what is served, and what to type to have it.

use std::fmt;
use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use super::code::code;
use super::directory::shown;
use crate::serve::serving_line;
use crate::tls::{self, Tls};

/// What is said at the start, in several lines.
pub(super) struct Announcement<'a> {
    pub(super) address: SocketAddr,
    pub(super) tls: Option<&'a Tls>,
    pub(super) directory: &'a Path,
    /// By which addresses other machines reach it.
    pub(super) others: &'a [IpAddr],
    pub(super) audience: Audience,
    /// Whether the first of these addresses is to be shown as a code.
    pub(super) code: bool,
}

/// For whom the files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Nobody has said for whom.
    Everybody,
    /// Whoever the address was chosen for.
    AsWanted,
    /// Who knows a password.
    Known,
}

impl Audience {
    fn words(self) -> &'static str {
        match self {
            Self::Everybody => {
                "\nEverybody on the network can have them; --bind 127.0.0.1 keeps them on this machine."
            }
            Self::AsWanted => "",
            Self::Known => "\nThey are for who knows the password.",
        }
    }
}

impl Announcement<'_> {
    fn url(&self, ip: IpAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/", SocketAddr::new(ip, self.address.port()))
    }

    /// What a client on this machine types.
    fn here(&self) -> Option<IpAddr> {
        match self.address.ip() {
            // IPv4 clients come to this one, too, and everybody knows the number.
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) | IpAddr::V4(Ipv4Addr::UNSPECIFIED) => {
                Some(Ipv4Addr::LOCALHOST.into())
            }
            ip => ip.is_loopback().then_some(ip),
        }
    }
}

impl fmt::Display for Announcement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", serving_line(self.address, self.tls.is_some()))?;
        write!(f, "The files of {}:", shown(self.directory))?;
        let here = self.here().map(|ip| (self.url(ip), "on this machine"));
        let others = self.others.iter().map(|ip| (self.url(*ip), "on the network"));
        let urls: Vec<_> = here.into_iter().chain(others).collect();
        let width = urls.iter().map(|(url, _)| url.len()).max().unwrap_or_default();
        for (url, whence) in urls {
            write!(f, "\n  {url:width$}  {whence}")?;
        }
        f.write_str(self.audience.words())?;
        if let Some(fingerprint) = self.tls.and_then(|tls| tls.fingerprint.as_ref()) {
            write!(f, "\n{}", tls::words(fingerprint))?;
        }
        if self.code {
            match self.others.first().map(|ip| code(&self.url(*ip), io::stdout().is_terminal())) {
                Some(Some(code)) => write!(f, "\n{code}")?,
                _ => f.write_str("\nThere is no code to show: this machine is on no network.")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(address: &str, others: &[&str], audience: Audience) -> String {
        let others: Vec<IpAddr> = others.iter().map(|ip| ip.parse().unwrap()).collect();
        Announcement {
            address: address.parse().unwrap(),
            tls: None,
            directory: Path::new("/srv/a\nb"),
            others: &others,
            audience,
            code: false,
        }
        .to_string()
    }

    #[test]
    fn the_urls_are_those_that_people_can_type() {
        assert_eq!(
            said("[::]:8000", &["192.168.1.5", "2001:db8::5"], Audience::Everybody),
            "Serving HTTP on :: port 8000 (http://[::]:8000/) ...\n\
             The files of /srv/a\\nb:\n  \
               http://127.0.0.1:8000/      on this machine\n  \
               http://192.168.1.5:8000/    on the network\n  \
               http://[2001:db8::5]:8000/  on the network\n\
             Everybody on the network can have them; --bind 127.0.0.1 keeps them on this machine."
        );
        assert_eq!(
            said("[::1]:1", &[], Audience::AsWanted),
            "Serving HTTP on ::1 port 1 (http://[::1]:1/) ...\nThe files of /srv/a\\nb:\n  \
             http://[::1]:1/  on this machine"
        );
        assert!(said("192.0.2.7:80", &["192.0.2.7"], Audience::Known).ends_with(
            "The files of /srv/a\\nb:\n  http://192.0.2.7:80/  on the network\n\
             They are for who knows the password."
        ));
    }
}
