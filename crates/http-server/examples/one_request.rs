//! Handles one request, then exits: how a command-line program receives the answer of a login page.
//!
//! Waits a minute at most; `handle_timeout` says that nobody came.
//!
//! ```text
//! cargo run -p http-server --example one_request [ADDRESS:PORT]
//! ```

use http_server::socketserver::{BaseServer, Server, Tcp};
use http_server::{
    BaseHttpRequestHandler, Exchange, HttpHandlerClass, HttpServer, Serve, server_options,
};
use std::io::{self, Write};
use std::time::Duration;

struct MyHandler;

impl BaseHttpRequestHandler for MyHandler {
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        println!("Got {}", x.path());
        x.send_response(200)?;
        x.send_header("Content-Type", "text/plain")?;
        x.end_headers()?;
        x.wfile.write_all(b"Thank you. You may close this window.\n")
    }
}

type Factory = fn() -> MyHandler;

/// A server that says so if nobody comes. It is built on `HttpServer`, as a subclass in Python.
struct OneRequestServer(HttpServer<Factory>);

impl BaseServer for OneRequestServer {
    type Transport = Tcp;
    type Class = HttpHandlerClass<Factory>;

    fn base(&self) -> &Server<Tcp, HttpHandlerClass<Factory>> {
        self.0.base()
    }

    fn handle_timeout(&self) {
        println!("Nobody came.");
    }
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let options = server_options().timeout(Some(Duration::from_secs(60)));
    let httpd = HttpServer::bind_with(address.as_str(), (|| MyHandler) as Factory, options)?;
    println!("Waiting for one request on http://{}/ ...", httpd.server_address());
    OneRequestServer(httpd).handle_request()
}
