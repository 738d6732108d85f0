//! The class attributes and constructor arguments of `SimpleHTTPRequestHandler`.

use crate::HandlerOptions;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a [`SimpleHttpRequestHandler`](crate::SimpleHttpRequestHandler) serves and how.
///
/// ```
/// use http_server::{SimpleHandlerOptions, SimpleHttpRequestHandler};
///
/// let mut options = SimpleHandlerOptions::new("site")
///     .index_pages(vec!["start.html".into()])
///     .extra_response_headers(vec![("Cache-Control".into(), "no-store".into())]);
/// options.handler.protocol_version = "HTTP/1.1";
/// options.extensions_map.insert(".log".into(), "text/plain".into());
/// let handler = SimpleHttpRequestHandler::with_options(options);
/// assert_eq!(handler.guess_type("today.log".as_ref()), "text/plain");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SimpleHandlerOptions {
    /// The class attributes of the base class; `server_version` is `SimpleHTTP` here.
    pub handler: HandlerOptions,
    /// The directory to serve.
    pub directory: PathBuf,
    /// Pairs sent as the last header fields of 200 replies, unless the reply has a field of that name already.
    pub extra_response_headers: Vec<(String, String)>,
    /// The files to serve for a directory, the first one that exists; `index.html` and `index.htm`.
    pub index_pages: Vec<String>,
    /// Types by extension, dot included, asked before the built-in table.
    ///
    /// As it is spelled first, then in lower case. At first compressed files: `.gz`, `.Z`, `.bz2` and `.xz`.
    pub extensions_map: BTreeMap<String, String>,
    /// The type of files whose extension says nothing; `application/octet-stream`.
    pub default_content_type: String,
    /// Whether symbolic links may lead out of the directory; false.
    ///
    /// CPython follows all links. Links to places inside the directory work in any case. With true, whoever can make a
    /// link in the directory can publish every file that this process can read.
    pub follow_links_outside: bool,
    /// Whether files and directories whose name begins with a dot are 404, and not listed; false, as in CPython.
    pub hide_dotfiles: bool,
    /// What is sent as `charset` of text types that name none, `utf-8` for example; none, as in CPython.
    ///
    /// Without it a browser guesses, and mostly wrong.
    pub charset: Option<String>,
    /// The value of `Cache-Control` for files and listings, on 200, 206 and 304; none, as in CPython.
    pub cache_control: Option<String>,
    /// Which site's pages may read what is served: the value of `Access-Control-Allow-Origin` on every response, `*` for all;
    /// none. Scripts (CGI) say that themselves.
    pub allow_origin: Option<String>,
    /// The page, by its path below the directory, that is sent instead of 404 `File not found`, for applications that
    /// make their pages in the browser; none.
    ///
    /// Only for GET and HEAD of paths whose last name has no dot, if the client takes pages.
    pub fallback: Option<PathBuf>,
    /// Whether a directory can also be listed as JSON (`Accept: application/json` or `?format=json`), and sent as an archive
    /// of all that is in it (`?format=tar`); false.
    ///
    /// The archive has whatever can be asked for by its name, in directories that have an index page, too.
    pub listing_formats: bool,
    /// Whether files that lie beside others, with `.br`, `.zst` or `.gz` behind the name, are sent instead of them to clients that
    /// take the coding; false.
    ///
    /// Unless they are older than the file, and never for a range.
    pub precompressed: bool,
    /// Whether text is compressed while it is sent, to clients that take `gzip`; false.
    ///
    /// From 512 bytes on, and never for a range. At most 64 responses at a time, the others are sent as they are.
    #[cfg(feature = "gzip")]
    pub gzip: bool,
    /// Where scripts lie, whose sources are nobody's business.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) scripts: Vec<Scripts>,
}

/// A directory of scripts.
#[cfg(all(unix, feature = "cgi"))]
#[derive(Clone, Debug)]
pub(crate) struct Scripts {
    pub(crate) directory: PathBuf,
    /// Whether what lies in its subdirectories is a script, too.
    pub(crate) deep: bool,
}

socketserver::setters! {
    SimpleHandlerOptions {
        handler: HandlerOptions,
        directory: PathBuf,
        extra_response_headers: Vec<(String, String)>,
        index_pages: Vec<String>,
        extensions_map: BTreeMap<String, String>,
        default_content_type: String,
        follow_links_outside: bool,
        hide_dotfiles: bool,
        charset: Option<String>,
        cache_control: Option<String>,
        allow_origin: Option<String>,
        fallback: Option<PathBuf>,
        listing_formats: bool,
        precompressed: bool,
    }
}

#[cfg(feature = "gzip")]
socketserver::setters! {
    SimpleHandlerOptions {
        gzip: bool,
    }
}

impl SimpleHandlerOptions {
    /// Returns the defaults of CPython for a directory.
    #[must_use]
    pub fn new(directory: impl AsRef<Path>) -> Self {
        let directory = directory.as_ref();
        let handler = HandlerOptions::new().server_version("SimpleHTTP");
        Self {
            handler,
            // An empty path means the current directory when joined to, but cannot be opened itself.
            directory: if directory.as_os_str().is_empty() { ".".into() } else { directory.into() },
            extra_response_headers: Vec::new(),
            index_pages: ["index.html", "index.htm"].map(str::to_owned).into(),
            extensions_map: [
                (".gz", "application/gzip"),
                (".Z", "application/octet-stream"),
                (".bz2", "application/x-bzip2"),
                (".xz", "application/x-xz"),
            ]
            .map(|(extension, kind)| (extension.to_owned(), kind.to_owned()))
            .into(),
            default_content_type: "application/octet-stream".to_owned(),
            follow_links_outside: false,
            hide_dotfiles: false,
            #[cfg(all(unix, feature = "cgi"))]
            scripts: Vec::new(),
            charset: None,
            cache_control: None,
            allow_origin: None,
            fallback: None,
            listing_formats: false,
            precompressed: false,
            #[cfg(feature = "gzip")]
            gzip: false,
        }
    }

    /// Whether a file is a script, by where it lies: a link to it, or another spelling of its name on a file system that
    /// does not care, leads to the same place.
    #[cfg(all(unix, feature = "cgi"))]
    pub(crate) fn is_script(&self, place: &Path) -> bool {
        self.scripts.iter().any(|scripts| {
            scripts.directory.canonicalize().is_ok_and(|directory| {
                if scripts.deep {
                    place.starts_with(directory)
                } else {
                    place.parent() == Some(&directory) && place.is_file()
                }
            })
        })
    }
}
