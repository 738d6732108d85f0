//! `Hello world!` on every path: the first program of `http.server`'s documentation.
//!
//! ```text
//! cargo run -p http-server --example hello [ADDRESS:PORT]
//! ```

use http_server::{BaseHttpRequestHandler, Exchange, HttpServer, Serve};
use std::io::{self, Write};

struct MyHandler;

impl BaseHttpRequestHandler for MyHandler {
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.send_response(200)?;
        x.send_header("Content-Type", "text/plain")?;
        x.end_headers()?;
        x.wfile.write_all(b"Hello world!\n")
    }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let httpd = HttpServer::bind(address.as_str(), || MyHandler)?;
    println!("Serving HTTP on http://{}/ ...", httpd.server_address());
    httpd.serve_forever()
}
