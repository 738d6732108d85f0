//! A directory with scripts, and servers for it.

use http_server::socketserver::engine::EngineOptions;
use http_server::{
    BaseHttpRequestHandler, CgiHooks, CgiHttpRequestHandler, CgiOptions, Exchange, HandlerOptions,
    HttpServer, Serve, SimpleHandlerOptions, SimpleHooks, SimpleHttpRequestHandler,
    ThreadingHttpServer,
};
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fmt, thread};

/// Who runs the handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    Threads,
    Engine,
}

pub(crate) const DRIVERS: [Driver; 2] = [Driver::Threads, Driver::Engine];

/// A directory to serve. Scripts run as `nobody` where the tests run as root, so that all of it is readable.
pub(crate) struct Site {
    root: tempfile::TempDir,
    pub(crate) cgi: CgiOptions,
    pub(crate) protocol: &'static str,
    pub(crate) engine: EngineOptions,
    log: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        Self {
            root,
            cgi: CgiOptions::new(),
            protocol: "HTTP/1.1",
            engine: EngineOptions::default(),
            log: Arc::default(),
        }
    }

    /// A site of one script, `/cgi-bin/x`.
    pub(crate) fn of(script: &str) -> Self {
        let site = Self::new();
        site.script("cgi-bin/x", script);
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        // The tag of a file that has just been written is another one a moment later.
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
        drop(file);
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    /// Writes a shell script.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        self.file(name, &format!("#!/bin/sh\n{text}"), 0o755)
    }

    /// A directory that scripts may write to, whoever they run as.
    pub(crate) fn scratch(&self) -> PathBuf {
        let path = self.path().join("scratch");
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        path
    }

    pub(crate) fn handler(&self) -> Logged {
        let mut options = SimpleHandlerOptions::new(self.path());
        options.handler.protocol_version = self.protocol;
        let cgi = CgiHttpRequestHandler::with_options(options, self.cgi.clone());
        Logged { cgi, log: Arc::clone(&self.log) }
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log has a line with this in it.
    pub(crate) fn expect_log(&self, part: &str) {
        wait_until(
            || self.log().iter().any(|line| line.contains(part)),
            || format!("{part:?} in {:?}", self.log()),
        );
    }

    /// Serves on a free port while the test runs, then stops.
    pub(crate) fn serve<T>(&self, driver: Driver, test: impl FnOnce(SocketAddr) -> T) -> T {
        let handler = self.handler();
        let factory = move || handler.clone();
        match driver {
            Driver::Threads => {
                let server = ThreadingHttpServer::bind("127.0.0.1:0", factory).unwrap();
                let address = server.server_address();
                thread::scope(|scope| {
                    scope.spawn(|| server.serve_forever().unwrap());
                    let _stop = Stop(|| server.shutdown());
                    test(address)
                })
            }
            Driver::Engine => {
                let mut engine = HttpServer::bind("127.0.0.1:0", factory).unwrap().engine();
                *engine.options_mut() = self.engine.clone();
                let address = engine.server_address();
                thread::scope(|scope| {
                    scope.spawn(|| engine.serve_forever().unwrap());
                    let _stop = Stop(|| {
                        engine.shutdown();
                    });
                    test(address)
                })
            }
        }
    }

    /// Plays a request on both drivers, each with a log of its own: the answers have to be the same.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let mut answers = DRIVERS.map(|driver| {
            self.log.lock().unwrap().clear();
            self.serve(driver, |address| exchange(address, request))
        });
        answers[1].same_as(&answers[0]);
        std::mem::replace(&mut answers[1], Answer(String::new()))
    }

    /// Sends `GET target HTTP/1.1`.
    pub(crate) fn get(&self, target: &str) -> Answer {
        self.ask(&get(target))
    }
}

struct Stop<F: Fn()>(F);

impl<F: Fn()> Drop for Stop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

pub(crate) fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
}

pub(crate) fn post(target: &str, body: &str) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    client
}

/// Sends this, and reads until the server closes.
pub(crate) fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut client = connect(address);
    client.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).unwrap();
    Answer(bytes.into_iter().map(char::from).collect())
}

pub(crate) fn wait_until(done: impl Fn() -> bool, what: impl Fn() -> String) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {}", what());
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// What came back, one character per byte.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    pub(crate) fn status(&self) -> &str {
        self.0.split("\r\n").next().unwrap().split_once(' ').map_or("", |(_, status)| status)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.0.split_once("\r\n\r\n")?;
        let mut fields = head.split("\r\n").filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body, out of its chunks.
    pub(crate) fn body(&self) -> String {
        let (_, body) = self.0.split_once("\r\n\r\n").unwrap_or_default();
        if self.header("Transfer-Encoding").is_none() {
            return body.to_owned();
        }
        let mut rest: Vec<char> = body.chars().collect();
        let mut body = String::new();
        loop {
            let line = rest.windows(2).position(|end| end == ['\r', '\n']).expect("a chunk");
            let digits: String = rest.drain(..line + 2).collect();
            let size = usize::from_str_radix(digits.trim_end(), 16).expect("a chunk size");
            body.extend(rest.drain(..size));
            assert_eq!(rest.drain(..2).collect::<String>(), "\r\n", "the end of a chunk");
            if size == 0 {
                assert!(rest.is_empty());
                return body;
            }
        }
    }

    fn same_as(&self, other: &Self) {
        let text = |answer: &Self| {
            let lines = answer.0.split("\r\n").filter(|line| !line.starts_with("Date: "));
            let head: Vec<_> =
                lines.take_while(|line| !line.is_empty()).map(str::to_owned).collect();
            // Chunks are as the script's output happens to come, and the port is another one.
            (
                head,
                answer.body().lines().filter(|line| !line.contains("_PORT=")).collect::<String>(),
            )
        };
        assert_eq!(text(self), text(other));
    }
}

/// The handler as it comes, with a log that can be read.
#[derive(Clone)]
pub(crate) struct Logged {
    pub(crate) cgi: CgiHttpRequestHandler,
    log: Arc<Mutex<Vec<String>>>,
}

impl SimpleHooks for Logged {
    fn simple(&self) -> &SimpleHttpRequestHandler {
        self.cgi.simple()
    }
}

impl CgiHooks for Logged {
    fn cgi(&self) -> &CgiHttpRequestHandler {
        &self.cgi
    }
}

impl BaseHttpRequestHandler for Logged {
    fn options(&self) -> &HandlerOptions {
        self.cgi.options()
    }
    fn do_method(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        self.cgi.serve_cgi(self, x)
    }
    fn log_message(&self, _: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.log.lock().unwrap().push(message.to_string());
    }
}
