//! Every class of advisory in `docs/SECURITY-CASES.md` is caught by tests that exist.

use crate::tidy::files::File;
use crate::tidy::known::{Tests, cells, quoted};

const PAGE: &str = "docs/SECURITY-CASES.md";
const COLUMNS: usize = 4;

/// What is wrong with the page.
pub(super) fn check(files: &[File]) -> Vec<String> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        return vec![format!("{PAGE}: is missing")];
    };
    let known = Tests::of(files);
    let mut problems = Vec::new();
    for (index, text) in page.text.lines().enumerate() {
        let line = index + 1;
        let cells = cells(text);
        let is_heading = |cell: &String| cell == "Class" || cell.starts_with("--");
        if cells.is_empty() || cells.first().is_some_and(is_heading) {
            continue;
        }
        if cells.len() != COLUMNS || cells.iter().any(String::is_empty) {
            problems
                .push(format!("{PAGE}:{line}: needs {COLUMNS} cells, each with something in it"));
            continue;
        }
        let tests = quoted(&cells[COLUMNS - 1]);
        if tests.is_empty() {
            problems.push(format!("{PAGE}:{line}: `{}` is caught by no test", cells[0]));
        }
        for test in tests.iter().filter(|test| !known.has(test)) {
            problems.push(format!("{PAGE}:{line}: names `{test}`, which is no test"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::files::File;

    fn problems(row: &str) -> Vec<String> {
        let page = format!("| Class | a | b | c |\n| --- | --- | --- | --- |\n{row}\n");
        check(&[
            File { path: "docs/SECURITY-CASES.md".to_owned(), text: page },
            File { path: "a.rs".to_owned(), text: "#[test]\nfn there() {}\n".to_owned() },
        ])
    }

    #[test]
    fn a_row_names_tests_that_exist() {
        assert_eq!(problems("| x | y | z | `there` |"), [""; 0]);
        let expected = ["docs/SECURITY-CASES.md:3: names `gone`, which is no test"];
        assert_eq!(problems("| x | y | z | `there`, `gone` |"), expected);
        assert_eq!(problems("| x | y | z | - |").len(), 1);
        assert_eq!(problems("| x | y | `there` |").len(), 1);
        assert_eq!(check(&[]), ["docs/SECURITY-CASES.md: is missing"]);
    }
}
