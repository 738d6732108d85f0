//! Opening what lies in the directory, and nothing else.
//!
//! The path that `translate_path` makes cannot leave the directory by its names. What is left are symbolic links, files
//! that are no files (opening a FIFO waits for its other end), names with a meaning of their own on Windows, and
//! whoever changes the tree between a look at it and its use.

use super::SimpleHandlerOptions;
#[cfg(target_os = "linux")]
use super::beneath;
use socketserver::is_exhaustion;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// What a path leads to.
pub(super) enum Opened {
    File(File, Metadata),
    /// A directory, open unless it may only be passed through.
    Directory(Option<File>),
}

/// Opens a regular file or a directory; `None` if it is anything else or not to be served.
///
/// A path that does not begin with the directory was made by an override of `translate_path`, which then answers for it.
///
/// # Errors
///
/// [`io::ErrorKind::PermissionDenied`], and if the system [lacks](is_exhaustion) what opening needs: there may be something.
pub(super) fn open(options: &SimpleHandlerOptions, path: &Path) -> io::Result<Option<Opened>> {
    let opened = open_any(options, path)?;
    #[cfg(all(unix, feature = "cgi"))]
    if !options.scripts.is_empty() {
        let is_script = |place: PathBuf| options.is_script(&place);
        return Ok(opened.filter(|opened| !opened.place(path).is_none_or(is_script)));
    }
    Ok(opened)
}

/// The same, be it a script or not.
fn open_any(options: &SimpleHandlerOptions, path: &Path) -> io::Result<Option<Opened>> {
    let below = path.strip_prefix(&options.directory).ok();
    if below.is_some_and(|below| below.iter().any(|name| is_refused(options, name))) {
        return Ok(None);
    }
    #[cfg(target_os = "linux")]
    if let Some(below) = below.filter(|_| !options.follow_links_outside) {
        if let Ok(found) = beneath::open(&options.directory, below) {
            return Ok(found.and_then(|file| classify(file, path)));
        }
    }
    open_checked(options, path).or_else(|error| {
        let may_be_there = error.kind() == io::ErrorKind::PermissionDenied || is_exhaustion(&error);
        if may_be_there { Err(error) } else { Ok(None) }
    })
}

/// The same by looking at where the path has led, where the system cannot be asked to stay inside.
fn open_checked(options: &SimpleHandlerOptions, path: &Path) -> io::Result<Option<Opened>> {
    // Before opening, because a FIFO has another end, and a device may do something when opened.
    let found = fs::metadata(path)?;
    if !found.is_file() && !found.is_dir() {
        return Ok(None);
    }
    match open_at_once(path) {
        // After opening, because the name may have come to mean something else in between: what counts is what is open.
        Ok(file) if open_within(options, path, &file) => Ok(classify(file, path)),
        Ok(_) => Ok(None),
        // It may still be passed through.
        Err(error) if found.is_dir() && !is_exhaustion(&error) => {
            let allowed = within(options, path, || path.canonicalize().ok());
            Ok(allowed.then_some(Opened::Directory(None)))
        }
        Err(error) => Err(error),
    }
}

/// Takes only what can be served: regular files, whose name has no slash behind it, and directories.
fn classify(file: File, path: &Path) -> Option<Opened> {
    let metadata = file.metadata().ok()?;
    if metadata.is_dir() {
        Some(Opened::Directory(Some(file)))
    } else if metadata.is_file() && !ends_with_separator(path) {
        Some(Opened::File(file, metadata))
    } else {
        None
    }
}

/// Lists a directory with `read`, if it may be served.
///
/// # Errors
///
/// Those of `read` and [`open`], and [`io::ErrorKind::PermissionDenied`].
pub(super) fn read_directory<T>(
    options: &SimpleHandlerOptions,
    path: &Path,
    read: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    match open(options, path)? {
        // What is open, whatever the name means by now.
        Some(Opened::Directory(Some(directory))) => {
            match by_descriptor(&directory).filter(|found| found.exists()) {
                Some(open) => read(&open),
                None => read(path),
            }
        }
        Some(Opened::Directory(None)) if !cfg!(target_os = "linux") => read(path),
        _ => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Opens without waiting for the other end, should the path lead to a FIFO by now.
fn open_at_once(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits() as i32);
    }
    options.open(path)
}

/// Whether a name below the directory is not served, whatever it is.
fn is_refused(options: &SimpleHandlerOptions, name: &OsStr) -> bool {
    (options.hide_dotfiles && is_dotfile(name))
        || (cfg!(windows) && is_special_on_windows(&name.to_string_lossy()))
}

