//! Nothing is left over of a connection, however it has ended. Alone in its process, whose descriptors it counts.
#![cfg(target_os = "linux")]

use http_server::{
    BaseHttpRequestHandler, Deadlines, Exchange, HandlerError, HandlerOptions, HttpHandlerClass,
    HttpServer, Serve,
};
use socketserver::{BaseServer, Server, Tcp, ThreadingMixIn};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

struct Anything(HandlerOptions);

impl BaseHttpRequestHandler for Anything {
    fn options(&self) -> &HandlerOptions {
        &self.0
    }
    fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        match x.path() {
            "/error" => x.send_error(404, None),
            // Unlike `panic!` this runs no hook, which would write to stderr.
            "/panic" => std::panic::resume_unwind(Box::new("on purpose")),
            _ => {
                x.send_response(200)?;
                x.send_header("Content-Length", "5")?;
                x.end_headers()?;
                x.wfile.write_all(b"hello")
            }
        }
    }
    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

fn anything() -> Anything {
    let mut deadlines = Deadlines::new();
    deadlines.first_byte = Some(Duration::from_millis(1));
    let options = HandlerOptions::new().protocol_version("HTTP/1.1").deadlines(deadlines);
    Anything(options)
}

/// One client of each kind. Whether the server answers is not the matter here.
fn visit(address: SocketAddr) {
    const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    let requests = [
        GET.to_owned(),
        GET.repeat(3),
        GET.replace("/ ", "/error "),
        GET.replace("/ ", "/panic "),
        GET.replace("Host", "Ghost"),
        GET.replace("GET", "POST"),
        "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhel".to_owned(),
        "nonsense".to_owned(),
        "\r\n".to_owned(),
        String::new(),
    ];
    for request in requests {
        let mut client = TcpStream::connect(address).expect("the server listens");
        let _ = client.write_all(request.as_bytes());
        if request.len() % 2 == 0 {
            // The others just go away.
            let _ = client.shutdown(Shutdown::Write);
            let _ = client.read_to_end(&mut Vec::new());
        }
    }
}

/// Does not report the panics.
struct Quiet<F>(HttpServer<F>);

impl<F, H> BaseServer for Quiet<F>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    type Transport = Tcp;
    type Class = HttpHandlerClass<F>;

    fn base(&self) -> &Server<Tcp, HttpHandlerClass<F>> {
        self.0.base()
    }
    fn handle_error(&self, _: &TcpStream, _: &SocketAddr, _: &HandlerError) {}
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux has it").count()
}

/// Whether the descriptors become as few as they were; threads take a moment to end.
fn returns_to(before: usize) -> bool {
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        if descriptors() <= before {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

fn check(server: impl BaseServer<Transport = Tcp>, rounds: usize) {
    let address = server.base().server_address();
    std::thread::scope(|scope| {
        scope.spawn(|| server.serve_forever().expect("no error ends the loop"));
        // The first clients also cause what is kept for all: the pair that wakes idle connections.
        visit(address);
        let most = descriptors();
        (0..rounds).for_each(|_| visit(address));
        assert!(returns_to(most), "{most} descriptors became {}", descriptors());
        server.shutdown();
    });
}

#[test]
fn a_thousand_connections_leave_no_descriptor_behind() {
    let before = descriptors();
    let bind = || Quiet(HttpServer::bind("127.0.0.1:0", anything).expect("a free port"));
    check(bind(), 50);
    check(ThreadingMixIn::new(bind()), 50);
    assert!(returns_to(before), "{before} descriptors became {}", descriptors());
}
