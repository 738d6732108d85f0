//! Every suite on our own servers: what `cargo xtask conformance` plays, one test for each suite.
//!
//! `cargo run -p wsgiref-conformance -- --only CASE` plays one case.

use conformance::{Settings, Stage, command, report, suites};
use libtest_mimic::{Arguments, Trial};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

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
            if report.passed() { Ok(()) } else { Err(report::failures(&report, 5).into()) }
        })
    });
    libtest_mimic::run(&arguments, tests.collect()).exit_code()
}
