//! What an application returns: PEP 3333's iterable of byte strings.

use crate::{AppError, Environ, FileWrapper, StartResponse};
use std::borrow::Cow;
use std::fmt;
use std::vec;

/// One piece of a response body.
///
/// # Examples
///
/// ```
/// use wsgi_util::{Body, Chunk};
///
/// let page = Chunk::Borrowed(b"<p>This one is never copied");
/// let list = Chunk::Owned(vec![b'-'; 80]);
/// assert_eq!((page.len(), list.len()), (27, 80));
/// let body = Body::from([page, list]);
/// ```
pub type Chunk = Cow<'static, [u8]>;

/// Produces a response body step by step.
///
/// Each step is handed the environ and `start_response`, as a Python generator has them in scope: the response may be
/// begun as late as in the first step, and the body may still read `wsgi.input`.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use wsgi_util::{AppError, Body, Chunk, Environ, ResponseIterable, StartResponse};
///
/// struct Countdown {
///     left: u32,
/// }
///
/// impl ResponseIterable for Countdown {
///     fn next_chunk(&mut self, _: &mut Environ<'_>, _: &mut dyn StartResponse) -> Result<Option<Chunk>, AppError> {
///         let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
///         self.left = left;
///         Ok(Some(format!("{left}\n").into_bytes().into()))
///     }
///     fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
///         Ok(writeln!(environ.errors(), "stopped at {}", self.left)?)
///     }
/// }
///
/// let mut body = Body::iterable(Countdown { left: 3 });
/// # struct Server;
/// # impl wsgi_util::StartResponse for Server {
/// #     fn start_response(
/// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
/// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
/// # }
/// # let (mut environ, mut server) = (Environ::new(), Server);
/// assert_eq!(body.next_chunk(&mut environ, &mut server)?.as_deref(), Some(&b"2\n"[..]));
/// body.close(&mut environ)?; // writes "stopped at 2" to the log
/// # Ok::<(), wsgi_util::AppError>(())
/// ```
pub trait ResponseIterable: Send {
    /// Gives the next piece, or `None` at the end.
    ///
    /// An empty piece is not the end; it only lets the server do something else in between.
    ///
    /// # Errors
    ///
    /// The body cannot go on. The server does not ask again, but closes the iterable.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{Body, Environ, ResponseIterable};
    /// # struct Server;
    /// # impl wsgi_util::StartResponse for Server {
    /// #     fn start_response(
    /// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
    /// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// # }
    /// # let (mut environ, mut server) = (Environ::new(), Server);
    /// let (mut body, mut bytes) = (Body::from(["one\n", "two\n"]), 0);
    /// while let Some(chunk) = body.next_chunk(&mut environ, &mut server)? {
    ///     bytes += chunk.len();
    /// }
    /// assert_eq!(bytes, 8);
    /// # Ok::<(), wsgi_util::AppError>(())
    /// ```
    #[doc(alias = "__next__")]
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError>;

    /// Tells how many pieces are left, where that is known.
    ///
    /// It is Python's `len(result)` when asked before the first step: a server that hears 1 can compute the
    /// Content-Length from the only piece.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{Body, ResponseIterable};
    /// assert_eq!(Body::from("one piece").size_hint(), Some(1));
    /// assert_eq!(Body::iter(["from", "an", "iterator"]).size_hint(), None);
    /// ```
    #[doc(alias = "__len__")]
    fn size_hint(&self) -> Option<usize> {
        None
    }

    /// Releases what the iterable holds. A server calls it exactly once, however the response ends.
    ///
    /// # Errors
    ///
    /// Whatever went wrong; the server logs it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{Body, Environ, FileWrapper, ResponseIterable};
    /// let mut body = Body::from(FileWrapper::new(std::fs::File::open("Cargo.toml")?));
    /// body.close(&mut Environ::new())?; // and the file with it
    /// # Ok::<(), wsgi_util::AppError>(())
    /// ```
    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        let _ = environ;
        Ok(())
    }
}

