//! Small wsgiref based web server that serves the files of one directory, from the documentation of `wsgiref`.
//!
//! ```text
//! cargo run --example files [ADDRESS:PORT] [DIRECTORY]
//! ```

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};
use wsgi_simple_server::wsgi_util::FileWrapper;
use wsgi_simple_server::{AppResult, Environ, StartResponse, make_server};

/// Answers with a file below `directory`, in pieces of 8 KiB as `wsgi.file_wrapper` reads it.
fn app(
    directory: &Path,
    environ: &mut Environ,
    start_response: &mut dyn StartResponse,
) -> AppResult {
    let path_info = environ.get_utf8("PATH_INFO").ok().flatten().unwrap_or_default();
    let wanted = Path::new(path_info.trim_start_matches('/'));
    // Only names: no `..`, and nothing that starts over at the root.
    let is_inside = wanted.components().all(|part| matches!(part, Component::Normal(_)));
    let path = directory.join(wanted);

    if !(is_inside && path.is_file()) {
        start_response.start("404 Not Found", [("Content-Type", "text/plain")])?;
        return Ok("not found".into());
    }
    let mime_type = match wanted.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html",
        Some("txt" | "rs") => "text/plain",
        _ => "application/octet-stream",
    };
    let file = File::open(path)?;
    start_response.start("200 OK", [("Content-Type", mime_type)])?;
    Ok(FileWrapper::new(file).into())
}

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let directory = PathBuf::from(args.next().unwrap_or_else(|| ".".to_owned()));
    let (host, port) = address.rsplit_once(':').unwrap_or((&address, "8000"));
    let port = port.parse().map_err(io::Error::other)?;

    let httpd = make_server(
        host,
        port,
        move |environ: &mut Environ, start_response: &mut dyn StartResponse| {
            app(&directory, environ, start_response)
        },
    )?;
    println!("Serving on http://{}/ ...", httpd.server_address());
    httpd.serve_forever()
}
