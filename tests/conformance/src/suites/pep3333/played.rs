//! What came of a scenario on one server.

use crate::bytes::readable;
use crate::wire::{Answer, Framing};

use super::probe::Probe;

/// The answer, and what the application and the server noted meanwhile.
pub(super) struct Played {
    /// The answer, or why there is none.
    pub(super) answer: Result<Answer, String>,
    /// What the next request on the connection came to; none if there was none to be sent.
    pub(super) next: Option<Result<(), String>>,
    pub(super) probe: Probe,
    /// What the validator found doubtful.
    pub(super) warnings: Vec<String>,
    /// Whether the validator stood between server and application.
    pub(super) validated: bool,
    /// Whether there was no connection, but streams in memory.
    pub(super) in_memory: bool,
    pub(super) sent: Vec<u8>,
    pub(super) received: Vec<u8>,
}

type Check = Result<(), String>;

impl Played {
    fn answer(&self) -> Result<&Answer, String> {
        self.answer.as_ref().map_err(Clone::clone)
    }

    /// What holds for every scenario: the connection is in step, and the validator says nothing about the server, and of
    /// the application only what it is to say.
    pub(super) fn is_sound(&self, warning: Option<&str>) -> Check {
        if let Some(Err(why)) = &self.next {
            return Err(format!("the next request on the connection: {why}"));
        }
        if let Some(note) =
            self.probe.notes().iter().find(|note| note.starts_with("waited in vain"))
        {
            return Err(note.clone());
        }
        let is_due = |said: &String| warning.is_some_and(|words| said.contains(words));
        if let Some(said) = self.warnings.iter().find(|said| !is_due(said)) {
            return Err(format!("the validator warns: {said}"));
        }
        match warning {
            Some(words) if self.validated && self.warnings.is_empty() => {
                Err(format!("the validator does not say {words:?}"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn status(&self, code: u16) -> Check {
        let head = &self.answer()?.head;
        expect("the status", &code, &head.status)
    }

    pub(super) fn status_line(&self, code: u16, reason: &str) -> Check {
        self.status(code)?;
        expect("the reason", &reason, &&*self.answer()?.head.reason)
    }

    /// The whole body, uncut.
    pub(super) fn body(&self, body: impl AsRef<[u8]>) -> Check {
        let answer = self.answer()?;
        expect("the body", &readable(body.as_ref()), &readable(&answer.body))?;
        if answer.is_cut { Err("the body is cut short".to_owned()) } else { Ok(()) }
    }

    /// 200 and this body: the application was satisfied.
    pub(super) fn ok(&self, body: impl AsRef<[u8]>) -> Check {
        self.status(200)?;
        self.body(body)
    }

    /// The answer of a server whose application failed before anything was sent.
    pub(super) fn is_error_page(&self) -> Check {
        self.status(500)?;
        let answer = self.answer()?;
        if answer.is_cut || answer.body.is_empty() {
            return Err("the error page is not complete".to_owned());
        }
        Ok(())
    }

    /// The answer ends visibly too early, after this much of the body.
    pub(super) fn is_cut_after(&self, body: &str) -> Check {
        let answer = self.answer()?;
        let begins_so =
            |body: &str| answer.body.windows(body.len()).any(|window| window == body.as_bytes());
        if !body.is_empty() && !begins_so(body) {
            return Err(format!("{body:?} did not arrive before the end"));
        }
        // Without a length, the end of a stream in memory is all that a handler can show.
        if answer.is_cut || (self.in_memory && answer.framing == Framing::Close) {
            return Ok(());
        }
        Err("the answer looks complete, although its application failed".to_owned())
    }

    pub(super) fn field(&self, name: &str, value: &str) -> Check {
        let values = self.answer()?.head.values(name).collect::<Vec<_>>();
        expect(name, &vec![value], &values)
    }

    pub(super) fn no_field(&self, name: &str) -> Check {
        let values = self.answer()?.head.values(name).collect::<Vec<_>>();
        expect(name, &Vec::<&str>::new(), &values)
    }

    pub(super) fn fields(&self, name: &str, values: &[&str]) -> Check {
        let found = self.answer()?.head.values(name).collect::<Vec<_>>();
        expect(name, &values.to_vec(), &found)
    }

    /// The names of all fields, in their order.
    pub(super) fn field_names(&self) -> Result<Vec<String>, String> {
        Ok(self.answer()?.head.fields.iter().map(|(name, _)| name.clone()).collect())
    }

    pub(super) fn has_field(&self, name: &str) -> Check {
        match self.answer()?.head.get(name) {
            Some(_) => Ok(()),
            None => Err(format!("there is no {name}")),
        }
    }

    pub(super) fn framing(&self, framing: Framing) -> Check {
        expect("the framing", &framing, &self.answer()?.framing)
    }

    /// The end of the body is told without a length: by chunks, or by the end of the stream.
    pub(super) fn has_no_length(&self) -> Check {
        match self.answer()?.framing {
            Framing::Chunked | Framing::Close => Ok(()),
            other => Err(format!("the framing is {other:?}")),
        }
    }

    /// No head with a status below 200 came before the answer.
    pub(super) fn no_interim(&self) -> Check {
        expect("the number of interim answers", &0, &self.answer()?.interim.len())
    }

    /// Exactly these notes, in this order.
    pub(super) fn notes(&self, notes: &[&str]) -> Check {
        let found = self.probe.notes();
        expect("what happened", &notes.join(", "), &found.join(", "))
    }

    pub(super) fn noted(&self, note: &str) -> Check {
        let notes = self.probe.notes();
        if notes.iter().any(|n| n == note) {
            return Ok(());
        }
        Err(format!("{note:?} did not happen, but: {}", notes.join(", ")))
    }

    /// How often something happened.
    pub(super) fn noted_times(&self, note: &str, times: usize) -> Check {
        let notes = self.probe.notes();
        let found = notes.iter().filter(|n| *n == note).count();
        if found == times {
            return Ok(());
        }
        Err(format!("{note:?} happened {found} times, not {times}: {}", notes.join(", ")))
    }

    /// A note that contains these words.
    pub(super) fn noted_words(&self, words: &str) -> Check {
        let notes = self.probe.notes();
        if notes.iter().any(|note| note.contains(words)) {
            return Ok(());
        }
        Err(format!("nobody was told {words:?}, but: {}", notes.join(", ")))
    }

    pub(super) fn logged(&self, words: &str) -> Check {
        let log = self.probe.log();
        if log.contains(words) {
            return Ok(());
        }
        Err(format!("the log does not say {words:?}: {log:?}"))
    }

    /// The validator said so, to the application or in the log.
    pub(super) fn reports(&self, words: &str) -> Check {
        self.noted_words(words)
            .or_else(|why| self.logged(words).map_err(|log| format!("{why}; {log}")))
    }
}

/// Compares, and says what was to be.
pub(super) fn expect<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, found: &T) -> Check {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what} is {found:?}, and should be {expected:?}"))
}
