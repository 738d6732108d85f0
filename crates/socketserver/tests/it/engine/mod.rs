//! The engine over real sockets: nobody can stall it, and nobody is lost.

mod hooks;
mod layered;
mod overload;
mod slow_clients;
mod stopping;

use socketserver::engine::{Engine, EngineOptions, Input, Protocol, ProtocolClass, Step, Work};
use socketserver::{HandlerError, Server, ServerOptions, TcpServer, engine};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What handlers wait for until the test opens it.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn close(&self) {
        *self.0.0.lock().unwrap() = false;
    }

    fn pass(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(open, |open| !*open).unwrap());
    }
}

/// Answers lines: `spin` after some work, `wait` at the gate, `big` with 16 MiB at once, `pull` with 16 MiB as the client takes it, `fail`,
/// `panic`, `quit`; others in capitals.
struct Lines {
    gate: Gate,
    /// Hears of each line that is being handled.
    begun: Sender<String>,
    patience: Duration,
    until: Instant,
    /// The bytes of a `pull` still to be written.
    remaining: usize,
    slowness: engine::Patience,
}

const BIG: usize = 16 * 1024 * 1024;
const PIECE: usize = 64 * 1024;

impl Lines {
    fn pull(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        work.output.write_all(&[b'x'; PIECE])?;
        self.remaining -= PIECE;
        Ok(if self.remaining > 0 { Step::Run } else { Step::Receive })
    }
}

impl Protocol for Lines {
    fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
        if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        if self.remaining > 0 {
            return self.pull(work);
        }
        let line = work.input.unused().split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line).into_owned();
        work.input.consume(line.len() + 1);
        self.until = Instant::now() + self.patience;
        let _ = self.begun.send(line.clone());
        match line.as_str() {
            "spin" => {
                let until = Instant::now() + Duration::from_micros(300);
                while Instant::now() < until {
                    thread::yield_now();
                }
            }
            "wait" => self.gate.pass(),
            "big" => work.output.write_all(&vec![b'x'; BIG])?,
            "pull" => {
                self.remaining = BIG;
                return self.pull(work);
            }
            "receive" => {
                work.receive()?;
                return Ok(Step::Receive);
            }
            "fail" => return Err("as it was told".into()),
            // Unlike `panic!` this runs no hook, which would write to stderr.
            "panic" => std::panic::resume_unwind(Box::new("the test wants it")),
            _ => {}
        }
        writeln!(work.output, "{}", line.to_uppercase())?;
        Ok(if line == "quit" || work.is_stopping() { Step::Close } else { Step::Receive })
    }

    fn deadline(&mut self, _now: Instant) -> Option<Instant> {
        Some(self.until)
    }

    fn patience(&self) -> engine::Patience {
        self.slowness
    }

    fn refuse(&mut self, _input: &Input<'_>, answer: &mut Vec<u8>) {
        answer.extend_from_slice(b"BUSY\n");
    }
}

/// What a test holds of its protocols.
struct Backstage {
    gate: Gate,
    begun: Receiver<String>,
    sender: Sender<String>,
    patience: Duration,
    slowness: engine::Patience,
}

impl Backstage {
    fn new() -> Self {
        let (sender, begun) = channel();
        Self {
            gate: Gate::default(),
            begun,
            sender,
            patience: Duration::from_secs(100),
            slowness: engine::Patience::default(),
        }
    }

    fn factory(&self) -> impl Fn(&SocketAddr, Instant) -> Lines + Send + Sync + use<> {
        let (gate, sender, patience) = (self.gate.clone(), self.sender.clone(), self.patience);
        let (sender, slowness) = (Mutex::new(sender), self.slowness);
        move |_, now| Lines {
            gate: gate.clone(),
            begun: sender.lock().unwrap().clone(),
            patience,
            until: now + patience,
            remaining: 0,
            slowness,
        }
    }

    /// Waits until so many handlers have begun.
    fn wait_for(&self, count: usize) {
        for _ in 0..count {
            self.begun.recv_timeout(Duration::from_secs(30)).unwrap();
        }
    }
}

fn options(change: impl FnOnce(&mut EngineOptions)) -> EngineOptions {
    let mut options = EngineOptions::default();
    change(&mut options);
    options
}

fn bind() -> TcpServer<engine::NoHandler> {
    TcpServer::bind("127.0.0.1:0", engine::NoHandler).unwrap()
}

/// Serves while the test runs, then stops.
fn serving<S, C>(engine: &Engine<S, C>, test: impl FnOnce(SocketAddr))
where
    S: socketserver::BaseServer<Transport = socketserver::Tcp> + 'static,
    C: ProtocolClass<socketserver::Tcp>,
{
    thread::scope(|scope| {
        let served = scope.spawn(|| engine.serve_forever());
        let tested = catch_unwind(AssertUnwindSafe(|| test(engine.server_address())));
        if let Err(payload) = tested {
            // Nobody waits for handlers that the test would have let go.
            engine.shutdown_handle().request_shutdown();
            engine.shutdown_handle().request_shutdown();
            resume_unwind(payload);
        }
        engine.shutdown();
        served.join().unwrap().unwrap();
    });
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, bytes: &str) {
        self.0.get_mut().write_all(bytes.as_bytes()).unwrap();
    }

    /// The next line; nothing at the end, which may be a reset.
    fn line(&mut self) -> String {
        let mut line = String::new();
        let _ = self.0.read_line(&mut line);
        line.trim_end().to_owned()
    }

    fn ask(&mut self, line: &str) -> String {
        self.send(&format!("{line}\n"));
        self.line()
    }
}

