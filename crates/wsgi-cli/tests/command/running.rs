//! Starts the command, reads what it says line by line, signals it, and waits for its end.
//!
//! Every wait has a deadline, so that a broken command fails a test and hangs none.

use std::io::{BufRead, BufReader, Empty, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any machine needs, shorter than patience.
const DEADLINE: Duration = Duration::from_secs(30);

/// How a command ended, and what it had said that nobody had read yet.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command that serves; killed when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) start_line: String,
    pub(crate) port: u16,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
}

impl Running {
    /// Starts the command and waits until it serves.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        let stderr = Lines::of(child.stderr.take());
        Self::read_start_line(child, stderr)
    }

    /// Starts the command with an stderr that nobody reads: every write to it fails.
    pub(crate) fn start_with_broken_stderr(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        drop(child.stderr.take());
        Self::read_start_line(child, Lines::of(None::<Empty>))
    }

    /// Starts the command with an stdout that nobody reads, on a port given by `--port`.
    pub(crate) fn start_with_broken_stdout() -> Self {
        // Somebody else may take the port between our look and the command's, so look again.
        let begin = Instant::now();
        loop {
            let port = free_port();
            let mut child = command(&["--port", &port.to_string()]).spawn().unwrap();
            drop(child.stdout.take());
            let stderr = Lines::of(child.stderr.take());
            let stdout = Lines::of(None::<Empty>);
            let mut running = Self { child, start_line: String::new(), port, stdout, stderr };
            while running.child.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return running;
                }
                assert!(begin.elapsed() < DEADLINE, "the command does not serve");
                thread::yield_now();
            }
            let said = running.stderr.rest();
            assert!(said.contains("is already in use"), "the command ended: {said}");
        }
    }

    fn read_start_line(mut child: Child, stderr: Lines) -> Self {
        let mut stdout = Lines::of(child.stdout.take());
        let start_line = stdout.next_line();
        let port = start_line
            .split_once(" port ")
            .and_then(|(_, rest)| rest.split_once(' '))
            .and_then(|(port, _)| port.parse().ok())
            .unwrap_or_else(|| panic!("no port in {start_line:?}"));
        Self { child, start_line, port, stdout, stderr }
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal (`INT`, `TERM`) and waits for the end.
    pub(crate) fn stop(self, signal: &str) -> Ended {
        self.signal(signal);
        self.ended()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        // The shell's own `kill`: not every machine has the program.
        let script = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    }

    /// Waits for the end.
    pub(crate) fn ended(mut self) -> Ended {
        let status = wait(&mut self.child);
        Ended { status, stdout: self.stdout.rest(), stderr: self.stderr.rest() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has usually ended already, which makes both calls fail harmlessly.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the command to its end.
pub(crate) fn finished(arguments: &[&str]) -> Ended {
    let mut child = command(arguments).spawn().unwrap();
    let mut stdout = Lines::of(child.stdout.take());
    let mut stderr = Lines::of(child.stderr.take());
    let status = wait(&mut child);
    Ended { status, stdout: stdout.rest(), stderr: stderr.rest() }
}

/// The answer to a GET request on a connection of its own.
pub(crate) fn http_get(address: impl ToSocketAddrs, target: &str, fields: &[&str]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for field in fields {
        request.push_str(field);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// A client that keeps its connection.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(server: &Running) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn send(&mut self, bytes: &str) {
        self.0.get_mut().write_all(bytes.as_bytes()).unwrap();
    }

    /// The head of the next response.
    pub(crate) fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "cut short: {head}");
        }
        head
    }

    /// The head and the body of the next response, which tells its length.
    pub(crate) fn response(&mut self) -> (String, String) {
        let head = self.head();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .unwrap_or_else(|| panic!("no length in {head}"));
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    /// All that comes up to the end of the connection, be it a reset.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest);
        String::from_utf8(rest).unwrap()
    }

    /// Waits for the end of the connection; true if the server says no more before.
    pub(crate) fn closes(mut self) -> bool {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).is_err() || rest.is_empty()
    }
}

/// What a process writes, line by line.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let (sender, receiver) = mpsc::channel();
        if let Some(stream) = stream {
            thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                let mut line = String::new();
                while stream.read_line(&mut line).is_ok_and(|read| read > 0) {
                    if sender.send(std::mem::take(&mut line)).is_err() {
                        break;
                    }
                }
            });
        }
        Self(receiver)
    }

    /// The next line, without its end.
    pub(crate) fn next_line(&mut self) -> String {
        let line = self.0.recv_timeout(DEADLINE).expect("another line");
        line.trim_end_matches('\n').to_owned()
    }

    /// Everything up to the end of the stream.
    fn rest(&mut self) -> String {
        let begin = Instant::now();
        let mut rest = String::new();
        loop {
            match self.0.recv_timeout(DEADLINE.saturating_sub(begin.elapsed())) {
                Ok(line) => rest.push_str(&line),
                Err(mpsc::RecvTimeoutError::Disconnected) => return rest,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("the stream does not end: {rest}"),
            }
        }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsgi-simple-server"));
    command.args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn wait(child: &mut Child) -> Option<i32> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if begin.elapsed() >= DEADLINE {
            child.kill().unwrap();
            panic!("the command does not end");
        }
        thread::yield_now();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
