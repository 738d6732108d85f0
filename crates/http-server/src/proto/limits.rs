//! How much a peer may send before it is refused.

/// The bounds on what one request may occupy.
///
/// All of them are enforced while reading, so memory per connection stays bounded (RFC 9110 §5.4, RFC 6585 §5).
///
/// # Examples
///
/// ```
/// use http_server::proto::Limits;
///
/// let limits = Limits::default().body(10 * 1024 * 1024);
/// assert_eq!((limits.request_line, limits.fields), (65536, 100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest request line in bytes, its CRLF included. Beyond it: 414. Default 65,536 (`http.server: handle_one_request`).
    pub request_line: usize,
    /// Size of all field lines together in bytes, without the empty line that ends them. Beyond it: 431.
    ///
    /// Default 65,536, which CPython allows per line (`http.client: _MAXLINE`).
    pub head: usize,
    /// Number of field lines. Beyond it: 431. Default 100 (`http.client: _MAXHEADERS`).
    pub fields: usize,
    /// Number of empty lines skipped before a request line. Beyond it: 400. Default 8.
    pub empty_lines: usize,
    /// Size of the extensions of one chunk in bytes, counted from the semicolon. Beyond it: 400. Default 256.
    pub chunk_extension: usize,
    /// Size of all chunk extensions of one body together. Beyond it: 400. Default 16,384.
    pub chunk_extensions: usize,
    /// Size of the trailer section in bytes. Beyond it: 431. Default 8,192.
    pub trailers: usize,
    /// Size of a request body in bytes, decoded. Beyond it: 413. Default 1 GiB.
    pub body: u64,
}

socketserver::setters! {
    Limits {
        request_line: usize,
        head: usize,
        fields: usize,
        empty_lines: usize,
        chunk_extension: usize,
        chunk_extensions: usize,
        trailers: usize,
        body: u64,
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_line: 65_536,
            head: 65_536,
            fields: 100,
            empty_lines: 8,
            chunk_extension: 256,
            chunk_extensions: 16_384,
            trailers: 8_192,
            body: 1 << 30,
        }
    }
}
