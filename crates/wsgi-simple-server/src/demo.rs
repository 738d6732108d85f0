//! The application that shows its environ.

use http_server::repr::str_repr;
use std::fmt::Write;
use wsgi_util::{AppResult, Environ, EnvironValue, StartResponse};

/// Greets the world and lists the environ: `wsgiref.simple_server.demo_app`.
///
/// The page is `Hello world!`, an empty line, and the environ sorted by key, one `KEY = value` a line, where the values
/// are written as Python's `repr` does. Streams and the like appear as `<wsgi.input>`.
///
/// # Errors
///
/// Those of `start_response`.
///
/// # Examples
///
/// ```
/// use wsgi_simple_server::{demo_app, make_server};
///
/// let server = make_server("127.0.0.1", 0, demo_app)?;
/// println!("http://{}/", server.server_address());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn demo_app(environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    let mut page = String::from("Hello world!\n\n");
    for (key, value) in environ.items() {
        // Writing to a String cannot fail.
        let _ = match value {
            EnvironValue::Str(text) => writeln!(page, "{key} = {}", str_repr(&text)),
            other => writeln!(page, "{key} = {other}"),
        };
    }
    start_response.start("200 OK", [("Content-Type", "text/plain; charset=utf-8")])?;
    Ok(page.into())
}
