//! The environ dictionary.

mod detach;
mod typed;
mod value;

pub use value::EnvironValue;

use crate::native;
use detach::Copied;
use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::Utf8Error;
use typed::{Extension, Typed, URL_SCHEME};

/// A server's own view of a request, read through by [`Environ`]: nothing is built until somebody asks.
///
/// Values are [native strings](crate::native). The `wsgi.*` keys are not the source's business.
///
/// ```
/// use std::borrow::Cow;
/// use wsgi_util::{Environ, EnvironSource, native};
///
/// /// A request whose bytes stay where they were received.
/// struct Received<'r> {
///     method: &'r [u8],
///     query: &'r [u8],
/// }
///
/// impl EnvironSource for Received<'_> {
///     fn get(&self, key: &str) -> Option<Cow<'_, str>> {
///         match key {
///             "REQUEST_METHOD" => Some(native::from_bytes(self.method)),
///             "QUERY_STRING" => Some(native::from_bytes(self.query)),
///             _ => None,
///         }
///     }
///     fn for_each(&self, each: &mut dyn FnMut(&str, &str)) {
///         each("REQUEST_METHOD", &native::from_bytes(self.method));
///         each("QUERY_STRING", &native::from_bytes(self.query));
///     }
/// }
///
/// let mut environ = Environ::with_source(Received { method: b"GET", query: b"a=1" });
/// environ.insert("REQUEST_METHOD", "HEAD");
/// assert_eq!(environ.keys(), ["QUERY_STRING", "REQUEST_METHOD"]);
/// assert_eq!(environ.get("REQUEST_METHOD").as_deref(), Some("HEAD"));
/// ```
pub trait EnvironSource: Send {
    /// The value of a key, or `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::borrow::Cow;
    /// # use wsgi_util::{Environ, EnvironSource};
    /// # struct Plain;
    /// #
    /// # impl EnvironSource for Plain {
    /// #     fn get(&self, key: &str) -> Option<Cow<'_, str>> {
    /// #         (key == "REQUEST_METHOD").then_some("GET".into())
    /// #     }
    /// #     fn for_each(&self, each: &mut dyn FnMut(&str, &str)) {
    /// #         each("REQUEST_METHOD", "GET");
    /// #     }
    /// # }
    /// assert_eq!(Plain.get("REQUEST_METHOD").as_deref(), Some("GET"));
    /// assert_eq!(Plain.get("QUERY_STRING"), None);
    /// ```
    fn get(&self, key: &str) -> Option<Cow<'_, str>>;

    /// Calls `each` for every key with its value, in any order, each key once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::borrow::Cow;
    /// # use wsgi_util::{Environ, EnvironSource};
    /// # struct Plain;
    /// #
    /// # impl EnvironSource for Plain {
    /// #     fn get(&self, key: &str) -> Option<Cow<'_, str>> {
    /// #         (key == "REQUEST_METHOD").then_some("GET".into())
    /// #     }
    /// #     fn for_each(&self, each: &mut dyn FnMut(&str, &str)) {
    /// #         each("REQUEST_METHOD", "GET");
    /// #     }
    /// # }
    /// let mut keys = Vec::new();
    /// Plain.for_each(&mut |key, _| keys.push(key.to_owned()));
    /// assert_eq!(keys, ["REQUEST_METHOD"]);
    /// ```
    fn for_each(&self, each: &mut dyn FnMut(&str, &str));

    /// Turns the source into one that borrows nothing, for [`Environ::detach`]: by default, all strings are copied.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::borrow::Cow;
    /// # use wsgi_util::EnvironSource;
    /// # struct Received<'r> {
    /// #     method: &'r str,
    /// # }
    /// # impl EnvironSource for Received<'_> {
    /// #     fn get(&self, key: &str) -> Option<Cow<'_, str>> {
    /// #         (key == "REQUEST_METHOD").then_some(self.method.into())
    /// #     }
    /// #     fn for_each(&self, each: &mut dyn FnMut(&str, &str)) {
    /// #         each("REQUEST_METHOD", self.method);
    /// #     }
    /// # }
    /// let buffer = String::from("GET");
    /// let source = Box::new(Received { method: &buffer }).into_owned();
    /// drop(buffer);
    /// assert_eq!(source.get("REQUEST_METHOD").as_deref(), Some("GET"));
    /// ```
    fn into_owned(self: Box<Self>) -> Box<dyn EnvironSource> {
        Box::new(Copied::from(&*self))
    }
}

