//! What a run found, for people and for programs.

mod counts;
mod failures;
mod json;
mod markdown;
mod table;

pub use counts::{Counts, Row};
pub use failures::failures;
pub use json::json;
pub use markdown::markdown;
pub use table::{excuses, table};

use crate::run::Played;
use crate::{Case, Outcome, Problem};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What a run found.
#[derive(Debug)]
pub struct Report {
    /// What was looked at: `wsgiref-rs 0.1.0 (handler, wsgi)`, `gunicorn 23 at 127.0.0.1:8000`.
    pub title: String,
    /// What random cases were made from.
    pub seed: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Every case, in order.
    pub cases: Vec<Reported>,
}

/// A case, and how it ended on each server.
#[derive(Debug)]
pub struct Reported {
    /// What was tried.
    pub case: Arc<Case>,
    /// Servers, and how it ended there.
    pub on: Vec<(String, Outcome)>,
}

/// How a case ended over all servers: by the worst of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The rule was kept everywhere.
    Passed,
    /// Not everywhere, on purpose.
    Excused,
    /// Not everywhere.
    Failed,
}

impl Verdict {
    /// `passed`
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Excused => "excused",
            Self::Failed => "failed",
        }
    }
}

impl From<&Outcome> for Verdict {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passed,
            Outcome::Excused { .. } => Self::Excused,
            Outcome::Failed(_) => Self::Failed,
        }
    }
}

impl Reported {
    /// The worst of its outcomes.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.on.iter().map(|(_, outcome)| outcome.into()).max().unwrap_or(Verdict::Failed)
    }

    /// The lines that explain why it is excused.
    #[must_use]
    pub fn links(&self) -> Vec<&str> {
        let mut links: Vec<&str> = self
            .on
            .iter()
            .filter_map(|(_, outcome)| match outcome {
                Outcome::Excused { link } => Some(link.as_str()),
                _ => None,
            })
            .collect();
        links.dedup();
        links
    }
}

impl Report {
    /// Gathers what was played by case, in the order in which cases came first.
    #[must_use]
    pub fn new(title: String, seed: u64, elapsed: Duration, played: Vec<Played>) -> Self {
        let mut cases: Vec<Reported> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for Played { case, subject, outcome } in played {
            let place = *places.entry(case.id.clone()).or_insert_with(|| {
                cases.push(Reported { case: Arc::clone(&case), on: Vec::new() });
                cases.len() - 1
            });
            cases[place].on.push((subject, outcome));
        }
        Self { title, seed, elapsed, cases }
    }

    /// Whether no case failed, and there was one.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.cases.is_empty() && self.cases.iter().all(|case| case.verdict() != Verdict::Failed)
    }

    /// Writes `NAME.json` and `NAME.md` into a folder; gives the path of the latter.
    ///
    /// # Errors
    ///
    /// If they cannot be written.
    pub fn write(&self, folder: &Path, name: &str) -> Result<PathBuf, Problem> {
        let problem = |error| Problem::new(format!("writing to {}: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(problem)?;
        fs::write(folder.join(format!("{name}.json")), json(self)).map_err(problem)?;
        let path = folder.join(format!("{name}.md"));
        fs::write(&path, markdown(self)).map_err(problem)?;
        Ok(path)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Report, Verdict, excuses, failures, json, markdown, table};
    use crate::run::Played;
    use crate::{Case, Failure, Level, Outcome};
    use std::sync::Arc;
    use std::time::Duration;

    pub(crate) fn example() -> Report {
        let case = |id: &str, level| {
            Arc::new(Case {
                id: id.to_owned(),
                rule: "RFC 9112 §6.3".to_owned(),
                level,
                about: "A | rule.".to_owned(),
            })
        };
        let played = |case: &Arc<Case>, subject: &str, outcome| Played {
            case: Arc::clone(case),
            subject: subject.to_owned(),
            outcome,
        };
        let (kept, broken) = (case("a/t/kept", Level::Must), case("a/t/broken", Level::Should));
        let excused = case("b/t/excused", Level::Must);
        let failure = Failure {
            sent: b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            received: b"HTTP/1.1 200 OK\r\n\r\n\0".to_vec(),
            expected: "400".to_owned(),
            why: "status 200, not 400".to_owned(),
        };
        Report::new(
            "example 1.0".to_owned(),
            7,
            Duration::from_millis(1500),
            vec![
                played(&kept, "wsgi", Outcome::Passed),
                played(&kept, "handler", Outcome::Passed),
                played(&broken, "wsgi", Outcome::Passed),
                played(&broken, "handler", failure.into()),
                played(&excused, "wsgi", Outcome::Excused { link: "DIFFERENCES.md#x".to_owned() }),
            ],
        )
    }

    #[test]
    fn a_case_is_as_good_as_on_its_worst_server() {
        let report = example();
        let verdicts: Vec<_> = report.cases.iter().map(super::Reported::verdict).collect();
        assert_eq!(verdicts, [Verdict::Passed, Verdict::Failed, Verdict::Excused]);
        assert!(!report.passed());
    }

    #[test]
    fn nothing_played_is_nothing_passed() {
        assert!(!Report::new(String::new(), 1, Duration::ZERO, Vec::new()).passed());
    }

    #[test]
    fn the_table_counts_cases_by_suite_and_level() {
        let text = table(&example());
        let row = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap();
        let words: Vec<_> = row("a ").split_whitespace().collect();
        assert_eq!(words, ["a", "MUST", "1", "1", "0", "0"], "{text}");
        let text = excuses(&example());
        assert!(text.contains("DIFFERENCES.md#x     1  b/t/excused"), "{text}");
    }

    #[test]
    fn a_failure_shows_bytes_rule_and_expectation() {
        let text = failures(&example(), usize::MAX);
        for part in [
            "a/t/broken on handler",
            "SHOULD, RFC 9112 §6.3",
            "A | rule.",
            "status 200, not 400",
            "GET / HTTP/1.1\\r\\n",
            "\\x00",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    #[test]
    fn the_files_hold_every_case() {
        let report = example();
        let value: serde_json::Value = serde_json::from_str(&json(&report)).unwrap();
        assert_eq!(value["cases"].as_array().unwrap().len(), 3);
        assert_eq!(value["cases"][1]["outcome"], "failed");
        assert_eq!(value["cases"][1]["on"]["handler"]["why"], "status 200, not 400");
        assert_eq!(value["totals"][0]["passed"], 1);
        let text = markdown(&report);
        assert!(text.contains("[DIFFERENCES.md#x]"), "{text}");
        assert!(
            text.contains("| `a/t/broken` | SHOULD | RFC 9112 §6.3 | A \\| rule. | failed"),
            "{text}"
        );
    }
}
