//! The class attributes of the servers.

use std::time::Duration;

/// The class attributes of `BaseServer`, `TCPServer` and `UDPServer`, with CPython's defaults.
///
/// Each is a field to read and a method of the same name that sets it, as in all options of these crates.
///
/// # Examples
///
/// ```
/// use socketserver::ServerOptions;
/// use std::time::Duration;
///
/// let options = ServerOptions::default().allow_reuse_address(true).timeout(Some(Duration::from_secs(60)));
/// assert_eq!(options.max_packet_size, 8192);
/// assert_eq!(options.poll_interval, Duration::from_millis(500));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// How long [`handle_request`](crate::Serve::handle_request) waits before it calls
    /// [`handle_timeout`](crate::BaseServer::handle_timeout). `None`, the default, waits for ever.
    /// `serve_forever` ignores it.
    pub timeout: Option<Duration>,
    /// The backlog passed to `listen`. By default the largest the system takes, as in CPython 3.15
    /// (`socket.SOMAXCONN`).
    pub request_queue_size: i32,
    /// Sets `SO_REUSEADDR` before binding, so that a server can be restarted while connections of
    /// its former life linger. Ignored on Windows, where it would let two servers share a port.
    /// `false` by default.
    pub allow_reuse_address: bool,
    /// Sets `SO_REUSEPORT` before binding, so that several processes can listen on one port. Only
    /// for IP sockets, and only on Unix. `false` by default.
    pub allow_reuse_port: bool,
    /// The largest datagram received, in bytes; what is longer is cut off. 8192 by default.
    pub max_packet_size: usize,
    /// How often [`service_actions`](crate::BaseServer::service_actions) runs while
    /// `serve_forever` is idle: its argument in CPython. 0.5 s by default. A shutdown is noticed
    /// at once, whatever the interval.
    pub poll_interval: Duration,
}

setters! {
    ServerOptions {
        timeout: Option<Duration>,
        request_queue_size: i32,
        allow_reuse_address: bool,
        allow_reuse_port: bool,
        max_packet_size: usize,
        poll_interval: Duration,
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            timeout: None,
            request_queue_size: SOMAXCONN,
            allow_reuse_address: false,
            allow_reuse_port: false,
            max_packet_size: 8192,
            poll_interval: Duration::from_millis(500),
        }
    }
}

/// `SOMAXCONN` of current Linux. Every system cuts a larger backlog down to what it allows.
const SOMAXCONN: i32 = 4096;
