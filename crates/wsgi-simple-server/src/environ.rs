//! The environ of a request: a view over its head, built only as far as somebody asks.

use http_server::ServerInfo;
use http_server::proto::{RequestHead, RequestHeaders, TargetForm};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use wsgi_util::{EnvironSource, native};

/// The variables that are the same for every request of a server: `WSGIServer.base_environ`.
///
/// # Examples
///
/// A server behind a proxy that is known by another name than its address:
///
/// ```
/// use wsgi_simple_server::{BaseEnviron, demo_app, make_server};
///
/// let server = make_server("127.0.0.1", 0, demo_app)?;
/// let mut base_environ = BaseEnviron::clone(&server.base_environ());
/// base_environ.insert("SERVER_NAME".to_owned(), "www.example.com".to_owned());
/// server.set_base_environ(base_environ);
///
/// assert_eq!(server.base_environ()["SERVER_NAME"], "www.example.com");
/// assert_eq!(server.base_environ()["GATEWAY_INTERFACE"], "CGI/1.1");
/// # Ok::<(), std::io::Error>(())
/// ```
pub type BaseEnviron = BTreeMap<String, String>;

/// The variables that every request has, whatever its fields. A field whose name would give one of them is left out
/// altogether, as in CPython: `Remote-Addr` is not even `HTTP_REMOTE_ADDR`.
const REQUEST_KEYS: [&str; 8] = [
    "PATH_INFO",
    "QUERY_STRING",
    "RAW_URI",
    "REMOTE_ADDR",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "SERVER_PROTOCOL",
    "SERVER_SOFTWARE",
];

/// The variables that every server has; the base environ may give other values.
const SERVER_KEYS: [&str; 2] = ["SERVER_NAME", "SERVER_PORT"];

/// Fields with a variable of their own, which the client may leave out (RFC 3875 §4.1.2, §4.1.3).
const CONTENT_KEYS: [&str; 2] = ["CONTENT_LENGTH", "CONTENT_TYPE"];

/// The variables of one request (RFC 3875 §4.1, PEP 3333 "environ Variables"), by the table in `environ.md`.
#[derive(Clone, Debug)]
pub(crate) struct RequestEnviron<'a> {
    base: Arc<BaseEnviron>,
    server: &'a ServerInfo,
    method: &'a str,
    protocol: &'a str,
    raw_uri: &'a str,
    path: &'a str,
    query: &'a str,
    /// The authority of an absolute-form target; it replaces the Host field (RFC 9112 §3.2.2).
    authority: Option<&'a str>,
    headers: RequestHeaders<'a>,
    remote_addr: String,
    server_software: &'a str,
}

impl<'a> RequestEnviron<'a> {
    pub(crate) fn new(
        head: RequestHead<'a>,
        base: Arc<BaseEnviron>,
        server: &'a ServerInfo,
        remote_addr: String,
        server_software: &'a str,
    ) -> Self {
        let (authority, path, query) = match head.target_form() {
            TargetForm::Absolute { authority, path, query } => (Some(authority), path, query),
            TargetForm::Origin { path, query } => (None, path, query),
            // Neither form names a path; neither reaches an application.
            _ => (None, head.target(), None),
        };
        Self {
            base,
            server,
            method: head.method(),
            protocol: head.request_version(),
            raw_uri: head.target(),
            path,
            query: query.unwrap_or_default(),
            authority,
            headers: head.headers(),
            remote_addr,
            server_software,
        }
    }
}

impl EnvironSource for RequestEnviron<'_> {
    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        self.of_request(key).or_else(|| self.of_server(key))
    }

    fn for_each(&self, each: &mut dyn FnMut(&str, &str)) {
        for key in REQUEST_KEYS.iter().chain(&CONTENT_KEYS) {
            if let Some(value) = self.of_request(key) {
                each(key, &value);
            }
        }
        if let Some(authority) = self.authority {
            each("HTTP_HOST", authority);
        }
        for (position, (name, _)) in self.headers.iter_bytes().enumerate() {
            let repeated = || {
                self.headers
                    .iter_bytes()
                    .take(position)
                    .any(|(other, _)| other.eq_ignore_ascii_case(name))
            };
            let replaced = || self.authority.is_some() && name.eq_ignore_ascii_case("host");
            if !name.contains('_') && !replaced() && !repeated() {
                let key = key_of(name);
                if let Some(value) = self.of_request(&key) {
                    each(&key, &value);
                }
            }
        }
        for key in self.base.keys().filter(|key| self.of_request(key).is_none()) {
            if let Some(value) = self.of_server(key) {
                each(key, &value);
            }
        }
        for key in SERVER_KEYS.iter().filter(|key| !self.base.contains_key(**key)) {
            if let Some(value) = self.of_server(key) {
                each(key, &value);
            }
        }
    }
}

