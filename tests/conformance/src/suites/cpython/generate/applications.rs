//! Scripts for WSGI applications.

use super::super::script::{AppStep, ApplicationScript, Returns, Script};
use super::super::wire_case::WireCase;
use super::random::Random;
use super::wire::Request;

pub(super) fn one(random: &mut Random) -> WireCase {
    let (name, steps) = match random.below(10) {
        0..=2 => ("applications/response", response(random)),
        3..=5 => ("applications/environ", environ(random)),
        6 => ("applications/input", input(random)),
        7 => ("applications/restart", restart(random)),
        8 => ("applications/fail", failing(random)),
        _ => ("applications/mistake", mistaken(random)),
    };
    // HEAD ends an application early, and the validator warns of FOO, but only once.
    let method = match name {
        "applications/input" => random.pick(&["POST", "PUT"]),
        "applications/environ" => random.pick(&["GET", "HEAD", "DELETE", "OPTIONS"]),
        _ => random.pick(&["GET", "GET", "POST", "PUT", "FOO"]),
    };
    let mut request = Request::new(method, &target(random), random.pick(&["HTTP/1.0", "HTTP/1.1"]));
    request.with_idle_fields(random);
    if name == "applications/environ" {
        for _ in 0..random.below(3) {
            let (name, value) = *random.choose(FIELDS);
            request.field(name, value);
        }
    }
    if name == "applications/input" || (method == "POST" && random.percent(60)) {
        request.field("Content-Type", random.pick(&["text/plain", "a/b; c=d", ""]));
        request.with_body(random.pick(&["", "a", "a=1&b=2", "one\ntwo\nthree", "\u{0}\u{ff}\r\n"]));
    }
    let is_proper = matches!(name, "applications/environ" | "applications/input");
    let returns = match random.below(7) {
        0..=1 => Returns::List,
        2..=3 => Returns::Iterator,
        4 => Returns::Closing,
        5 if is_proper => Returns::FailingClose,
        _ => Returns::File,
    };
    let server = if is_proper && random.percent(30) { "valid-app" } else { "app" };
    WireCase {
        name: name.to_owned(),
        server: server.to_owned(),
        request: request.text(),
        half_close: true,
        script: Some(Script::Application(ApplicationScript { returns, steps })),
    }
}

fn response(random: &mut Random) -> Vec<AppStep> {
    let pieces: Vec<&str> = (0..random.below(4)).map(|_| random.pick(PIECES)).collect();
    let length: usize = pieces.iter().map(|piece| piece.chars().count()).sum();
    let mut headers = headers(random);
    if length > 0 && random.percent(30) {
        let length = if random.percent(70) { length } else { length + 2 };
        headers.push(("Content-Length".to_owned(), length.to_string()));
    }
    let mut steps = vec![start(random.pick(STATUSES), headers)];
    for piece in pieces {
        if !piece.is_empty() && random.percent(15) {
            steps.push(AppStep::Write { data: piece.to_owned() });
        } else {
            steps.push(AppStep::Piece { data: piece.to_owned() });
        }
    }
    if random.percent(15) {
        steps.push(AppStep::Errors { text: random.pick(TEXTS).to_owned() });
    }
    steps
}

/// Shows some of the environ. What differs on purpose in many ways has its own recorded cases (`wsgi-environ`).
fn environ(random: &mut Random) -> Vec<AppStep> {
    let mut steps = vec![start("200 OK", plain())];
    for _ in 0..=2 + random.below(4) {
        steps.push(AppStep::Environ { key: random.pick(KEYS).to_owned() });
    }
    steps
}

fn input(random: &mut Random) -> Vec<AppStep> {
    let mut steps = vec![start("200 OK", plain())];
    for _ in 0..=random.below(3) {
        if random.percent(60) {
            steps.push(AppStep::Read { size: *random.choose(&[0, 1, 3, 100]) });
        } else {
            steps.push(AppStep::Readline);
        }
    }
    steps
}

/// Calls `start_response` again, with `exc_info`, before or after something was sent.
fn restart(random: &mut Random) -> Vec<AppStep> {
    let again = AppStep::Restart {
        status: "500 Oh".to_owned(),
        headers: vec![("X-New".to_owned(), "1".to_owned())],
        text: random.pick(TEXTS).to_owned(),
    };
    let piece = || AppStep::Piece { data: "piece\n".to_owned() };
    match random.below(3) {
        0 => vec![start("200 OK", plain()), again, piece()],
        1 => vec![start("200 OK", plain()), piece(), again, piece()],
        _ => vec![again, piece()],
    }
}

