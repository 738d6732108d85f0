//! The command line: its options, its help, and what is wrong with a bad one.

mod auth;
mod capacity;
mod content;
mod deadlines;
mod files;
mod limits;
mod port;
mod tls;
mod tuning;

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use http_server::HandlerOptions;
use wsgi_simple_server::handler_options;

use crate::bind::{BindAddress, Host, parse_port};
pub(crate) use auth::{AuthArgs, credentials};
pub(crate) use files::{FilesArgs, Place};
pub(crate) use port::PortOption;
use port::{DEFAULT_PORT, one_port};
pub(crate) use tls::TlsArgs;
pub(crate) use tuning::Tuning;

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
  wsgi-simple-server --tls-self-signed     on https://127.0.0.1:8000/, for development
  wsgi-simple-server --threads 32 --limit-request-body 10M --head-timeout 5s
  wsgi-simple-server files                 the files of this directory, to everybody on the network

Ctrl-C or SIGTERM ends it when the running requests are answered; the second one ends it at once.";

/// Serves the demo application of wsgiref: a page that greets the world and shows
/// what a WSGI application is told about a request
///
/// No client can stall it: how long one may take, and how much it may send, has limits, which are on by default.
#[derive(Debug, Parser)]
#[command(name = "wsgi-simple-server", version, long_version = LONG_VERSION, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    instead: Option<Instead>,

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

    #[command(flatten)]
    pub(crate) tuning: Tuning,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,
}

/// What can be served instead of the demo application.
#[derive(Debug, Subcommand)]
enum Instead {
    Files(Box<FilesArgs>),
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Wanted {
    Demo { args: Box<Args>, port: u16 },
    Files { args: Box<FilesArgs>, place: Place },
}

impl Wanted {
    /// Reads the command line; on a bad one (status 2), and on `--help` and
    /// `--version` (status 0), prints what there is to say and exits.
    pub(crate) fn from_command_line() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = Args::command().try_get_matches_from(words).map_err(explain)?;
        let mut args = Args::from_arg_matches(&matches)?;
        if let (Some(Instead::Files(args)), Some((name, matches))) =
            (args.instead.take(), matches.subcommand())
        {
            let place = args.check(matches).map_err(|words| usage_error(Some(name), words))?;
            return Ok(Self::Files { args, place });
        }
        let port = args.check(&matches).map_err(|words| usage_error(None, words))?;
        Ok(Self::Demo { args: Box::new(args), port })
    }
}

impl Args {
    /// Refuses options that contradict each other, or of which one would have no effect. Returns the port that follows
    /// from them.
    fn check(&self, matches: &ArgMatches) -> Result<u16, String> {
        let port = one_port(&[(self.port, "by --port"), (self.bind.port, "by --bind")])?;
        self.tuning.check(matches)?;
        self.tls.check()?;
        Ok(port.unwrap_or(DEFAULT_PORT))
    }

    /// What they say to the handler of each connection.
    pub(crate) fn handler_options(&self) -> HandlerOptions {
        self.tuning.tune(handler_options())
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
}

/// Whether an option was given, and has not its default only.
fn chosen(matches: &ArgMatches, option: &str) -> bool {
    matches.value_source(option) == Some(ValueSource::CommandLine)
}

/// Says what to write instead of what is written in the manner of `python -m http.server`, `curl -H`, and of programs whose
/// options go before what they are for.
fn explain(error: clap::Error) -> clap::Error {
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => word.as_str(),
        _ => "",
    };
    let (argument, subcommand) =
        (word(ContextKind::InvalidArg), word(ContextKind::InvalidSubcommand));
    match error.kind() {
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => {
            let word = if subcommand.is_empty() { argument } else { subcommand };
            match word.parse::<u16>() {
                Ok(_) => {
                    usage_error(None, format!("unexpected argument '{word}': write --port {word}"))
                }
                Err(_) => error,
            }
        }
        ErrorKind::ArgumentConflict if !subcommand.is_empty() => usage_error(
            None,
            format!("options go behind '{subcommand}': wsgi-simple-server {subcommand} [OPTIONS]"),
        ),
        ErrorKind::WrongNumberOfValues if argument.starts_with("--header") => usage_error(
            Some("files"),
            "--header takes two words, without a colon: --header Cache-Control no-store".into(),
        ),
        _ => error,
    }
}

/// What is said of a command line that makes no sense, with the usage of what was to be served.
fn usage_error(subcommand: Option<&str>, message: String) -> clap::Error {
    let mut command = Args::command();
    // So that the usage has the name of the program, too.
    command.build();
    let command = match subcommand.and_then(|name| command.find_subcommand_mut(name)) {
        Some(subcommand) => subcommand,
        None => &mut command,
    };
    command.error(ErrorKind::ArgumentConflict, message)
}

