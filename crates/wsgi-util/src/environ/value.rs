//! A value of the environ, to be shown.

use std::fmt;

/// What [`Environ::items`](crate::Environ::items) tells about a value.
///
/// `Display` writes what Python's `print` would: a string as it is, `True`, `(1, 0)`, `<wsgi.input>`.
///
/// # Examples
///
/// ```
/// use wsgi_util::{Environ, EnvironValue};
///
/// let mut environ = Environ::from([("PATH_INFO", "/")]);
/// environ.set_multithread(true);
/// let values: Vec<_> = environ.items().into_iter().map(|(_, value)| value).collect();
/// assert_eq!(values, [EnvironValue::Str("/".into()), EnvironValue::Bool(true)]);
/// assert_eq!(values[1].to_string(), "True");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvironValue {
    /// A [native string](crate::native).
    Str(String),
    /// `wsgi.multithread` and the like.
    Bool(bool),
    /// `wsgi.version`.
    Version(u32, u32),
    /// A stream, a function, an extension: the name of what it is.
    Object(&'static str),
}

impl fmt::Display for EnvironValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnvironValue::Str(value) => f.write_str(value),
            EnvironValue::Bool(true) => f.write_str("True"),
            EnvironValue::Bool(false) => f.write_str("False"),
            EnvironValue::Version(major, minor) => write!(f, "({major}, {minor})"),
            EnvironValue::Object(name) => write!(f, "<{name}>"),
        }
    }
}