fn failing(random: &mut Random) -> Vec<AppStep> {
    let fail = AppStep::Fail { text: random.pick(TEXTS).to_owned() };
    match random.below(3) {
        0 => vec![fail],
        1 => vec![start("200 OK", plain()), fail],
        _ => vec![start("200 OK", plain()), AppStep::Piece { data: "piece\n".to_owned() }, fail],
    }
}

/// A call that `start_response` refuses, or one that is missing.
fn mistaken(random: &mut Random) -> Vec<AppStep> {
    let piece = AppStep::Piece { data: "never\n".to_owned() };
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    match random.below(6) {
        0 => vec![
            start(random.pick(&["200", "abc OK", "200OK", "20 OK", "2000 OK", ""]), plain()),
            piece,
        ],
        1 => vec![start(random.pick(&["200 O\r\nK", "200 \u{0}", "200 \u{7f}"]), plain()), piece],
        2 => vec![start("200 OK", pair("X-A", random.pick(&["a\r\nb", "\u{0}", "a\nb"]))), piece],
        3 => {
            let field =
                random.pick(&["Connection", "Transfer-Encoding", "Keep-Alive", "TE", "Upgrade"]);
            vec![start("200 OK", pair(field, "x")), piece]
        }
        4 => vec![start("200 OK", plain()), start("201 Created", plain()), piece],
        _ => vec![piece],
    }
}

fn target(random: &mut Random) -> String {
    let mut target = random.pick(PATHS).to_owned();
    if random.percent(40) {
        target += random.pick(&["?", "?a=1&b=2", "?x=%20+y", "?a?b", "?%3C"]);
    }
    target
}

fn start(status: &str, headers: Vec<(String, String)>) -> AppStep {
    AppStep::Start { status: status.to_owned(), headers }
}

fn plain() -> Vec<(String, String)> {
    vec![("Content-Type".to_owned(), "text/plain".to_owned())]
}

fn headers(random: &mut Random) -> Vec<(String, String)> {
    let mut headers = plain();
    for _ in 0..random.below(3) {
        let (name, value) = *random.choose(RESPONSE_FIELDS);
        headers.push((name.to_owned(), value.to_owned()));
    }
    headers
}

const PATHS: &[&str] = &[
    "/",
    "/a",
    "/a/b",
    "//a",
    "/a//b",
    "/%2F",
    "/a%20b",
    "/caf%C3%A9",
    "/%FF",
    "/a;b",
    "/..",
    "/%zz",
    "/%00",
    "/a%3Fb",
];

const STATUSES: &[&str] = &[
    "200 OK",
    "200 OK",
    "200 OK",
    "201 Created",
    "404 Not Found",
    "299 Odd",
    "500 Oh",
    "200 caf\u{e9}",
    "200 ",
];

const PIECES: &[&str] =
    &["", "a", "hello\n", "\r\n\r\n", "\u{0}\u{ff}", "0123456789abcdef0123456789abcdef"];

const RESPONSE_FIELDS: &[(&str, &str)] = &[
    ("X-A", "1"),
    ("x-a", "2"),
    ("X-Tab", "a\tb"),
    ("X-Empty", ""),
    ("X-Latin", "caf\u{e9}"),
    ("Server", "mine"),
    ("Date", "today"),
    ("Set-Cookie", "a=1"),
    ("Set-Cookie", "b=2"),
];

const FIELDS: &[(&str, &str)] = &[
    ("Cookie", "c=3"),
    ("X_A", "underscore"),
    ("Proxy", "p"),
    ("Authorization", "Basic YTpi"),
    ("Content-Type", "text/x"),
    ("If-None-Match", "\"x\""),
    ("Remote-Addr", "spoof"),
    ("Https", "on"),
];

const KEYS: &[&str] = &[
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "PATH_INFO",
    "QUERY_STRING",
    "QUERY_STRING",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "SERVER_PROTOCOL",
    "SERVER_NAME",
    "SERVER_PORT",
    "REMOTE_ADDR",
    "REMOTE_HOST",
    "GATEWAY_INTERFACE",
    "HTTP_HOST",
    "HTTP_X_A",
    "HTTP_COOKIE",
    "HTTP_PROXY",
    "HTTP_ACCEPT",
    "HTTP_X_LATIN",
    "HTTP_X_SPACES",
    "HTTP_CONTENT_LENGTH",
    "HTTP_AUTHORIZATION",
    "HTTP_REMOTE_ADDR",
    "wsgi.url_scheme",
    "HTTPS",
];

const TEXTS: &[&str] = &["", "words", "caf\u{e9}", "<b>&\"'", "a\\b"];