/// The body of a response.
///
/// Made `From` text, bytes, lists of either and a [`FileWrapper`], or by the functions below.
/// It is a [`ResponseIterable`] itself, so that servers and middleware need not care which it is.
///
/// ```
/// use wsgi_util::{AppResult, Body, FileWrapper};
///
/// let text: Body = "Hello world!\n".into();
/// let owned: Body = format!("{} plants\n", 12).into();
/// let bytes: Body = b"\x89PNG".into();
/// let list: Body = vec!["one\n", "two\n"].into();
/// let lines = Body::iter((1..=3).map(|n| format!("{n}\n")));
/// let file: Body = FileWrapper::new(std::io::empty()).into();
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Body {
    /// A list of one piece: `[b"..."]`.
    Single(Chunk),
    /// A list of pieces, or none.
    List(vec::IntoIter<Chunk>),
    /// A file in blocks, which a server may send by other means (`wsgi.file_wrapper`).
    File(FileWrapper),
    /// Anything else that produces pieces.
    Iterable(Box<dyn ResponseIterable>),
}

impl Body {
    /// A body without any piece: `[]`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{AppResult, Body, Environ, Headers, StartResponse};
    /// fn not_modified(_: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    ///     start_response.start("304 Not Modified", &Headers::new())?;
    ///     Ok(Body::empty())
    /// }
    /// # struct Server;
    /// # impl wsgi_util::StartResponse for Server {
    /// #     fn start_response(
    /// #         &mut self, _: &str, _: wsgi_util::Headers, _: Option<wsgi_util::AppError>,
    /// #     ) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// #     fn write(&mut self, _: &[u8]) -> Result<(), wsgi_util::AppError> { Ok(()) }
    /// # }
    /// # not_modified(&mut Environ::new(), &mut Server).unwrap();
    /// ```
    pub fn empty() -> Body {
        Body::List(Vec::new().into_iter())
    }

    /// A body from an iterator of pieces.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Body;
    /// let plants = vec!["fern", "moss"];
    /// let body = Body::iter(plants.into_iter().map(|plant| format!("<li>{plant}\n")));
    /// ```
    pub fn iter<I>(pieces: I) -> Body
    where
        I: IntoIterator,
        I::IntoIter: Send + 'static,
        I::Item: IntoChunk,
    {
        let mut pieces = pieces.into_iter();
        Body::from_fn(move |_, _| Ok(pieces.next()))
    }

    /// A body from an iterator whose pieces may fail. The first error ends it.
    ///
    /// # Examples
    ///
    /// The file is read while the response is sent:
    ///
    /// ```
    /// # use wsgi_util::Body;
    /// use std::io::{BufRead, BufReader};
    ///
    /// let file = BufReader::new(std::fs::File::open("Cargo.toml")?);
    /// let body = Body::try_iter(file.lines().map(|line| line.map(|line| line.to_uppercase() + "\n")));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn try_iter<I, C, E>(pieces: I) -> Body
    where
        I: IntoIterator<Item = Result<C, E>>,
        I::IntoIter: Send + 'static,
        C: IntoChunk,
        E: Into<AppError>,
    {
        let mut pieces = pieces.into_iter();
        Body::from_fn(move |_, _| pieces.next().transpose().map_err(Into::into))
    }

    /// A body from a closure that gives the next piece each time it is called: what a generator is in Python.
    ///
    /// ```
    /// # use wsgi_util::{AppResult, Body, Environ, StartResponse};
    /// fn countdown(_: &mut Environ, _: &mut dyn StartResponse) -> AppResult {
    ///     let mut left = 3;
    ///     Ok(Body::from_fn(move |_environ, start_response| {
    ///         if left == 3 {
    ///             start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    ///         }
    ///         left -= 1;
    ///         Ok((left >= 0).then(|| format!("{left}\n")))
    ///     }))
    /// }
    /// ```
    pub fn from_fn<F, C>(step: F) -> Body
    where
        F: FnMut(&mut Environ<'_>, &mut dyn StartResponse) -> Result<Option<C>, AppError>
            + Send
            + 'static,
        C: IntoChunk,
    {
        Body::iterable(FromFn { step })
    }

    /// A body from an iterable of its own type.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{AppError, Body, Chunk, Environ, ResponseIterable, StartResponse};
    /// struct Pieces(Vec<Chunk>);
    ///
    /// impl ResponseIterable for Pieces {
    ///     fn next_chunk(&mut self, _: &mut Environ<'_>, _: &mut dyn StartResponse) -> Result<Option<Chunk>, AppError> {
    ///         Ok(self.0.pop())
    ///     }
    /// }
    /// let body = Body::iterable(Pieces(vec![Chunk::Borrowed(b"last"), Chunk::Borrowed(b"first, ")]));
    /// ```
    pub fn iterable(iterable: impl ResponseIterable + 'static) -> Body {
        Body::Iterable(Box::new(iterable))
    }
}

impl Default for Body {
    fn default() -> Body {
        Body::empty()
    }
}

impl ResponseIterable for Body {
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        match self {
            Body::Single(chunk) => {
                let chunk = std::mem::take(chunk);
                *self = Body::empty();
                Ok(Some(chunk))
            }
            Body::List(chunks) => Ok(chunks.next()),
            Body::File(file) => Ok(file.next().transpose()?.map(Chunk::Owned)),
            Body::Iterable(iterable) => iterable.next_chunk(environ, start_response),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        match self {
            Body::Single(_) => Some(1),
            Body::List(chunks) => Some(chunks.len()),
            Body::File(_) => None,
            Body::Iterable(iterable) => iterable.size_hint(),
        }
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        match self {
            Body::Single(_) | Body::List(_) => {}
            Body::File(file) => file.close(),
            Body::Iterable(iterable) => iterable.close(environ)?,
        }
        Ok(())
    }
}

impl fmt::Debug for dyn ResponseIterable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseIterable")
    }
}

