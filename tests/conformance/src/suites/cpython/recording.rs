//! Generated cases with what CPython answered, as data.

use super::generate;
use super::oracle::Oracle;
use super::rules::{Rules, Version};
use super::wire_case::{WireAnswer, WireCase};
use crate::Problem;
use http_server::DEFAULT_ERROR_MESSAGE;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wsgiref_tests::server::Driver;

/// One recording: a file of `cpython/`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// `CPython 3.15.2`.
    pub reference: String,
    /// What the cases were made from.
    pub seed: u64,
    /// The cases and their answers.
    cases: Vec<RecordedCase>,
}

/// A case and its answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordedCase {
    /// What was asked.
    pub(super) case: WireCase,
    /// What CPython answered.
    pub(super) answer: WireAnswer,
}

/// The recordings in this repository: the reference, and an old version, which keeps the rules for old versions true.
const FILES: [&str; 2] = [
    include_str!("../../../cpython/generated-3.15.json"),
    include_str!("../../../cpython/generated-3.13.json"),
];

/// Besides the cases that were asked for, so many times as many are looked through for rules that none of those needs.
const SEARCH: usize = 12;

impl Recording {
    /// Reads all of them.
    ///
    /// # Errors
    ///
    /// If one is no recording.
    pub fn all() -> Result<Vec<Self>, Problem> {
        let read = |text: &str| {
            let mut recording: Self = serde_json::from_str(text).map_err(not_json)?;
            for recorded in &mut recording.cases {
                let response = &mut recorded.answer.response;
                *response = response.replace(PAGE, page_start());
            }
            Ok(recording)
        };
        FILES.into_iter().map(read).collect()
    }

    /// Has a Python answer so many cases of a seed, those that every seed has, and for each rule that none of these needs, the
    /// first one that does.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn make(python: &Path, seed: u64, count: usize) -> Result<Self, Problem> {
        let mut oracle = Oracle::start(python)?;
        let (rules, version) = (Rules::load()?, Version::of(&oracle.reference)?);
        let mut needed = BTreeSet::new();
        let mut cases = Vec::new();
        let generated = generate::generated(seed, count * SEARCH);
        for (number, case) in generate::fixed().into_iter().chain(generated).enumerate() {
            if !oracle.knows(&case) {
                continue;
            }
            let answer = oracle.ask(&case)?;
            let cpython = answer.comparable();
            let expected = rules.expected(&case, &cpython, version, Driver::Blocking);
            let news = expected.by.iter().filter(|&&rule| needed.insert(rule)).count();
            if number < generate::fixed().len() + count || news > 0 {
                cases.push(RecordedCase { case, answer });
            }
        }
        Ok(Self { reference: oracle.reference.clone(), seed, cases })
    }

    /// Writes it where [`all`](Self::all) reads it; gives the file.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save(&self) -> Result<PathBuf, Problem> {
        let version = self.reference.trim_start_matches("CPython ");
        let minor: Vec<&str> = version.split('.').take(2).collect();
        let name = format!("cpython/generated-{}.json", minor.join("."));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let (reference, seed) = (&self.reference, self.seed);
        let mut text = format!("{{\"reference\": {reference:?}, \"seed\": {seed}, \"cases\": [\n");
        for (number, case) in self.cases.iter().enumerate() {
            // One case is one line, so that a diff of two recordings can be read.
            let end = if number + 1 == self.cases.len() { "\n" } else { ",\n" };
            let mut line = serde_json::to_value(case).map_err(not_json)?;
            line["answer"]["response"] = case.answer.response.replace(page_start(), PAGE).into();
            text += &(line.to_string() + end);
        }
        fs::write(&path, text + "]}\n")?;
        Ok(path)
    }

    /// The cases and their answers.
    pub(super) fn into_cases(self) -> Vec<RecordedCase> {
        self.cases
    }

    /// How many cases it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }
}

fn not_json(error: serde_json::Error) -> Problem {
    Problem::new(error.to_string())
}

/// Stands for [`page_start`] in a file.
const PAGE: &str = "{error page}";

/// What all error pages begin with.
fn page_start() -> &'static str {
    const HEADING: &str = "</h1>\n";
    let end = DEFAULT_ERROR_MESSAGE.find(HEADING).map_or(0, |at| at + HEADING.len());
    &DEFAULT_ERROR_MESSAGE[..end]
}

#[cfg(test)]
mod tests {
    use super::Recording;

    #[test]
    fn both_recordings_are_there_and_name_their_versions() {
        let [newest, old] = &Recording::all().unwrap()[..] else { panic!("two recordings") };
        assert_eq!((newest.reference.as_str(), newest.seed), ("CPython 3.15.2", 1));
        assert!(newest.len() >= 400, "{}", newest.len());
        assert_eq!(old.reference, "CPython 3.13.0");
    }
}
