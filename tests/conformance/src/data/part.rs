//! What a client does in one step of a case.

use crate::Problem;
use crate::bytes::latin1;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// What a client does in one step of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It writes these bytes in one go. Variables are still in them.
    Send(Vec<u8>),
    /// It waits until these bytes have come, wherever in what was not read as an answer.
    Wait(Vec<u8>),
    /// It waits for the next answer to be complete.
    Answer,
    /// It says that it will send no more, and goes on reading.
    Finish,
}

impl Part {
    /// Bytes to be sent.
    ///
    /// # Errors
    ///
    /// If a character is no byte.
    pub fn text(text: &str) -> Result<Self, Problem> {
        latin1(text).map(Self::Send)
    }
}

/// The keys of a step; exactly one of them counts, `times` belongs to `repeat`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    repeat: Option<String>,
    times: Option<usize>,
    wait: Option<String>,
    answer: Option<bool>,
    finish: Option<bool>,
}

impl TryFrom<Step> for Part {
    type Error = Problem;

    fn try_from(step: Step) -> Result<Self, Problem> {
        let Step { repeat, times, wait, answer, finish } = step;
        match (repeat, times, wait, answer, finish) {
            (Some(text), Some(times), None, None, None) => {
                Ok(Self::Send(latin1(&text)?.repeat(times)))
            }
            (None, None, Some(text), None, None) => latin1(&text).map(Self::Wait),
            (None, None, None, Some(true), None) => Ok(Self::Answer),
            (None, None, None, None, Some(true)) => Ok(Self::Finish),
            _ => Err(Problem::new(
                "a step is one of { repeat = \"a\", times = 3 }, { wait = \"HTTP/1.1 100\" }, { answer = true } \
                 and { finish = true }",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string to send, or a step in braces")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Part, E> {
        Part::text(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Part, A::Error> {
        let step = Step::deserialize(MapAccessDeserializer::new(map))?;
        Part::try_from(step).map_err(A::Error::custom)
    }
}
