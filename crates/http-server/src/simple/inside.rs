//! Opening what lies in the directory, and nothing else.
//!
//! The path that `translate_path` makes cannot leave the directory by its names. What is left are symbolic links, files
//! that are no files (opening a FIFO waits for its other end), names with a meaning of their own on Windows, and
//! whoever changes the tree between a look at it and its use.

use super::SimpleHandlerOptions;
use std::fs::{self, File, Metadata};
use std::io;
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
    (opened.is_file() && open_within(options, path, &file)).then_some((file, opened))
}

/// Whether the path is a directory that may be served.
pub(super) fn is_directory(options: &SimpleHandlerOptions, path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_dir())
        && within(options, path, || path.canonicalize().ok())
}

/// Lists a directory with `read`, if it may be served.
///
/// # Errors
///
/// Those of `read`, and [`io::ErrorKind::PermissionDenied`].
pub(super) fn read_directory<T>(
    options: &SimpleHandlerOptions,
    path: &Path,
    read: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    if !cfg!(target_os = "linux") {
        let allowed = within(options, path, || path.canonicalize().ok());
        return if allowed { read(path) } else { Err(io::ErrorKind::PermissionDenied.into()) };
    }
    let directory = File::open(path)?;
    if !open_within(options, path, &directory) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    // What is open, whatever the name means by now.
    match by_descriptor(&directory).filter(|found| found.exists()) {
        Some(open) => read(&open),
        None => read(path),
    }
}

/// Whether what was opened by this path may be served.
fn open_within(options: &SimpleHandlerOptions, path: &Path, file: &File) -> bool {
    within(options, path, || place_of(file).or_else(|| resolve_to(path, file)))
}

/// Whether a path may be served that, without any links in it, leads to this place.
///
/// A path that does not begin with the directory was made by an override of `translate_path`, which then answers for it.
fn within(
    options: &SimpleHandlerOptions,
    path: &Path,
    place: impl FnOnce() -> Option<PathBuf>,
) -> bool {
    let Ok(below) = path.strip_prefix(&options.directory) else { return true };
    if cfg!(windows) && below.iter().any(|name| is_special_on_windows(&name.to_string_lossy())) {
        return false;
    }
    if options.follow_links_outside {
        return true;
    }
    // `Path::starts_with` compares whole components: `/srv/www-old` does not start with `/srv/www`.
    let (Ok(directory), Some(place)) = (options.directory.canonicalize(), place()) else {
        return false;
    };
    place.starts_with(directory)
}

/// Where an open file lies, from the system itself: no name is looked up again, so nobody can change what it means
/// meanwhile. `None` where the system does not tell.
fn place_of(file: &File) -> Option<PathBuf> {
    fs::read_link(by_descriptor(file)?).ok()
}

/// The name that Linux has for an open file.
#[cfg(target_os = "linux")]
fn by_descriptor(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd;
    Some(format!("/proc/self/fd/{}", file.as_raw_fd()).into())
}

#[cfg(not(target_os = "linux"))]
fn by_descriptor(_file: &File) -> Option<PathBuf> {
    None
}

/// The path without any links in it, if it leads to the open file. Who changes the tree between the looks can win.
fn resolve_to(path: &Path, file: &File) -> Option<PathBuf> {
    let resolved = path.canonicalize().ok()?;
    is_same_file(&file.metadata().ok()?, &resolved).then_some(resolved)
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
