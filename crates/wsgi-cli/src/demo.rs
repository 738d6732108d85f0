//! Serving the demo application.

use std::fmt;
use std::io;
use std::sync::Arc;

use http_server::{Base, BaseHttpRequestHandler, Exchange, HandlerOptions};
use wsgi_simple_server::{WsgiEngine, WsgiRequestHandler, WsgiServer, demo_app};

use crate::args::Args;
use crate::serve::{Connections, Listening, serving_line};
use crate::start_error::StartError;
use crate::tls::{self, Tls};

/// Serves the demo application until Ctrl-C or `SIGTERM`.
pub(crate) fn serve(args: &Args, port: u16) -> Result<(), StartError> {
    let connections = Connections::default();
    let (server, tls) = listen(args, port, &connections)?;
    let mut announcement = serving_line(server.server_address(), tls.is_some());
    if let Some(fingerprint) = tls.and_then(|tls| tls.fingerprint) {
        announcement.push('\n');
        announcement.push_str(&tls::words(&fingerprint));
    }
    let stop = server.shutdown_handle();
    let serve_forever = || server.serve_forever();
    Listening { announcement, connections, stop, serve_forever }.until_stopped(&args.tuning)
}

/// Listens, on an engine, so that no client keeps others waiting.
fn listen(
    args: &Args,
    port: u16,
    connections: &Connections,
) -> Result<(WsgiEngine, Option<Tls>), StartError> {
    let address = args.host().resolve(port).map_err(StartError::Resolve)?;
    let tls = tls::load(&args.tls, args.host(), address, &[]).map_err(StartError::Tls)?;
    let handler = Handler {
        options: Arc::new(args.handler_options()),
        quiet: args.quiet,
        close: args.tuning.deadlines.closes_after_each_response(),
        _connection: connections.clone(),
    };
    let server =
        WsgiServer::bind_with(address, move || handler.clone(), args.tuning.server_options())
            .map_err(|error| StartError::Listen {
                address,
                port_option: args.port_option(),
                error,
            })?;
    server.set_app(demo_app);
    if let Some(tls) = &tls {
        server.set_tls(&tls.context).map_err(|error| StartError::Tls(error.to_string()))?;
    }
    Ok((server.engine_with(args.tuning.engine_options()), tls))
}

/// The handler of a connection, as the options want it.
#[derive(Clone)]
struct Handler {
    options: Arc<HandlerOptions>,
    quiet: bool,
    close: bool,
    _connection: Connections,
}

impl WsgiRequestHandler for Handler {
    fn options(&self) -> &HandlerOptions {
        &self.options
    }

    fn end_headers(&self, x: &mut Exchange<'_>) -> io::Result<()> {
        x.close_connection |= self.close;
        Base.end_headers(x)
    }

    /// Errors of the application are told all the same.
    fn log_message(&self, x: &Exchange<'_>, message: fmt::Arguments<'_>) {
        if !self.quiet {
            Base.log_message(x, message);
        }
    }
}