/// What can be one piece of a body: text and bytes, literal or owned.
///
/// # Examples
///
/// ```
/// use wsgi_util::{Body, IntoChunk};
///
/// /// A body between two tags, whatever kind of text or bytes it is.
/// fn framed(content: impl IntoChunk) -> Body {
///     Body::from([b"<pre>".into_chunk(), content.into_chunk(), b"</pre>".into_chunk()])
/// }
/// framed("literal");
/// framed(format!("{} plants", 12));
/// framed(vec![0xe2, 0x82, 0xac]);
/// ```
pub trait IntoChunk {
    /// Turns the value into the piece, without a copy.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::IntoChunk;
    /// assert_eq!(*"text".into_chunk(), *b"text");
    /// assert_eq!(*vec![1, 2].into_chunk(), [1, 2]);
    /// ```
    fn into_chunk(self) -> Chunk;
}

impl IntoChunk for Chunk {
    fn into_chunk(self) -> Chunk {
        self
    }
}

impl IntoChunk for &'static [u8] {
    fn into_chunk(self) -> Chunk {
        Cow::Borrowed(self)
    }
}

impl<const N: usize> IntoChunk for &'static [u8; N] {
    fn into_chunk(self) -> Chunk {
        Cow::Borrowed(self)
    }
}

impl IntoChunk for Vec<u8> {
    fn into_chunk(self) -> Chunk {
        Cow::Owned(self)
    }
}

impl IntoChunk for &'static str {
    fn into_chunk(self) -> Chunk {
        Cow::Borrowed(self.as_bytes())
    }
}

impl IntoChunk for String {
    fn into_chunk(self) -> Chunk {
        Cow::Owned(self.into_bytes())
    }
}

impl IntoChunk for Cow<'static, str> {
    fn into_chunk(self) -> Chunk {
        match self {
            Cow::Borrowed(text) => text.into_chunk(),
            Cow::Owned(text) => text.into_chunk(),
        }
    }
}

impl<C: IntoChunk> From<C> for Body {
    fn from(chunk: C) -> Body {
        Body::Single(chunk.into_chunk())
    }
}

impl<C: IntoChunk> From<Vec<C>> for Body {
    fn from(chunks: Vec<C>) -> Body {
        Body::List(chunks.into_iter().map(C::into_chunk).collect::<Vec<_>>().into_iter())
    }
}

impl<C: IntoChunk, const N: usize> From<[C; N]> for Body {
    fn from(chunks: [C; N]) -> Body {
        Body::from(Vec::from(chunks))
    }
}

impl From<FileWrapper> for Body {
    fn from(file: FileWrapper) -> Body {
        Body::File(file)
    }
}

/// The iterable of [`Body::from_fn`].
struct FromFn<F> {
    step: F,
}

impl<F, C> ResponseIterable for FromFn<F>
where
    F: FnMut(&mut Environ<'_>, &mut dyn StartResponse) -> Result<Option<C>, AppError> + Send,
    C: IntoChunk,
{
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        Ok((self.step)(environ, start_response)?.map(C::into_chunk))
    }
}
