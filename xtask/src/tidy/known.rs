//! The tests that a page can name, and the tables in which it does.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::tidy::files::File;

pub(super) const GOLDEN: &str = "tests/golden/differences.json";

/// The cells of a line of a Markdown table; none if it is another line. `\|` is a bar inside a cell.
pub(super) fn cells(line: &str) -> Vec<String> {
    const BAR: &str = "\u{0}";
    let line = line.trim().replace("\\|", BAR);
    match line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
        Some(inner) => inner.split('|').map(|cell| cell.trim().replace(BAR, "|")).collect(),
        None => Vec::new(),
    }
}

/// What stands between backquotes.
pub(super) fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The tests of the workspace, as far as a line of the page can name them.
#[derive(Default)]
pub(super) struct Tests {
    /// The functions marked `#[test]`.
    functions: BTreeSet<String>,
    /// The files of the wire corpus, without folder and ending.
    corpus: BTreeSet<String>,
    /// The recorded cases that we answer differently, with the line of the page that each names.
    pub(super) golden: BTreeSet<(String, String)>,
    /// The cases of the conformance suites: `suite/topic/name`.
    conformance: BTreeSet<String>,
    /// The targets of `fuzz/`.
    fuzz: BTreeSet<String>,
}

impl Tests {
    pub(super) fn of(files: &[File]) -> Self {
        let mut tests = Self::default();
        for file in files {
            if file.path == GOLDEN {
                tests.golden = golden(&file.text);
            } else if file.path.starts_with("tests/corpus/") {
                tests.corpus.extend(stem(&file.path));
            } else if let Some(topic) = file.path.strip_prefix(CASES) {
                tests.conformance.extend(cases(topic, &file.text));
            } else if file.path.starts_with("fuzz/fuzz_targets/") {
                tests.fuzz.extend(stem(&file.path));
            } else if file.path.ends_with(".rs") {
                tests.functions.extend(test_functions(&file.text));
            }
        }
        tests
    }

    /// Whether a test of that name exists and asserts the difference.
    pub(super) fn asserts(&self, test: &str, difference: &str) -> bool {
        match test.split_once("::") {
            Some(("golden", case)) => {
                self.golden.contains(&(case.to_owned(), difference.to_owned()))
            }
            _ => self.has(test),
        }
    }

    /// Whether a test of that name exists: a function, `corpus::name`, `fuzz::target`, or `suite/topic/name`.
    pub(super) fn has(&self, test: &str) -> bool {
        match test.split_once("::") {
            Some(("corpus", file)) => self.corpus.contains(file),
            Some(("fuzz", target)) => self.fuzz.contains(target),
            _ if test.contains('/') => self.conformance.contains(test),
            _ => test.rsplit("::").next().is_some_and(|function| self.functions.contains(function)),
        }
    }
}

const CASES: &str = "tests/conformance/cases/";

/// The cases of a file of them, of which the path names suite and topic.
fn cases(path: &str, text: &str) -> Vec<String> {
    let Some(topic) = path.strip_suffix(".toml") else { return Vec::new() };
    let names = text.lines().filter_map(|line| line.strip_prefix("name = "));
    names.map(|name| format!("{topic}/{}", name.trim().trim_matches('"'))).collect()
}

fn golden(text: &str) -> BTreeSet<(String, String)> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let entries = value.as_array().cloned().unwrap_or_default();
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    entries.iter().map(|entry| (word(entry, "case"), word(entry, "difference"))).collect()
}

fn stem(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    Some(name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned())
}

/// The names of the functions that follow a `#[test]`.
fn test_functions(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") {
            marked = true;
        }
        if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked) {
            names.extend(rest.split(['(', '<']).next().map(str::to_owned));
            marked = false;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::Tests;
    use crate::tidy::files::File;

    #[test]
    fn tests_of_all_kinds_are_known() {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let known = Tests::of(&[
            file("tests/conformance/cases/s/t.toml", "[[case]]\nname = \"a-case\"\n"),
            file("fuzz/fuzz_targets/head.rs", ""),
            file("tests/corpus/requests/invalid/b.http", ""),
            file("x/tests/y.rs", "#[test]\nfn it_works() {}\nfn helper() {}\n"),
        ]);
        for test in ["s/t/a-case", "fuzz::head", "corpus::b", "it_works"] {
            assert!(known.has(test), "{test}");
        }
        for test in ["s/t/b-case", "s/u/a-case", "fuzz::tail", "corpus::c", "helper", ""] {
            assert!(!known.has(test), "{test}");
        }
    }
}
