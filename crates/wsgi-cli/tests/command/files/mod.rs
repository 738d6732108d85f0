//! `wsgi-simple-server files`: what is said, served and logged.

mod auth;
mod mistakes;
mod options;

use crate::running::{Client, Ended, Running, http_get};
use crate::tls::{Trust, https_get};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A directory with a file, a directory and a name with a dot.
fn tree() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.txt"), "hello\n").unwrap();
    fs::write(root.path().join(".hidden"), "not for you\n").unwrap();
    fs::create_dir(root.path().join("sub")).unwrap();
    fs::write(root.path().join("sub/b"), "deeper\n").unwrap();
    root
}

/// Serves a directory to this machine, on a free port.
fn start(directory: &Path, arguments: &[&str]) -> Running {
    let directory = directory.to_str().unwrap();
    Running::start(&[&["files", directory, "0", "--bind", "127.0.0.1"], arguments].concat())
}

/// Head and body of an answer.
fn get(server: &Running, target: &str, fields: &[&str]) -> (String, String) {
    let answer = http_get(("127.0.0.1", server.port), target, fields);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    (format!("{head}\r\n"), body.to_owned())
}

#[test]
fn it_says_what_it_serves_and_where_and_serves_it() {
    let root = tree();
    let mut server = start(root.path(), &[]);
    let url = format!("http://127.0.0.1:{}/", server.port);
    assert_eq!(
        server.start_line,
        format!("Serving HTTP on 127.0.0.1 port {} ({url}) ...", server.port)
    );
    assert_eq!(server.stdout.next_line(), format!("The files of {}:", root.path().display()));
    assert_eq!(server.stdout.next_line(), format!("  {url}  on this machine"));

    let (head, body) = get(&server, "/a.txt", &[]);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nServer: SimpleHTTP wsgiref-rs/"), "{head}");
    assert!(head.contains("\r\nContent-type: text/plain; charset=utf-8\r\n"), "{head}");
    assert!(head.contains("\r\nAccept-Ranges: bytes\r\n"), "{head}");
    assert_eq!(body, "hello\n");
    let Ended { status, stdout, .. } = server.stop("INT");
    assert_eq!((status, &*stdout), (Some(0), "\nKeyboard interrupt received, exiting.\n"));
}

