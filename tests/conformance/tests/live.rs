//! The suite `cpython` with a Python of this machine, if there is one.

use conformance::suites::cpython::{Cpython, python};
use conformance::{Outcome, Settings, Stage, Suite};
use std::sync::Arc;

/// So many generated cases; `cargo xtask conformance --live` plays more.
const CASES: usize = 60;

/// The oracle needs this version or a later one.
const OLDEST: (u32, u32) = (3, 11);

/// Rules are kept true for the recorded versions, of which this is the oldest; those between may differ in ways that no rule names.
const KNOWN: [&str; 2] = ["3.13.0", "3.15.2"];

#[test]
fn a_python_of_this_machine_answers_as_the_rules_say() {
    let Some(found) = python::all().into_iter().rfind(|python| minor(&python.version) >= OLDEST)
    else {
        return println!("skipped: there is no python3 of {}.{} or later", OLDEST.0, OLDEST.1);
    };
    let settings = Settings {
        live: vec![found.path.clone()],
        cases: CASES,
        program: Some(env!("CARGO_BIN_EXE_conformance").into()),
        ..Settings::default()
    };
    let stage = Arc::new(Stage::of(Vec::new(), settings));
    let trials = Cpython.trials(&stage).unwrap();
    let live = trials.into_iter().filter(|trial| trial.case.id.starts_with("cpython/live-"));
    let mut played = 0;
    for trial in live {
        let id = trial.case.id.clone();
        played += 1;
        match trial.play() {
            // Of a version that nobody has looked at, only that its servers can be asked.
            Outcome::Failed(failure) if KNOWN.contains(&found.version.as_str()) => {
                panic!("{id}: {}", failure.why)
            }
            _ => {}
        }
    }
    println!("{played} cases with Python {} ({})", found.version, found.path.display());
    assert!(played > CASES / 2, "{played}");
}

fn minor(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
