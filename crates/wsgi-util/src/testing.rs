//! `wsgiref.util.setup_testing_defaults`.

use crate::{Environ, guess_scheme};

/// Gives every key that PEP 3333 demands a value, unless it has one: for tests, as the values are made up.
///
/// `wsgi.input` is empty, and what is written to `wsgi.errors` is dropped.
///
/// ```
/// use wsgi_util::{Environ, request_uri, setup_testing_defaults};
///
/// let mut environ = Environ::from([("HTTPS", "on"), ("PATH_INFO", "/x")]);
/// setup_testing_defaults(&mut environ);
/// assert_eq!(environ.get("REQUEST_METHOD").as_deref(), Some("GET"));
/// assert_eq!(request_uri(&environ, true)?, "https://127.0.0.1/x");
/// # Ok::<(), wsgi_util::MissingKey>(())
/// ```
pub fn setup_testing_defaults(environ: &mut Environ<'_>) {
    environ.setdefault("SERVER_NAME", "127.0.0.1");
    environ.setdefault("SERVER_PROTOCOL", "HTTP/1.0");
    let server_name = environ.get("SERVER_NAME").unwrap_or_default().into_owned();
    environ.setdefault("HTTP_HOST", &server_name);
    environ.setdefault("REQUEST_METHOD", "GET");
    if !environ.contains_key("SCRIPT_NAME") && !environ.contains_key("PATH_INFO") {
        environ.insert("SCRIPT_NAME", "");
        environ.insert("PATH_INFO", "/");
    }

    if !environ.contains_key("wsgi.version") {
        environ.set_version(1, 0);
    }
    // Unset, these read as false, no input and errors that go nowhere; setting them to that makes the keys present.
    environ.set_run_once(environ.run_once());
    environ.set_multithread(environ.multithread());
    environ.set_multiprocess(environ.multiprocess());
    environ.input();
    environ.errors();
    environ.setdefault("wsgi.url_scheme", guess_scheme(environ));

    match environ.url_scheme() {
        "http" => drop(environ.setdefault("SERVER_PORT", "80")),
        "https" => drop(environ.setdefault("SERVER_PORT", "443")),
        _ => {}
    }
}
