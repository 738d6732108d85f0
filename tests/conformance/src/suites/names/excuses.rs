//! The reasons why a name has no counterpart: lines of `DIFFERENCES.md`.

use std::collections::BTreeMap;

/// The part of the page whose lines are about names only.
const NAMES: &str = "Names without a counterpart";

/// A line of the page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Excuse {
    /// What it says: why there is no counterpart.
    pub(super) reason: String,
    /// Where it stands, as a link inside the page.
    pub(super) anchor: String,
    /// It is there for names only, so that some name has to need it.
    pub(super) only_for_names: bool,
}

/// The lines of the page, by their names.
pub(super) fn read(page: &str) -> BTreeMap<String, Excuse> {
    let mut excuses = BTreeMap::new();
    let mut section = "";
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        }
        let anchor = section.to_lowercase().replace(':', "").replace(' ', "-");
        let only_for_names = section == NAMES;
        let found = if only_for_names { named(line) } else { row(line) };
        if let Some((name, reason)) = found {
            excuses.insert(
                name.to_owned(),
                Excuse { reason: reason.to_owned(), anchor, only_for_names },
            );
        }
    }
    excuses
}

/// ``- `name`: names: reason``.
fn named(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("- `")?.split_once("`: ")?;
    Some((name, rest.split_once(": ").map_or(rest, |(_, reason)| reason)))
}

/// ``| `name` | CPython | here | why | test |``: what is here, and why.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| `")?.split(" | ");
    Some((cells.next()?.trim_end_matches('`'), cells.nth(1)?))
}

#[cfg(test)]
mod tests {
    use super::{Excuse, read};

    #[test]
    fn rows_and_lines_about_names_are_read() {
        let page = "## http-server: handlers\n| Name | CPython | here | why | test |\n| --- | --- |\n\
                    | `http-0.9` | served | refused | RFC | `a` |\n\n\
                    ## Names without a counterpart\n- `x-y`: `a.b`, `c`: never: needed.\n";
        let excuses = read(page);
        let of = |reason: &str, anchor: &str, only_for_names| Excuse {
            reason: reason.into(),
            anchor: anchor.into(),
            only_for_names,
        };
        assert_eq!(excuses["http-0.9"], of("refused", "http-server-handlers", false));
        assert_eq!(excuses["x-y"], of("never: needed.", "names-without-a-counterpart", true));
        assert_eq!(excuses.len(), 2);
    }
}
