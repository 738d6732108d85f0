//! Every difference from CPython is named in `DIFFERENCES.md`, and asserted by a test.

use crate::tidy::files::File;
use crate::tidy::known::{GOLDEN, Tests, cells, quoted};

const PAGE: &str = "DIFFERENCES.md";
const COLUMNS: usize = 5;

/// What is wrong with the list of differences.
pub(super) fn check(files: &[File]) -> Vec<String> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        return vec![format!("{PAGE}: is missing")];
    };
    let mut problems = Vec::new();
    let known = Tests::of(files);
    let rows = rows(&page.text, &mut problems);
    for row in &rows {
        for test in &row.tests {
            if !known.asserts(test, &row.name) {
                problems.push(format!(
                    "{PAGE}:{}: `{}` names `{test}`, which is no test",
                    row.line, row.name
                ));
            }
        }
    }
    for (case, name) in &known.golden {
        let named = format!("golden::{case}");
        if !rows.iter().any(|row| row.name == *name && row.tests.contains(&named)) {
            problems.push(format!(
                "{GOLDEN}: `{case}` says it is named by `{name}` of {PAGE}, and is not"
            ));
        }
    }
    problems
}

/// One line of the table: name, what CPython does, what we do, why, test.
struct Row {
    line: usize,
    name: String,
    tests: Vec<String>,
}

fn rows(page: &str, problems: &mut Vec<String>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (index, text) in page.lines().enumerate() {
        let line = index + 1;
        let is_heading = |cells: &[String]| {
            cells.first().is_some_and(|cell| cell == "Name" || cell.starts_with("--"))
        };
        let cells = cells(text);
        if cells.is_empty() || is_heading(&cells) {
            continue;
        }
        if cells.len() != COLUMNS || cells.iter().any(String::is_empty) {
            problems
                .push(format!("{PAGE}:{line}: needs {COLUMNS} cells, each with something in it"));
            continue;
        }
        let tests = quoted(&cells[4]);
        if tests.is_empty() {
            problems.push(format!("{PAGE}:{line}: names no test (write it as `test_name`)"));
        }
        let name = cells[0].trim_matches('`').to_owned();
        if rows.iter().any(|row| row.name == name) {
            problems.push(format!("{PAGE}:{line}: the name `{name}` is there already"));
        }
        rows.push(Row { line, name, tests });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::files::File;

    const HEAD: &str = "| Name | CPython | here | why | test |\n| --- | --- | --- | --- | --- |\n";

    fn problems(row: &str) -> Vec<String> {
        let golden = r#"[{"case": "old", "difference": "http-0.9"}]"#;
        let first = "| `http-0.9` | serves it | refuses it | RFC 9112 §2.3 | `golden::old` |\n";
        let files = [
            ("DIFFERENCES.md", format!("{HEAD}{first}{row}\n")),
            (
                "crates/a/src/lib.rs",
                "#[test]\n#[cfg(unix)]\nfn a_test() {}\nfn no_test() {}\n".to_owned(),
            ),
            ("tests/corpus/head/bare-lf.http", String::new()),
            ("tests/golden/differences.json", golden.to_owned()),
        ];
        check(&files.map(|(path, text)| File { path: path.to_owned(), text }))
    }

    #[test]
    fn tests_that_exist_pass() {
        let row = "| `x` | a \\| b | c | d | `a::tests::a_test`, `corpus::bare-lf` |";
        assert_eq!(problems(row), Vec::<String>::new());
        assert_eq!(problems("Any other line."), Vec::<String>::new());
    }

    #[test]
    fn a_test_that_does_not_exist_is_caught() {
        for test in ["no_test", "corpus::nothing", "golden::nothing"] {
            let expected = [format!("DIFFERENCES.md:4: `x` names `{test}`, which is no test")];
            assert_eq!(problems(&format!("| `x` | a | b | c | `{test}` |")), expected);
        }
    }

    #[test]
    fn a_line_without_a_test_or_a_reason_is_caught() {
        let expected = ["DIFFERENCES.md:4: names no test (write it as `test_name`)"];
        assert_eq!(problems("| `x` | a | b | c | none |"), expected);
        let expected = ["DIFFERENCES.md:4: needs 5 cells, each with something in it"];
        assert_eq!(problems("| `x` | a | b |  | `a_test` |"), expected);
    }

    #[test]
    fn a_recorded_case_that_no_line_names_is_caught() {
        let files = [
            ("DIFFERENCES.md", HEAD.to_owned()),
            (
                "tests/golden/differences.json",
                r#"[{"case": "old", "difference": "http-0.9"}]"#.to_owned(),
            ),
        ];
        let problems = check(&files.map(|(path, text)| File { path: path.to_owned(), text }));
        let expected = "tests/golden/differences.json: `old` says it is named by `http-0.9` of DIFFERENCES.md, and is not";
        assert_eq!(problems, [expected]);
    }
}
