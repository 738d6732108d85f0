//! One file of cases: TOML, read strictly, with errors that name the file, the line and the case.

use super::{Expected, Part};
use crate::{Case, Level, Problem, Profile};
use serde::Deserialize;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A case of a file.
#[derive(Clone, Debug)]
pub struct DataCase {
    /// Its name and its rule.
    pub case: Arc<Case>,
    /// What is sent, in order.
    pub send: Vec<Part>,
    /// What has to come, in order.
    pub answers: Vec<Expected>,
    /// What becomes of the connection.
    pub then: Then,
    /// Where it can be played; everywhere if it says nothing.
    pub profiles: Vec<Profile>,
    /// Whether it is played in all ways to cut it, too.
    pub fragment: bool,
    /// Whether a following request is sent right behind it, too, in the same write.
    pub pipeline: bool,
    /// The line of `DIFFERENCES.md` that explains why our own servers fail it.
    pub excused: Option<String>,
    /// Which of our servers that is about; all of them if it says nothing.
    pub excused_on: Vec<String>,
}

/// What becomes of the connection behind the last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// It goes on: a following request is answered as itself.
    Next,
    /// The server closes it, and nothing that was sent behind is answered.
    Close,
    /// The rule leaves it to the server, which has to do what it says.
    Either,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    rule: String,
    level: Level,
    about: String,
    send: Sent,
    answers: Vec<Expected>,
    then: Then,
    #[serde(default)]
    profiles: Vec<Profile>,
    #[serde(default)]
    fragment: bool,
    #[serde(default = "yes")]
    pipeline: bool,
    excused: Option<String>,
    #[serde(default)]
    excused_on: Vec<String>,
}

fn yes() -> bool {
    true
}

