//! The checks of `start_response` and `write`: `check_status`, `check_headers`, `check_content_type`.

use super::{Violation, WsgiWarning};
use crate::{AppError, Environ, Headers, StartResponse, is_hop_by_hop, native};

/// How far a response has come.
pub(super) struct Progress {
    head: bool,
    started: bool,
    /// What Content-Length promises, where the body must keep to it.
    content_length: Option<u64>,
    sent: u64,
}

impl Progress {
    pub(super) fn new(environ: &Environ<'_>) -> Progress {
        let head = environ.get("REQUEST_METHOD").as_deref() == Some("HEAD");
        Progress { head, started: false, content_length: None, sent: 0 }
    }

    pub(super) fn check_started(&self, otherwise: Violation) -> Result<(), Violation> {
        if self.started { Ok(()) } else { Err(otherwise) }
    }

    /// Counts a piece of the body.
    pub(super) fn send(&mut self, bytes: usize) -> Result<(), Violation> {
        self.sent = self.sent.saturating_add(bytes as u64);
        match self.content_length {
            Some(content_length) if self.sent > content_length => {
                Err(Violation::BodyTooLong { content_length })
            }
            _ => Ok(()),
        }
    }

    /// Checks that the body may end here.
    pub(super) fn end(&self) -> Result<(), Violation> {
        self.check_started(Violation::NotStarted)?;
        match self.content_length {
            Some(content_length) if self.sent < content_length => {
                Err(Violation::BodyTooShort { content_length, sent: self.sent })
            }
            _ => Ok(()),
        }
    }
}

/// A `start_response` that checks what it passes on.
pub(super) struct CheckedStart<'s> {
    pub(super) start_response: &'s mut dyn StartResponse,
    pub(super) progress: &'s mut Progress,
    pub(super) report: &'s dyn Fn(&WsgiWarning),
}

impl StartResponse for CheckedStart<'_> {
    fn start_response(
        &mut self,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError> {
        let code = check_status(status, self.report)?;
        check_headers(&headers)?;
        check_content_type(code, &headers)?;
        let content_length = content_length(&headers)?;
        self.start_response.start_response(status, headers, exc_info)?;
        self.progress.started = true;
        self.progress.content_length =
            content_length.filter(|_| !self.progress.head && has_content(code));
        Ok(())
    }

    fn write(&mut self, data: &[u8]) -> Result<(), AppError> {
        self.progress.check_started(Violation::WriteBeforeStart)?;
        self.progress.send(data.len())?;
        self.start_response.write(data)
    }
}

/// Checks a status; gives its code.
fn check_status(status: &str, report: &dyn Fn(&WsgiWarning)) -> Result<u16, Violation> {
    if status.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Violation::StatusControl { status: status.to_owned() });
    }
    if let Some(character) = native::first_non_native(status) {
        return Err(Violation::StatusNotNative { status: status.to_owned(), character });
    }
    let code = status.split_whitespace().next().unwrap_or_default();
    if code.chars().count() != 3 {
        return Err(Violation::StatusLength { code: code.to_owned() });
    }
    let number =
        code.bytes().all(|byte| byte.is_ascii_digit()).then(|| code.parse().ok()).flatten();
    let Some(number) = number.filter(|number| *number >= 100) else {
        return Err(Violation::StatusCode { code: code.to_owned() });
    };
    if status.as_bytes().get(3) != Some(&b' ') {
        report(&WsgiWarning::StatusFormat { status: status.to_owned() });
    }
    Ok(number)
}

fn check_headers(headers: &Headers) -> Result<(), Violation> {
    for (name, value) in headers {
        let name_owned = || name.to_owned();
        if name.eq_ignore_ascii_case("status") {
            return Err(Violation::StatusHeader { value: value.to_owned() });
        }
        if let Some(character) =
            native::first_non_native(name).or_else(|| native::first_non_native(value))
        {
            return Err(Violation::HeaderNotNative { name: name_owned(), character });
        }
        if name.contains(':') {
            return Err(Violation::HeaderName { name: name_owned() });
        }
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) || !name.bytes().all(word) {
            return Err(Violation::BadHeaderName { name: name_owned() });
        }
        if name.ends_with(['-', '_']) {
            return Err(Violation::HeaderNameEnd { name: name_owned() });
        }
        // `Headers` lets no other control character in than HTAB.
        if let Some(character) = value.chars().find(char::is_ascii_control) {
            return Err(Violation::HeaderValue {
                name: name_owned(),
                value: value.to_owned(),
                character,
            });
        }
        if is_hop_by_hop(name) {
            return Err(Violation::HopByHop { name: name_owned(), value: value.to_owned() });
        }
    }
    Ok(())
}

fn check_content_type(code: u16, headers: &Headers) -> Result<(), Violation> {
    match (headers.contains("Content-Type"), code) {
        (true, 204 | 304) => Err(Violation::ContentType { code }),
        (true, _) => Ok(()),
        // A redirection needs no content, and what has none needs no type (gh-93416, RFC 9110 §8.3).
        (false, 300..=399) => Ok(()),
        (false, _) if !has_content(code) || headers.get("Content-Length") == Some("0") => Ok(()),
        (false, _) => {
            Err(Violation::NoContentType { headers: headers.keys().collect::<Vec<_>>().join(", ") })
        }
    }
}

fn content_length(headers: &Headers) -> Result<Option<u64>, Violation> {
    let Some(value) = headers.get("Content-Length") else { return Ok(None) };
    match value.parse() {
        Ok(length) if !value.starts_with('+') => Ok(Some(length)),
        _ => Err(Violation::ContentLengthHeader { value: value.to_owned() }),
    }
}

/// Tells whether a response with this code has content at all (RFC 9110 §6.4.1).
fn has_content(code: u16) -> bool {
    !matches!(code, 100..=199 | 204 | 304)
}
