//! A directory as one download: an archive that is made while it is sent.

mod header;

use super::SimpleHandlerOptions;
use super::inside::{self, Opened};
use super::listing::{self, Entry, Wanted};
use header::{END, Member, push_padding, write_header};
use socketserver::is_exhaustion;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

pub(super) const CONTENT_TYPE: &str = "application/x-tar";

/// The files below a directory, each behind its header, opened when its turn comes.
///
/// There is in it what can be asked for by its name, and by the same rules: nothing outside, nothing that is no file. Links to files
/// are files; links to directories are left out, since they may lead in circles.
pub(super) struct Archive {
    options: Arc<SimpleHandlerOptions>,
    /// The directories on the way to where we are.
    open: Vec<Level>,
    /// Headers and padding that are to be sent next.
    block: Vec<u8>,
    at: usize,
    file: Option<(File, u64)>,
    ended: bool,
}

/// A directory, and what of it is still to come.
struct Level {
    path: PathBuf,
    /// The same in the archive, with a slash at its end.
    name: Vec<u8>,
    entries: std::vec::IntoIter<Entry>,
}

impl Archive {
    /// `name` is that of the one directory in the archive.
    pub(super) fn new(
        options: Arc<SimpleHandlerOptions>,
        path: &Path,
        name: &str,
        entries: Vec<Entry>,
    ) -> Self {
        let level = Level {
            path: path.to_owned(),
            name: format!("{name}/").into_bytes(),
            entries: entries.into_iter(),
        };
        let open = vec![level];
        Self { options, open, block: Vec::new(), at: 0, file: None, ended: false }
    }

    /// Goes on to the next file or directory, and writes its header.
    ///
    /// What may not be opened cannot be asked for either, and is left out. If nothing can be opened for the time being, the
    /// archive would look whole without being so.
    fn start_next(&mut self) -> io::Result<()> {
        self.block.clear();
        self.at = 0;
        let Some(level) = self.open.last_mut() else {
            self.block.extend_from_slice(&END);
            self.ended = true;
            return Ok(());
        };
        let Some(entry) = level.entries.next() else {
            self.open.pop();
            return Ok(());
        };
        let path = level.path.join(&entry.name);
        let mut name = level.name.clone();
        name.extend_from_slice(entry.name.as_encoded_bytes());
        if entry.is_directory {
            if !entry.is_link {
                name.push(b'/');
                return self.start_directory(path, name).or_else(unless_exhausted);
            }
            return Ok(());
        }
        match inside::open(&self.options, &path) {
            Ok(Some(Opened::File(file, metadata))) => {
                write_header(&member(&name, &metadata, metadata.len()), &mut self.block);
                self.file = Some((file, metadata.len()));
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => unless_exhausted(error),
        }
    }

    fn start_directory(&mut self, path: PathBuf, name: Vec<u8>) -> io::Result<()> {
        let wanted = Wanted { dotfiles: !self.options.hide_dotfiles, facts: false };
        let read = |open: &Path| Ok((open.metadata()?, listing::read(open, wanted)?));
        let (metadata, entries) = inside::read_directory(&self.options, &path, read)?;
        write_header(&member(&name, &metadata, 0), &mut self.block);
        self.open.push(Level { path, name, entries: entries.into_iter() });
        Ok(())
    }
}

fn unless_exhausted(error: io::Error) -> io::Result<()> {
    if is_exhaustion(&error) { Err(error) } else { Ok(()) }
}

impl Read for Archive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let waiting = self.block.get(self.at..).unwrap_or_default();
            if !waiting.is_empty() || buffer.is_empty() {
                let count = waiting.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..count), waiting.get(..count)) {
                    to.copy_from_slice(from);
                }
                self.at += count;
                return Ok(count);
            }
            match &mut self.file {
                Some((file, left)) if *left > 0 => {
                    let count = file.take(*left).read(buffer)?;
                    if count == 0 {
                        // The next header would be taken for the rest of this file.
                        let message = "a file has become shorter while it was sent";
                        return Err(io::Error::new(ErrorKind::UnexpectedEof, message));
                    }
                    *left -= count as u64;
                    return Ok(count);
                }
                Some((file, _)) => {
                    // Where it stands is how much of it was sent.
                    let sent = io::Seek::stream_position(file)?;
                    self.file = None;
                    self.block.clear();
                    self.at = 0;
                    push_padding(sent, &mut self.block);
                }
                None if self.ended => return Ok(0),
                None => self.start_next()?,
            }
        }
    }
}

fn member<'m>(path: &'m [u8], metadata: &Metadata, size: u64) -> Member<'m> {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Member {
        path,
        size,
        modified: modified.map_or(0, |since| since.as_secs()),
        is_executable: is_executable(metadata),
    }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_metadata: &Metadata) -> bool {
    false
}
