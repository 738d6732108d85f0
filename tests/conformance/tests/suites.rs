//! Every suite on our own servers: what `cargo xtask conformance` plays, one test for each suite.
//!
//! `cargo run -p wsgiref-conformance -- --only CASE` plays one case.

use conformance::{Settings, Stage, command, report, suites};
use libtest_mimic::{Arguments, Trial};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What suites promise to have. Others have at least one case.
const LEAST: [(&str, usize); 4] =
    [("cpython", 400), ("rfc9112", 500), ("rfc9110", 300), ("corpus", 360)];

/// So many failures are shown in full.
const SHOWN: usize = 5;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A suite plays its cases side by side where they may be.
    arguments.test_threads = Some(1);
    let tests = suites::all().into_iter().map(|suite| {
        Trial::test(suite.name(), move || {
            let program = PathBuf::from(env!("CARGO_BIN_EXE_conformance"));
            let settings = Settings { program: Some(program), ..Settings::default() };
            let stage = Arc::new(Stage::ours(settings).map_err(|problem| problem.to_string())?);
            let trials = suite.trials(&stage).map_err(|problem| problem.to_string())?;
            let report = command::played(trials, &stage, None);
            if !report.passed() {
                return Err(report::failures(&report, SHOWN).into());
            }
            let least = LEAST.iter().find(|(name, _)| *name == suite.name()).map_or(1, |(_, n)| *n);
            if report.cases.len() < least {
                return Err(format!("{} cases, not {least}", report.cases.len()).into());
            }
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, tests.collect()).exit_code()
}
