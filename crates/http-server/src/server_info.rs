//! What a handler may know of its server.

/// What a handler may know of its server (`self.server`).
///
/// # Examples
///
/// ```
/// use http_server::ServerInfo;
///
/// // For `handle`, called in a thread for each connection.
/// let mut server = ServerInfo::new("www.example.org", Some(443));
/// server.multithread = true;
/// assert_eq!(server.server_name, "www.example.org");
/// assert!(!server.multiprocess);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The name of the server, never asked of a resolver: the address it is bound to, or if it listens everywhere the
    /// one this client has connected to. Empty on a Unix socket.
    pub server_name: String,
    /// The port the server is bound to; `None` on a Unix socket.
    pub server_port: Option<u16>,
    /// Another thread of this process may run a handler of this server at the same time.
    pub multithread: bool,
    /// Another process may.
    pub multiprocess: bool,
    /// Its connections are encrypted: it speaks HTTPS.
    pub tls: bool,
}

impl ServerInfo {
    /// Makes a description from a name and a port, of a server with one thread and one process.
    #[must_use]
    pub fn new(server_name: impl Into<String>, server_port: Option<u16>) -> Self {
        Self {
            server_name: server_name.into(),
            server_port,
            multithread: false,
            multiprocess: false,
            tls: false,
        }
    }

    /// Returns the scheme of the server's URLs: `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}
