//! One mistake, or one rarity, in a request that has none.

use super::random::Random;
use super::wire::Request;

/// Makes one in the request; gives the topic of the case, and the bytes.
pub(super) fn one(random: &mut Random, mut request: Request) -> (&'static str, String) {
    let request = &mut request;
    // Its path is a number, which none of the mistakes may touch.
    if request.method == "STATUS" {
        request.method = "GET".to_owned();
    }
    match random.below(24) {
        0 => ("lines/lf", request.text().replacen("\r\n", "\n", 1)),
        // CPython closes without an answer, so this has to be a request whose answer is known.
        1 => ("lines/empty-first", "\r\nEXPLAIN / HTTP/1.0\r\n\r\n".to_owned()),
        2 => ("lines/blanks", spread(random, request)),
        3 => ("lines/words", words(random, request)),
        4 => ("lines/cut-short", cut(random, request)),
        5..=6 => {
            request.version = random.pick(VERSIONS).to_owned();
            ("versions/odd", request.text())
        }
        7 => {
            request.target +=
                random.pick(&["#x", "\u{e9}", "\u{1b}[m", "\"", "<", "\\", "^", "{}"]);
            ("targets/bytes", request.text())
        }
        8 => {
            request.target = random.pick(&["a", "a/b", "*", "?x", "h:80"]).to_owned();
            ("targets/form", request.text())
        }
        9 => {
            request.target = random.pick(AUTHORITIES).to_owned();
            ("targets/authority", request.text())
        }
        10 => {
            request.method =
                random.pick(&["G@T", "GE:T", "(GET)", "G\u{c9}T", "\"GET\""]).to_owned();
            ("methods/token", request.text())
        }
        11 => {
            request.fields.retain(|(name, _)| name != "Host");
            ("fields/no-host", request.text())
        }
        12 => {
            request.field("Host", random.pick(&["h", "other", "", "a b", "h:x", "[::1]", "h:80"]));
            ("fields/one-more-host", request.text())
        }
        13 => {
            request.field(random.pick(&["X ", " X", "X\t", "", "X@", "X\u{e9}"]), "1");
            ("fields/name", request.text())
        }
        14 => {
            request.field("X", random.pick(&["\u{0}", "a\u{7f}", "\u{1b}[m", "a\rb", "\u{8}"]));
            ("fields/control", request.text())
        }
        15 => {
            request.field("X", random.pick(&["1\r\n 2", "1\r\n\t2", "\r\n 2"]));
            ("fields/folded", request.text())
        }
        16 => {
            let text = request.text();
            let end = text.find("\r\n\r\n").map_or(text.len(), |end| end + 2);
            let line = random.pick(&["nonsense\r\n", ": 1\r\n", " lost\r\n"]);
            ("fields/line", format!("{}{line}{}", &text[..end], &text[end..]))
        }
        17..=18 => {
            request.fields.retain(|(name, _)| name != "Content-Length");
            request.field("Content-Length", random.pick(LENGTHS));
            request.body = "ab".to_owned();
            ("bodies/length", request.text())
        }
        19 => {
            request.fields.retain(|(name, _)| name != "Content-Length");
            request.field("Content-Length", "2").field("Content-Length", random.pick(&["2", "3"]));
            request.body = "ab".to_owned();
            ("bodies/two-lengths", request.text())
        }
        20..=21 => {
            request.fields.retain(|(name, _)| name != "Content-Length");
            request.field("Transfer-Encoding", random.pick(CODINGS));
            request.body = "2\r\nab\r\n0\r\n\r\n".to_owned();
            ("bodies/coding", request.text())
        }
        22 => {
            request.field("Expect", random.pick(&["200-ok", "100-continue", "100-continue, x"]));
            ("fields/expect", request.text())
        }
        _ => {
            let list = random.pick(&["close, x", "x, close", "keep-alive, close", "keep-alive, x"]);
            let host = request.fields.drain(..).filter(|(name, _)| name == "Host").collect();
            let (method, body) = ("GET".to_owned(), String::new());
            *request = Request { method, body, fields: host, ..request.clone() };
            request.field("Connection", list);
            ("fields/connection-list", request.text())
        }
    }
}

/// More white space in the request line than there should be.
fn spread(random: &mut Random, request: &mut Request) -> String {
    let blank = random.pick(&["  ", "\t", " \t", "\u{b}", "\u{c}", "\u{a0}", "\u{1f}"]);
    match random.below(4) {
        0 => request.text().replacen(' ', blank, 1),
        1 => request.text().replacen(" HTTP/", &format!("{blank}HTTP/"), 1),
        2 => request.text().replacen("\r\n", &format!("{blank}\r\n"), 1),
        _ => format!("{blank}{}", request.text()),
    }
}

/// A request line of one, two or four words.
fn words(random: &mut Random, request: &mut Request) -> String {
    let Request { method, target, version, .. } = &*request;
    let line = match random.below(4) {
        0 => method.clone(),
        1 => format!("{method} {target}"),
        2 => format!("{method} {target} x {version}"),
        _ => format!("{target} {method}"),
    };
    format!("{line}\r\n\r\n")
}

/// A request of which only the beginning comes.
fn cut(random: &mut Random, request: &mut Request) -> String {
    let text = request.text();
    let head = text.find("\r\n\r\n").map_or(text.len(), |end| end + 4);
    // The characters of a request are bytes, most of them ASCII; a cut inside one would be no text.
    let end = 1 + random.below(head - 1);
    text.chars().take(end).collect()
}

const VERSIONS: &[&str] = &[
    "HTTP/1.2",
    "HTTP/1.9",
    "HTTP/1.10",
    "HTTP/01.1",
    "HTTP/2.0",
    "HTTP/3.0",
    "HTTP/0.9",
    "HTTP/0.8",
    "http/1.1",
    "HTTP/1",
    "HTTP/1.1.1",
    "HTTP/+1.1",
    "HTTP/1.x",
    "HTTP/ 1.1",
    "FUBAR",
    "it's",
    "HTTP/1.1x",
    "HTTP//1.1",
    "HTTP/10.0",
    "HTTP/",
];

const AUTHORITIES: &[&str] = &[
    "http://user@h/",
    "http:///x",
    "http://h:x/",
    "http://[::1]/",
    "http://h",
    "ftp://h/x",
    "https://h:443/x?y",
    "http:x",
    "//h/x",
    "///x",
];

const LENGTHS: &[&str] =
    &["+2", "-1", "2x", "", "2, 2", "0x2", "02", "\u{b2}", "99999999999999999999"];

const CODINGS: &[&str] =
    &["chunked", "Chunked", "gzip", "gzip, chunked", "chunked, gzip", "identity", ""];
