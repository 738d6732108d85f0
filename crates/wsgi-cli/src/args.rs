//! The command line: its options, its help, and what is wrong with a bad one.

use std::net::SocketAddr;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::bind::{BindAddress, Host, parse_port};

/// The port served when none is named; that of `python -m http.server`.
const DEFAULT_PORT: u16 = 8000;

const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nwsgiref in Rust: CPython's socketserver, http.server and wsgiref (reference: CPython 3.15)",
    "\nLicence: ",
    env!("CARGO_PKG_LICENSE"),
);

const EXAMPLES: &str = "\
Examples:
  wsgi-simple-server                       on http://127.0.0.1:8000/, for this machine only
  wsgi-simple-server --port 0              on a free port, which is printed
  wsgi-simple-server --bind 0.0.0.0        for the network, over IPv4
  wsgi-simple-server --bind '[::]:8080'    for the network, over IPv6 and IPv4, on port 8080
  wsgi-simple-server --quiet               without a line for each request

Ctrl-C ends it.";

/// Serves the demo application of wsgiref: a page that greets the world and shows
/// what a WSGI application is told about a request.
#[derive(Debug, Parser)]
#[command(name = "wsgi-simple-server", version, long_version = LONG_VERSION, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The port to listen on; 0 takes a free one [default: 8000]
    #[arg(long, value_name = "N", value_parser = parse_port, allow_negative_numbers = true)]
    port: Option<u16>,

    /// The address to listen on, and the port if --port is not given: 127.0.0.1, ::1,
    /// localhost:8080, [::1]:8080; 0.0.0.0 and :: are every address of this machine
    #[arg(short, long, value_name = "ADDRESS[:PORT]", default_value = "127.0.0.1")]
    bind: BindAddress,

    /// Write no line for each request
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl Args {
    /// Reads the command line; on a bad one (status 2), and on `--help` and
    /// `--version` (status 0), prints what there is to say and exits.
    pub(crate) fn from_command_line() -> (Self, u16) {
        let args = Self::try_parse().unwrap_or_else(|error| explain_positional(error).exit());
        match args.port() {
            Ok(port) => (args, port),
            Err(error) => error.exit(),
        }
    }

    /// The host to listen on.
    pub(crate) fn host(&self) -> &Host {
        &self.bind.host
    }

    /// Where the port was given, or would be.
    pub(crate) fn port_option(&self) -> PortOption {
        match (self.port, self.bind.port) {
            (None, Some(_)) => PortOption::Bind,
            _ => PortOption::Port,
        }
    }

    /// The port to listen on.
    ///
    /// Two ports that differ are refused: neither place is the more natural one to
    /// win, and the wrong guess serves where nobody looks.
    fn port(&self) -> Result<u16, clap::Error> {
        match (self.port, self.bind.port) {
            (Some(port), Some(bound)) if port != bound => Err(usage_error(
                ErrorKind::ArgumentConflict,
                format!("two ports are given, {port} by --port and {bound} by --bind: keep one"),
            )),
            (port, bound) => Ok(port.or(bound).unwrap_or(DEFAULT_PORT)),
        }
    }
}

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

/// Says what to write instead of a bare port number, which is how
/// `python -m http.server 8000` takes it.
fn explain_positional(error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(word)))
            if word.parse::<u16>().is_ok() =>
        {
            usage_error(error.kind(), format!("unexpected argument '{word}': write --port {word}"))
        }
        _ => error,
    }
}

fn usage_error(kind: ErrorKind, message: String) -> clap::Error {
    Args::command().error(kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port_of(words: &[&str]) -> Result<u16, String> {
        let words = std::iter::once("wsgi-simple-server").chain(words.iter().copied());
        Args::try_parse_from(words)
            .map_err(explain_positional)
            .and_then(|args| args.port())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_port_comes_from_either_place() {
        assert_eq!(port_of(&[]), Ok(8000));
        assert_eq!(port_of(&["--port", "9000"]), Ok(9000));
        assert_eq!(port_of(&["-b", "[::1]:9000"]), Ok(9000));
        assert_eq!(port_of(&["-b", "localhost:9000", "--port", "9000"]), Ok(9000));
    }

    #[test]
    fn two_different_ports_are_refused() {
        let words = port_of(&["-b", "127.0.0.1:9000", "--port", "9001"]).unwrap_err();
        assert!(
            words.starts_with(
                "error: two ports are given, 9001 by --port and 9000 by --bind: keep one"
            ),
            "{words}"
        );
    }

    #[test]
    fn a_bad_port_is_explained() {
        for (port, words) in [
            ("99999", "invalid value '99999' for '--port <N>': a port is a number from 0 to 65535"),
            ("x", "invalid value 'x' for '--port <N>': a port is a number from 0 to 65535"),
            ("-1", "invalid value '-1' for '--port <N>': a port is a number from 0 to 65535"),
        ] {
            let said = port_of(&["--port", port]).unwrap_err();
            assert!(said.starts_with(&format!("error: {words}")), "{said}");
        }
    }

    #[test]
    fn a_bare_number_is_taken_for_a_misplaced_port() {
        let said = port_of(&["9000"]).unwrap_err();
        assert!(said.starts_with("error: unexpected argument '9000': write --port 9000"), "{said}");
    }
}
