//! How long the server waits for its client.

use socketserver::MinRate;
use std::time::Duration;

/// How long each kind of wait may last. `None` waits for ever, as CPython does by default.
///
/// Each ends with a defined answer, named at the field.
///
/// # Examples
///
/// ```
/// use http_server::Deadlines;
/// use std::time::Duration;
///
/// let deadlines = Deadlines::new().idle(Some(Duration::from_secs(60)));
/// assert_eq!(deadlines.head, Some(Duration::from_secs(10)));
/// assert_eq!(Deadlines::none().head, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// From the start of a connection to its first byte, with TLS to the first byte of the request: the handshake is within it.
    /// Then the connection closes silently. 15 s.
    pub first_byte: Option<Duration>,
    /// The same while another client waits, for a server that serves one connection at a time: browsers open spare
    /// connections and say nothing on them. The client of any other connection has sent its request by then. 200 ms.
    pub first_byte_in_turn: Option<Duration>,
    /// From the first byte of a request head to its last. Then 408, and the connection closes. 10 s.
    pub head: Option<Duration>,
    /// From the end of a response to the first byte of the next request. Then the connection closes silently. 15 s.
    ///
    /// It closes at once when its server stops, and when another client waits for a server that serves one connection at
    /// a time.
    pub idle: Option<Duration>,
    /// How slowly a request body may come. Then 408 if nothing was sent, and the connection closes. 1 KiB/s after 10 s. With
    /// TLS, what counts is records that are whole: up to 16 KiB each.
    pub body: Option<MinRate>,
    /// How slowly the client may take the response. Then the connection closes. 1 KiB/s after 10 s.
    pub response: Option<MinRate>,
    /// How long a request body the handler left unread is read and dropped, so that the connection can be kept. 2 s, and
    /// 64 KiB at most; a larger rest closes the connection.
    pub drain: Option<Duration>,
    /// How long the server reads and drops what still comes after its last byte, so that the client gets the response and
    /// no reset (RFC 9112 §9.6). 2 s, and 16 MiB at most.
    pub linger: Option<Duration>,
}

socketserver::setters! {
    Deadlines {
        first_byte: Option<Duration>,
        first_byte_in_turn: Option<Duration>,
        head: Option<Duration>,
        idle: Option<Duration>,
        body: Option<MinRate>,
        response: Option<MinRate>,
        drain: Option<Duration>,
        linger: Option<Duration>,
    }
}

/// The most bytes of an unread request body that are dropped in order to keep the connection (`http-rules.md` §2).
pub(crate) const DRAIN_BYTES: u64 = 64 * 1024;
/// The most bytes dropped by a lingering close: a small bound would reset a client in mid-upload.
pub(crate) const LINGER_BYTES: u64 = 16 * 1024 * 1024;

impl Deadlines {
    /// Returns the defaults.
    #[must_use]
    pub const fn new() -> Self {
        const SLOWEST: MinRate = MinRate { grace: Duration::from_secs(10), bytes_per_second: 1024 };
        Self {
            first_byte: Some(Duration::from_secs(15)),
            first_byte_in_turn: Some(Duration::from_millis(200)),
            head: Some(Duration::from_secs(10)),
            idle: Some(Duration::from_secs(15)),
            body: Some(SLOWEST),
            response: Some(SLOWEST),
            drain: Some(Duration::from_secs(2)),
            linger: Some(Duration::from_secs(2)),
        }
    }

    /// Returns deadlines that never come: any client can hold its thread for ever.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            first_byte: None,
            first_byte_in_turn: None,
            head: None,
            idle: None,
            body: None,
            response: None,
            drain: None,
            linger: None,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self::new()
    }
}
