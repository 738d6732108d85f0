//! The class attributes of the servers.
use std::time::Duration;

/// The class attributes of `BaseServer`, `TCPServer` and `UDPServer`, with CPython's defaults.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// How long `handle_request` waits before it calls `handle_timeout`. `None` waits for ever.
    pub timeout: Option<Duration>,
    /// The backlog passed to `listen`. `SOMAXCONN` by default.
    pub request_queue_size: i32,
    /// Sets `SO_REUSEADDR` before binding.
    pub allow_reuse_address: bool,
    /// Sets `SO_REUSEPORT` before binding (IP sockets only).
    pub allow_reuse_port: bool,
    /// The largest datagram received, in bytes; 8192.
    pub max_packet_size: usize,
    /// How often `service_actions` runs while the server is idle; 0.5 s.
    pub poll_interval: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        todo!()
    }
}
