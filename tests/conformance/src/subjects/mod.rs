//! Our own servers, in this process, each on a free port of the loopback interface.
//!
//! "Blocking" is the blocking driver with a thread for each connection, because cases are played side by side.

mod application;
mod behaviour;
mod handler;
mod quiet;
pub mod tree;

pub use application::application;
pub use behaviour::{Fails, Reads, Reply, Request, reply};
pub use handler::ConformanceHandler;

use crate::{Problem, Profile};
use http_server::{
    BaseHttpRequestHandler, Deadlines, HandlerOptions, HttpHandlerClass, HttpServer,
    SimpleHandlerOptions, SimpleHttpRequestHandler,
};
use quiet::{Quiet, QuietDirectory, QuietGateway};
use socketserver::engine::{Engine, EngineOptions};
use socketserver::{
    BaseServer, MinRate, Serve, ShutdownHandle, Tcp, ThreadingMixIn, ThreadingOptions,
    ToServerAddress,
};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tempfile::TempDir;
use wsgi_simple_server::{WsgiServer, handler_options};
use wsgi_util::Application;

/// A server that runs until this is dropped.
pub struct Served {
    /// `wsgi-engine`.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves.
    pub profile: Profile,
    stop: ShutdownHandle,
    serving: Option<JoinHandle<io::Result<()>>>,
    /// What a directory server serves.
    tree: Option<TempDir>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.request_shutdown();
        // How its loop ended matters to nobody any more.
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} {:?}", self.name, self.address, self.tree)
    }
}

/// The names of all subjects, in the order of [`all`].
pub const NAMES: [&str; 6] =
    ["handler", "handler-engine", "wsgi", "wsgi-engine", "static", "static-engine"];

/// Starts all six, with options as they come.
///
/// # Errors
///
/// If one cannot listen, or the tree cannot be made.
pub fn all() -> Result<Vec<Served>, Problem> {
    NAMES.iter().map(|name| start(name, &http11())).collect()
}

/// The options of HTTP handlers as they come, but for the version.
#[must_use]
pub fn http11() -> HandlerOptions {
    HandlerOptions::new().protocol_version("HTTP/1.1")
}

/// How long a [`hasty`] server waits for anything.
pub const HASTE: Duration = Duration::from_millis(400);

/// The same with deadlines that a suite can wait for. Only drains and lingering closes are shorter still.
#[must_use]
pub fn hasty() -> HandlerOptions {
    let rate = |bytes_per_second| Some(MinRate { grace: HASTE, bytes_per_second });
    let deadlines = Deadlines::new()
        .first_byte(Some(HASTE))
        .head(Some(HASTE))
        .idle(Some(HASTE))
        .body(rate(1024))
        // A client saves up time with what the buffers of the system take for it, which is megabytes.
        .response(rate(64 * 1024 * 1024))
        .drain(Some(HASTE / 2))
        .linger(Some(HASTE / 2));
    http11().deadlines(deadlines)
}

/// Starts one of [`NAMES`]. WSGI servers take only deadlines, limits and bodies from the options.
///
/// # Errors
///
/// If there is no subject of that name, it cannot listen, or the tree cannot be made.
pub fn start(name: &str, options: &HandlerOptions) -> Result<Served, Problem> {
    start_on(ANY_PORT, name, options)
}

/// The same on a port of its own.
///
/// # Errors
///
/// As there.
pub fn start_on(
    address: impl ToServerAddress<SocketAddr>,
    name: &str,
    options: &HandlerOptions,
) -> Result<Served, Problem> {
    let Some(name) = NAMES.into_iter().find(|known| *known == name) else {
        let known = NAMES.join(", ");
        return Err(Problem::new(format!("there is no server {name:?}; there are {known}")));
    };
    let on_engine = name.ends_with("-engine");
    match name.split('-').next() {
        Some("handler") => {
            let options = options.clone();
            let factory = move || ConformanceHandler::new(options.clone());
            Ok(serve(name, Profile::Handler, HttpServer::bind(address, factory)?, on_engine))
        }
        Some("wsgi") => Ok(serve_application_on(address, name, application, on_engine, options)?),
        _ => {
            let tree = tempfile::tempdir()?;
            tree::make(tree.path())?;
            let mut simple = SimpleHandlerOptions::new(tree.path().join(tree::SERVED));
            let server_version = simple.handler.server_version;
            simple.handler = options.clone().server_version(server_version);
            let handler = QuietDirectory(SimpleHttpRequestHandler::with_options(simple));
            let server = HttpServer::bind(address, move || handler.clone())?;
            let mut served = serve(name, Profile::Static, server, on_engine);
            served.tree = Some(tree);
            Ok(served)
        }
    }
}

/// Serves any WSGI application, on the engine or with a thread for each connection. It logs nothing.
///
/// # Errors
///
/// If the server cannot listen.
pub fn serve_application(
    name: &'static str,
    app: impl Application + 'static,
    on_engine: bool,
    options: &HandlerOptions,
) -> io::Result<Served> {
    serve_application_on(ANY_PORT, name, app, on_engine, options)
}

fn serve_application_on(
    address: impl ToServerAddress<SocketAddr>,
    name: &'static str,
    app: impl Application + 'static,
    on_engine: bool,
    options: &HandlerOptions,
) -> io::Result<Served> {
    let options = handler_options()
        .deadlines(options.deadlines)
        .limits(options.limits)
        .bodies(options.bodies);
    let handler = move || QuietGateway::new(options.clone());
    let server = WsgiServer::bind_with(address, handler, http_server::server_options())?;
    server.set_app(app);
    Ok(serve(name, Profile::Wsgi, server, on_engine))
}

const ANY_PORT: &str = "127.0.0.1:0";

/// Serves in a thread of its own.
pub fn serve<S, F, H>(name: &'static str, profile: Profile, server: S, on_engine: bool) -> Served
where
    S: BaseServer<Transport = Tcp, Class = HttpHandlerClass<F>> + 'static,
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    let class = server.base().request_handler_class().clone();
    let address = server.base().server_address();
    let server = Quiet(server);
    let (stop, serving) = if on_engine {
        let server = Engine::with_class(server, class, EngineOptions::default());
        (server.shutdown_handle(), thread::spawn(move || server.serve_forever()))
    } else {
        let options = ThreadingOptions::default().daemon_threads(true);
        let server = ThreadingMixIn::with_options(server, options);
        (server.shutdown_handle(), thread::spawn(move || server.serve_forever()))
    };
    Served { name, address, profile, stop, serving: Some(serving), tree: None }
}
