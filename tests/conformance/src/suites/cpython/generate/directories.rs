//! Requests to a directory server over the tree of `record_golden.py`.

use super::super::wire_case::WireCase;
use super::random::Random;
use super::wire::Request;

pub(super) fn one(random: &mut Random) -> WireCase {
    let server = random.pick(&["static", "static", "static11", "extra"]);
    let version = if server == "static11" { "HTTP/1.1" } else { "HTTP/1.0" };
    let method = random.pick(METHODS);
    let mut name = "directories/paths";
    let mut request = Request::new(method, &path(random), version);
    if method == "POST" {
        request.with_body("a=1");
    }
    if random.percent(25) {
        name = "directories/since";
        request.field("If-Modified-Since", random.pick(DATES));
        if random.percent(20) {
            request.field("If-None-Match", "\"none\"");
        }
    }
    if server == "static11" {
        request.field("Connection", "close");
    }
    WireCase {
        name: name.to_owned(),
        server: server.to_owned(),
        request: request.text(),
        half_close: true,
        script: None,
    }
}

/// A path to something that is there, mostly, in one of the many ways to write it.
fn path(random: &mut Random) -> String {
    let mut path = String::new();
    if random.percent(20) {
        path += random.pick(DETOURS);
    }
    path += "/";
    path += random.pick(ENTRIES);
    if random.percent(25) {
        path = escaped(random, &path);
    }
    if random.percent(25) {
        path += random.pick(&["/", "//", "/.", "/..", "%2f", "%2F", "/x", "%00", ";a", "."]);
    }
    if random.percent(20) {
        path += random.pick(&["?", "?a=1", "?/", "?a/..", "?x=%3C1%3E"]);
    }
    path
}

/// The path with some of its characters as escapes that are not needed.
fn escaped(random: &mut Random, path: &str) -> String {
    let mut out = String::new();
    for (at, c) in path.chars().enumerate() {
        if at > 0 && c.is_ascii_alphanumeric() && random.percent(40) {
            out += &format!("%{:02X}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

const METHODS: &[&str] =
    &["GET", "GET", "GET", "GET", "GET", "HEAD", "HEAD", "POST", "PUT", "OPTIONS"];

const DETOURS: &[&str] =
    &["/.", "/..", "/sub/..", "/missing/..", "/", "//", "/%2e%2e", "/./.", "/..%2f", "/sub/../.."];

const ENTRIES: &[&str] = &[
    "",
    "file.txt",
    "page.html",
    "noext",
    "data.zzz9",
    "pack.tar.gz",
    "old.Z",
    "empty.css",
    "a%20b&c%3Cd%3E.txt",
    "q%3Ff%23.txt",
    "caf%C3%A9.txt",
    ".hidden",
    "sub",
    "sub/",
    "sub/inner.txt",
    "indexed/",
    "indexed/index.html",
    "indexed",
    "htm/",
    "htm",
    "trap/",
    "trap/index.html",
    "trap/index.html/",
    "link-file",
    "link-dir",
    "link-dir/",
    "link-dir/inner.txt",
    "link-broken",
    "missing",
    "FILE.TXT",
];

/// Forms of dates; files are of Tue, 14 Nov 2023 22:13:20 GMT.
const DATES: &[&str] = &[
    "Tue, 14 Nov 2023 22:13:20 GMT",
    "Tue, 14 Nov 2023 22:13:19 GMT",
    "Tue, 14 Nov 2023 22:13:21 GMT",
    "Tuesday, 14-Nov-23 22:13:20 GMT",
    "Tue Nov 14 22:13:20 2023",
    "Fri, 14 Nov 2053 22:13:20 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Tue, 14 Nov 2023 22:13:20 +0000",
    "soon",
    "",
    "0",
    "Tue, 99 Nov 2023 22:13:20 GMT",
];
