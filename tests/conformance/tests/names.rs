//! The names of CPython, against our sources and the pages that are made from both.

use conformance::suites::names::{Coverage, workspace};
use std::fs;

#[test]
fn every_name_of_cpython_is_there_or_excused() {
    let problems = Coverage::read(&workspace()).unwrap().problems();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// With the variable `COVERAGE=write` it writes the pages instead: `cargo xtask coverage`.
#[test]
fn the_pages_are_what_the_data_render() {
    let coverage = Coverage::read(&workspace()).unwrap();
    for (path, text) in [
        ("docs/COVERAGE.md", coverage.page()),
        ("tests/conformance/src/suites/names/links.md", coverage.links()),
    ] {
        let file = workspace().join(path);
        if std::env::var_os("COVERAGE").is_some_and(|wish| wish == "write") {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &text).unwrap();
        }
        let found = fs::read_to_string(&file).unwrap_or_default();
        assert!(found == text, "{path} is out of date; renew it with: cargo xtask coverage");
    }
}
