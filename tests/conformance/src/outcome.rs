//! How a case ended on one server.

/// How a case ended on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server kept the rule.
    Passed,
    /// It did not.
    Failed(Box<Failure>),
    /// It did not, on purpose: where that is explained, `DIFFERENCES.md#name`.
    Excused {
        /// The line that explains it.
        link: String,
    },
}

/// What a person needs in order to see what went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Every byte that went to the server.
    pub sent: Vec<u8>,
    /// Every byte that came back.
    pub received: Vec<u8>,
    /// What should have come, in words.
    pub expected: String,
    /// What is wrong with what did.
    pub why: String,
}

impl Failure {
    /// A failure that is not about bytes on a connection.
    pub fn new(expected: impl Into<String>, why: impl Into<String>) -> Self {
        Self { expected: expected.into(), why: why.into(), ..Self::default() }
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<Result<(), Failure>> for Outcome {
    fn from(result: Result<(), Failure>) -> Self {
        result.map_or_else(Self::from, |()| Self::Passed)
    }
}
