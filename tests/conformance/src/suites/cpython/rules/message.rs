//! Rules about responses as a whole: where one ends, and how long its body is.

use super::super::script::latin1;
use crate::wire::dechunk::{Chunked, dechunk};
use regex::Regex;
use serde::Deserialize;
use wsgiref_tests::golden::Answer;

/// What the log says of a body that has another length than its Content-Length. In the texts, `{got}` is the length that it has,
/// `{length}` the one that it should have, and `{off}` how far these are apart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lengths {
    too_long: String,
    too_short: String,
    /// Whether the line comes before that of the request, which a gateway logs at the end.
    #[serde(default)]
    before_the_request: bool,
}

impl Lengths {
    /// Cuts a body that is too long, and adds the line to the log.
    pub(super) fn apply(&self, answer: &mut Answer) {
        let Some((head, length)) = length(&answer.response) else { return };
        let got = answer.response[head..].chars().count();
        let text = match got.cmp(&length) {
            std::cmp::Ordering::Equal => return,
            std::cmp::Ordering::Greater => &self.too_long,
            std::cmp::Ordering::Less => &self.too_short,
        };
        let body: String = answer.response[head..].chars().take(length).collect();
        answer.response.replace_range(head.., &body);
        let line = text
            .replace("{got}", &got.to_string())
            .replace("{length}", &length.to_string())
            .replace("{off}", &got.abs_diff(length).to_string());
        let is_request = |line: &String| line.starts_with("127.0.0.1 ");
        let place = answer.log.iter().rposition(is_request).filter(|_| self.before_the_request);
        let place = place.unwrap_or(answer.log.len());
        answer.log.insert(place, line);
    }
}

/// Drops what comes after the first response, as far as its Content-Length tells, and all but the first line of the log.
pub(super) fn keep_first(answer: &mut Answer, is_head: bool) {
    let Some((head, length)) = length(&answer.response) else { return };
    let length = if is_head { 0 } else { length };
    let rest: usize = answer.response[head..].chars().take(length).map(char::len_utf8).sum();
    if answer.response[head + rest..].starts_with("HTTP/1.") {
        answer.response.truncate(head + rest);
        answer.log.truncate(1);
    }
}

/// Takes the chunks out of a response that says it is chunked; `None` if it does not, or they are malformed.
pub(in crate::suites::cpython) fn without_chunks(response: &str) -> Option<String> {
    let head = response.find("\r\n\r\n")? + 4;
    if !response[..head].contains("\r\nTransfer-Encoding: chunked\r\n") {
        return None;
    }
    let bytes = latin1(&response[head..]);
    let Ok(Chunked::Whole(body, end)) = dechunk(&bytes) else { return None };
    // Nothing may follow.
    let body: String = body.into_iter().map(char::from).collect();
    (end == bytes.len()).then(|| response[..head].to_owned() + &body)
}

/// Shows each ETag as `{tag}`: it tells a time and a size, of which the files of two runs share only one.
pub(in crate::suites::cpython) fn without_tag_values(response: &str) -> String {
    let tag = Regex::new("(?m)^ETag: (?:W/)?\"[!#-~]+\"\r$").expect("a valid pattern");
    tag.replace_all(response, "ETag: {tag}\r").into_owned()
}

/// Where the head of the first response ends, and what its Content-Length says.
fn length(response: &str) -> Option<(usize, usize)> {
    let head = response.find("\r\n\r\n")? + 4;
    let lower = response[..head].to_ascii_lowercase();
    let from = lower.find("\r\ncontent-length: ")? + "\r\ncontent-length: ".len();
    let digits = lower[from..].split("\r\n").next()?;
    Some((head, digits.parse().ok()?))
}
