//! Serves a directory, as `python -m http.server` does.
//!
//! ```text
//! cargo run -p http-server --example serve_directory [DIRECTORY [ADDRESS:PORT]]
//! ```

use http_server::{Serve, SimpleHttpRequestHandler, ThreadingHttpServer};
use std::io;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let handler = SimpleHttpRequestHandler::new(arguments.next().as_deref().unwrap_or("."));
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let server = ThreadingHttpServer::bind(address.as_str(), move || handler.clone())?;
    println!("Serving HTTP on http://{}/ ...", server.server_address());
    server.serve_forever()
}
