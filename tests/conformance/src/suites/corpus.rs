//! The wire corpus (`tests/corpus`) over sockets: each of its requests, as its events say it has to be answered.
//!
//! Its cases are about where requests begin and end, so that they can be played on any server, whatever that serves.

use crate::wire::{Answer, Connection, Trouble};
use crate::{Case, Failure, Level, Problem, Stage, Subject, Suite, Trial, invariants};
use http_server::proto::Limits;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use wsgiref_tests::corpus;

/// The wire corpus.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corpus;

impl Suite for Corpus {
    fn name(&self) -> &'static str {
        "corpus"
    }

    fn about(&self) -> &'static str {
        "the wire corpus: where requests begin and end, and which are none"
    }

    fn trials(&self, stage: &Arc<Stage>) -> Result<Vec<Trial>, Problem> {
        let mut trials = Vec::new();
        for (name, path, _) in corpus::cases() {
            let read = corpus::Case::read(&path)?;
            // Limits are an option of servers; the defaults are not small enough for these cases.
            if read.limits != Limits::default() {
                continue;
            }
            let answers = Arc::new(answers(&read.events));
            let case = Arc::new(Case {
                id: format!("corpus/{name}"),
                rule: rule(&read.events),
                level: Level::Safe,
                about: about(&path)?,
            });
            let bytes = Arc::new(read.bytes);
            for subject in &stage.subjects {
                let (bytes, answers, stage) =
                    (Arc::clone(&bytes), Arc::clone(&answers), Arc::clone(stage));
                let (name, subject) = (subject.name.clone(), subject.clone());
                trials.push(Trial::new(&case, name, move || {
                    let _ = &stage;
                    play(&bytes, &answers, &subject).into()
                }));
            }
        }
        Ok(trials)
    }
}

/// How one request of a case has to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected {
    method: String,
    /// The head is good, so that what is served may answer before the body is seen.
    is_served: bool,
    /// What is refused, head or body.
    refused: Option<u16>,
    /// The body never comes to its end, so that there may be no answer.
    is_cut: bool,
    /// `100 Continue` may come before.
    expects_continue: bool,
}

fn answers(events: &[String]) -> Vec<Expected> {
    let mut answers: Vec<Expected> = Vec::new();
    let mut is_open = false;
    for event in events {
        let (word, rest) = event.split_once(' ').unwrap_or((event, ""));
        match (word, answers.last_mut().filter(|_| is_open)) {
            ("request", _) => {
                is_open = true;
                answers.push(Expected {
                    method: rest.split('"').nth(1).unwrap_or_default().to_owned(),
                    is_served: true,
                    refused: None,
                    is_cut: false,
                    expects_continue: false,
                });
            }
            ("expects", Some(answer)) => answer.expects_continue = true,
            ("end,", _) => is_open = false,
            ("error", answer) => {
                let status = rest.split(' ').next().and_then(|status| status.parse().ok());
                match answer {
                    Some(answer) => answer.refused = status,
                    None => answers.push(Expected {
                        method: String::new(),
                        is_served: false,
                        refused: status,
                        is_cut: false,
                        expects_continue: false,
                    }),
                }
            }
            _ if event == "body cut short" => {
                if let Some(answer) = answers.last_mut() {
                    answer.is_cut = true;
                }
            }
            _ => {}
        }
    }
    // The method of a refused head is known, too, where its line was good.
    for event in events {
        if let (Some(method), Some(last)) = (event.strip_prefix("refused "), answers.last_mut()) {
            last.method = method.trim_matches('"').to_owned();
        }
    }
    answers
}

/// `[RFC 9112 §7.1]` of the error, if there is one.
fn rule(events: &[String]) -> String {
    let error = events.iter().rev().find(|event| event.starts_with("error "));
    let section = error.and_then(|event| event.rsplit_once('[')).map(|(_, rule)| rule);
    section.map_or("RFC 9112", |rule| rule.trim_end_matches(']')).to_owned()
}

