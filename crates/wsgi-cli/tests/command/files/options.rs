//! The options of `files`, as a client meets them.

use super::{get, start, tree};
use crate::running::{Running, finished};
use std::fs;
use std::os::unix::fs::symlink;

fn status(server: &Running, target: &str) -> u16 {
    get(server, target, &[]).0.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn names_with_a_dot_are_hidden_unless_wanted() {
    let root = tree();
    for (arguments, expected) in [(&[][..], 404), (&["--hidden"], 200)] {
        let server = start(root.path(), arguments);
        assert_eq!(status(&server, "/.hidden"), expected);
        assert_eq!(get(&server, "/", &[]).1.contains(".hidden"), expected == 200);
    }
}

#[test]
fn links_lead_out_only_if_wanted() {
    let (root, elsewhere) = (tree(), tree());
    symlink(elsewhere.path().join("a.txt"), root.path().join("out")).unwrap();
    symlink("a.txt", root.path().join("within")).unwrap();
    for (arguments, expected) in [(&[][..], 404), (&["--follow-symlinks"], 200)] {
        let server = start(root.path(), arguments);
        assert_eq!(status(&server, "/out"), expected);
        assert_eq!(status(&server, "/within"), 200);
    }
}

#[test]
fn a_classic_listing_is_cpythons_and_the_only_one() {
    let root = tree();
    let server = start(root.path(), &["--classic-listing", "--hidden", "-p", "HTTP/1.0"]);
    for target in ["/", "/?format=json", "/?format=tar"] {
        let (head, page) = get(&server, target, &["Accept: application/json"]);
        assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
        let last = format!(
            "\r\nContent-type: text/html; charset=utf-8\r\nContent-Length: {}\r\n",
            page.len()
        );
        assert!(head.ends_with(&last), "{head}");
        assert_eq!(
            page,
            "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <style type=\"text/css\">\n:root {\ncolor-scheme: light dark;\n}\n</style>\n\
             <title>Directory listing for /</title>\n</head>\n<body>\n\
             <h1>Directory listing for /</h1>\n<hr>\n<ul>\n\
             <li><a href=\".hidden\">.hidden</a></li>\n<li><a href=\"a.txt\">a.txt</a></li>\n\
             <li><a href=\"sub/\">sub/</a></li>\n</ul>\n<hr>\n</body>\n</html>\n"
        );
    }
}

#[test]
fn a_program_in_the_browser_has_its_page_everywhere() {
    let root = tree();
    fs::write(root.path().join("index.html"), "app\n").unwrap();
    fs::write(root.path().join("sub/app.html"), "other app\n").unwrap();
    for (argument, page) in [
        ("--spa", "app\n"),
        ("--spa=sub/app.html", "other app\n"),
        ("--spa=/sub/app.html", "other app\n"),
    ] {
        let server = start(root.path(), &[argument]);
        assert_eq!(get(&server, "/some/page", &["Accept: text/html"]).1, page);
        assert_eq!(get(&server, "/a.txt", &[]).1, "hello\n");
        assert_eq!(status(&server, "/none.png"), 404);
    }
}

#[test]
fn fields_and_types_are_sent_as_wanted() {
    let root = tree();
    let server = start(
        root.path(),
        &[
            &["-H", "X-One", "1", "--header", "Expires", "-1", "-H", "Server", "other"][..],
            &["--cache-control", "max-age=60", "--cors=https://example.org"],
            &["--content-type", "application/x-thing", "--charset", "off"],
        ]
        .concat(),
    );
    let (head, _) = get(&server, "/a.txt", &[]);
    for line in [
        "X-One: 1",
        "Expires: -1",
        "Cache-Control: max-age=60",
        "Access-Control-Allow-Origin: https://example.org",
        "Content-type: text/plain",
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} is missing in\n{head}");
    }
    assert!(!head.contains("other"), "{head}");
    assert!(get(&server, "/sub/b", &[]).0.contains("\r\nContent-type: application/x-thing\r\n"));
    let server = start(root.path(), &["--cors"]);
    assert!(get(&server, "/", &[]).0.contains("\r\nAccess-Control-Allow-Origin: *\r\n"));
}

#[test]
fn the_protocol_may_be_older() {
    let root = tree();
    let server = start(root.path(), &["-p", "HTTP/1.0"]);
    assert!(get(&server, "/a.txt", &[]).0.starts_with("HTTP/1.0 200 OK\r\n"));
}

#[test]
fn text_is_compressed_if_wanted() {
    let root = tree();
    fs::write(root.path().join("long.txt"), "0123456789".repeat(1000)).unwrap();
    for (arguments, coding) in [(&[][..], false), (&["--gzip"], true)] {
        let server = start(root.path(), arguments);
        // A body in a coding is no text, so only the head is asked for.
        let head = head_of(&server, "/long.txt");
        assert_eq!(head.contains("\r\nContent-Encoding: gzip\r\n"), coding, "{head}");
        assert_eq!(head.contains("\r\nContent-Length: 10000\r\n"), !coding, "{head}");
    }
}

#[test]
fn a_compressed_neighbour_is_sent_if_wanted() {
    let root = tree();
    fs::write(root.path().join("a.txt.gz"), "packed").unwrap();
    for (arguments, coding) in [(&[][..], false), (&["--precompressed"], true)] {
        let head = head_of(&start(root.path(), arguments), "/a.txt");
        assert_eq!(head.contains("\r\nContent-Encoding: gzip\r\n"), coding, "{head}");
    }
}

fn head_of(server: &Running, target: &str) -> String {
    let mut client = crate::running::Client::connect(server);
    client.send(&format!(
        "HEAD {target} HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    ));
    client.rest()
}

#[test]
fn limits_and_deadlines_are_those_of_the_demo_application() {
    let root = tree();
    let server = start(root.path(), &["--limit-request-line", "20", "--keep-alive", "off"]);
    assert_eq!(status(&server, "/a-long-name-of-a-file"), 414);
    let mut client = crate::running::Client::connect(&server);
    client.send("GET /sub/b HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(client.rest().contains("\r\nConnection: close\r\n"));
}

#[test]
fn its_help_is_readable() {
    let help = finished(&["files", "--help"]);
    assert_eq!((help.status, help.stderr.as_str()), (Some(0), ""));
    for part in [
        "Usage: wsgi-simple-server files [OPTIONS] [DIR] [PORT]",
        "Which files:",
        "What is sent with them:",
        "HTTPS:",
        "Deadlines (",
        "Limits (",
        "Examples:",
    ] {
        assert!(help.stdout.contains(part), "{part} is missing in\n{}", help.stdout);
    }
    let short = finished(&["files", "-h"]).stdout;
    assert!(!short.contains("--body-rate") && short.lines().count() < 80, "{short}");
    assert!(finished(&["--help"]).stdout.contains("files  Serves the files of a directory"));
}
