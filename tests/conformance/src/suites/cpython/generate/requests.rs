//! Requests to the handler `Base` of `record_golden.py`, which shows what it was told.

use super::super::wire_case::WireCase;
use super::mistakes;
use super::random::Random;
use super::wire::Request;

pub(super) fn one(random: &mut Random) -> WireCase {
    let server = random.pick(&["base", "base", "base11", "base11", "base11"]);
    let (name, request) = match random.below(10) {
        0..=2 => ("requests/plain", request(random, server).text()),
        3 => ("requests/pipeline", pipeline(random)),
        _ => {
            let request = request(random, server);
            mistakes::one(random, request)
        }
    };
    // A pipeline makes no sense where each request has its own connection.
    let server = if name == "requests/pipeline" { "base11" } else { server };
    WireCase {
        name: name.to_owned(),
        server: server.to_owned(),
        request,
        half_close: true,
        script: None,
    }
}

/// A request without a mistake.
fn request(random: &mut Random, server: &str) -> Request {
    let version = random.pick(&["HTTP/1.0", "HTTP/1.1"]);
    let method = random.pick(METHODS);
    let target = match method {
        "STATUS" => format!("/{}", random.choose(&[200, 204, 302, 404, 418, 500, 599])),
        "OPTIONS" if random.percent(30) => "*".to_owned(),
        _ => target(random),
    };
    let mut request = Request::new(method, &target, version);
    request.with_idle_fields(random);
    if server == "base11" && random.percent(50) {
        request.field("Connection", random.pick(CONNECTIONS));
    }
    if matches!(method, "POST" | "IGNORE") || random.percent(10) {
        request.with_body(random.pick(BODIES));
        if method == "POST" && random.percent(20) {
            request.field("Expect", random.pick(&["100-continue", "100-Continue"]));
        }
    }
    request
}

/// Several requests in one go, of which the last asks for the end.
fn pipeline(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(3) {
        let mut request = Request::new(random.pick(&["GET", "HEAD"]), &target(random), "HTTP/1.1");
        text += &request.with_idle_fields(random).text();
    }
    let mut last = Request::new("GET", &target(random), "HTTP/1.1");
    text + &last.field("Connection", "close").text()
}

/// A path, with or without a query; now and then with scheme and host.
fn target(random: &mut Random) -> String {
    let mut target = String::new();
    if random.percent(8) {
        target += random.pick(&["http://h", "HTTP://h:80", "http://h"]);
    }
    for _ in 0..=random.below(3) {
        target += "/";
        target += random.pick(SEGMENTS);
    }
    if random.percent(30) {
        target += random.pick(QUERIES);
    }
    target
}

const METHODS: &[&str] = &[
    "GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO",
    "M-SEARCH", "get", "IGNORE", "TEST", "KEEP", "STATUS", "EXPLAIN",
];

const SEGMENTS: &[&str] = &[
    "",
    "a",
    "b.txt",
    "..",
    ".",
    "a%20b",
    "%2F",
    "%00",
    "%zz",
    "caf%C3%A9",
    "a;b=c",
    "a:b@c",
    "~x",
    "!$&'()*+,=",
    "missing",
    "%2e%2e",
];

const QUERIES: &[&str] = &["?", "?a=1&b=2", "?x=%20+y", "?/../", "??", "?a=http://h/"];

const BODIES: &[&str] = &["", "a", "a=1&b=2", "line\r\nline\r\n", "\u{0}\u{ff}", "0\r\n\r\n"];

const CONNECTIONS: &[&str] = &["close", "Close", "keep-alive", "Keep-Alive", "x", ""];
