//! Responses that are longer than what a client takes at once: each waits without a thread.

use crate::fixture::{DEADLINE, Served};
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;
use wsgi_simple_server::{AppError, AppResult, Body, Environ, StartResponse};
use wsgi_util::{Chunk, ResponseIterable};

/// So much that neither the system nor the server takes it for the client.
const PIECES: u64 = 256;
const PIECE: usize = 64 * 1024;

/// How many bodies were made and closed, and how many pieces they gave.
#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    pieces: AtomicUsize,
    closed: AtomicUsize,
}

impl Counts {
    fn wait_until(&self, what: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !what(self) {
            assert!(begin.elapsed() < DEADLINE);
            thread::yield_now();
        }
    }
}

/// Gives many pieces, each beginning with the next byte of the request body.
struct Long {
    left: u64,
    counts: Arc<Counts>,
}

impl ResponseIterable for Long {
    fn next_chunk(
        &mut self,
        environ: &mut Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.counts.pieces.fetch_add(1, Ordering::Relaxed);
        let mut piece = environ.input().read_n(1)?;
        piece.resize(PIECE, b'.');
        Ok(Some(piece.into()))
    }

    fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
        self.counts.closed.fetch_add(1, Ordering::Relaxed);
        let path = environ.get("PATH_INFO").unwrap_or_default().into_owned();
        Ok(writeln!(environ.errors(), "closed {path} with {} left", self.left)?)
    }
}

/// Answers `/quick` at once, `/wrapped` with a long body behind middleware, and everything else with a long body.
fn app(
    counts: Arc<Counts>,
) -> impl Fn(&mut Environ<'_>, &mut dyn StartResponse) -> AppResult + Send + Sync {
    move |environ, start_response| {
        start_response.start("200 OK", [("Content-Type", "text/plain")])?;
        match environ.get("PATH_INFO").as_deref() {
            Some("/quick") => return Ok("quick".into()),
            Some("/wrapped") => {
                let input = environ.take_input().take(PIECES);
                environ.set_input(input);
            }
            _ => {}
        }
        counts.begun.fetch_add(1, Ordering::Relaxed);
        Ok(Body::iterable(Long { left: PIECES, counts: Arc::clone(&counts) }))
    }
}

/// A request whose body has a byte for each piece.
fn long_request(path: &str) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.0\r\nContent-Length: {PIECES}\r\n\r\n");
    let body = (0..PIECES).map(|number| b'a' + (number % 26) as u8);
    head.into_bytes().into_iter().chain(body).collect()
}

fn check_long(response: &[u8]) {
    let end_of_head = response.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let body = &response[end_of_head..];
    assert_eq!(body.len() as u64, PIECES * PIECE as u64);
    for (number, piece) in body.chunks(PIECE).enumerate() {
        assert_eq!(piece[0], b'a' + (number % 26) as u8, "piece {number}");
    }
}

const QUICK: &str = "GET /quick HTTP/1.0\r\n\r\n";

#[test]
fn clients_that_read_slowly_hold_no_thread() {
    let counts = Arc::new(Counts::default());
    let served = Served::on_engine(app(Arc::clone(&counts)), 2);
    let mut slow: Vec<_> = (0..8)
        .map(|number| {
            let mut client = served.connect();
            client.write_all(&long_request(&format!("/{number}"))).unwrap();
            client
        })
        .collect();
    counts.wait_until(|counts| counts.begun.load(Ordering::Relaxed) == 8);
    for _ in 0..10 {
        assert!(served.play(QUICK).ends_with("\r\n\r\nquick"));
    }
    let made = counts.pieces.load(Ordering::Relaxed) as u64;
    assert!(made < 8 * PIECES, "a piece is made when there is room for it: {made}");
    assert_eq!(counts.closed.load(Ordering::Relaxed), 0);

    for client in &mut slow {
        let mut response = Vec::new();
        client.read_to_end(&mut response).unwrap();
        check_long(&response);
    }
    assert_eq!(counts.closed.load(Ordering::Relaxed), 8);
    let size = PIECES * PIECE as u64;
    for number in 0..8 {
        let line =
            format!("\"POST /{number} HTTP/1.0\" 200 {size}\nclosed /{number} with 0 left\n");
        served.log.wait_for(&line);
    }
}

#[test]
fn a_client_that_leaves_amid_a_response_has_it_closed() {
    let counts = Arc::new(Counts::default());
    let served = Served::on_engine(app(Arc::clone(&counts)), 2);
    let mut client = served.connect();
    client.write_all(&long_request("/gone")).unwrap();
    let mut begin = [0; 15];
    client.read_exact(&mut begin).unwrap();
    drop(client);
    counts.wait_until(|counts| counts.closed.load(Ordering::Relaxed) == 1);
    let log = served.log.wait_for("closed /gone with ");
    assert!(!log.contains("200"), "a response that broke off has no line: {log}");
    assert!(served.play(QUICK).ends_with("quick"));
    assert_eq!(counts.closed.load(Ordering::Relaxed), 1);
}

#[test]
fn an_application_behind_a_wrapped_input_is_served_all_the_same() {
    let counts = Arc::new(Counts::default());
    let served = Served::on_engine(app(Arc::clone(&counts)), 3);
    let mut client = served.connect();
    client.write_all(&long_request("/wrapped")).unwrap();
    counts.wait_until(|counts| counts.begun.load(Ordering::Relaxed) == 1);
    assert!(served.play(QUICK).ends_with("quick"));
    let mut response = Vec::new();
    client.read_to_end(&mut response).unwrap();
    check_long(&response);
    assert_eq!(counts.closed.load(Ordering::Relaxed), 1);
}

#[test]
fn a_long_response_is_the_same_from_a_thread_of_its_own() {
    let counts = Arc::new(Counts::default());
    let served = Served::new(app(counts));
    let mut client = served.connect();
    client.write_all(&long_request("/")).unwrap();
    let mut response = Vec::new();
    client.read_to_end(&mut response).unwrap();
    check_long(&response);
}
