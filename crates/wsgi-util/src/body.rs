//! What an application returns: PEP 3333's iterable of byte strings.

use crate::{AppError, Environ, FileWrapper, StartResponse};
use std::borrow::Cow;
use std::fmt;
use std::vec;

/// One piece of a response body.
pub type Chunk = Cow<'static, [u8]>;

/// Produces a response body step by step.
///
/// Each step is handed the environ and `start_response`, as a Python generator has them in scope: the response may be
/// begun as late as in the first step, and the body may still read `wsgi.input`.
pub trait ResponseIterable: Send {
    /// Gives the next piece, or `None` at the end.
    ///
    /// An empty piece is not the end; it only lets the server do something else in between.
    ///
    /// # Errors
    ///
    /// The body cannot go on. The server does not ask again, but closes the iterable.
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        start_response: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError>;

    /// Tells how many pieces are left, where that is known.
    ///
    /// It is Python's `len(result)` when asked before the first step: a server that hears 1 can compute the
    /// Content-Length from the only piece.
    #[doc(alias = "__len__")]
    fn size_hint(&self) -> Option<usize> {
        None
    }

    /// Releases what the iterable holds. A server calls it exactly once, however the response ends.
    ///
    /// # Errors
    ///
    /// Whatever went wrong; the server logs it.
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
    pub fn empty() -> Body {
        Body::List(Vec::new().into_iter())
    }

    /// A body from an iterator of pieces.
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
pub trait IntoChunk {
    /// Turns the value into the piece, without a copy.
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
