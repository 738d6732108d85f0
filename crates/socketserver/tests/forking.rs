//! `ForkingMixIn`, in a program of its own: its tests take turns, so that no other test holds a
//! lock at the moment of a fork.
#![cfg(unix)]

mod support;

use socketserver::{
    BaseRequest, BaseRequestHandler, BaseServer, DatagramRequest, DatagramRequestHandler,
    DatagramTransport, ForkingMixIn, ForkingOptions, ForkingTcpServer, ForkingUdpServer,
    ForkingUnixDatagramServer, ForkingUnixStreamServer, Raw, RequestHandlerClass, Serve,
    ServerOptions, StreamRequest, StreamRequestHandler, StreamTransport, Tcp,
};
use std::io::{self, BufRead, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use support::{Deadline, Fail, Journal, deadline, noting_server};

/// The turn of a test, which also has a deadline.
fn turn() -> (MutexGuard<'static, ()>, Deadline) {
    static TURN: Mutex<()> = Mutex::new(());
    (TURN.lock().unwrap_or_else(PoisonError::into_inner), deadline())
}

/// Sends a line back, from another process.
struct StreamEcho;

impl<T: StreamTransport> StreamRequestHandler<T> for StreamEcho {
    fn handle(&mut self, x: &mut StreamRequest<'_, T>) -> io::Result<()> {
        assert!(x.server.multiprocess && !x.server.multithread);
        assert!(x.server.attendance().is_none(), "a child keeps nobody waiting");
        let mut line = Vec::new();
        x.rfile.read_until(b'\n', &mut line)?;
        x.wfile.write_all(&line)?;
        write!(x.wfile, "{}", std::process::id())
    }
}

/// Sends a packet back, from another process.
struct DatagramEcho;

impl<T: DatagramTransport> DatagramRequestHandler<T> for DatagramEcho {
    fn handle(&mut self, x: &mut DatagramRequest<'_, T>) -> io::Result<()> {
        io::copy(&mut x.rfile, &mut x.wfile)?;
        write!(x.wfile, "{}", std::process::id())
    }
}

/// Serves while the client asks three times; it returns the process id of who answered.
fn serve<S: BaseServer>(server: &ForkingMixIn<S>, client: impl Fn() -> u32) {
    thread::scope(|scope| {
        let served = scope.spawn(|| server.serve_forever());
        let mut pids = vec![std::process::id(), client(), client(), client()];
        pids.sort();
        pids.dedup();
        assert_eq!(pids.len(), 4, "each request has a process of its own");
        server.shutdown();
        served.join().unwrap().unwrap();
    });
    server.server_close();
    assert_eq!(server.active_children(), [0; 0]);
}

fn pid_after_echo(answer: &[u8]) -> u32 {
    let answer = std::str::from_utf8(answer).unwrap();
    answer.strip_prefix("hello\n").unwrap().parse().unwrap()
}

fn ask(mut stream: impl Read + Write) -> u32 {
    stream.write_all(b"hello\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    pid_after_echo(&answer)
}

#[test]
fn forking_tcp_server() {
    let _turn = turn();
    let server = ForkingTcpServer::bind("127.0.0.1:0", || StreamEcho).unwrap();
    serve(&server, || ask(TcpStream::connect(server.server_address()).unwrap()));
}

#[test]
fn forking_unix_stream_server() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stream");
    let server = ForkingUnixStreamServer::bind(&path, || StreamEcho).unwrap();
    serve(&server, || ask(UnixStream::connect(&path).unwrap()));
}

#[test]
fn forking_udp_server() {
    let _turn = turn();
    let server = ForkingUdpServer::bind("127.0.0.1:0", || DatagramEcho).unwrap();
    serve(&server, || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(b"hello\n", server.server_address()).unwrap();
        let mut answer = [0; 100];
        let received = socket.recv(&mut answer).unwrap();
        pid_after_echo(&answer[..received])
    });
}

#[test]
fn forking_unix_datagram_server() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("datagram");
    let server = ForkingUnixDatagramServer::bind(&path, || DatagramEcho).unwrap();
    serve(&server, || {
        let name = tempfile::Builder::new().make_in(folder.path(), |path| UnixDatagram::bind(path));
        let (socket, _path) = name.unwrap().into_parts();
        socket.send_to(b"hello\n", &path).unwrap();
        let mut answer = [0; 100];
        let received = socket.recv(&mut answer).unwrap();
        pid_after_echo(&answer[..received])
    });
}

/// One request; the hooks in the order in which parent and child called them.
fn check(fail: Fail, parent: &[&str], child: &[&str]) {
    let journal = Journal::new();
    let server = ForkingMixIn::new(noting_server(&journal, fail));
    let _client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    server.server_close();
    // The two write at the same time.
    let (in_child, in_parent): (Vec<String>, Vec<String>) =
        journal.entries().into_iter().partition(|hook| hook.starts_with("child: "));
    assert_eq!(in_parent, parent);
    let child: Vec<String> = child.iter().map(|hook| format!("child: {hook}")).collect();
    assert_eq!(in_child, child);
}

const PARENT: &[&str] = &["S.get_request", "S.verify_request", "S.close_request", "S.server_close"];

