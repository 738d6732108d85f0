//! `shift_path_info` (subjects of CPython's UtilityTests: testSimpleShifts, testNormalizedShifts).

use wsgi_util::{Environ, shift_path_info};

fn check(before: (&str, &str), name: Option<&str>, after: (&str, &str)) {
    let mut environ = Environ::from([("SCRIPT_NAME", before.0), ("PATH_INFO", before.1)]);
    assert_eq!(shift_path_info(&mut environ).as_deref(), name, "name of {before:?}");
    assert_eq!(environ.get("SCRIPT_NAME").as_deref(), Some(after.0), "SCRIPT_NAME of {before:?}");
    assert_eq!(environ.get("PATH_INFO").as_deref(), Some(after.1), "PATH_INFO of {before:?}");
}

#[test]
fn simple_shifts() {
    check(("", "/"), Some(""), ("/", ""));
    check(("", "/x"), Some("x"), ("/x", ""));
    check(("/", ""), None, ("/", ""));
    check(("/a", "/x/y"), Some("x"), ("/a/x", "/y"));
    check(("/a", "/x/"), Some("x"), ("/a/x", "/"));
}

#[test]
fn shifts_normalise() {
    check(("/a/b", "/../y"), Some(".."), ("/a", "/y"));
    check(("", "/../y"), Some(".."), ("", "/y"));
    check(("/a/b", "//y"), Some("y"), ("/a/b/y", ""));
    check(("/a/b", "//y/"), Some("y"), ("/a/b/y", "/"));
    check(("/a/b", "/./y"), Some("y"), ("/a/b/y", ""));
    check(("/a/b", "/./y/"), Some("y"), ("/a/b/y", "/"));
    check(("/a/b", "///./..//y/.//"), Some(".."), ("/a", "/y/"));
    check(("/a/b", "///./.."), Some(".."), ("/a", ""));
    check(("/a/b", "///"), Some(""), ("/a/b/", ""));
    check(("/a/b", "/.//"), Some(""), ("/a/b/", ""));
    check(("/a/b", "/x//"), Some("x"), ("/a/b/x", "/"));
    check(("/a", "//"), Some(""), ("/a/", ""));
    check(("/a/b", "/."), None, ("/a/b", ""));
}

/// Script names that no server should give, normalised as `posixpath.normpath` does.
#[test]
fn odd_script_names() {
    check(("/", "/x"), Some("x"), ("//x", ""));
    check(("//", "/x"), Some("x"), ("/x", ""));
    check(("a", "/x"), Some("x"), ("a/x", ""));
    check(("a", "/.."), Some(".."), (".", ""));
    check(("../a", "/.."), Some(".."), ("..", ""));
    check(("/a", "/../.."), Some(".."), ("", "/.."));
}

#[test]
fn a_path_info_without_slash_has_no_segments() {
    check(("", "*"), None, ("", "*"));
    check(("/a", "x/y"), None, ("/a", "x/y"));
    assert_eq!(shift_path_info(&mut Environ::new()), None);
}

#[test]
fn segments_come_one_after_the_other() {
    let mut environ = Environ::from([("PATH_INFO", "/a//b/./c/")]);
    let names: Vec<String> = std::iter::from_fn(|| shift_path_info(&mut environ)).collect();
    assert_eq!(names, ["a", "b", "c", ""]);
    assert_eq!(environ.get("SCRIPT_NAME").as_deref(), Some("/a/b/c/"));
}
