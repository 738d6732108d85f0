//! `docs/COVERAGE.md`, and the list of links that rustdoc follows: both made from the data.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::data::{Entry, Names};
use super::excuses::Excuse;

const HEAD: &str = "\
# Coverage of CPython's names

Every public name of `socketserver`, `http.server` and `wsgiref.*` in CPython 3.15, and where it is here.
This page is made from [`names.toml`](../tests/conformance/names/names.toml) by `cargo xtask coverage`, and the tests fail if it is not what
that renders, if an item is renamed or hidden, or if one that is spelled otherwise here loses the `#[doc(alias)]` by which the search of
rustdoc finds it under Python's name.

Names that a class inherits stand with the class that defines them. Items after the first are what else a name has become: state, options
and hooks are [different types here](../ARCHITECTURE.md#subclass-and-override).

";

/// The page.
pub(super) fn render(modules: &[(&str, Names)], excuses: &BTreeMap<String, Excuse>) -> String {
    let mut page = HEAD.to_owned();
    page += "| module | names | here | excused |\n| --- | ---: | ---: | ---: |\n";
    let mut total = (0, 0);
    for (module, names) in modules {
        let excused = names.values().filter(|e| matches!(e, Entry::Excused { .. })).count();
        let anchor = module.replace('.', "");
        let here = names.len() - excused;
        let _ =
            writeln!(page, "| [`{module}`](#{anchor}) | {} | {here} | {excused} |", names.len());
        total = (total.0 + here, total.1 + excused);
    }
    let (here, excused) = total;
    let _ = writeln!(page, "| all | {} | {here} | {excused} |", here + excused);
    for (module, names) in modules {
        let _ = writeln!(page, "\n## {module}\n\n| CPython | here |\n| --- | --- |");
        for (python, entry) in names {
            let _ = writeln!(page, "| `{python}` | {} |", cell(entry, excuses));
        }
    }
    page
}

fn cell(entry: &Entry, excuses: &BTreeMap<String, Excuse>) -> String {
    if let Entry::Excused { excused } = entry {
        let (reason, anchor) = excuses
            .get(excused)
            .map_or(("", ""), |excuse| (excuse.reason.as_str(), excuse.anchor.as_str()));
        return format!("none ([{excused}](../DIFFERENCES.md#{anchor})): {reason}");
    }
    let items = entry.paths().iter().map(|path| format!("`{path}`")).collect::<Vec<_>>();
    items.join(", ")
}

/// The links: every path of the data once.
pub(super) fn links(modules: &[(&str, Names)]) -> String {
    let entries = modules.iter().flat_map(|(_, names)| names.values());
    let mut paths = entries.flat_map(Entry::paths).collect::<Vec<_>>();
    paths.sort_unstable();
    paths.dedup();
    let mut list = "Made by `cargo xtask coverage`.\n\n".to_owned();
    for path in paths {
        let _ = writeln!(list, "- [`{path}`]");
    }
    list
}
