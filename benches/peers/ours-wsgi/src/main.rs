//! A WSGI application on `wsgi-simple-server`: `ours-wsgi PORT POLLERS THREADS`.

#![forbid(unsafe_code)]

use std::io;
use std::thread;
use std::time::Duration;
use wsgi_simple_server::http_server::socketserver::engine::EngineOptions;
use wsgi_simple_server::http_server::{Exchange, server_options};
use wsgi_simple_server::{AppResult, Body, Environ, StartResponse, WsgiRequestHandler, WsgiServer};

fn main() -> io::Result<()> {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, pollers, threads] = arguments[..] else {
        panic!("usage: ours-wsgi PORT POLLERS THREADS")
    };
    serve(port, pollers.into(), threads.into())
}

/// On the engine. More connections than the default permits, because `idle10k` holds as many as that and then wants one
/// more.
fn serve(port: u16, pollers: usize, threads: usize) -> io::Result<()> {
    let options = server_options().request_queue_size(4096);
    let engine = EngineOptions::default().pollers(pollers).threads(threads);
    let server = WsgiServer::bind_with(("127.0.0.1", port), || Handler, options)?;
    server.set_app(application);
    server.engine_with(engine.max_connections(12_000)).serve_forever()
}

/// The length of a body of one piece is the server's to tell.
fn application(environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    let body: Body = if environ.get("REQUEST_METHOD").as_deref() == Some("POST") {
        length(environ)?.to_string().into()
    } else {
        match environ.get("PATH_INFO").as_deref() {
            Some("/big") => vec![b'x'; 1 << 20].into(),
            Some("/sleep") => {
                thread::sleep(Duration::from_millis(200));
                "Good morning!".into()
            }
            _ => "Hello, world!".into(),
        }
    };
    start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    Ok(body)
}

fn length(environ: &mut Environ<'_>) -> io::Result<usize> {
    let (input, mut length) = (environ.input(), 0);
    loop {
        let count = input.fill_buf()?.len();
        if count == 0 {
            return Ok(length);
        }
        length += count;
        input.consume(count);
    }
}

struct Handler;

impl WsgiRequestHandler for Handler {
    /// No peer writes a line for each request.
    fn log_request(&self, _: &Exchange<'_>, _: Option<u16>, _: Option<u64>) {}
}
