//! What an application and a server agree on (`wsgiref.types`).

use crate::{Body, Environ, Headers};
use std::error::Error;
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

/// Why an application failed: any error, boxed. Also what `exc_info` carries.
///
/// # Examples
///
/// ```
/// use std::num::ParseIntError;
/// use wsgi_util::AppError;
///
/// let error: AppError = "twelve".parse::<u32>().unwrap_err().into();
/// assert!(error.is::<ParseIntError>(), "the cause can still be told");
/// let error: AppError = "no such plant".into();
/// assert_eq!(error.to_string(), "no such plant");
/// ```
pub type AppError = Box<dyn Error + Send + Sync>;

/// What an application returns.
///
/// # Examples
///
/// Any error may leave the application with `?`; the server answers 500 then:
///
/// ```
/// use wsgi_util::{AppResult, Environ, StartResponse};
///
/// fn double(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     let number: u32 = environ.get("QUERY_STRING").unwrap_or_default().parse()?;
///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
///     Ok(format!("{}\n", number * 2).into())
/// }
/// # struct Server;
/// # impl wsgi_util::StartResponse for Server {
/// #     fn start_response(
/// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
/// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// # }
/// # let server = &mut Server;
/// assert!(double(&mut Environ::from([("QUERY_STRING", "12")]), server).is_ok());
/// assert!(double(&mut Environ::from([("QUERY_STRING", "x")]), server).is_err());
/// ```
pub type AppResult = Result<Body, AppError>;

/// Answers requests in the shape of WSGI (PEP 3333, "The Application/Framework Side").
///
/// Every function and closure with the arguments of [`call`](Application::call) is one; middleware implements the
/// trait for a struct that holds the application it wraps.
///
/// ```
/// use wsgi_util::{AppResult, Application, Environ, StartResponse};
///
/// fn served(app: impl Application) {}
///
/// fn plain(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("204 No Content", [("X-Powered-By", "wsgi-util")])?;
///     Ok("".into())
/// }
/// served(plain);
///
/// let greeting = String::from("hello\n");
/// served(move |_: &mut Environ, start_response: &mut dyn StartResponse| {
///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
///     Ok(greeting.clone().into())
/// });
/// ```
///
/// So is an application of unknown type, owned, shared or borrowed (`Box<dyn Application>`, `Arc<dyn Application>`,
/// `&dyn Application`), so that applications can be kept in a map, and middleware put around any of them:
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
/// use wsgi_util::{AppResult, Application, Environ, StartResponse, shift_path_info, validate::validator};
///
/// /// Hands a request to the application that the first segment of its path names.
/// struct Mounted(HashMap<String, Box<dyn Application>>);
///
/// impl Application for Mounted {
///     fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
///         match shift_path_info(environ).and_then(|name| self.0.get(&name)) {
///             Some(app) => app.call(environ, start_response),
///             None => {
///                 start_response.start("404 Not Found", [("Content-Type", "text/plain")])?;
///                 Ok("no such application\n".into())
///             }
///         }
///     }
/// }
///
/// fn shop(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
///     Ok("plants\n".into())
/// }
///
/// let shop: Arc<dyn Application> = Arc::new(shop);
/// let mut apps: HashMap<String, Box<dyn Application>> = HashMap::new();
/// apps.insert("checked".into(), Box::new(validator(shop.clone())));
/// apps.insert("shop".into(), Box::new(shop));
/// let mounted = Mounted(apps);
/// # let _: &dyn Application = &mounted;
/// ```
#[doc(alias = "WSGIApplication")]
pub trait Application: Send + Sync {
    /// Answers one request.
    ///
    /// # Errors
    ///
    /// Whatever went wrong. A server logs it and answers 500 if nothing was sent yet, else it cuts the connection.
    ///
    /// # Examples
    ///
    /// ```
    /// use wsgi_util::{Application, Body, Environ, StartResponse};
    ///
    /// let app = |_: &mut Environ<'_>, _: &mut dyn StartResponse| Ok("hello\n".into());
    /// # struct Server;
    /// # impl wsgi_util::StartResponse for Server {
    /// #     fn start_response(
    /// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
    /// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// # }
    /// # let mut server = Server;
    /// let body = app.call(&mut Environ::new(), &mut server)?;
    /// assert!(matches!(body, Body::Single(_)));
    /// # Ok::<(), wsgi_util::AppError>(())
    /// ```
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult;
}

impl<F> Application for F
where
    F: Fn(&mut Environ<'_>, &mut dyn StartResponse) -> AppResult + Send + Sync,
{
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        self(environ, start_response)
    }
}

// A box and a reference of a known type are functions if what they point to is one, so these two can only be
// applications where it is not known; an `Arc` is never a function.
impl Application for Box<dyn Application + '_> {
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        (**self).call(environ, start_response)
    }
}

impl Application for &(dyn Application + '_) {
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        (**self).call(environ, start_response)
    }
}

