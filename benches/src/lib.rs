//! Inputs and handlers shared by the benchmarks.
#![forbid(unsafe_code)]

use criterion::Criterion;
use http_server::proto::{HeadParser, Version};
use http_server::{BaseHttpRequestHandler, Exchange, HandlerOptions};
use std::fmt;
use std::hint::black_box;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::time::Duration;
use wsgi_simple_server::{
    AppResult, Application, Body, BoundHandler, Environ, ServerState, StartResponse,
    WsgiRequestHandler,
};

/// What curl sends.
pub const CURL_GET: &[u8] =
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n";

/// What Chromium sends when it opens a page.
pub const BROWSER_GET: &[u8] = b"GET /index.html?page=2 HTTP/1.1\r\n\
Host: localhost:8000\r\n\
Connection: keep-alive\r\n\
Cache-Control: max-age=0\r\n\
sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\n\
sec-ch-ua-mobile: ?0\r\n\
sec-ch-ua-platform: \"Linux\"\r\n\
Upgrade-Insecure-Requests: 1\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
Sec-Fetch-Site: none\r\n\
Sec-Fetch-Mode: navigate\r\n\
Sec-Fetch-User: ?1\r\n\
Sec-Fetch-Dest: document\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n\
Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\
\r\n";

/// A request with as many fields as the default limit allows.
pub fn hundred_fields() -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n".to_vec();
    for number in 1..100 {
        head.extend_from_slice(format!("X-Field-{number}: value of field {number}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Sixteen small requests, sent without waiting for answers.
pub fn pipelined_batch() -> Vec<u8> {
    CURL_GET.repeat(16)
}

/// A body of 64 KiB in chunks of this size.
pub fn chunked_body(chunk: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for piece in vec![b'x'; 64 * 1024].chunks(chunk) {
        body.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        body.extend_from_slice(piece);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    body
}

/// How long each benchmark runs: together they take a minute, and what they measure is done in microseconds.
#[must_use]
pub fn short() -> Criterion {
    Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
}

/// Decides about every request in the input, as a driver does: parses, checks, frames, and asks whether to go on.
pub fn read_all(parser: &mut HeadParser, mut input: &[u8]) {
    while !input.is_empty() {
        let Ok(Some(length)) = parser.parse(input) else { panic!("the input is valid and whole") };
        let head = parser.head(&input[..length]);
        black_box((head.framing(), head.keep_alive(Version::HTTP_11), head.expects_continue()));
        black_box(&head);
        input = &input[length..];
    }
}

/// Reads every request in the input with `httparse` and nothing else.
pub fn httparse_all(mut input: &[u8]) {
    while !input.is_empty() {
        let mut storage = [const { MaybeUninit::uninit() }; 128];
        let mut request = httparse::Request::new(&mut []);
        let Ok(httparse::Status::Complete(length)) =
            request.parse_with_uninit_headers(input, &mut storage)
        else {
            panic!("the input is valid and whole")
        };
        black_box(&request);
        input = &input[length..];
    }
}

/// A handler that says hello with HTTP/1.1 and logs nothing.
#[derive(Debug)]
pub struct Hello {
    options: HandlerOptions,
}

impl Hello {
    /// Makes one.
    #[must_use]
    pub fn new() -> Self {
        Self { options: HandlerOptions::new().protocol_version("HTTP/1.1") }
    }
}

impl Default for Hello {
    fn default() -> Self {
        Self::new()
    }
}

impl BaseHttpRequestHandler for Hello {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.send_response(200)?;
        x.send_header("Content-Type", "text/plain")?;
        x.send_header("Content-Length", "13")?;
        x.end_headers()?;
        x.wfile.write_all(b"Hello world!\n")
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

/// A WSGI handler that logs nothing.
#[derive(Debug)]
pub struct Quiet;

impl WsgiRequestHandler for Quiet {
    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

/// The application of the same answer.
///
/// # Errors
///
/// Those of `start_response`.
pub fn hello(_: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])?;
    Ok(Body::from("Hello world!\n"))
}

/// Makes the handler that runs an application and logs nothing.
#[must_use]
pub fn serving(application: impl Application + 'static) -> BoundHandler {
    let server = ServerState::default();
    server.set_app(application);
    BoundHandler::new(Quiet, server)
}
