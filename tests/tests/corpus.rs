//! The wire corpus: every file of `corpus/requests/` means the same however its bytes arrive.
//!
//! `NAME.http` holds the bytes of a connection as they are sent, `NAME.events` what they mean (see the README there).
//! Each case is fed whole, by line, by byte, and cut in two at every position.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use wsgiref_tests::corpus::{Case, cases};
use wsgiref_tests::wire::EventReader;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = cases()
        .into_iter()
        .map(|(name, path, is_refused)| Trial::test(name, move || run(&path, is_refused)))
        .collect();
    trials.push(Trial::test("there are enough cases", {
        let count = trials.len();
        move || if count >= 150 { Ok(()) } else { Err(format!("only {count}").into()) }
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn run(path: &Path, is_refused: bool) -> Result<(), Failed> {
    let case = Case::read(path)?;
    if case.events.iter().any(|line| line.starts_with("error ")) != is_refused {
        return Err("a case with an error belongs into `invalid`, any other into `valid`".into());
    }
    case.feedings().try_for_each(|(how, pieces)| check(&case, &how, pieces))
}

/// Feeds the pieces and compares the events: the one place through which every case goes.
fn check<'b>(
    case: &Case,
    how: &str,
    pieces: impl IntoIterator<Item = &'b [u8]>,
) -> Result<(), Failed> {
    let mut reader = EventReader::new(case.limits);
    pieces.into_iter().for_each(|piece| reader.feed(piece));
    let events = reader.finish();
    if events == case.events {
        return Ok(());
    }
    Err(format!(
        "{how}\nexpected:\n  {}\nfound:\n  {}\n",
        case.events.join("\n  "),
        events.join("\n  ")
    )
    .into())
}
