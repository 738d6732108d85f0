//! The checks of the environ: `wsgiref.validate.check_environ`.

use super::{Violation, WsgiWarning};
use crate::{Environ, native};

/// Keys that an environ must have, in CPython's order, which leaves `wsgi.url_scheme` to a later look-up.
const REQUIRED: [&str; 10] = [
    "REQUEST_METHOD",
    "SERVER_NAME",
    "SERVER_PORT",
    "wsgi.version",
    "wsgi.input",
    "wsgi.errors",
    "wsgi.multithread",
    "wsgi.multiprocess",
    "wsgi.run_once",
    "wsgi.url_scheme",
];

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "OPTIONS", "PATCH", "PUT", "DELETE", "TRACE"];

/// Checks an environ as the server hands it over.
pub(super) fn check(environ: &Environ<'_>, report: &dyn Fn(&WsgiWarning)) -> Result<(), Violation> {
    if let Some(key) = REQUIRED.into_iter().find(|key| !environ.contains_key(key)) {
        return Err(Violation::MissingKey { key });
    }
    for key in ["HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"] {
        if environ.contains_key(key) {
            return Err(Violation::HttpKey { key });
        }
    }
    if !environ.contains_key("QUERY_STRING") {
        report(&WsgiWarning::NoQueryString);
    }
    for (key, value) in environ.iter().filter(|(key, _)| is_of_the_request(key)) {
        if let Some(character) = native::first_non_native(&value) {
            return Err(Violation::NotNative { key, character });
        }
    }
    if !matches!(environ.url_scheme(), "http" | "https") {
        return Err(Violation::UrlScheme { scheme: environ.url_scheme().to_owned() });
    }
    let method = environ.get("REQUEST_METHOD").unwrap_or_default();
    if !METHODS.contains(&&*method) {
        report(&WsgiWarning::UnknownMethod { method: method.clone().into_owned() });
    }
    check_path(environ, &method)?;
    if let Some(value) = environ.get("CONTENT_LENGTH") {
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Violation::ContentLength { value: value.into_owned() });
        }
    }
    Ok(())
}

/// Tells whether a variable describes the request. Others may be any text: a CGI program finds everything there that
/// is in the environment of its process.
fn is_of_the_request(key: &str) -> bool {
    OF_THE_REQUEST.contains(&key)
        || ["HTTP_", "REMOTE_", "SSL_"].iter().any(|prefix| key.starts_with(prefix))
}

/// The variables of RFC 3875 §4.1 that the client decides about, or that say where it has connected to.
const OF_THE_REQUEST: [&str; 10] = [
    "AUTH_TYPE",
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "PATH_INFO",
    "QUERY_STRING",
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
];

fn check_path(environ: &Environ<'_>, method: &str) -> Result<(), Violation> {
    for key in ["SCRIPT_NAME", "PATH_INFO"] {
        let value = environ.get(key).unwrap_or_default();
        // `OPTIONS *` asks about the server as a whole (RFC 9110 §9.3.7); there is no other path to give.
        let server_wide = method == "OPTIONS" && key == "PATH_INFO" && value == "*";
        if !value.is_empty() && !value.starts_with('/') && !server_wide {
            return Err(Violation::NoSlash { key, value: value.into_owned() });
        }
    }
    match environ.get("SCRIPT_NAME").as_deref() {
        None | Some("") if !environ.contains_key("PATH_INFO") => Err(Violation::NoPath),
        Some("/") => Err(Violation::ScriptNameSlash),
        _ => Ok(()),
    }
}
