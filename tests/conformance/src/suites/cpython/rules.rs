//! What `DIFFERENCES.md` says, so that a program can apply it: from CPython's answer to the one that is expected of us.
//!
//! A rule names a row of that page, and when it applies: for which requests, servers and versions of CPython. It then rewrites
//! exactly what the row is about, and all the rest has to be CPython's, byte for byte. Nothing is a matter of choice: where a
//! rule applies, our answer has to differ like this, and where none does, it may not differ at all.

mod edit;
mod message;
mod page;

use super::wire_case::WireCase;
use crate::Problem;
use edit::Edit;
use message::Lengths;
pub(in crate::suites::cpython) use message::{without_chunks, without_tag_values};
use page::Page;
use regex::Regex;
use serde::{Deserialize, Deserializer};
use wsgiref_tests::golden::Answer;
use wsgiref_tests::server::Driver;

/// All rules, in the order in which they apply.
#[derive(Debug)]
pub(super) struct Rules(Vec<Rule>);

/// One rule of `cpython/differences.json`: when it applies, and what it changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// The row of `DIFFERENCES.md` that it belongs to.
    pub row: String,
    /// What it is about, if the row is about several things.
    #[serde(default)]
    pub about: String,
    /// Only for versions of CPython before this one: `3.14`.
    #[serde(default)]
    pub before: Option<Version>,
    /// Only for servers whose name matches.
    #[serde(default, deserialize_with = "pattern")]
    server: Option<Regex>,
    /// Only for this driver.
    #[serde(default)]
    driver: Option<String>,
    /// Only for requests that match. Its groups can be used in the texts of a page.
    #[serde(default, deserialize_with = "pattern")]
    request: Option<Regex>,
    /// Not for requests that match.
    #[serde(default, deserialize_with = "pattern")]
    unless: Option<Regex>,
    /// Only for scripts (as compact JSON) that match.
    #[serde(default, deserialize_with = "pattern")]
    script: Option<Regex>,
    /// Only if CPython's response matches.
    #[serde(default, deserialize_with = "pattern")]
    cpython: Option<Regex>,
    /// We answer with an error page instead.
    #[serde(default)]
    page: Option<Page>,
    /// Our answer is CPython's with these changes.
    #[serde(default)]
    edit: Vec<Edit>,
    /// Of several responses of CPython's there is only the first, with the first line of the log.
    #[serde(default)]
    first_response_only: bool,
    /// The body is held to its Content-Length, and the log tells.
    #[serde(default)]
    lengths: Option<Lengths>,
    /// Our body comes in chunks, of which the sizes are nobody's business.
    #[serde(default)]
    chunked: bool,
    /// We add an ETag, which is `{tag}` in the text of the rule.
    #[serde(default)]
    tagged: bool,
}

/// The version of a CPython, as far as rules know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32);

/// The groups of the patterns of a rule.
#[derive(Debug)]
struct Groups {
    request: Vec<String>,
    script: Vec<String>,
}

/// What is expected of us.
#[derive(Debug)]
pub(super) struct Expected {
    /// Our answer.
    pub answer: Answer,
    /// The rules that made it, by their place in the list; none if it is CPython's answer.
    pub by: Vec<usize>,
    /// Whether our body has to come in chunks; the expected one is without them.
    pub chunked: bool,
    /// Whether our answer has an ETag; in the expected one it is `{tag}`.
    pub tagged: bool,
}

impl Rules {
    /// Reads `cpython/differences.json`.
    ///
    /// # Errors
    ///
    /// If it is no list of rules.
    pub(super) fn load() -> Result<Self, Problem> {
        let text = include_str!("../../../cpython/differences.json");
        let rules = serde_json::from_str(text)
            .map_err(|error| Problem::new(format!("cpython/differences.json: {error}")))?;
        Ok(Self(rules))
    }

    /// The rules.
    #[must_use]
    pub(super) fn all(&self) -> &[Rule] {
        &self.0
    }

    /// What is expected of one of our drivers where a CPython answers like this.
    #[must_use]
    pub(super) fn expected(
        &self,
        case: &WireCase,
        cpython: &Answer,
        version: Version,
        driver: Driver,
    ) -> Expected {
        let mut expected =
            Expected { answer: cpython.clone(), by: Vec::new(), chunked: false, tagged: false };
        for (number, rule) in self.0.iter().enumerate() {
            if !rule.applies(case, cpython, version, driver) {
                continue;
            }
            let before = expected.answer.clone();
            if let Some(page) = &rule.page {
                expected.answer = page.answer(case, &rule.groups(case), &before);
            }
            for edit in &rule.edit {
                edit.apply(&mut expected.answer);
            }
            if rule.first_response_only {
                message::keep_first(&mut expected.answer, case.request.starts_with("HEAD "));
            }
            if let Some(lengths) = &rule.lengths {
                lengths.apply(&mut expected.answer);
            }
            expected.chunked |= rule.chunked;
            expected.tagged |= rule.tagged;
            if expected.answer != before {
                expected.by.push(number);
            }
            if rule.page.is_some() {
                break;
            }
        }
        expected
    }

