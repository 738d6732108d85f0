//! An error page of ours where CPython answers something else, or nothing.

use super::super::script::latin1;
use super::super::wire_case::WireCase;
use super::Groups;
use http_server::repr::str_repr;
use http_server::{DEFAULT_ERROR_MESSAGE, error_page, status};
use regex::Regex;
use serde::Deserialize;
use wsgiref_tests::golden::Answer;

/// Which page it is. In the texts, `$1` is a group of the rule's pattern for requests and `$1r` its repr, `@1` one of that for scripts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    status: u16,
    /// The usual words if there is none.
    message: Option<String>,
    /// The usual words if there is none.
    explain: Option<String>,
    /// Whether the request line itself is wrong, so that nobody knows that the method is HEAD.
    #[serde(default)]
    before_the_method_counts: bool,
    /// For a handler that failed: the text of the error that is reported.
    report: Option<String>,
    /// What CPython sent before, and we do too.
    #[serde(default, deserialize_with = "super::pattern")]
    behind: Option<Regex>,
    /// Lines of the log that come before that of the page, of CPython's.
    #[serde(default, deserialize_with = "super::pattern")]
    logged: Option<Regex>,
}

impl Page {
    pub(super) fn answer(&self, case: &WireCase, groups: &Groups, cpython: &Answer) -> Answer {
        let fill = |text: &Option<String>, usual: &str| {
            text.as_ref().map_or(usual.to_owned(), |text| filled(text, groups))
        };
        let (phrase, description) = status::responses(self.status).unwrap_or(("???", "???"));
        let message = fill(&self.message, phrase);
        let explain = fill(&self.explain, description);
        let page = error_page(DEFAULT_ERROR_MESSAGE, self.status, &message, &explain);
        let body: String = page.bytes().map(char::from).collect();
        let version = if case.server.ends_with("11") { "HTTP/1.1" } else { "HTTP/1.0" };
        let kind = match case.server.as_str() {
            "static" | "static11" | "extra" => "SimpleHTTP",
            "wsgi" | "app" | "valid-app" => "WSGIServer",
            _ => "BaseHTTP",
        };
        let head = format!(
            "{version} {} {message}\r\nServer: {kind} {{software}}\r\nDate: {{date}}\r\nConnection: close\r\n\
             Content-Type: text/html;charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            self.status,
            body.chars().count(),
        );
        let kept = self.behind.as_ref().and_then(|pattern| pattern.find(&cpython.response));
        let mut response = kept.map_or("", |kept| kept.as_str()).to_owned() + &head;
        if self.before_the_method_counts || !case.request.starts_with("HEAD ") {
            response += &body;
        }
        let log = self.log(case, &message, groups, cpython);
        Answer { response, ending: "eof".to_owned(), log }
    }

    fn log(
        &self,
        case: &WireCase,
        message: &str,
        groups: &Groups,
        cpython: &Answer,
    ) -> Vec<String> {
        let mut log: Vec<String> = Vec::new();
        if let Some(pattern) = &self.logged {
            log.extend(cpython.log.iter().filter(|line| pattern.is_match(line)).cloned());
        }
        let line = |text: String| format!("127.0.0.1 - - [{{time}}] {text}");
        log.push(line(escaped(&format!("code {}, message {message}", self.status))));
        log.push(line(escaped(&format!("\"{}\" {} -", request_line(&case.request), self.status))));
        if let Some(report) = &self.report {
            log.push(
                "Exception occurred during processing of request from ('127.0.0.1', {port})"
                    .to_owned(),
            );
            log.push(format!("Error: {}", filled(report, groups)));
        }
        log
    }
}

/// The text with the groups in it.
fn filled(text: &str, groups: &Groups) -> String {
    let mut text = text.to_owned();
    for (number, group) in groups.request.iter().enumerate() {
        text = text.replace(&format!("${number}r"), &str_repr(group));
        text = text.replace(&format!("${number}"), group);
    }
    for (number, group) in groups.script.iter().enumerate() {
        text = text.replace(&format!("@{number}"), group);
    }
    text
}

/// The request line as it is logged: the first 256 characters, without its end; nothing until it is whole.
fn request_line(request: &str) -> String {
    let request = request.trim_start_matches("\r\n");
    let Some((line, _)) = request.split_once('\n') else { return String::new() };
    line.trim_end_matches('\r').chars().take(256).collect()
}

/// As `log_message` escapes: control characters, and backslashes.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in latin1(text) {
        match byte {
            0..=0x1f | 0x7f..=0x9f => out += &format!("\\x{byte:02x}"),
            b'\\' => out += "\\\\",
            _ => out.push(char::from(byte)),
        }
    }
    out
}
