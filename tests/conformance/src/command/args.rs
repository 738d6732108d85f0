//! The arguments of the command.

use crate::Profile;
use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

/// Plays the conformance suites on our servers, or on any other.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "cargo xtask conformance",
    version,
    after_help = "Status 0: no case failed; 1: one did; 2: nothing was run. JSON and Markdown are written to\n\
                  target/conformance. tests/conformance/README.md tells how cases are written.\n\n\
                  Examples:\n  \
                  cargo xtask conformance --only rfc9112/chunked\n  \
                  cargo xtask conformance --target localhost:8000 --patience 20"
)]
pub struct Args {
    /// Only cases with this in their id (suite/topic/name); can be given again.
    #[arg(long, value_name = "CASE")]
    pub only: Vec<String>,

    /// Only this server of ours, as `wsgi-engine`; can be given again.
    #[arg(long, value_name = "SERVER", conflicts_with = "target")]
    pub on: Vec<String>,

    /// Shows the cases instead of playing them.
    #[arg(long)]
    pub list: bool,

    /// Plays the black-box suites on this server instead of ours.
    #[arg(long, value_name = "HOST:PORT")]
    pub target: Option<String>,

    /// What the target serves: anything; the conformance application (apps/conformance_app.py), by WSGI or not; the
    /// conformance tree (--make-tree).
    #[arg(long, value_enum, default_value_t = Profile::Plain, requires = "target")]
    pub profile: Profile,

    /// How long to wait for a target, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5")]
    pub patience: Duration,

    /// Plays the black-box suites on other people's servers beside ours, one after the other: all that can be found or
    /// installed, or those with one of these texts in their names (CPython's of every Python, gunicorn, waitress, granian,
    /// cheroot, werkzeug, uwsgi, hyper, tiny_http, nginx). --list shows them.
    #[arg(long, value_name = "NAME", num_args = 0.., value_delimiter = ',', conflicts_with_all = ["target", "on", "live"])]
    pub peers: Option<Vec<String>>,

    /// Also plays generated requests against CPython's own servers and ours side by side; tells where they differ although
    /// DIFFERENCES.md does not say so.
    #[arg(long, conflicts_with = "target")]
    pub live: bool,

    /// For --live, and for --record: this Python, 3.11 or later; can be given again. By default the newest there is.
    #[arg(long, value_name = "PATH")]
    pub python: Vec<PathBuf>,

    /// How many generated cases --live and --record make of the seed.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub cases: usize,

    /// Records what that Python answers to generated cases, as a file of tests/conformance/cpython/.
    #[arg(long, conflicts_with_all = ["target", "live", "list", "only", "serve"])]
    pub record: bool,

    /// What random cases are made from; a failing run says its own.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Shows so many failures in full.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub failures: usize,

    /// Serves what cases are played on, until it is interrupted: handler, wsgi or static, or one of them with `-engine`.
    #[arg(long, value_name = "SERVER", conflicts_with_all = ["target", "list", "only"])]
    pub serve: Option<String>,

    /// The port for --serve; a free one by default.
    #[arg(long, value_name = "PORT", default_value_t = 0, requires = "serve")]
    pub port: u16,

    /// With --serve: ends waits after fractions of a second, as the suites of timeouts and torture need it.
    #[arg(long, requires = "serve", hide = true)]
    pub hasty: bool,

    /// With --serve: has only so many descriptors.
    #[arg(long, value_name = "N", requires = "serve", hide = true)]
    pub descriptors: Option<u64>,

    /// Fills a new folder for directory servers of others: what they have to serve is `served` in it.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["target", "serve", "list", "only"])]
    pub make_tree: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds, as 2.5".to_owned())?;
    if seconds <= 0.0 {
        return Err("more than 0".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::Args;
    use clap::{CommandFactory, Parser};

    fn refused(arguments: &[&str]) -> String {
        Args::try_parse_from([&["conformance"], arguments].concat()).unwrap_err().to_string()
    }

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_wrong_flag_names_the_way_out() {
        assert!(refused(&["--lst"]).contains("--list"), "{}", refused(&["--lst"]));
        assert!(refused(&["--target", "h:1", "--profile", "wsg"]).contains("wsgi"));
        assert!(refused(&["--patience", "soon"]).contains("a number of seconds"));
        assert!(refused(&["--patience", "0"]).contains("more than 0"));
        assert!(refused(&["--profile", "wsgi"]).contains("--target"));
    }
}
