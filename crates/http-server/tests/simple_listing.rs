//! The page that lists a directory.

mod tree;

use http_server::SimpleHandlerOptions;
use std::fs;
use tree::{Served, make_tree, write};

/// The page that CPython 3.15 makes of the tree, in its bytes.
#[cfg(unix)]
const LISTING: &str = "<!DOCTYPE HTML>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<style type=\"text/css\">
:root {
color-scheme: light dark;
}
</style>
<title>Directory listing for /</title>
</head>
<body>
<h1>Directory listing for /</h1>
<hr>
<ul>
<li><a href=\".hidden\">.hidden</a></li>
<li><a href=\"a%20b%26c%3Cd%3E.txt\">a b&amp;c&lt;d&gt;.txt</a></li>
<li><a href=\"caf%C3%A9.txt\">caf\u{c3}\u{a9}.txt</a></li>
<li><a href=\"data.zzz9\">data.zzz9</a></li>
<li><a href=\"empty.css\">empty.css</a></li>
<li><a href=\"file.txt\">file.txt</a></li>
<li><a href=\"htm/\">htm/</a></li>
<li><a href=\"indexed/\">indexed/</a></li>
<li><a href=\"link-broken\">link-broken@</a></li>
<li><a href=\"link-dir/\">link-dir@</a></li>
<li><a href=\"link-file\">link-file@</a></li>
<li><a href=\"noext\">noext</a></li>
<li><a href=\"old.Z\">old.Z</a></li>
<li><a href=\"pack.tar.gz\">pack.tar.gz</a></li>
<li><a href=\"page.html\">page.html</a></li>
<li><a href=\"q%3Ff%23.txt\">q?f#.txt</a></li>
<li><a href=\"sub/\">sub/</a></li>
<li><a href=\"trap/\">trap/</a></li>
</ul>
<hr>
</body>
</html>
";

#[test]
#[cfg(unix)]
fn is_byte_for_byte_that_of_cpython() {
    let root = make_tree();
    let answer = Served::new(root.path()).get("/");
    assert_eq!(
        answer.0,
        format!(
            "HTTP/1.0 200 OK\r\nServer: SimpleHTTP {{version}}\r\nDate: {{date}}\r\n\
             Content-type: text/html; charset=utf-8\r\nContent-Length: 1018\r\n\r\n{LISTING}"
        )
    );
}

#[test]
fn title_is_the_decoded_path_without_query() {
    let root = make_tree();
    let served = Served::new(root.path());
    let title = |target: &str| {
        let page = served.get(target).0;
        let start = page.find("listing for ").map_or(0, |at| at + "listing for ".len());
        page[start..].split_once("</title>").expect("a title").0.to_owned()
    };
    assert_eq!(title("/sub/?x=<1>"), "/sub/");
    assert_eq!(title("/sub%2f"), "/sub/");
    assert_eq!(title("/htm/../sub/"), "/htm/../sub/");
    assert_eq!(title("http://example.org/sub/"), "/sub/");
    assert_eq!(title("/%3Cb%3E%26%22/../sub/"), "/&lt;b&gt;&amp;\"/../sub/");
    // Not UTF-8: a replacement character, here in its bytes.
    assert_eq!(title("/%bb/../sub/"), "/\u{ef}\u{bf}\u{bd}/../sub/");
}

#[test]
#[cfg(unix)]
fn names_cannot_break_out_of_the_page() {
    let root = tempfile::tempdir().expect("a temporary directory");
    for name in
        ["\"onclick=x", "'q'", "<script>", "javascript:x", "&amp;", "%41", "a#b", "a\\b", "\n"]
    {
        write(root.path().join(name), b"");
    }
    let page = Served::new(root.path()).get("/").0;
    let lines = [
        "<li><a href=\"%0A\">\n</a></li>",
        "<li><a href=\"%22onclick%3Dx\">\"onclick=x</a></li>",
        "<li><a href=\"%2541\">%41</a></li>",
        "<li><a href=\"%26amp%3B\">&amp;amp;</a></li>",
        "<li><a href=\"%27q%27\">'q'</a></li>",
        "<li><a href=\"%3Cscript%3E\">&lt;script&gt;</a></li>",
        "<li><a href=\"a%23b\">a#b</a></li>",
        "<li><a href=\"a%5Cb\">a\\b</a></li>",
        "<li><a href=\"javascript%3Ax\">javascript:x</a></li>",
    ];
    for line in lines {
        assert!(page.contains(line), "{line}\n{page}");
    }
}

#[test]
fn is_sorted_by_lower_case() {
    let root = tempfile::tempdir().expect("a temporary directory");
    for name in ["b", "A", "C", "\u{c4}", "\u{e3}", "a1", "_"] {
        write(root.path().join(name), b"");
    }
    let page = Served::new(root.path()).get("/").0;
    let links: Vec<&str> =
        page.split("<a href=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect();
    assert_eq!(links, ["_", "A", "a1", "b", "C", "%C3%A3", "%C3%84"]);
}

/// CPython writes such a name as `%ED%B3%BF`, its inner form; this is the name itself.
#[test]
#[cfg(target_os = "linux")]
fn names_that_are_not_utf8_are_shown_linked_and_served() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let root = make_tree();
    write(root.path().join("odd").join(OsStr::from_bytes(b"\xff<\xe7.txt")), b"odd\n");
    fs::create_dir(root.path().join(OsStr::from_bytes(b"d\xff"))).expect("a directory");
    let served = Served::new(root.path());
    let page = served.get("/odd/").0;
    assert!(page.contains("<a href=\"%FF%3C%E7.txt\">\u{ff}&lt;\u{e7}.txt</a>"), "{page}");
    assert_eq!(served.get("/odd/%FF%3C%E7.txt").body(), "odd\n");
    assert_eq!(served.get("/odd/%FF%3C%E7.txt").header("Content-type"), Some("text/plain"));
    assert_eq!(served.get("/d%FF").header("Location"), Some("/d%FF/"));
    assert_eq!(served.get("/d%FF/").status(), 200);
}

#[test]
fn an_empty_directory_is_an_empty_list() {
    let root = tempfile::tempdir().expect("a temporary directory");
    assert!(
        Served::new(root.path())
            .get("/")
            .0
            .ends_with("<hr>\n<ul>\n</ul>\n<hr>\n</body>\n</html>\n")
    );
}

#[test]
fn a_directory_that_is_gone_is_404() {
    let root = make_tree();
    let served = Served::with_options(SimpleHandlerOptions::new(root.path().join("never")));
    assert_eq!(served.get("/").status(), 404);
}
