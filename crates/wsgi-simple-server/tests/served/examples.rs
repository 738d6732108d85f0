//! The programs in `examples/`, run as their readers run them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

/// A running example, ended with the test.
struct Running {
    child: Child,
    address: String,
    stdout: BufReader<ChildStdout>,
    log: BufReader<ChildStderr>,
}

impl Running {
    fn start(example: &str, arguments: &[&str]) -> Self {
        // Cargo puts the examples beside the directory of the tests.
        let mut program = std::env::current_exe().unwrap();
        program.pop();
        program.pop();
        program.push(format!("examples/{example}{}", std::env::consts::EXE_SUFFIX));
        assert!(program.exists(), "build the examples first: cargo build --examples");
        let mut child = Command::new(program)
            .arg("127.0.0.1:0")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("Serving on http://")
            .and_then(|rest| rest.strip_suffix("/ ...\n"))
            .unwrap_or_else(|| panic!("no address in {line:?}"))
            .to_owned();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, address, stdout, log }
    }

    /// The status and the body of the answer.
    fn get(&self, target: &str) -> (String, String) {
        let mut client = TcpStream::connect(&self.address).unwrap();
        write!(client, "GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut response = String::new();
        client.read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let status = head.lines().next().unwrap().strip_prefix("HTTP/1.1 ").unwrap();
        (status.to_owned(), body.to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ok(body: &str) -> (String, String) {
    ("200 OK".to_owned(), body.to_owned())
}

#[test]
fn hello_wsgi() {
    assert_eq!(Running::start("hello_wsgi", &[]).get("/"), ok("Hello World"));
}

#[test]
fn two_apps() {
    let example = Running::start("two_apps", &[]);
    assert_eq!(example.get("/blog/2026/11"), ok("The blog, page \"/2026/11\"\n"));
    assert_eq!(
        example.get("/shop/cart?item=1"),
        ok("The shop at http://localhost/shop/cart?item=1\n")
    );
    assert_eq!(example.get("/").0, "404 Not Found");
}

#[test]
fn validated() {
    let example = Running::start("validated", &[]);
    assert_eq!(example.get("/"), ok("Hello World"));
    assert_eq!(example.get("/broken").0, "500 Internal Server Error");
}

#[test]
fn files() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let example = Running::start("files", &[directory]);
    assert_eq!(example.get("/environ.md"), ok(include_str!("../../src/environ.md")));
    for missing in ["/missing.txt", "/", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "//etc/passwd"] {
        assert_eq!(example.get(missing).0, "404 Not Found", "{missing}");
    }
}

/// The graceful example in the middle of a request that takes so long.
#[cfg(unix)]
fn working(millis: u32) -> (Running, TcpStream) {
    let mut example = Running::start("graceful", &[]);
    let mut client = TcpStream::connect(&example.address).unwrap();
    write!(client, "GET /{millis} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut line = String::new();
    example.log.read_line(&mut line).unwrap();
    assert_eq!(line, format!("working for {millis} ms\n"));
    (example, client)
}

#[cfg(unix)]
impl Running {
    fn terminate(&self) {
        // The shell's own `kill`: not every machine has the program.
        let script = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    }

    /// Waits for its end, behind its last words.
    fn end(&mut self) {
        let mut words = String::new();
        self.stdout.read_to_string(&mut words).unwrap();
        assert_eq!(words, "Served.\n");
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
#[cfg(unix)]
fn graceful() {
    let (mut example, mut client) = working(2000);
    example.terminate();
    while TcpStream::connect(&example.address).is_ok() {
        std::thread::yield_now();
    }
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\nDone.\n"), "{response}");
    example.end();
}

#[test]
#[cfg(unix)]
fn graceful_without_patience() {
    let (mut example, mut client) = working(600_000);
    example.terminate();
    while TcpStream::connect(&example.address).is_ok() {
        std::thread::yield_now();
    }
    assert!(example.child.try_wait().unwrap().is_none());
    example.terminate();
    example.end();
    let mut response = String::new();
    // Closed or reset.
    let _ = client.read_to_string(&mut response);
    assert_eq!(response, "");
}
