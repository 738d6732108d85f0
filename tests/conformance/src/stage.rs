//! Where the suites are played: our own servers, or one of somebody else's.

use crate::Problem;
use crate::subjects::Served;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What a server serves, and so which cases can be played on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Anything at all, whatever `/` answers.
    Plain,
    /// The conformance application, WSGI or not.
    App,
    /// The conformance application, as a handler of methods.
    Handler,
    /// The conformance application, by WSGI.
    Wsgi,
    /// The conformance tree.
    Static,
}

impl Profile {
    /// Whether a case for that profile can be played on a server with this one.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        match self {
            Self::Plain => other == Self::Plain,
            Self::App => matches!(other, Self::Plain | Self::App),
            Self::Handler | Self::Wsgi => other == self || matches!(other, Self::Plain | Self::App),
            Self::Static => matches!(other, Self::Plain | Self::Static),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Plain => "plain",
            Self::App => "app",
            Self::Handler => "handler",
            Self::Wsgi => "wsgi",
            Self::Static => "static",
        })
    }
}

/// One server that cases are played on.
#[derive(Clone, Debug)]
pub struct Subject {
    /// `wsgi-engine`, or `HOST:PORT`.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves.
    pub profile: Profile,
    /// Ours are held to the exact answer, others to the rule.
    pub is_ours: bool,
    /// How long a client waits for it.
    pub patience: Duration,
}

/// What a run is told from outside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a client waits for a foreign server.
    pub patience: Duration,
    /// What random cases are made from.
    pub seed: u64,
    /// The Pythons whose own servers are played beside ours.
    pub live: Vec<PathBuf>,
    /// How many generated cases each of them gets.
    pub cases: usize,
    /// The program `conformance`, which suites start servers of ours with that need a process of their own.
    pub program: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(5),
            seed: 1,
            live: Vec::new(),
            cases: 500,
            program: None,
        }
    }
}

/// How long a client waits for a server of ours in this process: long enough for a machine that has other things to do,
/// since only a failing case ever waits for it.
const PATIENCE_WITH_OURS: Duration = Duration::from_secs(30);

/// The servers of a run, which listen until it is dropped.
#[derive(Debug)]
pub struct Stage {
    /// What cases are played on.
    pub subjects: Vec<Subject>,
    /// What the run was told.
    pub settings: Settings,
    /// How many trials may be played at a time, so that none waits for the client of another.
    pub side_by_side: usize,
    _served: Vec<Served>,
}

/// So many trials wait for servers of ours at a time. They mostly wait, so that this has little to do with processors.
pub(crate) const SIDE_BY_SIDE: usize = 16;

impl Stage {
    /// Starts our own servers: handler, WSGI and directory, each on both drivers.
    ///
    /// # Errors
    ///
    /// If one cannot listen, or the tree cannot be made.
    pub fn ours(settings: Settings) -> Result<Self, Problem> {
        let served = crate::subjects::all()?;
        let subjects = served
            .iter()
            .map(|served| Subject {
                name: served.name.to_owned(),
                address: served.address,
                profile: served.profile,
                is_ours: true,
                patience: PATIENCE_WITH_OURS,
            })
            .collect();
        Ok(Self { subjects, settings, side_by_side: SIDE_BY_SIDE, _served: served })
    }

    /// A server that is there already, and serves so many clients at a time.
    #[must_use]
    pub fn target(
        name: String,
        address: SocketAddr,
        profile: Profile,
        settings: Settings,
        side_by_side: usize,
    ) -> Self {
        let patience = settings.patience;
        let subject = Subject { name, address, profile, is_ours: false, patience };
        Self { subjects: vec![subject], settings, side_by_side, _served: Vec::new() }
    }

    /// Any other servers, for tests of the suites themselves.
    #[must_use]
    pub fn of(subjects: Vec<Subject>, settings: Settings) -> Self {
        Self { subjects, settings, side_by_side: SIDE_BY_SIDE, _served: Vec::new() }
    }

    /// Whether the servers are ours, so that also what cannot be seen from outside can be looked at.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.subjects.iter().all(|subject| subject.is_ours)
    }

    /// The subject of a name.
    #[must_use]
    pub fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name == name)
    }
}
