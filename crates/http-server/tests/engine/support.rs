//! Handlers made of functions, played in memory or served by an engine.

use http_server::socketserver::engine::{End, EngineOptions, Rehearsal};
use http_server::{
    BaseHttpRequestHandler, ClientAddress, Deadlines, Exchange, HandlerOptions, HttpHandlerClass,
    HttpProtocol, HttpServer, ServerInfo,
};
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

type Run = Arc<dyn Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync>;

/// A handler of protocol HTTP/1.1, and the engine it runs on.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) options: HandlerOptions,
    pub(crate) engine: EngineOptions,
    log: Arc<Mutex<Vec<String>>>,
    run: Run,
}

pub(crate) fn http11(
    run: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
) -> Setting {
    Setting {
        options: HandlerOptions::new().protocol_version("HTTP/1.1"),
        engine: EngineOptions::default(),
        log: Arc::default(),
        run: Arc::new(run),
    }
}

impl Setting {
    pub(crate) fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.options.deadlines = deadlines;
        self
    }

    /// Request bodies are read while they come.
    pub(crate) fn streaming(mut self) -> Self {
        self.options.bodies.streaming = true;
        self
    }

    pub(crate) fn engine(mut self, change: impl FnOnce(&mut EngineOptions)) -> Self {
        change(&mut self.engine);
        self
    }

    pub(crate) fn class(&self) -> HttpHandlerClass<impl Fn() -> Handler + Send + Sync + use<>> {
        let setting = self.clone();
        HttpHandlerClass::new(move || Handler(setting.clone()))
    }

    /// Connects a client in memory.
    pub(crate) fn rehearse(&self) -> Rehearsal<HttpProtocol> {
        let now = Instant::now();
        let client = ClientAddress::Inet(([127, 0, 0, 1], 50_000).into());
        let protocol = self.class().http_protocol(client, ServerInfo::default(), now);
        Rehearsal::with_options(protocol, now, &self.engine)
    }

    /// Plays a client that sends this, then ends its side: what it is sent.
    pub(crate) fn answer(&self, request: impl AsRef<[u8]>) -> String {
        let mut rehearsal = self.rehearse();
        rehearsal.send(request.as_ref());
        rehearsal.act(http_server::socketserver::engine::Act::End);
        received(&mut rehearsal)
    }

    /// Serves on a free port while the test runs, then stops.
    pub(crate) fn serve(&self, test: impl FnOnce(SocketAddr)) {
        let setting = self.clone();
        let server = HttpServer::bind("127.0.0.1:0", move || Handler(setting.clone())).unwrap();
        let engine = server.engine_with(self.engine.clone());
        let (stop, address) = (engine.shutdown_handle(), engine.server_address());
        let (_deadline, served) = (deadline(), thread::spawn(move || engine.serve_forever()));
        let tested = catch_unwind(AssertUnwindSafe(|| test(address)));
        if let Err(payload) = tested {
            // Nobody waits for handlers that the test would have let go.
            stop.request_shutdown();
            stop.request_shutdown();
            resume_unwind(payload);
        }
        stop.shutdown();
        served.join().unwrap().unwrap();
    }

    /// The log lines so far, which are forgotten.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

pub(crate) struct Handler(Setting);

impl BaseHttpRequestHandler for Handler {
    fn options(&self) -> &HandlerOptions {
        &self.0.options
    }

    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        (self.0.run)(x)
    }

    fn date_time_string<'a>(&self, _: &Exchange<'a>, _: Option<SystemTime>) -> Cow<'a, str> {
        "{date}".into()
    }

    fn version_string<'a>(&self, _: &Exchange<'a>) -> Cow<'a, str> {
        "{version}".into()
    }

    fn log_message(&self, _: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.0.log.lock().unwrap().push(message.to_string());
    }
}

/// Sends a small page with its length.
pub(crate) fn reply(x: &mut Exchange<'_>, text: &str) -> io::Result<()> {
    x.send_response(200)?;
    x.send_header("Content-Length", &text.len().to_string())?;
    x.end_headers()?;
    x.wfile.write_all(text.as_bytes())
}

pub(crate) fn hello(x: &mut Exchange<'_>) -> io::Result<()> {
    reply(x, "hello")
}

/// Answers with the length of the request body, once it has come.
pub(crate) fn read_body(x: &mut Exchange<'_>) -> io::Result<()> {
    let count = io::copy(&mut x.rfile, &mut io::sink())?;
    reply(x, &count.to_string())
}