/// One part, or a list.
struct Sent(Vec<Part>);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Sent;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string, or a list of strings and steps")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Sent, E> {
                Part::text(text).map(|part| Sent(vec![part])).map_err(E::custom)
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut parts: A,
            ) -> Result<Sent, A::Error> {
                let mut all = Vec::new();
                while let Some(part) = parts.next_element()? {
                    all.push(part);
                }
                Ok(Sent(all))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Reads all files of a folder of `cases/`.
///
/// # Errors
///
/// What is wrong with them, all at once.
pub fn read_suite(suite: &str) -> Result<Vec<DataCase>, Problem> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(suite);
    let entries = fs::read_dir(&folder)
        .map_err(|error| Problem::new(format!("{}: {error}", folder.display())))?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut cases = Vec::new();
    let mut problems = Vec::new();
    for path in files {
        match fs::read_to_string(&path).map_err(Problem::from).and_then(|text| {
            let topic = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            read_file(&format!("{suite}/{topic}"), &text)
        }) {
            Ok(read) => cases.extend(read),
            Err(problem) => problems.push(format!("{}: {problem}", path.display())),
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(Problem::new(problems.join("\n"))) }
}

/// Reads the text of a file whose cases are named `prefix/NAME`.
///
/// # Errors
///
/// What is wrong with it, and in which case.
pub fn read_file(prefix: &str, text: &str) -> Result<Vec<DataCase>, Problem> {
    let file: File = toml::from_str(text).map_err(|error| {
        let case = error.span().and_then(|span| name_before(text, span.start));
        let of = case.map(|name| format!("in the case {name:?}, or its first lines: "));
        Problem::new(format!("{}{error}", of.unwrap_or_default()))
    })?;
    let mut names = HashSet::new();
    file.case
        .into_iter()
        .map(|entry| {
            let name = entry.name.clone();
            if !names.insert(name.clone()) {
                return Err(Problem::new(format!("two cases have the name {name:?}")));
            }
            check(entry, prefix)
                .map_err(|problem| Problem::new(format!("in the case {name:?}: {problem}")))
        })
        .collect()
}

/// The name that a file gives last before this place.
fn name_before(text: &str, place: usize) -> Option<&str> {
    let line_end = text[place..].find('\n').map_or(text.len(), |at| place + at);
    let line = text[..line_end].lines().rev().find(|line| line.starts_with("name = "))?;
    line.split('"').nth(1)
}

/// What the types do not say.
fn check(entry: Entry, prefix: &str) -> Result<DataCase, Problem> {
    let Entry { name, rule, level, about, send, answers, then, .. } = entry;
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(is_word) {
        return Err(Problem::new("a name is made of a-z, 0-9 and -"));
    }
    if !["RFC ", "PEP ", "CPython ", "posture"].iter().any(|start| rule.starts_with(start)) {
        return Err(Problem::new(format!(
            "the rule is {rule:?}; write where it stands, as \"RFC 9112 §6.3\""
        )));
    }
    if about.trim().is_empty() {
        return Err(Problem::new("`about` is empty; say the rule in one sentence"));
    }
    if send.0.is_empty() {
        return Err(Problem::new("`send` is empty"));
    }
    if answers.is_empty() && then != Then::Close {
        return Err(Problem::new(
            "no answers, and the connection is not closed: nothing would be tried; list an answer",
        ));
    }
    for answer in &answers {
        answer.check()?;
    }
    let answers: Vec<Expected> = answers
        .into_iter()
        .flat_map(|answer| std::iter::repeat_n(answer.clone(), answer.times.unwrap_or(1)))
        .collect();
    let profiles = if entry.profiles.is_empty() { vec![Profile::Plain] } else { entry.profiles };
    if let Some(link) = &entry.excused {
        if !link.starts_with("DIFFERENCES.md#") {
            return Err(Problem::new(format!(
                "`excused` is {link:?}; write the line that explains it, as \"DIFFERENCES.md#http-0.9\""
            )));
        }
    }
    if entry.excused.is_none() && !entry.excused_on.is_empty() {
        return Err(Problem::new("`excused_on` belongs to `excused`; say what explains it"));
    }
    let case = Arc::new(Case { id: format!("{prefix}/{name}"), rule, level, about });
    Ok(DataCase {
        case,
        send: send.0,
        answers,
        then,
        profiles,
        fragment: entry.fragment,
        pipeline: entry.pipeline,
        excused: entry.excused,
        excused_on: entry.excused_on,
    })
}

#[cfg(test)]
mod tests {
    use super::{Then, read_file};
    use crate::{Level, Profile};

    const GOOD: &str = r#"
        [[case]]
        name = "two-lengths"
        rule = "RFC 9112 §6.3"
        level = "MUST"
        about = "Different lengths are refused."
        send = ["GET / HTTP/1.1\r\n", { repeat = "a", times = 3 }, "\u00ff\r\n\r\n"]
        answers = [{ status = 400, also = [501], fields = { Connection = "close" } }]
        then = "close"
    "#;

    fn refused(change: impl Fn(&str) -> String) -> String {
        read_file("s/t", &change(GOOD).replace("\n        ", "\n")).unwrap_err().to_string()
    }

    #[test]
    fn a_case_is_read() {
        let cases = read_file("rfc9112/framing", GOOD).unwrap();
        let [case] = &cases[..] else { panic!("{cases:?}") };
        assert_eq!(case.case.id, "rfc9112/framing/two-lengths");
        assert_eq!((case.case.level, case.then), (Level::Must, Then::Close));
        assert_eq!(case.profiles, [Profile::Plain]);
        assert_eq!(case.send.len(), 3);
    }

    #[test]
    fn mistakes_name_the_case_and_the_way_out() {
        let error = refused(|text| text.replace("then", "than"));
        assert!(error.contains("two-lengths") && error.contains("unknown field `than`"), "{error}");
        assert!(error.contains("line 9"), "{error}");
        let error = refused(|text| text.replace("times", "time"));
        assert!(error.contains("two-lengths") && error.contains("unknown field `time`"), "{error}");
        let error = refused(|text| text.replace("\\u00ff", "€"));
        assert!(error.contains("up to U+00FF"), "{error}");
        let error = refused(|text| text.replace("RFC 9112 ", ""));
        assert!(error.contains("as \"RFC 9112 §6.3\""), "{error}");
        let error = refused(|text| format!("{text}{text}"));
        assert_eq!(error, "two cases have the name \"two-lengths\"");
        let error = refused(|text| text.replace("\"MUST\"", "\"MAY\""));
        assert!(error.contains("unknown variant `MAY`"), "{error}");
        let error = refused(|text| text.replace("status = 400", "status = \"fine\""));
        assert!(error.contains("served"), "{error}");
    }

    #[test]
    fn no_case_can_pass_without_an_answer() {
        let error = refused(|text| {
            let answer = "[{ status = 400, also = [501], fields = { Connection = \"close\" } }]";
            text.replace(answer, "[]").replace("\"close\"", "\"either\"")
        });
        assert!(error.contains("nothing would be tried"), "{error}");
    }
}
