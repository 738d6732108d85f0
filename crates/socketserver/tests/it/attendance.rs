//! What a handler learns of those who wait while it waits for its client.

use crate::support::deadline;
use socketserver::socket2::SockRef;
use socketserver::{
    BaseRequest, BaseRequestHandler, BaseServer, Heed, Misuse, Raw, RequestHandlerClass, Serve,
    ServerOptions, Tcp, TcpServer, ThreadingMixIn, ThreadingTcpServer, Turn,
};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// Tells its client whether it holds the loop, whether it should be the last, and whose turn it is at the end of a wait.
struct Looking {
    heed: Heed,
    timeout: Option<Duration>,
}

impl BaseRequestHandler for Looking {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        let attendance = x.server.attendance().expect("there is a server");
        write!(x.request, "{} {} ", attendance.holds_the_loop(), attendance.is_last())?;
        let turn = attendance.wait(&SockRef::from(&*x.request), self.heed, self.timeout)?;
        write!(x.request, "{turn:?}")
    }
}

fn looking(heed: Heed, timeout: Option<Duration>) -> impl RequestHandlerClass<Tcp> {
    Raw(move || Looking { heed, timeout })
}

const SHORT: Option<Duration> = Some(Duration::from_millis(1));
const LONG: Option<Duration> = Some(Duration::from_secs(50));

fn connect(server: &impl BaseServer<Transport = Tcp>) -> TcpStream {
    TcpStream::connect(server.base().server_address()).unwrap()
}

fn answer(mut client: TcpStream) -> String {
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

/// What the first of two clients is told by `handle_request`; the second has come before it is served.
fn first_of_two(server: &impl BaseServer<Transport = Tcp>, sends: &[u8]) -> String {
    let mut first = connect(server);
    first.write_all(sends).unwrap();
    let _second = connect(server);
    server.handle_request().unwrap();
    answer(first)
}

fn plain(heed: Heed, timeout: Option<Duration>) -> TcpServer<impl RequestHandlerClass<Tcp>> {
    TcpServer::bind("127.0.0.1:0", looking(heed, timeout)).unwrap()
}

fn threading(
    heed: Heed,
    timeout: Option<Duration>,
) -> ThreadingTcpServer<impl RequestHandlerClass<Tcp>> {
    ThreadingTcpServer::bind("127.0.0.1:0", looking(heed, timeout)).unwrap()
}

#[test]
fn who_holds_the_loop_keeps_other_clients_waiting() {
    let _deadline = deadline();
    assert_eq!(first_of_two(&plain(Heed::Clients, LONG), b""), "true true Others");
    let told = format!("true true {:?}", Turn::Client { last: true });
    assert_eq!(first_of_two(&plain(Heed::Clients, LONG), b"x"), told);

    // Unless it does not heed them.
    assert_eq!(first_of_two(&plain(Heed::Stop, SHORT), b""), "true true Nobody");
    let told = format!("true true {:?}", Turn::Client { last: false });
    assert_eq!(first_of_two(&plain(Heed::Stop, LONG), b"x"), told);
}

#[test]
fn a_thread_keeps_no_other_client_waiting() {
    let _deadline = deadline();
    assert_eq!(first_of_two(&threading(Heed::Clients, SHORT), b""), "false false Nobody");
    let told = format!("false false {:?}", Turn::Client { last: false });
    assert_eq!(first_of_two(&threading(Heed::Clients, LONG), b"x"), told);
}

#[test]
fn a_stop_ends_the_wait_in_the_loop_and_in_a_thread() {
    fn check(server: &impl BaseServer<Transport = Tcp>, before: &str) {
        // Twice: what has ended one run of the server does not touch the next.
        for _ in 0..2 {
            thread::scope(|scope| {
                scope.spawn(|| server.serve_forever().unwrap());
                let mut silent = connect(server);
                let mut told = vec![0; before.len()];
                silent.read_exact(&mut told).unwrap();
                assert_eq!(told, before.as_bytes());
                // Now it waits.
                server.shutdown();
                assert_eq!(answer(silent), "Others");
            });
        }
    }
    let _deadline = deadline();
    check(&plain(Heed::Stop, LONG), "true false ");
    check(&threading(Heed::Stop, LONG), "false false ");
}

#[test]
fn closing_the_server_ends_the_wait_and_the_loop_too() {
    fn check(server: &impl BaseServer<Transport = Tcp>, before: &str) {
        thread::scope(|scope| {
            let served = scope.spawn(|| server.serve_forever());
            let mut silent = connect(server);
            silent.read_exact(&mut vec![0; before.len()]).unwrap();
            server.server_close();
            assert_eq!(answer(silent), "Others");
            let error = served.join().unwrap().unwrap_err();
            assert!(matches!(Misuse::of(&error), Some(Misuse::Closed)), "{error}");
        });
    }
    let _deadline = deadline();
    let mut options = ServerOptions::default();
    options.poll_interval = Duration::from_secs(3600);
    for _ in 0..20 {
        let class = looking(Heed::Stop, None);
        let server = TcpServer::bind_with("127.0.0.1:0", class, options.clone()).unwrap();
        check(&server, "true false ");
        let class = looking(Heed::Stop, None);
        let server = TcpServer::bind_with("127.0.0.1:0", class, options.clone()).unwrap();
        check(&ThreadingMixIn::new(server), "false false ");
    }
}
