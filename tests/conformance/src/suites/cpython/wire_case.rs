//! A request, the server it goes to, and what that does.

use super::script::{Script, latin1};
use serde::{Deserialize, Serialize};
use wsgiref_tests::golden::{self, Answer};
use wsgiref_tests::mask;

/// What is played against CPython and against us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireCase {
    /// `topic/what-it-exercises`, unique in its list.
    pub name: String,
    /// One of `tests/golden/record_golden.py`, or a scripted one: `script`, `script11`, `app`, `valid-app`.
    pub server: String,
    /// What the client sends, one character per byte.
    pub request: String,
    /// Whether the client then shuts its sending side.
    pub half_close: bool,
    /// What a scripted server does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub script: Option<Script>,
}

impl WireCase {
    /// What the client sends.
    #[must_use]
    pub(super) fn bytes(&self) -> Vec<u8> {
        latin1(&self.request)
    }

    /// The script as compact JSON; nothing if there is none.
    #[must_use]
    pub(super) fn script_text(&self) -> String {
        let text = |script| serde_json::to_string(script).expect("texts and numbers are JSON");
        self.script.as_ref().map(text).unwrap_or_default()
    }
}

/// What a server did, as the oracle writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireAnswer {
    /// One character per byte, masked.
    pub response: String,
    /// `eof`, or `timeout` if the connection stayed open.
    pub ending: String,
    /// What the server wrote to its standard error, by line.
    pub log: Vec<String>,
}

impl WireAnswer {
    /// The answer with the names of software masked, too, so that it can be compared with ours.
    #[must_use]
    pub(super) fn comparable(&self) -> Answer {
        golden::Answer {
            response: mask::software(&self.response),
            ending: self.ending.clone(),
            log: self.log.iter().map(|line| mask::software(line)).collect(),
        }
    }
}