impl<A: Application + ?Sized> Application for Arc<A> {
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        (**self).call(environ, start_response)
    }
}

/// Begins a response: the `start_response` callable together with the `write` callable that it returns in Python.
///
/// Servers and middleware implement the two methods; applications call
/// [`start`](#method.start), [`restart`](#method.restart) and [`write`](StartResponse::write).
///
/// # Examples
///
/// ```
/// use wsgi_util::{AppError, Headers, StartResponse};
///
/// /// Keeps what an application sends, for a test to look at.
/// #[derive(Default)]
/// struct Recorder {
///     status: String,
///     sent: Vec<u8>,
/// }
///
/// impl StartResponse for Recorder {
///     fn start_response(&mut self, status: &str, _: Headers, exc_info: Option<AppError>) -> Result<(), AppError> {
///         if let Some(error) = exc_info.filter(|_| !self.sent.is_empty()) {
///             return Err(error);
///         }
///         self.status = status.to_owned();
///         Ok(())
///     }
///     fn write(&mut self, data: &[u8]) -> Result<(), AppError> {
///         self.sent.extend_from_slice(data);
///         Ok(())
///     }
/// }
///
/// let mut recorder = Recorder::default();
/// let start_response: &mut dyn StartResponse = &mut recorder;
/// start_response.start("200 OK", [("Content-Type", "text/plain")])?.write(b"hello")?;
/// assert_eq!((&*recorder.status, &*recorder.sent), ("200 OK", &b"hello"[..]));
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
pub trait StartResponse {
    /// Begins the response with a status line, headers and, when it replaces a response that failed, the reason.
    ///
    /// # Errors
    ///
    /// The server refuses the status or a header, or the response was begun before and `exc_info` is `None`.
    /// With `exc_info`, exactly that error is given back when the headers are already sent (PEP 3333, "Error
    /// Handling"): return it with `?`, and the server cuts the response short.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{AppError, Headers, StartResponse};
    /// fn unavailable(start_response: &mut dyn StartResponse, reason: AppError) -> Result<(), AppError> {
    ///     let headers = Headers::from_pairs([("Content-Type", "text/plain")])?;
    ///     start_response.start_response("503 Service Unavailable", headers, Some(reason))
    /// }
    /// # struct Server;
    /// # impl wsgi_util::StartResponse for Server {
    /// #     fn start_response(
    /// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
    /// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// # }
    /// # unavailable(&mut Server, "no plants".into()).unwrap();
    /// ```
    #[doc(alias = "__call__")]
    fn start_response(
        &mut self,
        status: &str,
        headers: Headers,
        exc_info: Option<AppError>,
    ) -> Result<(), AppError>;

    /// Sends a piece of the body at once: the `write` callable (PEP 3333, "The write() Callable").
    ///
    /// # Errors
    ///
    /// The response was not begun, or the client cannot be reached.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{AppResult, Body, Environ, StartResponse};
    /// fn app(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    ///     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    ///     start_response.write(b"sent before the application returns\n")?;
    ///     Ok(Body::empty())
    /// }
    /// # struct Server;
    /// # impl wsgi_util::StartResponse for Server {
    /// #     fn start_response(
    /// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
    /// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// # }
    /// # app(&mut Environ::new(), &mut Server).unwrap();
    /// ```
    fn write(&mut self, data: &[u8]) -> Result<(), AppError>;
}

impl dyn StartResponse + '_ {
    /// Begins the response: `start_response(status, headers)`. Returns the object to `write` with.
    ///
    /// # Errors
    ///
    /// As [`start_response`](StartResponse::start_response), and a [`HeaderError`](crate::HeaderError) for a control
    /// character in a header.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{AppResult, Body, Environ, StartResponse};
    /// fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    ///     let write = start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    ///     write.write(b"written at once\n")?;
    ///     Ok("returned\n".into())
    /// }
    /// ```
    ///
    /// The headers are pairs of any texts; [`Headers`] are such pairs, also for a response that has none:
    ///
    /// ```
    /// # use wsgi_util::{AppResult, Body, Environ, Headers, StartResponse};
    /// fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    ///     start_response.start("204 No Content", &Headers::new())?;
    ///     Ok(Body::empty())
    /// }
    /// ```
    pub fn start<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        status: &str,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Result<&mut Self, AppError> {
        self.start_response(status, Headers::from_pairs(headers)?, None)?;
        Ok(self)
    }

    /// Replaces a response whose headers are not sent yet: `start_response(status, headers, exc_info)`.
    ///
    /// # Errors
    ///
    /// As [`start`](#method.start); and `exc_info` itself when the headers are already sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{AppResult, Environ, StartResponse};
    /// fn app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    ///     start_response.start("200 OK", [("Content-Type", "text/html")])?;
    ///     match "12x".parse::<u32>() {
    ///         Ok(number) => Ok(format!("<p>{number}").into()),
    ///         Err(error) => {
    ///             start_response.restart("500 Oops", [("Content-Type", "text/plain")], error)?;
    ///             Ok("not a number\n".into())
    ///         }
    ///     }
    /// }
    /// ```
    pub fn restart<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        status: &str,
        headers: impl IntoIterator<Item = (N, V)>,
        exc_info: impl Into<AppError>,
    ) -> Result<&mut Self, AppError> {
        self.start_response(status, Headers::from_pairs(headers)?, Some(exc_info.into()))?;
        Ok(self)
    }
}

