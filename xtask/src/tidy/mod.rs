//! `cargo xtask tidy`: holds the workspace to what its prose promises.
//!
//! Each check is a function from facts (what `cargo metadata` says, the text of the files) to a list of
//! problems, so the checks are tested with facts that are made up.

mod changelog;
mod dependencies;
mod differences;
mod files;
mod known;
mod security;
mod sources;
mod tree;

use crate::Result;
use crate::steps::Steps;

pub(crate) fn steps() -> Steps {
    Steps::default()
        .step("dependency table", |shell| {
            report(dependencies::check(&dependencies::packages(shell)?, dependencies::TABLE))
        })
        .step("crates of a handler", |shell| report(tree::check(&tree::of_a_handler(shell)?)))
        .step("sources", |_| report(sources::check(&files::read(crate::root())?)))
        .step("differences", |_| report(differences::check(&files::read(crate::root())?)))
        .step("security cases", |_| report(security::check(&files::read(crate::root())?)))
        .step("changelog", |shell| {
            report(changelog::check(shell, &dependencies::packages(shell)?)?)
        })
}

/// Prints the problems; an error if there are any.
fn report(problems: Vec<String>) -> Result {
    for problem in &problems {
        eprintln!("  {problem}");
    }
    match problems.len() {
        0 => Ok(()),
        1 => Err("one problem, see above".into()),
        count => Err(format!("{count} problems, see above").into()),
    }
}
