//! Listening, and serving until a signal comes.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::thread;

use http_server::{Exchange, server_options};
use socketserver::Serve;
use wsgi_simple_server::{ThreadingWsgiServer, WsgiRequestHandler, WsgiServer, demo_app};

use crate::args::Args;
use crate::signals::StopSignals;
use crate::start_error::StartError;

/// Serves the demo application until Ctrl-C or `SIGTERM`.
pub(crate) fn serve(args: &Args, port: u16) -> Result<(), StartError> {
    let server = listen(args, port)?;
    // From before the line that says it serves, so that who reads the line may send a signal.
    let signals = StopSignals::watch().map_err(StartError::Signals)?;
    say(&serving_line(server.server_address()));

    // The loop has a thread of its own and is not asked to end: this one waits for a signal, and with it ends the
    // process, at once and whatever handlers are doing.
    let canceller = signals.canceller();
    let serving = thread::spawn(move || {
        // Dropped however the loop ends, so that nobody waits for a server that is not there.
        let _canceller = canceller;
        server.serve_forever()
    });
    match signals.wait() {
        Some(stop) => {
            say(&format!("\n{}", stop.message()));
            Ok(())
        }
        None => match serving.join() {
            Ok(result) => result.map_err(StartError::Serve),
            Err(_) => Err(StartError::Serve(io::Error::other("the serving thread panicked"))),
        },
    }
}

/// Listens, with a thread for each connection, so that a silent client keeps nobody waiting.
fn listen(args: &Args, port: u16) -> Result<ThreadingWsgiServer, StartError> {
    let address = args.host().resolve(port).map_err(StartError::Resolve)?;
    let server = match args.quiet {
        true => WsgiServer::bind_with(address, || QuietHandler, server_options()),
        false => WsgiServer::bind(address),
    }
    .map_err(|error| StartError::Listen { address, port_option: args.port_option(), error })?;
    server.set_app(demo_app);
    Ok(server.threading())
}

/// A handler without a line for each request. Errors of the application are still told.
struct QuietHandler;

impl WsgiRequestHandler for QuietHandler {
    fn log_message(&self, _: &Exchange<'_>, _: fmt::Arguments<'_>) {}
}

/// CPython's words; brackets around an IPv6 host in the URL.
fn serving_line(address: SocketAddr) -> String {
    let (host, port) = (address.ip(), address.port());
    format!("Serving HTTP on {host} port {port} (http://{address}/) ...")
}

/// Writes a line to stdout. That nobody reads it (`| head`) is no reason to stop.
fn say(line: &str) {
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
