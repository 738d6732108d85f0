//! Replaces what varies between two runs of the same case, as `golden/record_golden.py` does.

use std::sync::LazyLock;

use regex::Regex;

/// A pattern that is compiled at its first use.
macro_rules! pattern {
    ($pattern:literal) => {{
        static PATTERN: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
        &*PATTERN
    }};
}

/// Runs of one character that are at least this long are shown by their length.
const LONG_RUN: usize = 1000;

/// Masks a response.
#[must_use]
pub fn response(text: &str) -> String {
    let text = pattern!(r"(?m)^Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT")
        .replace_all(text, "Date: {date}");
    let text = software(&long_runs(&text));
    if shows_objects(&text) {
        let text = pattern!("= <.*>").replace_all(&text, "= {object}");
        let text = pattern!(r"Content-Length: \d+").replace_all(&text, "Content-Length: {len}");
        return pattern!("(?m)^SERVER_SOFTWARE = .*$")
            .replace_all(&text, "SERVER_SOFTWARE = {version}")
            .into_owned();
    }
    text
}

/// Masks what a server wrote to its standard error, by line. Of a traceback only the last line is kept.
///
/// `response` is the masked response: where it shows objects, the size in the log line varies too.
#[must_use]
pub fn log(text: &str, response: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside_traceback = false;
    for line in text.split('\n') {
        if line.starts_with("Traceback (most recent") {
            inside_traceback = true;
        } else if inside_traceback && (line.starts_with(' ') || line.is_empty()) {
            // The middle of a traceback.
        } else {
            inside_traceback = false;
            if !line.chars().all(|c| c == '-') {
                lines.push(log_line(line, response));
            }
        }
    }
    lines
}

fn log_line(line: &str, response: &str) -> String {
    let line = self::response(line);
    let line = pattern!(r"\[\d\d/\w{3}/\d{4} [\d:]{8}\]").replace_all(&line, "[{time}]");
    let line = pattern!(r"\('127\.0\.0\.1', \d+\)").replace_all(&line, "('127.0.0.1', {port})");
    log_size(&line, response)
}

/// Masks the size at the end of the log line of a response that shows objects.
#[must_use]
pub fn log_size(line: &str, response: &str) -> String {
    if shows_objects(response) {
        pattern!(r#"(" \d{3}) \d+$"#).replace(line, "$1 {len}").into_owned()
    } else {
        line.to_owned()
    }
}

/// Masks who answers: CPython has two ways to say it (`Python/3.15.2` and `CPython/3.15.2`), we have one.
#[must_use]
pub fn software(text: &str) -> String {
    pattern!(r"(C?Python|PyPy|wsgiref-rs)/(\d+\.\d+\.\d+\S*|\{version\})")
        .replace_all(text, "{software}")
        .into_owned()
}

/// Whether this is the page of the demo application, which shows objects with addresses.
fn shows_objects(response: &str) -> bool {
    response.contains("wsgi.input = ") && response.contains("Hello world!")
}

/// `aaaa…` becomes `{a*1000}`.
fn long_runs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let count = rest.chars().take_while(|next| *next == c).count();
        let (run, after) = rest.split_at(count * c.len_utf8());
        if count >= LONG_RUN {
            out.push_str(&format!("{{{c}*{count}}}"));
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{log, response};

    #[test]
    fn dates_and_versions_are_masked() {
        let text = "Server: BaseHTTP wsgiref-rs/0.1.0\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nX-Date: today\r\n";
        assert_eq!(
            response(text),
            "Server: BaseHTTP {software}\r\nDate: {date}\r\nX-Date: today\r\n"
        );
        assert_eq!(response("WSGIServer CPython/3.15.2"), "WSGIServer {software}");
        assert_eq!(response("WSGIServer Python/{version}\r\n"), "WSGIServer {software}\r\n");
    }

    #[test]
    fn long_runs_are_counted() {
        assert_eq!(response(&format!("/{} é", "a".repeat(1000))), "/{a*1000} é");
        assert_eq!(response(&"é".repeat(1001)), "{é*1001}");
        assert_eq!(response(&"a".repeat(999)), "a".repeat(999));
    }

    #[test]
    fn the_demo_page_hides_its_objects() {
        let text = "Content-Length: 99\r\n\r\nHello world!\n\nSERVER_SOFTWARE = 'x'\nwsgi.input = <object at 0x12>\n";
        let masked = "Content-Length: {len}\r\n\r\nHello world!\n\nSERVER_SOFTWARE = {version}\nwsgi.input = {object}\n";
        assert_eq!(response(text), masked);
        assert_eq!(log("\"GET / HTTP/1.0\" 200 592\n", masked), ["\"GET / HTTP/1.0\" 200 {len}"]);
    }

    #[test]
    fn of_a_log_the_time_and_the_port_are_masked_and_a_traceback_is_cut() {
        let text = "127.0.0.1 - - [14/Nov/2023 22:13:20] \"GET / HTTP/1.0\" 200 -\n\
            ----------------------------------------\n\
            Exception occurred during processing of request from ('127.0.0.1', 4711)\n\
            Traceback (most recent call last):\n  File \"x\"\n\nValueError: why\n\
            ----------------------------------------\n";
        let expected = [
            "127.0.0.1 - - [{time}] \"GET / HTTP/1.0\" 200 -",
            "Exception occurred during processing of request from ('127.0.0.1', {port})",
            "ValueError: why",
        ];
        assert_eq!(log(text, ""), expected);
    }
}
