//! Plays a case of a file on a server, in every way there is to play it.

use super::variables::Variables;
use super::{DataCase, Expected, Part, Then};
use crate::invariants;
use crate::wire::{Answer, Connection, End};
use crate::{Failure, Outcome, Profile, Subject};
use std::fmt::Write;

/// Plays a case, and takes its excuse into account.
#[must_use]
pub fn play(case: &DataCase, subject: &Subject) -> Outcome {
    let played = every_way(case, subject);
    let is_excused =
        subject.is_ours && (case.excused_on.is_empty() || case.excused_on.contains(&subject.name));
    match (&case.excused, played) {
        (Some(link), Err(_)) if is_excused => Outcome::Excused { link: link.clone() },
        (Some(link), Ok(())) if is_excused => Failure::new(
            "a failure, as the case has an excuse",
            format!("it passes; take `excused = {link:?}` out of the case"),
        )
        .into(),
        (_, played) => played.into(),
    }
}

fn every_way(case: &DataCase, subject: &Subject) -> Result<(), Failure> {
    let texts = case
        .send
        .iter()
        .filter_map(|part| if let Part::Send(bytes) = part { Some(&bytes[..]) } else { None });
    let values = case.answers.iter().flat_map(|answer| answer.fields.values());
    let variables = Variables::ask(subject, texts.chain(values.map(|value| value.as_bytes())))?;
    for way in ways(case, subject) {
        let mut play = Play::open(case, subject, &variables)?;
        if let Err(why) = play.run(&way) {
            return Err(Failure {
                sent: play.connection.sent().to_vec(),
                received: play.connection.received().to_vec(),
                expected: expectation(case),
                why: format!("{}{why}", way.name()),
            });
        }
    }
    Ok(())
}

/// A way to play a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As it is written; what follows is sent when the answers are there.
    AsWritten,
    /// With what follows in the same write.
    Pipelined,
    /// A byte in each segment.
    ByByte,
    /// The first part in two pieces.
    CutAt(usize),
}

impl Way {
    /// What stands before the reason of a failure.
    fn name(self) -> String {
        match self {
            Self::AsWritten => String::new(),
            Self::Pipelined => "with a request right behind it: ".to_owned(),
            Self::ByByte => "byte by byte: ".to_owned(),
            Self::CutAt(place) => format!("in two pieces, cut at byte {place}: "),
        }
    }
}

/// At a foreign server a case is cut at so many places only.
const FOREIGN_CUTS: usize = 8;

fn ways(case: &DataCase, subject: &Subject) -> Vec<Way> {
    let mut ways = vec![Way::AsWritten];
    let ends_with_bytes = matches!(case.send.last(), Some(Part::Send(_)));
    // Where a server of somebody else's closes, bytes that it never reads may cost it its answer (RFC 9112 §9.6).
    if case.pipeline && ends_with_bytes && (subject.is_ours || case.then != Then::Close) {
        ways.push(Way::Pipelined);
    }
    if case.fragment {
        ways.push(Way::ByByte);
        if let Some(Part::Send(first)) = case.send.first() {
            let step = if subject.is_ours { 1 } else { first.len().div_ceil(FOREIGN_CUTS).max(1) };
            ways.extend((1..first.len()).step_by(step).map(Way::CutAt));
        }
    }
    ways
}

struct Play<'c> {
    case: &'c DataCase,
    subject: &'c Subject,
    variables: &'c Variables,
    connection: Connection,
    answers: Vec<Answer>,
    /// The server has closed instead of an answer, which it may.
    went_away: bool,
}

impl<'c> Play<'c> {
    fn open(
        case: &'c DataCase,
        subject: &'c Subject,
        variables: &'c Variables,
    ) -> Result<Self, Failure> {
        let connection = Connection::open(subject.address, subject.patience).map_err(|error| {
            Failure::new(
                expectation(case),
                format!("connecting to {} failed: {error}", subject.address),
            )
        })?;
        Ok(Self { case, subject, variables, connection, answers: Vec::new(), went_away: false })
    }

    fn run(&mut self, way: &Way) -> Result<(), String> {
        self.send(way)?;
        while self.answers.len() < self.case.answers.len() {
            self.read_answer()?;
            if self.went_away {
                return Ok(());
            }
        }
        match self.case.then {
            Then::Close => self.closes(),
            Then::Next => self.goes_on(way),
            Then::Either if self.announces_close() => self.closes(),
            Then::Either => self.goes_on(way),
        }
    }

    fn send(&mut self, way: &Way) -> Result<(), String> {
        let last = self.case.send.len() - 1;
        for (index, part) in self.case.send.iter().enumerate() {
            match part {
                Part::Send(bytes) => {
                    let mut bytes = self.variables.fill_bytes(bytes);
                    match *way {
                        Way::Pipelined if index == last => {
                            bytes.extend_from_slice(following(self.subject).0.as_bytes());
                            self.connection.send(&bytes);
                        }
                        Way::ByByte => {
                            self.connection.send_by_byte(&bytes);
                        }
                        Way::CutAt(place) if index == 0 && place < bytes.len() => {
                            let (start, rest) = bytes.split_at(place);
                            self.connection.send_apart(start);
                            self.connection.send(rest);
                        }
                        _ => {
                            self.connection.send(&bytes);
                        }
                    }
                }
                Part::Wait(bytes) => {
                    if !self.connection.read_until(bytes) {
                        return Err(format!("`{}` never came", bytes.escape_ascii()));
                    }
                }
                Part::Answer => self.read_answer()?,
                Part::Finish => self.connection.finish(),
            }
        }
        Ok(())
    }

