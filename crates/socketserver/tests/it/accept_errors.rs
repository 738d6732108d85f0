//! Errors of accepting: they never end a loop, never make it spin, and never delay a shutdown.

use crate::support::deadline;
use socketserver::{
    BaseRequest, BaseRequestHandler, BaseServer, Raw, RequestHandlerClass, Serve, Server,
    ServerOptions, Tcp, TcpServer, ThreadingTcpServer,
};
use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

struct Hello;

impl BaseRequestHandler for Hello {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        x.request.write_all(b"hello")
    }
}

/// Fails to accept with an error number, as long as there is one.
struct Failing<C> {
    server: TcpServer<C>,
    error: AtomicI32,
    failures: AtomicUsize,
    actions: AtomicUsize,
}

impl<C: RequestHandlerClass<Tcp>> BaseServer for Failing<C> {
    type Transport = Tcp;
    type Class = C;

    fn base(&self) -> &Server<Tcp, C> {
        &self.server
    }

    fn get_request(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match self.error.load(Ordering::SeqCst) {
            0 => self.server.get_request(),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    fn get_request_failed(&self, error: &io::Error, first: bool, pause: Duration) {
        let before = self.failures.fetch_add(1, Ordering::SeqCst);
        // On a busy machine errors of single connections may come too slowly to be one row.
        let may_be_apart = error.raw_os_error() == Some(libc::ECONNABORTED);
        assert!(first == (before == 0) || (first && may_be_apart));
        assert!(pause <= Duration::from_secs(1));
    }

    fn service_actions(&self) {
        self.actions.fetch_add(1, Ordering::SeqCst);
    }
}

fn failing(error: i32) -> Failing<impl RequestHandlerClass<Tcp>> {
    failing_with(error, ServerOptions::default())
}

fn failing_with(error: i32, options: ServerOptions) -> Failing<impl RequestHandlerClass<Tcp>> {
    Failing {
        server: TcpServer::bind_with("127.0.0.1:0", Raw(|| Hello), options).unwrap(),
        error: AtomicI32::new(error),
        failures: AtomicUsize::new(0),
        actions: AtomicUsize::new(0),
    }
}

/// How often accepting failed so far; waits until it was at least `count` times.
fn wait_for_failures<C>(server: &Failing<C>, count: usize) {
    while server.failures.load(Ordering::SeqCst) < count {
        thread::yield_now();
    }
}

/// A client waits while accepting fails, again and again; then it is served.
fn check_recovery(error: i32, failures: usize, at_least: Duration) {
    let _deadline = deadline();
    let server = failing(error);
    let mut client = TcpStream::connect(server.server.server_address()).unwrap();
    thread::scope(|scope| {
        let began = Instant::now();
        scope.spawn(|| server.serve_forever().unwrap());
        wait_for_failures(&server, failures);
        assert!(began.elapsed() >= at_least, "it tried {failures} times in {:?}", began.elapsed());

        server.error.store(0, Ordering::SeqCst);
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "hello");
        server.shutdown();
    });
}

#[test]
fn exhausted_descriptors_slow_the_loop_down_but_do_not_end_it() {
    // Pauses of 10, 20 and 40 ms lie before the fourth failure.
    check_recovery(libc::EMFILE, 4, Duration::from_millis(70));
    check_recovery(libc::ENFILE, 4, Duration::from_millis(70));
    check_recovery(libc::ENOMEM, 4, Duration::from_millis(70));
}

#[test]
fn aborted_connections_neither_end_the_loop_nor_make_it_spin() {
    // Eight failures are free, and then each costs 10 ms.
    check_recovery(libc::ECONNABORTED, 14, Duration::from_millis(50));
}

#[test]
fn shutdown_is_noticed_at_once_while_accepting_rests() {
    let _deadline = deadline();
    let server = failing(libc::EMFILE);
    let _client = TcpStream::connect(server.server.server_address()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        wait_for_failures(&server, 4);
        server.shutdown();
    });
    // Had the loop spun there would be thousands.
    assert!(server.failures.load(Ordering::SeqCst) < 50);
}

#[test]
fn handle_request_does_not_spin_either() {
    let _deadline = deadline();
    let server = failing(libc::EMFILE);
    let _client = TcpStream::connect(server.server.server_address()).unwrap();
    let began = Instant::now();
    for _ in 0..3 {
        server.handle_request().unwrap();
    }
    assert_eq!(server.failures.load(Ordering::SeqCst), 3);
    assert!(began.elapsed() >= Duration::from_millis(70));
}

#[test]
fn service_actions_go_on_while_accepting_rests() {
    let _deadline = deadline();
    let mut options = ServerOptions::default();
    options.poll_interval = Duration::from_millis(1);
    let server = failing_with(libc::EMFILE, options);
    let _client = TcpStream::connect(server.server.server_address()).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        // The pauses until then are 150 ms.
        wait_for_failures(&server, 5);
        server.shutdown();
    });
    assert!(server.actions.load(Ordering::SeqCst) > 20, "{:?}", server.actions);
}

#[test]
fn handle_request_rests_no_longer_than_its_timeout() {
    let _deadline = deadline();
    let mut options = ServerOptions::default();
    options.timeout = Some(Duration::from_millis(1));
    let server = failing_with(libc::EMFILE, options);
    let _client = TcpStream::connect(server.server.server_address()).unwrap();
    let began = Instant::now();
    // The pauses would be 2.27 s.
    (0..8).for_each(|_| server.handle_request().unwrap());
    assert_eq!(server.failures.load(Ordering::SeqCst), 8);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

/// Holds its connection until the client lets go.
struct Holding;

impl BaseRequestHandler for Holding {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        x.request.write_all(b"held")?;
        x.request.read_to_end(&mut Vec::new()).map(drop)
    }
}

const CHILD: &str = "SOCKETSERVER_TEST_FEW_DESCRIPTORS";

/// The child process of the next test: a server with few descriptors, until stdin ends.
fn serve_with_few_descriptors() {
    let server = ThreadingTcpServer::bind("127.0.0.1:0", Raw(|| Holding)).unwrap();
    rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(24), maximum: Some(24) },
    )
    .unwrap();
    let handle = server.shutdown_handle();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        handle.shutdown();
    });
    let _ = writeln!(io::stderr(), "port {}", server.server_address().port());
    server.serve_forever().unwrap();
    let _ = writeln!(io::stderr(), "ended");
    // The clients still hold their connections.
    std::process::exit(0);
}

#[test]
fn a_server_survives_the_real_exhaustion_of_its_descriptors() {
    if env::var_os(CHILD).is_some() {
        return serve_with_few_descriptors();
    }
    let _deadline = deadline();
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("accept_errors::a_server_survives_the_real_exhaustion_of_its_descriptors")
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let port: u16 = lines.find_map(|line| line.strip_prefix("port ")?.parse().ok()).unwrap();
    let connect = || TcpStream::connect(("127.0.0.1", port)).unwrap();

    let crowd: Vec<TcpStream> = (0..40).map(|_| connect()).collect();
    // Between such lines are reports of clients that were gone when their turn came.
    let complains = |line: &String| line.contains("cannot accept a connection");
    lines.find(complains).unwrap();

    // There is room again: somebody new is served.
    drop(crowd);
    let mut client = connect();
    let mut answer = [0; 4];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"held");

    // Exhausted again, and shut down meanwhile.
    let _crowd: Vec<TcpStream> = (0..40).map(|_| connect()).collect();
    lines.find(complains).unwrap();
    drop(child.stdin.take());
    lines.find(|line| line == "ended").unwrap();
    assert!(child.wait().unwrap().success());
}
