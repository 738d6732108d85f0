//! `Hello world!` over TLS, on the engine. Feature `tls`.
//!
//! A certificate for a try is made by
//!
//! ```text
//! openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost
//! ```
//!
//! and the program is run by
//!
//! ```text
//! cargo run -p http-server --features tls --example hello_https ADDRESS:PORT CERTFILE [KEYFILE]
//! ```

use http_server::{BaseHttpRequestHandler, Exchange, HttpsServer, TlsOptions};
use std::io::{self, Write};

struct MyHandler;

impl BaseHttpRequestHandler for MyHandler {
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.send_response(200)?;
        x.send_header("Content-Type", "text/plain")?;
        x.end_headers()?;
        writeln!(x.wfile, "Hello world, by {}!", x.server().scheme())
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8443".to_owned());
    let mut tls = TlsOptions::new(arguments.next().unwrap_or_else(|| "cert.pem".to_owned()));
    if let Some(keyfile) = arguments.next() {
        tls = tls.keyfile(keyfile);
    }
    let httpd = HttpsServer::bind(address.as_str(), || MyHandler, tls)?.engine();
    println!("Serving HTTPS on https://{}/ ...", httpd.server_address());
    httpd.serve_forever()
}
