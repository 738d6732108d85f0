//! Rules that the text of the files must keep.

use crate::tidy::files::File;

/// A file longer than this is two files.
const MAX_LINES: usize = 800;

/// The crates that need `unsafe`, each with the one file that may have it.
const UNSAFE_FILES: &[(&str, &str)] =
    &[("crates/socketserver/", "crates/socketserver/src/fork.rs")];

/// What the protocol core must not know: it is bytes and facts in, bytes and facts out, and time is an argument.
const IMPURE: &[&str] = &[
    "std::net",
    "std::thread",
    "thread::spawn",
    "Instant::now",
    "SystemTime::now",
    "TcpStream",
    "UdpSocket",
];

/// Folders of single machines.
const MACHINE_PATHS: &[&str] = &["/home/", "/root/", "/Users/", "/work/", "C:\\Users\\"];

/// Every broken rule, with file and line.
pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        length(file, &mut problems);
        machine_paths(file, &mut problems);
        if file.path.ends_with(".rs") {
            unfinished(file, &mut problems);
            sleeping_tests(file, &mut problems);
            tests_in_examples(file, &mut problems);
            purity(file, &mut problems);
            unsafe_code(file, &mut problems);
        }
    }
    examples_of_one_name(files, &mut problems);
    problems
}

fn length(file: &File, problems: &mut Vec<String>) {
    let lines = file.text.lines().count();
    let is_prose_or_code =
        [".rs", ".md", ".py", ".toml"].iter().any(|ending| file.path.ends_with(ending));
    if is_prose_or_code && lines > MAX_LINES {
        problems
            .push(format!("{}: {lines} lines, at most {MAX_LINES}; what is it two of?", file.path));
    }
}

fn machine_paths(file: &File, problems: &mut Vec<String>) {
    if is_tidy_itself(file) {
        return;
    }
    for (number, line) in numbered(&file.text) {
        for path in MACHINE_PATHS {
            // `/home/` inside a URL or a relative path is no folder of a machine.
            let starts_here = |at: usize| {
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}/".contains(c))
            };
            if line.match_indices(path).any(|(at, _)| starts_here(at)) {
                problems
                    .push(format!("{}:{number}: `{path}` is a folder of one machine", file.path));
            }
        }
    }
}

fn unfinished(file: &File, problems: &mut Vec<String>) {
    if is_tidy_itself(file) {
        return;
    }
    for (number, line) in numbered(&file.text) {
        for mark in ["todo!", "unimplemented!", "#[ignore"] {
            if code(line).contains(mark) {
                problems.push(format!("{}:{number}: `{mark}`", file.path));
            }
        }
    }
}

fn sleeping_tests(file: &File, problems: &mut Vec<String>) {
    if is_tidy_itself(file) {
        return;
    }
    let start = first_line_of_tests(file);
    for (number, line) in numbered(&file.text).filter(|(number, _)| *number >= start) {
        if code(line).contains("thread::sleep") || code(line).trim_start().starts_with("sleep(") {
            problems.push(format!(
                "{}:{number}: a test sleeps; wait for the event, or advance a clock",
                file.path
            ));
        }
    }
}

fn tests_in_examples(file: &File, problems: &mut Vec<String>) {
    if !file.path.contains("/examples/") {
        return;
    }
    for (number, _) in numbered(&file.text).filter(|(_, line)| line.trim() == "#[test]") {
        problems.push(format!("{}:{number}: cargo runs no test in an example", file.path));
    }
}

/// Examples of all crates are built into one folder, where one of two with the same name would win.
fn examples_of_one_name(files: &[File], problems: &mut Vec<String>) {
    let example = |file: &File| file.path.split_once("/examples/").map(|(_, name)| name.to_owned());
    for (index, file) in files.iter().enumerate() {
        let Some(name) = example(file) else { continue };
        if let Some(other) =
            files[..index].iter().find(|other| example(other).as_ref() == Some(&name))
        {
            problems.push(format!(
                "{}: has the name of {}, and cargo keeps one of them",
                file.path, other.path
            ));
        }
    }
}

/// The line at which the tests of a file begin; tests come last in a file.
fn first_line_of_tests(file: &File) -> usize {
    let path = &file.path;
    if path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs") {
        return 1;
    }
    let lines: Vec<&str> = file.text.lines().collect();
    let begins = |pair: &[&str]| {
        pair[0].trim() == "#[cfg(test)]" && pair[1].trim_start().starts_with("mod ")
    };
    lines.windows(2).position(begins).map_or(usize::MAX, |index| index + 1)
}

fn purity(file: &File, problems: &mut Vec<String>) {
    if !file.path.starts_with("crates/http-server/src/proto") {
        return;
    }
    for (number, line) in numbered(&file.text) {
        for word in IMPURE.iter().filter(|word| code(line).contains(**word)) {
            problems.push(format!(
                "{}:{number}: `{word}` in the protocol core, which is pure",
                file.path
            ));
        }
    }
}

