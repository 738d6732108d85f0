//! Compares our answer to a recorded case with CPython's, and with what `differences.json` says instead.

use crate::golden::{Answer, Case, Difference};
use crate::server::Driver;
use crate::{added, mask};

/// How a case that is as it should be relates to CPython.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'d> {
    /// The same, byte for byte.
    Matches,
    /// The same but for the [fields](added) that the directory server adds.
    AddsFields,
    /// Exactly what is listed.
    DiffersAsNamed(&'d Difference),
}

/// What an answer should have been.
#[derive(Debug)]
pub struct Mismatch {
    /// Who says so.
    pub source: String,
    /// The answer.
    pub expected: Answer,
}

/// Judges our answer; `difference` is the one listed for this case and driver.
///
/// # Errors
///
/// If it is neither CPython's answer nor the listed one, or if it is CPython's although another one is listed.
pub fn judge<'d>(
    case: &Case,
    difference: Option<&'d Difference>,
    driver: Driver,
    ours: &Answer,
) -> Result<Verdict<'d>, Mismatch> {
    let recorded = with_driver(mask_sizes(&case.answer), driver);
    let compared = &added::without(case, ours);
    let Some(listed) = difference else {
        let source = "CPython".to_owned();
        let mismatch = || Mismatch { source, expected: recorded.clone() };
        return match *compared == recorded {
            true if *ours == recorded => Ok(Verdict::Matches),
            true => Ok(Verdict::AddsFields),
            false => Err(mismatch()),
        };
    };
    let expected = with_driver(listed.answer.clone(), driver);
    let row = &listed.difference;
    if *compared == recorded {
        let source =
            format!("differences.json ({row}), which is stale: our answer is CPython's by now");
        Err(Mismatch { source, expected })
    } else if *compared == expected {
        Ok(Verdict::DiffersAsNamed(listed))
    } else {
        Err(Mismatch { source: format!("differences.json ({row})"), expected })
    }
}

/// What is different for every application on the engine: there are other threads.
fn with_driver(answer: Answer, driver: Driver) -> Answer {
    let with_threads =
        answer.response.replace("wsgi.multithread = False\n", "wsgi.multithread = True\n");
    if driver == Driver::Blocking || with_threads == answer.response {
        return answer;
    }
    let size: Option<u32> = answer
        .response
        .split("\r\n")
        .find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    // The page of the demo application has a size that is masked.
    let Some(size) = size else { return Answer { response: with_threads, ..answer } };
    let shorter = size - 1;
    let response = with_threads
        .replace(&format!("Content-Length: {size}\r\n"), &format!("Content-Length: {shorter}\r\n"));
    let shorten = |line: &String| match line.strip_suffix(&format!(" {size}")) {
        Some(start) => format!("{start} {shorter}"),
        None => line.clone(),
    };
    let log = answer.log.iter().map(shorten).collect();
    Answer { response, log, ..answer }
}

/// The recorded log of the demo page has a size that depends on how objects are shown.
fn mask_sizes(recorded: &Answer) -> Answer {
    let log = recorded.log.iter().map(|line| mask::log_size(line, &recorded.response)).collect();
    Answer { log, ..recorded.clone() }
}
