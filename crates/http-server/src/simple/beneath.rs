//! Staying inside a directory with the help of the system (`openat2`, Linux 5.6).

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, ResolveFlags, open as open_root, openat2, statat,
};
use rustix::io::Errno;
use std::fs::File;
use std::path::Path;

/// It cannot be said in this way: the system is too old, a link leaves the directory, though it may return, the tree is
/// changing, or there is no permission to open.
pub(super) struct Unanswered;

/// Opens what lies below a directory, for reading, without following a link out of it; `None` if there is nothing that could
/// be served.
///
/// The system resolves the path in one go and from the open directory, so nobody can change the tree in between.
pub(super) fn open(directory: &Path, below: &Path) -> Result<Option<File>, Unanswered> {
    let below = if below.as_os_str().is_empty() { Path::new(".") } else { below };
    let opened =
        open_root(directory, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .and_then(|root| {
                // Before opening, because a FIFO has another end, and a device may do something when opened.
                let found = statat(&root, below, AtFlags::empty())?;
                match FileType::from_raw_mode(found.st_mode) {
                    FileType::RegularFile | FileType::Directory => {}
                    _ => return Ok(None),
                }
                // Without waiting, should it have become a FIFO by now.
                let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
                let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
                openat2(&root, below, flags, Mode::empty(), resolve).map(Some)
            });
    match opened {
        Ok(opened) => Ok(opened.map(File::from)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG | Errno::LOOP) => Ok(None),
        Err(_) => Err(Unanswered),
    }
}
