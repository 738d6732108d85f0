//! What only the server knows: `$ETAG(/path)` and `$MTIME(/path)` stand for what it says of a file.

use crate::bytes::from_latin1;
use crate::wire::Connection;
use crate::{Failure, Subject};
use std::collections::BTreeMap;

const KINDS: [(&str, &str); 2] = [("$ETAG(", "ETag"), ("$MTIME(", "Last-Modified")];

/// The values that were asked for.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Asks the server for every variable of these texts.
    pub(super) fn ask<'t>(
        subject: &Subject,
        texts: impl Iterator<Item = &'t [u8]>,
    ) -> Result<Self, Failure> {
        let mut values = BTreeMap::new();
        for text in texts {
            let text = from_latin1(text);
            for (start, field) in KINDS {
                for (at, _) in text.match_indices(start) {
                    let variable = &text[at..];
                    let Some(end) = variable.find(')') else { continue };
                    let (variable, path) = (&variable[..=end], &variable[start.len()..end]);
                    if !values.contains_key(variable) {
                        values.insert(variable.to_owned(), value(subject, path, field)?);
                    }
                }
            }
        }
        Ok(Self(values))
    }

    /// The text with the values in place of the variables.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (variable, value) in &self.0 {
            text = text.replace(variable, value);
        }
        text
    }

    /// The same for bytes.
    pub(super) fn fill_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        if self.0.is_empty() {
            return bytes.to_vec();
        }
        // Values come from a head, which was read as one character per byte.
        self.fill(&from_latin1(bytes)).chars().map(|c| c as u8).collect()
    }
}

fn value(subject: &Subject, path: &str, field: &str) -> Result<String, Failure> {
    let expected = format!("a field {field} in the answer to GET {path}, which the case needs");
    let mut connection = Connection::open(subject.address, subject.patience)
        .map_err(|error| Failure::new(&expected, format!("connecting failed: {error}")))?;
    connection.send(
        format!("GET {path} HTTP/1.1\r\nHost: conformance\r\nConnection: close\r\n\r\n").as_bytes(),
    );
    let value =
        connection.read_answer("GET").map_err(|trouble| trouble.to_string()).and_then(|answer| {
            answer.head.get(field).map(str::to_owned).ok_or_else(|| format!("no field {field}"))
        });
    value.map_err(|why| Failure {
        sent: connection.sent().to_vec(),
        received: connection.received().to_vec(),
        expected,
        why,
    })
}
