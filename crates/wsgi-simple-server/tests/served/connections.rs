//! Several requests on a connection, several connections at once, and clients that go away.

use crate::fixture::{DEADLINE, Log, Logged, Served, play, play_1_0};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::thread;
use wsgi_simple_server::{AppError, AppResult, Body, Environ, Serve, StartResponse, WsgiServer};
use wsgi_util::{Chunk, ResponseIterable};

/// Answers with the path.
fn path(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
    start_response.start::<&str, &str>("200 OK", [])?;
    Ok(environ.get("PATH_INFO").unwrap_or_default().into_owned().into())
}

/// The requests of a client that keeps its connection, all at once.
const PIPELINE: &str = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n\
                        GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /4 HTTP/1.1\r\nHost: h\r\n\r\n";

/// Where the paths of [`path`] stand in the responses.
fn paths(responses: &str) -> Vec<&str> {
    responses.split("\r\n\r\n").skip(1).map(|text| text.get(..2).unwrap_or(text)).collect()
}

#[test]
fn connections_are_kept_and_pipelines_answered_in_order() {
    let (responses, log) = play(path, PIPELINE);
    assert_eq!(paths(&responses), ["/1", "/2", "/3"]);
    assert_eq!(responses.matches("\r\nConnection: close\r\n").count(), 1);
    assert_eq!(
        log,
        "\"GET /1 HTTP/1.1\" 200 2\n\"GET /2 HTTP/1.1\" 200 2\n\"GET /3 HTTP/1.1\" 200 2\n"
    );
}

#[test]
fn http_1_0_serves_one_request() {
    let (responses, log) = play_1_0(path, PIPELINE);
    assert_eq!(paths(&responses), ["/1"]);
    assert!(responses.starts_with("HTTP/1.0 200 OK\r\n"), "{responses}");
    assert_eq!(log, "\"GET /1 HTTP/1.1\" 200 2\n");
}

#[test]
fn a_client_of_1_0_can_ask_to_keep_its_connection() {
    let (responses, _) = play(
        path,
        "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET /3 HTTP/1.0\r\n\r\n",
    );
    assert_eq!(paths(&responses), ["/1", "/2"]);
    assert_eq!(responses.matches("\r\nConnection: keep-alive\r\n").count(), 1);
}

#[test]
fn nothing_after_a_refused_request_is_answered() {
    let (response, log) = play(path, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert!(response.contains("RFC 9112"), "it says why: {response}");
    assert_eq!(
        response.matches("HTTP/1.1 4").count() + response.matches("HTTP/1.1 2").count(),
        1,
        "{response}"
    );
    assert!(log.starts_with("code 400, message "), "{log}");
}

#[test]
fn requests_of_several_connections_run_at_once() {
    let both = Arc::new(Barrier::new(2));
    let server =
        Served::new(move |environ: &mut Environ, start_response: &mut dyn StartResponse| {
            assert!(environ.multithread() && !environ.multiprocess());
            both.wait();
            path(environ, start_response)
        });
    let request = "GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    thread::scope(|scope| {
        let other = scope.spawn(|| server.play(request));
        assert_eq!(paths(&server.play(request)), ["/1"]);
        assert_eq!(paths(&other.join().unwrap()), ["/1"]);
    });
}

/// A server without threads, and a client of it that has sent a request and keeps its connection.
fn sequential() -> (WsgiServer, impl Fn(&str) -> TcpStream) {
    let log = Log::default();
    let factory = move || Logged::new(&log, "HTTP/1.1");
    let server =
        WsgiServer::bind_with("127.0.0.1:0", factory, http_server::server_options()).unwrap();
    server.set_app(path);
    let address = server.server_address();
    let ask = move |path: &str| {
        let mut client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(client, "GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        client
    };
    (server, ask)
}

fn read_to_end(mut client: TcpStream) -> String {
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn a_server_without_threads_keeps_no_client_waiting_for_an_idle_one() {
    let (server, ask) = sequential();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever());
        let clients = ["/1", "/2", "/3"].map(&ask);
        let [first, second, mut last] = clients;
        for (client, path) in [(first, "/1"), (second, "/2")] {
            assert_eq!(paths(&read_to_end(client)), [path]);
        }
        // The last one is kept, and does not keep the server from stopping.
        last.read_exact(&mut [0; 1]).unwrap();
        server.shutdown();
        assert_eq!(paths(&read_to_end(last)), ["/3"]);
    });
}

#[test]
fn handle_request_serves_one_request_and_closes() {
    let (server, ask) = sequential();
    let client = ask("/1");
    server.handle_request().unwrap();
    let response = read_to_end(client);
    assert_eq!(paths(&response), ["/1"]);
    assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
}

/// A body without end that tells when it is closed.
struct Endless(mpsc::Sender<()>);

impl ResponseIterable for Endless {
    fn next_chunk(
        &mut self,
        _: &mut Environ<'_>,
        _: &mut dyn StartResponse,
    ) -> Result<Option<Chunk>, AppError> {
        Ok(Some(vec![b'x'; 65536].into()))
    }

    fn close(&mut self, _: &mut Environ<'_>) -> Result<(), AppError> {
        Ok(self.0.send(())?)
    }
}

#[test]
fn a_client_that_goes_away_is_one_line_and_the_body_is_closed() {
    let (closed, is_closed) = mpsc::channel();
    let server =
        Served::new(move |environ: &mut Environ, start_response: &mut dyn StartResponse| {
            if environ.get("PATH_INFO").as_deref() == Some("/1") {
                return path(environ, start_response);
            }
            start_response.start::<&str, &str>("200 OK", [])?;
            Ok(Body::iterable(Endless(closed.clone())))
        });
    let mut client = server.connect();
    client.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    client.read_exact(&mut [0; 1000]).unwrap();
    drop(client);
    is_closed.recv_timeout(DEADLINE).expect("the body is closed");

    let log = server.log.wait_for("lient went away");
    assert_eq!(log.lines().count(), 1, "{log}");
    assert_eq!(
        paths(&server.play("GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")),
        ["/1"]
    );
}
