//! Over real sockets: all servers.

use crate::support::*;
use http_server::socketserver::{BaseServer, ShutdownHandle};
use http_server::{HttpServer, HttpsServer, Serve, ThreadingHttpsServer};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// A server in a thread, ended when dropped.
struct Running {
    address: SocketAddr,
    stop: ShutdownHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.request_shutdown();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

fn start<S: BaseServer + 'static>(server: S, address: SocketAddr) -> Running {
    let stop = server.shutdown_handle();
    Running { address, stop, thread: Some(thread::spawn(move || server.serve_forever())) }
}

fn https(setting: &Setting) -> HttpsServer<impl Fn() -> Handler + Send + Sync + 'static> {
    let setting = setting.clone();
    HttpsServer::bind("127.0.0.1:0", move || setting.handler(), tls_options()).unwrap()
}

fn sequential(setting: &Setting) -> Running {
    let server = https(setting);
    let address = server.server_address();
    start(server, address)
}

fn threading(setting: &Setting) -> Running {
    let server = ThreadingHttpsServer::new(https(setting));
    let address = server.server_address();
    start(server, address)
}

fn on_engine(setting: &Setting) -> Running {
    let engine = https(setting).engine();
    let (address, stop) = (engine.server_address(), engine.shutdown_handle());
    Running { address, stop, thread: Some(thread::spawn(move || engine.serve_forever())) }
}

type Start = fn(&Setting) -> Running;

const ALL: [(&str, Start); 3] =
    [("sequential", sequential), ("threading", threading), ("engine", on_engine)];

fn serve(x: &mut http_server::Exchange<'_>) -> io::Result<()> {
    match (x.command(), x.path()) {
        ("POST", _) => read_body(x),
        (_, "/large") => reply(x, &"x".repeat(3_000_000)),
        (_, "/half") => {
            x.send_response_only(200, None)?;
            x.end_headers()?;
            x.wfile.write_all(b"half")?;
            x.cut();
            Ok(())
        }
        _ => hello(x),
    }
}

#[test]
fn requests_are_answered_and_connections_kept() {
    for (name, start) in ALL {
        let running = start(&http11(serve));
        let mut client = connect_tls(running.address);
        for _ in 0..3 {
            client.write_all(GET.as_bytes()).unwrap();
            assert_eq!(response(&mut client), HELLO, "{name}");
        }
        client.write_all([GET, GET].concat().as_bytes()).unwrap();
        assert_eq!(response(&mut client), HELLO, "{name}");
        assert_eq!(response(&mut client), HELLO, "{name}");
        let body = vec![b'x'; 300_000];
        client.write_all(post(body.len()).as_bytes()).unwrap();
        client.write_all(&body).unwrap();
        assert!(response(&mut client).ends_with("\r\n\r\n300000"), "{name}");
        client.write_all(b"GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
        assert_eq!(response(&mut client).matches('x').count(), 3_000_000, "{name}");
        // The end of the connection without a word would be an error here.
        assert_eq!(client.read(&mut [0; 1]).unwrap(), 0, "{name}");
    }
}

#[test]
fn a_response_that_is_cut_short_is_seen_to_be() {
    for (name, start) in ALL {
        let running = start(&http11(serve));
        let mut client = connect_tls(running.address);
        client.write_all(b"GET /half HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        let error = client.read_to_end(&mut answer).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{name}");
        assert!(answer.ends_with(b"half"), "{name}");
    }
}

#[test]
fn plain_http_on_a_tls_port_is_told_so() {
    for (name, start) in ALL {
        let setting = http11(serve);
        let running = start(&setting);
        let mut client = connect(running.address);
        client.write_all(GET.as_bytes()).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 400 Plain HTTP on a TLS port\r\n"),
            "{name}: {answer}"
        );
        assert!(answer.contains("Use https:// in the address"), "{name}: {answer}");
        assert_eq!(
            setting.take_log(),
            ["code 400, message Plain HTTP on a TLS port", "\"GET / HTTP/1.1\" 400 -"],
            "{name}"
        );
    }
}

#[test]
fn tls_on_a_plain_port_is_told_so() {
    for engine in [false, true] {
        let setting = http11(serve);
        let handler = setting.clone();
        let server = HttpServer::bind("127.0.0.1:0", move || handler.handler()).unwrap();
        let address = server.server_address();
        let running = if engine {
            let engine = server.engine();
            let stop = engine.shutdown_handle();
            Running { address, stop, thread: Some(thread::spawn(move || engine.serve_forever())) }
        } else {
            start(server, address)
        };
        let mut tls = client(client_config());
        let mut socket = connect(running.address);
        tls.write_tls(&mut socket).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 TLS on a plain HTTP port\r\n"), "{answer}");
        assert!(answer.contains("this port speaks plain HTTP. Use http:// in the address"));
        assert_eq!(
            setting.take_log(),
            ["code 400, message TLS on a plain HTTP port", "\"\" 400 -"]
        );
    }
}

