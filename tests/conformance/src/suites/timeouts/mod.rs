//! Clients that keep a server waiting, each alone: every wait has an end, and an answer where one is due.
//!
//! Ours are played with deadlines of fractions of a second. What a server of somebody else's waits for is its own affair,
//! as long as it is less than `--patience`.

mod waits;

use crate::subjects::{self, Served};
use crate::{Case, Failure, Level, Problem, Stage, Subject, Suite, Trial};
use std::sync::Arc;
use std::time::Duration;
use waits::{WAITS, Wait};

/// One client at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts;

impl Suite for Timeouts {
    fn name(&self) -> &'static str {
        "timeouts"
    }

    fn about(&self) -> &'static str {
        "clients that keep a server waiting, each alone"
    }

    fn trials(&self, stage: &Arc<Stage>) -> Result<Vec<Trial>, Problem> {
        let mut served: Vec<Arc<Served>> = Vec::new();
        let mut subjects = Vec::new();
        if stage.is_ours() {
            for subject in &stage.subjects {
                let hasty = subjects::start(&subject.name, &subjects::hasty())?;
                subjects.push(Subject { address: hasty.address, ..subject.clone() });
                served.push(Arc::new(hasty));
            }
        } else {
            subjects.clone_from(&stage.subjects);
        }
        let mut trials = Vec::new();
        for wait in WAITS {
            let case = Arc::new(wait.case());
            for (index, subject) in subjects.iter().enumerate() {
                if !subject.profile.includes(wait.profile) {
                    continue;
                }
                let (subject, served) = (subject.clone(), served.get(index).cloned());
                trials.push(Trial::new(&case, subject.name.clone(), move || {
                    // It serves until the last of its cases is played.
                    let _served = served;
                    play(wait, &subject).into()
                }));
            }
        }
        Ok(trials)
    }
}

impl Wait {
    fn case(&self) -> Case {
        Case {
            id: format!("timeouts/{}", self.name),
            rule: self.rule.to_owned(),
            level: Level::Safe,
            about: self.about.to_owned(),
        }
    }
}

/// Shorter than any deadline of ours: a client that pauses for this long is slow, and not silent.
const PAUSE: Duration = Duration::from_millis(20);

/// So often a client may try again that a busy machine has made late.
const TRIES: usize = 20;

fn play(wait: &Wait, subject: &Subject) -> Result<(), Failure> {
    let mut tries = 0;
    loop {
        let mut client = waits::Client::open(subject)
            .map_err(|error| Failure::new(wait.expected, format!("connecting failed: {error}")))?;
        tries += 1;
        let Err(why) = (wait.play)(&mut client) else { return Ok(()) };
        // That the server was right to end this is no failure of it.
        if subject.is_ours && client.was_late() && tries < TRIES {
            continue;
        }
        return Err(Failure {
            sent: client.connection.sent().to_vec(),
            received: client.connection.received().to_vec(),
            expected: wait.expected.to_owned(),
            why,
        });
    }
}
