//! Serving a directory.

#[cfg(target_os = "linux")]
mod beneath;
mod file_object;
mod file_reply;
mod inside;
mod listing;
mod mime_types;
mod multipart;
mod options;
mod state;
mod target;

pub use file_object::FileObject;
pub use options::SimpleHandlerOptions;
#[cfg(all(unix, feature = "cgi"))]
pub(crate) use {
    inside::{ScriptFile, is_directory, script_file},
    options::Scripts,
    target::Target,
};

use crate::conditional::Validators;
use crate::{Base, BaseHttpRequestHandler, Exchange, HandlerOptions};
use file_reply::{Found, settled_by_preconditions};
use inside::Opened;
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
#[cfg(not(all(unix, feature = "cgi")))]
use target::Target;

#[doc(alias = "SimpleHTTPRequestHandler")]
#[doc = include_str!("simple.md")]
#[derive(Clone, Debug)]
pub struct SimpleHttpRequestHandler {
    settings: Arc<SimpleHandlerOptions>,
}

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
        match x.command() {
            "GET" => match self.send_head(x)? {
                Some(file) => self.copyfile(file, x),
                None => Ok(()),
            },
            "HEAD" => self.send_head(x).map(drop),
            "OPTIONS" => {
                x.send_response(200)?;
                x.send_header("Allow", ALLOW)?;
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

impl SimpleHttpRequestHandler {
    /// Returns a handler that serves a directory, with CPython's defaults.
    ///
    /// CPython takes the current directory if it is given none; that is `new(".")` here, or
    /// `new(std::env::current_dir()?)` if the program is going to change it.
    #[must_use]
    pub fn new(directory: impl AsRef<Path>) -> Self {
        Self::with_options(SimpleHandlerOptions::new(directory))
    }

    /// Returns a handler with other attributes.
    #[must_use]
    pub fn with_options(options: SimpleHandlerOptions) -> Self {
        Self { settings: Arc::new(options) }
    }

    /// Returns the attributes.
    #[must_use]
    pub fn settings(&self) -> &SimpleHandlerOptions {
        &self.settings
    }

    /// See [`SimpleHooks::send_head`]; `hooks` is the handler whose overrides are to be called.
    ///
    /// - A directory without a final slash is redirected (301), one with an index page is that page, any other is listed.
    /// - What is no regular file, cannot be opened, or has a slash at its end is 404 `File not found`.
    /// - A file is asked the preconditions of the request, in the order of RFC 9110 §13.2.2, and may be 304 or 412.
    /// - A `Range` is answered with 206, or 416 if nothing of it is there.
    ///
    /// # Errors
    ///
    /// Whatever sending fails with.
    pub fn send_head<H: SimpleHooks + ?Sized>(
        &self,
        hooks: &H,
        x: &mut Exchange<'_>,
    ) -> io::Result<Option<FileObject>> {
        // Before anything is looked at, so that no write can come between that and the look.
        let now = SystemTime::now();
        let mut path = hooks.translate_path(x.path());
        let mut opened = inside::open(&self.settings, &path);
        if matches!(opened, Some(Opened::Directory(_))) {
            if let Some(location) = Target::new(x.path()).redirect() {
                x.send_response(301)?;
                x.send_header("Location", &location)?;
                x.send_header("Content-Length", "0")?;
                x.end_headers()?;
                return Ok(None);
            }
            match self.index_page(&path) {
                Some((page, found)) => (path, opened) = (page, found),
                None => return hooks.list_directory(x, &path),
            }
        }
        let content_type = hooks.guess_type(&path);
        let Some(Opened::File(file, metadata)) = opened else {
            x.send_error(404, "File not found")?;
            return Ok(None);
        };
        let validators = state::validators(&metadata, now);
        let found = Found { size: metadata.len(), content_type: &content_type, validators };
        found.answer(file, self, x, now)
    }

    /// Finds the page that stands for a directory. There may be one that cannot be served.
    fn index_page(&self, directory: &Path) -> Option<(PathBuf, Option<Opened>)> {
        let pages = self.settings.index_pages.iter().map(|page| directory.join(page));
        pages.into_iter().find_map(|page| match inside::open(&self.settings, &page) {
            Some(Opened::Directory(_)) => None,
            None if !page.is_file() => None,
            found => Some((page, found)),
        })
    }

    /// See [`SimpleHooks::list_directory`].
    ///
    /// # Errors
    ///
    /// Whatever sending fails with.
    pub fn list_directory(
        &self,
        x: &mut Exchange<'_>,
        path: &Path,
    ) -> io::Result<Option<FileObject>> {
        let read = |directory: &Path| listing::read(directory, self.settings.hide_dotfiles);
        let Ok(entries) = inside::read_directory(&self.settings, path, read) else {
            x.send_error(404, "No permission to list directory")?;
            return Ok(None);
        };
        // A listing has no validators: `*` can match, and tags cannot.
        if settled_by_preconditions(&Validators::default(), self, x)? {
            return Ok(None);
        }
        let page = listing::page(&Target::new(x.path()).displayed_path(), &entries);
        x.send_response(200)?;
        x.send_header("Content-type", listing::CONTENT_TYPE)?;
        x.send_header("Content-Length", &page.len().to_string())?;
        self.send_extra_response_headers(x)?;
        x.end_headers()?;
        Ok(Some(page.into()))
    }

    /// Maps the path of a request target to a path below the directory.
    ///
    /// Query and fragment are dropped, and so are scheme and authority of an absolute-form target. The rest is decoded
    /// once and resolved by its names alone, so it cannot lead above the directory. A final slash stays.
    #[must_use]
    pub fn translate_path(&self, path: &str) -> PathBuf {
        Target::new(path).below(&self.settings.directory)
    }

    /// Returns the media type of a file by its extension.
    ///
    /// Looks in `extensions_map`, then in the same table in lower case, then in CPython's built-in table of `mimetypes`
    /// (and with the feature `mime` in the larger one of the crate `mime_guess`). The types that the system knows are
    /// not asked, so that a file has the same type everywhere.
    #[must_use]
    pub fn guess_type(&self, path: &Path) -> Cow<'_, str> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (base, _) = mime_types::split_extension(&name);
        // The keys of the map have the dot; a name without an extension has the empty one.
        let extension = name.get(base.len()..).unwrap_or_default();
        let map = &self.settings.extensions_map;
        let known = map.get(extension).or_else(|| map.get(&extension.to_lowercase()));
        let kind = known.map(String::as_str).or_else(|| mime_types::guess_file_type(&name));
        kind.unwrap_or(&self.settings.default_content_type).into()
    }

    /// See [`SimpleHooks::copyfile`].
    ///
    /// # Errors
    ///
    /// Whatever reading or writing fails with.
    pub fn copyfile(&self, source: FileObject, x: &mut Exchange<'_>) -> io::Result<()> {
        source.send(x)
    }

    /// Sends the `extra_response_headers`, except for those whose name the reply has already.
    ///
    /// An override that builds a reply of its own calls it before `end_headers`
    /// (`_send_extra_response_headers` in CPython).
    ///
    /// # Errors
    ///
    /// Whatever `send_header` fails with, for example a control character in a value.
    pub fn send_extra_response_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.send_extra(x, |_| true)
    }

    /// The ones that a 304 must have if the 200 has them (RFC 9110 §15.4.5).
    fn send_extra_caching_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        const CACHING: [&str; 4] = ["Cache-Control", "Content-Location", "Expires", "Vary"];
        self.send_extra(x, |name| CACHING.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }

    fn send_extra(&self, x: &mut Exchange<'_>, wanted: impl Fn(&str) -> bool) -> io::Result<()> {
        let extra = &self.settings.extra_response_headers;
        // Decided before the first one is sent, so that a name that is among them twice is sent twice.
        let is_new = |name: &str| wanted(name) && !x.has_response_header(name);
        let new: Vec<_> = extra.iter().filter(|(name, _)| is_new(name)).collect();
        new.into_iter().try_for_each(|(name, value)| x.send_header(name, value))
    }
}

impl SimpleHooks for SimpleHttpRequestHandler {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        self
    }
}

impl BaseHttpRequestHandler for SimpleHttpRequestHandler {
    fn options(&self) -> &HandlerOptions {
        &self.settings.handler
    }

    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }

    // The base class answers `*` by itself; what is allowed is said there, too.
    fn do_options(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }
}
