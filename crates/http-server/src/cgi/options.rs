//! The class attributes of `CGIHTTPRequestHandler`, and what CPython has none for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Which scripts a [`CgiHttpRequestHandler`](crate::CgiHttpRequestHandler) runs, and how.
///
/// ```
/// use http_server::{CgiHttpRequestHandler, CgiOptions, SimpleHandlerOptions};
/// use std::time::Duration;
///
/// let options = CgiOptions::new()
///     .cgi_directories(vec!["/scripts".into()])
///     .environment(vec![("LANG".into(), "C.UTF-8".into())])
///     .timeout(Some(Duration::from_secs(10)));
/// let handler = CgiHttpRequestHandler::with_options(SimpleHandlerOptions::new("site"), options);
/// assert_eq!(handler.cgi_settings().cgi_directories, ["/scripts"]);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CgiOptions {
    /// The paths below which there are scripts, as a client sees them after decoding; `/cgi-bin` and `/htbin`. Of `/` itself
    /// only the files directly in it are scripts, as in CPython.
    pub cgi_directories: Vec<String>,
    /// Environment variables for every script, besides those of the request and `PATH`, which this may replace. Empty: the
    /// rest of the server's own environment is not passed on, other than in CPython.
    pub environment: Vec<(OsString, OsString)>,
    /// How long a script may run without writing anything to its standard output that can be sent: then it is killed, and
    /// the answer is 504 if there was none. 60 s. The time in which it waits for the client does not count.
    pub timeout: Option<Duration>,
    /// How long a script may go on without output for a client that has ended its side of the connection: it may be waiting
    /// for the answer, but most are gone. 5 s. (A client that is certainly gone takes its script along at once.)
    pub half_closed: Option<Duration>,
    /// How long a script may go on once a server without an engine is told to stop. 5 s. The engine has
    /// [an option of its own](socketserver::engine::EngineOptions::graceful) for all that runs.
    pub graceful: Duration,
    /// How many scripts run at a time, those included that wait for a slow client; 64. Beyond that the answer is 503 with
    /// `Retry-After`. Clones of a handler count together.
    pub processes: usize,
    /// As whom scripts run.
    pub run_as: RunAs,
    /// The interpreter for Python scripts, which are run with `-u` and need no executable bit then. `None`, the default:
    /// they are programs like all others, as in CPython on Unix.
    pub python: Option<PathBuf>,
}

/// As whom scripts run.
///
/// ```
/// use http_server::{CgiOptions, RunAs};
///
/// let options = CgiOptions::new().run_as(RunAs::User { uid: 1001, gid: 1001 });
/// assert_ne!(options.run_as, RunAs::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunAs {
    /// As the user `nobody` if the server runs as root, as the user of the server otherwise. If the system refuses to
    /// change, nothing is run (CPython would run it as root).
    #[default]
    Nobody,
    /// As the user of the server, be it root.
    Server,
    /// As this user and group, for which the server has to be root.
    User {
        /// The number of the user.
        uid: u32,
        /// The number of the group; there are no others.
        gid: u32,
    },
}

socketserver::setters! {
    CgiOptions {
        cgi_directories: Vec<String>,
        environment: Vec<(OsString, OsString)>,
        timeout: Option<Duration>,
        half_closed: Option<Duration>,
        graceful: Duration,
        processes: usize,
        run_as: RunAs,
        python: Option<PathBuf>,
    }
}

impl CgiOptions {
    /// Returns the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            cgi_directories: ["/cgi-bin", "/htbin"].map(str::to_owned).into(),
            environment: Vec::new(),
            timeout: Some(Duration::from_secs(60)),
            half_closed: Some(Duration::from_secs(5)),
            graceful: Duration::from_secs(5),
            processes: 64,
            run_as: RunAs::Nobody,
            python: None,
        }
    }
}

impl Default for CgiOptions {
    fn default() -> Self {
        Self::new()
    }
}
