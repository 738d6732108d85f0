//! Listening, and serving until a signal comes.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http_server::{Base, BaseHttpRequestHandler, Exchange, HandlerOptions};
use socketserver::ShutdownHandle;
use wsgi_simple_server::{WsgiEngine, WsgiRequestHandler, WsgiServer, demo_app};

use crate::args::Args;
use crate::quantity::OrOff;
use crate::signals::{Stop, StopSignals};
use crate::start_error::StartError;
use crate::tls::{self, Tls};

/// Idle connections are gone long before; who is left then has a request that runs.
const MOMENT: Duration = Duration::from_millis(200);

/// Serves the demo application until Ctrl-C or `SIGTERM`, and the requests that run then to their end.
pub(crate) fn serve(args: &Args, port: u16) -> Result<(), StartError> {
    let connections = Connections::default();
    let (server, tls) = listen(args, port, &connections)?;
    // From before the line that says it serves, so that who reads the line may send a signal.
    let signals = StopSignals::watch().map_err(StartError::Signals)?;
    say(&serving_line(server.server_address(), tls.is_some()));
    if let Some(fingerprint) = tls.and_then(|tls| tls.fingerprint) {
        say(&tls::words(&fingerprint));
    }

    let stop = server.shutdown_handle();
    let patience = match args.deadlines.graceful_timeout {
        OrOff::On(time) => format!("up to {time} "),
        OrOff::Off => String::new(),
    };
    thread::spawn(move || stop_on(signals, &stop, connections, patience));
    server.serve_forever().map_err(StartError::Serve)
}

/// Has the first signal stop the server, the second not wait for running requests, and the third not even for
/// the server.
fn stop_on(
    mut signals: StopSignals,
    stop: &ShutdownHandle,
    connections: Connections,
    patience: String,
) {
    let Some(first) = signals.wait() else { return };
    // Before the end, behind which nothing is written.
    say(&format!("\n{}", first.message()));
    stop.request_shutdown();
    // If everything ends meanwhile, this thread does.
    thread::spawn(move || {
        thread::sleep(MOMENT);
        if let Some(words) = waiting_line(connections.count(), first, &patience) {
            say(&words);
        }
    });
    if signals.wait().is_some() {
        signals.give_up();
        stop.request_shutdown();
    }
}

/// Listens, on an engine, so that no client keeps others waiting.
fn listen(
    args: &Args,
    port: u16,
    connections: &Connections,
) -> Result<(WsgiEngine, Option<Tls>), StartError> {
    let address = args.host().resolve(port).map_err(StartError::Resolve)?;
    let tls = tls::load(&args.tls, args.host(), address).map_err(StartError::Tls)?;
    let handler = Handler {
        options: Arc::new(args.handler_options()),
        quiet: args.quiet,
        close: args.deadlines.closes_after_each_response(),
        _connection: connections.clone(),
    };
    let server = WsgiServer::bind_with(address, move || handler.clone(), args.server_options())
        .map_err(|error| StartError::Listen { address, port_option: args.port_option(), error })?;
    server.set_app(demo_app);
    if let Some(tls) = &tls {
        server.set_tls(&tls.context).map_err(|error| StartError::Tls(error.to_string()))?;
    }
    Ok((server.engine_with(args.engine_options()), tls))
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

/// Counts the connections: each has a handler, and each handler one of these.
#[derive(Clone, Default)]
struct Connections(Arc<()>);

impl Connections {
    /// How many are open, asked by the only one besides the handlers and what they are cloned from.
    fn count(&self) -> usize {
        Arc::strong_count(&self.0).saturating_sub(2)
    }
}

/// CPython's words; brackets around an IPv6 host in the URL.
fn serving_line(address: SocketAddr, tls: bool) -> String {
    let (host, port) = (address.ip(), address.port());
    let (protocol, scheme) = if tls { ("HTTPS", "https") } else { ("HTTP", "http") };
    format!("Serving {protocol} on {host} port {port} ({scheme}://{address}/) ...")
}

/// Tells why it has not ended yet.
fn waiting_line(connections: usize, signal: Stop, patience: &str) -> Option<String> {
    let connections = match connections {
        0 => return None,
        1 => "1 connection that is".to_owned(),
        count => format!("{count} connections that are"),
    };
    let once_more = signal.once_more();
    Some(format!("Waiting {patience}for {connections} in use; {once_more} stops now."))
}

/// Writes a line to stdout. That nobody reads it (`| head`) is no reason to stop.
fn say(line: &str) {
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_told_what_for() {
        assert_eq!(waiting_line(0, Stop::Termination, "up to 30s "), None);
        assert_eq!(
            waiting_line(1, Stop::Termination, "").unwrap(),
            "Waiting for 1 connection that is in use; another signal stops now."
        );
        assert_eq!(
            waiting_line(2, Stop::KeyboardInterrupt, "up to 30s ").unwrap(),
            "Waiting up to 30s for 2 connections that are in use; Ctrl-C again stops now."
        );
    }

    #[test]
    fn connections_are_counted_by_their_handlers() {
        let connections = Connections::default();
        let factory = connections.clone();
        let handlers = [factory.clone(), factory.clone()];
        assert_eq!(connections.count(), 2);
        drop(handlers);
        assert_eq!(connections.count(), 0);
    }
}
