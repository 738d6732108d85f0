//! `cargo xtask test`: every test there is.

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::process::{Command, Stdio};

use crate::Result;
use crate::steps::Steps;

pub(crate) fn steps() -> Steps {
    // Without a choice of targets cargo also builds the examples, which integration tests run as programs.
    Steps::default().step("unit, integration, example and doc tests", |_| cargo_test())
}

/// Runs `cargo test` on the whole workspace, passes its output on, and adds up the results.
fn cargo_test() -> Result {
    let mut command = Command::new("cargo");
    command.current_dir(crate::root()).args([
        "test",
        "--workspace",
        "--all-features",
        "--no-fail-fast",
    ]);
    if std::io::stdout().is_terminal() {
        // The output goes through a pipe, where cargo and the tests would drop their colours.
        command.args(["--color", "always", "--", "--color", "always"]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().expect("stdout is piped just above");
    let mut counts = Counts::default();
    let mut stdout = std::io::stdout();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        counts.add(&String::from_utf8_lossy(&line));
        stdout.write_all(&line)?;
        stdout.write_all(b"\n")?;
    }
    let status = child.wait()?;
    println!(
        "{} passed, {} failed, {} ignored in {} programs",
        counts.passed, counts.failed, counts.ignored, counts.programs
    );
    if status.success() { Ok(()) } else { Err("cargo test found failures, see above".into()) }
}

/// The results of all test programs together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    programs: usize,
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Counts {
    /// Takes a line like `test result: ok. 12 passed; 0 failed; 0 ignored; …` into account.
    fn add(&mut self, line: &str) {
        let Some((_, result)) = line.split_once("test result: ") else { return };
        let Some((_, numbers)) = result.split_once(". ") else { return };
        self.programs += 1;
        for part in numbers.split("; ") {
            match part.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                Some((number, "ignored")) => self.ignored += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn results_add_up_coloured_or_not() {
        let mut counts = Counts::default();
        counts.add("running 3 tests");
        counts.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        counts.add("test result: \u{1b}[31mFAILED\u{1b}[0m. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(counts, Counts { programs: 2, passed: 15, failed: 2, ignored: 1 });
    }
}
