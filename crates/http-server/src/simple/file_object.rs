//! What `send_head` returns and `copyfile` copies.

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
///
/// let mut page = FileObject::from(b"<p>Nothing here.".to_vec());
/// let mut sent = Vec::new();
/// page.copy_to(&mut sent)?;
/// assert_eq!(sent, b"<p>Nothing here.");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct FileObject(Source);

enum Source {
    /// At most as many bytes as the `Content-Length` that was sent, even if the file grows meanwhile.
    File(io::Take<File>),
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

    /// Wraps an open file of which `length` bytes are to be sent.
    #[must_use]
    pub fn from_file(file: File, length: u64) -> Self {
        Self(Source::File(file.take(length)))
    }

    /// Copies what is left to a writer, in blocks of at most 64 KiB.
    ///
    /// # Errors
    ///
    /// The first error of reading or of writing, except for an interrupted read, which is repeated.
    pub fn copy_to(&mut self, output: &mut dyn Write) -> io::Result<()> {
        let block = match &mut self.0 {
            Source::Bytes(bytes) => {
                let left = bytes.fill_buf()?;
                output.write_all(left)?;
                let count = left.len();
                bytes.consume(count);
                return Ok(());
            }
            Source::File(file) => {
                usize::try_from(file.limit()).map_or(MAX_BLOCK, |left| left.min(MAX_BLOCK))
            }
            Source::Reader(_) => MAX_BLOCK,
        };
        let mut buffer = vec![0; block];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => output.write_all(buffer.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Large enough to make system calls rare, small enough for a buffer per response.
const MAX_BLOCK: usize = 64 * 1024;

impl Read for FileObject {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Source::File(file) => file.read(buffer),
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
            Source::Bytes(bytes) => write!(f, "FileObject({} bytes)", bytes.get_ref().len()),
            Source::Reader(_) => f.write_str("FileObject(reader)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_every_kind_of_source_to_its_end() {
        let data: Vec<u8> = (0..=u8::MAX).cycle().take(3 * MAX_BLOCK / 2).collect();
        for mut file in [FileObject::from(data.clone()), FileObject::new(Cursor::new(data.clone()))]
        {
            let mut copied = Vec::new();
            file.copy_to(&mut copied).expect("copying memory");
            assert!(copied == data);
        }
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
        let mut copied = Vec::new();
        let steps = vec![
            Err(io::ErrorKind::Other.into()),
            Ok(&b"b"[..]),
            Err(io::ErrorKind::Interrupted.into()),
            Ok(b"a"),
        ];
        let error =
            FileObject::new(Steps(steps)).copy_to(&mut copied).expect_err("the last step fails");
        assert_eq!((error.kind(), copied.as_slice()), (io::ErrorKind::Other, &b"ab"[..]));
    }
}
