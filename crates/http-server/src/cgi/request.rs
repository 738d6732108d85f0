//! What a script is told: its environment and its arguments (RFC 3875 §4).

use super::place::ScriptPlace;
use crate::Exchange;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// How a script is asked: the client's own request, or what a local redirect has made of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'r> {
    pub(super) method: &'r str,
    /// How many bytes of body there are, if there is one.
    pub(super) content_length: Option<u64>,
    pub(super) query: &'r str,
}

/// Fields that are no business of a script: credentials, which only a server that checks them may pass on
/// (RFC 3875 §4.1.18); `Proxy`, which would be taken for the proxy of the script's own requests (httpoxy, CVE-2016-5385 and
/// others); what concerns the connection alone; and what has a variable of its own.
const KEPT_BACK: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "keep-alive",
    "proxy",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// Makes the environment of a script.
pub(super) fn environment(
    x: &Exchange<'_>,
    asked: &Asked<'_>,
    place: &ScriptPlace,
    translated: Option<OsString>,
) -> BTreeMap<OsString, OsString> {
    let mut env: BTreeMap<OsString, OsString> = BTreeMap::new();
    let mut set = |name: &str, value: &OsStr| {
        env.insert(name.into(), value.to_owned());
    };
    if let Some(path) = std::env::var_os("PATH") {
        set("PATH", &path);
    }
    // Scripts ask for these without a look whether they are there; CPython sets them to nothing, too.
    for name in ["CONTENT_LENGTH", "HTTP_COOKIE", "HTTP_REFERER", "HTTP_USER_AGENT", "REMOTE_HOST"]
    {
        set(name, OsStr::new(""));
    }
    let server = x.server();
    let port = server.server_port.map(|port| port.to_string()).unwrap_or_default();
    set("GATEWAY_INTERFACE", OsStr::new("CGI/1.1"));
    set("SERVER_SOFTWARE", OsStr::new(&*x.version_string()));
    set("SERVER_NAME", OsStr::new(&server.server_name));
    set("SERVER_PORT", OsStr::new(&port));
    set("SERVER_PROTOCOL", OsStr::new(x.request_version()));
    if server.tls {
        // Not in RFC 3875, but what scripts have looked for ever since there is TLS.
        set("HTTPS", OsStr::new("on"));
    }
    set("REQUEST_METHOD", OsStr::new(asked.method));
    set("QUERY_STRING", OsStr::new(asked.query));
    set("REMOTE_ADDR", OsStr::new(&x.client_address().host()));
    set("SCRIPT_NAME", OsStr::from_bytes(&place.script_name));
    set("PATH_INFO", OsStr::from_bytes(&place.path_info));
    if let Some(translated) = translated {
        set("PATH_TRANSLATED", &translated);
    }
    if let Some(length) = asked.content_length {
        set("CONTENT_LENGTH", OsStr::new(&length.to_string()));
        if let Some(kind) = x.headers().get_bytes("Content-Type") {
            set("CONTENT_TYPE", OsStr::from_bytes(kind));
        }
    }
    for (name, value) in joined_fields(x) {
        env.insert(name.into(), OsString::from_vec(value));
    }
    env
}

/// The fields of the request as `HTTP_` variables, repeated ones joined.
fn joined_fields(x: &Exchange<'_>) -> BTreeMap<String, Vec<u8>> {
    let named: Vec<String> = x
        .headers()
        .get_all("Connection")
        .flat_map(|value| {
            value.split(',').map(|n| n.trim().to_ascii_lowercase()).collect::<Vec<_>>()
        })
        .collect();
    let mut fields: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (name, value) in x.headers().iter_bytes() {
        let lower = name.to_ascii_lowercase();
        // An underscore would look like a hyphen, so that one field could pose as another; the rest of what may stand in a
        // name cannot stand in that of a variable (POSIX.1-2017 §8.1).
        let is_plain = lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_plain || KEPT_BACK.contains(&&*lower) || named.contains(&lower) {
            continue;
        }
        let variable = format!("HTTP_{}", lower.to_ascii_uppercase().replace('-', "_"));
        // As CPython; but a comma would not separate cookies (RFC 6265 §4.2.1).
        let separator: &[u8] = if lower == "cookie" { b"; " } else { b"," };
        match fields.get_mut(&variable) {
            Some(joined) => {
                joined.extend_from_slice(separator);
                joined.extend_from_slice(value);
            }
            None => {
                fields.insert(variable, value.to_vec());
            }
        }
    }
    fields
}

/// The words of a query that is a search (RFC 3875 §4.4): no `=` in it, and neither GET nor HEAD is left out of it.
///
/// None if a word begins with a hyphen, because an interpreter would take it for an option (CVE-2012-1823), or has a byte
/// that is no printable character.
pub(super) fn arguments(asked: &Asked<'_>) -> Vec<OsString> {
    let is_search = matches!(asked.method, "GET" | "HEAD")
        && !asked.query.is_empty()
        && !asked.query.contains('=');
    if !is_search {
        return Vec::new();
    }
    let words: Vec<Vec<u8>> = asked
        .query
        .split('+')
        .map(|word| percent_encoding::percent_decode_str(word).collect())
        .collect();
    let is_harmless = |word: &Vec<u8>| {
        !word.is_empty() && !word.starts_with(b"-") && !word.iter().any(u8::is_ascii_control)
    };
    if !words.iter().all(is_harmless) {
        return Vec::new();
    }
    words.into_iter().map(OsString::from_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::{Asked, arguments};

    #[test]
    fn only_a_search_becomes_arguments_and_none_that_looks_like_an_option() {
        let words = |method, query| {
            let words = arguments(&Asked { method, content_length: None, query });
            words.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(words("GET", "a+b%20c"), ["a", "b c"]);
        assert_eq!(words("HEAD", "a%3Db"), ["a=b"]);
        assert_eq!(words("POST", "a"), [""; 0]);
        for query in ["", "a=b", "-s", "a+-d", "%2Ds", "a++b", "%00", "a+%0A"] {
            assert_eq!(words("GET", query), [""; 0], "{query}");
        }
    }
}
