//! A thousand clients that do nothing, or next to nothing, and what they cost: alone in its process, whose memory and
//! descriptors are looked at.
#![cfg(target_os = "linux")]

mod descriptors;

use http_server::socketserver::engine::{Engine, EngineOptions};
use http_server::socketserver::socket2::{Domain, SockRef, Socket, Type};
use http_server::socketserver::{BaseServer, RequestOf, Server, Tcp};
use http_server::{
    BaseHttpRequestHandler, Deadlines, Exchange, HandlerOptions, HttpHandlerClass, HttpServer,
    MinRate,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
const PIECE: usize = 64 * 1024;

/// Answers with `hello`; `/large` with 16 MiB as its client takes them, `/at-once` with 16 MiB in one write, `/page` with a
/// thousand bytes.
struct Site {
    options: HandlerOptions,
    pages: Arc<AtomicUsize>,
}

fn large(x: &mut Exchange<'_>, pieces: usize) -> io::Result<()> {
    x.wfile.write_all(&[b'x'; PIECE])?;
    if pieces > 1 {
        x.continue_with(move |x| large(x, pieces - 1));
    }
    Ok(())
}

impl BaseHttpRequestHandler for Site {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        let (length, path) = match x.path() {
            "/large" => (256 * PIECE, 1),
            "/at-once" => (256 * PIECE, 2),
            "/page" => (1000, 3),
            _ => (5, 0),
        };
        x.send_response(200)?;
        x.send_header("Content-Length", &length.to_string())?;
        x.end_headers()?;
        match path {
            1 => large(x, 256),
            2 => x.wfile.write_all(&vec![b'x'; length]),
            3 => {
                self.pages.fetch_add(1, Ordering::Relaxed);
                x.wfile.write_all(&[b'x'; 1000])
            }
            _ => x.wfile.write_all(b"hello"),
        }
    }

    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

/// Counts the connections that have ended, and has the system keep little for each.
struct Counting<F> {
    server: HttpServer<F>,
    ended: Arc<AtomicUsize>,
}

impl<F, H> BaseServer for Counting<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    type Transport = Tcp;
    type Class = HttpHandlerClass<F>;

    fn base(&self) -> &Server<Tcp, HttpHandlerClass<F>> {
        self.server.base()
    }

    /// So that a thousand clients that do not read fill no gigabytes of the system's buffers.
    fn get_request(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (request, client_address) = self.server.get_request()?;
        SockRef::from(&request).set_send_buffer_size(32 * 1024)?;
        Ok((request, client_address))
    }

    fn close_request(&self, request: RequestOf<Self>) {
        self.server.close_request(request);
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// What a test sees of its server.
struct Served {
    address: SocketAddr,
    ended: Arc<AtomicUsize>,
    pages: Arc<AtomicUsize>,
}

impl Served {
    fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Does this until so many connections have ended.
    fn until_ended(&self, count: usize, mut meanwhile: impl FnMut()) {
        let began = Instant::now();
        while self.ended() < count {
            assert!(began.elapsed() < Duration::from_secs(60), "{} of {count}", self.ended());
            meanwhile();
        }
    }
}

/// Serves with this deadline for everything while the test runs. One after the other, because descriptors and memory are
/// the process's.
fn serving(deadline: Duration, test: impl FnOnce(&Served)) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let rate = Some(MinRate { grace: deadline, bytes_per_second: 0 });
    let deadlines = Deadlines::new()
        .first_byte(Some(deadline))
        .head(Some(deadline))
        .idle(Some(deadline))
        .body(rate)
        .response(rate)
        .linger(Some(Duration::from_millis(100)));
    let options = HandlerOptions::new().protocol_version("HTTP/1.1").deadlines(deadlines);
    let (ended, pages) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&pages);
    let factory = move || Site { options: options.clone(), pages: Arc::clone(&counter) };
    let server = HttpServer::bind("127.0.0.1:0", factory).unwrap();
    let (address, class) = (server.server_address(), server.base().request_handler_class().clone());
    let server = Counting { server, ended: Arc::clone(&ended) };
    let engine = Engine::with_class(server, class, EngineOptions::default().threads(4));
    thread::scope(|scope| {
        let serving = scope.spawn(|| engine.serve_forever());
        let stop = StopAtEnd(|| engine.shutdown_handle().request_shutdown());
        test(&Served { address, ended, pages });
        drop(stop);
        serving.join().unwrap().unwrap();
    });
}