#[test]
fn the_child_handles_and_the_parent_closes() {
    let _turn = turn();
    check(
        Fail::Never,
        PARENT,
        &[
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn the_child_reports_errors_and_then_shuts_the_request_down() {
    let _turn = turn();
    check(
        Fail::Handle,
        PARENT,
        &[
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.handle_error: H.handle failed",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn the_child_shuts_the_request_down_even_if_handle_error_panics() {
    let _turn = turn();
    check(
        Fail::HandleErrorPanics,
        PARENT,
        &[
            "S.finish_request",
            "H.setup",
            "H.handle",
            "H.finish",
            "S.handle_error: the handler panicked: the test wants it",
            "S.shutdown_request",
            "S.close_request",
        ],
    );
}

#[test]
fn the_exit_status_of_a_child_tells_whether_all_went_well() {
    let _turn = turn();
    for (fail, status) in
        [(Fail::Never, 0), (Fail::Handle, 1), (Fail::HandlePanics, 1), (Fail::HandleErrorPanics, 1)]
    {
        let journal = Journal::new();
        let server = ForkingMixIn::new(noting_server(&journal, fail));
        let _client = TcpStream::connect(server.server_address()).unwrap();
        server.handle_request().unwrap();
        let pid = server.active_children()[0];
        let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap());
        let (_, ended) =
            rustix::process::waitpid(pid, rustix::process::WaitOptions::empty()).unwrap().unwrap();
        assert_eq!(ended.exit_status(), Some(status), "{fail:?}");
        // Somebody else collected the child, and the server does not mind.
        server.collect_children(false);
        assert_eq!(server.active_children(), [0; 0]);
    }
}

/// Works until its client has sent all.
struct Patient;

impl BaseRequestHandler for Patient {
    fn handle(&mut self, x: &mut BaseRequest<'_>) -> io::Result<()> {
        x.request.read_to_end(&mut Vec::new())?;
        x.request.write_all(b"goodbye")
    }
}

fn patient(
    change: impl FnOnce(&mut ForkingOptions),
) -> ForkingTcpServer<impl RequestHandlerClass<Tcp>> {
    let mut options = ForkingOptions::default();
    change(&mut options);
    let class = Raw(|| Patient);
    ForkingTcpServer::bind_with("127.0.0.1:0", class, ServerOptions::default(), options).unwrap()
}

fn goodbye(mut client: TcpStream) {
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "goodbye");
}

#[test]
fn one_handle_request_after_the_other_leaves_no_zombies() {
    let _turn = turn();
    let server = patient(|_| {});
    for round in 0.. {
        let client = TcpStream::connect(server.server_address()).unwrap();
        server.handle_request().unwrap();
        let children = server.active_children();
        goodbye(client);
        // A child ends shortly after its client has the answer, and the next request collects it.
        if round > 0 && children.len() == 1 {
            break;
        }
        assert!(children.len() < 40);
    }
}

#[test]
fn handle_timeout_collects_children() {
    let _turn = turn();
    let server = patient(|options| options.timeout = Some(Duration::from_millis(1)));
    let client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    assert_eq!(server.active_children().len(), 1);
    goodbye(client);
    while !server.active_children().is_empty() {
        server.handle_request().unwrap();
    }
}

#[test]
fn an_idle_loop_collects_children() {
    let _turn = turn();
    let mut options = ServerOptions::default();
    options.poll_interval = Duration::from_millis(1);
    let forking = ForkingOptions::default();
    let class = Raw(|| Patient);
    let server = ForkingTcpServer::bind_with("127.0.0.1:0", class, options, forking).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        let client = TcpStream::connect(server.server_address()).unwrap();
        while server.active_children().is_empty() {
            thread::yield_now();
        }
        goodbye(client);
        while !server.active_children().is_empty() {
            thread::yield_now();
        }
        server.shutdown();
    });
}

#[test]
fn server_close_waits_for_children() {
    let _turn = turn();
    let server = patient(|_| {});
    let client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    let late = thread::spawn(move || goodbye(client));
    server.server_close();
    assert_eq!(server.active_children(), [0; 0]);
    late.join().unwrap();
}

#[test]
fn server_close_without_block_on_close_does_not_wait() {
    let _turn = turn();
    let server = patient(|options| {
        options.block_on_close = false;
        options.max_children = 1;
    });
    let client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    server.server_close();
    assert_eq!(server.active_children().len(), 1);
    goodbye(client);
}

#[test]
fn no_more_than_max_children_run() {
    let _turn = turn();
    let server = patient(|options| options.max_children = 2);
    let connect = || TcpStream::connect(server.server_address()).unwrap();
    let (first, second, third) = (connect(), connect(), connect());
    thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().unwrap());
        while server.active_children().len() < 2 {
            thread::yield_now();
        }
        // The third waits for one of the two; the loop waits for it too, unless it is shut down.
        let before = server.active_children();
        goodbye(second);
        while server.active_children() == before {
            assert_eq!(before.len(), 2);
            thread::yield_now();
        }
        assert!(server.active_children().len() <= 2);
        goodbye(third);
        goodbye(first);
        server.shutdown();
    });
}

#[test]
fn shutdown_does_not_wait_for_room() {
    let _turn = turn();
    let server = patient(|options| options.max_children = 1);
    let client = TcpStream::connect(server.server_address()).unwrap();
    thread::scope(|scope| {
        let served = scope.spawn(|| server.serve_forever());
        while server.active_children().is_empty() {
            thread::yield_now();
        }
        server.shutdown();
        served.join().unwrap().unwrap();
    });
    assert_eq!(server.active_children().len(), 1);
    goodbye(client);
}

#[test]
fn children_that_are_not_the_servers_are_left_alone() {
    let _turn = turn();
    let mut other = Command::new("true").spawn().unwrap();
    let server = patient(|options| options.max_children = 1);
    let client = TcpStream::connect(server.server_address()).unwrap();
    server.handle_request().unwrap();
    goodbye(client);
    // At its limit CPython would now wait for any child, and take ours.
    server.collect_children(false);
    assert_eq!(server.active_children(), [0; 0]);
    assert!(other.wait().unwrap().success());
}
