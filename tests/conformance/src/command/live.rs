//! The Pythons that `--live` and `--record` are about.

use super::Args;
use crate::Problem;
use crate::suites::cpython::{Recording, python};
use std::io::{self, Write};
use std::path::PathBuf;

/// Those of the command line, or the newest one of this machine.
pub(super) fn pythons(args: &Args) -> Result<Vec<PathBuf>, Problem> {
    if !args.python.is_empty() {
        return Ok(args.python.clone());
    }
    let newest = python::newest().ok_or_else(|| {
        Problem::new(
            "there is no python3 in the path and none of pyenv; give one with --python PATH",
        )
    })?;
    writeln!(io::stderr(), "Python {}: {}", newest.version, newest.path.display())?;
    Ok(vec![newest.path])
}

/// Has each of them answer the generated cases.
pub(super) fn record(args: &Args) -> Result<(), Problem> {
    for python in pythons(args)? {
        let recording = Recording::make(&python, args.seed, args.cases)?;
        let path = recording.save()?;
        let (count, reference) = (recording.len(), &recording.reference);
        writeln!(io::stdout(), "{count} cases of {reference}: {}", path.display())?;
    }
    Ok(())
}
