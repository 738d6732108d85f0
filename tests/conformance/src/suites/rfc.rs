//! The suites whose cases are files: one suite for each folder of `cases/`.

use crate::data::{play, read_suite};
use crate::{Problem, Stage, Suite, Trial};
use std::sync::Arc;

/// The cases of one document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rfc {
    name: &'static str,
    about: &'static str,
}

impl Rfc {
    /// RFC 9112.
    pub(super) const MESSAGES: Self =
        Self { name: "rfc9112", about: "messages and connections of HTTP/1.1" };
    /// RFC 9110.
    pub(super) const SEMANTICS: Self = Self { name: "rfc9110", about: "what messages mean" };
}

impl Suite for Rfc {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn trials(&self, stage: &Arc<Stage>) -> Result<Vec<Trial>, Problem> {
        let mut trials = Vec::new();
        for case in read_suite(self.name)? {
            let case = Arc::new(case);
            for subject in &stage.subjects {
                if !case.profiles.iter().any(|profile| subject.profile.includes(*profile)) {
                    continue;
                }
                let (played, subject, stage) =
                    (Arc::clone(&case), subject.clone(), Arc::clone(stage));
                let name = subject.name.clone();
                trials.push(Trial::new(&case.case, name, move || {
                    // The servers stay while cases are played.
                    let _ = &stage;
                    play(&played, &subject)
                }));
            }
        }
        Ok(trials)
    }
}