    /// The rows behind some rules, each once, as links.
    #[must_use]
    pub(super) fn links(&self, by: &[usize]) -> String {
        let mut rows: Vec<String> =
            by.iter().map(|&number| format!("DIFFERENCES.md#{}", self.0[number].row)).collect();
        rows.dedup();
        rows.join(", ")
    }
}

impl Rule {
    fn applies(&self, case: &WireCase, cpython: &Answer, version: Version, driver: Driver) -> bool {
        let matches = |pattern: &Option<Regex>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        self.before.is_none_or(|before| version < before)
            && self.driver.as_deref().is_none_or(|name| name == driver.name())
            && matches(&self.server, &case.server)
            && matches(&self.request, &case.request)
            && !self.unless.as_ref().is_some_and(|pattern| pattern.is_match(&case.request))
            && matches(&self.cpython, &cpython.response)
            && (self.script.is_none() || matches(&self.script, &case.script_text()))
    }

    /// What its patterns have found, for the texts of a page.
    fn groups(&self, case: &WireCase) -> Groups {
        let found = |pattern: &Option<Regex>, text: &str| {
            let captures = pattern.as_ref().and_then(|pattern| pattern.captures(text));
            captures.map_or(Vec::new(), |found| {
                found.iter().map(|group| group.map_or("", |g| g.as_str()).to_owned()).collect()
            })
        };
        let unescape = |text: String| serde_json::from_str(&format!("\"{text}\"")).unwrap_or(text);
        let script: Vec<String> = found(&self.script, &case.script_text());
        Groups {
            request: found(&self.request, &case.request),
            script: script.into_iter().map(unescape).collect(),
        }
    }
}

impl Version {
    /// The version in `CPython 3.15.2`.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(super) fn of(reference: &str) -> Result<Self, Problem> {
        let number = reference.rsplit(' ').next().unwrap_or_default();
        let mut parts = number.split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self(major, minor)),
            _ => Err(Problem::new(format!("{reference:?} names no version"))),
        }
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::of(&text).map_err(serde::de::Error::custom)
    }
}

fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Regex::new(&text).map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::super::wire_case::{WireAnswer, WireCase};
    use super::{Rules, Version};
    use wsgiref_tests::golden::Answer;
    use wsgiref_tests::server::Driver;

    /// What is expected of us where CPython 3.13 answers like this.
    fn expected(server: &str, request: &str, response: &str) -> Answer {
        let case = WireCase {
            name: "a/case".to_owned(),
            server: server.to_owned(),
            request: request.to_owned(),
            half_close: true,
            script: None,
        };
        let (ending, log) = ("eof".to_owned(), Vec::new());
        let answer = WireAnswer { response: response.to_owned(), ending, log }.comparable();
        let version = Version::of("CPython 3.13.0").unwrap();
        Rules::load().unwrap().expected(&case, &answer, version, Driver::Blocking).answer
    }

    #[test]
    fn an_old_answer_is_brought_up_to_date() {
        let head = |server: &str, length: usize| {
            format!(
                "HTTP/1.0 200 OK\r\nServer: {server} Python/3.13.0\r\nContent-Length: {length}\r\n\r\n"
            )
        };
        let page = "        <meta charset=\"utf-8\">\n        <title>Error response</title>\n";
        let old = head("SimpleHTTP/0.6", page.len()) + page;
        let answer = expected("base", "GET / HTTP/1.0\r\n\r\n", &old).response;
        assert!(answer.contains("Server: SimpleHTTP {software}\r\n"), "{answer}");
        assert!(answer.contains("color-scheme: light dark;"), "{answer}");
        let (new_head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(new_head.ends_with(&format!("Content-Length: {}", body.len())), "{answer}");

        let listing = "<meta charset=\"utf-8\">\n<title>Directory listing for /a/?b</title>\n";
        let old = head("SimpleHTTP/0.6", listing.len()) + listing;
        let answer = expected("static", "GET /a/?b HTTP/1.0\r\n\r\n", &old).response;
        assert!(
            answer.ends_with("</style>\n<title>Directory listing for /a/</title>\n"),
            "{answer}"
        );
    }

    #[test]
    fn an_old_refusal_is_made_whole() {
        let old = "<!DOCTYPE HTML>\n        <p>Message: Bad request syntax ('GET').</p>\n";
        let answer = expected("base", "GET\r\n\r\n", old).response;
        assert!(
            answer.starts_with("HTTP/1.0 400 Bad request syntax ('GET')\r\nServer: "),
            "{answer}"
        );
    }

    #[test]
    fn every_rule_names_a_row_of_differences_md() {
        let page = include_str!("../../../../../DIFFERENCES.md");
        for rule in Rules::load().unwrap().all() {
            assert!(
                page.contains(&format!("\n| `{}` |", rule.row)),
                "there is no row {}",
                rule.row
            );
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(Version::of("CPython 3.9.18").unwrap() < Version::of("3.14").unwrap());
        assert!(Version::of("CPython").is_err());
    }
}
