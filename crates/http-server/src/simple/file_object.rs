//! What `send_head` returns and `copyfile` sends.

use super::multipart::Multipart;
use crate::Exchange;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Write};

/// The body of a response that is still to be sent: Python's file object.
///
/// Make one from bytes with `into()`, or from any reader with [`FileObject::new`].
///
/// # Examples
///
/// ```
/// use http_server::FileObject;
/// use std::io::Read;
///
/// let mut page = FileObject::from(b"<p>Nothing here.".to_vec());
/// let mut text = String::new();
/// page.read_to_string(&mut text)?;
/// assert_eq!(text, "<p>Nothing here.");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct FileObject(Source);

enum Source {
    /// At most as many bytes as the `Content-Length` that was sent, even if the file grows meanwhile.
    File(io::Take<File>),
    Parts(Multipart<File>),
    Bytes(Cursor<Vec<u8>>),
    Reader(Box<dyn Read + Send>),
}

impl FileObject {
    /// Wraps a reader, for a `send_head` or `list_directory` that makes its own content.
    ///
    /// ```
    /// use http_server::FileObject;
    /// use std::io::Read;
    ///
    /// let mut file = FileObject::new("made up".as_bytes());
    /// let mut text = String::new();
    /// file.read_to_string(&mut text)?;
    /// assert_eq!(text, "made up");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(reader: impl Read + Send + 'static) -> Self {
        Self(Source::Reader(Box::new(reader)))
    }

    /// Wraps an open file of which `length` bytes are to be sent, from where it stands.
    #[must_use]
    pub fn from_file(file: File, length: u64) -> Self {
        Self(Source::File(file.take(length)))
    }

    pub(super) fn from_parts(parts: Multipart<File>) -> Self {
        Self(Source::Parts(parts))
    }

    /// Sends what is left as the body of the response, in blocks of at most 64 KiB.
    ///
    /// A client that takes it slowly holds no thread on the engine: the rest follows when there is
    /// [room](Exchange::has_room).
    ///
    /// # Errors
    ///
    /// The first error of reading or of writing, except for an interrupted read, which is repeated. Those that come later,
    /// in the rest, end the response in the same way.
    ///
    /// # Examples
    ///
    /// ```
    /// use http_server::{BaseHttpRequestHandler, Exchange, FileObject};
    /// use std::{fs::File, io};
    ///
    /// struct Film;
    ///
    /// impl BaseHttpRequestHandler for Film {
    ///     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
    ///         let file = File::open("film.webm")?;
    ///         let size = file.metadata()?.len();
    ///         x.send_response(200)?;
    ///         x.send_header("Content-Type", "video/webm")?;
    ///         x.send_header("Content-Length", &size.to_string())?;
    ///         x.end_headers()?;
    ///         FileObject::from_file(file, size).send(x)
    ///     }
    /// }
    /// ```
    pub fn send(mut self, x: &mut Exchange<'_>) -> io::Result<()> {
        let mut buffer = self.buffer();
        while self.send_block(&mut buffer, &mut x.wfile)? {
            if !x.has_room() {
                x.continue_with(|x| self.send(x));
                break;
            }
        }
        Ok(())
    }

    /// Room for a block, where one has to be read.
    fn buffer(&self) -> Vec<u8> {
        let block = match &self.0 {
            Source::Bytes(_) => 0,
            Source::File(file) => {
                usize::try_from(file.limit()).map_or(MAX_BLOCK, |left| left.min(MAX_BLOCK))
            }
            Source::Parts(_) | Source::Reader(_) => MAX_BLOCK,
        };
        vec![0; block]
    }

    /// Writes the next block; false at the end.
    fn send_block(&mut self, buffer: &mut [u8], output: &mut dyn Write) -> io::Result<bool> {
        if let Source::Bytes(bytes) = &mut self.0 {
            let left = bytes.fill_buf()?;
            let block = left.get(..MAX_BLOCK).unwrap_or(left);
            output.write_all(block)?;
            let (count, all) = (block.len(), left.len());
            bytes.consume(count);
            return Ok(count < all);
        }
        loop {
            match self.read(buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    output.write_all(buffer.get(..count).unwrap_or_default())?;
                    // The end of a file is known, and one more look at it would be a system call.
                    return Ok(!matches!(&self.0, Source::File(file) if file.limit() == 0));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Large enough to make system calls rare, small enough for a buffer per response; and no more than the engine keeps for
/// a client that does not take it at once.
const MAX_BLOCK: usize = 64 * 1024;

impl Read for FileObject {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Source::File(file) => file.read(buffer),
            Source::Parts(parts) => parts.read(buffer),
            Source::Bytes(bytes) => bytes.read(buffer),
            Source::Reader(reader) => reader.read(buffer),
        }
    }
}

impl From<Vec<u8>> for FileObject {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Source::Bytes(Cursor::new(bytes)))
    }
}

impl fmt::Debug for FileObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::File(file) => f.debug_tuple("FileObject").field(file).finish(),
            Source::Parts(parts) => write!(f, "FileObject({} bytes in parts)", parts.length()),
            Source::Bytes(bytes) => write!(f, "FileObject({} bytes)", bytes.get_ref().len()),
            Source::Reader(_) => f.write_str("FileObject(reader)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends all of it to a client that always has room.
    fn copy(mut file: FileObject) -> io::Result<Vec<u8>> {
        let (mut buffer, mut copied) = (file.buffer(), Vec::new());
        while file.send_block(&mut buffer, &mut copied)? {}
        Ok(copied)
    }

    #[test]
    fn copies_every_kind_of_source_to_its_end() {
        let data: Vec<u8> = (0..=u8::MAX).cycle().take(3 * MAX_BLOCK / 2).collect();
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&data).expect("writing");
        io::Seek::rewind(&mut file).expect("rewinding");
        let length = data.len() as u64;
        for file in [
            FileObject::from(data.clone()),
            FileObject::new(Cursor::new(data.clone())),
            FileObject::from_file(file, length),
        ] {
            assert!(copy(file).expect("copying memory") == data);
        }
    }

    #[test]
    fn blocks_are_small() {
        struct Largest(usize);
        impl Write for Largest {
            fn write(&mut self, data: &[u8]) -> io::Result<usize> {
                self.0 = self.0.max(data.len());
                Ok(data.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut largest = Largest(0);
        let mut file = FileObject::from(vec![b'x'; 1_000_000]);
        while file.send_block(&mut [], &mut largest).expect("writing") {}
        assert_eq!(largest.0, MAX_BLOCK);
    }

    #[test]
    fn repeats_interrupted_reads_and_reports_other_errors() {
        struct Steps(Vec<io::Result<&'static [u8]>>);
        impl Read for Steps {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                match self.0.pop() {
                    None => Ok(0),
                    Some(step) => step.map(|data| {
                        buffer[..data.len()].copy_from_slice(data);
                        data.len()
                    }),
                }
            }
        }
        let steps = vec![
            Err(io::ErrorKind::Other.into()),
            Ok(&b"b"[..]),
            Err(io::ErrorKind::Interrupted.into()),
            Ok(b"a"),
        ];
        let mut file = FileObject::new(Steps(steps));
        let (mut buffer, mut copied) = (file.buffer(), Vec::new());
        assert!(file.send_block(&mut buffer, &mut copied).expect("the first block"));
        assert!(file.send_block(&mut buffer, &mut copied).expect("after the interruption"));
        let error = file.send_block(&mut buffer, &mut copied).expect_err("the last step fails");
        assert_eq!((error.kind(), copied.as_slice()), (io::ErrorKind::Other, &b"ab"[..]));
    }
}
