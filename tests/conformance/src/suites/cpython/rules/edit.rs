//! A change to one part of an answer.

use regex::{Captures, Regex};
use serde::Deserialize;
use wsgiref_tests::golden::Answer;

/// Replaces each match of a pattern.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    part: Part,
    #[serde(deserialize_with = "super::pattern")]
    find: Option<Regex>,
    /// Not where the match matches this, too.
    #[serde(default, deserialize_with = "super::pattern")]
    unless: Option<Regex>,
    /// With `$1` and the like for groups of the pattern.
    here: String,
    /// Whether what changes is body, so that the Content-Length before it, and the size that a gateway logs, change with it.
    #[serde(default)]
    counts: bool,
    /// Bytes that a body has more here, although nobody sees it, because it is the answer to HEAD.
    #[serde(default)]
    unseen: i64,
}

/// What is changed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Response,
    /// All lines of the log, with LF between them.
    Log,
    Ending,
}

impl Edit {
    pub(super) fn apply(&self, answer: &mut Answer) {
        let Some(find) = &self.find else { return };
        match self.part {
            Part::Ending => answer.ending = find.replace_all(&answer.ending, &self.here).into(),
            Part::Log => {
                let text = answer.log.join("\n");
                let text = find.replace_all(&text, &self.here);
                answer.log =
                    text.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect();
            }
            Part::Response => self.change_response(find, answer),
        }
    }

    fn change_response(&self, find: &Regex, answer: &mut Answer) {
        // From the end, so that what comes before a match stays where it is.
        let matches: Vec<(usize, usize, String)> = find
            .captures_iter(&answer.response)
            .filter(|found| !self.unless.as_ref().is_some_and(|other| other.is_match(&found[0])))
            .map(|found| {
                let mut here = String::new();
                found.expand(&self.here, &mut here);
                let whole = found.get_match();
                (whole.start(), whole.end(), here)
            })
            .collect();
        for (start, end, here) in matches.into_iter().rev() {
            // One character is one byte on the wire.
            let count = |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            let growth = count(&here) - count(&answer.response[start..end]);
            answer.response.replace_range(start..end, &here);
            let growth = if self.counts { growth } else { 0 } + self.unseen;
            if growth != 0 {
                grow(answer, start, growth);
            }
        }
    }
}

/// Changes the length that stands before a place of the response, and the size in the last line of the log that has one.
fn grow(answer: &mut Answer, place: usize, growth: i64) {
    let length = Regex::new(r"(?i)(\r\nContent-Length: )(\d+)").expect("a valid pattern");
    let place =
        answer.response[place..].find("\r\n\r\n").map_or(place, |end| place + end).max(place);
    let last = length
        .captures_iter(&answer.response[..place])
        .last()
        .map(|found| found[0].len() + found.get_match().start());
    let last = last.map(|end| {
        (
            length
                .captures_iter(&answer.response[..end])
                .last()
                .map_or(end, |found| found.get_match().start()),
            end,
        )
    });
    if let Some((start, end)) = last {
        let changed = length
            .replace(&answer.response[start..end], |found: &Captures<'_>| grown(found, growth))
            .into_owned();
        answer.response.replace_range(start..end, &changed);
    }
    let size = Regex::new(r#"(" \d{3} )(\d+)$"#).expect("a valid pattern");
    if let Some(line) = answer.log.iter_mut().rev().find(|line| size.is_match(line)) {
        *line = size.replace(line, |found: &Captures<'_>| grown(found, growth)).into_owned();
    }
}

fn grown(found: &Captures<'_>, growth: i64) -> String {
    let number: i64 = found[2].parse().unwrap_or(0);
    format!("{}{}", &found[1], number + growth)
}
