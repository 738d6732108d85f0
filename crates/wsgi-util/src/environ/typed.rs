//! The `wsgi.*` keys whose values are no plain strings (PEP 3333, "environ Variables").

use super::detach::Slot;
use super::{Environ, EnvironValue};
use crate::{ErrorStream, InputStream};
use std::any::Any;
use std::borrow::Cow;
use std::io;

pub(super) const URL_SCHEME: &str = "wsgi.url_scheme";

/// The keys below, sorted. `None`: the key is not in the environ.
#[derive(Default)]
pub(super) struct Typed<'a> {
    pub(super) errors: Slot<dyn ErrorStream + 'a>,
    pub(super) file_wrapper: bool,
    pub(super) input: Slot<dyn InputStream + 'a>,
    pub(super) input_terminated: Option<bool>,
    pub(super) multiprocess: Option<bool>,
    pub(super) multithread: Option<bool>,
    pub(super) run_once: Option<bool>,
    pub(super) url_scheme: Option<Cow<'static, str>>,
    pub(super) version: Option<(u32, u32)>,
}

const KEYS: [&str; 9] = [
    "wsgi.errors",
    "wsgi.file_wrapper",
    "wsgi.input",
    "wsgi.input_terminated",
    "wsgi.multiprocess",
    "wsgi.multithread",
    "wsgi.run_once",
    URL_SCHEME,
    "wsgi.version",
];

impl<'a> Typed<'a> {
    /// Takes the values over that are not here.
    pub(super) fn fill_from(&mut self, other: Typed<'a>) {
        self.errors = std::mem::take(&mut self.errors).or(other.errors);
        self.file_wrapper |= other.file_wrapper;
        self.input = std::mem::take(&mut self.input).or(other.input);
        self.input_terminated = self.input_terminated.or(other.input_terminated);
        self.multiprocess = self.multiprocess.or(other.multiprocess);
        self.multithread = self.multithread.or(other.multithread);
        self.run_once = self.run_once.or(other.run_once);
        self.url_scheme = self.url_scheme.take().or(other.url_scheme);
        self.version = self.version.or(other.version);
    }

    pub(super) fn is_typed(key: &str) -> bool {
        key.starts_with("wsgi.") && KEYS.contains(&key)
    }

    pub(super) fn value(&self, key: &str) -> Option<EnvironValue> {
        match key {
            "wsgi.errors" => self.errors.is_set().then_some(EnvironValue::Object("wsgi.errors")),
            "wsgi.file_wrapper" => {
                self.file_wrapper.then_some(EnvironValue::Object("class 'FileWrapper'"))
            }
            "wsgi.input" => self.input.is_set().then_some(EnvironValue::Object("wsgi.input")),
            "wsgi.input_terminated" => self.input_terminated.map(EnvironValue::Bool),
            "wsgi.multiprocess" => self.multiprocess.map(EnvironValue::Bool),
            "wsgi.multithread" => self.multithread.map(EnvironValue::Bool),
            "wsgi.run_once" => self.run_once.map(EnvironValue::Bool),
            "wsgi.version" => {
                self.version.map(|(major, minor)| EnvironValue::Version(major, minor))
            }
            _ => None,
        }
    }

    /// Every value that is no string, with its key.
    pub(super) fn items(&self) -> impl Iterator<Item = (String, EnvironValue)> {
        KEYS.iter().filter_map(|key| Some((key.to_string(), self.value(key)?)))
    }

    pub(super) fn remove(&mut self, key: &str) {
        match key {
            "wsgi.errors" => self.errors = Slot::Empty,
            "wsgi.file_wrapper" => self.file_wrapper = false,
            "wsgi.input" => self.input = Slot::Empty,
            "wsgi.input_terminated" => self.input_terminated = None,
            "wsgi.multiprocess" => self.multiprocess = None,
            "wsgi.multithread" => self.multithread = None,
            "wsgi.run_once" => self.run_once = None,
            URL_SCHEME => self.url_scheme = None,
            "wsgi.version" => self.version = None,
            _ => {}
        }
    }
}