impl RequestEnviron<'_> {
    /// The value that the request itself gives to a variable.
    fn of_request(&self, key: &str) -> Option<Cow<'_, str>> {
        match key {
            "REQUEST_METHOD" => Some(Cow::Borrowed(self.method)),
            "PATH_INFO" => Some(path_info(self.path)),
            "QUERY_STRING" => Some(Cow::Borrowed(self.query)),
            "RAW_URI" | "REQUEST_URI" => Some(Cow::Borrowed(self.raw_uri)),
            "REMOTE_ADDR" => Some(Cow::Borrowed(&self.remote_addr)),
            "SERVER_PROTOCOL" => Some(Cow::Borrowed(self.protocol)),
            "SERVER_SOFTWARE" => Some(Cow::Borrowed(self.server_software)),
            "CONTENT_TYPE" => self.headers.get("Content-Type"),
            "CONTENT_LENGTH" => self.headers.get("Content-Length"),
            "HTTP_HOST" if self.authority.is_some() => self.authority.map(Cow::Borrowed),
            _ => self.fields(key.strip_prefix("HTTP_")?),
        }
    }

    /// The value that the server gives to a variable, the same for every request.
    fn of_server(&self, key: &str) -> Option<Cow<'_, str>> {
        match (self.base.get(key), key) {
            // An empty length would deny a body that is there.
            (Some(_), "CONTENT_LENGTH") if self.headers.contains("Transfer-Encoding") => None,
            (Some(value), _) => Some(Cow::Borrowed(value)),
            (None, "SERVER_NAME") if !self.server.server_name.is_empty() => {
                Some(Cow::Borrowed(&self.server.server_name))
            }
            (None, "SERVER_PORT") => {
                self.server.server_port.map(|port| Cow::Owned(port.to_string()))
            }
            _ => None,
        }
    }

    /// All fields whose name gives `HTTP_<name>`, joined.
    fn fields(&self, name: &str) -> Option<Cow<'_, str>> {
        let taken = REQUEST_KEYS.contains(&name)
            || SERVER_KEYS.contains(&name)
            || CONTENT_KEYS.contains(&name)
            || self.base.contains_key(name);
        if taken || name == "PROXY" {
            return None;
        }
        let mut values = self
            .headers
            .iter_bytes()
            .filter(|(field, _)| gives(field, name))
            .map(|(_, value)| native::from_bytes(value));
        let first = values.next()?;
        let separator = if name == "COOKIE" { "; " } else { "," };
        Some(values.fold(first, |joined, value| joined + separator + value))
    }
}

/// The path of a target percent-decoded once, one char for each byte (PEP 3333).
///
/// As in CPython's `path`, slashes at the start count as one, so that no redirect made of the path leads to another host
/// (gh-87389).
pub(crate) fn path_info(path: &str) -> Cow<'_, str> {
    let slashes = path.len() - path.trim_start_matches('/').len();
    let path = path.get(slashes.saturating_sub(1)..).unwrap_or(path);
    match Cow::from(percent_decode_str(path)) {
        Cow::Borrowed(_) => Cow::Borrowed(path),
        Cow::Owned(bytes) => Cow::Owned(native::from_bytes(&bytes).into_owned()),
    }
}

/// The variable that a field gives.
fn key_of(field: &str) -> String {
    let upper = |c: char| if c == '-' { '_' } else { c.to_ascii_uppercase() };
    "HTTP_".chars().chain(field.chars().map(upper)).collect()
}

