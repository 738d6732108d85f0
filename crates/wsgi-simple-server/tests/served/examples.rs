//! The programs in `examples/`, run as their readers run them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A running example, ended with the test.
struct Running {
    child: Child,
    address: String,
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
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("Serving on http://")
            .and_then(|rest| rest.strip_suffix("/ ...\n"))
            .unwrap_or_else(|| panic!("no address in {line:?}"))
            .to_owned();
        Self { child, address }
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
