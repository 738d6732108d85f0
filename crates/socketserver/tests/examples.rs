//! The examples run, and do what their namesakes in the Python documentation do.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running example; stopped when the test ends.
struct Example {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    place: String,
}

impl Example {
    fn start(name: &str, address: &str) -> Self {
        let mut child = Command::new(program(name))
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let place = first.strip_prefix("Serving on ").unwrap().to_owned();
        Self { child, lines, place }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cargo builds the examples along with the tests, into a folder beside theirs.
fn program(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.parent().unwrap().parent().unwrap();
    profile.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

fn exchange(mut stream: impl Read + Write, end: impl FnOnce(), sent: &str) -> String {
    stream.write_all(sent.as_bytes()).unwrap();
    end();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn tcp_echo() {
    let mut example = Example::start("tcp_echo", "127.0.0.1:0");
    let stream = TcpStream::connect(&example.place).unwrap();
    assert_eq!(exchange(&stream, || {}, "hello world with TCP\n"), "HELLO WORLD WITH TCP\n");
    assert_eq!(example.line(), "Received from 127.0.0.1:");
    assert_eq!(example.line(), "hello world with TCP");
}

#[test]
fn udp_echo() {
    let mut example = Example::start("udp_echo", "127.0.0.1:0");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"hello world\n", &example.place).unwrap();
    let mut answer = [0; 1024];
    let received = socket.recv(&mut answer).unwrap();
    assert_eq!(&answer[..received], b"HELLO WORLD");
    assert_eq!(example.line(), "127.0.0.1 wrote:");
    assert_eq!(example.line(), "hello world");
}

#[test]
fn threaded_echo() {
    let mut example = Example::start("threaded_echo", "127.0.0.1:0");
    assert_eq!(example.line(), "Server loop running in thread: Some(\"server\")");
    for number in 1..=3 {
        let answer = format!("Received: process_request_thread: Hello World {number}");
        assert_eq!(example.line(), answer);
    }
    assert!(example.child.wait().unwrap().success());
}

#[test]
fn line_server() {
    let example = Example::start("line_server", "127.0.0.1:0");
    let connect = || TcpStream::connect(&example.place).unwrap();
    let mut slow = connect();
    slow.write_all(b"sleep 300\n").unwrap();
    let lines = "hello\ncount 3\nand now\nquit\nnever\n";
    assert_eq!(exchange(connect(), || {}, lines), "HELLO\n3\n2\n1\nAND NOW\nbye\n");
    let long = "x".repeat(2000);
    assert_eq!(exchange(connect(), || {}, &long), "this line is too long\n");
    let count: String = (1..=50_000).rev().map(|number| format!("{number}\n")).collect();
    assert_eq!(exchange(connect(), || {}, "count 50000\nquit\n"), count + "bye\n");
    let end = || slow.shutdown(Shutdown::Write).unwrap();
    assert_eq!(exchange(&slow, end, ""), "slept\n");
}

#[cfg(unix)]
#[test]
fn unix_echo() {
    use std::os::unix::net::UnixStream;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo.sock");
    let example = Example::start("unix_echo", path.to_str().unwrap());
    let stream = UnixStream::connect(&example.place).unwrap();
    let end = || stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(exchange(&stream, end, "hello\nworld\n"), "HELLO\nWORLD\n");
}
