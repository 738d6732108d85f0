//! A client in memory, a clock that is advanced, and the one function every test of bytes goes through.

use http_server::{
    Base, BaseHttpRequestHandler, ClientAddress, Connection, Exchange, HandlerError,
    HandlerOptions, ServerInfo, handle,
};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::time::{Duration, Instant};

/// What a client does, in order. At the end it closes its sending side.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends these bytes; the server gets them with one read.
    Send(Vec<u8>),
    /// Does nothing for this long.
    Wait(Duration),
    /// Lets the server be interrupted by a signal.
    Signal,
    /// Resets the connection.
    Reset,
}

/// The client's end of a connection in memory. Its clock moves only while the server waits.
pub(crate) struct Client {
    acts: VecDeque<Act>,
    clock: Instant,
    start: Instant,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// What the server has written, one item for each write.
    pub(crate) writes: Vec<Vec<u8>>,
    /// After this many bytes the client takes no more.
    pub(crate) takes: usize,
    /// How long each write takes.
    pub(crate) write_takes: Duration,
    /// Whether the server has ended its sending side.
    pub(crate) shut: bool,
    /// Whether the server has given the client up.
    pub(crate) reset: bool,
}

impl Client {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let start = Instant::now();
        Self {
            acts: acts
                .into_iter()
                .filter(|act| !matches!(act, Act::Send(bytes) if bytes.is_empty()))
                .collect(),
            clock: start,
            start,
            read_timeout: None,
            write_timeout: None,
            writes: Vec::new(),
            takes: usize::MAX,
            write_takes: Duration::ZERO,
            shut: false,
            reset: false,
        }
    }

    /// A client that sends all of this at once.
    pub(crate) fn sending(request: impl AsRef<[u8]>) -> Self {
        Self::new([Act::Send(request.as_ref().to_vec())])
    }

    pub(crate) fn response(&self) -> Vec<u8> {
        self.writes.concat()
    }

    /// How long the server has served, by the client's clock.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock - self.start
    }

    /// What nobody has read.
    pub(crate) fn unread(&self) -> usize {
        let sent = |act: &Act| if let Act::Send(bytes) = act { bytes.len() } else { 0 };
        self.acts.iter().map(sent).sum()
    }
}

impl Read for Client {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.acts.front_mut() {
                None => return Ok(0),
                Some(Act::Send(bytes)) => {
                    let n = bytes.len().min(buf.len());
                    buf[..n].copy_from_slice(&bytes[..n]);
                    bytes.drain(..n);
                    if bytes.is_empty() {
                        self.acts.pop_front();
                    }
                    return Ok(n);
                }
                Some(Act::Wait(wait)) => match self.read_timeout {
                    Some(timeout) if timeout < *wait => {
                        *wait -= timeout;
                        self.clock += timeout;
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    _ => {
                        self.clock += *wait;
                        self.acts.pop_front();
                    }
                },
                Some(Act::Signal) => {
                    self.acts.pop_front();
                    return Err(io::ErrorKind::Interrupted.into());
                }
                Some(Act::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
            }
        }
    }
}

