//! What an answer has to be.

use crate::bytes::{from_latin1, latin1};
use crate::wire::Answer;
use crate::{Level, Problem, Profile, Subject};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// What an answer has to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The status of ours.
    pub status: Status,
    /// Statuses that are as good on somebody else's server.
    #[serde(default)]
    pub also: Vec<u16>,
    /// The reason phrase of ours; any if it says nothing.
    pub reason: Option<String>,
    /// Fields that have to be there with such a value, in which `*` stands for any text.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Fields that must not be there.
    #[serde(default)]
    pub no_fields: Vec<String>,
    /// The whole content.
    pub body: Option<String>,
    /// What the content has in it.
    pub body_contains: Option<String>,
    /// What the content must not have in it.
    pub body_lacks: Option<String>,
    /// How many bytes the content has.
    pub body_length: Option<usize>,
    /// The method of the request that is answered, if it is not that of the first line sent, or GET.
    pub to: Option<String>,
    /// The statuses below 200 that come before. If it says nothing: none from ours, while others may send 100.
    pub interim: Option<Vec<u16>>,
    /// Whether a foreign server may as well close the connection without an answer, although the rule is a MUST.
    #[serde(default)]
    pub silent: bool,
    /// How many answers like this one come, one after the other.
    pub times: Option<usize>,
    /// Whether the connection has to end before the content does, so that the client sees that it is not whole.
    #[serde(default)]
    pub cut: bool,
}

