//! may_minihttp, whose handlers run on coroutines: `may_minihttp-peer PORT THREADS`.

#![forbid(unsafe_code)]

use may_minihttp::{HttpService, HttpServiceFactory, Request, Response};
use std::io::{self, BufRead};

#[derive(Clone)]
struct App;

impl HttpService for App {
    fn call(&mut self, request: Request, response: &mut Response) -> io::Result<()> {
        response.header("Content-Type: text/plain");
        match (request.method(), request.path()) {
            ("POST", _) => {
                let (mut body, mut length) = (request.body(), 0);
                loop {
                    let count = body.fill_buf()?.len();
                    if count == 0 {
                        break;
                    }
                    length += count;
                    body.consume(count);
                }
                response.body_vec(length.to_string().into_bytes());
            }
            (_, "/big") => response.body_vec(vec![b'x'; 1 << 20]),
            _ => response.body("Hello, world!"),
        }
        Ok(())
    }
}

impl HttpServiceFactory for App {
    type Service = App;

    fn new_service(&self, _: usize) -> App {
        App
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<u16> = std::env::args().skip(1).flat_map(|a| a.parse()).collect();
    let [port, threads] = arguments[..] else { panic!("usage: may_minihttp-peer PORT THREADS") };
    may::config().set_workers(threads.into());
    App.start(("127.0.0.1", port))?.join().expect("the server runs on");
    Ok(())
}
