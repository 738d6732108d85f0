//! Plays a request against a server in a process of its own, so that the log is what it really writes to its standard error.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::golden::Answer;
use crate::{client, mask};

/// How long a server may take to end after its one connection.
const END: Duration = Duration::from_secs(30);

/// Starts a server that prints its address and takes one connection, sends it the request, and collects what the server did.
///
/// # Errors
///
/// If the server does not start, or does not end with its connection.
pub fn play(server: &mut Command, request: &[u8], half_close: bool) -> io::Result<Answer> {
    let (mut server, address) = start(server)?;
    // The log may be longer than a pipe holds, so it is read while the server runs.
    let mut stderr = server.stderr.take().expect("stderr is piped by `start`");
    let (sender, log) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = sender.send(stderr.read_to_end(&mut bytes).map(|_| bytes));
    });
    let exchanged = client::exchange(address, request, half_close);
    let log = log.recv_timeout(END);
    if log.is_err() {
        server.kill()?;
    }
    server.wait()?;
    let (response, ending) = exchanged?;
    let late = || format!("the server did not end within {} seconds", END.as_secs());
    let log = log.map_err(|_| io::Error::other(late()))??;
    let response = mask::response(&response);
    let log = mask::log(&String::from_utf8_lossy(&log), &response);
    Ok(Answer { response, ending: ending.to_owned(), log })
}

fn start(server: &mut Command) -> io::Result<(Child, SocketAddr)> {
    let mut child = server
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdout = child.stdout.take().expect("stdout is piped just above");
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let address =
        line.trim().parse().map_err(|_| io::Error::other(format!("{server:?} did not start")))?;
    Ok((child, address))
}
