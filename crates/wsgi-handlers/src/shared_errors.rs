//! A stream for errors that several write to.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wsgi_util::ErrorStream;

/// A stream to the log of a server of which there are several: one in the environ, one in the hands of the handler.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use wsgi_handlers::SharedErrors;
/// use wsgi_util::Environ;
///
/// let mut log = Vec::new();
/// let mut errors = SharedErrors::new(&mut log);
/// let mut environ = Environ::new();
/// environ.set_errors(errors.clone());
/// writeln!(environ.errors(), "from the application")?;
/// writeln!(errors, "from the server")?;
/// drop((environ, errors));
/// assert_eq!(log, b"from the application\nfrom the server\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct SharedErrors<'e>(Arc<Mutex<dyn ErrorStream + 'e>>);

impl<'e> SharedErrors<'e> {
    /// Shares a stream.
    pub fn new(stream: impl ErrorStream + 'e) -> Self {
        Self(Arc::new(Mutex::new(stream)))
    }

    fn stream(&self) -> MutexGuard<'_, dyn ErrorStream + 'e> {
        // A panic while somebody wrote has at worst left half a line.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedErrors<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedErrors").finish_non_exhaustive()
    }
}

impl Write for SharedErrors<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.stream().write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream().flush()
    }

    // The stream may have better ones of these two, such as standard error, which keeps a line in one piece.
    fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        self.stream().write_all(data)
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        self.stream().write_fmt(text)
    }
}
