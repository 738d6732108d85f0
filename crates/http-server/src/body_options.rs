//! What becomes of a request body before its handler runs.

/// What the [engine](crate::HttpServer::engine) does with the body of a request.
///
/// It receives the body before the handler runs, so that a client that sends slowly holds no thread: into memory, and what is
/// larger into a file without a name in the system's directory for temporary files. How large a body may be at all is
/// [`Limits::body`](crate::proto::Limits::body). Servers without an engine read a body while their handler does.
///
/// The totals count for all connections of one server. A body for which there is no room is refused with 503 and
/// `Retry-After`.
///
/// # Examples
///
/// A server of uploads that looks at them as they come:
///
/// ```
/// use http_server::{BodyOptions, HandlerOptions};
///
/// let options = HandlerOptions::new().bodies(BodyOptions::new().streaming(true));
/// assert_eq!(options.bodies.in_memory, 64 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodyOptions {
    /// Whether the handler runs at once and reads the body while it comes. Then a slow client holds a thread, as long as it
    /// keeps the rate of [`Deadlines::body`](crate::Deadlines::body), but never the last ones:
    /// [`waiting_threads`](socketserver::engine::EngineOptions::waiting_threads). Off by default.
    ///
    /// A request with `Expect: 100-continue` is always handled so, for the handler may refuse it.
    pub streaming: bool,
    /// How many bytes of one body are kept in memory; a longer one goes to a file. 64 KiB by default, 4 KiB at least.
    pub in_memory: usize,
    /// How many bytes of all bodies are kept in memory; beyond that they go to files. 64 MiB by default.
    pub total_in_memory: usize,
    /// How many bytes of all bodies are kept in files. 4 GiB by default.
    pub total_on_disk: u64,
}

socketserver::setters! {
    BodyOptions {
        streaming: bool,
        in_memory: usize,
        total_in_memory: usize,
        total_on_disk: u64,
    }
}

impl BodyOptions {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            streaming: false,
            in_memory: 64 * 1024,
            total_in_memory: 64 * 1024 * 1024,
            total_on_disk: 4 * 1024 * 1024 * 1024,
        }
    }
}

impl Default for BodyOptions {
    fn default() -> Self {
        Self::new()
    }
}
