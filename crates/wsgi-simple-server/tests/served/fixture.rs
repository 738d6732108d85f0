//! Applications served in memory or over a socket, with a log that tests can read.

use http_server::{
    Base, BaseHttpRequestHandler, ClientAddress, Exchange, HandlerOptions, Pair, ServerInfo, handle,
};
use socketserver::ShutdownHandle;
use socketserver::engine::EngineOptions;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use wsgi_simple_server::{
    Application, BaseEnviron, BoundHandler, Serve, ServerState, WsgiRequestHandler, WsgiServer,
    handler_options,
};
use wsgi_util::ErrorStream;

/// Longer than any machine needs, shorter than patience.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// What goes to standard error elsewhere: errors of the application, log lines without address and date.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until the log holds these words.
    pub(crate) fn wait_for(&self, words: &str) -> String {
        let begin = Instant::now();
        loop {
            let text = self.text();
            if text.contains(words) {
                return text;
            }
            assert!(begin.elapsed() < DEADLINE, "{words:?} does not appear in {text:?}");
            thread::yield_now();
        }
    }
}

impl Write for Log {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A handler that writes to a [`Log`].
pub(crate) struct Logged {
    log: Log,
    options: HandlerOptions,
}

impl Logged {
    /// With the options of the server, or with those that make it CPython's HTTP/1.0 server.
    pub(crate) fn new(log: &Log, protocol_version: &'static str) -> Self {
        let options = handler_options().protocol_version(protocol_version);
        Self { log: log.clone(), options }
    }
}

impl WsgiRequestHandler for Logged {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn get_stderr(&self) -> Box<dyn ErrorStream> {
        Box::new(self.log.clone())
    }

    fn log_message(&self, _: &Exchange<'_>, message: fmt::Arguments<'_>) {
        writeln!(self.log.clone(), "{message}").unwrap();
    }

    fn date_time_string<'a>(
        &self,
        x: &Exchange<'a>,
        _: Option<std::time::SystemTime>,
    ) -> Cow<'a, str> {
        Base.date_time_string(x, Some(std::time::UNIX_EPOCH))
    }
}

/// The answers to these bytes, in memory, and the log.
pub(crate) fn play(app: impl Application + 'static, request: impl AsRef<[u8]>) -> (String, String) {
    play_as("HTTP/1.1", app, request)
}

/// The same from a server that is like CPython's: HTTP/1.0, one request per connection.
pub(crate) fn play_1_0(
    app: impl Application + 'static,
    request: impl AsRef<[u8]>,
) -> (String, String) {
    play_as("HTTP/1.0", app, request)
}

fn play_as(
    protocol_version: &'static str,
    app: impl Application + 'static,
    request: impl AsRef<[u8]>,
) -> (String, String) {
    let server = ServerState::default();
    server.set_app(app);
    server.set_base_environ(BaseEnviron::from([
        ("SERVER_NAME".to_owned(), "localhost".to_owned()),
        ("SERVER_PORT".to_owned(), "80".to_owned()),
        ("SCRIPT_NAME".to_owned(), String::new()),
    ]));
    let log = Log::default();
    let mut connection = Pair { reader: request.as_ref(), writer: Vec::new() };
    let client = ClientAddress::Inet(SocketAddr::from(([127, 0, 0, 1], 8888)));
    let handler = BoundHandler::new(Logged::new(&log, protocol_version), server);
    let result = handle(&mut connection, &client, &ServerInfo::default(), &handler);
    let mut text = log.text();
    if let Err(error) = result {
        text.push_str(&format!("handle_error: {error}\n"));
    }
    (connection.writer.into_iter().map(char::from).collect(), text)
}

/// A head with the `Server` of this version.
pub(crate) fn versioned(response: &str) -> String {
    response.replace("{server}", wsgi_simple_server::SOFTWARE_VERSION)
}

/// An application served over a socket, with a thread for each connection, until dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) log: Log,
    shutdown: ShutdownHandle,
    serving: Option<JoinHandle<io::Result<()>>>,
}

impl Served {
    pub(crate) fn new(app: impl Application + 'static) -> Self {
        Self::start(app, |server| {
            let server = server.threading();
            let (address, shutdown) = (server.server_address(), server.shutdown_handle());
            (address, shutdown, thread::spawn(move || server.serve_forever()))
        })
    }

    /// The same on an engine, which has fewer threads than it has clients.
    pub(crate) fn on_engine(app: impl Application + 'static, threads: usize) -> Self {
        Self::start(app, |server| {
            let server = server.engine_with(EngineOptions::default().threads(threads));
            let (address, shutdown) = (server.server_address(), server.shutdown_handle());
            (address, shutdown, thread::spawn(move || server.serve_forever()))
        })
    }

    fn start(
        app: impl Application + 'static,
        serve: impl FnOnce(WsgiServer) -> (SocketAddr, ShutdownHandle, JoinHandle<io::Result<()>>),
    ) -> Self {
        let log = Log::default();
        let handler_log = log.clone();
        let server = WsgiServer::bind_with(
            "127.0.0.1:0",
            move || Logged::new(&handler_log, "HTTP/1.1"),
            http_server::server_options(),
        )
        .unwrap();
        server.set_app(app);
        let (address, shutdown, serving) = serve(server);
        Self { address, log, shutdown, serving: Some(serving) }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// The answers to these bytes, until the server closes.
    pub(crate) fn play(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_ref()).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        response.into_iter().map(char::from).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.shutdown();
        let served = self.serving.take().map(JoinHandle::join);
        // A test that fails already has said enough.
        if !thread::panicking() {
            served.unwrap().unwrap().unwrap();
        }
    }
}
