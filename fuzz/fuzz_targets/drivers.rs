//! The two drivers give the same bytes, whatever comes, and however it is cut.
#![no_main]

use http_server::socketserver::engine::{Act, EngineOptions, Rehearsal};
use http_server::{
    BaseHttpRequestHandler, ClientAddress, Exchange, HandlerOptions, HttpHandlerClass, Pair,
    ServerInfo, handle,
};
use libfuzzer_sys::fuzz_target;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant, SystemTime};
use wsgiref_fuzz::dice_and_bytes;

fuzz_target!(|data: &[u8]| {
    let (mut dice, bytes) = dice_and_bytes(data);
    let mut options =
        HandlerOptions::new().protocol_version(dice.one_of(&["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"]));
    // Small limits, so that random bytes get there.
    (options.limits.request_line, options.limits.head) = (1024, 2048);
    (options.limits.fields, options.limits.body) = (20, 100_000);
    options.bodies.streaming = dice.one_of(&[false, true]);
    let size = dice.one_of(&[usize::MAX, 1, 2, 7, 100]);

    let mut blocking = Pair { reader: Pieces { rest: bytes, size }, writer: Vec::new() };
    let handler = Echo(options.clone());
    handle(&mut blocking, &ClientAddress::Unnamed, &ServerInfo::default(), &handler)
        .expect("the handler does not fail");

    let class = HttpHandlerClass::new(move || Echo(options.clone()));
    let now = Instant::now();
    let protocol = class.http_protocol(ClientAddress::Unnamed, ServerInfo::default(), now);
    let small = EngineOptions::default().input_buffer(4096);
    let mut rehearsal = Rehearsal::with_options(protocol, now, &small);
    for (index, piece) in (0u32..).zip(bytes.chunks(size)) {
        rehearsal.plan(Duration::from_micros(1) * index, Act::Send(piece.to_vec()));
    }
    rehearsal.plan(Duration::from_secs(1), Act::End);
    rehearsal.advance(Duration::from_secs(5));
    let sent = rehearsal.receive();
    assert!(rehearsal.end().is_some(), "it goes on behind the end of its client");
    assert!(rehearsal.take_failures().is_empty());
    assert!(
        sent == blocking.writer,
        "blocking: {}\nengine: {}",
        blocking.writer.escape_ascii(),
        sent.escape_ascii()
    );
});

/// What has not come yet, and how much of it comes at once.
struct Pieces<'p> {
    rest: &'p [u8],
    size: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let length = buf.len().min(self.size);
        self.rest.read(&mut buf[..length])
    }
}

/// Sends back what it gets, as soon as it has all of it, and its clock stands still.
struct Echo(HandlerOptions);

impl BaseHttpRequestHandler for Echo {
    fn options(&self) -> &HandlerOptions {
        &self.0
    }

    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let mut body = Vec::new();
        x.rfile.read_to_end(&mut body)?;
        x.send_response(200)?;
        x.send_header("X-Request", &format!("{} {}", x.command(), x.path().escape_default()))?;
        x.end_headers()?;
        x.wfile.write_all(&body)
    }

    fn date_time_string<'a>(&self, _: &Exchange<'a>, _: Option<SystemTime>) -> Cow<'a, str> {
        "now".into()
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}
