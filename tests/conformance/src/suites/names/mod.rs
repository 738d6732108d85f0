//! Every public name of CPython's `socketserver`, `http.server` and `wsgiref.*`, against what our rustdoc shows.
//!
//! ```text
//!  names/cpython-3.15.txt   the names, as CPython 3.15.2 gives them (names.py)
//!  names/names.toml         what has become of each: a path, or an excuse
//!          │
//!  check ──┼── api          the public items of our crates, and their `#[doc(alias)]`, from the sources
//!          └── excuses      the lines of DIFFERENCES.md
//!          │
//!  page ───┴── docs/COVERAGE.md, and links.md below, which rustdoc follows when it is run with warnings denied
//! ```
//!
//! # Where they are
//!
#![doc = include_str!("links.md")]

mod api;
mod check;
mod data;
mod excuses;
mod page;
mod sources;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::Api;
use data::{Entry, Names};
use excuses::Excuse;

use crate::{Case, Failure, Level, Outcome, Problem, Stage, Suite, Trial};

/// The suite: one case for each name.
#[derive(Debug)]
pub struct AllNames;

impl Suite for AllNames {
    fn name(&self) -> &'static str {
        "names"
    }

    fn about(&self) -> &'static str {
        "every public name of CPython's modules, in our documentation"
    }

    fn trials(&self, stage: &Arc<Stage>) -> Result<Vec<Trial>, Problem> {
        if !stage.is_ours() {
            return Ok(Vec::new());
        }
        let coverage = Coverage::read(&workspace())?;
        let trials = coverage.findings().map(|(module, python, outcome)| {
            let case = Arc::new(Case {
                id: format!("names/{module}/{python}"),
                rule: format!("CPython 3.15, {module}"),
                level: Level::Must,
                about: format!("There is `{python}`, or a reason why not"),
            });
            Trial::new(&case, "rustdoc", move || outcome)
        });
        Ok(trials.collect())
    }
}

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The data, and what they are held against.
pub struct Coverage {
    modules: Vec<(&'static str, Names)>,
    api: Api,
    excuses: BTreeMap<String, Excuse>,
}

impl Coverage {
    /// Reads the data, and the sources of the libraries and `DIFFERENCES.md` in `root`.
    ///
    /// # Errors
    ///
    /// Says which file cannot be read, or does not follow its form.
    pub fn read(root: &Path) -> Result<Self, String> {
        let page = root.join("DIFFERENCES.md");
        let page = fs::read_to_string(&page).map_err(|e| format!("{}: {e}", page.display()))?;
        Ok(Self { modules: data::read()?, api: Api::read(root)?, excuses: excuses::read(&page) })
    }

    /// Everything that is wrong, a sentence each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let names = self.findings().filter_map(|(_, _, outcome)| match outcome {
            Outcome::Failed(failure) => Some(failure.why),
            _ => None,
        });
        names
            .chain(check::unlike(&self.modules, data::CPYTHON))
            .chain(check::unused(&self.modules, &self.excuses))
            .collect()
    }

    fn findings(&self) -> impl Iterator<Item = (&'static str, &str, Outcome)> {
        self.modules.iter().flat_map(|(module, names)| {
            names.iter().map(|(python, entry)| {
                (*module, python.as_str(), self.outcome(module, python, entry))
            })
        })
    }

    fn outcome(&self, module: &str, python: &str, entry: &Entry) -> Outcome {
        match (check::name(module, python, entry, &self.api, &self.excuses), entry) {
            (Err(why), _) => {
                Failure::new("present, or excused", format!("{module}: `{python}` {why}")).into()
            }
            (Ok(()), Entry::Excused { excused }) => {
                Outcome::Excused { link: format!("DIFFERENCES.md#{excused}") }
            }
            (Ok(()), _) => Outcome::Passed,
        }
    }

    /// What `docs/COVERAGE.md` has to be.
    #[must_use]
    pub fn page(&self) -> String {
        page::render(&self.modules, &self.excuses)
    }

    /// What `links.md` has to be.
    #[must_use]
    pub fn links(&self) -> String {
        page::links(&self.modules)
    }
}

impl fmt::Debug for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coverage").finish_non_exhaustive()
    }
}
