//! What keeps a run from being made, as opposed to a server that breaks a rule.

use std::fmt;

/// A text for the person who runs the suites: what is wrong, and the way out.
#[derive(Debug)]
pub struct Problem(String);

impl Problem {
    /// Makes one of a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for Problem {
    fn from(text: String) -> Self {
        Self(text)
    }
}
