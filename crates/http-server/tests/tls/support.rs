//! Clients that speak TLS, in memory and over sockets, and a handler that knows its log.

use http_server::rustls::crypto::ring;
use http_server::rustls::pki_types::pem::PemObject;
use http_server::rustls::pki_types::{CertificateDer, ServerName};
use http_server::rustls::{
    self, ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion,
};
use http_server::socketserver::engine::{Act, EngineOptions, Rehearsal};
use http_server::{
    BaseHttpRequestHandler, ClientAddress, Exchange, HandlerOptions, HttpHandlerClass,
    HttpProtocol, ServerInfo, TlsContext, TlsOptions,
};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/data")).join(name)
}

pub(crate) fn tls_options() -> TlsOptions {
    TlsOptions::new(data("cert.pem")).keyfile(data("key.pem"))
}

pub(crate) fn context() -> TlsContext {
    tls_options().load().unwrap()
}

/// What a client is configured with that trusts these.
pub(crate) fn trusting(
    roots: RootCertStore,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(data("cert.pem")).unwrap()).unwrap();
    roots
}

/// What clients are configured with: they trust the certificate of the tests.
pub(crate) fn client_config() -> ClientConfig {
    trusting(roots(), rustls::DEFAULT_VERSIONS)
}

/// The same for TLS 1.2 only.
pub(crate) fn client_config_12() -> ClientConfig {
    trusting(roots(), &[&rustls::version::TLS12])
}

pub(crate) fn client(config: ClientConfig) -> ClientConnection {
    let name = ServerName::try_from("localhost").unwrap();
    ClientConnection::new(Arc::new(config), name).unwrap()
}

type Run = Arc<dyn Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync>;

/// A handler of protocol HTTP/1.1, made of a function.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) options: HandlerOptions,
    pub(crate) engine: EngineOptions,
    log: Arc<Mutex<Vec<String>>>,
    run: Run,
}

pub(crate) fn http11(
    run: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
) -> Setting {
    Setting {
        options: HandlerOptions::new().protocol_version("HTTP/1.1"),
        engine: EngineOptions::default(),
        log: Arc::default(),
        run: Arc::new(run),
    }
}

impl Setting {
    pub(crate) fn handler(&self) -> Handler {
        Handler(self.clone())
    }

    pub(crate) fn class(&self) -> HttpHandlerClass<impl Fn() -> Handler + Send + Sync + use<>> {
        let setting = self.clone();
        HttpHandlerClass::new(move || setting.handler())
    }

    /// Connects a client in memory that has said nothing yet.
    pub(crate) fn rehearse(&self) -> Rehearsal<HttpProtocol> {
        let now = Instant::now();
        let class = self.class();
        class.set_tls(context());
        let client = ClientAddress::Inet(([127, 0, 0, 1], 50_000).into());
        let protocol = class.http_protocol(client, ServerInfo::default(), now);
        Rehearsal::with_options(protocol, now, &self.engine)
    }

    /// Connects one that speaks TLS.
    pub(crate) fn connect(&self) -> Secure {
        Secure::new(self.rehearse(), client_config())
    }

    /// The log lines so far, which are forgotten.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

pub(crate) struct Handler(Setting);

impl BaseHttpRequestHandler for Handler {
    fn options(&self) -> &HandlerOptions {
        &self.0.options
    }

    fn dispatch(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        assert!(x.server().tls);
        assert_eq!(x.server().scheme(), "https");
        (self.0.run)(x)
    }

    fn log_message(&self, _: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.0.log.lock().unwrap().push(message.to_string());
    }
}

/// Sends a small page with its length and nothing else in its head.
pub(crate) fn reply(x: &mut Exchange<'_>, text: &str) -> io::Result<()> {
    x.send_response_only(200, None)?;
    x.send_header("Content-Length", &text.len().to_string())?;
    x.end_headers()?;
    x.wfile.write_all(text.as_bytes())
}

pub(crate) fn hello(x: &mut Exchange<'_>) -> io::Result<()> {
    reply(x, "hello")
}

/// Answers with the length of the request body, once it has come.
pub(crate) fn read_body(x: &mut Exchange<'_>) -> io::Result<()> {
    let count = io::copy(&mut x.rfile, &mut io::sink())?;
    reply(x, &count.to_string())
}

pub(crate) const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
pub(crate) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub(crate) fn post(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n")
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A client in memory that speaks TLS.
pub(crate) struct Secure {
    pub(crate) rehearsal: Rehearsal<HttpProtocol>,
    pub(crate) tls: ClientConnection,
    /// How many bytes it sends in one piece.
    pub(crate) piece: usize,
    received: Vec<u8>,
    /// The server has said that nothing more comes.
    pub(crate) told_of_the_end: bool,
}

impl Secure {
    pub(crate) fn new(rehearsal: Rehearsal<HttpProtocol>, config: ClientConfig) -> Self {
        Self {
            rehearsal,
            tls: client(config),
            piece: usize::MAX,
            received: Vec::new(),
            told_of_the_end: false,
        }
    }

    /// What the client's side has to send.
    pub(crate) fn outgoing(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    /// Both sides talk until neither has anything to say.
    pub(crate) fn talk(&mut self) {
        loop {
            let outgoing = self.outgoing();
            for piece in outgoing.chunks(self.piece) {
                self.rehearsal.send(piece);
            }
            let incoming = self.rehearsal.receive();
            if outgoing.is_empty() && incoming.is_empty() {
                return;
            }
            self.take(&incoming);
        }
    }

    /// Takes what the server has sent.
    pub(crate) fn take(&mut self, incoming: &[u8]) {
        let mut rest = incoming;
        while !rest.is_empty() {
            self.tls.read_tls(&mut rest).unwrap();
            let state = self.tls.process_new_packets().unwrap();
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            self.tls.reader().read_exact(&mut plain).unwrap();
            self.received.append(&mut plain);
            self.told_of_the_end |= state.peer_has_closed();
        }
    }

    pub(crate) fn send(&mut self, text: impl AsRef<[u8]>) {
        self.tls.set_buffer_limit(None);
        self.tls.writer().write_all(text.as_ref()).unwrap();
        self.talk();
    }

    /// What the client has been sent since the last call, as text.
    pub(crate) fn received(&mut self) -> String {
        self.talk();
        std::mem::take(&mut self.received).into_iter().map(char::from).collect()
    }

    pub(crate) fn ask(&mut self, request: impl AsRef<[u8]>) -> String {
        self.send(request);
        self.received()
    }

    /// The client ends its side of the socket, without a word.
    pub(crate) fn end(&mut self) {
        self.rehearsal.act(Act::End);
    }
}

/// A client over a socket that speaks TLS.
pub(crate) type SecureStream = rustls::StreamOwned<ClientConnection, TcpStream>;

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(secs(10))).unwrap();
    socket
}

pub(crate) fn connect_tls(address: SocketAddr) -> SecureStream {
    rustls::StreamOwned::new(client(client_config()), connect(address))
}

/// Reads one response that has a Content-Length.
pub(crate) fn response(stream: &mut impl Read) -> String {
    let mut response = Vec::new();
    let mut byte = [0];
    while !response.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
        response.push(byte[0]);
    }
    let head = String::from_utf8(response).unwrap();
    let (_, rest) = head.split_once("Content-Length: ").unwrap_or_else(|| panic!("{head:?}"));
    let length = rest.split_once("\r\n").unwrap().0.parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}
