//! The wire corpus: every file of `corpus/requests/` means the same however its bytes arrive.
//!
//! `NAME.http` holds the bytes of a connection as they are sent, `NAME.events` what they mean (see the README there).
//! Each case is fed whole, by line, by byte, and cut in two at every position.

use http_server::proto::Limits;
use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wsgiref_tests::wire::EventReader;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/requests");
    let mut trials = Vec::new();
    for folder in ["valid", "invalid"] {
        let mut names: Vec<String> = fs::read_dir(root.join(folder))
            .expect("the corpus is in the tree")
            .map(|entry| {
                entry
                    .expect("the folder is readable")
                    .file_name()
                    .into_string()
                    .expect("names are ASCII")
            })
            .collect();
        names.sort();
        for name in names {
            let Some(case) = name.strip_suffix(".http") else {
                assert!(
                    names_a_case(&root.join(folder), &name),
                    "{folder}/{name} belongs to no case: there is no .http file of its name"
                );
                continue;
            };
            let path = root.join(folder).join(case);
            trials.push(Trial::test(format!("{folder}/{case}"), move || {
                run(&path, folder == "invalid")
            }));
        }
    }
    trials.push(Trial::test("there are enough cases", {
        let count = trials.len();
        move || if count >= 150 { Ok(()) } else { Err(format!("only {count}").into()) }
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn names_a_case(folder: &Path, name: &str) -> bool {
    name.strip_suffix(".events").is_some_and(|case| folder.join(format!("{case}.http")).exists())
}

fn run(path: &Path, is_refused: bool) -> Result<(), Failed> {
    let case = Case::read(path)?;
    if case.events.iter().any(|line| line.starts_with("error ")) != is_refused {
        return Err("a case with an error belongs into `invalid`, any other into `valid`".into());
    }
    let bytes = &case.bytes;
    check(&case, "whole", [&bytes[..]])?;
    check(&case, "by line", bytes.split_inclusive(|&byte| byte == b'\n'))?;
    check(&case, "by byte", bytes.chunks(1))?;
    for position in case.cuts() {
        let (start, rest) = bytes.split_at(position);
        check(&case, &format!("cut at {position}"), [start, rest])?;
    }
    Ok(())
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

struct Case {
    bytes: Vec<u8>,
    limits: Limits,
    sampled: bool,
    events: Vec<String>,
}

impl Case {
    fn read(path: &Path) -> Result<Case, Failed> {
        let read = |extension: &str| {
            let path = PathBuf::from(format!("{}.{extension}", path.display()));
            fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let mut case = Case {
            bytes: read("http")?,
            limits: Limits::default(),
            sampled: false,
            events: Vec::new(),
        };
        let text = String::from_utf8(read("events")?).map_err(|error| error.to_string())?;
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.split_once(' ') {
                Some(("repeat", rest)) => case.repeat(rest)?,
                Some(("limit", rest)) => case.limit(rest)?,
                _ => case.events.push(line.to_owned()),
            }
        }
        Ok(case)
    }

    /// `repeat MARK TEXT COUNT`: the mark in the bytes stands for the text that many times.
    fn repeat(&mut self, rest: &str) -> Result<(), Failed> {
        let words: Vec<&str> = rest.split(' ').collect();
        let [mark, text, count] = words[..] else {
            return Err(format!("repeat MARK TEXT COUNT, not {rest}").into());
        };
        let at = self
            .bytes
            .windows(mark.len())
            .position(|window| window == mark.as_bytes())
            .ok_or_else(|| format!("the bytes have no {mark}"))?;
        let text = text.replace("\\r\\n", "\r\n");
        let repeated = text.repeat(count.parse().map_err(|error| format!("{count}: {error}"))?);
        self.bytes.splice(at..at + mark.len(), repeated.into_bytes());
        self.sampled = true;
        Ok(())
    }

    /// `limit NAME NUMBER`: a limit other than the default.
    fn limit(&mut self, rest: &str) -> Result<(), Failed> {
        let (name, number) =
            rest.split_once(' ').ok_or_else(|| format!("limit NAME NUMBER, not {rest}"))?;
        let number: usize = number.parse().map_err(|error| format!("{number}: {error}"))?;
        match name {
            "request_line" => self.limits.request_line = number,
            "head" => self.limits.head = number,
            "fields" => self.limits.fields = number,
            "chunk_extensions" => self.limits.chunk_extensions = number,
            "body" => self.limits.body = number as u64,
            _ => return Err(format!("there is no limit {name}").into()),
        }
        Ok(())
    }

    /// Where to cut in two: everywhere, or with bytes that are described rather than listed, near both ends and at some
    /// places between.
    fn cuts(&self) -> Vec<usize> {
        let length = self.bytes.len();
        let near_an_end = |position: &usize| *position < 24 || length - *position < 24;
        (1..length)
            .filter(|position| {
                !self.sampled
                    || length < 4096
                    || near_an_end(position)
                    || position % (length / 16) == 0
            })
            .collect()
    }
}
