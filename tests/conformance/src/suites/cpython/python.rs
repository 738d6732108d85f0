//! The Pythons of this machine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A Python and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// The program.
    pub path: PathBuf,
    /// `3.13.0`.
    pub version: String,
}

/// The newest Python 3 on the machine.
#[must_use]
pub fn newest() -> Option<Python> {
    all().pop()
}

/// Every Python 3 in the path and among the versions of pyenv, one of each version, the oldest first.
#[must_use]
pub fn all() -> Vec<Python> {
    let mut found = BTreeMap::new();
    for path in candidates() {
        if let Some(version) = version(&path) {
            found.entry(numbers(&version)).or_insert(Python { path, version });
        }
    }
    found.into_values().collect()
}

/// What a Python says of its version; `None` if it is no Python 3, or does not run.
#[must_use]
pub fn version(python: &Path) -> Option<String> {
    let code = "import platform, sys; print(platform.python_version() if sys.version_info[0] == 3 else '')";
    let output = Command::new(python).args(["-c", code]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|version| output.status.success() && !version.is_empty())
}

fn candidates() -> Vec<PathBuf> {
    let mut candidates = Vec::new();
    let in_path = env::var_os("PATH").unwrap_or_default();
    // What pyenv puts there stands for the versions below, and is slow.
    let is_shims = |folder: &PathBuf| folder.ends_with("shims");
    for folder in env::split_paths(&in_path).filter(|folder| !is_shims(folder)) {
        candidates.extend(programs(&folder));
    }
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let pyenv = env::var_os("PYENV_ROOT").map_or(home.join(".pyenv"), PathBuf::from);
    for version in fs::read_dir(pyenv.join("versions")).into_iter().flatten().flatten() {
        candidates.push(version.path().join("bin/python3"));
    }
    candidates
}

/// `python3` and `python3.N` of a folder.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let is_python = |name: &OsString| {
        name.to_str().and_then(|name| name.strip_prefix("python3")).is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix('.').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| is_python(&entry.file_name())).map(|entry| entry.path()).collect()
}

/// For the order: 3.9 is before 3.10.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map(|part| part.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_are_ordered_as_numbers() {
        assert!(numbers("3.9.18") < numbers("3.10.2"));
        assert!(numbers("3.15.0") < numbers("3.15.2"));
    }
}
