//! The wire corpus: the requests of `corpus/requests/`, and every way to feed them.
//!
//! `NAME.http` holds the bytes of a connection as they are sent, `NAME.events` what they mean (see the README there).

use http_server::proto::Limits;
use std::fs;
use std::path::{Path, PathBuf};

/// Where each case is: its path without extension, and whether it is a request that is refused.
///
/// # Panics
///
/// If a file belongs to no case.
#[must_use]
pub fn cases() -> Vec<(String, PathBuf, bool)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/requests");
    let mut cases = Vec::new();
    for folder in ["valid", "invalid"] {
        let entries = fs::read_dir(root.join(folder)).expect("the corpus is in the tree");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("the folder is readable").file_name())
            .map(|name| name.into_string().expect("names are ASCII"))
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
            cases.push((
                format!("{folder}/{case}"),
                root.join(folder).join(case),
                folder == "invalid",
            ));
        }
    }
    cases
}

fn names_a_case(folder: &Path, name: &str) -> bool {
    name.strip_suffix(".events").is_some_and(|case| folder.join(format!("{case}.http")).exists())
}

/// One file of the corpus.
#[derive(Debug)]
pub struct Case {
    /// What the client sends, before it ends its side.
    pub bytes: Vec<u8>,
    /// The limits it is read with.
    pub limits: Limits,
    /// What it means, by line; see [`EventReader`](crate::wire::EventReader).
    pub events: Vec<String>,
    sampled: bool,
}

impl Case {
    /// Reads `path.http` and `path.events`.
    ///
    /// # Errors
    ///
    /// What is wrong with the files.
    pub fn read(path: &Path) -> Result<Self, String> {
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
    fn repeat(&mut self, rest: &str) -> Result<(), String> {
        let words: Vec<&str> = rest.split(' ').collect();
        let [mark, text, count] = words[..] else {
            return Err(format!("repeat MARK TEXT COUNT, not {rest}"));
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
    fn limit(&mut self, rest: &str) -> Result<(), String> {
        let (name, number) =
            rest.split_once(' ').ok_or_else(|| format!("limit NAME NUMBER, not {rest}"))?;
        let number: usize = number.parse().map_err(|error| format!("{number}: {error}"))?;
        match name {
            "request_line" => self.limits.request_line = number,
            "head" => self.limits.head = number,
            "fields" => self.limits.fields = number,
            "chunk_extensions" => self.limits.chunk_extensions = number,
            "body" => self.limits.body = number as u64,
            _ => return Err(format!("there is no limit {name}")),
        }
        Ok(())
    }

    /// Every way to feed the bytes, with its name: whole, by line, by byte, and cut in two at every position.
    pub fn feedings(&self) -> impl Iterator<Item = (String, Vec<&[u8]>)> {
        let bytes = &self.bytes[..];
        let lines = bytes.split_inclusive(|&byte| byte == b'\n').collect();
        let fixed = [
            ("whole".to_owned(), vec![bytes]),
            ("by line".to_owned(), lines),
            ("by byte".to_owned(), bytes.chunks(1).collect()),
        ];
        let cut = |position| {
            let (start, rest) = bytes.split_at(position);
            (format!("cut at {position}"), vec![start, rest])
        };
        fixed.into_iter().chain(self.cuts().into_iter().map(cut))
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
