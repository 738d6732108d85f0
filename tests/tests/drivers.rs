//! The two drivers of `http-server` give the same bytes: each request of the wire corpus, fed whole, by line, by byte and
//! cut in two at every position, is played through the blocking driver and through the engine, with bodies that are read
//! while they come and with bodies that are received first.
//!
//! Where they differ on purpose, `DIFFERENCES.md` says so, and [`check`] how.

use http_server::socketserver::engine::{Act, EngineOptions, Rehearsal};
use http_server::{
    BaseHttpRequestHandler, ClientAddress, Exchange, HandlerOptions, HttpHandlerClass, Pair,
    ServerInfo, handle,
};
use libtest_mimic::{Arguments, Failed, Trial};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use wsgiref_tests::corpus::{Case, cases};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = cases().into_iter().flat_map(|(name, path, _)| {
        [Manner::Reads, Manner::Ignores, Manner::Streams].map(|manner| {
            let path = path.clone();
            Trial::test(format!("{name}, {manner:?}"), move || run(&path, manner))
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// A request of fewer bytes is played in more ways.
const SMALL: usize = 4096;

fn run(path: &Path, manner: Manner) -> Result<(), Failed> {
    let case = Case::read(path)?;
    // What a handler does makes no difference to how its request is received: one manner is enough for every way to cut.
    let ways = match manner {
        Manner::Reads => usize::MAX,
        Manner::Ignores | Manner::Streams if case.bytes.len() >= SMALL => 1,
        Manner::Ignores | Manner::Streams => 3,
    };
    case.feedings().take(ways).try_for_each(|(how, pieces)| check(&case, manner, &how, &pieces))
}

/// Plays the pieces through both drivers and compares: the one place through which every case goes.
fn check(case: &Case, manner: Manner, how: &str, pieces: &[&[u8]]) -> Result<(), Failed> {
    let differ = |bodies: &str, expected: Played, found: Played| -> Failed {
        let text =
            format!("{how}, {bodies}\nthe blocking driver:\n{expected}\nthe engine:\n{found}\n");
        text.into()
    };
    let expected = blocking(case, manner, pieces);
    let found = engine(case, manner, pieces, true);
    if found != expected {
        return Err(differ("a body that is read while it comes", expected, found));
    }
    // `DIFFERENCES.md`: the handler does not see a request whose body is broken, so what it would have done before it
    // noticed is not there.
    let broken = |line: &String| line.starts_with("error ") || line == "body cut short";
    let found = engine(case, manner, pieces, false);
    if found == expected
        || (case.events.iter().any(broken) && found == blocking(case, Manner::Reads, pieces))
    {
        return Ok(());
    }
    Err(differ("a body that is received first", expected, found))
}

/// What a server did: all it sent, as text, and what it logged.
#[derive(PartialEq, Eq)]
struct Played {
    sent: String,
    log: Vec<String>,
    failures: Vec<String>,
}

impl Played {
    fn new(sent: &[u8], log: &Log, failures: Vec<String>) -> Self {
        let sent = sent.escape_ascii().to_string().replace("\\r\\n", "\n");
        Self { sent, log: log.lock().expect("nobody panics with it").clone(), failures }
    }
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.sent)?;
        self.log.iter().try_for_each(|line| writeln!(f, "log: {line}"))?;
        self.failures.iter().try_for_each(|failure| writeln!(f, "failure: {failure}"))
    }
}

type Log = Arc<Mutex<Vec<String>>>;

fn blocking(case: &Case, manner: Manner, pieces: &[&[u8]]) -> Played {
    let log = Log::default();
    let handler = Handler::new(case, manner, &log);
    let mut connection = Pair { reader: Pieces(pieces), writer: Vec::new() };
    let served = handle(&mut connection, &ClientAddress::Unnamed, &ServerInfo::default(), &handler);
    let failures = served.err().map(|error| error.to_string());
    Played::new(&connection.writer, &log, failures.into_iter().collect())
}

fn engine(case: &Case, manner: Manner, pieces: &[&[u8]], streaming: bool) -> Played {
    let log = Log::default();
    let class = HttpHandlerClass::new(|| {
        let mut handler = Handler::new(case, manner, &log);
        handler.options.bodies.streaming = streaming;
        handler
    });
    let now = Instant::now();
    let protocol = class.http_protocol(ClientAddress::Unnamed, ServerInfo::default(), now);
    let mut options = EngineOptions::default();
    if case.bytes.len() < SMALL {
        // Large buffers cost more than the rest of these.
        options.input_buffer = SMALL;
    }
    let mut rehearsal = Rehearsal::with_options(protocol, now, &options);
    // One after the other, so that a handler that waits gets the next one.
    for (index, piece) in (0u32..).zip(pieces) {
        rehearsal.plan(Duration::from_micros(1) * index, Act::Send(piece.to_vec()));
    }
    rehearsal.plan(Duration::from_secs(1), Act::End);
    rehearsal.advance(Duration::from_secs(5));
    let sent = rehearsal.receive();
    assert!(rehearsal.end().is_some(), "it goes on behind the end of its client");
    let failures = rehearsal.take_failures().iter().map(ToString::to_string).collect();
    Played::new(&sent, &log, failures)
}

/// What has not come yet.
struct Pieces<'p>(&'p [&'p [u8]]);

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some((piece, later)) = self.0.split_first() else { return Ok(0) };
        let (now, rest) = piece.split_at(piece.len().min(buf.len()));
        buf[..now.len()].copy_from_slice(now);
        if rest.is_empty() {
            self.0 = later;
            return Ok(now.len());
        }
        unreachable!("no piece is larger than the buffer")
    }
}

/// How a handler treats its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It reads the body, and sends it back.
    Reads,
    /// It does not read the body.
    Ignores,
    /// It answers in pieces, and reads the body in between.
    Streams,
}

struct Handler {
    options: HandlerOptions,
    manner: Manner,
    log: Log,
}

impl Handler {
    fn new(case: &Case, manner: Manner, log: &Log) -> Self {
        let options = HandlerOptions::new()
            .protocol_version("HTTP/1.1")
            // So that a piece is read in one go.
            .rbufsize(case.bytes.len().max(1))
            .limits(case.limits);
        Self { options, manner, log: Arc::clone(log) }
    }
}

impl BaseHttpRequestHandler for Handler {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let mut body = Vec::new();
        if matches!(self.manner, Manner::Reads) {
            x.rfile.read_to_end(&mut body)?;
        }
        x.send_response(200)?;
        if matches!(self.manner, Manner::Streams) {
            x.end_headers()?;
            write!(x.wfile, "{} {}", x.command(), x.path().to_owned())?;
            x.continue_with(|x| {
                let mut body = Vec::new();
                x.rfile.read_to_end(&mut body)?;
                x.wfile.write_all(&body)?;
                x.continue_with(|x| write!(x.wfile, "the end"));
                Ok(())
            });
            return Ok(());
        }
        let line = format!("{} {}\n", x.command(), x.path());
        x.send_header("Content-Length", &(line.len() + body.len()).to_string())?;
        x.end_headers()?;
        x.wfile.write_all(line.as_bytes())?;
        x.wfile.write_all(&body)
    }

    fn date_time_string<'a>(&self, _: &Exchange<'a>, _: Option<SystemTime>) -> Cow<'a, str> {
        "Mon, 01 Jan 2024 00:00:00 GMT".into()
    }

    fn log_message(&self, _: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.log.lock().expect("nobody panics with it").push(message.to_string());
    }
}
