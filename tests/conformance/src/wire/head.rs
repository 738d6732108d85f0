//! The head of an answer, read by the letter of RFC 9112 §4 and §5.

use crate::bytes::{from_latin1, readable};
use std::fmt;

/// The status line and the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The minor version: `1` for `HTTP/1.1`.
    pub minor_version: u8,
    /// The status code.
    pub status: u16,
    /// The reason phrase, one character per byte; it may be empty.
    pub reason: String,
    /// Names and values in order, one character per byte.
    pub fields: Vec<(String, String)>,
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub what: String,
    /// The rule that says so.
    pub rule: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.rule)
    }
}

fn malformed<T>(what: impl Into<String>, rule: &'static str) -> Result<T, Malformed> {
    Err(Malformed { what: what.into(), rule })
}

impl Head {
    /// Reads a head, which ends with an empty line.
    ///
    /// # Errors
    ///
    /// If it breaks a rule of its form.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = from_latin1(bytes);
        let Some(lines) = text.strip_suffix("\r\n\r\n") else {
            return malformed("the head does not end with an empty line", "RFC 9112 §2.1");
        };
        let mut lines = lines.split("\r\n");
        let mut head = Self::status_line(lines.next().unwrap_or_default())?;
        head.fields = lines.map(field).collect::<Result<_, _>>()?;
        head.check_framing()?;
        Ok(head)
    }

    fn status_line(line: &str) -> Result<Self, Malformed> {
        const RULE: &str = "RFC 9112 §4";
        let shown = readable(&line.bytes().take(100).collect::<Vec<_>>());
        let Some(minor) = line.strip_prefix("HTTP/1.") else {
            return malformed(format!("the status line begins with no HTTP/1.x: {shown}"), RULE);
        };
        let bytes = minor.as_bytes();
        let [version @ b'0'..=b'9', b' ', status @ .., _, _, _] = &bytes[..bytes.len().min(8)]
        else {
            return malformed(format!("the status line is no `HTTP/1.x NNN`: {shown}"), RULE);
        };
        let _ = status;
        let code = minor.get(2..5).filter(|code| code.bytes().all(|b| b.is_ascii_digit()));
        let Some(status @ 100..=599) = code.and_then(|code| code.parse().ok()) else {
            return malformed(format!("the status is no number from 100 to 599: {shown}"), RULE);
        };
        let Some(reason) = minor.get(5..).and_then(|rest| rest.strip_prefix(' ')) else {
            return malformed(
                format!(
                    "no space behind the status code, which stays even before no reason: {shown}"
                ),
                RULE,
            );
        };
        if reason.chars().any(|c| c.is_ascii_control() && c != '\t') {
            return malformed(format!("a control character in the reason: {shown}"), RULE);
        }
        Ok(Self {
            minor_version: version - b'0',
            status,
            reason: reason.to_owned(),
            fields: Vec::new(),
        })
    }

    /// What two readers could disagree about (RFC 9112 §6).
    fn check_framing(&self) -> Result<(), Malformed> {
        let lengths = self.values("Content-Length").count();
        let encodings = self.values("Transfer-Encoding").count();
        if lengths > 1 {
            return malformed("several Content-Length fields", "RFC 9112 §6.3");
        }
        if lengths > 0 && encodings > 0 {
            return malformed("Content-Length beside Transfer-Encoding", "RFC 9112 §6.2");
        }
        if lengths + encodings > 0 && (self.is_interim() || self.status == 204) {
            return malformed(
                format!("Content-Length or Transfer-Encoding with {}", self.status),
                "RFC 9110 §8.6, RFC 9112 §6.1",
            );
        }
        if encodings > 0 && !self.values("Transfer-Encoding").eq(["chunked"]) {
            return malformed("a Transfer-Encoding other than `chunked`", "RFC 9112 §6.1");
        }
        if let Some(length) = self.get("Content-Length") {
            if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
                return malformed(format!("the Content-Length {length:?}"), "RFC 9110 §8.6");
            }
        }
        Ok(())
    }

    /// Whether another head follows this one.
    #[must_use]
    pub fn is_interim(&self) -> bool {
        self.status < 200
    }

    /// The values of all fields of a name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| &v[..])
    }

    /// The value of the first field of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// Whether a comma-separated field has this member.
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(','))
            .any(|member| member.trim_matches([' ', '\t']).eq_ignore_ascii_case(token))
    }

    /// Whether the server says that it closes the connection: in so many words, or by its version (RFC 9112 §9.3).
    #[must_use]
    pub fn announces_close(&self) -> bool {
        self.has_token("Connection", "close")
            || (self.minor_version == 0 && !self.has_token("Connection", "keep-alive"))
    }
}

fn field(line: &str) -> Result<(String, String), Malformed> {
    const RULE: &str = "RFC 9112 §5";
    let shown = readable(&line.bytes().take(100).collect::<Vec<_>>());
    if line.starts_with([' ', '\t']) {
        return malformed(format!("a folded line: {shown}"), "RFC 9112 §5.2");
    }
    let Some((name, value)) = line.split_once(':') else {
        return malformed(format!("a line without a colon: {shown}"), RULE);
    };
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        return malformed(format!("the field name is no token: {shown}"), "RFC 9110 §5.1");
    }
    if value.chars().any(|c| c.is_ascii_control() && c != '\t') {
        return malformed(format!("a control character in a value: {shown}"), "RFC 9110 §5.5");
    }
    Ok((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn a_head_is_read() {
        let head = Head::parse(b"HTTP/1.1 404 Not Found\r\nA: b\xff \r\na:\r\n\r\n").unwrap();
        assert_eq!((head.minor_version, head.status, &*head.reason), (1, 404, "Not Found"));
        assert_eq!(head.values("A").collect::<Vec<_>>(), ["b\u{ff}", ""]);
        assert_eq!(Head::parse(b"HTTP/1.0 200 \r\n\r\n").unwrap().reason, "");
    }

    #[test]
    fn what_breaks_a_rule_is_refused_with_it() {
        let cases: [(&str, &str); 16] = [
            ("HTTP/2 200 OK\r\n\r\n", "no HTTP/1.x"),
            ("HTTP/1.1 200\r\n\r\n", "no space behind"),
            ("HTTP/1.1  200 OK\r\n\r\n", "no number"),
            ("HTTP/1.1 20 OK\r\n\r\n", "no number"),
            ("HTTP/1.1 099 OK\r\n\r\n", "no number"),
            ("HTTP/1.1 200 O\nK\r\n\r\n", "control character in the reason"),
            ("HTTP/1.1 200 OK\nA: b\r\n\r\n", "control character in the reason"),
            ("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", "control character in a value"),
            ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "no token"),
            ("HTTP/1.1 200 OK\r\nA\r\n\r\n", "without a colon"),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n", "several"),
            ("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", "the Content-Length"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "beside",
            ),
            ("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", "with 204"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "other than"),
        ];
        for (bytes, why) in cases {
            let error = Head::parse(bytes.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{bytes:?}: {error}");
        }
    }
}