/// Also when the test fails, so that its failure is told.
struct StopAtEnd<F: Fn()>(F);

impl<F: Fn()> Drop for StopAtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// How many clients there can be: each has two descriptors here. A thousand, if the system allows.
fn crowd_size() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let size = usize::try_from(limit.saturating_sub(200) / 2).unwrap_or(usize::MAX).min(1000);
    assert!(size >= 300, "{limit} descriptors are too few for this test");
    if size < 1000 {
        let _ = writeln!(io::stderr(), "{size} clients instead of 1000: {limit} descriptors");
    }
    size
}

/// A client whose system takes little for it.
fn connect(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_tcp_nodelay(true).unwrap();
    socket.into()
}

fn ask(client: &mut TcpStream) {
    client.write_all(GET.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nhello") {
        let mut piece = [0; 512];
        let count = client.read(&mut piece).unwrap();
        assert!(count > 0, "{}", answer.escape_ascii());
        answer.extend_from_slice(&piece[..count]);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

/// How the clients of a crowd are slow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Silent,
    HalfHead,
    DrippingHead,
    HalfBody,
    NotReading,
    NotReadingAtOnce,
}

const KINDS: [Kind; 5] =
    [Kind::Silent, Kind::HalfHead, Kind::DrippingHead, Kind::HalfBody, Kind::NotReading];

impl Kind {
    fn join(self, address: SocketAddr) -> TcpStream {
        let mut client = connect(address);
        let half = "a".repeat(600);
        let sent = match self {
            Self::Silent => String::new(),
            Self::HalfHead | Self::DrippingHead => format!("GET / HTTP/1.1\r\nX: {half}"),
            Self::HalfBody => POST.to_owned() + &half,
            Self::NotReading => GET.replace(" / ", " /large "),
            Self::NotReadingAtOnce => GET.replace(" / ", " /at-once "),
        };
        client.write_all(sent.as_bytes()).unwrap();
        client
    }
}

/// The memory of this process in KiB, clients and all.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Meets a server with a crowd whose clients are of these kinds by turns.
fn check(kinds: &[Kind]) {
    let size = crowd_size();
    serving(Duration::from_millis(1500), |served| {
        let mut normal = TcpStream::connect(served.address).unwrap();
        ask(&mut normal);
        let before = resident();
        let mut crowd: Vec<TcpStream> =
            (0..size).map(|index| kinds[index % kinds.len()].join(served.address)).collect();
        // Answered while all of them are there, a new client as well as one that has been before.
        for _ in 0..20 {
            ask(&mut normal);
            ask(&mut TcpStream::connect(served.address).unwrap());
        }
        // The twenty new ones have ended, and perhaps those who came first.
        assert!(served.ended() < size / 2, "{} have ended", served.ended());
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 * size, "{grown} KiB for {size} clients");
        served.until_ended(size + 20, || {
            ask(&mut normal);
            for (index, client) in crowd.iter_mut().enumerate().skip(served.ended() % 7).step_by(7)
            {
                if kinds[index % kinds.len()] == Kind::DrippingHead {
                    // It may be over already, which is what is being waited for.
                    let _ = client.write(b"a");
                }
            }
        });
        // Those who have not read get a reset, those who were late an answer.
        for (index, client) in crowd.iter_mut().enumerate().step_by(97) {
            let mut rest = Vec::new();
            let read = client.read_to_end(&mut rest);
            match kinds[index % kinds.len()] {
                Kind::Silent => assert!(read.is_ok() && rest.is_empty()),
                Kind::HalfHead | Kind::HalfBody => {
                    read.unwrap();
                    assert!(rest.starts_with(b"HTTP/1.1 408 Request Timeout\r\n"));
                }
                // What has dripped behind the end may have destroyed the answer.
                Kind::DrippingHead => {}
                Kind::NotReading | Kind::NotReadingAtOnce => {
                    assert!(read.is_err(), "a part does not look like the whole");
                }
            }
        }
        ask(&mut normal);
    });
}