/// A status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// This one.
    Code(u16),
    /// The request was understood, and answered by what the server serves.
    Served,
    /// The server does not do this: 405 or 501 of ours, any refusal of others.
    Refused,
    /// Whatever the server says, as long as it is one well-formed answer.
    Any,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Served => f.write_str("served (no refusal)"),
            Self::Refused => f.write_str("refused (405 or 501)"),
            Self::Any => f.write_str("any status"),
        }
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Status;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status from 200 to 599, \"served\", \"refused\" or \"any\"")
            }

            fn visit_i64<E: serde::de::Error>(self, code: i64) -> Result<Status, E> {
                match u16::try_from(code) {
                    Ok(code @ 200..=599) => Ok(Status::Code(code)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Signed(code), &self)),
                }
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Status, E> {
                match text {
                    "served" => Ok(Status::Served),
                    "refused" => Ok(Status::Refused),
                    "any" => Ok(Status::Any),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Statuses that say that a request was not understood, or is not one that this server can do.
const REFUSALS: [u16; 9] = [400, 408, 411, 413, 414, 417, 431, 501, 505];

impl Expected {
    /// What the types do not say.
    pub(super) fn check(&self) -> Result<(), Problem> {
        for text in [&self.body, &self.body_contains, &self.body_lacks].into_iter().flatten() {
            latin1(text)?;
        }
        if self.body_contains.as_deref() == Some("") || self.body_lacks.as_deref() == Some("") {
            return Err(Problem::new("every body contains \"\""));
        }
        if self.interim.iter().flatten().any(|status| !(100..=199).contains(status)) {
            return Err(Problem::new("`interim` lists statuses from 100 to 199"));
        }
        Ok(())
    }

    /// What is wrong with an answer, if anything is. `resolve` fills in variables.
    pub(super) fn problem(
        &self,
        answer: &Answer,
        method: &str,
        subject: &Subject,
        resolve: impl Fn(&str) -> String,
    ) -> Option<String> {
        let head = &answer.head;
        let interim: Vec<u16> = answer.interim.iter().map(|head| head.status).collect();
        let is_as_expected = match &self.interim {
            Some(expected) => interim == *expected,
            None => interim.is_empty() || (!subject.is_ours && interim == [100]),
        };
        if !is_as_expected {
            let expected = self.interim.as_deref().unwrap_or_default();
            return Some(format!("interim answers {interim:?}, not {expected:?}"));
        }
        if !self.takes(head.status, method, subject) {
            return Some(format!("status {}, not {}", head.status, self.status));
        }
        if answer.is_cut != self.cut {
            let how =
                format!("by {:?} after {} bytes of content", answer.framing, answer.body.len());
            return Some(if self.cut {
                format!("the content seems to be whole, {how}")
            } else {
                format!("the content is cut short: framed {how}")
            });
        }
        // Another status is another answer.
        if !subject.is_ours && matches!(self.status, Status::Code(code) if code != head.status) {
            return None;
        }
        if let Some(reason) = self.reason.as_ref().filter(|reason| **reason != head.reason) {
            if subject.is_ours {
                return Some(format!("the reason {:?}, not {reason:?}", head.reason));
            }
        }
        for (name, value) in &self.fields {
            let value = resolve(value);
            let mut found = head.values(name).peekable();
            if found.peek().is_none() {
                return Some(format!("no field {name}"));
            }
            if !head.values(name).any(|found| matches(&value, found)) {
                return Some(format!(
                    "{name}: {}, not {value}",
                    found.collect::<Vec<_>>().join(" | ")
                ));
            }
        }
        if let Some(name) = self.no_fields.iter().find(|name| head.get(name).is_some()) {
            return Some(format!("a field {name}, which must not be there"));
        }
        self.body_problem(&from_latin1(&answer.body))
    }

    /// Whether this is a refusal, and a foreign server may close instead of it.
    ///
    /// Where a document says no more than SHOULD, or nothing, the end of the connection is as good as the words.
    pub(super) fn may_be_silent(&self, level: Level) -> bool {
        let is_refusal = matches!(self.status, Status::Code(code) if REFUSALS.contains(&code));
        is_refusal && (self.silent || level != Level::Must)
    }

    fn takes(&self, status: u16, method: &str, subject: &Subject) -> bool {
        match self.status {
            _ if !subject.is_ours && self.also.contains(&status) => true,
            Status::Any => true,
            Status::Refused if matches!(status, 405 | 501) => true,
            Status::Refused => !subject.is_ours && REFUSALS.contains(&status),
            Status::Code(code) if code == status => true,
            Status::Code(code) if subject.is_ours => {
                let _ = code;
                false
            }
            // A refusal in other words is as good, as long as the request is not acted upon.
            Status::Code(code) => REFUSALS.contains(&code) && REFUSALS.contains(&status),
            Status::Served if subject.is_ours => match subject.profile {
                Profile::Static if !matches!(method, "GET" | "HEAD" | "OPTIONS") => status == 405,
                _ => (200..300).contains(&status),
            },
            Status::Served => status == 501 || !(REFUSALS.contains(&status) || status == 500),
        }
    }

    fn body_problem(&self, body: &str) -> Option<String> {
        let start: String = body.chars().take(60).collect();
        let shown = format!("{start:?} ({} bytes)", body.chars().count());
        if let Some(expected) = self.body.as_ref().filter(|expected| **expected != body) {
            let start: String = expected.chars().take(60).collect();
            return Some(format!(
                "the content {shown}, not {start:?} ({} bytes)",
                expected.chars().count()
            ));
        }
        if let Some(part) = self.body_contains.as_ref().filter(|part| !body.contains(&***part)) {
            return Some(format!("the content {shown} has no {part:?}"));
        }
        if let Some(part) = self.body_lacks.as_ref().filter(|part| body.contains(&***part)) {
            return Some(format!("the content {shown} has {part:?}"));
        }
        let length = body.chars().count();
        if let Some(expected) = self.body_length.filter(|expected| *expected != length) {
            return Some(format!("{length} bytes of content, not {expected}"));
        }
        None
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for interim in self.interim.iter().flatten() {
            write!(f, "{interim}, then ")?;
        }
        write!(f, "{}", self.status)?;
        if let Some(reason) = &self.reason {
            write!(f, " {reason}")?;
        }
        for status in &self.also {
            write!(f, " or {status}")?;
        }
        for (name, value) in &self.fields {
            write!(f, ", {name}: {value}")?;
        }
        for name in &self.no_fields {
            write!(f, ", no {name}")?;
        }
        if let Some(body) = &self.body {
            let start: String = body.chars().take(100).collect();
            write!(f, ", the content {start:?}")?;
        }
        if let Some(part) = &self.body_contains {
            write!(f, ", {part:?} in the content")?;
        }
        if let Some(part) = &self.body_lacks {
            write!(f, ", no {part:?} in the content")?;
        }
        if let Some(length) = self.body_length {
            write!(f, ", {length} bytes of content")?;
        }
        if self.cut {
            write!(f, ", cut short")?;
        }
        Ok(())
    }
}

/// Whether a text is of a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(end) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in
            [("a", "a"), ("*", ""), ("bytes */3", "bytes */3"), ("a*b*c", "a1b2c"), ("*b", "aab")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*", "b"), ("*b*b", "b"), ("", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
