//! The examples, run as programs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A running example, ended when the test is.
struct Example {
    program: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Example {
    fn start(name: &str) -> Self {
        Self::start_with(name, &[])
    }

    fn start_with(name: &str, arguments: &[&str]) -> Self {
        // Cargo puts the examples beside the directory of the tests.
        let mut path = std::env::current_exe().expect("the path of this test");
        path.pop();
        path.pop();
        path.push(format!("examples/{name}{}", std::env::consts::EXE_SUFFIX));
        assert!(path.exists(), "build the examples first: cargo build --examples");
        let mut program = Command::new(path)
            .arg("127.0.0.1:0")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starting the example");
        let mut stdout = BufReader::new(program.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the first line");
        let address = line.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let (address, _) = address.unwrap_or_else(|| panic!("no address in {line:?}"));
        let address = address.to_owned();
        Self { program, stdout, address }
    }

    /// Sends a request and gives the whole response.
    fn ask(&self, request: &str) -> String {
        let mut socket = TcpStream::connect(&self.address).expect("a connection");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        socket.write_all(request.as_bytes()).expect("sending");
        let mut response = String::new();
        socket.read_to_string(&mut response).expect("a response, and its end");
        response
    }

    fn get(&self, target: &str) -> String {
        self.ask(&format!("GET {target} HTTP/1.0\r\n\r\n"))
    }

    /// Waits for the program to end by itself, and gives what it has printed since its first line,
    /// and its log.
    fn ended(mut self) -> (String, String) {
        let (mut rest, mut log) = (String::new(), String::new());
        self.stdout.read_to_string(&mut rest).expect("text up to the end");
        let mut stderr = self.program.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut log).expect("text up to the end");
        assert!(self.program.wait().expect("the program ends").success());
        (rest, log)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn hello() {
    let example = Example::start("hello");
    for _ in 0..2 {
        let response = example.get("/any");
        assert!(response.starts_with("HTTP/1.0 200 OK\r\nServer: BaseHTTP wsgiref-rs/"));
        assert!(response.ends_with("\r\nContent-Type: text/plain\r\n\r\nHello world!\n"));
    }
    assert!(example.ask("POST / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 501 "));
}

#[cfg(feature = "tls")]
#[test]
fn hello_https() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/data");
    let (cert, key) = (format!("{data}/cert.pem"), format!("{data}/key.pem"));
    let example = Example::start_with("hello_https", &[&cert, &key]);
    // What it answers over TLS is the matter of tests/tls; this is who it says it is.
    assert!(example.get("/").starts_with("HTTP/1.0 400 Plain HTTP on a TLS port\r\n"));
}

#[test]
fn until_condition() {
    let example = Example::start("until_condition");
    assert!(example.get("/").ends_with("keep running: true\n"));
    assert!(example.get("/stop").ends_with("keep running: false\n"));
    let (rest, log) = example.ended();
    assert_eq!(rest, "Stopped.\n");
    // One line for each request, with the address and the time.
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].starts_with("127.0.0.1 - - ["), "{log}");
    assert!(lines[0].ends_with("] \"GET / HTTP/1.0\" 200 -"), "{log}");
    assert_eq!(lines[0].find(']'), Some("127.0.0.1 - - [20/Nov/2026 10:24:09".len()), "{log}");
}

#[test]
fn one_request() {
    let example = Example::start("one_request");
    assert!(example.get("/login?code=42").ends_with("You may close this window.\n"));
    assert_eq!(example.ended().0, "Got /login?code=42\n");
}

#[test]
fn form() {
    let example = Example::start("form");
    assert!(example.get("/").contains("<form method=\"post\">"));
    let post = |body: &str| {
        let length = body.len();
        example.ask(&format!("POST / HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}"))
    };
    let response = post("other=1&text=%3Cb%3E+%26+%22more%22");
    assert!(response.ends_with("<p>You submitted &lt;b&gt; &amp; &quot;more&quot;</p>\n"));
    assert!(post("text=").ends_with("<p>You submitted </p>\n"));
    assert!(post("nothing").starts_with("HTTP/1.0 400 No text\r\n"));
}
