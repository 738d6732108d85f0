//! Many clients at once, and such as send anything at all: the server answers a health request while they are there and when
//! they are gone, its memory stays bounded, and no descriptor is lost.
//!
//! Ours run in processes of their own, so that what is measured is theirs alone, with deadlines of fractions of a second. Of
//! a server of somebody else's only the health is known.

mod crowd;
mod noise;
mod patient;
mod starved;

use crate::{Case, Failure, Level, Problem, Profile, Stage, Subject, Suite, Trial};
use patient::Patient;
use std::path::PathBuf;
use std::sync::Arc;

/// Many clients at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Torture;

/// One way to torture a server.
pub(super) struct Torment {
    name: &'static str,
    rule: &'static str,
    about: &'static str,
    expected: &'static str,
    /// What a server has to serve for it.
    profile: Profile,
    /// Whether it needs a server that was started for it with so many descriptors.
    descriptors: Option<u64>,
    /// Whether it takes so many descriptors that nothing else can be played meanwhile.
    is_crowded: bool,
    play: fn(&mut Patient, u64) -> Result<(), Failure>,
}

const TORMENTS: [&[Torment]; 3] = [crowd::TORMENTS, noise::TORMENTS, starved::TORMENTS];

impl Suite for Torture {
    fn name(&self) -> &'static str {
        "torture"
    }

    fn about(&self) -> &'static str {
        "crowds, random bytes, no descriptors; then health, memory and descriptors"
    }

    fn trials(&self, stage: &Arc<Stage>) -> Result<Vec<Trial>, Problem> {
        let seed = stage.settings.seed;
        let program = match (&stage.settings.program, stage.is_ours()) {
            (_, false) => None,
            (Some(program), true) => Some(program.clone()),
            (None, true) => {
                return Err(Problem::new(
                    "the suite `torture` needs to know the program `conformance`",
                ));
            }
        };
        patient::have_many_descriptors();
        let mut trials = Vec::new();
        for torment in TORMENTS.into_iter().flatten() {
            let case = Arc::new(Case {
                id: format!("torture/{}", torment.name),
                rule: torment.rule.to_owned(),
                level: Level::Safe,
                about: torment.about.to_owned(),
            });
            if torment.descriptors.is_some() && program.is_none() {
                continue;
            }
            for subject in &stage.subjects {
                if !subject.profile.includes(torment.profile) {
                    continue;
                }
                let (program, subject) = (program.clone(), subject.clone());
                let name = subject.name.clone();
                let trial =
                    Trial::new(&case, name, move || play(torment, program, &subject, seed).into());
                // Thousands of connections would starve the clients of other cases.
                trials.push(if torment.is_crowded { trial.alone() } else { trial });
            }
        }
        Ok(trials)
    }
}

fn play(
    torment: &Torment,
    program: Option<PathBuf>,
    subject: &Subject,
    seed: u64,
) -> Result<(), Failure> {
    let failed = |why: String| Failure::new(torment.expected, why);
    let mut patient = match program {
        Some(program) => {
            // Clients that have to wait for each other cannot all be in time.
            let is_hasty = torment.descriptors.is_none() && !torment.is_crowded;
            Patient::start(&program, subject, is_hasty, torment.descriptors)
                .map_err(|problem| failed(problem.to_string()))?
        }
        None => Patient::foreign(subject),
    };
    patient.examine().map_err(|why| failed(format!("before anything was done: {why}")))?;
    (torment.play)(&mut patient, seed)
        .map_err(|failure| Failure { expected: torment.expected.to_owned(), ..failure })?;
    patient.recover().map_err(|why| failed(format!("afterwards: {why}")))
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self { why, ..Self::default() }
    }
}
