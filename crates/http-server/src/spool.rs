//! A file without a name.

use std::collections::hash_map::RandomState;
use std::env;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind};

/// Makes a file in the system's directory for temporary files that only this process can reach, and that is gone with it.
pub(crate) fn nameless_file() -> io::Result<File> {
    loop {
        // Hard to guess; who guesses it all the same only makes this try another one.
        let name = format!("http-server-{:016x}", RandomState::new().build_hasher().finish());
        let path = env::temp_dir().join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        restrict(&mut options);
        match options.open(&path) {
            Ok(file) => {
                if cfg!(unix) {
                    fs::remove_file(&path)?;
                }
                return Ok(file);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(unix)]
fn restrict(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(windows)]
fn restrict(options: &mut OpenOptions) {
    use std::os::windows::fs::OpenOptionsExt;
    /// `FILE_FLAG_DELETE_ON_CLOSE`: a file that is open cannot lose its name here.
    const DELETE_ON_CLOSE: u32 = 0x0400_0000;
    options.custom_flags(DELETE_ON_CLOSE).share_mode(0);
}

#[cfg(not(any(unix, windows)))]
fn restrict(_options: &mut OpenOptions) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    #[test]
    fn what_is_written_can_be_read_and_has_no_name() {
        let mut file = nameless_file().unwrap();
        file.write_all(b"a body").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a body");
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let metadata = file.metadata().unwrap();
            assert_eq!((metadata.nlink(), metadata.mode() & 0o777), (0, 0o600));
        }
    }
}
