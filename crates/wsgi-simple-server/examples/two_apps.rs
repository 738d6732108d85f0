//! Two applications on one port, told apart by the first segment of the path (`wsgiref.util.shift_path_info`).
//!
//! ```text
//! cargo run --example two_apps [ADDRESS:PORT]
//! curl http://127.0.0.1:8000/blog/2026/11
//! ```

use std::io;
use wsgi_simple_server::wsgi_util::{request_uri, shift_path_info};
use wsgi_simple_server::{AppResult, Environ, StartResponse, make_server};

/// Hands a request on to the application that is mounted where it goes.
fn dispatcher(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    match shift_path_info(environ).as_deref() {
        Some("blog") => blog(environ, start_response),
        Some("shop") => shop(environ, start_response),
        _ => {
            start_response.start("404 Not Found", [("Content-Type", "text/plain")])?;
            Ok("Try /blog or /shop.\n".into())
        }
    }
}

fn blog(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    let page = environ.get("PATH_INFO").unwrap_or_default().into_owned();
    start_response.start("200 OK", [("Content-Type", "text/plain; charset=latin-1")])?;
    Ok(format!("The blog, page {page:?}\n").into())
}

fn shop(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    // SCRIPT_NAME has what PATH_INFO has lost, so an application finds its own address.
    let here = request_uri(environ, true)?;
    start_response.start("200 OK", [("Content-Type", "text/plain; charset=latin-1")])?;
    Ok(format!("The shop at {here}\n").into())
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let (host, port) = address.rsplit_once(':').unwrap_or((&address, "8000"));
    let port = port.parse().map_err(io::Error::other)?;

    let httpd = make_server(host, port, dispatcher)?;
    println!("Serving on http://{}/ ...", httpd.server_address());
    httpd.serve_forever()
}
