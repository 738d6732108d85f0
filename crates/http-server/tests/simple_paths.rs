//! `translate_path`: which path of the file system a request target names.

use http_server::SimpleHttpRequestHandler;
use std::path::Path;

fn check(target: &str, expected: &str) {
    let path = SimpleHttpRequestHandler::new("served").translate_path(target);
    // Compared as text, because paths that differ by a final separator are equal as paths.
    let expected = Path::new(expected);
    assert_eq!(path.as_os_str(), expected.as_os_str(), "{target}");
}

#[test]
fn query_and_fragment_are_dropped() {
    check("/filename", "served/filename");
    check("/filename?foo=bar", "served/filename");
    check("/filename?a=b&spam=eggs#zot", "served/filename");
    check("/filename#a?b", "served/filename");
    check("/filename?", "served/filename");
    check("/dir/?a=/b", "served/dir/");
    check("/dir?a=b/", "served/dir");
}

#[test]
fn slashes_at_the_start_are_one() {
    check("//filename", "served/filename");
    check("//filename?foo=bar", "served/filename");
    check("////a///b", "served/a/b");
    check("filename", "served/filename");
}

#[test]
fn a_final_slash_stays_also_when_encoded() {
    check("/", "served/");
    check("/a/", "served/a/");
    check("/a%2f", "served/a/");
    check("/a%2F?x", "served/a/");
    check("/a//", "served/a/");
    check("/a/.", "served/a");
    check("/a/..", "served");
    check("", "served");
}

#[test]
fn escapes_are_decoded_once() {
    check("/a%20b", "served/a b");
    check("/%41", "served/A");
    check("/%2541", "served/%41");
    check("/caf%C3%A9", "served/caf\u{e9}");
    check("/a%zz%4", "served/a%zz%4");
    check("/a+b", "served/a+b");
    check("/q%3Ff%23", "served/q?f#");
}

#[test]
fn scheme_and_authority_are_dropped() {
    check("http://h/a/b?c", "served/a/b");
    check("HTTPS://h:8000/a", "served/a");
    check("http://h", "served/");
    check("http://h?a", "served/");
    check("/http://h/a", "served/http:/h/a");
    check("ftp://h/a", "served/ftp:/h/a");
}

/// None of these may name anything above the directory.
#[test]
fn no_target_climbs_out() {
    let table = [
        ("/..", "served"),
        ("/../", "served/"),
        ("/../../../../etc/passwd", "served/etc/passwd"),
        ("..", "served"),
        ("../../etc/passwd", "served/etc/passwd"),
        ("/a/../../etc/passwd", "served/etc/passwd"),
        ("/a/b/../../../c", "served/c"),
        ("/%2e%2e/etc/passwd", "served/etc/passwd"),
        ("/%2e%2e/%2E%2E/etc/passwd", "served/etc/passwd"),
        ("/.%2e/etc/passwd", "served/etc/passwd"),
        ("/..%2f..%2fetc%2fpasswd", "served/etc/passwd"),
        ("/%2e%2e%2fetc/passwd", "served/etc/passwd"),
        ("/a/..%2F..%2F..%2Fetc", "served/etc"),
        ("//etc/passwd", "served/etc/passwd"),
        ("/%2Fetc/passwd", "served/etc/passwd"),
        ("/%2f%2fetc%2fpasswd", "served/etc/passwd"),
        ("/./../.%2e/./etc", "served/etc"),
        ("http://h/../../etc", "served/etc"),
        ("http://../../etc", "served/etc"),
        // Decoded once: what is left are odd names.
        ("/%252e%252e/etc", "served/%2e%2e/etc"),
        ("/..%252fetc", "served/..%2fetc"),
        // Dots that are not exactly two are names.
        ("/.../etc", "served/.../etc"),
        ("/..a/etc", "served/..a/etc"),
        ("/.. /etc", "served/.. /etc"),
        ("/..;/etc", "served/..;/etc"),
        // A backslash separates on Windows only, where such names are skipped.
        #[cfg(unix)]
        ("/..\\..\\etc", "served/..\\..\\etc"),
        #[cfg(windows)]
        ("/..\\..\\etc", "served"),
        #[cfg(windows)]
        ("/c:/windows", "served/windows"),
        #[cfg(windows)]
        ("c:c:c:foo/filename", "served/filename"),
        #[cfg(windows)]
        ("/%5c%5chost%5cshare/x", "served/x"),
    ];
    for (target, expected) in table {
        check(target, expected);
    }
}

#[test]
#[cfg(unix)]
fn names_are_bytes_on_unix() {
    use std::os::unix::ffi::OsStrExt;
    let path = |target| SimpleHttpRequestHandler::new("served").translate_path(target);
    assert_eq!(path("/%FF%fe.txt").as_os_str().as_bytes(), b"served/\xff\xfe.txt");
    // Overlong forms of `/` and `.` are bytes like others.
    assert_eq!(path("/%c0%af%c0%ae").as_os_str().as_bytes(), b"served/\xc0\xaf\xc0\xae");
}

#[test]
fn the_directory_may_be_spelled_in_any_way() {
    let path = |directory: &str| SimpleHttpRequestHandler::new(directory).translate_path("/a");
    assert_eq!(path("/srv/www"), Path::new("/srv/www/a"));
    assert_eq!(path("/srv/www/"), Path::new("/srv/www/a"));
    assert_eq!(path("."), Path::new("./a"));
    assert_eq!(path(""), Path::new("./a"));
    assert_eq!(path("../x"), Path::new("../x/a"));
}
