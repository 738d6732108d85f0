//! `wsgiref.util.FileWrapper`.

use std::any::Any;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// Sends a file in blocks, the counterpart of `environ["wsgi.file_wrapper"](file, block_size)`.
///
/// A server that finds a real file inside ([`file`](FileWrapper::file)) may hand it to the operating system instead
/// of reading it (PEP 3333, "Optional Platform-Specific File Handling").
///
/// ```
/// use wsgi_util::FileWrapper;
///
/// let mut blocks = FileWrapper::with_blksize(&b"xyzxy"[..], 3);
/// assert_eq!(blocks.next().unwrap()?, b"xyz");
/// assert_eq!(blocks.next().unwrap()?, b"xy");
/// assert!(blocks.next().is_none());
///
/// blocks.close();
/// assert!(blocks.next().unwrap().is_err(), "a closed file cannot be read");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct FileWrapper {
    filelike: Option<Box<dyn FileLike>>,
    blksize: usize,
}

impl FileWrapper {
    /// The size of a block when none is given (`wsgiref.util.FileWrapper`: `blksize=8192`).
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::FileWrapper;
    /// assert_eq!(FileWrapper::new(std::io::empty()).blksize(), FileWrapper::BLKSIZE);
    /// ```
    pub const BLKSIZE: usize = 8192;

    /// Wraps anything that can be read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{Body, FileWrapper};
    /// let body = Body::from(FileWrapper::new(std::fs::File::open("Cargo.toml")?));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(filelike: impl Read + Send + 'static) -> FileWrapper {
        FileWrapper::with_blksize(filelike, FileWrapper::BLKSIZE)
    }

    /// Wraps anything that can be read, with blocks of a size of their own. Blocks of 0 bytes end at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::FileWrapper;
    /// let blocks = FileWrapper::with_blksize(&b"12345"[..], 2);
    /// assert_eq!(blocks.collect::<Result<Vec<_>, _>>()?, [&b"12"[..], b"34", b"5"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "__call__")]
    pub fn with_blksize(filelike: impl Read + Send + 'static, blksize: usize) -> FileWrapper {
        FileWrapper { filelike: Some(Box::new(filelike)), blksize }
    }

    /// The size of a block.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::FileWrapper;
    /// assert_eq!(FileWrapper::with_blksize(std::io::empty(), 512).blksize(), 512);
    /// ```
    pub fn blksize(&self) -> usize {
        self.blksize
    }

    /// What is wrapped, until it is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::io::Read;
    /// # use wsgi_util::FileWrapper;
    /// let mut blocks = FileWrapper::new(&b"12345"[..]);
    /// let mut start = [0; 2];
    /// if let Some(filelike) = blocks.filelike() {
    ///     filelike.read_exact(&mut start)?;
    /// }
    /// assert_eq!(blocks.next().unwrap()?, b"345", "the blocks go on from there");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn filelike(&mut self) -> Option<&mut (dyn Read + Send)> {
        self.filelike.as_mut().map(|filelike| filelike.as_read())
    }

    /// The file that is wrapped, if it is one (and not closed): it can be sent from its current position on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::FileWrapper;
    /// let blocks = FileWrapper::new(std::fs::File::open("Cargo.toml")?);
    /// assert!(blocks.file().is_some_and(|file| file.metadata().is_ok()));
    /// assert!(FileWrapper::new(&b"made up"[..]).file().is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn file(&self) -> Option<&File> {
        self.filelike.as_ref()?.as_any().downcast_ref()
    }

    /// Closes what is wrapped. Once is enough.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::FileWrapper;
    /// let mut blocks = FileWrapper::new(&b"12345"[..]);
    /// blocks.close();
    /// assert!(blocks.filelike().is_none());
    /// ```
    pub fn close(&mut self) {
        self.filelike = None;
    }
}

impl Iterator for FileWrapper {
    type Item = io::Result<Vec<u8>>;

    /// Reads a block: full, unless the file ends.
    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        let Some(filelike) = self.filelike.as_mut() else {
            return Some(Err(io::Error::other("read of closed file")));
        };
        let mut block = Vec::with_capacity(self.blksize.min(FileWrapper::BLKSIZE));
        match filelike.as_read().take(self.blksize as u64).read_to_end(&mut block) {
            Ok(0) => None,
            Ok(_) => Some(Ok(block)),
            Err(error) => Some(Err(error)),
        }
    }
}

impl fmt::Debug for FileWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filelike = match (&self.filelike, self.file()) {
            (None, _) => "closed",
            (Some(_), Some(_)) => "file",
            (Some(_), None) => "reader",
        };
        f.debug_struct("FileWrapper")
            .field("filelike", &filelike)
            .field("blksize", &self.blksize)
            .finish()
    }
}

/// What is inside, as a reader and as its own type. (Upcasting to `dyn Any` needs a newer Rust than ours.)
trait FileLike: Send {
    fn as_read(&mut self) -> &mut (dyn Read + Send);
    fn as_any(&self) -> &dyn Any;
}

impl<T: Read + Send + 'static> FileLike for T {
    fn as_read(&mut self) -> &mut (dyn Read + Send) {
        self
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}
