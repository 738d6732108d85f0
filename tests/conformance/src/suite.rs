//! The one trait that all suites implement, whether their cases are data or code.

use crate::{Case, Failure, Outcome, Problem, Stage};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A collection of cases.
pub trait Suite: Send + Sync {
    /// The first part of the ids of its cases.
    fn name(&self) -> &'static str;

    /// What it tries, for `--list`.
    fn about(&self) -> &'static str;

    /// Every case on every server of the stage on which it can be played. Nothing is played yet.
    ///
    /// # Errors
    ///
    /// If the cases cannot be read, or what they need cannot be had.
    fn trials(&self, stage: &Arc<Stage>) -> Result<Vec<Trial>, Problem>;
}

type Play = Box<dyn FnOnce() -> Outcome + Send>;

/// One case on one server.
pub struct Trial {
    /// What is tried.
    pub case: Arc<Case>,
    /// The name of the server: `wsgi-engine`, or `HOST:PORT`.
    pub subject: String,
    /// Whether nothing else may be played meanwhile: it looks at the memory of the process, or takes all there is.
    pub alone: bool,
    play: Play,
}

impl Trial {
    /// A case that is played by a function, which may run in any thread beside others.
    pub fn new(
        case: &Arc<Case>,
        subject: impl Into<String>,
        play: impl FnOnce() -> Outcome + Send + 'static,
    ) -> Self {
        Self { case: Arc::clone(case), subject: subject.into(), alone: false, play: Box::new(play) }
    }

    /// Has it played while nothing else is.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Plays the case. A panic is a failure of the case.
    #[must_use]
    pub fn play(self) -> Outcome {
        catch_unwind(AssertUnwindSafe(self.play)).unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            let why = format!("the case panicked: {}", text.unwrap_or("without a word"));
            Failure::new("no panic", why).into()
        })
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.case.id, self.subject)
    }
}
