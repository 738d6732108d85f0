//! Starting, waking, ending and misusing the serving loops.

use crate::support::{Fail, Journal, deadline, noting_server};
use socketserver::{
    BaseRequest, BaseRequestHandler, BaseServer, Misuse, Raw, RequestHandlerClass, Serve, Server,
    ServerOptions, ShutdownHandle, Tcp, TcpServer, ThreadingTcpServer, ToServerAddress, UdpServer,
};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// Sends the word it was made with.
struct Say(&'static str);

impl BaseRequestHandler for Say {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        x.request.write_all(self.0.as_bytes())
    }
}

fn answer(server: &impl BaseServer<Transport = Tcp>) -> String {
    let mut client = TcpStream::connect(server.base().server_address()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

fn options(change: impl FnOnce(&mut ServerOptions)) -> ServerOptions {
    let mut options = ServerOptions::default();
    change(&mut options);
    options
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn shutdown_wakes_the_loop_whatever_the_poll_interval() {
    let _deadline = deadline();
    for _ in 0..20 {
        let options = options(|options| options.poll_interval = HOUR);
        let server = TcpServer::bind_with("127.0.0.1:0", Raw(|| Say("hi")), options).unwrap();
        thread::scope(|scope| {
            let served = scope.spawn(|| server.serve_forever());
            assert_eq!(answer(&server), "hi");
            server.shutdown();
            // `shutdown` returned, so the loop has ended.
            assert!(TcpStream::connect(server.server_address()).is_ok(), "the socket is open");
            served.join().unwrap().unwrap();
        });
    }
}

#[test]
fn many_servers_start_and_shut_down_one_after_the_other() {
    let _deadline = deadline();
    for _ in 0..20 {
        let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say(""))).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| server.serve_forever().unwrap());
            // The loop may have started or not: it ends either way.
            server.shutdown();
        });
    }
}

#[test]
fn close_immediately() {
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say(""))).unwrap();
    server.server_close();
    server.server_close();
}

#[test]
fn leaving_the_scope_closes_the_server() {
    let address = {
        let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say(""))).unwrap();
        server.server_address()
    };
    let error = TcpStream::connect(address).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_closed_server_says_so() {
    let _deadline = deadline();
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say(""))).unwrap();
    server.server_close();
    for error in [
        server.serve_forever().unwrap_err(),
        server.handle_request().unwrap_err(),
        server.bind_and_activate().unwrap_err(),
        server.socket().unwrap_err(),
        server.fileno().unwrap_err(),
    ] {
        assert!(matches!(Misuse::of(&error), Some(Misuse::Closed)), "{error}");
        assert!(error.to_string().contains("make a new server"));
    }
}

#[test]
fn closing_a_server_ends_its_loop_with_an_error() {
    let _deadline = deadline();
    let options = options(|options| options.poll_interval = HOUR);
    let server = TcpServer::bind_with("127.0.0.1:0", Raw(|| Say("hi")), options).unwrap();
    thread::scope(|scope| {
        let served = scope.spawn(|| server.serve_forever());
        assert_eq!(answer(&server), "hi");
        server.server_close();
        let error = served.join().unwrap().unwrap_err();
        assert!(matches!(Misuse::of(&error), Some(Misuse::Closed)), "{error}");
    });
}

#[test]
fn a_server_that_does_not_listen_says_so() {
    let _deadline = deadline();
    let address = "127.0.0.1:0".to_server_address().unwrap();
    let tcp = TcpServer::new(address, Raw(|| Say("hi")), ServerOptions::default()).unwrap();
    tcp.server_bind().unwrap();
    let error = tcp.serve_forever().unwrap_err();
    assert!(matches!(Misuse::of(&error), Some(Misuse::NotActive)), "{error}");
    assert!(error.to_string().contains("bind_and_activate"));

    struct Nothing;
    impl BaseRequestHandler<socketserver::Udp> for Nothing {}
    let udp = UdpServer::new(address, Raw(|| Nothing), ServerOptions::default()).unwrap();
    let error = udp.handle_request().unwrap_err();
    assert!(matches!(Misuse::of(&error), Some(Misuse::NotActive)), "{error}");
}

#[test]
fn a_second_loop_says_that_one_runs() {
    let _deadline = deadline();
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say("hi"))).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        assert_eq!(answer(&server), "hi");
        for error in [server.serve_forever().unwrap_err(), server.handle_request().unwrap_err()] {
            assert!(matches!(Misuse::of(&error), Some(Misuse::AlreadyServing)), "{error}");
        }
        server.shutdown();
    });
}

/// Shuts its own server down, from the thread that runs the loop.
struct Stopper(Arc<OnceLock<ShutdownHandle>>);

impl BaseRequestHandler for Stopper {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        self.0.get().unwrap().shutdown();
        x.request.write_all(b"bye")
    }
}

