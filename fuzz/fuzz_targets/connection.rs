//! A whole connection: any bytes, cut anywhere, to a handler that does anything.
//!
//! The output is a sequence of responses without a flaw, one for each request, and the requests are those that the
//! protocol core finds in the same bytes.
#![no_main]

use http_server::{
    BaseHttpRequestHandler, ClientAddress, Connection, Exchange, HandlerOptions, ServerInfo, handle,
};
use libfuzzer_sys::fuzz_target;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, BufRead, Read, Write};
use wsgiref_fuzz::{Dice, TEXTS, dice_and_bytes, read_responses};
use wsgiref_tests::wire::EventReader;

fuzz_target!(|data: &[u8]| {
    let (mut dice, bytes) = dice_and_bytes(data);
    let mut options =
        HandlerOptions::new().protocol_version(dice.one_of(&["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"]));
    // Small limits, so that random bytes get there.
    (options.limits.request_line, options.limits.head) = (1024, 2048);
    (options.limits.fields, options.limits.body) = (20, 100_000);
    options.rbufsize = dice.one_of(&[16_384, 1, 7, 64]);
    options.wbufsize = dice.one_of(&[0, 0, 5, 8192]);
    let limits = options.limits;
    let most = dice.one_of(&[usize::MAX, 1, 3, 100]);
    let is_plain = data.starts_with(&[0; 8]);
    let handler = AnyHandler {
        options,
        dice: RefCell::new(dice),
        is_plain,
        methods: RefCell::default(),
        requests: RefCell::default(),
        refused: Cell::new(false),
        promised_whole: Cell::new(true),
    };
    let mut client = Client { rest: bytes, most, output: Vec::new() };
    // What the handler returned is the server's concern.
    let _ = handle(&mut client, &ClientAddress::Unnamed, &ServerInfo::default(), &handler);

    let methods = handler.methods.take();
    let responses = read_responses(&client.output, &methods);
    // One for each request; the last may be missing its head, or be no more than a 1xx, if the handler left it so.
    let missing = methods.len() - responses.statuses.len();
    let left_so =
        !handler.promised_whole.get() && (responses.cut_short || responses.ends_with_interim);
    assert!(
        missing == 0 || (missing == 1 && left_so),
        "{methods:?} {}",
        client.output.escape_ascii()
    );
    assert!(!responses.cut_short || !handler.promised_whole.get(), "a response is cut short");

    let mut reader = EventReader::new(limits);
    reader.feed(bytes);
    let events = reader.finish();
    let expected = events.iter().filter(|line| line.starts_with("request "));
    let requests = handler.requests.take();
    assert!(
        requests.len() <= expected.clone().count(),
        "a request that is none: {requests:?} {events:?}"
    );
    assert!(requests.iter().eq(expected.take(requests.len())), "{requests:?} {events:?}");
    if handler.refused.get() {
        let error =
            events.last().filter(|line| line.starts_with("error ")).expect("something is wrong");
        let status = responses.statuses.last().map(u16::to_string);
        assert_eq!(error.split(' ').nth(1), status.as_deref());
    }
});

/// A client in memory, which sends at most so many bytes at once.
struct Client<'b> {
    rest: &'b [u8],
    most: usize,
    output: Vec<u8>,
}

impl Read for Client<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let length = buf.len().min(self.most);
        self.rest.read(&mut buf[..length])
    }
}

