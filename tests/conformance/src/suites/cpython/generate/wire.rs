//! A request in the making: its parts stay apart until the end, so that a mistake can be made in one of them.

use super::random::Random;

/// The parts of one request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) version: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: String,
}

impl Request {
    /// A request as it should be: HTTP/1.1 has its Host.
    pub(super) fn new(method: &str, target: &str, version: &str) -> Self {
        let mut request = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            version: version.to_owned(),
            fields: Vec::new(),
            body: String::new(),
        };
        if version == "HTTP/1.1" {
            request.field("Host", "h");
        }
        request
    }

    /// Adds a field.
    pub(super) fn field(&mut self, name: &str, value: &str) -> &mut Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives it a body with its length.
    pub(super) fn with_body(&mut self, body: &str) -> &mut Self {
        self.field("Content-Length", &body.chars().count().to_string());
        self.body = body.to_owned();
        self
    }

    /// Adds some fields that mean nothing to a server.
    pub(super) fn with_idle_fields(&mut self, random: &mut Random) -> &mut Self {
        for _ in 0..random.below(4) {
            let (name, value) = *random.choose(IDLE_FIELDS);
            self.field(name, value);
        }
        self
    }

    /// What goes over the wire, one character per byte.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{} {} {}\r\n", self.method, self.target, self.version);
        for (name, value) in &self.fields {
            text += &format!("{name}: {value}\r\n");
        }
        text + "\r\n" + &self.body
    }
}

/// Fields with which no server does anything by itself: names and values of every lawful form.
const IDLE_FIELDS: &[(&str, &str)] = &[
    ("Accept", "*/*"),
    ("accept-language", "en;q=0.8, de"),
    ("User-Agent", "curl/8.0 (x; y)"),
    ("X-A", "1"),
    ("x-a", "2"),
    ("X-Empty", ""),
    ("X-Spaces", "  a  b"),
    ("X-Tab", "a\tb"),
    ("X-Quote", "\"a, b\"; c='d'"),
    ("X-Latin", "caf\u{e9} \u{ff}"),
    ("X-Colon", "a: b"),
    ("X-Percent", "%41%00"),
    ("!#$%&'*+-.^_`|~", "token"),
    ("X-Long", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("Cookie", "a=1; b=2"),
    ("Referer", "http://h/x?y"),
    ("If-Match", "\"x\""),
];
