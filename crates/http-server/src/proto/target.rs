//! The four forms of a request target (RFC 9112 §3.2).

use super::error::Quoted;
use super::{RequestError, host, octets};

/// A request target in one of its four forms.
///
/// # Examples
///
/// ```
/// use http_server::proto::{HeadParser, Limits, TargetForm};
///
/// let request = b"GET http://example.com/a?b=1 HTTP/1.1\r\nHost: other.example\r\n\r\n";
/// let mut parser = HeadParser::new(Limits::default());
/// parser.parse(request)?;
/// let head = parser.head(request);
/// let form = TargetForm::Absolute { authority: "example.com", path: "/a", query: Some("b=1") };
/// assert_eq!(head.target_form(), form);
/// assert_eq!(head.host(), Some("example.com"), "the Host field gives way");
/// # Ok::<(), http_server::proto::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetForm<'a> {
    /// `/path?query` (RFC 9112 §3.2.1).
    Origin {
        /// Everything before the first `?`; `//x` is a path too.
        path: &'a str,
        /// Everything after the first `?`, if there is one.
        query: Option<&'a str>,
    },
    /// `http://host:port/path?query` (RFC 9112 §3.2.2).
    Absolute {
        /// Host and port, which replace the Host field.
        authority: &'a str,
        /// Everything from the authority to the first `?`; `/` if that is nothing.
        path: &'a str,
        /// Everything after the first `?`, if there is one.
        query: Option<&'a str>,
    },
    /// `host:port` of a CONNECT (RFC 9112 §3.2.3).
    Authority {
        /// Host and port.
        authority: &'a str,
    },
    /// `*` of an OPTIONS (RFC 9112 §3.2.4).
    Asterisk,
}

/// The form of a target, its parts being offsets into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    #[default]
    Origin,
    Absolute {
        authority_start: u32,
        authority_end: u32,
    },
    Authority,
    Asterisk,
}

impl Form {
    /// Decides the form. The target is not empty and the method is a token.
    ///
    /// The caller has kept both shorter than 4 GiB, so offsets fit.
    pub(super) fn of(method: &[u8], target: &[u8]) -> Result<Form, RequestError> {
        if let Some(&byte) = target.iter().find(|&&byte| !octets::is_target_byte(byte)) {
            return Err(RequestError::InvalidTargetByte(byte));
        }
        Form::of_valid_bytes(method, target)
    }

    /// The same for a target whose bytes have been checked.
    // Not inlined, the hot path would build a result in memory and take it apart again.
    #[inline(always)]
    pub(super) fn of_valid_bytes(method: &[u8], target: &[u8]) -> Result<Form, RequestError> {
        if method == b"CONNECT" {
            return if host::is_host_and_port(target) {
                Ok(Form::Authority)
            } else {
                Err(RequestError::InvalidConnectTarget(Quoted::new(target)))
            };
        }
        match target {
            [b'/', ..] => Ok(Form::Origin),
            b"*" if method == b"OPTIONS" => Ok(Form::Asterisk),
            b"*" => Err(RequestError::AsteriskTarget(Quoted::new(method))),
            _ => Form::absolute(target),
        }
    }

    #[inline(never)]
    fn absolute(target: &[u8]) -> Result<Form, RequestError> {
        let scheme = ["http://", "https://"].into_iter().find(|scheme| {
            target
                .get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
        });
        let Some(start) = scheme.map(str::len) else {
            return Err(RequestError::InvalidTarget(Quoted::new(target)));
        };
        let after = &target[start..];
        let length =
            after.iter().position(|&byte| matches!(byte, b'/' | b'?')).unwrap_or(after.len());
        let authority = &after[..length];
        // User names are refused with the rest: `@` stands in no host (RFC 9110 §4.2.4).
        if !host::is_valid_authority(authority) {
            return Err(RequestError::InvalidAuthority(Quoted::new(authority)));
        }
        Ok(Form::Absolute { authority_start: start as u32, authority_end: (start + length) as u32 })
    }

    /// The parts of the target this form was decided for.
    pub(super) fn view<'a>(self, target: &'a str) -> TargetForm<'a> {
        // Byte by byte: most targets are shorter than it takes to begin a search in words.
        let split = |text: &'a str| match text.bytes().position(|byte| byte == b'?') {
            Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
            None => (text, None),
        };
        match self {
            Form::Origin => {
                let (path, query) = split(target);
                TargetForm::Origin { path, query }
            }
            Form::Absolute { authority_start, authority_end } => {
                let authority = target
                    .get(authority_start as usize..authority_end as usize)
                    .unwrap_or_default();
                let (path, query) = split(target.get(authority_end as usize..).unwrap_or_default());
                TargetForm::Absolute {
                    authority,
                    path: if path.is_empty() { "/" } else { path },
                    query,
                }
            }
            Form::Authority => TargetForm::Authority { authority: target },
            Form::Asterisk => TargetForm::Asterisk,
        }
    }
}

/// Reduces all slashes at the start to one, as CPython does with `path` (gh-87389): a path that starts with two would
/// be a host to whoever gets it in a redirect.
pub(super) fn collapse_slashes(target: &str) -> &str {
    let mut path = target;
    while path.starts_with("//") {
        path = &path[1..];
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form<'a>(method: &str, target: &'a str) -> Result<TargetForm<'a>, u16> {
        match Form::of(method.as_bytes(), target.as_bytes()) {
            Ok(form) => Ok(form.view(target)),
            Err(error) => Err(error.status()),
        }
    }

    #[test]
    fn the_four_forms() {
        assert_eq!(
            form("GET", "//x/?a?b"),
            Ok(TargetForm::Origin { path: "//x/", query: Some("a?b") })
        );
        assert_eq!(
            form("GET", "HtTpS://h:1?q"),
            Ok(TargetForm::Absolute { authority: "h:1", path: "/", query: Some("q") })
        );
        assert_eq!(
            form("GET", "http://h/a"),
            Ok(TargetForm::Absolute { authority: "h", path: "/a", query: None })
        );
        assert_eq!(form("CONNECT", "h:1"), Ok(TargetForm::Authority { authority: "h:1" }));
        assert_eq!(form("OPTIONS", "*"), Ok(TargetForm::Asterisk));
    }

    #[test]
    fn anything_else_is_refused() {
        for target in [
            "x",
            "*",
            "**",
            "h:80",
            "ftp://h/",
            "http:/h",
            "http://",
            "http:///x",
            "http://u@h/",
            "http://h:x/",
            "/a#b",
        ] {
            assert_eq!(form("GET", target), Err(400), "{target}");
        }
        for target in ["/", "*", "h", "http://h:80/"] {
            assert_eq!(form("CONNECT", target), Err(400), "{target}");
        }
    }

    #[test]
    fn slashes_collapse_at_the_start_only() {
        for (target, path) in [
            ("/", "/"),
            ("//", "/"),
            ("///a//b", "/a//b"),
            ("*", "*"),
            ("http://h//x", "http://h//x"),
        ] {
            assert_eq!(collapse_slashes(target), path);
        }
    }
}
