//! Serving until a signal comes, whatever is served.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use socketserver::ShutdownHandle;

use crate::args::Tuning;
use crate::quantity::OrOff;
use crate::signals::{Stop, StopSignals};
use crate::start_error::StartError;

/// Idle connections are gone long before; who is left then has a request that runs.
const MOMENT: Duration = Duration::from_millis(200);

/// A server that listens, and will serve until it is told to stop.
pub(crate) struct Listening<F> {
    /// What is said once signals are watched, so that who reads it may send one.
    pub(crate) announcement: String,
    pub(crate) connections: Connections,
    pub(crate) stop: ShutdownHandle,
    pub(crate) serve_forever: F,
}

impl<F: FnOnce() -> io::Result<()>> Listening<F> {
    /// Serves until Ctrl-C or `SIGTERM`, and the requests that run then to their end.
    pub(crate) fn until_stopped(self, tuning: &Tuning) -> Result<(), StartError> {
        let Self { announcement, connections, stop, serve_forever } = self;
        let signals = StopSignals::watch().map_err(StartError::Signals)?;
        say(&announcement);
        let patience = match tuning.deadlines.graceful_timeout {
            OrOff::On(time) => format!("up to {time} "),
            OrOff::Off => String::new(),
        };
        thread::spawn(move || stop_on(signals, &stop, connections, patience));
        serve_forever().map_err(StartError::Serve)
    }
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

/// Counts the connections: each has a handler, and each handler one of these.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<()>);

impl Connections {
    /// How many are open, asked by the only one besides the handlers and what they are cloned from.
    fn count(&self) -> usize {
        Arc::strong_count(&self.0).saturating_sub(2)
    }
}

/// CPython's words; brackets around an IPv6 host in the URL.
pub(crate) fn serving_line(address: SocketAddr, tls: bool) -> String {
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
