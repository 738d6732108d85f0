//! The report as a page.

use super::{Report, Verdict, failures};
use std::fmt::Write;

/// A page with the table, what is excused, every failure, and every case.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut text = format!(
        "# Conformance of {}\n\nSeed {}, {:.1} s. Made by `cargo xtask conformance`.\n\n",
        report.title,
        report.seed,
        report.elapsed.as_secs_f64()
    );
    text.push_str("| suite | level | cases | passed | failed | excused |\n");
    text.push_str("| --- | --- | ---: | ---: | ---: | ---: |\n");
    for row in report.rows() {
        let counts = row.counts;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            row.suite,
            row.level,
            counts.cases(),
            counts.passed,
            counts.failed,
            counts.excused
        );
    }
    let shown = failures(report, usize::MAX);
    if !shown.is_empty() {
        let _ = write!(text, "\n## Failures\n\n```text\n{shown}```\n");
    }
    text.push_str("\n## Cases\n\n| case | level | rule | about | outcome |\n");
    text.push_str("| --- | --- | --- | --- | --- |\n");
    for reported in &report.cases {
        let case = &reported.case;
        let outcome = match reported.verdict() {
            Verdict::Excused => format!("excused: [{}]", reported.links().join("], [")),
            verdict => verdict.name().to_owned(),
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {outcome} |",
            case.id,
            case.level,
            cell(&case.rule),
            cell(&case.about)
        );
    }
    text
}

/// Text that does not end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
