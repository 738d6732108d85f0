//! What the conformance application does: one small behaviour for each path, the same as a handler, by WSGI, and in Python
//! (`apps/conformance_app.py`).

use percent_encoding::percent_decode_str;

use crate::bytes::from_latin1;

/// What an application may know of its request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// `GET`
    pub method: &'r str,
    /// The path of the target as it came, without scheme and host.
    pub path: &'r str,
    /// What stands behind the question mark; empty if there is none.
    pub query: &'r str,
    /// The host of the target, or the Host field.
    pub host: &'r str,
}

impl Request<'_> {
    /// Splits a target as it came into path and query, without scheme and authority.
    #[must_use]
    pub fn split_target(target: &str) -> (&str, &str) {
        let target = match target.split_once("://") {
            // `/a://b` is a path.
            Some((scheme, rest)) if !scheme.contains('/') => match rest.find(['/', '?']) {
                Some(at) => &rest[at..],
                None => "/",
            },
            _ => target,
        };
        match target.split_once('?') {
            // Without a path it is the root (RFC 9110 §4.2.3).
            Some(("", query)) => ("/", query),
            Some(parts) => parts,
            None => (target, ""),
        }
    }
}

/// How much of the request body an application reads before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Nothing.
    Nothing,
    /// At most so many bytes.
    Some(usize),
    /// All of it.
    All,
}

/// When an application fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// It does not.
    Never,
    /// Before it has begun a response.
    Early,
    /// After its last piece.
    Late,
}

/// What an application answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it reads first; the pieces are what was read then, if there are none.
    pub reads: Reads,
    /// `200 OK`, or what is none.
    pub status: String,
    /// Names and values; no Content-Length.
    pub fields: Vec<(String, String)>,
    /// The Content-Length it declares, whatever it gives.
    pub length: Declared,
    /// The pieces of the body.
    pub pieces: Vec<Vec<u8>>,
    /// Whether it fails.
    pub fails: Fails,
}

/// What an application says about the length of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// The length it has.
    Truly,
    /// This one.
    As(u64),
    /// Nothing.
    Not,
}

impl Reply {
    fn text(body: impl Into<Vec<u8>>) -> Self {
        Self {
            reads: Reads::Nothing,
            status: "200 OK".to_owned(),
            fields: vec![("Content-Type".to_owned(), "text/plain".to_owned())],
            length: Declared::Truly,
            pieces: vec![body.into()],
            fails: Fails::Never,
        }
    }

    /// The Content-Length to declare.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        match self.length {
            Declared::Truly => Some(self.pieces.iter().map(|piece| piece.len() as u64).sum()),
            Declared::As(length) => Some(length),
            Declared::Not => None,
        }
    }
}

/// Answers by path. `field` looks up a request field, all its lines joined.
///
/// `/environ` is not among them: there is one by WSGI only.
pub fn reply(request: Request<'_>, field: impl Fn(&str) -> Option<String>) -> Reply {
    let Request { path, query, .. } = request;
    let decoded = |text: &str| from_latin1(&percent_decode_str(text).collect::<Vec<u8>>());
    match path {
        "/" | "/unread" => Reply::text("hello\n"),
        "/echo" => Reply { reads: Reads::All, pieces: Vec::new(), ..Reply::text("") },
        "/request" => shown(request),
        "/status" => {
            let body = Reply::text("body\n");
            Reply { status: decoded(query), length: Declared::Not, ..body }
        }
        "/header" => {
            let (name, value) = query.split_once('&').unwrap_or((query, ""));
            let mut reply = Reply::text("hello\n");
            reply.fields.push((decoded(name), decoded(value)));
            reply
        }
        "/chunks" => {
            let pieces = ["one\n", "two\n", "three\n"].map(Vec::from).to_vec();
            Reply { pieces, length: Declared::Not, ..Reply::text("") }
        }
        "/empty" => Reply { pieces: Vec::new(), length: Declared::Not, ..Reply::text("") },
        "/length" => {
            let length = query.parse().map_or(Declared::Truly, Declared::As);
            Reply { length, ..Reply::text("hello\n") }
        }
        "/raise" => Reply { fails: Fails::Early, ..Reply::text("") },
        "/raise-late" => {
            Reply { fails: Fails::Late, length: Declared::Not, ..Reply::text("one\n") }
        }
        "/large" => Reply::text(vec![b'x'; LARGE]),
        _ => {
            if let Some(count) = path.strip_prefix("/read/").and_then(|n| n.parse().ok()) {
                Reply { reads: Reads::Some(count), pieces: Vec::new(), ..Reply::text("") }
            } else if let Some(name) = path.strip_prefix("/field/") {
                let value = field(name).unwrap_or_else(|| "<none>".to_owned());
                Reply::text(value.chars().map(|c| c as u8).collect::<Vec<u8>>())
            } else if path.starts_with("/request/") {
                shown(request)
            } else if path.starts_with("/next-") {
                Reply::text(format!("{path}\n"))
            } else {
                Reply { status: "404 Not Found".to_owned(), ..Reply::text("not found\n") }
            }
        }
    }
}

/// The request as it was seen.
fn shown(Request { method, path, query, host }: Request<'_>) -> Reply {
    let question = if query.is_empty() { "" } else { "?" };
    let text = format!("{method} {path}{question}{query}\nHost: {host}\n");
    Reply::text(text.chars().map(|c| c as u8).collect::<Vec<u8>>())
}

/// How many bytes `/large` has.
const LARGE: usize = 300_000;

#[cfg(test)]
mod tests {
    use super::{Declared, Reads, Request, reply};

    #[test]
    fn targets_are_split_without_their_host() {
        for (target, path, query) in [
            ("/a?b?c", "/a", "b?c"),
            ("http://h/a?b", "/a", "b"),
            ("http://h", "/", ""),
            ("http://h?b", "/", "b"),
            ("/x://y", "/x://y", ""),
            ("*", "*", ""),
        ] {
            assert_eq!(Request::split_target(target), (path, query), "{target}");
        }
    }

    #[test]
    fn paths_choose_the_behaviour() {
        let ask = |path: &str, query: &str| {
            let request = Request { method: "GET", path, query, host: "h" };
            reply(request, |name| (name == "A").then(|| "1".to_owned()))
        };
        assert_eq!(ask("/request", "x").pieces, [b"GET /request?x\nHost: h\n".to_vec()]);
        assert_eq!(ask("/request/a%2Fb", "").pieces, [b"GET /request/a%2Fb\nHost: h\n".to_vec()]);
        assert_eq!(ask("/read/3", "").reads, Reads::Some(3));
        assert_eq!(ask("/length", "10").length, Declared::As(10));
        assert_eq!(ask("/length", "10").content_length(), Some(10));
        assert_eq!(ask("/field/A", "").pieces, [b"1".to_vec()]);
        assert_eq!(ask("/field/B", "").pieces, [b"<none>".to_vec()]);
        assert_eq!(ask("/header", "X&a%0Db").fields[1], ("X".to_owned(), "a\rb".to_owned()));
        assert_eq!(ask("/next-7", "").pieces, [b"/next-7\n".to_vec()]);
        assert!(ask("/nothing", "").status.starts_with("404"));
    }
}
