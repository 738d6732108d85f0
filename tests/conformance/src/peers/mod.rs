//! Other people's servers, beside ours: those that are on this machine, or can be had.
//!
//! Each is started on a free port of the loopback interface, has the black-box suites played on it with the profile of what it
//! serves, and is ended, also when the run is interrupted. Ours are held to no more than the others: to the rule, not to
//! their exact answers.
//!
//! ```text
//!  catalogue ── Peer (name, profile, recipe) ── running ── suites ── Standing ── table, Markdown, JSON
//!    python.rs   CPython's own, of every Python 3
//!    venv.rs     WSGI servers from PyPI, in a virtual environment
//!    programs.rs hyper and tiny_http (benches/peers), nginx, and ours
//! ```

mod catalogue;
mod programs;
mod python;
mod running;
mod table;
mod venv;

pub use catalogue::chosen;
pub use running::{Running, end_all};
pub use table::{json, markdown, table};

use crate::report::Row;
use crate::{Problem, Profile};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server that may be had.
pub struct Peer {
    /// `gunicorn`, `wsgiref-3.13.0`.
    pub name: String,
    /// What it serves.
    pub profile: Profile,
    recipe: Recipe,
}

/// How it is started, once what it needs is there.
type Recipe = Box<dyn Fn(&Place) -> Result<Running, Problem>>;

/// Where peers are prepared and started.
#[derive(Debug)]
pub struct Place {
    /// The root of the repository.
    pub repository: PathBuf,
    /// What is made once and used again: virtual environments, programs.
    pub workshop: PathBuf,
    /// What directory servers serve.
    pub tree: PathBuf,
}

/// What became of a peer.
#[derive(Debug)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// What it serves.
    pub profile: Profile,
    /// Its version, as far as it tells.
    pub version: String,
    /// How many cases it passed, or why none was played.
    pub found: Result<Vec<Row>, String>,
    /// The suites in which it ended by itself.
    pub ended_in: Vec<String>,
}

impl Peer {
    fn new(
        name: impl Into<String>,
        profile: Profile,
        recipe: impl Fn(&Place) -> Result<Running, Problem> + 'static,
    ) -> Self {
        Self { name: name.into(), profile, recipe: Box::new(recipe) }
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If it cannot be had, or does not start: the reason.
    pub fn start(&self, place: &Place) -> Result<Running, Problem> {
        (self.recipe)(place)
    }
}

impl Place {
    /// The folder with the applications in Python.
    fn apps(&self) -> PathBuf {
        self.repository.join("tests/conformance/apps")
    }

    /// Where a peer writes what it has to say.
    fn log(&self, name: &str) -> PathBuf {
        self.workshop.join(format!("{name}.log"))
    }
}

/// A command that finds `conformance_app`.
fn with_application(program: impl AsRef<Path>, place: &Place) -> Command {
    let mut command = Command::new(program.as_ref());
    command.env("PYTHONPATH", place.apps()).current_dir(place.apps());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// The first line of what a program says of its version.
fn version(command: &mut Command) -> String {
    let Ok(output) = command.output() else { return String::new() };
    // Some write it to standard error.
    let bytes = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8_lossy(&bytes);
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// `127.0.0.1:PORT`
fn host_port(address: SocketAddr) -> String {
    address.to_string()
}
