//! Our WSGI servers, each with one application that hands every request to the case it names.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use http_server::{Exchange, HandlerOptions, HttpHandlerClass};
use socketserver::engine::{Engine, EngineOptions};
use socketserver::{
    AddressOf, BaseServer, HandlerError, RequestOf, Serve, Server, ShutdownHandle, Tcp,
    ThreadingMixIn,
};
use wsgi_simple_server::{
    HandlerFactory, ServerState, WsgiHandler, WsgiRequestHandler, WsgiServer, handler_options,
};
use wsgi_util::{AppResult, Application, Environ, ErrorStream, StartResponse};

use super::probe::Probe;
use super::scenario::plain;

/// The applications of the cases that are played, by the names that requests give.
#[derive(Clone, Default)]
pub(super) struct Cases(Arc<Mutex<HashMap<String, Entry>>>);

#[derive(Clone)]
struct Entry {
    app: Arc<dyn Application>,
    probe: Probe,
}

impl Cases {
    /// Has requests of this name answered by that application.
    pub(super) fn add(&self, name: &str, app: impl Application + 'static, probe: &Probe) {
        let entry = Entry { app: Arc::new(app), probe: probe.clone() };
        self.lock().insert(name.to_owned(), entry);
    }

    /// Forgets an application.
    pub(super) fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    fn find(&self, name: Option<&str>) -> Option<Entry> {
        self.lock().get(name?).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Application for Cases {
    fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
        let entry = self.find(environ.get("HTTP_X_CASE").as_deref());
        match entry {
            Some(entry) => entry.app.call(environ, start_response),
            // The request that follows a case, to see whether the connection is in step.
            None => {
                plain(start_response)?;
                Ok(NEXT.into())
            }
        }
    }
}

/// What the request that follows a case is answered with.
pub(super) const NEXT: &str = "the next one";

/// Which server a case is played on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One connection after the other, in the thread of the loop.
    Sequential,
    /// A thread for each connection.
    Threads,
    Engine,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Sequential, Self::Threads, Self::Engine];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sequential => "wsgi-sequential",
            Self::Threads => "wsgi",
            Self::Engine => "wsgi-engine",
        }
    }
}

/// A server that runs until this is dropped.
pub(super) struct House {
    pub(super) kind: Kind,
    pub(super) address: SocketAddr,
    pub(super) cases: Cases,
    turn: Mutex<()>,
    stop: ShutdownHandle,
    serving: Option<JoinHandle<io::Result<()>>>,
}

impl House {
    /// Starts a server on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// Those of binding.
    pub(super) fn open(kind: Kind) -> io::Result<Self> {
        Self::open_with(kind, handler_options(), EngineOptions::default())
    }

    /// The same, with options.
    ///
    /// # Errors
    ///
    /// Those of binding.
    pub(super) fn open_with(
        kind: Kind,
        options: HandlerOptions,
        engine_options: EngineOptions,
    ) -> io::Result<Self> {
        let cases = Cases::default();
        let of_handlers = cases.clone();
        let handler = move || Noted {
            options: options.clone(),
            cases: of_handlers.clone(),
            current: Mutex::default(),
        };
        let server = WsgiServer::bind_with("127.0.0.1:0", handler, http_server::server_options())?;
        server.set_app(cases.clone());
        let address = server.server_address();
        let class = server.base().request_handler_class().clone();
        let server = Unreported(server);
        let (stop, serving) = match kind {
            Kind::Sequential => run(server),
            Kind::Threads => run(ThreadingMixIn::new(server)),
            Kind::Engine => {
                let engine = Engine::with_class(server, class, engine_options);
                (engine.shutdown_handle(), thread::spawn(move || engine.serve_forever()))
            }
        };
        Ok(Self { kind, address, cases, turn: Mutex::default(), stop, serving: Some(serving) })
    }

    /// The right to be the only client, where a second one would end the idle connection of the first.
    pub(super) fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        (self.kind == Kind::Sequential)
            .then(|| self.turn.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn run<S: BaseServer + 'static>(server: S) -> (ShutdownHandle, JoinHandle<io::Result<()>>) {
    (server.shutdown_handle(), thread::spawn(move || server.serve_forever()))
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.request_shutdown();
        // How its loop ended matters to nobody any more.
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.kind.name(), self.address)
    }
}

/// A server that does not report clients who left: some cases are about those.
struct Unreported(WsgiServer);

impl BaseServer for Unreported {
    type Transport = Tcp;
    type Class = HttpHandlerClass<HandlerFactory>;

    fn base(&self) -> &Server<Tcp, HttpHandlerClass<HandlerFactory>> {
        self.0.base()
    }

    fn server_bind(&self) -> io::Result<()> {
        self.0.server_bind()
    }

    fn handle_error(&self, _: &RequestOf<Self>, _: &AddressOf<Self>, _: &HandlerError) {}
}

/// A handler that logs to the probe of the case whose request it answers.
struct Noted {
    options: HandlerOptions,
    cases: Cases,
    current: Mutex<Probe>,
}

impl Noted {
    fn probe(&self) -> Probe {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl WsgiRequestHandler for Noted {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn get_environ<'a>(&self, x: &Exchange<'a>, server: &ServerState) -> Environ<'a> {
        let name = x.headers().get("X-Case");
        let probe = self.cases.find(name.as_deref()).map(|entry| entry.probe);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = probe.unwrap_or_default();
        WsgiHandler::new().get_environ(x, server)
    }

    fn get_stderr(&self) -> Box<dyn ErrorStream> {
        Box::new(LogOf(self.probe()))
    }

    fn log_message(&self, _: &Exchange<'_>, message: fmt::Arguments<'_>) {
        self.probe().push_log(format!("{message}\n").as_bytes());
    }
}

/// The log of a case, as a stream.
pub(super) struct LogOf(pub(super) Probe);

impl Write for LogOf {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.push_log(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
