//! Opening what lies in the directory, and nothing else.
//!
//! The path that `translate_path` makes cannot leave the directory by its names. What is left are symbolic links, files
//! that are no files (opening a FIFO waits for its other end), names with a meaning of their own on Windows, and
//! whoever changes the tree between a look at it and its use.

use super::SimpleHandlerOptions;
use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};

/// Opens a regular file; `None` if it is anything else or not to be served.
pub(super) fn open_file(options: &SimpleHandlerOptions, path: &Path) -> Option<(File, Metadata)> {
    // Before opening, because a FIFO would hold the thread, and a device may do something when opened.
    if ends_with_separator(path) || !fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return None;
    }
    let file = File::open(path).ok()?;
    // After opening, because the name may have come to mean something else in between: what counts is what is open.
    let opened = file.metadata().ok()?;
    let resolved = resolve(options, path)?;
    (opened.is_file() && is_same_file(&opened, &resolved)).then_some((file, opened))
}

/// Whether the path is a directory that may be served.
pub(super) fn is_directory(options: &SimpleHandlerOptions, path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_dir()) && resolve(options, path).is_some()
}

/// Returns the path without any links in it, if that is a place to serve from.
///
/// A path that does not begin with the directory was made by an override of `translate_path`, which then answers for it.
fn resolve(options: &SimpleHandlerOptions, path: &Path) -> Option<PathBuf> {
    let resolved = path.canonicalize().ok()?;
    let Ok(below) = path.strip_prefix(&options.directory) else { return Some(resolved) };
    if cfg!(windows) && below.iter().any(|name| is_special_on_windows(&name.to_string_lossy())) {
        return None;
    }
    // `Path::starts_with` compares whole components: `/srv/www-old` does not start with `/srv/www`.
    let is_inside = options.follow_links_outside
        || resolved.starts_with(options.directory.canonicalize().ok()?);
    is_inside.then_some(resolved)
}

/// `PathBuf` hides a final separator from its components.
fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&byte| std::path::is_separator(byte.into()))
}

#[cfg(unix)]
fn is_same_file(opened: &Metadata, resolved: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(resolved)
        .is_ok_and(|found| (found.dev(), found.ino()) == (opened.dev(), opened.ino()))
}

/// Elsewhere the standard library has no stable way to tell.
#[cfg(not(unix))]
fn is_same_file(_opened: &Metadata, _resolved: &Path) -> bool {
    true
}

/// Whether Windows takes a name for a device, an alternate data stream, or another name (gh-101035, gh-157504).
fn is_special_on_windows(name: &str) -> bool {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let is_numbered = |device: &str| {
        let (head, tail) = stem.split_at_checked(device.len()).unwrap_or(("", ""));
        head.eq_ignore_ascii_case(device) && tail.chars().count() == 1 && !tail.eq("0") && {
            tail.chars().all(|c| c.is_ascii_digit() || matches!(c, '\u{b9}' | '\u{b2}' | '\u{b3}'))
        }
    };
    name.contains(':')
        || name.ends_with(['.', ' '])
        || DEVICES.iter().any(|device| device.eq_ignore_ascii_case(stem))
        || is_numbered("COM")
        || is_numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_names_that_windows_keeps_for_itself() {
        let special = [
            "con",
            "NUL.txt",
            "aux .txt",
            "com1",
            "LPT9.log",
            "COM\u{b9}",
            "a.txt:x",
            "a.txt.",
            "a ",
            "conin$",
        ];
        for name in special {
            assert!(is_special_on_windows(name), "{name}");
        }
        for name in [
            "",
            "console",
            "com",
            "com0",
            "com10",
            "nullable.txt",
            "a.con",
            ".con",
            "lpt\u{e9}",
            "a b.txt",
        ] {
            assert!(!is_special_on_windows(name), "{name}");
        }
    }
}
