//! `cargo xtask conformance`: builds and runs the program of `tests/conformance`, which reads the arguments itself.

use std::process::{Command, ExitCode};

use crate::Result;

/// Ends with the status of that program: 1 for a failed case, 2 if none was played.
pub(crate) fn run(arguments: &[&str]) -> Result<ExitCode> {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--release", "--package", "wsgiref-conformance", "--"]);
    // Not from the root, so that paths in the arguments mean what they mean where they are typed.
    command.args(arguments);
    let status = command.status()?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}