/// Sends this many bytes, a piece whenever the client has room for one.
pub(crate) fn send_paced(x: &mut Exchange<'_>, pieces: usize) -> io::Result<()> {
    x.wfile.write_all(&[b'x'; PIECE])?;
    if pieces > 1 {
        x.continue_with(move |x| send_paced(x, pieces - 1));
    }
    Ok(())
}

pub(crate) const PIECE: usize = 64 * 1024;

/// Begins a response without a length.
pub(crate) fn begin(x: &mut Exchange<'_>) -> io::Result<()> {
    x.send_response(200)?;
    x.end_headers()
}

pub(crate) const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// The head of a POST with a body of this many bytes.
pub(crate) fn post(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n")
}

/// What a handler of [`hello`] answers to [`GET`].
pub(crate) const HELLO: &str =
    "HTTP/1.1 200 OK\r\nServer: {version}\r\nDate: {date}\r\nContent-Length: 5\r\n\r\nhello";

/// The answer to a client that is too slow, up to its page of 466 bytes.
pub(crate) const TOO_SLOW: &str = "HTTP/1.1 408 Request Timeout\r\n\
    Server: {version}\r\n\
    Date: {date}\r\n\
    Connection: close\r\n\
    Content-Type: text/html;charset=utf-8\r\n\
    Content-Length: 466\r\n\
    \r\n";

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What the client has been sent since the last call, as text.
pub(crate) fn received(rehearsal: &mut Rehearsal<HttpProtocol>) -> String {
    rehearsal.receive().into_iter().map(char::from).collect()
}

/// Lets time pass until something changes about the end of the connection. Panics if that is not after this time.
#[track_caller]
pub(crate) fn expect_end(rehearsal: &mut Rehearsal<HttpProtocol>, after: Duration, end: End) {
    let before = rehearsal.end();
    rehearsal.advance(after - millis(1));
    assert_eq!(rehearsal.end(), before, "too early");
    rehearsal.advance(millis(1));
    assert_eq!(rehearsal.end(), Some(end));
}

/// The status lines of all responses in there.
pub(crate) fn statuses(response: &str) -> Vec<&str> {
    let starts = response.match_indices("HTTP/1.1 ");
    starts.filter_map(|(start, _)| response[start..].split("\r\n").next()).collect()
}

/// Ends the test program if the test that holds it does not end in time: a deadlock is a failure and not a test that
/// never ends.
pub(crate) struct TestDeadline(
    #[expect(dead_code, reason = "dropping it tells the watcher")] Sender<()>,
);

pub(crate) fn deadline() -> TestDeadline {
    let (sender, receiver) = channel();
    let test = thread::current().name().unwrap_or_default().to_owned();
    thread::spawn(move || {
        if receiver.recv_timeout(secs(60)) == Err(RecvTimeoutError::Timeout) {
            let _ = writeln!(io::stderr(), "{test} did not end within 60 s");
            std::process::abort();
        }
    });
    TestDeadline(sender)
}

/// What handlers wait for until the test opens it.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Default)]
struct GateState {
    open: bool,
    inside: usize,
}

impl Gate {
    pub(crate) fn open(&self) {
        self.0.0.lock().unwrap().open = true;
        self.0.1.notify_all();
    }

    pub(crate) fn pass(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.inside += 1;
        self.0.1.notify_all();
        drop(self.0.1.wait_while(state, |state| !state.open).unwrap());
    }

    /// Waits until so many handlers have come here.
    pub(crate) fn wait_for(&self, count: usize) {
        let state = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(state, |state| state.inside < count).unwrap());
    }
}

/// A client over a real socket.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub(crate) fn send(&mut self, text: impl AsRef<[u8]>) {
        self.0.write_all(text.as_ref()).unwrap();
    }

    /// Reads one response that has a Content-Length.
    pub(crate) fn response(&mut self) -> String {
        let mut response = Vec::new();
        let mut byte = [0];
        while !response.ends_with(b"\r\n\r\n") && self.0.read(&mut byte).unwrap() > 0 {
            response.push(byte[0]);
        }
        let head = String::from_utf8(response).unwrap();
        let (_, rest) = head.split_once("Content-Length: ").unwrap_or_else(|| panic!("{head:?}"));
        let length = rest.split_once("\r\n").unwrap().0.parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        head + &String::from_utf8(body).unwrap()
    }

    pub(crate) fn ask(&mut self, request: impl AsRef<[u8]>) -> String {
        self.send(request);
        self.response()
    }

    /// Everything until the server ends the connection, and whether that was by a reset.
    pub(crate) fn rest(&mut self) -> (String, bool) {
        let mut rest = Vec::new();
        let reset = self.0.read_to_end(&mut rest).is_err();
        (rest.into_iter().map(char::from).collect(), reset)
    }

    pub(crate) fn end(&mut self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }
}
