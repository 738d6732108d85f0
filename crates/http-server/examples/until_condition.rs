//! Serves as long as a condition holds: `run_while_true` of the Python documentation.
//!
//! The condition is looked at before each request. `GET /stop` makes it false.
//!
//! ```text
//! cargo run -p http-server --example until_condition [ADDRESS:PORT]
//! ```

use http_server::{BaseHttpRequestHandler, Exchange, HttpServer, Serve};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What connections share goes in an `Arc`; the factory gives each handler its own.
struct MyHandler {
    running: Arc<AtomicBool>,
}

impl BaseHttpRequestHandler for MyHandler {
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        if x.path() == "/stop" {
            self.running.store(false, Ordering::Relaxed);
        }
        let page = format!("keep running: {}\n", self.running.load(Ordering::Relaxed));
        x.send_response(200)?;
        x.send_header("Content-Type", "text/plain")?;
        x.send_header("Content-Length", &page.len().to_string())?;
        x.end_headers()?;
        x.wfile.write_all(page.as_bytes())
    }
}

fn run_while_true(address: &str, running: Arc<AtomicBool>) -> io::Result<()> {
    let factory = {
        let running = Arc::clone(&running);
        move || MyHandler { running: Arc::clone(&running) }
    };
    let httpd = HttpServer::bind(address, factory)?;
    println!("Serving HTTP on http://{}/ until /stop ...", httpd.server_address());
    while running.load(Ordering::Relaxed) {
        httpd.handle_request()?;
    }
    println!("Stopped.");
    Ok(())
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    run_while_true(&address, Arc::new(AtomicBool::new(true)))
}
