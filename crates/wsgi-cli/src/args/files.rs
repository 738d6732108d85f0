//! The command line of `files`: which directory, where, and how.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args};
use http_server::SimpleHandlerOptions;

use super::content::{Dressing, Visibility};
use super::port::{DEFAULT_PORT, one_port};
use super::{AuthArgs, PortOption, TlsArgs, Tuning};
use crate::bind::{BindAddress, Host, parse_port};

const USAGE: &str = "wsgi-simple-server files [OPTIONS] [DIR] [PORT]";

const EXAMPLES: &str = "\
Examples:
  wsgi-simple-server files                    this directory on port 8000, to the whole network
  wsgi-simple-server files pictures --qr      another one, with a code for the telephone
  wsgi-simple-server files site 9000 -b ::1   on port 9000, for this machine only
  wsgi-simple-server files dist --spa         a program that makes its pages in the browser
  wsgi-simple-server files -H X-Served-By me  with one more header field

A directory is also to be had as JSON (?format=json), and all that is in it as an archive (?format=tar).
Ctrl-C or SIGTERM ends it when running downloads are done, or after --graceful-timeout; the second at once.";

/// Serves the files of a directory: python -m http.server, the way people wish it were
///
/// Downloads can be resumed, nothing outside of the directory can be reached, and no client can stall the others.
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
pub(crate) struct FilesArgs {
    /// The directory to serve [default: the current one]
    #[arg(value_name = "DIR")]
    first: Option<OsString>,

    /// The port [default: 8000], as for python -m http.server. Either may come first: what is a number is the port, and a
    /// directory of that name is ./2024
    #[arg(value_name = "PORT")]
    second: Option<OsString>,

    /// The same, as for python -m http.server
    #[arg(short, long, value_name = "DIR")]
    directory: Option<PathBuf>,

    /// The port; 0 takes a free one
    #[arg(long, value_name = "N", value_parser = parse_port, allow_negative_numbers = true)]
    port: Option<u16>,

    /// The address to listen on, and its port: 127.0.0.1 or ::1 for this machine only, 192.168.1.5:8080
    /// [default: all addresses of this machine]
    #[arg(short, long, value_name = "ADDRESS[:PORT]")]
    bind: Option<BindAddress>,

    /// The version of HTTP that is spoken; with HTTP/1.0 a connection is closed after each response
    #[arg(short, long, value_name = "VERSION", default_value = "HTTP/1.1", value_parser = ["HTTP/1.0", "HTTP/1.1"])]
    protocol: String,

    /// Show the address as a code for the camera of a telephone
    #[arg(long)]
    pub(crate) qr: bool,

    /// Write no line for each request
    #[arg(short, long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    visibility: Visibility,

    #[command(flatten)]
    dressing: Dressing,

    #[command(flatten)]
    pub(crate) auth: AuthArgs,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    #[command(flatten)]
    pub(crate) tuning: Tuning,
}

/// What follows from the options together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) directory: PathBuf,
    /// All addresses, if it is none.
    pub(crate) host: Option<Host>,
    pub(crate) port: u16,
    pub(crate) port_option: PortOption,
}

impl FilesArgs {
    /// Refuses options that contradict each other, or of which one would have no effect.
    pub(super) fn check(&self, matches: &ArgMatches) -> Result<Place, String> {
        let (directory, number) = self.words()?;
        let bound = self.bind.as_ref().and_then(|bind| bind.port);
        let given = [(number, "by itself"), (self.port, "by --port"), (bound, "by --bind")];
        let port = one_port(&given)?;
        let port_option = match (number.or(self.port), bound) {
            (None, Some(_)) => PortOption::Bind,
            _ => PortOption::Port,
        };
        let host = self.bind.as_ref().map(|bind| bind.host.clone());
        let is_here = host.as_ref().is_some_and(is_here);
        if self.qr && is_here {
            return Err("--qr is for other devices, which --bind keeps away: drop one".into());
        }
        self.dressing.check()?;
        self.tuning.check(matches)?;
        self.tls.check()?;
        self.auth.check(!is_here && !self.tls.is_wanted())?;
        let port = port.unwrap_or(DEFAULT_PORT);
        Ok(Place { directory: directory.to_owned(), host, port, port_option })
    }

