//! Serving a directory.

#[cfg(target_os = "linux")]
mod beneath;
mod choice;
mod coding;
mod cross_origin;
mod file_object;
mod file_reply;
mod formats;
#[cfg(feature = "gzip")]
mod gzip;
mod hooks;
mod inside;
mod json;
mod listing;
mod mime_types;
mod multipart;
mod options;
mod page;
mod state;
mod tar;
mod target;

pub use file_object::FileObject;
pub use hooks::SimpleHooks;
pub use options::SimpleHandlerOptions;
#[cfg(all(unix, feature = "cgi"))]
pub(crate) use {
    inside::{ScriptFile, is_directory, script_file},
    options::Scripts,
    target::Target,
};

use crate::conditional::Validators;
use crate::{BaseHttpRequestHandler, Exchange, HandlerOptions};
use file_reply::{Found, settled_by_preconditions};
use inside::Opened;
use socketserver::is_exhaustion;
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
    #[cfg(feature = "gzip")]
    places: Arc<gzip::Place>,
}

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
        Self {
            settings: Arc::new(options),
            #[cfg(feature = "gzip")]
            places: Arc::default(),
        }
    }

    /// Returns the attributes.
    #[must_use]
    pub fn settings(&self) -> &SimpleHandlerOptions {
        &self.settings
    }

    /// See [`SimpleHooks::send_head`]; `hooks` is the handler whose overrides are to be called.
    ///
    /// - A directory without a final slash is redirected (301), one with an index page is that page, any other is listed.
    /// - What is no regular file, cannot be opened, or has a slash at its end is 404 `File not found`; 503 if no file can be
    ///   opened for the time being.
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
        if matches!(opened, Ok(Some(Opened::Directory(_)))) {
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
        let mut vary = None;
        if matches!(opened, Ok(None)) {
            if let Some(page) = self.fallback(x) {
                opened = inside::open(&self.settings, &page);
                (path, vary) = (page, Some("Accept"));
            }
        }
        let content_type = hooks.guess_type(&path);
        let (file, metadata) = match opened {
            Ok(Some(Opened::File(file, metadata))) => (file, metadata),
            Ok(_) => return x.send_error(404, "File not found").map(|()| None),
            Err(error) => return not_opened(x, &path, &error, "File not found").map(|()| None),
        };
        let plain = Found {
            size: metadata.len(),
            content_type: &content_type,
            validators: state::validators(&metadata, now),
            coding: None,
            vary,
        };
        self.answer_in_a_coding(plain, file, &path, x, now)
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
        let format = self.format(x);
        let listing = match self.list(x, path, format) {
            Ok(listing) => listing,
            Err(error) => {
                return not_opened(x, path, &error, "No permission to list directory")
                    .map(|()| None);
            }
        };
        let vary = self.settings.listing_formats.then_some("Accept");
        // A listing has no validators: `*` can match, and tags cannot.
        if settled_by_preconditions(&Validators::default(), vary, self, x)? {
            return Ok(None);
        }
        x.send_response(200)?;
        x.send_header("Content-type", listing.content_type)?;
        if let Some(length) = listing.length {
            x.send_header("Content-Length", &length.to_string())?;
        }
        if let Some(disposition) = listing.disposition {
            x.send_header("Content-Disposition", &disposition)?;
        }
        vary.map_or(Ok(()), |fields| x.send_header("Vary", fields))?;
        self.send_caching_headers(x)?;
        self.send_extra_response_headers(x)?;
        x.end_headers()?;
        Ok(Some(listing.body))
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
        let kind = kind.unwrap_or(&self.settings.default_content_type);
        match &self.settings.charset {
            Some(charset) if kind.starts_with("text/") && !kind.contains(';') => {
                format!("{kind}; charset={charset}").into()
            }
            _ => kind.into(),
        }
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

    /// Sends `cache_control`.
    fn send_caching_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let policy = self.settings.cache_control.as_ref();
        policy.map_or(Ok(()), |policy| x.send_header("Cache-Control", policy))
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

/// Answers for what may be there and cannot be opened. Why is said to the log, and to nobody else.
fn not_opened(
    x: &mut Exchange<'_>,
    path: &Path,
    error: &io::Error,
    message: &str,
) -> io::Result<()> {
    x.log_error(format_args!("cannot open {}: {error}", path.display()));
    if is_exhaustion(error) {
        // A cache would keep a 404.
        x.invite_retry();
        x.send_error(503, None)
    } else {
        x.send_error(404, message)
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