/// A value of any type, and the name of the type.
pub(super) struct Extension {
    pub(super) value: Box<dyn Any + Send>,
    pub(super) type_name: &'static str,
}

impl Extension {
    pub(super) fn new<T: Any + Send>(value: T) -> Extension {
        Extension { value: Box::new(value), type_name: std::any::type_name::<T>() }
    }
}

/// The `wsgi.*` keys. A key that nobody set reads as its value in the plainest server: an empty input, errors that go
/// nowhere, one thread, one process.
impl<'a> Environ<'a> {
    /// `wsgi.version`: (1, 0).
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(wsgi_util::Environ::new().version(), (1, 0));
    /// ```
    pub fn version(&self) -> (u32, u32) {
        self.typed.version.unwrap_or((1, 0))
    }

    /// Sets `wsgi.version`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_version(1, 1);
    /// assert_eq!(environ.version(), (1, 1));
    /// ```
    pub fn set_version(&mut self, major: u32, minor: u32) {
        self.typed.version = Some((major, minor));
    }

    /// `wsgi.url_scheme`: `http` or `https`. Also to be had by [`get`](Environ::get), being a string.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// assert_eq!(environ.url_scheme(), "http");
    /// environ.insert("wsgi.url_scheme", "https");
    /// assert_eq!(environ.url_scheme(), "https");
    /// ```
    pub fn url_scheme(&self) -> &str {
        self.typed.url_scheme.as_deref().unwrap_or("http")
    }

    /// Sets `wsgi.url_scheme`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_url_scheme("https");
    /// assert_eq!(environ.get("wsgi.url_scheme").as_deref(), Some("https"));
    /// ```
    pub fn set_url_scheme(&mut self, scheme: impl Into<Cow<'static, str>>) {
        self.typed.url_scheme = Some(scheme.into());
    }

