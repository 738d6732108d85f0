//! The servers of the recorded cases (`make_server` of `golden/record_golden.py`).

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use http_server::{
    BaseHttpRequestHandler, HttpServer, Serve, SimpleHandlerOptions, SimpleHttpRequestHandler,
    server_options,
};
use socketserver::{AddressOf, BaseServer, RequestOf};
use wsgi_simple_server::{
    AppResult, Application, Environ, StartResponse, WsgiHandler, WsgiRequestHandler, WsgiServer,
    demo_app,
};
use wsgi_util::validate::validator;

use crate::app::app;
use crate::base::Recorded;
use crate::corrected::{HOST, SUFFIX};

/// Serves one connection on a free port of the loopback interface; the address is printed on standard output.
///
/// `kind` is a name of the recording, with [`SUFFIX`] behind it for the server of a corrected case. `root` is what the static
/// servers serve.
///
/// # Errors
///
/// If there is no such kind of server, or it cannot listen.
pub fn serve_one(kind: &str, root: &Path) -> io::Result<()> {
    let (recorded, is_corrected) = match kind.strip_suffix(SUFFIX) {
        Some(recorded) => (recorded, true),
        None => (kind, false),
    };
    match recorded {
        "base" => serve_handler(move || Recorded::new("HTTP/1.0", is_corrected)),
        "base11" => serve_handler(move || Recorded::new("HTTP/1.1", is_corrected)),
        "static" => serve_directory(SimpleHandlerOptions::new(root)),
        "static11" => {
            let mut options = SimpleHandlerOptions::new(root);
            options.handler.protocol_version = "HTTP/1.1";
            serve_directory(options)
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
            serve_directory(options)
        }
        "wsgi" if is_corrected => serve_application(without_added_host),
        "wsgi" => serve_application(app),
        "demo" => serve_application(demo_app),
        "valid" => serve_application(validator(app)),
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

fn serve_handler<H, F>(factory: F) -> io::Result<()>
where
    F: Fn() -> H + Send + Sync + 'static,
    H: BaseHttpRequestHandler + Send + 'static,
{
    let server = HttpServer::bind("127.0.0.1:0", factory)?;
    announce(server.server_address())?;
    OneConnection(server).serve_forever()
}

fn serve_directory(options: SimpleHandlerOptions) -> io::Result<()> {
    let handler = SimpleHttpRequestHandler::with_options(options);
    serve_handler(move || handler.clone())
}

/// CPython's WSGI server speaks HTTP/1.0, so ours does here, too.
fn serve_application(application: impl Application + 'static) -> io::Result<()> {
    let options = WsgiHandler::new().options().clone().protocol_version("HTTP/1.0");
    let handler = move || WsgiHandler::with_options(options.clone());
    let server = WsgiServer::bind_with("127.0.0.1:0", handler, server_options())?;
    server.set_app(application);
    let mut environ = server.base_environ().as_ref().clone();
    environ.insert("SERVER_NAME".to_owned(), "localhost".to_owned());
    environ.insert("SERVER_PORT".to_owned(), "8000".to_owned());
    server.set_base_environ(environ);
    announce(server.server_address())?;
    OneConnection(server).serve_forever()
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

fn announce(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{address}")?;
    stdout.flush()
}