/// Whether a name begins with a dot; `.` and `..` are no names.
pub(super) fn is_dotfile(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.') && name != "." && name != ".."
}

/// Whether what was opened by this path may be served.
fn open_within(options: &SimpleHandlerOptions, path: &Path, file: &File) -> bool {
    within(options, path, || place_of(file).or_else(|| resolve_to(path, file)))
}

#[cfg(all(unix, feature = "cgi"))]
impl Opened {
    /// Where it lies, without any links in the path.
    fn place(&self, path: &Path) -> Option<PathBuf> {
        match self {
            Self::File(file, _) | Self::Directory(Some(file)) => {
                place_of(file).or_else(|| resolve_to(path, file))
            }
            Self::Directory(None) => path.canonicalize().ok(),
        }
    }
}

/// Whether the path is a directory in which scripts may be looked for. It may be passed through without being readable.
#[cfg(all(unix, feature = "cgi"))]
pub(crate) fn is_directory(options: &SimpleHandlerOptions, path: &Path) -> bool {
    path.is_dir() && matches!(script_file(options, path), ScriptFile::Other)
}

/// What a path leads to that should be a script.
#[cfg(all(unix, feature = "cgi"))]
pub(crate) enum ScriptFile {
    /// A regular file, and its path without any links in it.
    Plain(PathBuf),
    /// A directory or a device, for example.
    Other,
    /// Nothing, or nothing that may be run.
    Missing,
}

/// Looks for a script. It may be run without being readable.
#[cfg(all(unix, feature = "cgi"))]
pub(crate) fn script_file(options: &SimpleHandlerOptions, path: &Path) -> ScriptFile {
    let Ok(place) = path.canonicalize() else { return ScriptFile::Missing };
    let below = path.strip_prefix(&options.directory).ok();
    if below.is_some_and(|below| below.iter().any(|name| is_refused(options, name))) {
        return ScriptFile::Missing;
    }
    if !within(options, path, || Some(place.clone())) {
        return ScriptFile::Missing;
    }
    match fs::symlink_metadata(&place) {
        Ok(found) if found.is_file() && !ends_with_separator(path) => ScriptFile::Plain(place),
        Ok(_) => ScriptFile::Other,
        Err(_) => ScriptFile::Missing,
    }
}

/// Whether a path may be served that, without any links in it, leads to this place.
fn within(
    options: &SimpleHandlerOptions,
    path: &Path,
    place: impl FnOnce() -> Option<PathBuf>,
) -> bool {
    if options.follow_links_outside || !path.starts_with(&options.directory) {
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

    /// Both ways of staying inside come to the same, links that leave the directory and return included.
    #[cfg(target_os = "linux")]
    #[test]
    fn without_the_help_of_the_system_the_same_is_served() {
        use std::os::unix::fs::symlink;
        let around = tempfile::tempdir().expect("a directory");
        let www = around.path().join("www");
        fs::create_dir_all(www.join("sub")).expect("a directory");
        fs::write(www.join("sub/file"), "inside").expect("a file");
        fs::write(around.path().join("secret"), "outside").expect("a file");
        for (link, target) in [
            ("to-file", "sub/file"),
            ("to-sub", "sub"),
            ("back", "../www/sub"),
            ("out", "../secret"),
            ("up", ".."),
            ("loop", "loop"),
            ("broken", "nowhere"),
            ("device", "/dev/null"),
            ("process", "/proc/self/root"),
        ] {
            symlink(target, www.join(link)).expect("a link");
        }
        let options = SimpleHandlerOptions::new(&www);
        let kind = |opened: io::Result<Option<Opened>>| match opened {
            Ok(Some(Opened::File(..))) => "file",
            Ok(Some(Opened::Directory(_))) => "directory",
            Ok(None) | Err(_) => "nothing",
        };
        for (path, expected) in [
            ("", "directory"),
            ("sub/file", "file"),
            ("sub/file/", "nothing"),
            ("sub/", "directory"),
            ("to-file", "file"),
            ("to-sub/file", "file"),
            ("back/file", "file"),
            ("out", "nothing"),
            ("up", "nothing"),
            ("up/secret", "nothing"),
            ("../secret", "nothing"),
            ("loop", "nothing"),
            ("broken", "nothing"),
            ("device", "nothing"),
            ("process/etc/passwd", "nothing"),
            ("nul\0", "nothing"),
        ] {
            let path = www.join(path);
            assert_eq!(kind(open(&options, &path)), expected, "{path:?}");
            assert_eq!(kind(open_checked(&options, &path)), expected, "{path:?}");
        }
    }

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
