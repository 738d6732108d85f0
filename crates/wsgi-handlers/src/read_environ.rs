//! `read_environ`: the environment of a CGI program.

use std::env;
use std::ffi::{OsStr, OsString};
use wsgi_util::{Environ, native};

/// Reads the environment of this process as a WSGI environ.
///
/// Variables that come from the request become [native strings](wsgi_util::native), one char per byte: SCRIPT_NAME,
/// PATH_INFO, QUERY_STRING, REQUEST_METHOD, AUTH_TYPE, CONTENT_TYPE, CONTENT_LENGTH, HTTPS, REMOTE_USER,
/// REMOTE_IDENT, everything that begins with `HTTP_` or `SSL_`, and each of these after `REDIRECT_`. The others stay the
/// text they are.
///
/// On Windows the environment is text, and web servers differ in how they made it from the bytes of the request:
/// Apache's mod_cgi has put one byte into each char, which is what is wanted; the others have decoded UTF-8, which is
/// undone.
///
/// Variables called `wsgi.*`, which a shell can set as well, are left out: they are the handler's.
///
/// # Examples
///
/// ```
/// let environ = wsgi_handlers::read_environ();
/// println!("{:?}", environ.get("PATH_INFO"));
/// ```
pub fn read_environ() -> Environ<'static> {
    decode(env::vars_os(), cfg!(windows))
}

/// Decodes the variables of an environment by the rules of a platform.
fn decode(
    variables: impl Iterator<Item = (OsString, OsString)>,
    windows: bool,
) -> Environ<'static> {
    let variables: Vec<_> = variables
        .map(|(key, value)| {
            let key = key.to_string_lossy().into_owned();
            // As `os.environ` of Python: the case of names means nothing on Windows.
            (if windows { key.to_ascii_uppercase() } else { key }, value)
        })
        .filter(|(key, _)| !key.starts_with("wsgi."))
        .collect();
    let is_apache = |(key, value): &(String, OsString)| {
        key == "SERVER_SOFTWARE"
            && value.to_string_lossy().to_ascii_lowercase().starts_with("apache/")
    };
    let has_native_text = windows && variables.iter().any(is_apache);
    variables
        .into_iter()
        .map(|(key, value)| {
            let value = if is_of_the_request(&key) && !has_native_text {
                native::from_bytes(&bytes(&value)).into_owned()
            } else {
                value.to_string_lossy().into_owned()
            };
            (key, value)
        })
        .collect()
}

/// CPython's `_needs_transcode`.
fn is_of_the_request(key: &str) -> bool {
    FROM_REQUEST.contains(&key)
        || key.starts_with("HTTP_")
        || key.starts_with("SSL_")
        || key.strip_prefix("REDIRECT_").is_some_and(is_of_the_request)
}

/// The bytes a variable was made from.
#[cfg(unix)]
fn bytes(value: &OsStr) -> std::borrow::Cow<'_, [u8]> {
    std::os::unix::ffi::OsStrExt::as_bytes(value).into()
}

/// The bytes a variable was made from, which were UTF-8 as far as anybody can tell.
#[cfg(not(unix))]
fn bytes(value: &OsStr) -> std::borrow::Cow<'_, [u8]> {
    value.to_string_lossy().into_owned().into_bytes().into()
}

/// CPython's `_is_request`.
const FROM_REQUEST: [&str; 10] = [
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "REQUEST_METHOD",
    "AUTH_TYPE",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "HTTPS",
    "REMOTE_USER",
    "REMOTE_IDENT",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(variables: &[(&str, &str)], windows: bool) -> Environ<'static> {
        decode(variables.iter().map(|(key, value)| (key.into(), value.into())), windows)
    }

    #[test]
    fn only_variables_of_the_request_become_native_strings() {
        let environ = decoded(
            &[
                ("PATH_INFO", "/é"),
                ("HTTP_X_NAME", "é"),
                ("SSL_CLIENT_S_DN", "é"),
                ("REDIRECT_REDIRECT_QUERY_STRING", "é"),
                ("REDIRECT_STATUS", "é"),
                ("DOCUMENT_ROOT", "/srv/é"),
                ("HTTPSX", "é"),
            ],
            false,
        );
        assert_eq!(environ.get("PATH_INFO").as_deref(), Some("/\u{c3}\u{a9}"));
        for key in ["HTTP_X_NAME", "SSL_CLIENT_S_DN", "REDIRECT_REDIRECT_QUERY_STRING"] {
            assert_eq!(environ.get(key).as_deref(), Some("\u{c3}\u{a9}"), "{key}");
        }
        for key in ["REDIRECT_STATUS", "HTTPSX"] {
            assert_eq!(environ.get(key).as_deref(), Some("é"), "{key}");
        }
        assert_eq!(environ.get("DOCUMENT_ROOT").as_deref(), Some("/srv/é"));
    }

    #[test]
    fn on_windows_the_server_software_decides() {
        let table = [
            ("Microsoft-IIS/10.0", "\u{c3}\u{a9}"),
            ("Apache/2.4.62 (Win64)", "é"),
            ("SimpleHTTP/0.6 Python/3.13.0", "\u{c3}\u{a9}"),
            ("other", "\u{c3}\u{a9}"),
        ];
        for (software, expected) in table {
            let environ = decoded(&[("Server_Software", software), ("PATH_INFO", "é")], true);
            assert_eq!(environ.get("PATH_INFO").as_deref(), Some(expected), "{software}");
        }
        let posix = decoded(&[("SERVER_SOFTWARE", "Apache/2.4.62"), ("PATH_INFO", "é")], false);
        assert_eq!(posix.get("PATH_INFO").as_deref(), Some("\u{c3}\u{a9}"));
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_survive() {
        use std::os::unix::ffi::OsStringExt;
        let raw = OsString::from_vec(b"/\xff\x80".to_vec());
        let environ = decode([("PATH_INFO".into(), raw)].into_iter(), false);
        assert_eq!(environ.get_bytes("PATH_INFO").as_deref(), Some(&b"/\xff\x80"[..]));
    }

    #[test]
    fn the_keys_of_the_handler_cannot_be_set_from_outside() {
        let environ =
            decoded(&[("wsgi.input", "x"), ("wsgi.url_scheme", "https"), ("A", "b")], false);
        assert_eq!(environ.keys(), ["A"]);
    }
}