/// The options that a text names.
#[cfg(test)]
fn options_in(text: &str) -> std::collections::BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    let names = text.split("--").skip(1).filter_map(|rest| rest.split(|c| !is_part(c)).next());
    names
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_server::proto::Limits;
    use http_server::{BodyOptions, Deadlines, server_options};
    use socketserver::MinRate;
    use socketserver::engine::{EngineOptions, Overload};
    use std::collections::BTreeSet;
    use std::time::Duration;

    fn read(words: &[&str]) -> Result<(Args, u16), String> {
        let words = std::iter::once("wsgi-simple-server").chain(words.iter().copied());
        match Wanted::read(words.map(OsString::from)) {
            Ok(Wanted::Demo { args, port }) => Ok((*args, port)),
            Ok(Wanted::Files { .. }) => panic!("files were not asked for"),
            Err(error) => Err(error.to_string()),
        }
    }

    fn port_of(words: &[&str]) -> Result<u16, String> {
        read(words).map(|(_, port)| port)
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

    #[test]
    fn the_defaults_are_those_of_the_libraries() {
        let (args, _) = read(&[]).unwrap();
        let (options, defaults) = (args.tuning.engine_options(), EngineOptions::default());
        let head = options.input_buffer;
        assert_eq!(format!("{options:?}"), format!("{:?}", defaults.input_buffer(head)));
        assert_eq!(format!("{:?}", args.handler_options()), format!("{:?}", handler_options()));
        assert_eq!(
            format!("{:?}", args.tuning.server_options()),
            format!("{:?}", server_options())
        );
        assert!(!args.tuning.deadlines.closes_after_each_response());
    }

    #[test]
    fn every_option_of_the_engine_has_effect() {
        let options = |words: &[&str]| read(words).unwrap().0.tuning.engine_options();
        assert_eq!(options(&["--threads", "3"]).threads, 3);
        assert_eq!(options(&["--threads", "1"]).pollers, 1);
        assert_eq!(options(&["--threads", "5", "--pollers", "5"]).pollers, 5);
        assert_eq!(options(&["--queue", "0"]).queue, 0);
        assert_eq!(options(&["--overload", "wait"]).overload, Overload::Wait);
        assert_eq!(options(&["--overload", "refuse"]).overload, Overload::Refuse);
        assert_eq!(options(&["--max-connections", "2"]).max_connections, 2);
        assert_eq!(options(&["--graceful-timeout", "500ms"]).graceful, Duration::from_millis(500));
        assert_eq!(options(&["--graceful-timeout", "off"]).graceful, Duration::MAX);
        assert_eq!(options(&["--limit-request-head", "1M"]).input_buffer, (1 << 20) + 65536 + 18);
        let (args, _) = read(&["--backlog", "7"]).unwrap();
        assert_eq!(args.tuning.server_options().request_queue_size, 7);
    }

    #[test]
    fn every_deadline_has_effect() {
        let deadlines = |words: &[&str]| read(words).unwrap().0.handler_options().deadlines;
        let second = Some(Duration::from_secs(1));
        let never = Deadlines::none();
        let defaults = Deadlines::new();
        for (words, expected) in [
            ("--first-byte-timeout 1s", defaults.first_byte(second)),
            ("--first-byte-timeout off", defaults.first_byte(never.first_byte)),
            ("--head-timeout 1", defaults.head(second)),
            ("--head-timeout off", defaults.head(never.head)),
            ("--keep-alive 1000ms", defaults.idle(second)),
            ("--keep-alive off", defaults.idle(Some(Duration::ZERO))),
            ("--drain 1s", defaults.drain(second)),
            ("--drain off", defaults.drain(Some(Duration::ZERO))),
            ("--linger 1s", defaults.linger(second)),
            ("--linger 0", defaults.linger(Some(Duration::ZERO))),
            ("--body-rate 2K/s", defaults.body(rate(10, 2048))),
            ("--body-grace 1s", defaults.body(rate(1, 1024))),
            ("--body-rate off", defaults.body(None)),
            ("--response-rate 2K/s", defaults.response(rate(10, 2048))),
            ("--response-grace 1s", defaults.response(rate(1, 1024))),
            ("--response-rate off", defaults.response(None)),
        ] {
            assert_eq!(deadlines(&words.split(' ').collect::<Vec<_>>()), expected, "{words}");
        }
        for words in [["--keep-alive", "off"], ["--keep-alive", "0"]] {
            assert!(read(&words).unwrap().0.tuning.deadlines.closes_after_each_response());
        }
    }

    fn rate(grace: u64, bytes_per_second: u32) -> Option<MinRate> {
        Some(MinRate { grace: Duration::from_secs(grace), bytes_per_second })
    }

    #[test]
    fn every_limit_has_effect() {
        let options = |option, value| read(&[option, value]).unwrap().0.handler_options();
        let limits = |option, value| options(option, value).limits;
        let bodies = |option, value| options(option, value).bodies;
        let (limit, body) = (Limits::default(), BodyOptions::new());
        assert_eq!(limits("--limit-request-line", "100"), limit.request_line(100));
        assert_eq!(limits("--limit-request-fields", "7"), limit.fields(7));
        assert_eq!(limits("--limit-request-head", "8K"), limit.head(8192));
        assert_eq!(limits("--limit-request-body", "10M"), limit.body(10 << 20));
        assert_eq!(limits("--limit-request-body", "off"), limit.body(u64::MAX));
        assert_eq!(bodies("--body-buffer", "1M"), body.in_memory(1 << 20));
        assert_eq!(bodies("--body-memory", "1M"), body.total_in_memory(1 << 20));
        assert_eq!(bodies("--body-memory", "off"), body.total_in_memory(usize::MAX));
        assert_eq!(bodies("--body-disk", "0"), body.total_on_disk(0));
        assert_eq!(bodies("--body-disk", "off"), body.total_on_disk(u64::MAX));
    }

    #[test]
    fn a_bad_value_is_explained_with_an_example() {
        const TIME: &str = "a time is a whole number with ms, s, m or h, such as 10s";
        const SIZE: &str = "a size is a whole number of bytes, or of K, M or G";
        for (option, value, kind, words) in [
            ("threads", "0", "N", "give a whole number from 1 up, such as 16"),
            ("threads", "many", "N", "give a whole number from 1 up, such as 16"),
            ("pollers", "0", "N", "give a whole number from 1 up, such as 16"),
            ("queue", "-1", "N", "give a whole number from 0 up, such as 100"),
            ("max-connections", "0", "N", "give a whole number from 1 up, such as 16"),
            ("backlog", "0", "N", "give a whole number from 1 to 2147483647, such as 128"),
            ("head-timeout", "10 s", "TIME", &format!("{TIME}, or off")),
            (
                "head-timeout",
                "0s",
                "TIME",
                "this leaves no time; give some, such as 10s, or off for no deadline",
            ),
            ("body-grace", "off", "TIME", TIME),
            (
                "body-rate",
                "0",
                "SIZE/s",
                "a rate is a size from 1 byte to 4095M a second, such as 1K/s, or off",
            ),
            (
                "limit-request-line",
                "8KB",
                "SIZE",
                &format!("{SIZE}, here from 16 to 16M, such as 8K"),
            ),
            (
                "limit-request-line",
                "15",
                "SIZE",
                &format!("{SIZE}, here from 16 to 16M, such as 8K"),
            ),
            (
                "limit-request-head",
                "1G",
                "SIZE",
                &format!("{SIZE}, here from 16 to 16M, such as 8K"),
            ),
            ("limit-request-fields", "0", "N", "give a whole number from 1 up, such as 16"),
            ("limit-request-body", "0", "SIZE", "give a size, such as 64M, or off for no limit"),
            ("body-buffer", "1K", "SIZE", &format!("{SIZE}, here from 4K to 1G, such as 8K")),
            ("body-disk", "all", "SIZE", &format!("{SIZE}, such as 64M, or off")),
        ] {
            let said = read(&[&format!("--{option}"), value]).unwrap_err();
            let expected =
                format!("error: invalid value '{value}' for '--{option} <{kind}>': {words}");
            assert_eq!(said.lines().next(), Some(&*expected));
        }
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        for (words, expected) in [
            (
                "--threads 2 --pollers 3",
                "--pollers 3 is more than --threads 2: pollers are threads, so give at most as many",
            ),
            (
                "--body-rate off --body-grace 5s",
                "--body-grace means nothing with --body-rate off: drop one",
            ),
            ("--tls-key k.pem", "--tls-key requires --tls-cert to be set"),
            ("--tls-password-file p", "--tls-password-file requires --tls-cert to be set"),
            (
                "--tls-self-signed --tls-cert c.pem",
                "--tls-cert means nothing with --tls-self-signed, which makes a certificate and a key: drop one",
            ),
            (
                "--tls-key k.pem --tls-self-signed",
                "--tls-key means nothing with --tls-self-signed, which makes a certificate and a key: drop one",
            ),
            (
                "--response-grace 5s --response-rate off",
                "--response-grace means nothing with --response-rate off: drop one",
            ),
        ] {
            let said = read(&words.split(' ').collect::<Vec<_>>()).unwrap_err();
            assert_eq!(said.lines().next(), Some(&*format!("error: {expected}")));
        }
    }

    #[test]
    fn the_readme_names_every_option_and_no_other() {
        let readme = include_str!("../../../../README.md");
        let start = readme.find("## The command").unwrap();
        let end = readme.find("## Development").unwrap();
        let named = options_in(&readme[start..end]);
        let command = Args::command();
        let mut options: BTreeSet<String> = command
            .get_arguments()
            .filter_map(|option| option.get_long())
            .map(str::to_owned)
            .collect();
        options.insert("help".into());
        assert_eq!(named, options);
    }
}