#[test]
fn requests_that_come_together_are_answered_in_order() {
    let _deadline = crate::support::deadline();
    let backstage = Backstage::new();
    let engine = Engine::new(bind(), backstage.factory());
    serving(&engine, |address| {
        let mut client = Client::connect(address);
        let lines: Vec<String> = (0..500).map(|number| format!("line {number}")).collect();
        client.send(&(lines.join("\n") + "\n"));
        for line in &lines {
            assert_eq!(client.line(), line.to_uppercase());
        }
        // Byte by byte is the same.
        for byte in "drip".split("").chain(["\n"]) {
            client.send(byte);
        }
        assert_eq!(client.line(), "DRIP");
        assert_eq!(client.ask("quit"), "QUIT");
        assert_eq!(client.line(), "");
    });
}

#[test]
fn a_client_that_ends_its_side_gets_its_answers() {
    let _deadline = crate::support::deadline();
    let backstage = Backstage::new();
    let engine = Engine::new(bind(), backstage.factory());
    serving(&engine, |address| {
        for _ in 0..200 {
            let mut client = Client::connect(address);
            client.send("one\ntwo\nhalf");
            client.0.get_mut().shutdown(std::net::Shutdown::Write).unwrap();
            assert_eq!([client.line(), client.line(), client.line()], ["ONE", "TWO", ""]);
        }
    });
}

#[test]
fn an_answer_can_be_made_as_the_client_takes_it() {
    let _deadline = crate::support::deadline();
    let backstage = Backstage::new();
    let engine = Engine::new(bind(), backstage.factory());
    serving(&engine, |address| {
        for request in ["pull", "big"] {
            let mut client = Client::connect(address);
            client.send(&format!("{request}\nafter\n"));
            let mut taken = vec![0; BIG];
            io::Read::read_exact(&mut client.0, &mut taken).unwrap();
            assert!(taken.iter().all(|&byte| byte == b'x'));
            if request == "big" {
                assert_eq!(client.line(), "BIG");
            }
            assert_eq!(client.line(), "AFTER");
        }
    });
}

/// Answers each line with the thread that does so, and an `s` a little later.
struct Threads;

impl Protocol for Threads {
    fn receive(&mut self, input: &mut Input<'_>, _now: Instant) -> Step {
        if input.unused().contains(&b'\n') { Step::Run } else { Step::Receive }
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<Step, HandlerError> {
        if work.input.unused().starts_with(b"s") {
            let until = Instant::now() + Duration::from_millis(1);
            while Instant::now() < until {
                thread::yield_now();
            }
        }
        work.input.consume(usize::MAX);
        writeln!(work.output, "{:?}", thread::current().id())?;
        Ok(Step::Receive)
    }
}

#[test]
fn connections_that_stay_are_spread_over_the_pollers() {
    let _deadline = crate::support::deadline();
    let options = options(|options| {
        options.pollers = 2;
        options.hand_off_after = Duration::from_secs(100);
    });
    let engine = Engine::with_options(bind(), |_, _| Threads, options);
    serving(&engine, |address| {
        let mut clients: Vec<Client> = (0..8).map(|_| Client::connect(address)).collect();
        let mut ask_all = || clients.iter_mut().map(|client| client.ask("?")).collect::<Vec<_>>();
        ask_all();
        let mut answers = ask_all();
        answers.sort();
        let (one, other) = answers.split_at(4);
        assert!(one[0] == one[3] && other[0] == other[3] && one[0] != other[0], "{answers:?}");
    });
}

#[test]
fn a_poller_that_gets_no_rest_is_helped_with_new_connections() {
    let _deadline = crate::support::deadline();
    let options = options(|options| {
        options.pollers = 2;
        options.hand_off_after = Duration::from_millis(10);
    });
    let engine = Engine::with_options(bind(), |_, _| Threads, options);
    serving(&engine, |address| {
        let first = Client::connect(address).ask("?");
        let helped = &AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..8 {
                let first = &first;
                scope.spawn(move || {
                    while !helped.load(Ordering::Relaxed) {
                        // Only one request for each connection, so none of them stays.
                        if Client::connect(address).ask("slow") != *first {
                            helped.store(true, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn pollers_with_sockets_of_their_own_share_a_port() {
    let _deadline = crate::support::deadline();
    let mut server_options = ServerOptions::default();
    server_options.allow_reuse_port = true;
    let server = Server::bind_with("127.0.0.1:0", engine::NoHandler, server_options).unwrap();
    let backstage = Backstage::new();
    let options = options(|options| options.pollers = 4);
    let engine = Engine::<TcpServer<_>, _>::with_options(server, backstage.factory(), options);
    serving(&engine, |address| {
        let mut clients: Vec<Client> = (0..64).map(|_| Client::connect(address)).collect();
        for client in &mut clients {
            assert_eq!(client.ask("hello"), "HELLO");
        }
    });
}
