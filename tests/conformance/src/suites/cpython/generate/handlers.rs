//! Scripts for handlers.

use super::super::script::{Script, Step};
use super::super::wire_case::WireCase;
use super::random::Random;
use super::wire::Request;

pub(super) fn one(random: &mut Random) -> WireCase {
    let server = random.pick(&["script", "script11"]);
    let (name, steps) = match random.below(10) {
        0..=4 => ("handlers/response", response(random)),
        5..=6 => ("handlers/error", error(random)),
        7 => ("handlers/fail", failing(random)),
        8 => ("handlers/mistake", mistaken(random)),
        _ => ("handlers/echo", echo(random)),
    };
    let method = match name {
        "handlers/echo" => "POST",
        // HEAD hides whether something was written before.
        "handlers/fail" | "handlers/mistake" => random.pick(&["GET", "PUT", "FOO"]),
        _ => random.pick(&["GET", "GET", "GET", "HEAD", "FOO"]),
    };
    let version = random.pick(&["HTTP/1.0", "HTTP/1.1"]);
    let mut request = Request::new(method, "/", version);
    request.with_idle_fields(random);
    if method == "POST" {
        request.with_body(random.pick(PIECES));
    }
    WireCase {
        name: name.to_owned(),
        server: server.to_owned(),
        request: request.text(),
        half_close: true,
        script: Some(Script::Handler(steps)),
    }
}

fn response(random: &mut Random) -> Vec<Step> {
    let pieces: Vec<&str> = (0..random.below(4)).map(|_| random.pick(PIECES)).collect();
    let length: usize = pieces.iter().map(|piece| piece.chars().count()).sum();
    let code = *random.choose(&[200, 200, 200, 201, 202, 203, 206, 404, 503, 204, 304, 299]);
    let mut steps = Vec::new();
    if random.percent(15) {
        steps.push(Step::LogMessage { text: random.pick(TEXTS).to_owned() });
    }
    steps.push(Step::SendResponse { code, message: words(random) });
    for _ in 0..random.below(3) {
        let (name, value) = *random.choose(FIELDS);
        steps.push(header(name, value));
    }
    match random.below(10) {
        0..=5 => steps.push(header("Content-Length", &length.to_string())),
        6 => steps.push(header("Content-Length", &(length + 3).to_string())),
        7 if length > 1 => steps.push(header("Content-Length", &(length - 1).to_string())),
        _ => {}
    }
    if random.percent(20) {
        steps.push(header("Connection", random.pick(&["close", "Close", "keep-alive"])));
    }
    steps.push(Step::EndHeaders);
    steps.extend(pieces.into_iter().map(write));
    if random.percent(15) {
        steps.push(Step::CloseConnection { value: true });
    }
    steps
}

fn error(random: &mut Random) -> Vec<Step> {
    let code =
        *random.choose(&[400, 401, 403, 404, 405, 410, 418, 429, 500, 503, 599, 304, 204, 101]);
    let explain = random.percent(40).then(|| random.pick(TEXTS).to_owned());
    vec![Step::SendError { code, message: words(random), explain }]
}

/// Fails before, within or after a response.
fn failing(random: &mut Random) -> Vec<Step> {
    let fail = Step::Fail { text: random.pick(TEXTS).to_owned() };
    let length = header("Content-Length", "5");
    match random.below(4) {
        0 => vec![fail],
        1 => vec![Step::SendResponse { code: 200, message: None }, fail],
        2 => vec![
            Step::SendResponse { code: 200, message: None },
            length,
            Step::EndHeaders,
            write("abc"),
            fail,
        ],
        _ => vec![
            Step::SendResponse { code: 200, message: None },
            length,
            Step::EndHeaders,
            write("abcde"),
            fail,
        ],
    }
}

/// A wrong call, or one in the wrong place.
fn mistaken(random: &mut Random) -> Vec<Step> {
    let response = Step::SendResponse { code: 200, message: None };
    let empty = header("Content-Length", "0");
    match random.below(8) {
        0 => vec![
            response,
            header("X-A", random.pick(&["a\r\nb: c", "a\nb", "a\u{0}", "\u{7f}"])),
            Step::EndHeaders,
        ],
        1 => {
            vec![response, header(random.pick(&["X A", "", "X:A", "X\r\n"]), "1"), Step::EndHeaders]
        }
        2 => {
            let message = random.pick(&["OK\r\nX: 1", "O\nK", "\u{0}"]).to_owned();
            vec![Step::SendResponse { code: 200, message: Some(message) }, empty, Step::EndHeaders]
        }
        3 => vec![response.clone(), response, empty, Step::EndHeaders],
        4 => vec![header("X-A", "1"), response, empty, Step::EndHeaders],
        5 => vec![response, empty, header("Content-Length", "5"), Step::EndHeaders, write("hello")],
        _ => vec![],
    }
}

fn echo(random: &mut Random) -> Vec<Step> {
    let mut steps = vec![
        Step::Read,
        Step::SendResponse { code: 200, message: None },
        header("Connection", "close"),
        Step::EndHeaders,
        Step::Echo,
    ];
    if random.percent(30) {
        steps.insert(4, Step::FlushHeaders);
    }
    if random.percent(30) {
        steps.push(Step::LogError { text: random.pick(TEXTS).to_owned() });
    }
    steps
}

fn words(random: &mut Random) -> Option<String> {
    random.percent(40).then(|| random.pick(TEXTS).to_owned())
}

fn header(name: &str, value: &str) -> Step {
    Step::SendHeader { name: name.to_owned(), value: value.to_owned() }
}

fn write(data: &str) -> Step {
    Step::Write { data: data.to_owned() }
}

const PIECES: &[&str] = &[
    "",
    "a",
    "hello\n",
    "\r\n\r\n",
    "\u{0}\u{ff}",
    "0123456789abcdef0123456789abcdef",
    "0\r\n\r\n",
];

const FIELDS: &[(&str, &str)] = &[
    ("Content-Type", "text/plain"),
    ("content-type", "text/html; charset=utf-8"),
    ("X-A", "1"),
    ("X-A", "2"),
    ("X-Latin", "caf\u{e9}"),
    ("X-Empty", ""),
    ("X-Tab", "a\tb"),
    ("Set-Cookie", "a=1; Path=/"),
    ("Location", "/elsewhere"),
    ("Server", "mine"),
    ("Date", "today"),
];

/// Words for messages, explanations and logs.
const TEXTS: &[&str] = &[
    "",
    "words",
    "<b>&\"'",
    "caf\u{e9}",
    "a  b",
    "100%",
    "%s %d",
    "a\\b",
    "a long text that goes on for a while",
];