/// The comment of a case.
fn about(path: &Path) -> Result<String, Problem> {
    let path = format!("{}.events", path.display());
    let text =
        fs::read_to_string(&path).map_err(|error| Problem::new(format!("{path}: {error}")))?;
    let lines: Vec<&str> = text.lines().map_while(|line| line.strip_prefix('#')).collect();
    Ok(lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "))
}

fn play(bytes: &[u8], answers: &[Expected], subject: &Subject) -> Result<(), Failure> {
    let expected = || {
        let each = answers.iter().map(Expected::to_string).collect::<Vec<_>>();
        format!("{}; then the end of the connection", each.join(", then "))
    };
    let mut connection = Connection::open(subject.address, subject.patience)
        .map_err(|error| Failure::new(expected(), format!("connecting failed: {error}")))?;
    connection.send(bytes);
    connection.finish();
    let why = answered(&mut connection, answers, subject);
    why.map_err(|why| Failure {
        sent: connection.sent().to_vec(),
        received: connection.received().to_vec(),
        expected: expected(),
        why,
    })
}

fn answered(
    connection: &mut Connection,
    answers: &[Expected],
    subject: &Subject,
) -> Result<(), String> {
    for (number, expected) in answers.iter().enumerate() {
        let answer = match connection.read_answer(&expected.method) {
            Ok(answer) => answer,
            Err(Trouble::Ended(_)) if expected.is_cut => break,
            Err(trouble) => return Err(format!("answer {}: {trouble}", number + 1)),
        };
        if let Some(problem) =
            expected.problem(&answer, subject).or_else(|| invariants::problem(&answer, subject))
        {
            return Err(format!("answer {}: {problem}", number + 1));
        }
        // A server may close where it could go on, if it says so; ours do with an error page for a method they have not.
        let may_close = !subject.is_ours || matches!(answer.head.status, 405 | 501);
        if may_close && answer.head.announces_close() {
            break;
        }
    }
    match connection.read_to_end() {
        None => Err("the connection stays open".to_owned()),
        Some(_) if connection.unread().is_empty() => Ok(()),
        Some(_) => {
            let unread = connection.unread();
            let start = unread[..unread.len().min(80)].escape_ascii();
            Err(format!("more than the answers: `{start}`"))
        }
    }
}

impl Expected {
    fn problem(&self, answer: &Answer, subject: &Subject) -> Option<String> {
        let status = answer.head.status;
        if answer.is_cut {
            return Some("the content is cut short".to_owned());
        }
        if !answer.interim.is_empty() && !self.expects_continue {
            return Some(format!("an interim answer {}", answer.interim[0].status));
        }
        let served = !matches!(status, 400 | 408 | 411 | 413 | 414 | 417 | 431 | 505);
        let refused = match self.refused {
            Some(code) if subject.is_ours => status == code,
            Some(_) => !served || matches!(status, 500 | 501),
            None => false,
        };
        if (self.is_served && served) || refused || (self.is_cut && !served) {
            return None;
        }
        Some(format!("status {status}, not {self}"))
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.is_served, self.refused) {
            (true, Some(code)) => write!(f, "served or {code}"),
            (false, Some(code)) => write!(f, "{code}"),
            _ => f.write_str("served"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{answers, rule};

    fn shown(events: &[&str]) -> Vec<String> {
        let events: Vec<String> = events.iter().map(|event| (*event).to_owned()).collect();
        answers(&events).iter().map(|answer| format!("{} {answer}", answer.method)).collect()
    }

    #[test]
    fn events_say_which_answers_come() {
        let request = "request \"GET\" \"/\" HTTP/1.1";
        assert_eq!(shown(&[request, "end, keep", "end of input"]), ["GET served"]);
        assert_eq!(
            shown(&[request, "end, keep", "requestline \"\"", "error 400 \"x\" [RFC 9112 §3]"]),
            ["GET served", " 400"]
        );
        assert_eq!(shown(&[request, "chunked", "error 400 \"x\" [y]"]), ["GET served or 400"]);
        assert_eq!(shown(&["refused \"HEAD\"", "error 400 \"x\" [y]"]), ["HEAD 400"]);
    }

    #[test]
    fn the_rule_is_that_of_the_error() {
        assert_eq!(rule(&["error 400 \"x [y]\" [RFC 9112 §3.2]".to_owned()]), "RFC 9112 §3.2");
        assert_eq!(rule(&["end of input".to_owned()]), "RFC 9112");
    }
}