    /// `wsgi.input`: the body of the request. If nobody set it, it is set to an empty one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// # environ.set_input(&b"a=1"[..]);
    /// let form = environ.input().read_n(1024)?;
    /// assert_eq!(form, b"a=1");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn input(&mut self) -> &mut (dyn InputStream + 'a) {
        self.typed.input.get_or_insert_with(|| Box::new(io::empty()))
    }

    /// Sets `wsgi.input`. Middleware wraps what [`take_input`](Environ::take_input) gave.
    ///
    /// ```
    /// # use std::io::Read;
    /// # let mut environ = wsgi_util::Environ::new();
    /// # environ.set_input(&b"12345"[..]);
    /// let input = environ.take_input();
    /// environ.set_input(input.take(3));
    /// # assert_eq!(environ.input().read_n(9)?, b"123");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_input(&mut self, input: impl InputStream + 'a) {
        self.set_boxed_input(Box::new(input));
    }

    /// Sets `wsgi.input` to a stream that is in a box already, such as one that was taken out.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// # environ.set_input(&b"a=1"[..]);
    /// let input = environ.take_input();
    /// environ.set_boxed_input(input); // as it was
    /// assert_eq!(environ.input().read_n(9)?, b"a=1");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_boxed_input(&mut self, input: Box<dyn InputStream + 'a>) {
        self.typed.input = Slot::Own(input);
    }

    /// Takes `wsgi.input` out and leaves the key without a value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_input(&b"a=1"[..]);
    /// let mut input = environ.take_input();
    /// assert_eq!(input.read_n(9)?, b"a=1");
    /// assert!(!environ.contains_key("wsgi.input"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn take_input(&mut self) -> Box<dyn InputStream + 'a> {
        self.typed.input.take().unwrap_or_else(|| Box::new(io::empty()))
    }

    /// `wsgi.errors`: where an application writes what the log should tell. If nobody set it, it is set to one that
    /// drops everything.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::io::Write;
    /// # let mut environ = wsgi_util::Environ::new();
    /// writeln!(environ.errors(), "no plants left")?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn errors(&mut self) -> &mut (dyn ErrorStream + 'a) {
        self.typed.errors.get_or_insert_with(|| Box::new(io::sink()))
    }

    /// Sets `wsgi.errors`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_errors(std::io::stderr());
    /// assert!(environ.contains_key("wsgi.errors"));
    /// ```
    pub fn set_errors(&mut self, errors: impl ErrorStream + 'a) {
        self.set_boxed_errors(Box::new(errors));
    }

    /// Sets `wsgi.errors` to a stream that is in a box already, such as one that was taken out.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// # environ.set_errors(std::io::sink());
    /// let errors = environ.take_errors();
    /// environ.set_boxed_errors(errors); // as it was
    /// assert!(environ.contains_key("wsgi.errors"));
    /// ```
    pub fn set_boxed_errors(&mut self, errors: Box<dyn ErrorStream + 'a>) {
        self.typed.errors = Slot::Own(errors);
    }

    /// Takes `wsgi.errors` out and leaves the key without a value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_errors(std::io::stderr());
    /// let errors = environ.take_errors();
    /// assert!(!environ.contains_key("wsgi.errors"));
    /// ```
    pub fn take_errors(&mut self) -> Box<dyn ErrorStream + 'a> {
        self.typed.errors.take().unwrap_or_else(|| Box::new(io::sink()))
    }

    /// `wsgi.multithread`: another thread of the process may call the application at the same time.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wsgi_util::Environ::new().multithread());
    /// ```
    pub fn multithread(&self) -> bool {
        self.typed.multithread.unwrap_or(false)
    }

    /// Sets `wsgi.multithread`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_multithread(true);
    /// assert!(environ.multithread());
    /// ```
    pub fn set_multithread(&mut self, multithread: bool) {
        self.typed.multithread = Some(multithread);
    }

    /// `wsgi.multiprocess`: another process may call an equal application at the same time.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wsgi_util::Environ::new().multiprocess());
    /// ```
    pub fn multiprocess(&self) -> bool {
        self.typed.multiprocess.unwrap_or(false)
    }

    /// Sets `wsgi.multiprocess`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_multiprocess(true);
    /// assert!(environ.multiprocess());
    /// ```
    pub fn set_multiprocess(&mut self, multiprocess: bool) {
        self.typed.multiprocess = Some(multiprocess);
    }

    /// `wsgi.run_once`: the server expects to call the application only this time, as with CGI.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wsgi_util::Environ::new().run_once());
    /// ```
    pub fn run_once(&self) -> bool {
        self.typed.run_once.unwrap_or(false)
    }

    /// Sets `wsgi.run_once`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_run_once(true);
    /// assert!(environ.run_once());
    /// ```
    pub fn set_run_once(&mut self, run_once: bool) {
        self.typed.run_once = Some(run_once);
    }

    /// `wsgi.file_wrapper` is present: the server may send a [`Body::File`](crate::Body::File) by other means than
    /// reading it. A [`FileWrapper`](crate::FileWrapper) can be returned anyway.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wsgi_util::Environ::new().file_wrapper());
    /// ```
    pub fn file_wrapper(&self) -> bool {
        self.typed.file_wrapper
    }

    /// Sets whether `wsgi.file_wrapper` is present.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_file_wrapper(true);
    /// assert!(environ.file_wrapper());
    /// ```
    pub fn set_file_wrapper(&mut self, present: bool) {
        self.typed.file_wrapper = present;
    }

    /// `wsgi.input_terminated`: the input ends with the body, whether or not CONTENT_LENGTH says where that is.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!wsgi_util::Environ::new().input_terminated());
    /// ```
    pub fn input_terminated(&self) -> bool {
        self.typed.input_terminated.unwrap_or(false)
    }

    /// Sets `wsgi.input_terminated`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_input_terminated(true);
    /// assert!(environ.input_terminated());
    /// ```
    pub fn set_input_terminated(&mut self, input_terminated: bool) {
        self.typed.input_terminated = Some(input_terminated);
    }
}
