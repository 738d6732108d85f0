//! The override points of the directory server.

use super::{FileObject, SimpleHttpRequestHandler};
use crate::{Base, BaseHttpRequestHandler, Exchange};
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

/// The override points of [`SimpleHttpRequestHandler`].
///
/// The only required method is [`simple`](Self::simple), which returns the part of the handler that is the base class.
/// Every other one has its default there, under the same name, so `self.simple().guess_type(path)` is what
/// `super().guess_type(path)` is in Python. See [`SimpleHttpRequestHandler`] for a
/// complete example.
///
/// # Examples
///
/// ```
/// use http_server::{Exchange, FileObject, SimpleHooks, SimpleHttpRequestHandler};
/// # use http_server::{BaseHttpRequestHandler, ClientAddress, Pair, ServerInfo, handle};
/// use std::{io, path::Path};
///
/// /// Serves files, and lists no directory.
/// struct Unlisted(SimpleHttpRequestHandler);
///
/// impl SimpleHooks for Unlisted {
///     fn simple(&self) -> &SimpleHttpRequestHandler {
///         &self.0
///     }
///     fn list_directory(&self, x: &mut Exchange<'_>, _: &Path) -> io::Result<Option<FileObject>> {
///         x.send_error(403, "Not listed")?;
///         Ok(None)
///     }
/// }
/// # impl BaseHttpRequestHandler for Unlisted {
/// #     fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
/// #         self.serve(x)
/// #     }
/// # }
/// # let directory = tempfile::tempdir()?;
/// # let handler = Unlisted(SimpleHttpRequestHandler::new(directory.path()));
/// # let mut connection = Pair { reader: &b"GET / HTTP/1.0\r\n\r\n"[..], writer: Vec::new() };
/// # handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &handler)?;
/// # assert!(connection.writer.starts_with(b"HTTP/1.0 403 Not listed\r\n"));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub trait SimpleHooks {
    /// Returns the base class part: the directory and the other attributes.
    fn simple(&self) -> &SimpleHttpRequestHandler;

    /// Answers a request, whatever its method: GET and HEAD with [`send_head`](Self::send_head), and for GET also
    /// [`copyfile`](Self::copyfile); OPTIONS with the methods there are; 405 for the other methods of HTTP, and 501 for
    /// those that nobody knows.
    ///
    /// This is the body of `do_GET` and `do_HEAD`; call it from `do_method`, where all methods arrive.
    ///
    /// # Errors
    ///
    /// Whatever sending the response or reading the file fails with.
    #[doc(alias = "do_GET")]
    #[doc(alias = "do_HEAD")]
    fn serve(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let simple = self.simple();
        simple.announce_origin(x);
        match x.command() {
            "GET" => match self.send_head(x)? {
                Some(file) => self.copyfile(file, x),
                None => Ok(()),
            },
            "HEAD" => self.send_head(x).map(drop),
            "OPTIONS" => {
                x.send_response(200)?;
                x.send_header("Allow", ALLOW)?;
                simple.send_preflight(x)?;
                x.send_header("Content-Length", "0")?;
                x.end_headers()
            }
            "POST" | "PUT" | "DELETE" | "PATCH" | "TRACE" | "CONNECT" => x.refuse_method(ALLOW),
            _ => Base.do_method(x),
        }
    }

    /// Sends the response up to its body, and returns the body; `None` if there is nothing more to send.
    ///
    /// # Errors
    ///
    /// Whatever sending fails with. A file that cannot be opened is a 404 response, not an error.
    fn send_head(&self, x: &mut Exchange<'_>) -> io::Result<Option<FileObject>> {
        self.simple().send_head(self, x)
    }

    /// Sends the head of the page that lists a directory, and returns the page.
    ///
    /// # Errors
    ///
    /// Whatever sending fails with. A directory that cannot be read is a 404 response, not an error.
    fn list_directory(&self, x: &mut Exchange<'_>, path: &Path) -> io::Result<Option<FileObject>> {
        self.simple().list_directory(x, path)
    }

    /// Maps the path of a request target to a path of the file system.
    fn translate_path(&self, path: &str) -> PathBuf {
        self.simple().translate_path(path)
    }

    /// Returns the media type of a file by its name.
    fn guess_type(&self, path: &Path) -> Cow<'_, str> {
        self.simple().guess_type(path)
    }

    /// Copies the body to the client, which is `outputfile` in CPython and `x.wfile` here.
    ///
    /// The body is given away, so that the rest of it can be sent later, when the client has taken the first part
    /// ([`FileObject::send`]).
    ///
    /// # Errors
    ///
    /// Whatever reading or writing fails with.
    fn copyfile(&self, source: FileObject, x: &mut Exchange<'_>) -> io::Result<()> {
        self.simple().copyfile(source, x)
    }
}

/// What can be done with a file.
const ALLOW: &str = "GET, HEAD, OPTIONS";
