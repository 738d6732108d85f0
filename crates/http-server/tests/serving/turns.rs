//! Who is served next: other clients while a connection is idle, and whoever stops the server.
//!
//! The deadlines of idle connections are 15 s. Whatever is asserted to happen here happens long before.

use crate::sockets::Running;
use crate::support::{field, reply};
use http_server::{
    BaseHttpRequestHandler, Deadlines, Exchange, HandlerOptions, HttpServer, Serve,
    ThreadingHttpServer,
};
use socketserver::ThreadingMixIn;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than any machine needs, shorter than the deadline of an idle connection.
const SOON: Duration = Duration::from_secs(8);

/// Answers `hello`; `/wait` says that it has begun and waits until it may end, and `/body` reads its body first.
struct Gate {
    begun: Mutex<Sender<()>>,
    may_end: Mutex<Receiver<()>>,
}

struct Gated {
    gate: Arc<Gate>,
    options: HandlerOptions,
}

impl BaseHttpRequestHandler for Gated {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        if x.path() == "/wait" {
            self.gate.begun.lock().unwrap().send(()).unwrap();
            self.gate.may_end.lock().unwrap().recv_timeout(SOON).unwrap();
        }
        reply(x, "hello")
    }
    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.gate.begun.lock().unwrap().send(()).unwrap();
        let length = io::copy(&mut x.rfile, &mut io::sink())?;
        reply(x, &length.to_string())
    }
    fn log_message(&self, _: &Exchange<'_>, _: std::fmt::Arguments<'_>) {}
}

/// The test's ends of the gate.
struct Ends {
    begun: Receiver<()>,
    let_end: Sender<()>,
}

impl Ends {
    fn wait_until_begun(&self) {
        self.begun.recv_timeout(SOON).expect("the handler begins");
    }
}

/// What makes the handlers, and the ends of their gate.
fn gated(deadlines: Deadlines) -> (impl Fn() -> Gated + Send + Sync + 'static, Ends) {
    let ((has_begun, begun), (let_end, may_end)) = (channel(), channel());
    let gate = Arc::new(Gate { begun: Mutex::new(has_begun), may_end: Mutex::new(may_end) });
    let options = HandlerOptions::new().protocol_version("HTTP/1.1").deadlines(deadlines);
    let factory = move || Gated { gate: Arc::clone(&gate), options: options.clone() };
    (factory, Ends { begun, let_end })
}

/// A server that serves one connection after the other.
fn sequential() -> (Running, Ends) {
    let (factory, ends) = gated(Deadlines::new());
    let server = HttpServer::bind("127.0.0.1:0", factory).unwrap();
    let address = server.server_address();
    (Running::start(server, address), ends)
}

/// A client that reads one response after the other.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(SOON)).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&self, text: &str) {
        self.0.get_ref().write_all(text.as_bytes()).unwrap();
    }

    fn get(&self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n"));
    }

    /// The head of a response, whose body is asserted.
    #[track_caller]
    fn response(&mut self, body: &str) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).expect("a response"), 0, "after {head:?}");
        }
        let mut found = vec![0; body.len()];
        self.0.read_exact(&mut found).unwrap();
        assert_eq!(found, body.as_bytes());
        head
    }

    /// Asserts that the server closes the connection.
    #[track_caller]
    fn is_closed(&mut self) {
        match self.0.read(&mut [0]) {
            Ok(0) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("{other:?} instead of the end"),
        }
    }
}

#[track_caller]
fn assert_kept(head: &str) {
    assert_eq!(field(head, "Connection"), None);
}

#[track_caller]
fn assert_last(head: &str) {
    assert_eq!(field(head, "Connection"), Some("close"));
}

#[test]
fn an_idle_connection_gives_way_to_a_waiting_client() {
    let (server, _ends) = sequential();
    let mut clients: Vec<_> = (0..3).map(|_| Client::connect(server.address)).collect();
    // All are in the backlog; each is served, stays open, and gives way to the next.
    for client in &mut clients {
        client.get("/");
        client.response("hello");
    }
    let [first, second, last] = &mut clients[..] else { unreachable!() };
    first.is_closed();
    second.is_closed();
    // The last has nobody behind it, and is kept.
    last.get("/");
    assert_kept(&last.response("hello"));
}

