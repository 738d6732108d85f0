//! A WSGI application on `wsgi-simple-server`: `ours-wsgi PORT POLLERS THREADS`.

#![forbid(unsafe_code)]

use std::io;
use std::thread;
use std::time::Duration;
use wsgi_simple_server::http_server::Exchange;
use wsgi_simple_server::{
    AppResult, Body, Environ, Serve, StartResponse, WsgiRequestHandler, make_server_with,
};

fn main() -> io::Result<()> {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, pollers, threads] = arguments[..] else {
        panic!("usage: ours-wsgi PORT POLLERS THREADS")
    };
    serve(port, pollers.into(), threads.into())
}

/// The one place that knows which of our servers this is.
fn serve(port: u16, _pollers: usize, _threads: usize) -> io::Result<()> {
    make_server_with("127.0.0.1", port, application, || Handler)?.threading().serve_forever()
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
