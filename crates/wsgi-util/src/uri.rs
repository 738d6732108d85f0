//! `wsgiref.util`: guess_scheme, application_uri, request_uri.

use crate::Environ;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Guesses `wsgi.url_scheme`: `https` if `HTTPS` is exactly `yes`, `on` or `1`, else `http`.
///
/// ```
/// use wsgi_util::{Environ, guess_scheme};
///
/// assert_eq!(guess_scheme(&Environ::from([("HTTPS", "on")])), "https");
/// assert_eq!(guess_scheme(&Environ::new()), "http");
/// ```
pub fn guess_scheme(environ: &Environ<'_>) -> &'static str {
    match environ.get("HTTPS").as_deref() {
        Some("yes" | "on" | "1") => "https",
        _ => "http",
    }
}

/// Gives the URI of the application, without path info and query (PEP 3333, "URL Reconstruction").
///
/// ```
/// use wsgi_util::{Environ, application_uri, setup_testing_defaults};
///
/// let mut environ = Environ::from([("HTTP_HOST", "example.com"), ("SCRIPT_NAME", "/shop"), ("PATH_INFO", "/items")]);
/// setup_testing_defaults(&mut environ);
/// assert_eq!(application_uri(&environ)?, "http://example.com/shop");
/// # Ok::<(), wsgi_util::MissingKey>(())
/// ```
///
/// # Errors
///
/// `wsgi.url_scheme` is missing, or `SERVER_NAME` or `SERVER_PORT` is where `HTTP_HOST` does not say the same.
pub fn application_uri(environ: &Environ<'_>) -> Result<String, MissingKey> {
    let required = |key| environ.get(key).ok_or(MissingKey { key });
    let scheme = required("wsgi.url_scheme")?;
    let mut uri = format!("{scheme}://");
    match environ.get("HTTP_HOST").filter(|host| !host.is_empty()) {
        Some(host) => uri.push_str(&host),
        None => {
            let name = required("SERVER_NAME")?;
            // An IPv6 address needs its brackets in a URI (RFC 3986 §3.2.2).
            if name.contains(':') && !name.starts_with('[') {
                uri.extend(["[", &name, "]"]);
            } else {
                uri.push_str(&name);
            }
            let port = required("SERVER_PORT")?;
            if port != if scheme == "https" { "443" } else { "80" } {
                uri.extend([":", &port]);
            }
        }
    }
    match environ.get_bytes("SCRIPT_NAME").filter(|script_name| !script_name.is_empty()) {
        Some(script_name) => uri.extend(percent_encode(&script_name, SCRIPT_NAME)),
        None => uri.push('/'),
    }
    Ok(uri)
}

/// Gives the URI of the request, with the query or without.
///
/// ```
/// use wsgi_util::{Environ, request_uri};
///
/// let mut environ = Environ::from([
///     ("wsgi.url_scheme", "http"),
///     ("HTTP_HOST", "example.com:8000"),
///     ("SCRIPT_NAME", "/shop"),
///     ("PATH_INFO", "/caf\u{c3}\u{a9} au lait"),
///     ("QUERY_STRING", "cup=1"),
/// ]);
/// assert_eq!(request_uri(&environ, true)?, "http://example.com:8000/shop/caf%C3%A9%20au%20lait?cup=1");
/// assert_eq!(request_uri(&environ, false)?, "http://example.com:8000/shop/caf%C3%A9%20au%20lait");
///
/// environ.remove("HTTP_HOST");
/// assert_eq!(request_uri(&environ, true).unwrap_err().key(), "SERVER_NAME");
/// # Ok::<(), wsgi_util::MissingKey>(())
/// ```
///
/// # Errors
///
/// As [`application_uri`].
pub fn request_uri(environ: &Environ<'_>, include_query: bool) -> Result<String, MissingKey> {
    let mut uri = application_uri(environ)?;
    let path_info = environ.get_bytes("PATH_INFO").unwrap_or_default();
    let mut path: &[u8] = &path_info;
    if environ.get("SCRIPT_NAME").is_none_or(|script_name| script_name.is_empty()) {
        // The application's URI ends with this slash already.
        path = path.strip_prefix(b"/").unwrap_or(path);
    }
    uri.extend(percent_encode(path, PATH_INFO));
    if include_query {
        if let Some(query) = environ.get("QUERY_STRING").filter(|query| !query.is_empty()) {
            uri.extend(["?", &query]);
        }
    }
    Ok(uri)
}

/// A key that every environ must have (PEP 3333, "environ Variables") is not there.
///
/// # Examples
///
/// ```
/// use wsgi_util::{Environ, application_uri};
///
/// let error = application_uri(&Environ::from([("HTTP_HOST", "example.com")])).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "environ[\"wsgi.url_scheme\"] is missing; the server must set it (PEP 3333, environ Variables)",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environ[{key:?}] is missing; the server must set it (PEP 3333, environ Variables)")]
pub struct MissingKey {
    key: &'static str,
}

impl MissingKey {
    /// The key.
    ///
    /// # Examples
    ///
    /// ```
    /// # use wsgi_util::{Environ, application_uri};
    /// assert_eq!(application_uri(&Environ::new()).unwrap_err().key(), "wsgi.url_scheme");
    /// ```
    pub fn key(&self) -> &'static str {
        self.key
    }
}

/// What Python's `urllib.parse.quote` encodes by default: all but letters, digits, `_.-~` and `/`.
const SCRIPT_NAME: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'/');

/// The same with `safe="/;=,"`.
const PATH_INFO: &AsciiSet = &SCRIPT_NAME.remove(b';').remove(b'=').remove(b',');
