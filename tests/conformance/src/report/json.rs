//! The report for programs.

use super::{Report, Verdict};
use crate::Outcome;
use crate::bytes::from_latin1;
use serde_json::{Map, Value, json};

/// Everything a run found. Bytes are strings of one character per byte.
#[must_use]
pub fn json(report: &Report) -> String {
    let cases: Vec<Value> = report
        .cases
        .iter()
        .map(|reported| {
            let on: Map<String, Value> = reported
                .on
                .iter()
                .map(|(subject, outcome)| (subject.clone(), described(outcome)))
                .collect();
            let case = &reported.case;
            json!({
                "id": case.id,
                "rule": case.rule,
                "level": case.level,
                "about": case.about,
                "outcome": reported.verdict().name(),
                "on": on,
            })
        })
        .collect();
    let value = json!({
        "title": report.title,
        "seed": report.seed,
        "seconds": report.elapsed.as_secs_f64(),
        "totals": report.rows(),
        "cases": cases,
    });
    format!("{value:#}\n")
}

fn described(outcome: &Outcome) -> Value {
    let name = Verdict::from(outcome).name();
    match outcome {
        Outcome::Passed => json!({ "outcome": name }),
        Outcome::Excused { link } => json!({ "outcome": name, "link": link }),
        Outcome::Failed(failure) => json!({
            "outcome": name,
            "why": failure.why,
            "expected": failure.expected,
            "sent": from_latin1(&failure.sent),
            "received": from_latin1(&failure.received),
        }),
    }
}
