//! What a case is: one rule, its name, and how much it binds.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One rule that is tried, whatever tries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// `suite/topic/name`, unique in a run.
    pub id: String,
    /// Where the rule stands: `RFC 9112 §6.3`, `PEP 3333, "The start_response() Callable"`.
    pub rule: String,
    /// How much it binds.
    pub level: Level,
    /// The rule in one sentence.
    pub about: String,
}

impl Case {
    /// The suite, which is the first part of the id.
    #[must_use]
    pub fn suite(&self) -> &str {
        self.id.split_once('/').map_or(&self.id, |(suite, _)| suite)
    }
}

/// How much a rule binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// The document says MUST, or CPython does it and says so.
    #[serde(rename = "MUST")]
    Must,
    /// The document says SHOULD.
    #[serde(rename = "SHOULD")]
    Should,
    /// Stricter than the documents, because leniency has caused attacks.
    #[serde(rename = "safe")]
    Safe,
}

impl Level {
    /// All, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::Safe];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Safe => "safe",
        })
    }
}
