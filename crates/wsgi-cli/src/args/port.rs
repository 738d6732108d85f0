//! The port, which can be given in several places.

use std::net::SocketAddr;

/// The port served when none is named; that of `python -m http.server`.
pub(super) const DEFAULT_PORT: u16 = 8000;

/// Where on the command line a port goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortOption {
    Port,
    Bind,
}

impl PortOption {
    /// What to write to have this address.
    pub(crate) fn with(self, address: SocketAddr) -> String {
        match self {
            Self::Port => format!("--port {}", address.port()),
            Self::Bind => format!("--bind {address}"),
        }
    }
}

/// The port that was given, with the words for the place where it was.
///
/// Two ports that differ are refused: no place is the more natural one to win, and the wrong guess serves where
/// nobody looks.
pub(super) fn one_port(given: &[(Option<u16>, &str)]) -> Result<Option<u16>, String> {
    let mut ports = given.iter().filter_map(|(port, place)| Some(((*port)?, place)));
    let Some((port, place)) = ports.next() else { return Ok(None) };
    match ports.find(|(other, _)| *other != port) {
        None => Ok(Some(port)),
        Some((other, there)) => {
            Err(format!("two ports are given, {port} {place} and {other} {there}: keep one"))
        }
    }
}
