//! `Hello world` from the documentation of `wsgiref.simple_server`.
//!
//! ```text
//! cargo run --example hello_wsgi [ADDRESS:PORT]
//! ```

use std::io;
use wsgi_simple_server::{AppResult, Environ, StartResponse, make_server};

fn hello_world_app(_environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    let status = "200 OK";
    let headers = [("Content-type", "text/plain; charset=utf-8")];
    start_response.start(status, headers)?;

    // The returned object is going to be printed
    Ok("Hello World".into())
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let (host, port) = address.rsplit_once(':').unwrap_or((&address, "8000"));
    let port = port.parse().map_err(io::Error::other)?;

    let httpd = make_server(host, port, hello_world_app)?;
    println!("Serving on http://{}/ ...", httpd.server_address());

    // Serve until process is killed
    httpd.serve_forever()
}
