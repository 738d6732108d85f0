//! Plays a case on one of our drivers, and compares.

use super::rules::{Version, without_chunks, without_tag_values};
use super::wire_case::WireCase;
use super::{World, server};
use crate::{Failure, Outcome};
use wsgiref_tests::diff;
use wsgiref_tests::golden::Answer;
use wsgiref_tests::play::play;
use wsgiref_tests::server::Driver;

/// Who is compared with whom.
pub(super) struct Judge {
    pub(super) version: Version,
    pub(super) driver: Driver,
    /// Who has answered, `CPython 3.15.2`.
    pub(super) source: String,
}

impl Judge {
    /// Plays the case, for which CPython's answer is known.
    pub(super) fn outcome(&self, world: &World, case: &WireCase, cpython: &Answer) -> Outcome {
        let mut command = server::command(&world.program, case, self.driver, world.tree.path());
        let request = case.bytes();
        let mut ours = match play(&mut command, &request, case.half_close) {
            Ok(ours) => ours,
            Err(error) => return Failure::new("an answer of ours", error.to_string()).into(),
        };
        let expected = world.rules.expected(case, cpython, self.version, self.driver);
        if expected.tagged {
            ours.response = without_tag_values(&ours.response);
        }
        if expected.chunked {
            if let Some(response) = without_chunks(&ours.response) {
                ours.response = response;
            }
        }
        if ours == expected.answer {
            return match &expected.by[..] {
                [] => Outcome::Passed,
                by => Outcome::Excused { link: world.rules.links(by) },
            };
        }
        let links = world.rules.links(&expected.by);
        let source = match expected.by[..] {
            [] => self.source.clone(),
            _ => format!("{}, as {links} says", self.source),
        };
        let mut why = diff::unified(&source, &expected.answer, &ours);
        if !expected.by.is_empty() {
            why +=
                &format!("\nWithout the rules:\n{}", diff::unified(&self.source, cpython, &ours));
        }
        if let Some(script) = &case.script {
            why +=
                &format!("\nThe script: {}\n", serde_json::to_string(script).unwrap_or_default());
        }
        Failure {
            sent: request,
            received: ours.response.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            expected: format!(
                "the answer of {}, but for what a row of DIFFERENCES.md explains; a rule for it goes to tests/conformance/cpython/differences.json ({} server, {} driver)",
                self.source, case.server, self.driver.name()
            ),
            why,
        }
        .into()
    }
}
