//! The golden cases of `tests/golden/`: recorded by hand, with our exact answer where it differs.

use super::{World, case};
use crate::{Failure, Outcome, Trial};
use std::process::Command;
use std::sync::Arc;
use wsgiref_tests::golden::{Case, Difference, Recording};
use wsgiref_tests::play::play;
use wsgiref_tests::server::Driver;
use wsgiref_tests::verdict::{Verdict, judge};
use wsgiref_tests::{corrected, diff};

/// Every recorded case, and those that are played once more without a mistake they are not about.
pub(super) fn trials(world: &Arc<World>) -> Vec<Trial> {
    let recording = Recording::load();
    let differences: Arc<[Difference]> = Difference::load().into();
    let corrected: Vec<Case> = recording.cases.iter().filter_map(corrected::corrected).collect();
    let recorded = recording.cases.into_iter().map(|case| ("recorded", case));
    let mut trials = Vec::new();
    for (topic, golden) in recorded.chain(corrected.into_iter().map(|case| ("corrected", case))) {
        let name = golden.name.trim_end_matches(corrected::SUFFIX);
        let about = format!("{} answers like this", recording.reference);
        let case = case(format!("cpython/{topic}/{name}"), &about);
        let golden = Arc::new(golden);
        for driver in Driver::ALL {
            let (world, golden, differences) =
                (Arc::clone(world), Arc::clone(&golden), Arc::clone(&differences));
            trials.push(Trial::new(&case, driver.name(), move || {
                outcome(&world, &golden, &differences, driver)
            }));
        }
    }
    trials
}

fn outcome(world: &World, case: &Case, differences: &[Difference], driver: Driver) -> Outcome {
    let mut command = Command::new(&world.program);
    command.arg(super::server::COMMAND).arg(&case.server).arg(driver.name()).arg(world.tree.path());
    let ours = match play(&mut command, &case.request, case.half_close) {
        Ok(ours) => ours,
        Err(error) => return Failure::new("an answer of ours", error.to_string()).into(),
    };
    match judge(case, Difference::find(differences, &case.name, driver), driver, &ours) {
        Ok(Verdict::Matches) => Outcome::Passed,
        Ok(Verdict::AddsFields) => {
            Outcome::Excused { link: "DIFFERENCES.md#entity-tags".to_owned() }
        }
        Ok(Verdict::DiffersAsNamed(listed)) => {
            Outcome::Excused { link: format!("DIFFERENCES.md#{}", listed.difference) }
        }
        Err(mismatch) => Failure {
            sent: case.request.clone(),
            received: ours.response.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            expected: format!("the answer of {}", mismatch.source),
            why: diff::unified(&mismatch.source, &mismatch.expected, &ours),
        }
        .into(),
    }
}
