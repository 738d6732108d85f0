//! The directory server on the engine: files for clients that take their time.

use crate::support::*;
use http_server::{
    BaseHttpRequestHandler, Exchange, HandlerOptions, HttpServer, SimpleHandlerOptions,
    SimpleHooks, SimpleHttpRequestHandler,
};
use socketserver::engine::EngineOptions;
use std::{fmt, fs, io, thread};

struct Quiet(SimpleHttpRequestHandler);

impl SimpleHooks for Quiet {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        &self.0
    }
}

impl BaseHttpRequestHandler for Quiet {
    fn options(&self) -> &HandlerOptions {
        self.0.options()
    }
    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.serve(x)
    }
    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

/// Files, parts of them, and archives: none of those who take them slowly has a thread.
#[test]
fn slow_readers_of_files_hold_no_thread() {
    // Too much for the buffers of a socket.
    const SIZE: usize = 24 << 20;
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("small.txt"), "hello").unwrap();
    let large: Vec<u8> = (0..SIZE).map(|at| b'a' + (at / 1000 % 26) as u8).collect();
    fs::write(root.path().join("large.txt"), &large).unwrap();
    let mut options = SimpleHandlerOptions::new(root.path()).listing_formats(true);
    options.handler.protocol_version = "HTTP/1.1";
    let handler = SimpleHttpRequestHandler::with_options(options);
    let server = HttpServer::bind("127.0.0.1:0", move || Quiet(handler.clone())).unwrap();
    let engine = server.engine_with(EngineOptions::default().threads(2).pollers(1));
    let (stop, address) = (engine.shutdown_handle(), engine.server_address());
    let (_deadline, served) = (deadline(), thread::spawn(move || engine.serve_forever()));
    let get =
        |target: &str, fields: &str| format!("GET {target} HTTP/1.1\r\nHost: h\r\n{fields}\r\n");

    let mut slow: Vec<(Client, usize)> = [
        (get("/large.txt", ""), SIZE),
        (get("/large.txt", ""), SIZE),
        (get("/large.txt", "Range: bytes=1000-\r\n"), SIZE - 1000),
        (get("/large.txt", "Range: bytes=0-11999999,13000000-\r\n"), 0),
        (get("/?format=tar", ""), 0),
        (get("/large.txt", ""), SIZE),
    ]
    .into_iter()
    .map(|(request, length)| {
        let mut client = Client::connect(address);
        client.send(request);
        (client, length)
    })
    .collect();
    // They have begun, and read nothing; the two threads are there for others.
    let mut quick = Client::connect(address);
    for _ in 0..20 {
        assert!(quick.ask(get("/small.txt", "")).ends_with("\r\n\r\nhello"));
    }
    for (client, length) in &mut slow {
        if *length > 0 {
            let response = client.response();
            let (_, body) = response.split_once("\r\n\r\n").unwrap();
            assert!(body.as_bytes() == &large[SIZE - *length..]);
            assert!(client.ask(get("/small.txt", "")).ends_with("hello"));
        }
    }
    drop(slow);
    stop.shutdown();
    served.join().unwrap().unwrap();
}