#[test]
fn half_a_handshake_stalls_nobody() {
    for (name, start) in ALL {
        let setting = http11(serve);
        let running = start(&setting);
        let mut hello = Vec::new();
        client(client_config()).write_tls(&mut hello).unwrap();
        let stuck: Vec<TcpStream> = (0..6)
            .map(|count| {
                let mut socket = connect(running.address);
                let part = hello.len() * count / 6;
                socket.write_all(&hello[..part]).unwrap();
                socket
            })
            .collect();
        // One after the other means that each of them may be waited for `first_byte_in_turn`.
        let enough = if name == "sequential" { secs(5) } else { secs(2) };
        let began = Instant::now();
        let mut client = connect_tls(running.address);
        client.write_all(GET.as_bytes()).unwrap();
        assert_eq!(response(&mut client), HELLO, "{name}");
        assert!(began.elapsed() < enough, "{name}: {:?}", began.elapsed());
        drop(stuck);
    }
}

/// Silent clients that came before it are the first to go.
#[test]
fn who_shakes_hands_gives_way_to_others_no_sooner_than_who_says_nothing() {
    let setting = http11(serve);
    let options = setting.engine.clone().pollers(1).max_connections(6);
    let engine = https(&setting).engine_with(options);
    let (address, stop) = (engine.server_address(), engine.shutdown_handle());
    let running =
        Running { address, stop, thread: Some(thread::spawn(move || engine.serve_forever())) };
    let _silent: Vec<TcpStream> = (0..5).map(|_| connect(running.address)).collect();
    let (mut tls, mut socket) = (client(client_config()), connect(running.address));
    tls.write_tls(&mut socket).unwrap();
    // The server has answered, and waits for the rest of the handshake.
    socket.peek(&mut [0; 1]).unwrap();
    let mut other = connect_tls(running.address);
    other.write_all(GET.as_bytes()).unwrap();
    assert_eq!(response(&mut other), HELLO);
    let mut client = http_server::rustls::StreamOwned::new(tls, socket);
    client.write_all(GET.as_bytes()).unwrap();
    assert_eq!(response(&mut client), HELLO);
}

#[test]
fn a_handshake_has_a_deadline() {
    for (name, start) in ALL {
        let mut setting = http11(serve);
        setting.options.deadlines = setting.options.deadlines.first_byte(Some(millis(100)));
        let running = start(&setting);
        let mut hello = Vec::new();
        client(client_config()).write_tls(&mut hello).unwrap();
        let mut socket = connect(running.address);
        socket.set_read_timeout(Some(millis(5))).unwrap();
        let began = Instant::now();
        // It drips, and looks between two bytes whether the server has had enough.
        for byte in hello.iter().cycle() {
            let ended = match socket.write(&[*byte]) {
                Ok(_) => {
                    !matches!(socket.read(&mut [0; 1]), Err(error) if error.kind() == ErrorKind::WouldBlock)
                }
                Err(_) => true,
            };
            if ended {
                break;
            }
            assert!(began.elapsed() < secs(5), "{name}");
        }
    }
}

#[test]
fn a_failed_handshake_is_a_line_in_the_log_and_the_next_client_is_served() {
    for (name, start) in ALL {
        let setting = http11(serve);
        let running = start(&setting);
        let mut socket = connect(running.address);
        socket.write_all(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01x").unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        assert_eq!(answer.first(), Some(&0x15), "{name}: an alert");
        let mut client = connect_tls(running.address);
        client.write_all(GET.as_bytes()).unwrap();
        assert_eq!(response(&mut client), HELLO, "{name}");
        let log = setting.take_log();
        assert!(log.len() == 1 && log[0].starts_with("TLS failed: "), "{name}: {log:?}");
    }
}

#[test]
fn an_idle_connection_gives_way_with_a_goodbye() {
    let running = sequential(&http11(serve));
    let mut idle = connect_tls(running.address);
    idle.write_all(GET.as_bytes()).unwrap();
    assert_eq!(response(&mut idle), HELLO);
    let mut other = connect_tls(running.address);
    other.write_all(GET.as_bytes()).unwrap();
    assert_eq!(response(&mut other), HELLO);
    assert_eq!(idle.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn a_server_that_closes_does_not_wait_for_idle_connections() {
    for (name, start) in ALL {
        let running = start(&http11(serve));
        let mut idle = connect_tls(running.address);
        idle.write_all(GET.as_bytes()).unwrap();
        assert_eq!(response(&mut idle), HELLO);
        let began = Instant::now();
        drop(running);
        assert!(began.elapsed() < secs(5), "{name}");
        assert_eq!(idle.read(&mut [0; 1]).unwrap_or(0), 0, "{name}");
    }
}

#[test]
fn a_new_certificate_is_for_connections_that_begin_later() {
    let setting = http11(serve);
    let server = ThreadingHttpsServer::new(https(&setting));
    server.set_tls(tls_options().alpn_protocols(["other"])).unwrap();
    let error = server.set_tls(http_server::TlsOptions::new("no.pem")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let address = server.server_address();
    let running = start(server, address);
    let mut config = client_config();
    config.alpn_protocols = vec![b"other".to_vec()];
    let mut client =
        http_server::rustls::StreamOwned::new(client(config), connect(running.address));
    client.write_all(GET.as_bytes()).unwrap();
    assert_eq!(response(&mut client), HELLO);
    assert_eq!(client.conn.alpn_protocol(), Some(&b"other"[..]));
}
