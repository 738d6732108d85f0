//! The class attributes of the handlers.
/// The class attributes of `BaseHTTPRequestHandler`, with CPython's defaults, and the limits and deadlines.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HandlerOptions {
    /// `"HTTP/1.0"` closes after each response, `"HTTP/1.1"` keeps connections.
    pub protocol_version: &'static str,
    // server_version "BaseHTTP", sys_version "wsgiref-rs/0.1.0", error_message_format, error_content_type, limits: proto::Limits,
    // deadlines: Deadlines, wbufsize, rbufsize ...
}
