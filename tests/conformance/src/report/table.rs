//! The table on the terminal.

use super::{Report, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The counts.
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
    text
}

/// So many cases are named for each excuse.
const NAMED: usize = 2;

/// What is excused, by the line that explains it; the report names every case.
#[must_use]
pub fn excuses(report: &Report) -> String {
    let mut by_link: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for reported in report.cases.iter().filter(|case| case.verdict() == Verdict::Excused) {
        by_link.entry(reported.links().join(", ")).or_default().push(&reported.case.id);
    }
    let mut text = String::new();
    if !by_link.is_empty() {
        text.push_str("excused by\n");
    }
    let width = by_link.keys().map(String::len).max().unwrap_or(0);
    for (link, cases) in by_link {
        let named = cases.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = if cases.len() > NAMED { ", ..." } else { "" };
        let _ = writeln!(text, "  {link:width$}  {:>4}  {named}{more}", cases.len());
    }
    text
}