/// Reads a request body: `wsgi.input`, which ends where the body ends.
///
/// Every `BufRead + Send` is one. `read()` is [`Read::read_to_end`], `read(n)` is [`read_n`](InputStream::read_n);
/// lines keep their end as in Python.
///
/// ```
/// use std::io::Read;
/// use wsgi_util::Environ;
///
/// let mut environ = Environ::new();
/// environ.set_input(&b"one\ntwo\nthree"[..]);
/// let input = environ.input();
/// assert_eq!(input.readline(None)?, b"one\n");
/// assert_eq!(input.readline(Some(2))?, b"tw");
/// assert_eq!(input.read_n(2)?, b"o\n");
/// assert_eq!(input.readlines(None)?, [b"three"]);
/// assert_eq!(input.read_n(1)?, b"", "the end stays the end");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait InputStream: BufRead + Send {
    /// Reads `size` bytes, fewer only at the end of the body: `read(size)`.
    ///
    /// # Errors
    ///
    /// The client cannot be reached, or the body is cut short.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::InputStream;
    /// let mut input = &b"12345"[..];
    /// assert_eq!(input.read_n(3)?, b"123");
    /// assert_eq!(input.read_n(3)?, b"45");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "read")]
    fn read_n(&mut self, size: usize) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        Read::take(&mut *self, size as u64).read_to_end(&mut data)?;
        Ok(data)
    }

    /// Reads one line with its end, at most `size` bytes of it: `readline([size])`. Empty at the end of the body.
    ///
    /// # Errors
    ///
    /// As [`read_n`](InputStream::read_n).
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::InputStream;
    /// let mut input = &b"one\ntwo"[..];
    /// assert_eq!(input.readline(None)?, b"one\n");
    /// assert_eq!(input.readline(Some(2))?, b"tw");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn readline(&mut self, size: Option<usize>) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        match size {
            Some(size) => Read::take(&mut *self, size as u64).read_until(b'\n', &mut line)?,
            None => self.read_until(b'\n', &mut line)?,
        };
        Ok(line)
    }

    /// Reads the remaining lines with their ends, no further ones once `hint` bytes are read: `readlines([hint])`.
    ///
    /// A hint of 0 means none, as in Python's `io`.
    ///
    /// # Errors
    ///
    /// As [`read_n`](InputStream::read_n).
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::InputStream;
    /// let mut input = &b"one\ntwo\nthree"[..];
    /// assert_eq!(input.readlines(Some(5))?, [b"one\n", b"two\n"]);
    /// assert_eq!(input.readlines(None)?, [b"three"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn readlines(&mut self, hint: Option<usize>) -> io::Result<Vec<Vec<u8>>> {
        let enough = hint.filter(|hint| *hint > 0).unwrap_or(usize::MAX);
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while bytes < enough {
            let line = self.readline(None)?;
            if line.is_empty() {
                break;
            }
            bytes += line.len();
            lines.push(line);
        }
        Ok(lines)
    }
}

impl<T: BufRead + Send> InputStream for T {}

impl dyn InputStream + '_ {
    /// Walks over the remaining lines, each with its end: `for line in environ["wsgi.input"]`.
    ///
    /// ```
    /// # let mut environ = wsgi_util::Environ::new();
    /// # environ.set_input(&b"a=1\nb=2\n"[..]);
    /// for line in environ.input().iter() {
    ///     assert!(line?.ends_with(b"\n"));
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn iter(&mut self) -> impl Iterator<Item = io::Result<Vec<u8>>> {
        std::iter::from_fn(move || {
            self.readline(None).map(|line| (!line.is_empty()).then_some(line)).transpose()
        })
    }
}

/// Takes an application's messages to the server's log: `wsgi.errors`.
///
/// Every `Write + Send` is one. It is a text stream in Python, so write UTF-8: `writeln!(environ.errors(), "...")`.
///
/// # Examples
///
/// A test can read what the application wrote:
///
/// ```
/// use std::io::Write;
/// use wsgi_util::Environ;
///
/// let mut log = Vec::new();
/// let mut environ = Environ::new();
/// environ.set_errors(&mut log);
/// writeln!(environ.errors(), "no plants left")?;
/// drop(environ);
/// assert_eq!(log, b"no plants left\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait ErrorStream: Write + Send {}

impl<T: Write + Send> ErrorStream for T {}
