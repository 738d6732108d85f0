//! The example `cgi_hello`, started as a web server would start it.

use std::env;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The compiled example. `cargo test` builds it with the tests, unless it is told to build a single one.
fn program() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile =
        test.parent().and_then(|deps| deps.parent()).expect("target/<profile>/deps/<test>");
    let program = profile.join("examples").join(format!("cgi_hello{}", env::consts::EXE_SUFFIX));
    assert!(program.exists(), "build it first: cargo build -p wsgi-handlers --example cgi_hello");
    program
}

/// Starts the program with a CGI environment and nothing else; gives what it wrote to stdout and stderr.
fn cgi(environ: &[(&str, &str)], stdin: &[u8]) -> (String, String) {
    let mut child = Command::new(program())
        .env_clear()
        .envs([
            ("GATEWAY_INTERFACE", "CGI/1.1"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("SERVER_NAME", "localhost"),
        ])
        .envs([("SERVER_PORT", "80"), ("SCRIPT_NAME", "/cgi-bin/cgi_hello")])
        .envs(environ.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe stays open until the program has ended: it must stop at CONTENT_LENGTH, not at the end of the stream.
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(pipe);
    assert!(output.status.success(), "{output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_get_request() {
    let (out, err) = cgi(&[("REQUEST_METHOD", "GET"), ("PATH_INFO", "/José")], b"");
    assert_eq!(
        out,
        "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 13\r\n\r\nHello José!\n"
    );
    assert_eq!(err, "");
}

#[test]
fn a_post_request() {
    let environ = [
        ("REQUEST_METHOD", "POST"),
        ("CONTENT_LENGTH", "8"),
        ("CONTENT_TYPE", "application/x-www-form-urlencoded"),
    ];
    let (out, err) = cgi(&environ, b"name=ann, and what is not the body's");
    assert_eq!(
        out,
        "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 36\r\n\r\n\
         Hello world!\nYou submitted name=ann\n"
    );
    assert_eq!(err, "");
}

/// A body that is not UTF-8 is an error of this application; a CGI program says so on stderr.
#[test]
fn an_error() {
    let (out, err) = cgi(&[("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", "1")], b"\xff");
    assert!(out.starts_with("Status: 500 Internal Server Error\r\n"), "{out}");
    assert_eq!(err, "Error: stream did not contain valid UTF-8\n");
}

/// Variables that only look like the handler's do no harm.
#[test]
fn odd_variables() {
    let environ = [
        ("REQUEST_METHOD", "GET"),
        ("wsgi.input", "x"),
        ("wsgi.version", "y"),
        ("CONTENT_LENGTH", "-1"),
    ];
    let (out, err) = cgi(&environ, b"");
    assert!(out.ends_with("\r\n\r\nHello world!\n"), "{out}");
    assert_eq!(err, "");
}
