//! The example `serve_directory`, run as a program.

mod tree;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The running example, ended when the test is.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn serves_a_directory_over_a_socket() {
    // Cargo puts the examples beside the directory of the tests.
    let mut program = std::env::current_exe().expect("the path of this test");
    program.pop();
    program.pop();
    program.push(format!("examples/serve_directory{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "build the examples first: cargo build --examples");

    let root = tree::make_tree();
    let child = Command::new(program)
        .arg(root.path())
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starting the example");
    let mut running = Running(child);

    let mut line = String::new();
    let stdout = running.0.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("the first line");
    let address =
        line.strip_prefix("Serving HTTP on http://").and_then(|rest| rest.split_once('/'));
    let (address, _) = address.unwrap_or_else(|| panic!("no address in {line:?}"));

    let ask = |target: &str| {
        let mut socket = TcpStream::connect(address).expect("a connection");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        write!(socket, "GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("sending");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer, and its end");
        answer
    };
    assert!(ask("/file.txt").ends_with("\r\n\r\nplain text\n"));
    assert!(ask("/").contains("<h1>Directory listing for /</h1>"));
    assert!(ask("/sub").contains("\r\nLocation: /sub/\r\n"));
    assert!(ask("/..%2f..%2fetc/passwd").starts_with("HTTP/1.0 404 File not found\r\n"));
}