/// The environ of one request: a map with string keys, which an application may change.
///
/// Most values are strings, and [native strings](crate::native) at that: `PATH_INFO` has one char per byte of the
/// path. [`get_utf8`](Environ::get_utf8) gives the text that was meant. The `wsgi.*` values have types and so their own
/// methods ([`input`](Environ::input), [`errors`](Environ::errors), [`url_scheme`](Environ::url_scheme), ...);
/// what a framework passes along, of any type, goes into an [extension](Environ::set_extension).
///
/// `'a` is what the server lends for the request; `Environ<'static>` owns everything and can be sent to another thread.
///
/// ```
/// use wsgi_util::Environ;
///
/// let mut environ = Environ::from([("REQUEST_METHOD", "GET"), ("PATH_INFO", "/caf\u{c3}\u{a9}")]);
/// environ.insert("myapp.user", "anna");
///
/// assert_eq!(environ.get("REQUEST_METHOD").as_deref(), Some("GET"));
/// assert_eq!(environ.get_utf8("PATH_INFO")?.as_deref(), Some("/café"));
/// assert_eq!(environ.get("QUERY_STRING"), None);
/// # Ok::<(), wsgi_util::NotUtf8>(())
/// ```
#[doc(alias = "WSGIEnvironment")]
#[derive(Default)]
pub struct Environ<'a> {
    source: Option<Box<dyn EnvironSource + 'a>>,
    typed: Typed<'a>,
    /// `None` until something is put into it: most requests are answered without.
    overlay: Option<Box<Overlay>>,
}

/// What was put into an environ since it was made.
#[derive(Default)]
struct Overlay {
    /// The strings; `None` hides a key of the source.
    changes: BTreeMap<Cow<'static, str>, Option<String>>,
    extensions: BTreeMap<Cow<'static, str>, Extension>,
}

