//! CPython at the other end of two pipes: `cpython/oracle.py`.

use super::wire_case::{WireAnswer, WireCase};
use crate::Problem;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A Python that answers cases, one after the other.
#[derive(Debug)]
pub(super) struct Oracle {
    /// `CPython 3.15.2`.
    pub reference: String,
    has_extra: bool,
    child: Child,
    /// `None` once it is closed, which ends the process.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Greeting {
    reference: String,
    /// Whether its directory handler takes extra headers (CPython 3.15).
    extra: bool,
}

impl Oracle {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// If this is no Python, or one before 3.11.
    pub(super) fn start(python: &Path) -> Result<Self, Problem> {
        let script = script();
        let mut child = Command::new(python)
            .arg(&script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| {
                Problem::new(format!(
                    "{}: {error}; give a Python with --python PATH",
                    python.display()
                ))
            })?;
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped just above"));
        let mut oracle =
            Self { reference: String::new(), has_extra: false, child, questions, answers };
        let greeting: Greeting = oracle.read().map_err(|error| {
            Problem::new(format!(
                "{} {} did not start ({error}); it needs Python 3.11 or later, nothing else",
                python.display(),
                script.display()
            ))
        })?;
        (oracle.reference, oracle.has_extra) = (greeting.reference, greeting.extra);
        Ok(oracle)
    }

    /// Whether it has a server for the case.
    pub(super) fn knows(&self, case: &WireCase) -> bool {
        self.has_extra || case.server != "extra"
    }

    /// Has it answer a case.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub(super) fn ask(&mut self, case: &WireCase) -> Result<WireAnswer, Problem> {
        let line = serde_json::to_string(case).map_err(|error| Problem::new(error.to_string()))?;
        let gone = || Problem::new("the Python that answers has ended");
        let questions = self.questions.as_mut().ok_or_else(gone)?;
        writeln!(questions, "{line}")?;
        self.read()
    }

    fn read<T: for<'de> Deserialize<'de>>(&mut self) -> Result<T, Problem> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(|error| Problem::new(format!("{line:?}: {error}")))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // The end of its input is the end of the process, unless it hangs.
        drop(self.questions.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cpython/oracle.py")
}