impl Write for Client<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let length = buf.len().min(self.most);
        self.output.extend_from_slice(&buf[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Connection for Client<'_> {}

struct AnyHandler {
    options: HandlerOptions,
    dice: RefCell<Dice>,
    is_plain: bool,
    /// The method of each request, those that were refused included.
    methods: RefCell<Vec<String>>,
    /// The requests, in the words of the events.
    requests: RefCell<Vec<String>>,
    refused: Cell<bool>,
    /// Whether the handler has done nothing that cuts a response short.
    promised_whole: Cell<bool>,
}

impl AnyHandler {
    fn below(&self, limit: usize) -> usize {
        if self.is_plain { 0 } else { self.dice.borrow_mut().below(limit) }
    }

    fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn read_some(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        match self.below(6) {
            0 => Ok(()),
            1 => io::copy(&mut x.rfile, &mut io::sink()).map(drop),
            2 => x.rfile.read(&mut [0; 3]).map(drop),
            3 => {
                let length = x.rfile.fill_buf()?.len();
                x.rfile.consume(length / 2);
                Ok(())
            }
            4 => {
                std::mem::take(&mut x.rfile);
                Ok(())
            }
            _ => {
                let _ = x.rfile.read(&mut [0; 30_000]);
                Ok(())
            }
        }
    }

    fn respond(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.promised_whole.set(self.is_plain);
        // A handler may keep the connection of an HTTP/1.0 client, as in CPython; the events know nothing of that.
        let keeps = x.request_version() != "HTTP/1.0";
        for _ in 0..=self.below(8) {
            match self.below(15) {
                0 => x.send_response(
                    self.one_of(&[200, 204, 205, 304, 404, 100, 103, 999, 99, 1000]),
                )?,
                1 => x.send_response_with(200, self.one_of(&TEXTS))?,
                2 => x.send_header(self.one_of(&TEXTS), self.one_of(&TEXTS))?,
                3 => x.send_header(
                    "Content-Length",
                    self.one_of(&["5", "0", "", "-1", "5, 5", "99999999999999999999"]),
                )?,
                4 => x.send_header(
                    "Connection",
                    if keeps { self.one_of(&["close", "keep-alive", "x"]) } else { "close" },
                )?,
                5 => x.end_headers()?,
                6 => x.flush_headers()?,
                7 => x.wfile.write_all(self.one_of(&[
                    &b"hello"[..],
                    b"",
                    b"hello world",
                    &[b'x'; 20_000],
                ]))?,
                8 => x.wfile.flush()?,
                9 => self.read_some(x)?,
                10 => x.send_error_explained(
                    self.one_of(&[400, 404, 500, 204]),
                    self.one_of(&TEXTS),
                    self.one_of(&TEXTS),
                )?,
                11 => x.close_connection = !keeps || self.one_of(&[true, false]),
                12 => x.cut(),
                13 => x.send_header(
                    "Transfer-Encoding",
                    self.one_of(&["gzip", "chunked, gzip", "a\rb"]),
                )?,
                _ => return Err(io::Error::other("the handler fails")),
            }
        }
        Ok(())
    }
}

impl BaseHttpRequestHandler for AnyHandler {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn handle_expect_100(&self, x: &mut Exchange<'_>) -> io::Result<bool> {
        if self.below(4) == 1 {
            self.note(x);
            x.send_error(417, None)?;
            return Ok(false);
        }
        http_server::Base.handle_expect_100(x)
    }

    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.note(x);
        if self.below(3) > 0 {
            // Mistakes of the handler itself, and what its caller does not notice.
            return self
                .respond(x)
                .or_else(|error| if self.below(3) == 1 { Ok(()) } else { Err(error) });
        }
        self.read_some(x)?;
        x.send_response(200)?;
        if self.below(2) == 1 {
            x.send_header("Content-Length", "5")?;
        }
        x.end_headers()?;
        x.wfile.write_all(b"hello")?;
        // An error of the client after the head cuts the response, too.
        self.read_some(x).inspect_err(|_| self.promised_whole.set(false))
    }

    fn send_error(
        &self,
        x: &mut Exchange<'_>,
        code: u16,
        message: Option<&str>,
        explain: Option<&str>,
    ) -> io::Result<()> {
        if x.head().is_none() {
            self.methods.borrow_mut().push(x.command().to_owned());
            self.refused.set(true);
        }
        http_server::Base.send_error(x, code, message, explain)
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

impl AnyHandler {
    fn note(&self, x: &Exchange<'_>) {
        let Some(head) = x.head() else { return };
        self.methods.borrow_mut().push(head.method().to_owned());
        let quoted = |text: &str| {
            let runs = text.as_bytes().chunk_by(|a, b| a == b).map(|run| match run.len() {
                40.. => format!("{{{}*{}}}", run[0].escape_ascii(), run.len()),
                length => run[0].escape_ascii().to_string().repeat(length),
            });
            runs.collect::<String>()
        };
        let (method, target) = (quoted(head.method()), quoted(head.target()));
        self.requests
            .borrow_mut()
            .push(format!("request \"{method}\" \"{target}\" {}", head.request_version()));
    }
}