#[test]
fn the_log_says_how_large_and_how_long() {
    let root = tree();
    let mut server = start(root.path(), &[]);
    let mut logged = |method: &str, target: &str, field: &str| {
        let mut client = Client::connect(&server);
        client.send(&format!(
            "{method} {target} HTTP/1.1\r\nHost: h\r\n{field}Connection: close\r\n\r\n"
        ));
        assert!(!client.rest().is_empty());
        let mut line = server.stderr.next_line();
        if line.contains("] code ") {
            line = server.stderr.next_line();
        }
        assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
        let (_, message) = line.split_once("] ").unwrap();
        let (message, time) = message.rsplit_once(' ').unwrap();
        let amount = time.trim_end_matches("ms").trim_end_matches('s');
        assert!(amount.len() < time.len() && amount.parse::<f64>().is_ok(), "{line}");
        message.to_owned()
    };
    assert_eq!(logged("GET", "/a.txt", ""), r#""GET /a.txt HTTP/1.1" 200 6"#);
    assert_eq!(logged("GET", "/a.txt", "Range: bytes=1-3\r\n"), r#""GET /a.txt HTTP/1.1" 206 3"#);
    assert_eq!(logged("HEAD", "/a.txt", ""), r#""HEAD /a.txt HTTP/1.1" 200 0"#);
    assert_eq!(logged("GET", "/sub", ""), r#""GET /sub HTTP/1.1" 301 0"#);
    assert_eq!(logged("GET", "/none", ""), r#""GET /none HTTP/1.1" 404 460"#);

    // What is refused before anything is asked of the directory has CPython's line.
    let mut client = Client::connect(&server);
    client.send("?\r\n\r\n");
    assert!(client.rest().starts_with("HTTP/1.1 400 "));
    let line = [server.stderr.next_line(), server.stderr.next_line()].concat();
    assert!(line.ends_with("\"?\" 400 -"), "{line}");
}

#[test]
fn quiet_writes_no_line_for_a_file_either() {
    let root = tree();
    let server = start(root.path(), &["--quiet"]);
    assert_eq!(get(&server, "/a.txt", &[]).1, "hello\n");
    assert!(get(&server, "/none", &[]).0.starts_with("HTTP/1.1 404 "));
    assert_eq!(server.stop("TERM").stderr, "");
}

#[test]
fn a_directory_is_a_page_or_json_or_an_archive() {
    let root = tree();
    let server = start(root.path(), &[]);
    let (head, page) = get(&server, "/", &["Accept: text/html"]);
    assert!(head.contains("\r\nContent-type: text/html; charset=utf-8\r\n"), "{head}");
    assert!(page.contains("<a href=\"a.txt\">") && page.contains("<a href=\"sub/\">"), "{page}");
    let (head, _) = get(&server, "/", &["Accept: application/json"]);
    assert!(head.contains("\r\nContent-type: application/json\r\n"), "{head}");
    let (head, archive) = get(&server, "/sub/?format=tar", &[]);
    assert!(head.contains("\r\nContent-Disposition: attachment; filename*=UTF-8''sub.tar\r\n"));
    assert!(archive.contains("sub/b\0") && archive.contains("deeper\n"));
}

#[test]
fn everybody_is_told_where_to_find_it() {
    let root = tree();
    let directory = root.path().to_str().unwrap();
    let mut server = Running::start(&["files", "--port", "0", "-d", directory, "--qr"]);
    let here = format!("http://127.0.0.1:{}/", server.port);
    assert_eq!(server.stdout.next_line(), format!("The files of {directory}:"));
    let line = server.stdout.next_line();
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>().join(" "),
        format!("{here} on this machine")
    );
    let mut others = Vec::new();
    let mut line = server.stdout.next_line();
    while let Some(url) = line.strip_suffix("  on the network") {
        others.push(url.trim().to_owned());
        line = server.stdout.next_line();
    }
    assert_eq!(
        line,
        "Everybody on the network can have them; --bind 127.0.0.1 keeps them on this machine."
    );
    let code = server.stdout.next_line();
    if others.is_empty() {
        assert_eq!(code, "There is no code to show: this machine is on no network.");
    } else {
        assert!(code.starts_with("\u{2588}\u{2588}\u{2588}"), "{code}");
    }
    for url in [here].into_iter().chain(others) {
        let authority = url.trim_start_matches("http://").trim_end_matches('/');
        assert!(http_get(authority, "/a.txt", &[]).ends_with("\r\n\r\nhello\n"), "{url}");
        assert!(server.stderr.next_line().contains("\"GET /a.txt HTTP/1.1\" 200 6 "));
    }
}

#[test]
fn ipv4_clients_have_ipv4_addresses_in_the_log() {
    let root = tree();
    let mut server = Running::start(&["files", root.path().to_str().unwrap(), "0"]);
    http_get(("127.0.0.1", server.port), "/a.txt", &[]);
    let line = server.stderr.next_line();
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
}

#[test]
fn files_are_served_over_tls_too() {
    let root = tree();
    let mut server = start(root.path(), &["--tls-self-signed"]);
    assert!(server.start_line.starts_with("Serving HTTPS on 127.0.0.1 port "));
    server.stdout.next_line();
    let url = format!("  https://127.0.0.1:{}/  on this machine", server.port);
    assert_eq!(server.stdout.next_line(), url);
    server.stdout.next_line();
    let fingerprint = server.stdout.next_line();
    let answer = https_get(server.port, "127.0.0.1", Trust::Fingerprint(fingerprint)).unwrap();
    assert!(answer.contains("<a href=\"a.txt\">a.txt</a>"), "{answer}");
}

/// A client that has begun to take a file that is larger than all buffers on the way, and does not go on.
fn download(server: &Running) -> Client {
    let mut client = Client::connect(server);
    client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(client.head().starts_with("HTTP/1.1 200 OK\r\n"));
    client
}

const LARGE: usize = 32 * 1024 * 1024;

#[test]
fn a_download_is_finished_before_the_end() {
    let root = tree();
    fs::File::create(root.path().join("large")).unwrap().set_len(LARGE as u64).unwrap();
    let mut server = start(root.path(), &[]);
    let mut client = download(&server);
    server.signal("INT");
    let waiting = "Waiting up to 30s for 1 connection that is in use; Ctrl-C again stops now.";
    while server.stdout.next_line() != waiting {}
    assert_eq!(client.rest().len(), LARGE);
    let ended = server.ended();
    assert_eq!(ended.status, Some(0));
    let line = ended.stderr;
    assert!(line.contains(&format!("\"GET /large HTTP/1.1\" 200 {LARGE} ")), "{line}");
    assert!(!line.contains("cut short"), "{line}");
}

#[test]
fn a_download_that_does_not_end_in_time_is_cut_visibly() {
    let root = tree();
    fs::File::create(root.path().join("large")).unwrap().set_len(LARGE as u64).unwrap();
    let server = start(root.path(), &["--graceful-timeout", "0"]);
    let mut client = download(&server);
    assert_eq!(server.stop("TERM").status, Some(0));
    assert!(client.rest().len() < LARGE);
}

#[test]
fn a_download_that_is_given_up_is_logged_as_such() {
    let root = tree();
    fs::File::create(root.path().join("large")).unwrap().set_len(LARGE as u64).unwrap();
    let mut server = start(root.path(), &[]);
    drop(download(&server));
    let mut line = server.stderr.next_line();
    while !line.contains("\"GET /large HTTP/1.1\" 200 ") {
        line = server.stderr.next_line();
    }
    assert!(line.ends_with(", cut short"), "{line}");
}
