//! Over real sockets: the servers, and polite ends.

use crate::support::{field, mask, reply, status_line};
use http_server::{
    BaseHttpRequestHandler, ClientAddress, Deadlines, Exchange, HandlerOptions, HttpServer, Serve,
    ServerInfo, ThreadingHttpServer, handle, server_options,
};
use socketserver::{BaseServer, HandlerError, ShutdownHandle};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

static HTTP11: LazyLock<HandlerOptions> =
    LazyLock::new(|| HandlerOptions::new().protocol_version("HTTP/1.1"));

struct Hello;

impl BaseHttpRequestHandler for Hello {
    fn options(&self) -> &HandlerOptions {
        &HTTP11
    }
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        match x.path() {
            "/panic" => panic!("on purpose"),
            "/large" => reply(x, &"x".repeat(1_000_000)),
            _ => reply(x, "hello"),
        }
    }
    fn do_post(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.send_error(403, None)
    }
    fn log_message(&self, _: &Exchange<'_>, _: std::fmt::Arguments<'_>) {}
}

/// A server in a thread, ended when dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: ShutdownHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    pub(crate) fn start<S: BaseServer + 'static>(server: S, address: SocketAddr) -> Self {
        let shutdown = server.shutdown_handle();
        let thread = std::thread::spawn(move || server.serve_forever());
        Self { address, shutdown, thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
        stream
    }

    /// Sends a request and reads to the end of the connection.
    fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let mut response = Vec::new();
        stream.read_to_end(&mut response).expect("the whole response comes");
        mask(&response)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The loop may not have begun yet, so this asks until it has ended.
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            self.shutdown.shutdown();
            std::thread::yield_now();
        }
        self.thread.take().expect("joined once").join().expect("no panic").expect("no error");
    }
}

fn threading() -> Running {
    let server = ThreadingHttpServer::bind("127.0.0.1:0", || Hello).unwrap();
    let address = server.server_address();
    Running::start(server, address)
}

const CLOSE: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

#[test]
fn http_server_serves_and_keeps_connections() {
    let server = HttpServer::bind(("127.0.0.1", 0), || Hello).unwrap();
    assert_eq!(server.server_name(), "127.0.0.1");
    assert_eq!(server.server_port(), server.server_address().port());
    assert!(server.base().options().allow_reuse_address);
    let address = server.server_address();
    let running = Running::start(server, address);

    let mut stream = BufReader::new(running.connect());
    for _ in 0..3 {
        stream.get_mut().write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            stream.read_line(&mut head).unwrap();
        }
        assert_eq!(field(&head, "Content-Length"), Some("5"));
        let mut body = [0; 5];
        stream.read_exact(&mut body).unwrap();
        assert_eq!(&body, b"hello");
    }
}

#[test]
fn threads_serve_side_by_side_and_a_panic_touches_nobody_else() {
    let running = threading();
    let mut waiting = running.connect();
    waiting.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n").unwrap();
    let response = running.ask("GET /panic HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(status_line(&response), "HTTP/1.1 500 Internal Server Error");
    assert!(running.ask(CLOSE).ends_with("hello"));
    waiting.write_all(b"Connection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    waiting.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("hello"));
}

#[test]
fn a_client_in_mid_upload_gets_the_answer_and_no_reset() {
    let running = threading();
    let mut stream = running.connect();
    let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![b'x'; 4_000_000]).expect("no reset while sending");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("no reset while reading");
    assert_eq!(status_line(&mask(&response)), "HTTP/1.1 403 Forbidden");
}

#[test]
fn a_response_is_not_destroyed_by_a_request_that_nobody_reads() {
    let running = threading();
    for _ in 0..20 {
        let mut stream = running.connect();
        let large = CLOSE.replace("GET /", "GET /large");
        stream.write_all([&large, CLOSE].concat().as_bytes()).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).expect("no reset");
        assert!(response.len() > 1_000_000, "{}", response.len());
    }
}

#[test]
fn a_client_that_keeps_its_end_open_is_not_waited_for() {
    // One thread serves both clients: the second would wait for the first.
    let server = HttpServer::bind("127.0.0.1:0", || Hello).unwrap();
    let address = server.server_address();
    let running = Running::start(server, address);
    let start = Instant::now();
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut stream = running.connect();
        stream.write_all(CLOSE.as_bytes()).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        open.push(stream);
    }
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[test]
fn a_client_that_half_closes_gets_its_response() {
    let running = threading();
    let mut stream = running.connect();
    stream.write_all(CLOSE.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("hello"));
}

