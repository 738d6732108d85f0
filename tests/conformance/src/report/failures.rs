//! Failing cases as a person reads them: what was sent, what came back, what should have, and why.

use super::Report;
use crate::bytes::readable;
use crate::{Case, Failure, Outcome};
use std::fmt::Write;

/// The failures, at most so many in full; the others by name.
#[must_use]
pub fn failures(report: &Report, in_full: usize) -> String {
    let mut text = String::new();
    let mut count = 0;
    for reported in &report.cases {
        for (subject, outcome) in &reported.on {
            let Outcome::Failed(failure) = outcome else { continue };
            count += 1;
            if count <= in_full {
                text.push_str(&failed(&reported.case, subject, failure));
            } else {
                let _ = writeln!(text, "FAILED {} on {subject}: {}", reported.case.id, failure.why);
            }
        }
    }
    if count > in_full {
        let _ = writeln!(
            text,
            "\nOnly {in_full} of {count} failures are shown in full; --failures N shows more, --only CASE one, and the \
             report has all."
        );
    }
    text
}

/// One failure in full.
#[must_use]
fn failed(case: &Case, subject: &str, failure: &Failure) -> String {
    let Case { id, rule, level, about } = case;
    let mut text = format!("FAILED {id} on {subject}\n  {level}, {rule}: {about}\n");
    let _ = writeln!(text, "  expected  {}", indented(&failure.expected));
    let _ = writeln!(text, "  but       {}", indented(&failure.why));
    for (name, bytes) in [("sent", &failure.sent), ("received", &failure.received)] {
        // What failed before a connection was made, or is not about one, has no bytes.
        if bytes.is_empty() && failure.sent.is_empty() {
            continue;
        }
        let shown = if bytes.is_empty() { "nothing".to_owned() } else { readable(bytes) };
        let _ = writeln!(text, "  {name:8}  {}", indented(&shown));
    }
    text.push('\n');
    text
}

fn indented(text: &str) -> String {
    text.trim_end_matches('\n').replace('\n', "\n            ")
}
