//! `docs/RFC-COVERAGE.md`, made from the rows.

use super::{Part, Requirements, Row};
use std::fmt::Write;

const HEAD: &str = "\
# Coverage of the RFCs and of PEP 3333

What RFC 9112, RFC 9110 and PEP 3333 ask of a server, in our own words, and what holds it: cases of [the conformance
suites](../tests/conformance/README.md), played on our servers by `cargo xtask conformance` and by the tests.
This page is made from [`requirements/`](../tests/conformance/requirements/) by `cargo xtask coverage`. The tests fail if it is not what
that renders, if a row names a case or a test that is not there, if nothing holds a row and no reason is given, or if a case
belongs to no row.

`form` is a grammar of the document rather than a sentence; `safe` is our own choice. A number behind `*` says how many cases
that is.

";

/// More names than this make a cell that nobody reads.
const NAMED: usize = 6;

pub(super) fn render(all: &Requirements) -> String {
    let mut page = HEAD.to_owned();
    page += "| part | requirements | held by cases | by other tests | not this server's | not followed |\n";
    page += "| --- | ---: | ---: | ---: | ---: | ---: |\n";
    for part in &all.parts {
        let count = |wanted: fn(&Row) -> bool| part.rows.iter().filter(|row| wanted(row)).count();
        let _ = writeln!(
            page,
            "| [{}](#{}) | {} | {} | {} | {} | {} |",
            part.title,
            anchor(part.title),
            part.rows.len(),
            count(|row| !row.cases.is_empty()),
            count(|row| row.cases.is_empty() && !row.tests.is_empty()),
            count(|row| !row.is_held() && row.unbound.is_some()),
            count(|row| row.broken.is_some()),
        );
    }
    let excused: Vec<_> = all.cases.iter().filter(|(_, excused)| **excused).collect();
    let _ = writeln!(
        page,
        "\n{} cases, of which {} are excused on some of our servers: {}.",
        all.cases.len(),
        excused.len(),
        excused.iter().map(|(id, _)| link(id, id)).collect::<Vec<_>>().join(", ")
    );
    for part in &all.parts {
        section(all, part, &mut page);
    }
    page
}

fn section(all: &Requirements, part: &Part, page: &mut String) {
    let _ = writeln!(page, "\n## {}\n\n{}\n", part.title, part.about);
    *page += "| rule | | what it says | held by |\n| --- | --- | --- | --- |\n";
    for row in &part.rows {
        let rule = row.rule.strip_prefix("RFC 9112 ").filter(|_| part.title.contains("9112"));
        let rule = rule
            .or_else(|| row.rule.strip_prefix("RFC 9110 ").filter(|_| part.title.contains("9110")))
            .or_else(|| row.rule.strip_prefix("PEP 3333, "))
            .unwrap_or(&row.rule);
        let _ = writeln!(page, "| {rule} | {} | {} | {} |", row.level, row.says, held_by(all, row));
    }
}

fn held_by(all: &Requirements, row: &Row) -> String {
    let mut cells: Vec<String> = row
        .cases
        .iter()
        .take(NAMED)
        .map(|pattern| {
            let (_, short) = pattern.split_once('/').unwrap_or_default();
            match all.matching(pattern)[..] {
                [id] if !pattern.contains('*') => link(short, id),
                ref ids => format!("{} ({})", link(short, ids.first().unwrap_or(&"")), ids.len()),
            }
        })
        .collect();
    if row.cases.len() > NAMED {
        cells.push(format!("{} more", row.cases.len() - NAMED));
    }
    cells.extend(row.tests.iter().map(|test| format!("the test `{test}`")));
    cells.extend(row.unbound.clone());
    cells.extend(row.broken.iter().map(|why| format!("**Not followed.** {why}")));
    cells.join(", ").replace("., ", ". ")
}

/// A link to the file of a case.
fn link(text: &str, id: &str) -> String {
    let file = id.rsplit_once('/').map_or(id, |(file, _)| file);
    // Its cases are code, a file for each topic, too.
    match file.strip_prefix("pep3333/") {
        Some(topic) => {
            format!("[`{text}`](../tests/conformance/src/suites/pep3333/topics/{topic}.rs)")
        }
        None => format!("[`{text}`](../tests/conformance/cases/{file}.toml)"),
    }
}

/// The anchor that a heading has.
fn anchor(title: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-');
    title.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}
