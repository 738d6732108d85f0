//! The conformance tree: the directory that directory servers serve, and what lies beside it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The part that is served; what is beside it must never be seen.
pub const SERVED: &str = "served";

/// Thu, 29 Feb 2024 12:00:00 GMT, when every file was last changed.
const MTIME: Duration = Duration::from_secs(1_709_208_000);

/// How many bytes `large.bin` has; byte `i` is `i % 251`.
pub const LARGE: usize = 100_000;

const FILES: &[(&str, &[u8])] = &[
    ("secret", b"secret\n"),
    ("served-too/secret.txt", b"secret\n"),
    ("served/index.html", b"<p>index</p>\n"),
    ("served/hello.txt", b"hello, world\n"),
    ("served/empty.txt", b""),
    ("served/noext", b"no extension\n"),
    ("served/page.html", b"<p>page</p>\n"),
    ("served/.hidden", b"hidden\n"),
    ("served/pack.tar.gz", b"not really gzip"),
    ("served/dir/index.html", b"<p>dir</p>\n"),
    ("served/list/a.txt", b"a\n"),
    ("served/list/b & c.txt", b"b and c\n"),
    ("served/list/\u{e4}.txt", b"a umlaut\n"),
    ("served/list/<script>.txt", b"script\n"),
    ("served/list/q?f#.txt", b"query and fragment characters\n"),
];

const LINKS: &[(&str, &str)] = &[
    ("served/out", "../secret"),
    ("served/outdir", "../served-too"),
    ("served/inside", "hello.txt"),
    ("served/broken", "nowhere"),
];

/// Fills an empty directory: [`SERVED`] in it is what a server serves, and the rest is what it must not.
///
/// # Errors
///
/// If the system does not let us create a file, a symbolic link or a FIFO there.
pub fn make(root: &Path) -> io::Result<()> {
    for (name, data) in FILES {
        write(&root.join(name), data)?;
    }
    let large: Vec<u8> = (0..LARGE).map(|i| (i % 251) as u8).collect();
    write(&root.join("served/large.bin"), &large)?;
    #[cfg(unix)]
    {
        for (name, target) in LINKS {
            std::os::unix::fs::symlink(target, root.join(name))?;
        }
        let pipe = root.join("served/pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR)?;
    }
    Ok(())
}

fn write(path: &Path, data: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    file.write_all(data)?;
    file.set_modified(SystemTime::UNIX_EPOCH + MTIME)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    #[test]
    fn the_tree_is_made_with_its_times_and_links() {
        let root = tempfile::tempdir().unwrap();
        super::make(root.path()).unwrap();
        let hello = root.path().join("served/hello.txt");
        assert_eq!(
            hello.metadata().unwrap().modified().unwrap(),
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_208_000)
        );
        assert_eq!(std::fs::read(root.path().join("served/inside")).unwrap(), b"hello, world\n");
        assert_eq!(std::fs::read(root.path().join("served/out")).unwrap(), b"secret\n");
    }
}