    /// The directory, and the port if it was given by itself.
    fn words(&self) -> Result<(&Path, Option<u16>), String> {
        let is_number = |word: &&OsString| {
            word.to_str().is_some_and(|word| {
                !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let (ports, directories): (Vec<_>, Vec<_>) =
            self.first.iter().chain(&self.second).partition(is_number);
        let mut directories =
            directories.into_iter().map(Path::new).chain(self.directory.as_deref());
        let directory = directories.next().unwrap_or(Path::new("."));
        if let Some(other) = directories.next() {
            let (one, other) = (directory.display(), other.display());
            return Err(format!(
                "two directories are given, {one} and {other}: keep one, or serve one that both are in"
            ));
        }
        if directory.as_os_str().is_empty() {
            return Err(
                "the directory is named by nothing at all, as by a variable that is not set: \
                 name one, or . for this one"
                    .into(),
            );
        }
        let mut ports = ports.into_iter().filter_map(|word| word.to_str());
        let port = ports.next();
        if let Some((one, other)) = port.zip(ports.next()) {
            return Err(format!(
                "two ports are given, {one} and {other}: keep one; a directory of that name is ./{one}"
            ));
        }
        let read = |word| {
            parse_port(word)
                .map_err(|rule| format!("'{word}': {rule}; a directory of that name is ./{word}"))
        };
        Ok((directory, port.map(read).transpose()?))
    }

    /// What the options say to the handler of each connection.
    pub(crate) fn handler_options(&self, directory: &Path) -> SimpleHandlerOptions {
        let mut options = SimpleHandlerOptions::new(directory);
        let version = if self.protocol == "HTTP/1.0" { "HTTP/1.0" } else { "HTTP/1.1" };
        options.handler = self.tuning.tune(options.handler).protocol_version(version);
        self.dressing.apply(self.visibility.apply(options))
    }

    /// The page that is sent for what is not there, below the directory.
    pub(crate) fn fallback(&self) -> Option<&Path> {
        self.visibility.spa.as_deref()
    }
}

/// Whether nobody but this machine can reach it.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Address(address) => address.is_loopback(),
        Host::Name(name) => name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Args, Wanted};
    use super::*;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    fn place(words: &str) -> Place {
        let words = ["wsgi-simple-server", "files"].into_iter().chain(words.split_whitespace());
        match Wanted::read(words.map(OsString::from)).unwrap() {
            Wanted::Files { place, .. } => place,
            Wanted::Demo { .. } => panic!("files were asked for"),
        }
    }

    #[test]
    fn the_directory_and_the_port_come_from_any_place() {
        for (words, directory, port) in [
            ("", ".", 8000),
            ("site", "site", 8000),
            ("9000", ".", 9000),
            ("site 9000", "site", 9000),
            ("9000 site", "site", 9000),
            ("./9000", "./9000", 8000),
            ("-d site 9000", "site", 9000),
            ("-d 9000", "9000", 8000),
            ("site --port 9000", "site", 9000),
            ("site -b localhost:9000", "site", 9000),
            ("9000 --port 9000 -b localhost:9000", ".", 9000),
        ] {
            let place = place(words);
            assert_eq!((place.directory, place.port), (PathBuf::from(directory), port), "{words}");
        }
    }

    #[test]
    fn it_is_for_everybody_unless_it_is_said_for_whom() {
        assert_eq!(place("site").host, None);
        assert_eq!(place("-b ::1").host, Some(Host::Address("::1".parse().unwrap())));
        assert_eq!(place("-b ::1").port_option, PortOption::Port);
        assert_eq!(place("-b [::1]:9000").port_option, PortOption::Bind);
    }

    #[test]
    fn the_readme_names_every_option_of_its_own_and_no_other() {
        let readme = include_str!("../../../../README.md");
        let start = readme.find("## Sharing a folder").unwrap();
        let named =
            super::super::options_in(&readme[start..readme.find("## The command").unwrap()]);
        let command = Args::command();
        let long = |command: &clap::Command| -> BTreeSet<String> {
            command
                .get_arguments()
                .filter_map(|option| option.get_long())
                .map(String::from)
                .collect()
        };
        let files = long(command.find_subcommand("files").unwrap());
        let shared = long(&command);
        let own: BTreeSet<String> = files.difference(&shared).cloned().collect();
        assert!(own.is_subset(&named), "{:?} are missing", own.difference(&named));
        assert!(named.is_subset(&files), "there is no {:?}", named.difference(&files));
    }
}
