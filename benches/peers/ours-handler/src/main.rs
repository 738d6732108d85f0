//! A handler of `http-server`: `ours-handler PORT POLLERS THREADS`.

#![forbid(unsafe_code)]

use http_server::socketserver::engine::EngineOptions;
use http_server::{BaseHttpRequestHandler, Exchange, HandlerOptions, HttpServer, server_options};
use std::io::{self, BufRead, Write};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

static OPTIONS: LazyLock<HandlerOptions> =
    LazyLock::new(|| HandlerOptions::new().protocol_version("HTTP/1.1"));

fn main() -> io::Result<()> {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, pollers, threads] = arguments[..] else {
        panic!("usage: ours-handler PORT POLLERS THREADS")
    };
    serve(port, pollers.into(), threads.into())
}

/// On the engine. More connections than the default permits, because `idle10k` holds as many as that and then wants one
/// more.
fn serve(port: u16, pollers: usize, threads: usize) -> io::Result<()> {
    let options = server_options().request_queue_size(4096);
    let engine = EngineOptions::default().pollers(pollers).threads(threads);
    HttpServer::bind_with(("127.0.0.1", port), || Handler, options)?
        .engine_with(engine.max_connections(12_000))
        .serve_forever()
}

struct Handler;

impl BaseHttpRequestHandler for Handler {
    fn options(&self) -> &HandlerOptions {
        &OPTIONS
    }

    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        match x.path() {
            "/big" => plain(x, &vec![b'x'; 1 << 20]),
            "/sleep" => {
                thread::sleep(Duration::from_millis(200));
                plain(x, b"Good morning!")
            }
            _ => plain(x, b"Hello, world!"),
        }
    }

    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let mut length = 0;
        loop {
            let count = x.rfile.fill_buf()?.len();
            if count == 0 {
                break;
            }
            length += count;
            x.rfile.consume(count);
        }
        plain(x, length.to_string().as_bytes())
    }

    /// No peer writes a line for each request.
    fn log_request(&self, _: &Exchange<'_>, _: Option<u16>, _: Option<u64>) {}
}

fn plain(x: &mut Exchange<'_>, body: &[u8]) -> io::Result<()> {
    x.send_response(200)?;
    x.send_header("Content-Type", "text/plain")?;
    x.send_header("Content-Length", &body.len().to_string())?;
    x.end_headers()?;
    x.wfile.write_all(body)
}
