//! The environ of a request: a view over its head, built only as far as somebody asks.

use crate::state::CountedApart;
use http_server::proto::{Framing, RequestHead, RequestHeaders, TargetForm};
use http_server::{ClientAddress, ServerInfo};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::collections::BTreeMap;
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

/// What a server with TLS has, and no other: `wsgiref.util.guess_scheme` knows https by it.
const HTTPS: &str = "HTTPS";

/// Fields with a variable of their own, which the client may leave out (RFC 3875 §4.1.2, §4.1.3).
const CONTENT_KEYS: [&str; 2] = ["CONTENT_LENGTH", "CONTENT_TYPE"];

/// The variables of one request (RFC 3875 §4.1, PEP 3333 "environ Variables"), by the table in `environ.md`.
///
/// It only points at where they are: to make it is nearly free, since most applications look at few of them.
#[derive(Clone, Debug)]
pub(crate) struct RequestEnviron<'a> {
    pub(crate) head: RequestHead<'a>,
    pub(crate) base: CountedApart,
    pub(crate) server: &'a ServerInfo,
    pub(crate) client_address: &'a ClientAddress,
    pub(crate) server_software: &'a str,
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
        self.for_each_field(each);
        for key in self.base.keys().filter(|key| self.of_request(key).is_none()) {
            if let Some(value) = self.of_server(key) {
                each(key, &value);
            }
        }
        let server_keys = SERVER_KEYS.iter().chain([&HTTPS]);
        for key in server_keys.filter(|key| !self.base.contains_key(**key)) {
            if let Some(value) = self.of_server(key) {
                each(key, &value);
            }
        }
    }
}

impl<'a> RequestEnviron<'a> {
    /// The value that the request itself gives to a variable.
    fn of_request(&self, key: &str) -> Option<Cow<'_, str>> {
        let head = self.head;
        match key {
            "REQUEST_METHOD" => Some(Cow::Borrowed(head.method())),
            "PATH_INFO" => Some(path_info(self.path_and_query().0)),
            "QUERY_STRING" => Some(Cow::Borrowed(self.path_and_query().1)),
            "RAW_URI" | "REQUEST_URI" => Some(Cow::Borrowed(head.target())),
            "REMOTE_ADDR" => Some(match self.client_address {
                ClientAddress::Named(name) => Cow::Borrowed(name),
                address => Cow::Owned(address.host()),
            }),
            "SERVER_PROTOCOL" => Some(Cow::Borrowed(head.request_version())),
            "SERVER_SOFTWARE" => Some(Cow::Borrowed(self.server_software)),
            "CONTENT_TYPE" => head.headers().get("Content-Type"),
            "CONTENT_LENGTH" => head.headers().get("Content-Length"),
            _ => self.of_fields(key.strip_prefix("HTTP_")?),
        }
    }

    /// The value that the server gives to a variable, the same for every request.
    fn of_server(&self, key: &str) -> Option<Cow<'_, str>> {
        match (self.base.get(key), key) {
            // An empty length would deny a body that is there.
            (Some(_), "CONTENT_LENGTH") if self.head.framing() == Framing::Chunked => None,
            (Some(value), _) => Some(Cow::Borrowed(value)),
            (None, "SERVER_NAME") if !self.server.server_name.is_empty() => {
                Some(Cow::Borrowed(&self.server.server_name))
            }
            (None, HTTPS) if self.server.tls => Some(Cow::Borrowed("on")),
            (None, "SERVER_PORT") => {
                self.server.server_port.map(|port| Cow::Owned(port.to_string()))
            }
            _ => None,
        }
    }

    /// The value of `HTTP_<name>`: of all fields whose names give it.
    fn of_fields(&self, name: &str) -> Option<Cow<'a, str>> {
        if self.is_taken(name) {
            return None;
        }
        let authority = if name == "HOST" { self.authority() } else { None };
        authority.map(Cow::Borrowed).or_else(|| self.joined(&field_of(name)?))
    }

    /// The values of all fields of this name.
    fn joined(&self, field: &str) -> Option<Cow<'a, str>> {
        let mut values = self.head.headers().get_all_bytes(field).map(native::from_bytes);
        let first = values.next()?;
        let separator = if field.eq_ignore_ascii_case("cookie") { "; " } else { "," };
        Some(values.fold(first, |joined, value| joined + separator + value))
    }

    /// Calls `each` for every `HTTP_*`, in the order of the fields.
    fn for_each_field(&self, each: &mut dyn FnMut(&str, &str)) {
        let authority = self.authority();
        if let Some(authority) = authority {
            each("HTTP_HOST", authority);
        }
        let headers = self.head.headers();
        let repeats = Repeats::among(headers);
        let mut key = Vec::with_capacity(64);
        for (position, (field, value)) in headers.iter_bytes().enumerate() {
            // A field with an underscore gives nothing, since it would pose as another one.
            let replaced = authority.is_some() && field.eq_ignore_ascii_case("host");
            if replaced || field.contains('_') {
                continue;
            }
            let key = key_of(field, &mut key);
            if key.strip_prefix("HTTP_").is_none_or(|name| self.is_taken(name)) {
                continue;
            }
            if !repeats.may_have(field) {
                each(key, &native::from_bytes(value));
            } else if !headers
                .iter_bytes()
                .take(position)
                .any(|(other, _)| other.eq_ignore_ascii_case(field))
            {
                each(key, &self.joined(field).unwrap_or_default());
            }
        }
    }

    /// Whether `HTTP_<name>` is left out: the server's own variable could be taken for it, or it for the server's own.
    fn is_taken(&self, name: &str) -> bool {
        name == "PROXY"
            || REQUEST_KEYS.contains(&name)
            || SERVER_KEYS.contains(&name)
            || CONTENT_KEYS.contains(&name)
            || (name == HTTPS && self.server.tls)
            || self.base.contains_key(name)
    }

    /// The authority of an absolute-form target; it replaces the Host field (RFC 9112 §3.2.2).
    fn authority(&self) -> Option<&'a str> {
        match self.head.target_form() {
            TargetForm::Absolute { authority, .. } => Some(authority),
            _ => None,
        }
    }

    fn path_and_query(&self) -> (&'a str, &'a str) {
        match self.head.target_form() {
            TargetForm::Absolute { path, query, .. } | TargetForm::Origin { path, query } => {
                (path, query.unwrap_or_default())
            }
            // Neither form names a path; neither reaches an application.
            _ => (self.head.target(), ""),
        }
    }
}