#[test]
fn a_silent_connection_gives_way_too() {
    let (server, _ends) = sequential();
    let mut silent = Client::connect(server.address);
    let mut client = Client::connect(server.address);
    client.get("/");
    client.response("hello");
    silent.is_closed();
}

#[test]
fn a_silent_connection_is_given_its_time() {
    let mut deadlines = Deadlines::new();
    deadlines.first_byte = Some(Duration::from_millis(50));
    deadlines.first_byte_in_turn = None;
    let (factory, _ends) = gated(deadlines);
    let server = HttpServer::bind("127.0.0.1:0", factory).unwrap();
    let address = server.server_address();
    let server = Running::start(server, address);
    let start = Instant::now();
    let mut silent = Client::connect(server.address);
    let mut client = Client::connect(server.address);
    client.get("/");
    client.response("hello");
    assert!(start.elapsed() >= Duration::from_millis(50), "{:?}", start.elapsed());
    silent.is_closed();
}

#[test]
fn a_connection_in_the_middle_of_a_request_is_not_dropped() {
    let (server, ends) = sequential();
    let mut slow = Client::connect(server.address);
    slow.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
    ends.wait_until_begun();
    let mut waiting = Client::connect(server.address);
    waiting.get("/");
    slow.send("def");
    slow.response("6");
    waiting.response("hello");

    // The same in the middle of a head.
    let mut slow = Client::connect(server.address);
    slow.send("GET / HT");
    let mut next = Client::connect(server.address);
    next.get("/");
    waiting.is_closed();
    slow.send("TP/1.1\r\nHost: h\r\n\r\n");
    slow.response("hello");
    next.response("hello");
}

#[test]
fn a_busy_client_shares_the_server() {
    let (server, ends) = sequential();
    let mut busy = Client::connect(server.address);
    busy.get("/wait");
    ends.wait_until_begun();
    let mut waiting = Client::connect(server.address);
    waiting.get("/");
    busy.get("/");
    ends.let_end.send(()).unwrap();
    // The first request came before anybody waited; the second is the last of its connection, and is told so.
    assert_kept(&busy.response("hello"));
    assert_last(&busy.response("hello"));
    busy.is_closed();
    waiting.response("hello");
}

#[test]
fn a_pipelining_client_is_not_disturbed() {
    let (server, ends) = sequential();
    let mut busy = Client::connect(server.address);
    let pipeline = "GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(100);
    busy.send(&format!("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n{pipeline}"));
    ends.wait_until_begun();
    let mut waiting = Client::connect(server.address);
    waiting.get("/");
    ends.let_end.send(()).unwrap();
    for _ in 0..101 {
        busy.response("hello");
    }
    waiting.response("hello");
}

#[test]
fn what_has_come_already_is_answered_before_others_even_behind_a_body() {
    let (server, ends) = sequential();
    let mut busy = Client::connect(server.address);
    busy.get("/wait");
    ends.wait_until_begun();
    let mut waiting = Client::connect(server.address);
    waiting.get("/");
    let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok";
    busy.send(&format!("{post}GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    ends.let_end.send(()).unwrap();
    assert_kept(&busy.response("hello"));
    assert_kept(&busy.response("2"));
    assert_last(&busy.response("hello"));
    waiting.response("hello");
}

#[test]
fn a_stop_closes_the_idle_connection_of_a_sequential_server() {
    let (server, _ends) = sequential();
    let mut idle = Client::connect(server.address);
    idle.get("/");
    assert_kept(&idle.response("hello"));
    let start = Instant::now();
    server.shutdown.shutdown();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    idle.is_closed();
}

#[test]
fn a_stop_closes_a_silent_connection() {
    let (server, ends) = sequential();
    let mut client = Client::connect(server.address);
    client.get("/wait");
    ends.wait_until_begun();
    let mut silent = Client::connect(server.address);
    ends.let_end.send(()).unwrap();
    client.response("hello");
    // The server has turned to the next.
    client.is_closed();
    let start = Instant::now();
    server.shutdown.shutdown();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    silent.is_closed();
}

#[test]
fn a_request_that_runs_when_the_server_stops_is_the_last_of_its_connection() {
    for server in [sequential(), threading()] {
        let (server, ends) = server;
        let mut client = Client::connect(server.address);
        client.get("/wait");
        ends.wait_until_begun();
        server.shutdown.request_shutdown();
        ends.let_end.send(()).unwrap();
        assert_last(&client.response("hello"));
        client.is_closed();
    }
}

#[test]
fn a_request_that_runs_when_an_engine_stops_is_the_last_of_its_connection() {
    let (factory, ends) = gated(Deadlines::new());
    let engine = HttpServer::bind("127.0.0.1:0", factory).unwrap().engine();
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| engine.serve_forever());
        let mut client = Client::connect(engine.server_address());
        client.get("/wait");
        ends.wait_until_begun();
        engine.shutdown_handle().request_shutdown();
        // Until it listens no more, it may not know yet that it stops.
        while TcpStream::connect(engine.server_address()).is_ok() {
            std::thread::yield_now();
        }
        ends.let_end.send(()).unwrap();
        assert_last(&client.response("hello"));
        client.is_closed();
        serving.join().unwrap().unwrap();
    });
}

