//! The class attributes of CPython's `BaseHandler`.

use std::borrow::Cow;

/// A text that is usually a literal and may be computed.
type Text = Cow<'static, str>;

/// The class attributes of CPython's `BaseHandler`, with CPython's defaults.
///
/// Building one allocates nothing, so a handler per request may own its own.
///
/// # Examples
///
/// ```
/// use wsgi_handlers::HandlerOptions;
///
/// let options = HandlerOptions { server_software: Some("Demo/1.0".into()), ..Default::default() };
/// assert_eq!(options.wsgi_version, (1, 0));
/// assert!(options.origin_server && !options.wsgi_run_once);
/// assert_eq!(options.error_body.len(), 59);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerOptions {
    /// `wsgi.version`: `(1, 0)`.
    pub wsgi_version: (u32, u32),
    /// `wsgi.multithread`: whether another thread may call the application at the same time. True.
    pub wsgi_multithread: bool,
    /// `wsgi.multiprocess`: whether another process may run the application at the same time. True.
    pub wsgi_multiprocess: bool,
    /// `wsgi.run_once`: whether the application is expected to be called only this once. False.
    pub wsgi_run_once: bool,
    /// Whether the response goes directly to the client. True: it begins with an HTTP status line.
    /// False, as for CGI: it begins with a `Status:` line.
    pub origin_server: bool,
    /// The version in the HTTP status line, used as it is: `"1.0"`.
    pub http_version: Text,
    /// The `Server` field and `SERVER_SOFTWARE` of an origin server. None.
    pub server_software: Option<Text>,
    /// Variables that every environ begins with. Empty.
    ///
    /// CPython starts from a copy of the process environment, so that `HTTPS=on` or a stale `HTTP_*` variable of the
    /// server's own shell shows up in every request. Whoever wants that collects
    /// [`read_environ()`](crate::read_environ)`.iter()`. Variables called `wsgi.*` are passed over: they are the handler's.
    pub os_environ: Vec<(String, String)>,
    /// Whether applications find `wsgi.file_wrapper` in the environ. True.
    ///
    /// CPython keeps the wrapper class here; `None` disables it.
    pub wsgi_file_wrapper: bool,
    /// How many causes below the error itself `log_exception` shows; `None`, the default, shows all.
    ///
    /// CPython counts the stack entries of the traceback. An error in Rust carries no stack, it carries its causes
    /// ([`Error::source`](std::error::Error::source)), so these are what is limited.
    pub traceback_limit: Option<usize>,
    /// The status of the error page: `500 Internal Server Error`.
    pub error_status: Text,
    /// The headers of the error page: `Content-Type: text/plain`.
    pub error_headers: Cow<'static, [(Text, Text)]>,
    /// The body of the error page: one sentence that tells no details, in CPython's words.
    pub error_body: Cow<'static, [u8]>,
}

impl Default for HandlerOptions {
    fn default() -> Self {
        Self {
            wsgi_version: (1, 0),
            wsgi_multithread: true,
            wsgi_multiprocess: true,
            wsgi_run_once: false,
            origin_server: true,
            http_version: Cow::Borrowed("1.0"),
            server_software: None,
            os_environ: Vec::new(),
            wsgi_file_wrapper: true,
            traceback_limit: None,
            error_status: Cow::Borrowed("500 Internal Server Error"),
            error_headers: Cow::Borrowed(ERROR_HEADERS),
            error_body: Cow::Borrowed(ERROR_BODY),
        }
    }
}

/// `BaseHandler.error_headers`.
const ERROR_HEADERS: &[(Text, Text)] =
    &[(Cow::Borrowed("Content-Type"), Cow::Borrowed("text/plain"))];

/// `BaseHandler.error_body`; the two blanks are CPython's.
const ERROR_BODY: &[u8] = b"A server error occurred.  Please contact the administrator.";
