//! What a request costs in allocations, once its connection has seen the like of it.

use allocation_counter::measure;
use http_server::proto::{Framing, HeadParser, Limits, Version};
use http_server::{
    BaseHttpRequestHandler, ClientAddress, Exchange, HandlerOptions, Pair, ServerInfo, handle,
};
use std::fmt;
use std::hint::black_box;
use std::io::{self, Write};
use wsgi_simple_server::{
    AppResult, Body, BoundHandler, Environ, ServerState, StartResponse, WsgiRequestHandler,
};

const REQUEST: &str = "POST /path?query HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: test\r\n\
Accept: */*\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";

/// More fields than most requests have, so that they are read in several steps.
fn many_fields() -> String {
    let fields: String = (1..100).map(|number| format!("X-Field-{number}: value\r\n")).collect();
    format!("GET / HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
}

#[test]
fn reading_a_head_allocates_nothing_once_the_parser_has_grown() {
    let mut parser = HeadParser::new(Limits::default());
    let mut read = |input: &[u8]| {
        let length = parser.parse(input).expect("it is valid").expect("it is whole");
        let head = parser.head(&input[..length]);
        assert!(head.keep_alive(Version::HTTP_11));
        assert!(matches!(head.framing(), Framing::None | Framing::Length(0)));
        black_box((head.method(), head.target_form(), head.host(), head.headers().get("accept")));
    };
    let (first, second) = (many_fields(), format!("\r\n{REQUEST}"));
    for input in [&first, REQUEST, &second] {
        read(input.as_bytes());
        assert_eq!(measure(|| read(input.as_bytes())).count_total, 0, "{input}");
    }
}

#[test]
fn reading_a_head_in_pieces_allocates_nothing_either() {
    let mut parser = HeadParser::new(Limits::default());
    let head = many_fields();
    let mut read = || {
        for end in 0..head.len() {
            assert_eq!(parser.parse(&head.as_bytes()[..end]), Ok(None));
        }
        assert_eq!(parser.parse(head.as_bytes()), Ok(Some(head.len())));
    };
    read();
    assert_eq!(measure(read).count_total, 0);
}

#[test]
fn an_exchange_of_a_handler_allocates_nothing() {
    assert_eq!(
        per_exchange(&Hello { options: HandlerOptions::new().protocol_version("HTTP/1.1") }),
        0
    );
}

#[test]
fn an_exchange_of_an_application_allocates_little() {
    let server = ServerState::default();
    server.set_app(hello);
    // The view over the head, the text of the headers and its lengths.
    let allocations = per_exchange(&BoundHandler::new(Quiet, server));
    assert_eq!(allocations, 3);
}

/// How many allocations one more request on a connection is.
fn per_exchange(handler: &dyn BaseHttpRequestHandler) -> u64 {
    let serve = |requests: usize| {
        let input = REQUEST.repeat(requests);
        let mut connection = Pair { reader: input.as_bytes(), writer: Counter::default() };
        let address = ClientAddress::Inet(([127, 0, 0, 1], 50_000).into());
        let allocations = measure(|| {
            handle(&mut connection, &address, &ServerInfo::default(), handler)
                .expect("all is well");
        });
        assert_eq!(connection.writer.responses, requests);
        allocations.count_total
    };
    serve(1);
    let (few, many) = (serve(10), serve(110));
    assert_eq!((many - few) % 100, 0, "{few} for 10, {many} for 110");
    (many - few) / 100
}

/// Counts responses, each of which is one write.
#[derive(Default)]
struct Counter {
    responses: usize,
}

impl Write for Counter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.responses += usize::from(data.starts_with(b"HTTP/1.1 200 OK\r\n"));
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Hello {
    options: HandlerOptions,
}

impl BaseHttpRequestHandler for Hello {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.send_response(200)?;
        x.send_header("Content-Type", "text/plain")?;
        x.send_header("Content-Length", "13")?;
        x.end_headers()?;
        x.wfile.write_all(b"Hello world!\n")
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

struct Quiet;

impl WsgiRequestHandler for Quiet {
    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

fn hello(_: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])?;
    Ok(Body::from("Hello world!\n"))
}