#[test]
fn a_connection_that_is_reset_keeps_nothing_for_its_client() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    http_server::Connection::reset(&mut stream).unwrap();
    drop(stream);
    let error = client.read(&mut [0]).expect_err("no orderly end");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn deadlines_hold_on_sockets() {
    struct Impatient(HandlerOptions);
    impl BaseHttpRequestHandler for Impatient {
        fn options(&self) -> &HandlerOptions {
            &self.0
        }
        fn log_message(&self, _: &Exchange<'_>, _: std::fmt::Arguments<'_>) {}
    }
    let serving = |deadlines| {
        let options = HandlerOptions::new().protocol_version("HTTP/1.1").deadlines(deadlines);
        let factory = move || Impatient(options.clone());
        let server = ThreadingHttpServer::bind("127.0.0.1:0", factory).unwrap();
        let address = server.server_address();
        Running::start(server, address)
    };
    let mut first_byte = Deadlines::new();
    first_byte.first_byte = Some(Duration::from_millis(30));
    assert_eq!(serving(first_byte).ask(""), "");

    let mut head = Deadlines::new();
    head.head = Some(Duration::from_millis(30));
    let response = serving(head).ask("GET / HTTP/1.1\r\nHost: ");
    assert_eq!(status_line(&response), "HTTP/1.1 408 Request Timeout");
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_a_connection() {
    use std::os::unix::net::UnixStream;
    let (mut client, mut server) = UnixStream::pair().unwrap();
    client.write_all(CLOSE.as_bytes()).unwrap();
    handle(&mut server, &ClientAddress::Unnamed, &ServerInfo::default(), &Hello).unwrap();
    drop(server);
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("hello"));
}

#[test]
fn a_subclass_of_the_server_keeps_the_hooks_of_http() {
    /// Serves nobody.
    struct Closed(HttpServer<fn() -> Hello>, mpsc::Sender<()>);
    impl BaseServer for Closed {
        type Transport = socketserver::Tcp;
        type Class = http_server::HttpHandlerClass<fn() -> Hello>;
        fn base(&self) -> &socketserver::Server<Self::Transport, Self::Class> {
            self.0.base()
        }
        fn verify_request(&self, _: &TcpStream, _: &SocketAddr) -> bool {
            self.1.send(()).is_err()
        }
    }
    let (sender, receiver) = mpsc::channel();
    let server = HttpServer::bind("127.0.0.1:0", (|| Hello) as fn() -> Hello).unwrap();
    let address = server.server_address();
    let running = Running::start(Closed(server, sender), address);
    assert_eq!(running.ask(""), "");
    receiver.recv_timeout(Duration::from_secs(10)).expect("verify_request was called");
}

#[test]
fn errors_of_handlers_reach_handle_error() {
    struct Reporting(HttpServer<fn() -> Hello>, mpsc::Sender<String>);
    impl BaseServer for Reporting {
        type Transport = socketserver::Tcp;
        type Class = http_server::HttpHandlerClass<fn() -> Hello>;
        fn base(&self) -> &socketserver::Server<Self::Transport, Self::Class> {
            self.0.base()
        }
        fn handle_error(&self, _: &TcpStream, _: &SocketAddr, error: &HandlerError) {
            let _ = self.1.send(error.to_string());
        }
    }
    let (sender, receiver) = mpsc::channel();
    let server = HttpServer::bind("127.0.0.1:0", (|| Hello) as fn() -> Hello).unwrap();
    let address = server.server_address();
    let running = Running::start(Reporting(server, sender), address);
    running.ask("GET /panic HTTP/1.1\r\nHost: h\r\n\r\n");
    let error = receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(error, "the handler panicked: on purpose");
}

#[test]
fn small_writes_do_not_wait_for_each_other() {
    /// Looks at each connection when it ends.
    struct Looking(HttpServer<fn() -> Hello>, mpsc::Sender<io::Result<bool>>);
    impl BaseServer for Looking {
        type Transport = socketserver::Tcp;
        type Class = http_server::HttpHandlerClass<fn() -> Hello>;
        fn base(&self) -> &socketserver::Server<Self::Transport, Self::Class> {
            self.0.base()
        }
        fn close_request(&self, request: TcpStream) {
            let _ = self.1.send(request.nodelay());
        }
    }
    let (sender, receiver) = mpsc::channel();
    let server = HttpServer::bind("127.0.0.1:0", (|| Hello) as fn() -> Hello).unwrap();
    let address = server.server_address();
    let running = Running::start(Looking(server, sender), address);
    running.ask(CLOSE);
    let nodelay = receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(nodelay.unwrap(), "TCP_NODELAY is set");
}

#[test]
fn the_port_may_be_taken_again_at_once() {
    // Somebody else may take the free port first, but not every time.
    let taken_again = (0..10).any(|_| {
        let server = HttpServer::bind("127.0.0.1:0", || Hello).unwrap();
        let address = server.server_address();
        let running = Running::start(server, address);
        // The server closes first, so its end of the connection lingers in TIME_WAIT.
        running.ask(CLOSE);
        drop(running);
        HttpServer::bind_with(address, || Hello, server_options()).is_ok()
    });
    assert!(taken_again);
}

#[test]
fn a_busy_port_is_an_error_that_says_so() {
    let server = HttpServer::bind("127.0.0.1:0", || Hello).unwrap();
    let busy = HttpServer::bind(server.server_address(), || Hello).unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::AddrInUse);
    assert!(busy.to_string().contains(&server.server_port().to_string()), "{busy}");
}

/// Shared state goes in an `Arc`, and the factory makes one handler for each connection.
#[test]
fn the_factory_is_called_once_for_each_connection() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let factory = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        Hello
    };
    let server = ThreadingHttpServer::bind("127.0.0.1:0", factory).unwrap();
    let address = server.server_address();
    let running = Running::start(server, address);
    let both = ["GET / HTTP/1.1\r\nHost: h\r\n\r\n", CLOSE].concat();
    assert_eq!(running.ask(&both).matches("hello").count(), 2);
    running.ask(CLOSE);
    assert_eq!(made.load(Ordering::Relaxed), 2);
}
