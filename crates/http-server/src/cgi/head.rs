//! What a script says before its output (RFC 3875 §6).

use crate::proto::{check_field_name, check_field_value, check_reason};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use std::fmt;

/// The head of a script's output.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ScriptHead {
    /// The code and the phrase of `Status`.
    pub(super) status: Option<(u16, String)>,
    pub(super) location: Option<String>,
    pub(super) has_content_type: bool,
    /// What is to be passed on: `Content-Type`, but neither `Location` nor `Status`.
    pub(super) fields: Vec<(String, String)>,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    TooLarge,
    Unfinished,
    Line(String),
    Twice(&'static str),
    Status(String),
    Length,
    NoContentType,
    Empty,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                write!(f, "its head has more than {MOST_BYTES} bytes or {MOST_FIELDS} fields")
            }
            Self::Unfinished => f.write_str("it ended before the empty line that ends the head"),
            Self::Line(line) => {
                write!(f, "its head has a line that is no field (RFC 3875 section 6.3): {line}")
            }
            Self::Twice(name) => write!(f, "it sent {name} twice (RFC 3875 section 6.3)"),
            Self::Status(value) => {
                write!(f, "its Status is none (RFC 3875 section 6.3.3): {value}")
            }
            Self::Length => f.write_str("its Content-Length is no number, or there are two"),
            Self::NoContentType => {
                f.write_str("it sent a body without Content-Type (RFC 3875 section 6.3.1)")
            }
            Self::Empty => f.write_str(
                "it sent none of Content-Type, Location and Status (RFC 3875 section 6.3)",
            ),
        }
    }
}

/// As much as a client may send.
const MOST_BYTES: usize = 64 * 1024;
const MOST_FIELDS: usize = 100;

/// What cannot stand in a request target.
const NO_TARGET: &AsciiSet = &CONTROLS.add(b' ');

/// What concerns our connection to the client, and so is not for a script to say (RFC 3875 §6.3.4, RFC 9110 §7.6.1), or
/// what we say ourselves.
const OURS: [&str; 11] = [
    "connection",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-connection",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Where the head ends, with its empty line; `None` if it has not come whole.
pub(super) fn head_length(output: &[u8]) -> Result<Option<usize>, Flaw> {
    let mut from = 0;
    loop {
        let rest = output.get(from..).unwrap_or_default();
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
            return if output.len() > MOST_BYTES { Err(Flaw::TooLarge) } else { Ok(None) };
        };
        from += end + 1;
        if from > MOST_BYTES {
            return Err(Flaw::TooLarge);
        }
        if matches!(rest.get(..end), Some(b"" | b"\r")) {
            return Ok(Some(from));
        }
    }
}

impl ScriptHead {
    /// Reads a whole head. Lines end with LF or CRLF.
    pub(super) fn parse(head: &[u8]) -> Result<Self, Flaw> {
        let mut parsed = Self::default();
        let mut fields = Vec::new();
        let mut named = Vec::new();
        for line in head.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            let text: String = line.iter().copied().map(char::from).collect();
            let Some((name, value)) = field(&text) else { return Err(Flaw::Line(shown(&text))) };
            if fields.len() == MOST_FIELDS {
                return Err(Flaw::TooLarge);
            }
            if name.eq_ignore_ascii_case("connection") {
                named.extend(value.split(',').map(|name| name.trim().to_ascii_lowercase()));
            }
            fields.push((name, value));
        }
        let mut has_length = false;
        for (name, value) in fields {
            let lower = name.to_ascii_lowercase();
            match &*lower {
                "status" if parsed.status.is_some() => return Err(Flaw::Twice("Status")),
                "status" => parsed.status = Some(status(&value)?),
                "location" if parsed.location.is_some() => return Err(Flaw::Twice("Location")),
                "location" => parsed.location = Some(value),
                "content-type" if parsed.has_content_type => {
                    return Err(Flaw::Twice("Content-Type"));
                }
                "content-length" => {
                    let is_number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
                    if has_length || !is_number || value.parse::<u64>().is_err() {
                        return Err(Flaw::Length);
                    }
                    has_length = true;
                    parsed.fields.push((name, value));
                }
                // Extensions for the server, which knows none (RFC 3875 §6.3.5).
                name if name.starts_with("x-cgi-") => {}
                name if OURS.contains(&name) || named.iter().any(|named| named == name) => {}
                _ => {
                    parsed.has_content_type |= lower == "content-type";
                    parsed.fields.push((name, value));
                }
            }
        }
        let says_something =
            parsed.has_content_type || parsed.location.is_some() || parsed.status.is_some();
        if says_something { Ok(parsed) } else { Err(Flaw::Empty) }
    }

    /// The path and query of a local redirect: the server is to answer as if the client had asked for it
    /// (RFC 3875 §6.2.2). With a status of its own, or to another host, a location is for the client.
    ///
    /// What a client could not ask for as it stands, such as letters that are not ASCII, is encoded.
    pub(super) fn local_location(&self) -> Option<String> {
        let location = self.location.as_deref()?;
        let is_local =
            self.status.is_none() && location.starts_with('/') && !location.starts_with("//");
        is_local.then(|| {
            let bytes: Vec<u8> = location.chars().map(|c| c as u8).collect();
            percent_encode(&bytes, NO_TARGET).to_string()
        })
    }
}

