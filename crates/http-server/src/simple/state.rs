//! Which state a file is in, as far as the file system tells.

use crate::conditional::{EntityTag, Validators};
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The entity tag and the date of an open file; `now` is a time before it was opened.
pub(super) fn validators(file: &Metadata, now: SystemTime) -> Validators {
    let Ok(modified) = file.modified() else { return Validators::default() };
    Validators {
        etag: entity_tag(file, modified, now),
        // Never later than `Date` (RFC 9110 §8.8.2.1), whatever the clock was when the file was written.
        last_modified: Some(modified.min(now)),
    }
}

/// A name that changes with whatever the file system records of a change: size, time of modification and of change, inode.
///
/// Two writes within one tick of the clock of the file system look alike. As long as the last write is so fresh
/// that another could still follow in its tick, the tag is weak (RFC 9110 §8.8.1), and another one than the strong one that follows:
/// who has got the state in between will not be told for ever that it is the last.
fn entity_tag(file: &Metadata, modified: SystemTime, now: SystemTime) -> Option<EntityTag> {
    let mut hasher = DefaultHasher::new();
    modified.hash(&mut hasher);
    identity(file).hash(&mut hasher);
    let opaque = format!("{:x}-{:016x}", file.len(), hasher.finish());
    if is_settled(modified, now) {
        EntityTag::strong(opaque)
    } else {
        EntityTag::weak(opaque + "-new")
    }
}

/// Whether a write from now on would have another time than this one.
///
/// A time in the future cannot be trusted: the clock that made it is not ours.
fn is_settled(modified: SystemTime, now: SystemTime) -> bool {
    // A file system that knows fractions of seconds ticks with its system, 100 times a second or more. One
    // that does not may have a tick of two seconds (FAT).
    let fraction = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    let tick = if fraction == 0 { Duration::from_secs(2) } else { Duration::from_millis(100) };
    now.duration_since(modified).is_ok_and(|age| age > tick)
}

/// What tells a file from another in its place, and a change that has kept the time of modification.
#[cfg(unix)]
fn identity(file: &Metadata) -> impl Hash {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino(), file.ctime(), file.ctime_nsec())
}

#[cfg(not(unix))]
fn identity(file: &Metadata) -> impl Hash {
    file.created().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn at(millis: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(millis)
    }

    #[test]
    fn a_time_is_settled_when_its_tick_is_over() {
        assert!(is_settled(at(5_001), at(5_102)));
        assert!(!is_settled(at(5_001), at(5_101)));
        assert!(is_settled(at(5_000), at(7_001)));
        assert!(!is_settled(at(5_000), at(7_000)));
        assert!(!is_settled(at(5_001), at(5_000)));
        assert!(is_settled(UNIX_EPOCH - Duration::from_millis(1), at(2_000)));
    }

    #[test]
    fn a_tag_changes_with_what_is_known_of_the_file() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("file");
        let tag = |data: &[u8], modified: SystemTime, now: SystemTime| {
            fs::write(&path, data).expect("writing");
            let file = fs::File::options().write(true).open(&path).expect("opening");
            file.set_modified(modified).expect("setting the time");
            validators(&file.metadata().expect("metadata"), now).etag.expect("a tag")
        };
        let strong = tag(b"one", at(5_001), at(9_000));
        assert!(!strong.is_weak());
        assert_ne!(tag(b"four", at(5_001), at(9_000)).opaque(), strong.opaque());
        assert_ne!(tag(b"one", at(5_002), at(9_000)).opaque(), strong.opaque());
        let weak = tag(b"one", at(5_001), at(5_050));
        assert!(weak.is_weak() && weak.opaque().ends_with("-new"));
        // The same file, the same tag.
        let metadata = fs::metadata(&path).expect("metadata");
        assert_eq!(validators(&metadata, at(9_000)), validators(&metadata, at(10_000)));
        assert_eq!(validators(&metadata, at(4_000)).last_modified, Some(at(4_000)));
    }

    /// A file that is replaced by another of the same size and time, as deployments do.
    #[cfg(unix)]
    #[test]
    fn a_tag_changes_with_the_inode() {
        let folder = tempfile::tempdir().expect("a directory");
        let tags = ["a", "b"].map(|name| {
            let path = folder.path().join(name);
            fs::write(&path, name).expect("writing");
            let file = fs::File::options().write(true).open(&path).expect("opening");
            file.set_modified(at(5_001)).expect("setting the time");
            validators(&file.metadata().expect("metadata"), at(9_000)).etag
        });
        assert_ne!(tags[0], tags[1]);
    }
}
