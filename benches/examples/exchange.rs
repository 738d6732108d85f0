//! Answers one request over and over, to have the instructions of an exchange counted.
//!
//! ```text
//! cargo build --release -p wsgiref-benches --example exchange
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/examples/exchange application curl 1000
//! ```
//!
//! The first word is `handler`, `application`, or `walk` for an application that walks over its environ. The second is
//! the request, `curl` or `browser`. Two counts with different numbers of times differ by the exchanges alone, so the
//! start of the program drops out.

#![forbid(unsafe_code)]

use http_server::{BaseHttpRequestHandler, ClientAddress, Pair, ServerInfo, handle};
use std::env;
use std::hint::black_box;
use std::io;
use wsgi_simple_server::{AppResult, Environ, StartResponse};
use wsgiref_benches::{BROWSER_GET, CURL_GET, Hello, hello, serving};

fn main() {
    let mut arguments = env::args().skip(1);
    let who = arguments.next().unwrap_or_default();
    let which = arguments.next().unwrap_or_default();
    let times: usize = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(1);
    let request = if which == "browser" { BROWSER_GET } else { CURL_GET };
    let handler: Box<dyn BaseHttpRequestHandler> = match who.as_str() {
        "handler" => Box::new(Hello::new()),
        "walk" => Box::new(serving(walk)),
        _ => Box::new(serving(hello)),
    };
    let input = request.repeat(times);
    let mut connection = Pair { reader: &input[..], writer: io::sink() };
    let client = ClientAddress::Inet(([127, 0, 0, 1], 50_000).into());
    let server = ServerInfo::new("127.0.0.1", Some(8000));
    handle(&mut connection, &client, &server, &*handler).expect("nothing goes wrong");
}

/// Looks at all that the request says, and says hello.
fn walk(environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    environ.for_each_str(&mut |key, value| {
        black_box((key, value));
    });
    hello(environ, start_response)
}