fn unsafe_code(file: &File, problems: &mut Vec<String>) {
    let Some(rest) = file.path.strip_prefix("crates/") else { return };
    let named = UNSAFE_FILES.iter().find(|(folder, _)| file.path.starts_with(folder));
    if rest.ends_with("/src/lib.rs") || rest.ends_with("/src/main.rs") {
        let level = if named.is_some() { "deny" } else { "forbid" };
        let attribute = format!("#![{level}(unsafe_code)]");
        if !file.text.lines().any(|line| line == attribute) {
            problems.push(format!("{}: must say `{attribute}`", file.path));
        }
    }
    let allows = file.text.lines().any(|line| code(line).contains("allow(unsafe_code)"));
    if allows && named.is_none_or(|(_, path)| file.path != *path) {
        problems.push(format!(
            "{}: allows unsafe code, and is not a file named for it in xtask",
            file.path
        ));
    }
}

/// The line without its comment. A `//` inside a string cuts too much, which no rule here minds.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// This folder spells out what it looks for.
fn is_tidy_itself(file: &File) -> bool {
    file.path.starts_with("xtask/src/tidy/")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::files::File;

    fn problems(path: &str, text: &str) -> Vec<String> {
        check(&[File { path: path.to_owned(), text: text.to_owned() }])
    }

    #[test]
    fn a_clean_file_passes() {
        let text = "//! Says todo! and std::net in a comment.\n#![forbid(unsafe_code)]\nfn wait() { thread::sleep(ms) }\n";
        assert_eq!(problems("crates/a/src/lib.rs", text), Vec::<String>::new());
    }

    #[test]
    fn a_long_file_is_caught() {
        let text = "line\n".repeat(801);
        assert_eq!(
            problems("README.md", &text),
            ["README.md: 801 lines, at most 800; what is it two of?"]
        );
        assert_eq!(problems("tests/golden/golden.json", &text), Vec::<String>::new());
    }

    #[test]
    fn a_folder_of_one_machine_is_caught_and_a_url_is_not() {
        let text = "see http://example.org/home/x\nfrom /home/me/file\n";
        assert_eq!(
            problems("README.md", text),
            ["README.md:2: `/home/` is a folder of one machine"]
        );
    }

    #[test]
    fn unfinished_code_and_ignored_tests_are_caught() {
        let text = "fn a() { todo!() }\n#[ignore]\nfn b() {}\n";
        assert_eq!(
            problems("benches/a.rs", text),
            ["benches/a.rs:1: `todo!`", "benches/a.rs:2: `#[ignore`"]
        );
    }

    #[test]
    fn a_sleeping_test_is_caught() {
        let text =
            "fn a() { thread::sleep(ms) }\n#[cfg(test)]\nmod tests {\n    thread::sleep(ms);\n}\n";
        let expected = "a test sleeps; wait for the event, or advance a clock";
        assert_eq!(
            problems("crates/a/src/x.rs", text),
            [format!("crates/a/src/x.rs:4: {expected}")]
        );
        assert_eq!(
            problems("tests/tests/x.rs", "thread::sleep(ms);"),
            [format!("tests/tests/x.rs:1: {expected}")]
        );
    }

    #[test]
    fn a_test_in_an_example_is_caught() {
        let expected = ["crates/a/examples/b.rs:1: cargo runs no test in an example"];
        assert_eq!(problems("crates/a/examples/b.rs", "#[test]\nfn b() {}\n"), expected);
    }

    #[test]
    fn two_examples_of_one_name_are_caught() {
        let file = |path: &str| File { path: path.to_owned(), text: String::new() };
        let files = ["crates/a/examples/x.rs", "crates/a/examples/y.rs", "crates/b/examples/x.rs"]
            .map(file);
        let expected = "crates/b/examples/x.rs: has the name of crates/a/examples/x.rs, and cargo keeps one of them";
        assert_eq!(check(&files), [expected]);
    }

    #[test]
    fn a_clock_or_a_socket_in_the_protocol_core_is_caught() {
        let path = "crates/http-server/src/proto/head.rs";
        let expected = [
            format!("{path}:1: `std::net` in the protocol core, which is pure"),
            format!("{path}:2: `Instant::now` in the protocol core, which is pure"),
        ];
        let text = "use std::net::IpAddr;\nlet now = Instant::now();\n";
        assert_eq!(problems(path, text), expected);
        assert_eq!(problems("crates/http-server/src/blocking.rs", text), Vec::<String>::new());
    }

    #[test]
    fn unsafe_code_stays_in_the_named_file() {
        let path = "crates/wsgi-util/src/lib.rs";
        assert_eq!(problems(path, ""), [format!("{path}: must say `#![forbid(unsafe_code)]`")]);
        let path = "crates/socketserver/src/lib.rs";
        assert_eq!(problems(path, ""), [format!("{path}: must say `#![deny(unsafe_code)]`")]);
        let allows = "#![allow(unsafe_code)]\n";
        assert_eq!(problems("crates/socketserver/src/fork.rs", allows), Vec::<String>::new());
        let path = "crates/socketserver/src/tcp.rs";
        let expected =
            format!("{path}: allows unsafe code, and is not a file named for it in xtask");
        assert_eq!(problems(path, allows), [expected]);
    }
}