#[test]
fn a_thousand_silent_clients() {
    check(&[Kind::Silent]);
}

#[test]
fn a_thousand_clients_with_half_a_head() {
    check(&[Kind::HalfHead]);
}

#[test]
fn a_thousand_clients_whose_heads_drip() {
    check(&[Kind::DrippingHead]);
}

#[test]
fn a_thousand_clients_with_half_a_body() {
    check(&[Kind::HalfBody]);
}

#[test]
fn a_thousand_clients_that_do_not_read() {
    check(&[Kind::NotReading]);
}

#[test]
fn a_thousand_slow_clients_of_all_kinds() {
    check(&KINDS);
}

#[test]
fn clients_that_do_not_read_what_is_written_at_once_take_bounded_memory() {
    serving(Duration::from_millis(1500), |served| {
        let before = resident();
        let mut crowd: Vec<TcpStream> =
            (0..50).map(|_| Kind::NotReadingAtOnce.join(served.address)).collect();
        let mut normal = TcpStream::connect(served.address).unwrap();
        let mut most = 0;
        served.until_ended(crowd.len(), || {
            ask(&mut normal);
            most = most.max(resident().saturating_sub(before));
        });
        // 64 MiB wait for clients, and each of four threads makes 16 MiB.
        assert!(most < 256 * 1024, "{most} KiB");
        for client in &mut crowd {
            assert!(client.read_to_end(&mut Vec::new()).is_err());
        }
    });
}

#[test]
fn a_client_that_pipelines_and_never_reads_is_held_back() {
    serving(Duration::from_millis(500), |served| {
        let before = resident();
        let mut client = connect(served.address);
        let requests = GET.replace(" / ", " /page ").repeat(200_000);
        let mut normal = TcpStream::connect(served.address).unwrap();
        thread::scope(|scope| {
            let sending = scope.spawn(move || client.write_all(requests.as_bytes()));
            served.until_ended(1, || ask(&mut normal));
            assert!(sending.join().unwrap().is_err(), "it could not send them all");
        });
        let handled = served.pages.load(Ordering::Relaxed);
        // What the systems of both keep, and an output buffer.
        assert!(handled < 2_000, "{handled} of 200000 requests were handled");
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 * 1024, "{grown} KiB");
    });
}

#[test]
fn idle_connections_cost_no_time_and_little_memory() {
    let size = crowd_size().min(400);
    serving(Duration::from_secs(60), |served| {
        let mut normal = TcpStream::connect(served.address).unwrap();
        ask(&mut normal);
        let before = resident();
        let mut crowd: Vec<TcpStream> = (0..size).map(|_| connect(served.address)).collect();
        crowd.iter_mut().for_each(ask);
        let grown = resident().saturating_sub(before);
        assert!(grown < 8 * size, "{grown} KiB for {size} connections");
        let before = processor_time();
        // Nobody says anything for a while.
        normal.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        assert!(normal.read(&mut [0]).is_err());
        let spent = processor_time() - before;
        assert!(spent <= 5, "{spent} hundredths of a second");
        normal.set_read_timeout(None).unwrap();
        ask(&mut normal);
        crowd.iter_mut().rev().for_each(ask);
        assert_eq!(served.ended(), 0);
    });
}

/// What this process has used of its processors, in hundredths of a second.
fn processor_time() -> u64 {
    processor_time_of("self")
}

fn processor_time_of(process: &str) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields = stat.rsplit_once(") ").unwrap().1;
    fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}
