//! What the documents ask of a server, one row for each requirement, and the cases that hold it.
//!
//! The rows are data (`requirements/*.toml`); `docs/RFC-COVERAGE.md` is made from them. Nothing is left out in either
//! direction: each row has cases, tests, or a reason, and each case belongs to a row.

mod page;

use crate::Problem;
use crate::data::{DataCase, read_suite};
use crate::suites::pep3333;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// All rows, and the cases they name.
#[derive(Debug)]
pub struct Requirements {
    parts: Vec<Part>,
    /// Ids of cases, and whether one is excused.
    cases: BTreeMap<String, bool>,
}

/// The rows of one file.
#[derive(Debug)]
struct Part {
    title: &'static str,
    about: &'static str,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    requirement: Vec<Row>,
}

/// One requirement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// `RFC 9112 §6.3`.
    rule: String,
    /// `MUST` and its like; `form`, where the document has a grammar; `safe`, where it has less.
    level: String,
    /// In our own words.
    says: String,
    /// Ids of cases; `*` stands for any text within a part of an id.
    #[serde(default)]
    cases: Vec<String>,
    /// Functions that test what no case can show.
    #[serde(default)]
    tests: Vec<String>,
    /// Why it does not bind this server, or not all of it.
    unbound: Option<String>,
    /// Why it is not followed.
    broken: Option<String>,
}

impl Row {
    /// Whether anything tests it.
    fn is_held(&self) -> bool {
        !self.cases.is_empty() || !self.tests.is_empty()
    }
}

const LEVELS: [&str; 8] =
    ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "RECOMMENDED", "ought to", "form", "safe"];

/// Names of files, and what the page says of them.
const PARTS: [(&str, &str, &str); 5] = [
    (
        "rfc9112",
        "RFC 9112: messages and connections",
        "Every sentence with a MUST or a SHOULD, those that bind others included.",
    ),
    (
        "rfc9110",
        "RFC 9110: semantics, up to §11",
        "The sentences with a MUST or a SHOULD that reach this kind of server.",
    ),
    (
        "rfc9110-conditions",
        "RFC 9110: negotiation, conditions, ranges, status codes",
        "The same for §12 to §15.",
    ),
    (
        "pep3333",
        "PEP 3333: servers and gateways",
        "What it asks of who calls applications, and of applications where a server has to cope.",
    ),
    (
        "posture",
        "Stricter than the documents",
        "Where the documents leave a choice, and leniency has caused attacks.",
    ),
];

impl Requirements {
    /// Reads the rows and the cases.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub fn read() -> Result<Self, Problem> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("requirements");
        let parts = PARTS.iter().map(|(name, title, about)| {
            let path = folder.join(name).with_extension("toml");
            let text = fs::read_to_string(&path)?;
            let file: File = toml::from_str(&text)
                .map_err(|error| Problem::new(format!("{}: {error}", path.display())))?;
            Ok(Part { title, about, rows: file.requirement })
        });
        let mut cases = BTreeMap::new();
        for suite in ["rfc9112", "rfc9110"] {
            let id = |case: DataCase| (case.case.id.clone(), case.excused.is_some());
            cases.extend(read_suite(suite)?.into_iter().map(id));
        }
        cases.extend(pep3333::cases().into_iter().map(|case| (case.id, false)));
        Ok(Self { parts: parts.collect::<Result<_, Problem>>()?, cases })
    }

    /// What is wrong with the rows: names of nothing, rows that nothing holds, cases that belong to no row.
    #[must_use]
    pub fn problems(&self, workspace: &Path) -> Vec<String> {
        let sources = sources(&["crates", "tests"].map(|folder| workspace.join(folder)));
        let mut problems = Vec::new();
        let mut claimed = BTreeSet::new();
        for row in self.parts.iter().flat_map(|part| &part.rows) {
            let mut wrong =
                |why: String| problems.push(format!("{}, {:?}: {why}", row.rule, row.says));
            if !LEVELS.contains(&row.level.as_str()) {
                wrong(format!("no level {:?}; there are {}", row.level, LEVELS.join(", ")));
            }
            if !row.is_held() && row.unbound.is_none() && row.broken.is_none() {
                wrong("nothing holds it; give cases, tests or the reason why not".to_owned());
            }
            for pattern in &row.cases {
                let matching = self.matching(pattern);
                claimed.extend(matching.iter().copied());
                if matching.is_empty() {
                    wrong(format!("there is no case {pattern}"));
                }
            }
            for test in &row.tests {
                if !sources.contains(&format!("fn {test}(")) {
                    wrong(format!("there is no test {test}"));
                }
            }
        }
        let alone = self.cases.keys().filter(|id| !claimed.contains(id.as_str()));
        problems.extend(alone.map(|id| format!("the case {id} belongs to no requirement")));
        problems
    }

    /// What `docs/RFC-COVERAGE.md` has to be.
    #[must_use]
    pub fn page(&self) -> String {
        page::render(self)
    }

    /// The ids that a pattern means.
    fn matching(&self, pattern: &str) -> Vec<&str> {
        self.cases.keys().map(String::as_str).filter(|id| is_match(pattern, id)).collect()
    }
}

/// Whether an id is of a pattern, part by part.
fn is_match(pattern: &str, id: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.split('/'), id.split('/'));
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if part_matches(pattern, part) => {}
            _ => return false,
        }
    }
}

/// `*` stands for any text.
fn part_matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|after| {
            (0..=after.len()).filter_map(|at| after.get(at..)).any(|end| part_matches(rest, end))
        }),
    }
}

/// The text of all Rust sources below some folders.
fn sources(folders: &[PathBuf]) -> String {
    let mut text = String::new();
    let mut waiting = folders.to_vec();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten();
            waiting.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::is_match;

    #[test]
    fn a_star_stays_within_its_part() {
        for pattern in ["a/b/c-d", "a/*/c-d", "a/b/*", "a/b/c*", "a/b/*-d", "*/*/*-*"] {
            assert!(is_match(pattern, "a/b/c-d"), "{pattern}");
        }
        for pattern in ["a/*", "a/b/c", "a/b/d*", "*", "a/b/c-d/*"] {
            assert!(!is_match(pattern, "a/b/c-d"), "{pattern}");
        }
    }
}
