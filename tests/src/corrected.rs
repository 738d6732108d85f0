//! Recorded requests made valid.
//!
//! Nearly all recorded HTTP/1.1 requests lack the Host field (RFC 9112 §3.2), and some targets have a fragment
//! (RFC 9112 §3.2 has no room for it). All that we answer to those is 400. What such a case is really about shows when it
//! is played once more without the mistake.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::golden::{Answer, Case};

/// Marks the name and the server of a corrected case.
pub const SUFFIX: &str = "+corrected";

/// The Host field of a corrected request. The server of a corrected case leaves it out of what it echoes, so that its answer
/// is comparable with the recorded one.
pub const HOST: &str = "h";

/// The case with `Host: h` in each HTTP/1.1 request, and without fragments; `None` if there is nothing to correct.
#[must_use]
pub fn corrected(case: &Case) -> Option<Case> {
    let fragment = fragment(&case.request);
    let without_fragment = match &fragment {
        Some(fragment) => remove(&case.request, fragment),
        None => case.request.clone(),
    };
    let request = with_host(&without_fragment);
    if *request == case.request[..] {
        return None;
    }
    let clean = |text: &str| match &fragment {
        // Where CPython echoes the target, the fragment is gone, too.
        Some(fragment) => text.replace(fragment.as_str(), ""),
        None => text.to_owned(),
    };
    let answer = Answer {
        response: clean(&case.answer.response),
        ending: case.answer.ending.clone(),
        log: case.answer.log.iter().map(|line| clean(line)).collect(),
    };
    Some(Case {
        name: format!("{}{SUFFIX}", case.name),
        server: format!("{}{SUFFIX}", case.server),
        request: request.into_owned(),
        half_close: case.half_close,
        answer,
    })
}

fn with_host(request: &[u8]) -> Cow<'_, [u8]> {
    static REQUEST_LINE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?-u) HTTP/1\.[1-9][0-9]*\r\n").expect("a valid pattern"));
    if request.windows(6).any(|bytes| bytes == b"\nHost:") {
        return Cow::Borrowed(request);
    }
    REQUEST_LINE.replace_all(request, format!("${{0}}Host: {HOST}\r\n").as_bytes())
}

/// The fragment of the target, with its `#`.
fn fragment(request: &[u8]) -> Option<String> {
    static FRAGMENT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?-u)^[A-Z]+ [^ ]*(#[!-~]*) ").expect("a valid pattern"));
    let found = FRAGMENT.captures(request)?.get(1)?;
    Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
}

fn remove(request: &[u8], part: &str) -> Vec<u8> {
    let part = part.as_bytes();
    match request.windows(part.len()).position(|bytes| bytes == part) {
        Some(start) => [&request[..start], &request[start + part.len()..]].concat(),
        None => request.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::corrected;
    use crate::golden::{Case, Recording};

    fn corrected_case(name: &str) -> Option<Case> {
        let recording = Recording::load();
        corrected(recording.cases.iter().find(|case| case.name == name).unwrap())
    }

    #[test]
    fn a_missing_host_field_is_added() {
        let case = corrected_case("keep-alive-pipelined").unwrap();
        let start = b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection";
        assert!(case.request.starts_with(start));
        assert_eq!(case.server, "base11+corrected");
    }

    #[test]
    fn a_fragment_is_removed_from_the_request_and_from_the_answer() {
        let case = corrected_case("static-redirect-query").unwrap();
        assert_eq!(case.request, b"GET /sub?a=1 HTTP/1.0\r\n\r\n");
        assert!(case.answer.response.contains("\r\nLocation: /sub/?a=1\r\n"));
        assert_eq!(case.answer.log, ["127.0.0.1 - - [{time}] \"GET /sub?a=1 HTTP/1.0\" 301 -"]);
    }

    #[test]
    fn what_has_no_such_mistake_stays_alone() {
        for name in ["get-1.0", "get-1.1-to-1.0-server", "line-nothing", "bare-lf-lines"] {
            assert!(corrected_case(name).is_none(), "{name}");
        }
    }
}