#[test]
fn a_handler_may_shut_its_own_server_down() {
    let _deadline = deadline();
    let handle = Arc::new(OnceLock::new());
    let handlers = Arc::clone(&handle);
    let server =
        TcpServer::bind("127.0.0.1:0", Raw(move || Stopper(Arc::clone(&handlers)))).unwrap();
    handle.set(server.shutdown_handle()).unwrap();
    thread::scope(|scope| {
        let served = scope.spawn(|| server.serve_forever());
        assert_eq!(answer(&server), "bye");
        served.join().unwrap().unwrap();
    });
}

#[test]
fn a_handler_thread_may_shut_the_server_down() {
    let _deadline = deadline();
    let handle = Arc::new(OnceLock::new());
    let handlers = Arc::clone(&handle);
    let server =
        ThreadingTcpServer::bind("127.0.0.1:0", Raw(move || Stopper(Arc::clone(&handlers))))
            .unwrap();
    handle.set(server.shutdown_handle()).unwrap();
    thread::scope(|scope| {
        let served = scope.spawn(|| server.serve_forever());
        assert_eq!(answer(&server), "bye");
        served.join().unwrap().unwrap();
    });
}

#[test]
fn shutdown_before_the_loop_does_not_wait_and_ends_the_next_loop() {
    let _deadline = deadline();
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say("hi"))).unwrap();
    server.shutdown();
    server.serve_forever().unwrap();

    // The request was used up: the loop after that one serves.
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        assert_eq!(answer(&server), "hi");
        server.shutdown();
    });
}

#[test]
fn a_shutdown_waits_for_one_loop_and_not_for_the_next() {
    let _deadline = deadline();
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say("hi"))).unwrap();
    thread::scope(|scope| {
        // The next loop may run before whoever has ended the one before has noticed.
        let loops = scope.spawn(|| (0..500).for_each(|_| server.serve_forever().unwrap()));
        while !loops.is_finished() {
            server.shutdown();
        }
    });
}

#[test]
fn request_shutdown_does_not_wait() {
    let _deadline = deadline();
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say("hi"))).unwrap();
    let handle = server.shutdown_handle();
    thread::scope(|scope| {
        let served = scope.spawn(|| server.serve_forever());
        assert_eq!(answer(&server), "hi");
        handle.request_shutdown();
        served.join().unwrap().unwrap();
    });
    drop(server);
    handle.shutdown(); // outlives the server
}

#[test]
fn handle_request_serves_one_request() {
    let _deadline = deadline();
    let server = TcpServer::bind("127.0.0.1:0", Raw(|| Say("hi"))).unwrap();
    thread::scope(|scope| {
        let client = scope.spawn(|| answer(&server));
        server.handle_request().unwrap();
        assert_eq!(client.join().unwrap(), "hi");
    });
}

/// Counts what happens while nothing happens.
struct Idle<C> {
    server: TcpServer<C>,
    timeouts: AtomicUsize,
    actions: AtomicUsize,
}

impl<C: RequestHandlerClass<Tcp>> BaseServer for Idle<C> {
    type Transport = Tcp;
    type Class = C;

    fn base(&self) -> &Server<Tcp, C> {
        &self.server
    }

    fn handle_timeout(&self) {
        self.timeouts.fetch_add(1, Ordering::Relaxed);
    }

    fn service_actions(&self) {
        if self.actions.fetch_add(1, Ordering::Relaxed) == 2 {
            self.shutdown();
        }
    }
}

fn idle(options: ServerOptions) -> Idle<impl RequestHandlerClass<Tcp>> {
    let server = TcpServer::bind_with("127.0.0.1:0", Raw(|| Say("")), options).unwrap();
    Idle { server, timeouts: AtomicUsize::new(0), actions: AtomicUsize::new(0) }
}

#[test]
fn handle_request_calls_handle_timeout_and_no_service_actions() {
    let _deadline = deadline();
    let server = idle(options(|options| options.timeout = Some(Duration::from_millis(1))));
    server.handle_request().unwrap();
    assert_eq!(server.timeouts.load(Ordering::Relaxed), 1);
    assert_eq!(server.actions.load(Ordering::Relaxed), 0);
}

#[test]
fn serve_forever_ignores_the_timeout_and_calls_service_actions_while_idle() {
    let _deadline = deadline();
    let server = idle(options(|options| {
        options.timeout = Some(Duration::ZERO);
        options.poll_interval = Duration::from_millis(1);
    }));
    server.serve_forever().unwrap();
    assert_eq!(server.timeouts.load(Ordering::Relaxed), 0);
    assert_eq!(server.actions.load(Ordering::Relaxed), 3);
}

#[test]
fn shutdown_wakes_handle_request() {
    let _deadline = deadline();
    let journal = Journal::new();
    let server = noting_server(&journal, Fail::Never);
    thread::scope(|scope| {
        let handled = scope.spawn(|| server.handle_request());
        server.shutdown();
        handled.join().unwrap().unwrap();
    });
    assert_eq!(journal.entries(), [""; 0]);
}

#[test]
fn a_shutdown_handle_goes_anywhere() {
    fn anywhere<T: Send + Sync + Clone + 'static>() {}
    anywhere::<ShutdownHandle>();
}
