//! The environ dictionary.
use crate::InputStream;
use std::borrow::Cow;
use std::io::Write;

/// A server's own view of a request, read through by [`Environ`]: nothing is built until somebody asks.
pub trait EnvironSource: Send {
    /// The value of a string key, or `None`. Native strings (PEP 3333): one char per byte (latin-1).
    fn get(&self, key: &str) -> Option<Cow<'_, str>>;
    /// Calls `each` for every key with its value, in any order, each key once.
    fn for_each(&self, each: &mut dyn FnMut(&str, &str));
}

/// The environ of one request: string keys, an application may change it.
///
/// Keys without a dot, and `wsgi.url_scheme`, are strings. The other `wsgi.*` values are typed:
/// `version()`, `multithread()`, `multiprocess()`, `run_once()`, `input()`, `errors()`, `file_wrapper...`.
/// Anything else an application wants to pass along (`myframework.session`) goes into `extensions`.
pub struct Environ<'a> {
    // overlay of set/removed keys over:
    _source: Option<Box<dyn EnvironSource + 'a>>,
    _input: Box<dyn InputStream + 'a>,
    _errors: Box<dyn Write + Send + 'a>,
}

impl<'a> Environ<'a> {
    /// The value of a string key.
    pub fn get(&self, _key: &str) -> Option<Cow<'_, str>> {
        todo!()
    }
    /// Sets a string key.
    pub fn insert(&mut self, _key: impl Into<String>, _value: impl Into<String>) {
        todo!()
    }
    /// Removes a key; gives its value.
    pub fn remove(&mut self, _key: &str) -> Option<String> {
        todo!()
    }
    /// `wsgi.input`.
    pub fn input(&mut self) -> &mut (dyn InputStream + 'a) {
        todo!()
    }
    /// `wsgi.errors`.
    pub fn errors(&mut self) -> &mut (dyn Write + 'a) {
        todo!()
    }
    // keys(), iter(), contains_key, setdefault/entry, url_scheme, typed wsgi.* getters and setters, extensions ...
}
