//! An environ that outlives what the server lends it.

use super::Environ;
use super::typed::Typed;
use crate::{EnvironSource, ErrorStream, InputStream};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A stream of an environ, and whose it is.
#[derive(Default)]
pub(super) enum Slot<T: ?Sized> {
    /// Nobody has set it, or it was taken out.
    #[default]
    Empty,
    /// The server's, which may take it back.
    Lent(Box<T>),
    /// What the application, or middleware, has put there.
    Own(Box<T>),
    /// The server's, which has taken it back for now.
    TakenBack,
}

impl<T: ?Sized> Slot<T> {
    pub(super) fn is_set(&self) -> bool {
        matches!(self, Slot::Lent(_) | Slot::Own(_))
    }

    pub(super) fn take(&mut self) -> Option<Box<T>> {
        match std::mem::take(self) {
            Slot::Lent(stream) | Slot::Own(stream) => Some(stream),
            Slot::Empty | Slot::TakenBack => None,
        }
    }

    pub(super) fn get_or_insert_with(&mut self, make: impl FnOnce() -> Box<T>) -> &mut T {
        if !self.is_set() {
            *self = Slot::Own(make());
        }
        match self {
            Slot::Lent(stream) | Slot::Own(stream) => stream,
            Slot::Empty | Slot::TakenBack => unreachable!("it is set above"),
        }
    }

    /// What another slot has, where this one has nothing.
    pub(super) fn or(self, other: Self) -> Self {
        if self.is_set() { self } else { other }
    }

    /// The slot with the server's stream taken back; `None` if there is a stream that is not the server's.
    fn detached<U: ?Sized>(&self) -> Option<Slot<U>> {
        match self {
            Slot::Empty => Some(Slot::Empty),
            Slot::Lent(_) | Slot::TakenBack => Some(Slot::TakenBack),
            Slot::Own(_) => None,
        }
    }

    fn reattach(&mut self, lend: impl FnOnce() -> Box<T>) {
        if matches!(self, Slot::TakenBack) {
            *self = Slot::Lent(lend());
        }
    }
}

impl<'a> Typed<'a> {
    /// Takes everything out but the server's streams; nothing if there are others.
    fn detach(&mut self) -> Option<Typed<'static>> {
        let (errors, input) = (self.errors.detached()?, self.input.detached()?);
        let Typed {
            errors: _,
            file_wrapper,
            input: _,
            input_terminated,
            multiprocess,
            multithread,
            run_once,
            url_scheme,
            version,
        } = std::mem::take(self);
        Some(Typed {
            errors,
            file_wrapper,
            input,
            input_terminated,
            multiprocess,
            multithread,
            run_once,
            url_scheme,
            version,
        })
    }
}

/// What a server needs that makes a long response while other requests are answered in the same thread.
impl<'a> Environ<'a> {
    /// Sets `wsgi.input` to a stream of the server, which [`detach`](Environ::detach) takes back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.lend_input(Box::new(&b"a=1"[..]));
    /// assert_eq!(environ.input().read_n(9)?, b"a=1");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn lend_input(&mut self, input: Box<dyn InputStream + 'a>) {
        self.typed.input = Slot::Lent(input);
    }

    /// Sets `wsgi.errors` to a stream of the server, which [`detach`](Environ::detach) takes back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.lend_errors(Box::new(std::io::stderr()));
    /// assert!(environ.contains_key("wsgi.errors"));
    /// ```
    pub fn lend_errors(&mut self, errors: Box<dyn ErrorStream + 'a>) {
        self.typed.errors = Slot::Lent(errors);
    }

    /// Takes everything out of the environ that need not end with the request, and leaves it empty: the strings, which
    /// are copied, and what was put into it. The streams that were lent are dropped, until
    /// [`reattach`](Environ::reattach).
    ///
    /// `None`, with the environ as it was, if the application has put in a stream of its own: it may hold the server's.
    ///
    /// # Examples
    ///
    /// ```
    /// use wsgi_util::Environ;
    ///
    /// let body = b"a=1&b=2".to_vec();
    /// let mut environ = Environ::from([("REQUEST_METHOD", "POST")]);
    /// environ.lend_input(Box::new(&body[..4]));
    ///
    /// let mut detached: Environ<'static> = environ.detach().expect("it has no other stream");
    /// assert_eq!(detached.keys(), ["REQUEST_METHOD"]);
    ///
    /// detached.reattach(|| Box::new(&b"b=2"[..]), || Box::new(std::io::sink()));
    /// assert_eq!(detached.keys(), ["REQUEST_METHOD", "wsgi.input"]);
    /// # let input = std::io::Read::take(detached.take_input(), 1);
    /// # detached.set_input(input);
    /// assert!(detached.detach().is_none(), "middleware has limited wsgi.input");
    /// ```
    pub fn detach(&mut self) -> Option<Environ<'static>> {
        let typed = self.typed.detach()?;
        let source = self.source.take().map(EnvironSource::into_owned);
        Some(Environ { source, typed, overlay: self.overlay.take() })
    }

    /// Lends the streams again that [`detach`](Environ::detach) has taken back, and no other.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.lend_errors(Box::new(std::io::stderr()));
    /// let mut environ = environ.detach().expect("it has no other stream");
    ///
    /// environ.reattach(|| Box::new(std::io::empty()), || Box::new(std::io::stderr()));
    /// assert_eq!(environ.keys(), ["wsgi.errors"], "there was no wsgi.input");
    /// ```
    pub fn reattach(
        &mut self,
        input: impl FnOnce() -> Box<dyn InputStream + 'a>,
        errors: impl FnOnce() -> Box<dyn ErrorStream + 'a>,
    ) {
        self.typed.input.reattach(input);
        self.typed.errors.reattach(errors);
    }
}

/// The strings of a source, copied.
pub(super) struct Copied(BTreeMap<String, String>);

impl Copied {
    pub(super) fn from(source: &(impl EnvironSource + ?Sized)) -> Self {
        let mut strings = BTreeMap::new();
        source.for_each(&mut |key, value| {
            strings.insert(key.to_owned(), value.to_owned());
        });
        Self(strings)
    }
}

impl EnvironSource for Copied {
    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        self.0.get(key).map(|value| Cow::Borrowed(value.as_str()))
    }

    fn for_each(&self, each: &mut dyn FnMut(&str, &str)) {
        self.0.iter().for_each(|(key, value)| each(key, value));
    }

    fn into_owned(self: Box<Self>) -> Box<dyn EnvironSource> {
        self
    }
}
