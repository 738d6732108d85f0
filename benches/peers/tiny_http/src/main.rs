//! tiny_http with twice as many threads that answer as processors: `tiny_http-peer PORT THREADS`.

#![forbid(unsafe_code)]

use std::io;
use std::thread;
use tiny_http::{Header, Method, Request, Response, Server};

fn main() {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, threads] = arguments[..] else { panic!("usage: tiny_http-peer PORT THREADS") };
    let server = Server::http(("127.0.0.1", port)).expect("the port is free");
    thread::scope(|scope| {
        for _ in 0..2 * threads {
            scope.spawn(|| {
                for request in server.incoming_requests() {
                    // A client that went away is no concern of a benchmark.
                    let _ = answer(request);
                }
            });
        }
    });
}

fn answer(mut request: Request) -> io::Result<()> {
    let body = match (request.method(), request.url()) {
        (Method::Post, _) => {
            io::copy(request.as_reader(), &mut io::sink())?.to_string().into_bytes()
        }
        (_, "/big") => vec![b'x'; 1 << 20],
        _ => b"Hello, world!".to_vec(),
    };
    let plain = Header::from_bytes("Content-Type", "text/plain").expect("a valid field");
    // Its default for 1 MiB would be chunks; the others send a length.
    let response = Response::from_data(body).with_header(plain);
    request.respond(response.with_chunked_threshold(usize::MAX))
}