/// The path of a target percent-decoded once, one char for each byte (PEP 3333).
///
/// As in CPython's `path`, slashes at the start count as one, so that no redirect made of the path leads to another host
/// (gh-87389).
pub(crate) fn path_info(path: &str) -> Cow<'_, str> {
    let slashes = path.bytes().take_while(|byte| *byte == b'/').count();
    let path = path.get(slashes.saturating_sub(1)..).unwrap_or(path);
    match Cow::from(percent_decode_str(path)) {
        Cow::Borrowed(_) => Cow::Borrowed(path),
        Cow::Owned(bytes) => Cow::Owned(native::from_bytes(&bytes).into_owned()),
    }
}

/// Writes the variable that a field gives into a buffer.
fn key_of<'k>(field: &str, buffer: &'k mut Vec<u8>) -> &'k str {
    buffer.clear();
    buffer.extend_from_slice(b"HTTP_");
    let upper = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
    buffer.extend(field.bytes().map(upper));
    // The names of fields are ASCII.
    std::str::from_utf8(buffer).unwrap_or_default()
}

/// The field that gives `HTTP_<name>`, in some case; `None` if none does.
fn field_of(name: &str) -> Option<Cow<'_, str>> {
    if name.bytes().any(|byte| byte == b'-' || byte.is_ascii_lowercase()) {
        return None;
    }
    if !name.contains('_') {
        return Some(Cow::Borrowed(name));
    }
    let field = name.bytes().map(|byte| if byte == b'_' { b'-' } else { byte }).collect();
    String::from_utf8(field).ok().map(Cow::Owned)
}

/// Which fields may have a name that another one has, too: so that walking over them is not a search for each.
#[derive(Default)]
struct Repeats {
    /// A bit for each sort of names that was seen, and for each that was seen again.
    once: [u64; SORTS / 64],
    again: [u64; SORTS / 64],
}

const SORTS: usize = 512;

impl Repeats {
    fn among(headers: RequestHeaders<'_>) -> Self {
        let mut repeats = Self::default();
        for (field, _) in headers.iter_bytes() {
            let (word, bit) = Self::sort(field);
            repeats.again[word] |= repeats.once[word] & bit;
            repeats.once[word] |= bit;
        }
        repeats
    }

    fn may_have(&self, field: &str) -> bool {
        let (word, bit) = Self::sort(field);
        self.again[word] & bit != 0
    }

    /// Equal for names that are equal in any case, different for most others.
    fn sort(field: &str) -> (usize, u64) {
        let bytes = field.as_bytes();
        let at = |place: usize| bytes.get(place).map_or(0, |byte| usize::from(byte | 0x20));
        let length = bytes.len();
        let ends = at(0) + 3 * at(length / 2) + 5 * at(length.wrapping_sub(2));
        let sort = (length + 7 * at(length.wrapping_sub(1)) + 11 * ends) % SORTS;
        (sort / 64, 1 << (sort % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_server::proto::{HeadParser, Limits};
    use std::sync::Arc;
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
        let source = RequestEnviron {
            head: parser.head(&head[..length]),
            base: Arc::new(Arc::new(base)),
            server: &info,
            client_address: &ClientAddress::Inet(([10, 0, 0, 9], 50_000).into()),
            server_software: "WSGIServer",
        };

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
    fn only_a_server_with_tls_says_https() {
        let head = b"GET / HTTP/1.0\r\nHttps: off\r\n\r\n";
        let mut parser = HeadParser::new(Limits::default());
        parser.parse(head).unwrap();
        for (tls, https, field) in [(true, Some("on"), None), (false, None, Some("off"))] {
            let mut info = ServerInfo::new("h", Some(443));
            info.tls = tls;
            let source = RequestEnviron {
                head: parser.head(head),
                base: Arc::default(),
                server: &info,
                client_address: &ClientAddress::Unnamed,
                server_software: "",
            };
            let environ = Environ::with_source(source);
            assert_eq!(environ.get("HTTPS").as_deref(), https);
            assert_eq!(environ.get("HTTP_HTTPS").as_deref(), field);
            let walked = environ.iter().any(|(key, value)| key == "HTTPS" && value == "on");
            assert_eq!(walked, tls);
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
    fn a_walk_over_many_fields_gives_each_once() {
        // So many names of a kind that some count as of one sort; what is repeated has another spelling.
        let names = (0..30).map(|n| format!("{}X-{n}", "a-".repeat(n % 3)));
        let fields: String = ["", "-b", "-B"]
            .iter()
            .flat_map(|end| names.clone().map(move |name| format!("\r\n{name}{end}: {name}")))
            .collect();
        let walked = environ(&format!("GET / HTTP/1.0{fields}"));
        let of_fields = |(key, _): &&(String, String)| key.starts_with("HTTP_");
        assert_eq!(walked.iter().filter(of_fields).count(), 60, "{walked:?}");
        let joined = ("HTTP_A_X_7_B".to_owned(), "a-X-7,a-X-7".to_owned());
        assert!(walked.contains(&joined), "{walked:?}");
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
