//! The small directory on which the static cases are recorded (`make_tree` of `golden/record_golden.py`).

use std::fs::{self, File, FileTimes};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Tue, 14 Nov 2023 22:13:20 GMT.
const MTIME: Duration = Duration::from_secs(1_700_000_000);

const FILES: &[(&str, &[u8])] = &[
    ("file.txt", b"plain text\n"),
    ("page.html", b"<p>page</p>\n"),
    ("noext", b"no extension\n"),
    ("data.zzz9", b"unknown extension\n"),
    ("pack.tar.gz", b"not really gzip"),
    ("old.Z", b"not really compressed"),
    ("empty.css", b""),
    ("a b&c<d>.txt", b"odd name\n"),
    ("q?f#.txt", b"query and fragment characters\n"),
    ("caf\u{e9}.txt", b"non-ascii name\n"),
    (".hidden", b"hidden\n"),
    ("sub/inner.txt", b"inner\n"),
    ("indexed/index.html", b"<p>index</p>\n"),
    ("indexed/other.txt", b"other\n"),
    ("htm/index.htm", b"<p>htm</p>\n"),
    ("trap/index.html/inside.txt", b"inside\n"),
];

const LINKS: &[(&str, &str)] =
    &[("link-file", "file.txt"), ("link-dir", "sub"), ("link-broken", "nowhere")];

/// Fills an empty directory.
///
/// # Errors
///
/// If the system does not let us create a file or a symbolic link there.
pub fn make(root: &Path) -> io::Result<()> {
    for (name, data) in FILES {
        let path = root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(path)?;
        file.write_all(data)?;
        file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + MTIME))?;
    }
    for (name, target) in LINKS {
        std::os::unix::fs::symlink(target, root.join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    #[test]
    fn files_have_the_recorded_time_and_links_their_targets() {
        let root = tempfile::tempdir().unwrap();
        super::make(root.path()).unwrap();
        let modified = root.path().join("file.txt").metadata().unwrap().modified().unwrap();
        assert_eq!(modified, SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        assert_eq!(std::fs::read(root.path().join("link-file")).unwrap(), b"plain text\n");
        assert!(root.path().join("link-broken").symlink_metadata().unwrap().is_symlink());
    }
}
