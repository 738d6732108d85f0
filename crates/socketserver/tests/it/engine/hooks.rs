//! The server's hooks with an engine around it.

use super::{Backstage, Client, options, serving};
use crate::support::deadline;
use socketserver::engine::{Engine, Input, NoHandler, Protocol, ProtocolClass, Step, Work};
use socketserver::{AddressOf, BaseServer, HandlerError, RequestOf, Serve, Server, Tcp, TcpServer};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Counts what it is told, fails to accept if it shall, and serves nobody while it is private.
pub(super) struct Hooked {
    server: TcpServer<NoHandler>,
    error: AtomicI32,
    private: AtomicI32,
    failures: AtomicUsize,
    pub(super) closed: AtomicUsize,
    shut: AtomicUsize,
    services: AtomicUsize,
    pub(super) errors: Mutex<Vec<String>>,
}

impl Hooked {
    pub(super) fn new() -> Self {
        let mut server = super::bind();
        server.options_mut().poll_interval = Duration::from_millis(5);
        Self {
            server,
            error: AtomicI32::new(0),
            private: AtomicI32::new(0),
            failures: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            shut: AtomicUsize::new(0),
            services: AtomicUsize::new(0),
            errors: Mutex::default(),
        }
    }
}

impl BaseServer for Hooked {
    type Transport = Tcp;
    type Class = NoHandler;

    fn base(&self) -> &Server<Tcp, NoHandler> {
        &self.server
    }

    fn get_request(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match self.error.load(Ordering::SeqCst) {
            0 => self.server.get_request(),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    fn get_request_failed(&self, _: &io::Error, _: bool, _: Duration) {
        self.failures.fetch_add(1, Ordering::SeqCst);
    }

    fn verify_request(&self, _: &RequestOf<Self>, _: &AddressOf<Self>) -> bool {
        match self.private.load(Ordering::SeqCst) {
            0 => true,
            1 => false,
            _ => std::panic::resume_unwind(Box::new("the test wants it")),
        }
    }

    fn shutdown_request(&self, request: RequestOf<Self>) {
        self.shut.fetch_add(1, Ordering::SeqCst);
        self.default_shutdown_request(request);
    }

    fn close_request(&self, _request: RequestOf<Self>) {
        self.closed.fetch_add(1, Ordering::SeqCst);
    }

    fn handle_error(&self, _: &RequestOf<Self>, _: &AddressOf<Self>, error: &HandlerError) {
        self.errors.lock().unwrap().push(error.to_string());
    }

    fn service_actions(&self) {
        self.services.fetch_add(1, Ordering::SeqCst);
    }
}

/// Says whether its connection sends small segments at once.
struct Candid(bool);

impl Protocol for Candid {
    fn receive(&mut self, _: &mut Input<'_>, _: Instant) -> Step {
        Step::Run
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        work.input.consume(usize::MAX);
        writeln!(work.output, "{}", self.0)?;
        Ok(Step::Close)
    }
}

struct CandidClass;

impl ProtocolClass<Tcp> for CandidClass {
    type Protocol = Candid;

    fn protocol(&self, request: &TcpStream, _: &SocketAddr, _: Instant) -> Candid {
        Candid(request.nodelay().unwrap())
    }
}

fn wait_until(count: &AtomicUsize, at_least: usize) {
    while count.load(Ordering::SeqCst) < at_least {
        thread::yield_now();
    }
}

#[test]
fn failures_and_panics_go_to_handle_error_and_end_their_own_connection_only() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let engine = Engine::new(Hooked::new(), backstage.factory());
    serving(&engine, |address| {
        let mut other = Client::connect(address);
        assert_eq!(other.ask("hello"), "HELLO");
        for request in ["fail", "panic"] {
            let mut client = Client::connect(address);
            client.send(&format!("before\n{request}\nafter\n"));
            assert_eq!([client.line(), client.line()], ["BEFORE", ""]);
            assert_eq!(other.ask("hello"), "HELLO");
        }
    });
    let hooks = engine.inner();
    let expected = ["as it was told", "the handler panicked: the test wants it"];
    assert_eq!(*hooks.errors.lock().unwrap(), expected);
    assert_eq!(hooks.closed.load(Ordering::SeqCst), 3);
}

#[test]
fn small_segments_are_sent_at_once_unless_they_shall_not() {
    let _deadline = deadline();
    for nodelay in [true, false] {
        let options = options(|options| options.nodelay = nodelay);
        let engine = Engine::with_class(super::bind(), CandidClass, options);
        // One connects before the engine runs, the others after it has accepted that.
        let mut early = Client::connect(engine.server_address());
        serving(&engine, |address| {
            assert_eq!(early.ask("?"), nodelay.to_string());
            for _ in 0..3 {
                assert_eq!(Client::connect(address).ask("?"), nodelay.to_string());
            }
        });
    }
}

#[test]
fn verify_request_refuses_and_may_panic() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let engine = Engine::new(Hooked::new(), backstage.factory());
    serving(&engine, |address| {
        let hooks = engine.inner();
        for private in [1, 2] {
            hooks.private.store(private, Ordering::SeqCst);
            assert_eq!(Client::connect(address).line(), "");
            wait_until(&hooks.shut, private as usize);
        }
        assert_eq!(hooks.errors.lock().unwrap().len(), 1);
        hooks.private.store(0, Ordering::SeqCst);
        assert_eq!(Client::connect(address).ask("hello"), "HELLO");
        wait_until(&hooks.services, 3);
    });
}

#[test]
fn exhausted_descriptors_delay_new_clients_and_nobody_else() {
    let _deadline = deadline();
    let backstage = Backstage::new();
    let options = options(|options| options.pollers = 1);
    let engine = Engine::with_options(Hooked::new(), backstage.factory(), options);
    serving(&engine, |address| {
        let hooks = engine.inner();
        let mut inside = Client::connect(address);
        assert_eq!(inside.ask("hello"), "HELLO");
        hooks.error.store(libc::EMFILE, Ordering::SeqCst);
        let began = Instant::now();
        let mut outside = Client::connect(address);
        outside.send("hello\n");
        // Pauses of 10, 20 and 40 ms lie before the fourth failure.
        while hooks.failures.load(Ordering::SeqCst) < 4 {
            assert_eq!(inside.ask("hello"), "HELLO");
        }
        assert!(began.elapsed() >= Duration::from_millis(70));
        hooks.error.store(0, Ordering::SeqCst);
        // A descriptor becomes free: that is noticed at once, however long the pause.
        drop(inside);
        assert_eq!(outside.line(), "HELLO");
    });
}
