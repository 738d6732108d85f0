//! Runs named steps one after the other and says how each went.

use std::time::{Duration, Instant};

use xshell::Shell;

use crate::Result;

/// One thing to do, with the name a person reads while it runs.
struct Step {
    name: String,
    action: Box<dyn FnOnce(&Shell) -> Result>,
}

/// What one command does.
///
/// A step that fails does not keep the later ones from running: a badly
/// formatted line must not hide a failing test.
#[derive(Default)]
pub(crate) struct Steps {
    steps: Vec<Step>,
}

impl Steps {
    /// Adds one step.
    pub(crate) fn step(
        mut self,
        name: impl Into<String>,
        action: impl FnOnce(&Shell) -> Result + 'static,
    ) -> Self {
        self.steps.push(Step { name: name.into(), action: Box::new(action) });
        self
    }

    /// Appends the steps of another command.
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// Runs all steps; whether every one of them worked.
    pub(crate) fn run(self, shell: &Shell) -> bool {
        let start = Instant::now();
        let total = self.steps.len();
        let mut failures = Vec::new();
        for (index, step) in self.steps.into_iter().enumerate() {
            eprintln!("[{}/{total}] {}", index + 1, step.name);
            let step_start = Instant::now();
            match (step.action)(shell) {
                Ok(()) => {
                    eprintln!("[{}/{total}] ok, {}\n", index + 1, duration(step_start.elapsed()))
                }
                Err(error) => {
                    eprintln!("[{}/{total}] FAILED: {error}\n", index + 1);
                    failures.push(step.name);
                }
            }
        }
        let elapsed = duration(start.elapsed());
        if failures.is_empty() {
            eprintln!(
                "{} in {elapsed}.",
                if total == 1 { "Passed".to_owned() } else { format!("All {total} steps passed") }
            );
        } else {
            eprintln!(
                "{} of {total} steps failed in {elapsed}: {}",
                failures.len(),
                failures.join(", ")
            );
        }
        failures.is_empty()
    }
}

/// A duration as a person says it.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 60 {
        format!("{} min {} s", seconds / 60, seconds % 60)
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    use xshell::Shell;

    use super::{Steps, duration};

    #[test]
    fn a_failed_step_fails_the_run_and_the_others_still_run() {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let log = |name: &'static str| {
            let seen = Rc::clone(&seen);
            move || seen.borrow_mut().push(name)
        };
        let (first, second) = (log("first"), log("second"));
        let steps = Steps::default()
            .step("first", move |_| {
                first();
                Err("broken".into())
            })
            .then(Steps::default().step("second", move |_| {
                second();
                Ok(())
            }));
        assert!(!steps.run(&Shell::new().unwrap()));
        assert_eq!(*seen.borrow(), ["first", "second"]);
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 5 s");
    }
}
