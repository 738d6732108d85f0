//! The servers of the recorded cases (`make_server` of `golden/record_golden.py`).

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use http_server::{
    BaseHttpRequestHandler, HttpHandlerClass, HttpServer, Serve, SimpleHandlerOptions,
    SimpleHttpRequestHandler, server_options,
};
use socketserver::engine::{Engine, EngineOptions};
use socketserver::{AddressOf, BaseServer, RequestOf, Tcp};
use wsgi_simple_server::{
    AppResult, Application, Environ, StartResponse, WsgiHandler, WsgiRequestHandler, WsgiServer,
    demo_app,
};
use wsgi_util::validate::validator;

use crate::app::app;
use crate::base::Recorded;
use crate::corrected::{HOST, SUFFIX};

/// What runs the connection of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The serving loop, as in CPython.
    Blocking,
    /// `socketserver::engine`.
    Engine,
}

impl Driver {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Blocking, Self::Engine];

    /// Its name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Engine => "engine",
        }
    }
}

/// Serves one connection on a free port of the loopback interface; the address is printed on standard output.
///
/// `kind` is a name of the recording, with [`SUFFIX`] behind it for the server of a corrected case. `root` is what the static
/// servers serve.
///
/// # Errors
///
/// If there is no such kind of server, or it cannot listen.
pub fn serve_one(kind: &str, root: &Path, driver: Driver) -> io::Result<()> {
    let (recorded, is_corrected) = match kind.strip_suffix(SUFFIX) {
        Some(recorded) => (recorded, true),
        None => (kind, false),
    };
    match recorded {
        "base" => serve_handler(move || Recorded::new("HTTP/1.0", is_corrected), driver),
        "base11" => serve_handler(move || Recorded::new("HTTP/1.1", is_corrected), driver),
        "static" => serve_directory(SimpleHandlerOptions::new(root), driver),
        "static11" => {
            let mut options = SimpleHandlerOptions::new(root);
            options.handler.protocol_version = "HTTP/1.1";
            serve_directory(options, driver)
        }
        "extra" => {
            let mut options = SimpleHandlerOptions::new(root);
            let headers = [
                ("X-Extra", "1"),
                ("x-extra", "2"),
                ("server", "hidden"),
                ("content-TYPE", "hidden"),
            ];
            let owned = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
            options.extra_response_headers = owned.into();
            options.default_content_type = "text/x-default".to_owned();
            serve_directory(options, driver)
        }
        "wsgi" if is_corrected => serve_application(without_added_host, driver),
        "wsgi" => serve_application(app, driver),
        "demo" => serve_application(demo_app, driver),
        "valid" => serve_application(validator(app), driver),
        other => Err(io::Error::other(format!("there is no server called {other}"))),
    }
}

/// `APP` for corrected requests.
fn without_added_host(
    environ: &mut Environ<'_>,
    start_response: &mut dyn StartResponse,
) -> AppResult {
    if environ.get("HTTP_HOST").as_deref() == Some(HOST) {
        environ.remove("HTTP_HOST");
    }
    app(environ, start_response)
}

/// Serves one connection with handlers of the factory; see [`serve_one`].
///
/// # Errors
///
/// If the server cannot listen.
pub fn serve_handler<H, F>(factory: F, driver: Driver) -> io::Result<()>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    let server = HttpServer::bind("127.0.0.1:0", factory)?;
    serve(server, driver)
}

fn serve_directory(options: SimpleHandlerOptions, driver: Driver) -> io::Result<()> {
    let handler = SimpleHttpRequestHandler::with_options(options);
    serve_handler(move || handler.clone(), driver)
}

/// Serves one connection with an application; see [`serve_one`]. CPython's WSGI server speaks HTTP/1.0, so ours does here, too.
///
/// # Errors
///
/// If the server cannot listen.
pub fn serve_application(
    application: impl Application + 'static,
    driver: Driver,
) -> io::Result<()> {
    let options = WsgiHandler::new().options().clone().protocol_version("HTTP/1.0");
    let handler = move || WsgiHandler::with_options(options.clone());
    let server = WsgiServer::bind_with("127.0.0.1:0", handler, server_options())?;
    server.set_app(application);
    let mut environ = server.base_environ().as_ref().clone();
    environ.insert("SERVER_NAME".to_owned(), "localhost".to_owned());
    environ.insert("SERVER_PORT".to_owned(), "8000".to_owned());
    server.set_base_environ(environ);
    serve(server, driver)
}

fn serve<S, F, H>(server: S, driver: Driver) -> io::Result<()>
where
    S: BaseServer<Transport = Tcp, Class = HttpHandlerClass<F>> + 'static,
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    announce(server.base().server_address())?;
    match driver {
        Driver::Blocking => OneConnection(server).serve_forever(),
        Driver::Engine => {
            let class = server.base().request_handler_class().clone();
            let server = OneConnectionOnEngine(server);
            Engine::with_class(server, class, EngineOptions::default()).serve_forever()
        }
    }
}

/// Ends its loop after one connection, which is what `handle_request` of CPython serves; ours serves one request.
struct OneConnection<S>(S);

impl<S: BaseServer> BaseServer for OneConnection<S> {
    socketserver::delegate_hooks!(0: S;
        timeout, server_bind, server_activate, server_close, get_request, get_request_failed, verify_request,
        finish_request, shutdown_request, close_request, handle_error, handle_timeout, service_actions);

    fn process_request(&self, request: RequestOf<Self>, client_address: AddressOf<Self>) {
        self.0.process_request(request, client_address);
        self.shutdown_handle().request_shutdown();
    }
}

/// The same for an engine, which ends each connection with `close_request`.
struct OneConnectionOnEngine<S>(S);

impl<S: BaseServer> BaseServer for OneConnectionOnEngine<S> {
    socketserver::delegate_hooks!(0: S;
        timeout, server_bind, server_activate, server_close, get_request, get_request_failed, verify_request,
        process_request, finish_request, shutdown_request, handle_error, handle_timeout, service_actions);

    fn close_request(&self, request: RequestOf<Self>) {
        self.0.close_request(request);
        self.shutdown_handle().request_shutdown();
    }
}

fn announce(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{address}")?;
    stdout.flush()
}