impl<'a> Environ<'a> {
    /// An environ without any key: `{}`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// assert!(Environ::new().keys().is_empty());
    /// ```
    pub fn new() -> Environ<'a> {
        Environ::default()
    }

    /// An environ that reads through to a server's own view of the request.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::borrow::Cow;
    /// # use wsgi_util::{Environ, EnvironSource};
    /// struct Plain;
    ///
    /// impl EnvironSource for Plain {
    ///     fn get(&self, key: &str) -> Option<Cow<'_, str>> {
    ///         (key == "REQUEST_METHOD").then_some("GET".into())
    ///     }
    ///     fn for_each(&self, each: &mut dyn FnMut(&str, &str)) {
    ///         each("REQUEST_METHOD", "GET");
    ///     }
    /// }
    ///
    /// let environ = Environ::with_source(Plain);
    /// assert_eq!(environ.get("REQUEST_METHOD").as_deref(), Some("GET"));
    /// ```
    pub fn with_source(source: impl EnvironSource + 'a) -> Environ<'a> {
        Environ { source: Some(Box::new(source)), ..Environ::default() }
    }

    /// The string under a key. (`None`, too, for the `wsgi.*` keys with a type, other than `wsgi.url_scheme`.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let environ = Environ::from([("REQUEST_METHOD", "GET"), ("PATH_INFO", "/shop")]);
    /// assert_eq!(environ.get("REQUEST_METHOD").as_deref(), Some("GET"));
    /// assert_eq!(environ.get("QUERY_STRING").unwrap_or_default(), "");
    /// ```
    #[doc(alias = "__getitem__")]
    pub fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        if let Some(change) = self.change(key) {
            return change.map(Cow::Borrowed);
        }
        if Typed::is_typed(key) {
            return if key == URL_SCHEME {
                self.typed.url_scheme.as_deref().map(Cow::Borrowed)
            } else {
                None
            };
        }
        self.source.as_ref()?.get(key)
    }

    /// The bytes that the string under a key stands for.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let environ = Environ::from([("PATH_INFO", "/caf\u{c3}\u{a9}")]);
    /// assert_eq!(environ.get_bytes("PATH_INFO").as_deref(), Some(&b"/caf\xc3\xa9"[..]));
    /// ```
    pub fn get_bytes(&self, key: &str) -> Option<Cow<'_, [u8]>> {
        Some(match self.get(key)? {
            Cow::Borrowed(text) => native::to_bytes(text),
            Cow::Owned(text) => Cow::Owned(native::to_bytes(&text).into_owned()),
        })
    }

    /// The string under a key, decoded as UTF-8: what `PATH_INFO` means in nearly every application.
    ///
    /// # Errors
    ///
    /// The bytes are not UTF-8. (An application may want to answer 400 or 404 then.)
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let environ = Environ::from([("PATH_INFO", "/caf\u{c3}\u{a9}")]);
    /// assert_eq!(environ.get_utf8("PATH_INFO")?.as_deref(), Some("/café"));
    /// # Ok::<(), wsgi_util::NotUtf8>(())
    /// ```
    pub fn get_utf8(&self, key: &str) -> Result<Option<Cow<'_, str>>, NotUtf8> {
        let not_utf8 = |source| NotUtf8 { key: key.to_owned(), source };
        Ok(match self.get_bytes(key) {
            None => None,
            Some(Cow::Borrowed(bytes)) => {
                Some(Cow::Borrowed(std::str::from_utf8(bytes).map_err(not_utf8)?))
            }
            Some(Cow::Owned(bytes)) => Some(Cow::Owned(
                String::from_utf8(bytes).map_err(|error| not_utf8(error.utf8_error()))?,
            )),
        })
    }

    /// Tells whether a key has a value, of whatever type.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::from([("REQUEST_METHOD", "GET"), ("PATH_INFO", "/shop")]);
    /// environ.set_multithread(false);
    /// assert!(environ.contains_key("PATH_INFO"));
    /// assert!(environ.contains_key("wsgi.multithread"));
    /// assert!(!environ.contains_key("wsgi.run_once"));
    /// ```
    #[doc(alias = "__contains__")]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
            || self.typed.value(key).is_some()
            || self.overlay.as_ref().is_some_and(|overlay| overlay.extensions.contains_key(key))
    }

    /// Sets a key to a native string. For other text than ASCII see [`insert_utf8`](Environ::insert_utf8).
    ///
    /// # Panics
    ///
    /// If the key is one of the `wsgi.*` keys that hold no string: these have a method each, such as
    /// [`set_input`](Environ::set_input).
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::from([("REQUEST_METHOD", "GET"), ("PATH_INFO", "/shop")]);
    /// environ.insert("PATH_INFO", "/");
    /// assert_eq!(environ.get("PATH_INFO").as_deref(), Some("/"));
    /// ```
    #[doc(alias = "__setitem__")]
    pub fn insert(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        if key == URL_SCHEME {
            self.typed.url_scheme = Some(value.into());
            return;
        }
        assert!(
            !Typed::is_typed(&key),
            "environ[{key:?}] does not hold a string: use the method that sets it"
        );
        let overlay = self.overlay_mut();
        overlay.extensions.remove(&key);
        overlay.changes.insert(key, Some(value));
    }

    /// Sets a key to the native string that stands for the UTF-8 bytes of a text.
    ///
    /// ```
    /// # let mut environ = wsgi_util::Environ::new();
    /// environ.insert_utf8("PATH_INFO", "/café");
    /// assert_eq!(environ.get("PATH_INFO").as_deref(), Some("/caf\u{c3}\u{a9}"));
    /// ```
    ///
    /// # Panics
    ///
    /// As [`insert`](Environ::insert).
    pub fn insert_utf8(&mut self, key: impl Into<Cow<'static, str>>, value: &str) {
        self.insert(key, native::from_bytes(value.as_bytes()));
    }

    /// Sets a key unless it has a value, and gives the value it has then.
    ///
    /// # Panics
    ///
    /// As [`insert`](Environ::insert), when the key has no value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::from([("REQUEST_METHOD", "GET"), ("PATH_INFO", "/shop")]);
    /// assert_eq!(environ.setdefault("REQUEST_METHOD", "HEAD"), "GET");
    /// assert_eq!(environ.setdefault("SERVER_PORT", "80"), "80");
    /// ```
    pub fn setdefault(&mut self, key: impl Into<Cow<'static, str>>, value: &str) -> Cow<'_, str> {
        let key = key.into();
        if !self.contains_key(&key) {
            self.insert(key.clone(), value);
        }
        self.get(&key).unwrap_or_default()
    }

    /// Takes everything over that another environ has, values of every type; where both have a key, the other's value
    /// stays: `environ.update(other)`.
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::from([("SERVER_NAME", "localhost"), ("SERVER_PORT", "80")]);
    /// environ.update(Environ::from([("SERVER_PORT", "8000"), ("REQUEST_METHOD", "GET")]));
    /// assert_eq!(environ.keys(), ["REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT"]);
    /// assert_eq!(environ.get("SERVER_PORT").as_deref(), Some("8000"));
    /// ```
    pub fn update(&mut self, other: Environ<'a>) {
        // The other one may have a source, which is better kept than read; so this one's values are put into it.
        let before = std::mem::replace(self, other);
        before.for_each_str(&mut |key, value| {
            if !self.contains_key(key) {
                self.insert(key.to_owned(), value);
            }
        });
        for (key, value) in before.overlay.map(|overlay| overlay.extensions).into_iter().flatten() {
            if !self.contains_key(&key) {
                self.overlay_mut().extensions.insert(key, value);
            }
        }
        self.typed.fill_from(before.typed);
    }

    /// Removes a key; gives the string it held, if it was one. Removing a key that is not there is no error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::from([("REQUEST_METHOD", "GET"), ("PATH_INFO", "/shop")]);
    /// assert_eq!(environ.remove("REQUEST_METHOD").as_deref(), Some("GET"));
    /// assert_eq!(environ.remove("REQUEST_METHOD"), None);
    /// ```
    #[doc(alias = "pop")]
    pub fn remove(&mut self, key: &str) -> Option<String> {
        let value = self.get(key).map(Cow::into_owned);
        if let Some(overlay) = &mut self.overlay {
            overlay.extensions.remove(key);
            overlay.changes.remove(key);
        }
        if Typed::is_typed(key) {
            self.typed.remove(key);
        } else if self.source.as_ref().is_some_and(|source| source.get(key).is_some()) {
            self.overlay_mut().changes.insert(Cow::Owned(key.to_owned()), None);
        }
        value
    }

    /// Walks over the keys that hold strings, sorted by key.
    ///
    /// This builds every string the source can give; to look up a few keys, use [`get`](Environ::get).
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let environ = Environ::from([("REQUEST_METHOD", "GET"), ("HTTP_ACCEPT", "text/html")]);
    /// let accepted: Vec<_> = environ.iter().filter(|(key, _)| key.starts_with("HTTP_ACCEPT")).collect();
    /// assert_eq!(accepted, [("HTTP_ACCEPT".into(), "text/html".into())]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (String, String)> + use<'a> {
        let mut strings = BTreeMap::new();
        self.for_each_str(&mut |key, value| {
            strings.insert(key.to_owned(), value.to_owned());
        });
        strings.into_iter()
    }

    /// Calls `each` for every key that holds a string, in no particular order. Nothing is copied.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let environ = Environ::from([("REQUEST_METHOD", "GET"), ("PATH_INFO", "/")]);
    /// let mut bytes = 0;
    /// environ.for_each_str(&mut |key, value| bytes += key.len() + value.len());
    /// assert_eq!(bytes, 17 + 10);
    /// ```
    pub fn for_each_str(&self, each: &mut dyn FnMut(&str, &str)) {
        if let Some(scheme) = &self.typed.url_scheme {
            each(URL_SCHEME, scheme);
        }
        for (key, change) in self.overlay.iter().flat_map(|overlay| &overlay.changes) {
            if let Some(value) = change {
                each(key, value);
            }
        }
        if let Some(source) = &self.source {
            source.for_each(&mut |key, value| {
                if self.change(key).is_none() && !Typed::is_typed(key) {
                    each(key, value);
                }
            });
        }
    }

    /// What became of a key since the environ was made, if anything did: its string, or `None` if it holds none now.
    fn change(&self, key: &str) -> Option<Option<&str>> {
        self.overlay.as_ref()?.changes.get(key).map(Option::as_deref)
    }

    fn overlay_mut(&mut self) -> &mut Overlay {
        self.overlay.get_or_insert_default()
    }

    fn extensions(&self) -> impl Iterator<Item = (&Cow<'static, str>, &Extension)> {
        self.overlay.iter().flat_map(|overlay| &overlay.extensions)
    }

    /// Lists every key, sorted, with a value that can be shown: strings, and what stands for the other types.
    ///
    /// ```
    /// # let mut environ = wsgi_util::Environ::from([("PATH_INFO", "/")]);
    /// # wsgi_util::setup_testing_defaults(&mut environ);
    /// for (key, value) in environ.items() {
    ///     println!("{key} = {value:?}"); // PATH_INFO = "/" ... wsgi.version = (1, 0)
    /// }
    /// ```
    pub fn items(&self) -> Vec<(String, EnvironValue)> {
        let strings = self.iter().map(|(key, value)| (key, EnvironValue::Str(value)));
        let extensions = self
            .extensions()
            .map(|(key, value)| (key.clone().into_owned(), EnvironValue::Object(value.type_name)));
        let mut items: Vec<_> = strings.chain(self.typed.items()).chain(extensions).collect();
        items.sort_by(|(a, _), (b, _)| a.cmp(b));
        items
    }

    /// Lists every key, sorted.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let environ = Environ::from([("REQUEST_METHOD", "GET"), ("PATH_INFO", "/shop")]);
    /// assert_eq!(environ.keys(), ["PATH_INFO", "REQUEST_METHOD"]);
    /// ```
    pub fn keys(&self) -> Vec<String> {
        self.items().into_iter().map(|(key, _)| key).collect()
    }

    /// The extension under a key, if it is a `T`.
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// struct Session { user: u32 }
    ///
    /// let mut environ = Environ::new();
    /// environ.set_extension("myframework.session", Session { user: 12 });
    /// assert_eq!(environ.extension::<Session>("myframework.session").map(|session| session.user), Some(12));
    /// assert!(environ.extension::<String>("myframework.session").is_none());
    /// ```
    pub fn extension<T: Any>(&self, key: &str) -> Option<&T> {
        self.overlay.as_ref()?.extensions.get(key)?.value.downcast_ref()
    }

    /// The extension under a key, to be changed, if it is a `T`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_extension("myapp.visited", vec!["/shop"]);
    /// if let Some(visited) = environ.extension_mut::<Vec<&str>>("myapp.visited") {
    ///     visited.push("/cart");
    /// }
    /// assert_eq!(environ.extension("myapp.visited"), Some(&vec!["/shop", "/cart"]));
    /// ```
    pub fn extension_mut<T: Any>(&mut self, key: &str) -> Option<&mut T> {
        self.overlay.as_mut()?.extensions.get_mut(key)?.value.downcast_mut()
    }

    /// Puts a value of any type under a key. It replaces what was there, a string, too.
    ///
    /// # Panics
    ///
    /// If the key is one of the `wsgi.*` keys that have a method each, such as [`set_input`](Environ::set_input).
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_extension("myapp.started", std::time::Instant::now());
    /// assert!(environ.extension::<std::time::Instant>("myapp.started").is_some());
    /// ```
    pub fn set_extension<T: Any + Send>(&mut self, key: impl Into<Cow<'static, str>>, value: T) {
        let key = key.into();
        assert!(
            !Typed::is_typed(&key),
            "environ[{key:?}] has a type of its own: use the method that sets it"
        );
        self.remove(&key);
        self.overlay_mut().extensions.insert(key, Extension::new(value));
    }

    /// Takes the extension under a key out, if it is a `T`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let mut environ = Environ::new();
    /// environ.set_extension("myapp.user", 12_u32);
    /// assert_eq!(environ.take_extension::<String>("myapp.user"), None, "it stays, being no text");
    /// assert_eq!(environ.take_extension("myapp.user"), Some(12_u32));
    /// assert!(!environ.contains_key("myapp.user"));
    /// ```
    pub fn take_extension<T: Any>(&mut self, key: &str) -> Option<T> {
        self.extension::<T>(key)?;
        self.overlay.as_mut()?.extensions.remove(key)?.value.downcast().ok().map(|value| *value)
    }
}

