//! The command `cargo xtask conformance`.
#![forbid(unsafe_code)]

use conformance::{Outcome, Settings, Stage, bytes, run, suites};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let stage = Arc::new(Stage::ours(Settings::default()).expect("our servers start"));
    let trials = suites::all()
        .iter()
        .flat_map(|suite| suite.trials(&stage).unwrap_or_else(|e| panic!("{e}")))
        .collect();
    let mut failed = 0;
    for played in run::run(trials) {
        if let Outcome::Failed(failure) = played.outcome {
            failed += 1;
            println!(
                "{} on {}\n{}\n{}\n--sent\n{}\n--received\n{}\n",
                played.case.id,
                played.subject,
                failure.why,
                failure.expected,
                bytes::readable(&failure.sent),
                bytes::readable(&failure.received)
            );
        }
    }
    println!("{failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