/// Whether a field gives `HTTP_<name>`. None with an underscore does, since it would pose as another one.
fn gives(field: &str, name: &str) -> bool {
    field.len() == name.len()
        && field.bytes().zip(name.bytes()).all(|(field, name)| match field {
            b'-' => name == b'_',
            b'_' => false,
            _ => name == field.to_ascii_uppercase(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_server::proto::{HeadParser, Limits};
    use wsgi_util::Environ;

    /// The environ of a request without its last empty line.
    fn environ(head: &str) -> Vec<(String, String)> {
        let head: Vec<u8> = format!("{head}\r\n\r\n").chars().map(|c| c as u8).collect();
        let mut parser = HeadParser::new(Limits::default());
        let length = parser.parse(&head).unwrap().unwrap();
        let info = ServerInfo::new("10.0.0.1", Some(8000));
        let base = BaseEnviron::from(
            [("SERVER_NAME", "localhost"), ("SCRIPT_NAME", ""), ("CONTENT_LENGTH", "")]
                .map(|(k, v)| (k.into(), v.into())),
        );
        let source = RequestEnviron::new(
            parser.head(&head[..length]),
            Arc::new(base),
            &info,
            "10.0.0.9".into(),
            "WSGIServer",
        );

        let mut walked = Vec::new();
        source.for_each(&mut |key, value| {
            assert_eq!(source.get(key).as_deref(), Some(value), "{key}: both ways give the same");
            walked.push((key.to_owned(), value.to_owned()));
        });
        walked.sort();
        let mut once = walked.clone();
        once.dedup_by(|a, b| a.0 == b.0);
        assert_eq!(walked, once, "each key once");
        assert_eq!(Environ::with_source(source.clone()).iter().collect::<Vec<_>>(), walked);
        for absent in [
            "HTTP_CONTENT_TYPE",
            "HTTP_CONTENT_LENGTH",
            "HTTP_PROXY",
            "HTTP_",
            "HTTP_X-A",
            "PATH",
            "",
        ] {
            assert_eq!(source.get(absent), None, "{absent}");
        }
        walked
    }

    #[track_caller]
    fn check(head: &str, expected: &[(&str, &str)]) {
        let fixed = [
            ("CONTENT_LENGTH", ""),
            ("REMOTE_ADDR", "10.0.0.9"),
            ("SCRIPT_NAME", ""),
            ("SERVER_NAME", "localhost"),
            ("SERVER_PORT", "8000"),
            ("SERVER_SOFTWARE", "WSGIServer"),
        ];
        let expected: BaseEnviron =
            fixed.iter().chain(expected).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(environ(head), expected.into_iter().collect::<Vec<_>>(), "{head:?}");
    }

    #[test]
    fn the_request_line() {
        check(
            "GET /a%2Fb/%E2%82%AC?q=%20&x=1?y HTTP/1.0",
            &[
                ("PATH_INFO", "/a/b/\u{e2}\u{82}\u{ac}"),
                ("QUERY_STRING", "q=%20&x=1?y"),
                ("RAW_URI", "/a%2Fb/%E2%82%AC?q=%20&x=1?y"),
                ("REQUEST_METHOD", "GET"),
                ("REQUEST_URI", "/a%2Fb/%E2%82%AC?q=%20&x=1?y"),
                ("SERVER_PROTOCOL", "HTTP/1.0"),
            ],
        );
    }

    #[test]
    fn paths_are_decoded_once_and_begin_with_one_slash() {
        for (target, path_info) in [
            ("/", "/"),
            ("/%2541", "/%41"),
            ("/%80%zz%", "/\u{80}%zz%"),
            ("///a//b", "/a//b"),
            ("/x://y", "/x://y"),
            ("http://h", "/"),
            ("HTTP://h:81?q", "/"),
            ("http://h//x", "/x"),
        ] {
            let environ = environ(&format!("GET {target} HTTP/1.0"));
            let found = environ.iter().find(|(key, _)| key == "PATH_INFO");
            assert_eq!(found.map(|(_, value)| value.as_str()), Some(path_info), "{target}");
        }
    }

    #[test]
    fn an_absolute_target_names_the_host() {
        check(
            "GET http://example.org:81/x?y HTTP/1.1\r\nHost: other",
            &[
                ("HTTP_HOST", "example.org:81"),
                ("PATH_INFO", "/x"),
                ("QUERY_STRING", "y"),
                ("RAW_URI", "http://example.org:81/x?y"),
                ("REQUEST_METHOD", "GET"),
                ("REQUEST_URI", "http://example.org:81/x?y"),
                ("SERVER_PROTOCOL", "HTTP/1.1"),
            ],
        );
    }

    /// A request with these fields has these variables besides the ones of `GET /`.
    #[track_caller]
    fn check_fields(fields: &str, expected: &[(&str, &str)]) {
        let line = [
            ("PATH_INFO", "/"),
            ("QUERY_STRING", ""),
            ("RAW_URI", "/"),
            ("REQUEST_METHOD", "GET"),
            ("REQUEST_URI", "/"),
            ("SERVER_PROTOCOL", "HTTP/1.0"),
        ];
        check(&format!("GET / HTTP/1.0\r\n{fields}"), &[&line, expected].concat());
    }

    #[test]
    fn fields_become_variables() {
        check_fields(
            "X-A:  caf\u{e9} \r\nEmpty:\r\nx.y!: 1",
            &[("HTTP_EMPTY", ""), ("HTTP_X_A", "caf\u{e9}"), ("HTTP_X.Y!", "1")],
        );
    }

    #[test]
    fn repeated_fields_are_joined() {
        check_fields(
            "X-A: 1\r\nCookie: a=1\r\nx-a: 2\r\nCookie: b=2\r\nX-A:",
            &[("HTTP_COOKIE", "a=1; b=2"), ("HTTP_X_A", "1,2,")],
        );
    }

    #[test]
    fn the_content_fields_have_variables_of_their_own() {
        check_fields(
            "Content-Type:\r\nContent-Length: 3",
            &[("CONTENT_LENGTH", "3"), ("CONTENT_TYPE", "")],
        );
        check_fields("Content-Type: a/b\r\ncontent-type: c/d", &[("CONTENT_TYPE", "a/b")]);
    }

    #[test]
    fn a_chunked_body_has_no_length_that_is_empty() {
        let environ = environ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked");
        assert!(!environ.iter().any(|(key, _)| key == "CONTENT_LENGTH"), "{environ:?}");
    }

    #[test]
    fn fields_cannot_pose_as_others() {
        check_fields("X-Real-Ip: 1\r\nX_Real_Ip: 2\r\nX-Real_Ip: 3", &[("HTTP_X_REAL_IP", "1")]);
        check_fields("Content_Length: 9\r\nProxy: p\r\nPROXY: p", &[]);
        check_fields(
            "Remote-Addr: x\r\nServer-Port: x\r\nServer-Name: x\r\nScript-Name: x\r\nPath-Info: x\r\nRaw-Uri: x\r\n\
             Request-Uri: x\r\nServer-Software: x",
            &[],
        );
    }
}