impl fmt::Debug for Environ<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.items()).finish()
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<String>> Extend<(K, V)> for Environ<'_> {
    /// Inserts every pair; panics where [`insert`](Environ::insert) does.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(key, value)| self.insert(key, value));
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<String>> FromIterator<(K, V)> for Environ<'_> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut environ = Environ::new();
        environ.extend(pairs);
        environ
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<String>, const N: usize> From<[(K, V); N]>
    for Environ<'_>
{
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

/// The bytes under a key of an [`Environ`] are not UTF-8.
///
/// # Examples
///
/// ```
/// use wsgi_util::Environ;
///
/// let environ = Environ::from([("PATH_INFO", "/caf\u{e9}")]); // the client sent ISO-8859-1
/// let error = environ.get_utf8("PATH_INFO").unwrap_err();
/// assert_eq!(error.to_string(), "environ[\"PATH_INFO\"] is not UTF-8");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environ[{key:?}] is not UTF-8")]
pub struct NotUtf8 {
    key: String,
    source: Utf8Error,
}

impl NotUtf8 {
    /// The key whose bytes were asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::Environ;
    /// let environ = Environ::from([("PATH_INFO", "/caf\u{e9}")]);
    /// assert_eq!(environ.get_utf8("PATH_INFO").unwrap_err().key(), "PATH_INFO");
    /// ```
    pub fn key(&self) -> &str {
        &self.key
    }
}