#[test]
fn handle_request_serves_one_request() {
    let (factory, _ends) = gated(Deadlines::new());
    let server = HttpServer::bind("127.0.0.1:0", factory).unwrap();
    // The client keeps its side open, so nothing but the server ends the connection.
    let mut open = Client::connect(server.server_address());
    open.get("/");
    let start = Instant::now();
    server.handle_request().unwrap();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    assert_last(&open.response("hello"));
    open.is_closed();

    let mut pipelining = Client::connect(server.server_address());
    pipelining.send(&"GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(2));
    server.handle_request().unwrap();
    assert_last(&pipelining.response("hello"));
    pipelining.is_closed();
}

/// A threading server that waits for its threads when it closes, as it does when its loop has ended.
fn threading() -> (Running, Ends) {
    let (factory, ends) = gated(Deadlines::new());
    let server = HttpServer::bind("127.0.0.1:0", factory).unwrap();
    let address = server.server_address();
    (Running::start(ThreadingMixIn::new(server), address), ends)
}

#[test]
fn a_threading_server_closes_without_waiting_for_idle_connections() {
    let (server, ends) = threading();
    let address = server.address;
    let mut idle: Vec<_> = (0..4).map(|_| Client::connect(address)).collect();
    for client in &mut idle {
        client.get("/");
        assert_kept(&client.response("hello"));
    }
    let mut running = Client::connect(address);
    running.get("/wait");
    ends.wait_until_begun();
    let mut silent = Client::connect(address);

    let start = Instant::now();
    // Dropping it ends the loop and closes the server.
    let closing = std::thread::spawn(move || drop(server));
    for client in &mut idle {
        client.is_closed();
    }
    silent.is_closed();
    assert!(!closing.is_finished(), "it waits for the request that runs");
    ends.let_end.send(()).unwrap();
    assert_last(&running.response("hello"));
    closing.join().unwrap();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[test]
fn the_threads_of_a_server_that_only_stops_end_too() {
    let (factory, _ends) = gated(Deadlines::new());
    let server = ThreadingHttpServer::bind("127.0.0.1:0", factory).unwrap();
    let address = server.server_address();
    std::thread::scope(|scope| {
        // Each stop ends the connections of its time; the next time connections are kept again.
        for _ in 0..3 {
            let serving = scope.spawn(|| server.serve_forever());
            let mut client = Client::connect(address);
            for _ in 0..3 {
                client.get("/");
                assert_kept(&client.response("hello"));
            }
            server.shutdown();
            serving.join().unwrap().unwrap();
            client.is_closed();
        }
    });
}

#[cfg(unix)]
#[test]
fn connections_over_a_unix_socket_give_way_too() {
    use http_server::HttpHandlerClass;
    use socketserver::UnixStreamServer;
    use std::os::unix::net::UnixStream;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("http.sock");
    let (factory, _ends) = gated(Deadlines::new());
    let server = UnixStreamServer::bind(&path, HttpHandlerClass::new(factory)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| server.serve_forever());
        let clients: Vec<_> = (0..2).map(|_| UnixStream::connect(&path).unwrap()).collect();
        for mut client in &clients {
            client.set_read_timeout(Some(SOON)).unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
            let mut response = Vec::new();
            while !response.ends_with(b"hello") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                response.extend(byte);
            }
        }
        server.shutdown();
        for mut client in &clients {
            assert_eq!(client.read(&mut [0]).unwrap(), 0);
        }
    });
    server.server_close();
}
