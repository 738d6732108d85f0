//! `names.toml`: every public name of CPython's modules, and what has become of it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What has become of each name.
const DATA: &str = include_str!("../../../names/names.toml");

/// The names that CPython 3.15.2 has: a module and a name in each line, as `names.py` prints them.
pub(super) const CPYTHON: &str = include_str!("../../../names/cpython-3.15.txt");

/// The modules in the order of the page, with the crate where their names are looked for.
pub(super) const MODULES: [(&str, &str); 8] = [
    ("socketserver", "socketserver"),
    ("http.server", "http_server"),
    ("wsgiref.util", "wsgi_util"),
    ("wsgiref.headers", "wsgi_util"),
    ("wsgiref.handlers", "wsgi_handlers"),
    ("wsgiref.simple_server", "wsgi_simple_server"),
    ("wsgiref.validate", "wsgi_util::validate"),
    ("wsgiref.types", "wsgi_util"),
];

/// What has become of one name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Entry {
    /// The path of the item.
    Here(String),
    /// The path of the item, and of what else the name has become.
    Parts(Vec<String>),
    /// No counterpart, for a reason that `DIFFERENCES.md` gives.
    Excused {
        /// The name of its line there.
        excused: String,
    },
}

impl Entry {
    /// The paths, the item itself first; none if the name is excused.
    pub(super) fn paths(&self) -> Vec<&str> {
        match self {
            Self::Here(path) => vec![path],
            Self::Parts(paths) => paths.iter().map(String::as_str).collect(),
            Self::Excused { .. } => Vec::new(),
        }
    }
}

/// The names of one module, sorted.
pub(super) type Names = BTreeMap<String, Entry>;

/// The names of each module, in the order of [`MODULES`].
///
/// # Errors
///
/// Says where the file does not follow its own form.
pub(super) fn read() -> Result<Vec<(&'static str, Names)>, String> {
    parse(DATA)
}

fn parse(data: &str) -> Result<Vec<(&'static str, Names)>, String> {
    let mut modules: BTreeMap<String, Names> =
        toml::from_str(data).map_err(|error| format!("names.toml: {error}"))?;
    let of = |(module, _): (&'static str, _)| {
        let names = modules.remove(module).ok_or(format!("names.toml: `{module}` is missing"))?;
        Ok((module, names))
    };
    let known = MODULES.into_iter().map(of).collect::<Result<_, String>>()?;
    match modules.keys().next() {
        Some(unknown) => Err(format!("names.toml: there is no module `{unknown}`")),
        None => Ok(known),
    }
}

#[cfg(test)]
mod tests {
    use super::{MODULES, parse, read};

    #[test]
    fn every_module_has_names() {
        let names = read().unwrap();
        assert_eq!(names.len(), MODULES.len());
        assert!(names.iter().all(|(_, names)| names.len() > 5));
    }

    #[test]
    fn a_misspelled_module_is_an_error() {
        let mut data = MODULES.map(|(module, _)| format!("[\"{module}\"]\n")).concat();
        assert!(parse(&data).is_ok());
        data += "[\"wsgiref.utils\"]\n";
        assert_eq!(parse(&data).unwrap_err(), "names.toml: there is no module `wsgiref.utils`");
    }
}
