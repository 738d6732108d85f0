//! The table on the terminal.

use super::{Report, Verdict};
use std::fmt::Write;

/// The counts, and what is excused.
#[must_use]
pub fn table(report: &Report) -> String {
    let rows = report.rows();
    let width = rows.iter().map(|row| row.suite.len()).max().unwrap_or(0).max("suite".len());
    let mut text = format!(
        "{:width$}  {:6}  {:>6}  {:>6}  {:>6}  {:>7}\n",
        "suite", "level", "cases", "passed", "failed", "excused"
    );
    let mut last = "";
    for row in &rows {
        // The name stands once, above its levels.
        let suite = if row.suite == last { "" } else { &row.suite };
        last = &row.suite;
        let counts = row.counts;
        let _ = writeln!(
            text,
            "{suite:width$}  {:6}  {:>6}  {:>6}  {:>6}  {:>7}",
            row.level,
            counts.cases(),
            counts.passed,
            counts.failed,
            counts.excused
        );
    }
    let excused: Vec<_> =
        report.cases.iter().filter(|case| case.verdict() == Verdict::Excused).collect();
    if !excused.is_empty() {
        text.push_str("\nexcused:\n");
        for reported in excused {
            let _ = writeln!(text, "  {}  {}", reported.case.id, reported.links().join(", "));
        }
    }
    text
}
