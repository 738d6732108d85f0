//! What the RFCs ask of a server, against the cases that hold it and the page that is made of both.

use conformance::requirements::Requirements;
use conformance::suites::names::workspace;
use std::fs;

#[test]
fn every_requirement_is_held_and_every_case_holds_one() {
    let problems = Requirements::read().unwrap().problems(&workspace());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// With the variable `COVERAGE=write` it writes the page instead: `cargo xtask coverage`.
#[test]
fn the_page_of_the_rfcs_is_what_the_data_render() {
    let text = Requirements::read().unwrap().page();
    let file = workspace().join("docs/RFC-COVERAGE.md");
    if std::env::var_os("COVERAGE").is_some_and(|wish| wish == "write") {
        fs::write(&file, &text).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == text,
        "docs/RFC-COVERAGE.md is out of date; renew it with: cargo xtask coverage"
    );
}
