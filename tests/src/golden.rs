//! The recorded cases of `golden/golden.json`, and our own answers of `golden/differences.json`.

use serde::Deserialize;

use crate::mask;
use crate::server::Driver;

/// What CPython answered, recorded by `golden/record_golden.py`.
#[derive(Debug)]
pub struct Recording {
    /// The version of the recorded servers, `CPython 3.15.2`.
    pub reference: String,
    /// Every case, in the order of the recording.
    pub cases: Vec<Case>,
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Case {
    /// Unique among the cases.
    pub name: String,
    /// Which server answers, see [`crate::server`].
    pub server: String,
    /// What the client sends.
    pub request: Vec<u8>,
    /// Whether the client then shuts its sending side.
    pub half_close: bool,
    /// What CPython did.
    pub answer: Answer,
}

/// What a server did in answer to a request, masked (see [`mask`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Every byte as one character (latin-1).
    pub response: String,
    /// `eof`, or `timeout` if the connection stayed open.
    pub ending: String,
    /// What the server wrote to its standard error, by line.
    pub log: Vec<String>,
}

/// An answer of ours that differs from CPython's on purpose.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name of the recorded case.
    pub case: String,
    /// The name of the driver that answers like this, if another one does not.
    pub driver: Option<String>,
    /// The line of `DIFFERENCES.md` that names the difference.
    pub difference: String,
    /// The rule that demands it.
    pub rule: String,
    /// What we do instead.
    pub answer: Answer,
}

impl Recording {
    /// Reads the recording.
    ///
    /// # Panics
    ///
    /// If the file is no recording.
    #[must_use]
    pub fn load() -> Self {
        let file: RecordingFile =
            serde_json::from_str(include_str!("../golden/golden.json")).expect("a recording");
        Self { reference: file.reference, cases: file.cases.into_iter().map(Case::from).collect() }
    }
}

impl Difference {
    /// Reads the differences.
    ///
    /// # Panics
    ///
    /// If the file is no list of differences.
    #[must_use]
    pub fn load() -> Vec<Self> {
        let file: Vec<DifferenceEntry> =
            serde_json::from_str(include_str!("../golden/differences.json"))
                .expect("a list of differences");
        file.into_iter().map(Self::from).collect()
    }

    /// The one of a case for a driver: its own, or that for all of them.
    pub fn find<'d>(differences: &'d [Self], case: &str, driver: Driver) -> Option<&'d Self> {
        let for_driver = |name: Option<&str>| {
            differences
                .iter()
                .find(|listed| listed.case == case && listed.driver.as_deref() == name)
        };
        for_driver(Some(driver.name())).or_else(|| for_driver(None))
    }

    /// The entry for `differences.json` that expects this answer; name and rule are left to be filled in.
    #[must_use]
    pub fn entry(case: &str, answer: &Answer) -> String {
        let response: Vec<&str> = answer.response.split_inclusive('\n').collect();
        let entry = serde_json::json!({
            "case": case, "difference": "", "rule": "", "response": response, "ending": answer.ending, "log": answer.log,
        });
        serde_json::to_string_pretty(&entry).expect("a value made of texts")
    }
}

#[derive(Deserialize)]
struct RecordingFile {
    reference: String,
    cases: Vec<CaseEntry>,
}

#[derive(Deserialize)]
struct CaseEntry {
    name: String,
    server: String,
    request: Vec<Part>,
    half_close: bool,
    response: String,
    ending: String,
    log: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Repeated { repeat: String, count: usize },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DifferenceEntry {
    case: String,
    driver: Option<String>,
    difference: String,
    rule: String,
    /// By line, which is easier to read than one long text.
    response: Vec<String>,
    ending: String,
    log: Vec<String>,
}

impl From<CaseEntry> for Case {
    fn from(entry: CaseEntry) -> Self {
        let request = entry.request.iter().flat_map(Part::bytes).collect();
        let log = entry.log.iter().map(|line| mask::software(line)).collect();
        let answer =
            Answer { response: mask::software(&entry.response), ending: entry.ending, log };
        Self {
            name: entry.name,
            server: entry.server,
            request,
            half_close: entry.half_close,
            answer,
        }
    }
}

impl From<DifferenceEntry> for Difference {
    fn from(entry: DifferenceEntry) -> Self {
        let answer =
            Answer { response: entry.response.concat(), ending: entry.ending, log: entry.log };
        let DifferenceEntry { case, driver, difference, rule, .. } = entry;
        Self { case, driver, difference, rule, answer }
    }
}

impl Part {
    fn bytes(&self) -> Vec<u8> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::Repeated { repeat, count } => repeat.repeat(*count),
        };
        text.chars()
            .map(|c| u8::try_from(c).expect("the recording has one character per byte"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Difference, Recording};
    use crate::corrected::corrected;

    #[test]
    fn the_whole_recording_is_there() {
        let recording = Recording::load();
        assert_eq!(recording.reference, "CPython 3.15.2");
        assert_eq!(recording.cases.len(), 174);
    }

    #[test]
    fn repeated_parts_are_spelled_out() {
        let recording = Recording::load();
        let case = recording.cases.iter().find(|case| case.name == "limit-line-65537").unwrap();
        assert_eq!(case.request.len(), 65537);
        assert!(case.request.starts_with(b"GET /aaa"));
    }

    #[test]
    fn every_difference_belongs_to_one_recorded_case_and_has_a_reason() {
        let recording = Recording::load();
        let differences = Difference::load();
        let corrected = recording.cases.iter().filter_map(corrected);
        let names: Vec<String> =
            recording.cases.iter().cloned().chain(corrected).map(|case| case.name).collect();
        for (index, difference) in differences.iter().enumerate() {
            let name = &difference.case;
            assert!(names.contains(name), "{name} is no case");
            assert!(
                !differences[..index]
                    .iter()
                    .any(|other| other.case == *name && other.driver == difference.driver),
                "{name} is there twice"
            );
            assert!(
                !difference.difference.is_empty() && !difference.rule.is_empty(),
                "{name} has no reason"
            );
        }
    }

    #[test]
    fn an_entry_for_the_list_reads_back() {
        let response = "HTTP/1.0 200 OK\r\n\r\nno newline at the end".to_owned();
        let answer = Answer { response, ending: "eof".to_owned(), log: vec!["a line".to_owned()] };
        let entry: super::DifferenceEntry =
            serde_json::from_str(&Difference::entry("case", &answer)).unwrap();
        assert_eq!(Difference::from(entry).answer, answer);
    }
}
