//! Every case on our own servers.

use conformance::{Outcome, Settings, Stage, bytes, suites};
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let stage = match Stage::ours(Settings {
        program: Some(env!("CARGO_BIN_EXE_conformance").into()),
        ..Settings::default()
    }) {
        Ok(stage) => Arc::new(stage),
        Err(problem) => panic!("{problem}"),
    };
    let mut tests = Vec::new();
    for suite in suites::all() {
        for trial in suite.trials(&stage).unwrap_or_else(|problem| panic!("{problem}")) {
            let name = format!("{}, {}", trial.case.id, trial.subject);
            let trial = Mutex::new(Some(trial));
            tests.push(Trial::test(name, move || {
                let trial = trial.lock().unwrap_or_else(PoisonError::into_inner).take();
                match trial.map(conformance::Trial::play) {
                    Some(Outcome::Failed(failure)) => Err(format!(
                        "{}\nexpected: {}\nsent:\n{}\nreceived:\n{}",
                        failure.why,
                        failure.expected,
                        bytes::readable(&failure.sent),
                        bytes::readable(&failure.received)
                    )
                    .into()),
                    _ => Ok(()),
                }
            }));
        }
    }
    libtest_mimic::run(&arguments, tests).exit_code()
}