    /// Reads the next answer and holds it against what it has to be.
    fn read_answer(&mut self) -> Result<(), String> {
        let number = self.answers.len();
        let Some(expected) = self.case.answers.get(number) else {
            return Err("the case waits for an answer that it does not list".to_owned());
        };
        let which = match self.case.answers.len() {
            1 => String::new(),
            _ => format!("answer {}: ", number + 1),
        };
        let method = self.method(number, expected);
        let answer = match self.connection.read_answer(&method) {
            Ok(answer) => answer,
            Err(_) if self.may_go_away(expected) => {
                self.went_away = true;
                return Ok(());
            }
            Err(trouble) => return Err(format!("{which}{trouble}")),
        };
        let resolve = |text: &str| self.variables.fill(text);
        if let Some(problem) = expected
            .problem(&answer, &method, self.subject, resolve)
            .or_else(|| invariants::problem(&answer, self.subject))
        {
            return Err(format!("{which}{problem}"));
        }
        self.answers.push(answer);
        Ok(())
    }

    /// Whether a foreign server has closed without a word where that is as good as a refusal.
    fn may_go_away(&mut self, expected: &Expected) -> bool {
        !self.subject.is_ours
            && expected.may_be_silent(self.case.case.level)
            && self.connection.unread().is_empty()
            && self.connection.read_to_end().is_some()
    }

    /// The method that is answered: what the case says, or what it sends first.
    fn method(&self, number: usize, expected: &Expected) -> String {
        if let Some(method) = &expected.to {
            return method.clone();
        }
        match self.case.send.first() {
            Some(Part::Send(bytes)) if number == 0 => {
                let line = bytes.trim_ascii_start();
                let word = line.split(|byte| *byte == b' ').next().unwrap_or_default();
                String::from_utf8_lossy(word).into_owned()
            }
            _ => "GET".to_owned(),
        }
    }

    fn announces_close(&self) -> bool {
        self.answers.last().is_none_or(|answer| answer.head.announces_close())
    }

    /// The server closes, in order, and has said so.
    fn closes(&mut self) -> Result<(), String> {
        let end = self.connection.read_to_end();
        let unread = self.connection.unread();
        if !unread.is_empty() {
            return Err(format!("more than the answers: {}", start_of(unread)));
        }
        match end {
            None => return Err("the connection stays open".to_owned()),
            // What was sent before a reset has come all the same; RFC 9112 §9.6 says why a server has to take care.
            Some(End::Reset) if self.subject.is_ours && !self.is_cut() => {
                return Err("a reset, which can destroy the answer on its way".to_owned());
            }
            Some(_) => {}
        }
        // Who has said that nothing more comes need not be told.
        let has_finished = self.case.send.contains(&Part::Finish);
        if self.subject.is_ours && !self.is_cut() && !has_finished && !self.announces_close() {
            return Err("it closes without having said `Connection: close`".to_owned());
        }
        Ok(())
    }

    fn is_cut(&self) -> bool {
        self.answers.last().is_some_and(|answer| answer.is_cut)
    }

    /// A following request is answered as itself, with nothing before and nothing behind.
    fn goes_on(&mut self, way: &Way) -> Result<(), String> {
        if self.announces_close() {
            if self.subject.is_ours {
                return Err("it says that it closes the connection".to_owned());
            }
            // It may, and says so.
            return self.closes();
        }
        let (request, body) = following(self.subject);
        if *way != Way::Pipelined {
            if !self.connection.unread().is_empty() {
                return Err(format!(
                    "more than the answers: {}",
                    start_of(self.connection.unread())
                ));
            }
            self.connection.send(request.as_bytes());
        }
        let answer = self
            .connection
            .read_answer("GET")
            .map_err(|trouble| format!("the following request: {trouble}"))?;
        let wrong = match body {
            Some(body) if answer.head.status != 200 || answer.body != body.as_bytes() => true,
            _ => answer.is_cut || !answer.interim.is_empty(),
        };
        if wrong {
            return Err(format!(
                "the following request is not answered as itself, but {} {}",
                answer.head.status,
                start_of(&answer.body)
            ));
        }
        if self.subject.profile == Profile::Plain && answer.head.status == 400 {
            return Err(
                "the following request is refused: the connection is out of step".to_owned()
            );
        }
        match self.connection.read_to_end() {
            Some(_) if self.connection.unread().is_empty() => Ok(()),
            Some(_) => Err(format!(
                "something behind the answer to the following request: {}",
                start_of(self.connection.unread())
            )),
            None => {
                Err("the following request asked for `Connection: close`, but it stays open"
                    .to_owned())
            }
        }
    }
}

/// A request that shows whether the connection is in step, and the content of its answer where that is known.
fn following(subject: &Subject) -> (String, Option<&'static str>) {
    let (path, body) = match subject.profile {
        Profile::Plain => ("/", None),
        Profile::App | Profile::Handler | Profile::Wsgi => ("/next-1", Some("/next-1\n")),
        Profile::Static => ("/hello.txt", Some("hello, world\n")),
    };
    (format!("GET {path} HTTP/1.1\r\nHost: conformance\r\nConnection: close\r\n\r\n"), body)
}

fn start_of(bytes: &[u8]) -> String {
    format!("`{}`", bytes[..bytes.len().min(80)].escape_ascii())
}

fn expectation(case: &DataCase) -> String {
    let mut text = String::new();
    for answer in &case.answers {
        let _ = write!(text, "{answer}; ");
    }
    text.push_str(match case.then {
        Then::Next => "then a following request is answered as itself",
        Then::Close => "then the server closes, and answers nothing more",
        Then::Either => "then the server does what it says: close, or answer a following request",
    });
    text
}