impl Write for Client {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self.acts.front() {
            Some(Act::Signal) => {
                self.acts.pop_front();
                return Err(io::ErrorKind::Interrupted.into());
            }
            Some(Act::Reset) => return Err(io::ErrorKind::BrokenPipe.into()),
            _ => {}
        }
        let mut bytes: Vec<u8> = bufs.iter().flat_map(|part| part.iter().copied()).collect();
        bytes.truncate(self.takes);
        if bytes.is_empty() || self.write_timeout.is_some_and(|timeout| timeout < self.write_takes)
        {
            self.clock += self.write_timeout.expect("a write that never ends");
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.clock += self.write_takes;
        self.takes -= bytes.len();
        let n = bytes.len();
        self.writes.push(bytes);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Connection for Client {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.read_timeout = as_sockets_take_it(timeout)?;
        Ok(())
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.write_timeout = as_sockets_take_it(timeout)?;
        Ok(())
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shut = true;
        Ok(())
    }

    fn reset(&mut self) -> io::Result<()> {
        self.reset = true;
        Ok(())
    }

    fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.acts.front() {
            None => Ok(0),
            Some(Act::Send(_)) => self.read(buf),
            Some(_) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn now(&self) -> Instant {
        self.clock
    }
}

/// Sockets know microseconds, and take none of them for no limit: `std` refuses that.
fn as_sockets_take_it(timeout: Option<Duration>) -> io::Result<Option<Duration>> {
    match timeout {
        Some(timeout) if timeout < Duration::from_micros(1) => {
            Err(io::ErrorKind::InvalidInput.into())
        }
        _ => Ok(timeout),
    }
}

/// Serves a client to its end.
pub(crate) fn serve(
    client: &mut Client,
    handler: &dyn BaseHttpRequestHandler,
) -> Result<(), HandlerError> {
    let address = ClientAddress::Inet(([127, 0, 0, 1], 50_000).into());
    handle(client, &address, &ServerInfo::new("localhost", Some(8000)), handler)
}

/// What the server answers to these bytes; dates and the server's version are masked.
pub(crate) fn answer(handler: &dyn BaseHttpRequestHandler, request: impl AsRef<[u8]>) -> String {
    let mut client = Client::sending(request);
    // What the handler fails with is the server's concern, not the client's.
    let _ = serve(&mut client, handler);
    mask(&client.response())
}

/// Asserts what the server answers to these bytes, whole and byte by byte.
#[track_caller]
pub(crate) fn check(
    handler: &dyn BaseHttpRequestHandler,
    request: impl AsRef<[u8]>,
    expected: &str,
) {
    let request = request.as_ref();
    assert_eq!(answer(handler, request), expected);
    let mut drip = Client::new(request.iter().map(|&byte| Act::Send(vec![byte])));
    let _ = serve(&mut drip, handler);
    assert_eq!(mask(&drip.response()), expected, "when fed byte by byte");
}

/// The bytes as text, one character each, with dates and versions masked.
pub(crate) fn mask(response: &[u8]) -> String {
    let text: String = response.iter().map(|&byte| char::from(byte)).collect();
    let mut masked = String::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("Date: ") && line.ends_with(" GMT\r\n") {
            masked.push_str("Date: {date}\r\n");
        } else {
            let version = concat!("wsgiref-rs/", env!("CARGO_PKG_VERSION"));
            masked.push_str(&line.replace(version, "{version}"));
        }
    }
    masked
}

/// The head and the body of a masked response.
#[track_caller]
pub(crate) fn split(response: &str) -> (&str, &str) {
    response.split_once("\r\n\r\n").expect("the head ends")
}

/// The first line of a response.
pub(crate) fn status_line(response: &str) -> &str {
    response.split("\r\n").next().unwrap_or_default()
}

/// The value of a field of the first response.
pub(crate) fn field<'r>(response: &'r str, name: &str) -> Option<&'r str> {
    let (head, _) = response.split_once("\r\n\r\n")?;
    head.split("\r\n").skip(1).find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// A handler made of a function, with options, that keeps its log lines.
pub(crate) struct Handler<F> {
    pub(crate) options: HandlerOptions,
    pub(crate) run: F,
    pub(crate) log: RefCell<Vec<String>>,
}

/// A handler with protocol HTTP/1.1.
pub(crate) fn http11<F>(run: F) -> Handler<F>
where
    F: Fn(&mut Exchange<'_>) -> io::Result<()>,
{
    with_options(HandlerOptions::new().protocol_version("HTTP/1.1"), run)
}

/// A handler with CPython's default protocol, HTTP/1.0.
pub(crate) fn http10<F>(run: F) -> Handler<F>
where
    F: Fn(&mut Exchange<'_>) -> io::Result<()>,
{
    with_options(HandlerOptions::new(), run)
}

pub(crate) fn with_options<F>(options: HandlerOptions, run: F) -> Handler<F>
where
    F: Fn(&mut Exchange<'_>) -> io::Result<()>,
{
    Handler { options, run, log: RefCell::default() }
}

impl<F> Handler<F> {
    /// The log lines so far, which are forgotten.
    pub(crate) fn take_log(&self) -> Vec<String> {
        self.log.take()
    }
}

impl<F> BaseHttpRequestHandler for Handler<F>
where
    F: Fn(&mut Exchange<'_>) -> io::Result<()>,
{
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        (self.run)(x)
    }

    fn log_message(&self, _: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.log.borrow_mut().push(message.to_string());
    }
}

/// Sends a small page with its length.
pub(crate) fn reply(x: &mut Exchange<'_>, text: &str) -> io::Result<()> {
    x.send_response(200)?;
    x.send_header("Content-Length", &text.len().to_string())?;
    x.end_headers()?;
    x.wfile.write_all(text.as_bytes())
}

/// Calls the base class, as `super()` does.
pub(crate) fn not_overridden(x: &mut Exchange<'_>) -> io::Result<()> {
    Base.dispatch(x)
}