/// Splits a line into a name and a value that could stand in our own head.
fn field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim_matches([' ', '\t']);
    check_field_name(name).ok()?;
    check_field_value(name, value).ok()?;
    Some((name.to_owned(), value.to_owned()))
}

/// `Status: 404 Not Found`. An interim response is not for a script to send.
fn status(value: &str) -> Result<(u16, String), Flaw> {
    let (code, phrase) = value.split_once(' ').unwrap_or((value, ""));
    let flaw = || Flaw::Status(shown(value));
    let number = if code.len() == 3 { code.parse().map_err(|_| flaw())? } else { 0 };
    let is_final = (200..600).contains(&number) && code.bytes().all(|byte| byte.is_ascii_digit());
    if !is_final || check_reason(phrase).is_err() {
        return Err(flaw());
    }
    Ok((number, phrase.trim().to_owned()))
}

/// As much of a line as a log wants.
fn shown(text: &str) -> String {
    const MOST: usize = 100;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("\"{} ...\"", text.get(..end).unwrap_or_default()),
        None => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<ScriptHead, Flaw> {
        ScriptHead::parse(head.as_bytes())
    }

    fn fields(head: &str) -> Vec<String> {
        let parsed = parse(head).unwrap();
        parsed.fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn a_head_ends_with_an_empty_line_of_either_kind() {
        assert_eq!(head_length(b"A: b\n\nrest"), Ok(Some(6)));
        assert_eq!(head_length(b"A: b\r\n\r\nrest"), Ok(Some(8)));
        assert_eq!(head_length(b"\nrest"), Ok(Some(1)));
        assert_eq!(head_length(b"A: b\nB: c"), Ok(None));
        assert_eq!(head_length(b"A: b\n\r"), Ok(None));
        assert_eq!(head_length(&[b'a'; MOST_BYTES + 1]), Err(Flaw::TooLarge));
        assert_eq!(head_length("A: b\n".repeat(MOST_BYTES).as_bytes()), Err(Flaw::TooLarge));
    }

    #[test]
    fn status_location_and_type_are_found_in_any_case() {
        let head =
            parse("STATUS: 404 Not here\nlocation: /x\r\nContent-TYPE:text/plain \n\n").unwrap();
        assert_eq!(head.status, Some((404, "Not here".to_owned())));
        assert_eq!(head.location.as_deref(), Some("/x"));
        assert_eq!(head.local_location(), None);
        assert!(head.has_content_type);
        assert_eq!(head.fields, [("Content-TYPE".to_owned(), "text/plain".to_owned())]);
        assert_eq!(parse("Status: 204\n\n").unwrap().status, Some((204, String::new())));
    }

    #[test]
    fn what_is_about_the_connection_is_not_passed_on() {
        let head = "Content-Type: a/b\nConnection: close, X-Mine\nTransfer-Encoding: chunked\nX-Mine: 1\n\
                    Keep-Alive: x\nUpgrade: h2c\nX-CGI-Secret: 1\nDate: x\nServer: y\nX-Kept: 1\n\n";
        assert_eq!(fields(head), ["Content-Type=a/b", "X-Kept=1"]);
    }

    #[test]
    fn a_head_that_could_break_ours_is_refused() {
        for line in [
            "no colon",
            ": no name",
            "a b: c",
            " folded: 1",
            "A: b\rSet-Cookie: x",
            "A: \0",
            "\u{e9}: x",
        ] {
            let head = format!("Content-Type: a/b\n{line}\n\n");
            assert!(matches!(parse(&head), Err(Flaw::Line(_))), "{line:?}");
        }
        for status in ["", "0200 OK", "99", "100 Continue", "101", "600", "+20", "2x0", "200\u{1}"]
        {
            let flaw = parse(&format!("Status: {status}\n\n"));
            assert!(matches!(flaw, Err(Flaw::Status(_) | Flaw::Line(_))), "{status:?}: {flaw:?}");
        }
        for length in ["x", "-1", "1\nContent-Length: 1", "", "99999999999999999999"] {
            let head = format!("Content-Type: a/b\nContent-Length: {length}\n\n");
            assert_eq!(parse(&head), Err(Flaw::Length), "{length:?}");
        }
        assert_eq!(parse("Status: 200\nStatus: 201\n\n"), Err(Flaw::Twice("Status")));
        assert_eq!(parse("Location: /\nLocation: /\n\n"), Err(Flaw::Twice("Location")));
        assert_eq!(parse("Content-Type: a\ncontent-type: b\n\n"), Err(Flaw::Twice("Content-Type")));
        assert_eq!(parse("X-Only: 1\n\n"), Err(Flaw::Empty));
        assert_eq!(parse("\n"), Err(Flaw::Empty));
        let many = format!("Content-Type: a\n{}\n", "X: 1\n".repeat(MOST_FIELDS));
        assert_eq!(parse(&many), Err(Flaw::TooLarge));
    }

    #[test]
    fn a_local_redirect_is_a_path_without_a_status() {
        let local = |head: &str| parse(head).unwrap().local_location();
        assert_eq!(local("Location: /a?b\n\n").as_deref(), Some("/a?b"));
        assert_eq!(local("Location: /\u{e4} b%20?%\n\n").as_deref(), Some("/%C3%A4%20b%20?%"));
        assert_eq!(local("Location: //host/a\n\n"), None);
        assert_eq!(local("Location: http://host/a\n\n"), None);
        assert_eq!(local("Location: /a\nStatus: 302 Found\n\n"), None);
    }
}
