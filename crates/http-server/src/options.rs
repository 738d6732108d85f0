//! The class attributes of the handlers.

use crate::proto::Limits;
use crate::{BodyOptions, DEFAULT_ERROR_CONTENT_TYPE, DEFAULT_ERROR_MESSAGE, Deadlines};
use std::sync::LazyLock;

/// The class attributes of `BaseHTTPRequestHandler` with CPython's defaults, and the limits and deadlines.
///
/// A handler returns them from [`options`](crate::BaseHttpRequestHandler::options). Each attribute is a field to read
/// and a method of the same name that sets it.
///
/// # Examples
///
/// ```
/// use http_server::{BaseHttpRequestHandler, HandlerOptions};
/// use std::sync::LazyLock;
///
/// static OPTIONS: LazyLock<HandlerOptions> =
///     LazyLock::new(|| HandlerOptions::new().protocol_version("HTTP/1.1").server_version("Teapot/1"));
///
/// struct Teapot;
/// impl BaseHttpRequestHandler for Teapot {
///     fn options(&self) -> &HandlerOptions {
///         &OPTIONS
///     }
/// }
/// assert_eq!(Teapot.options().error_content_type, "text/html;charset=utf-8");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HandlerOptions {
    /// The version on the status line. `"HTTP/1.0"` closes after each response, `"HTTP/1.1"` keeps connections; any text
    /// that is no version counts as HTTP/1.0.
    pub protocol_version: &'static str,
    /// The first half of the `Server` field: `BaseHTTP`.
    pub server_version: &'static str,
    /// The second half of the `Server` field: this crate and its version.
    pub sys_version: &'static str,
    /// The template of error pages with `%(code)d`, `%(message)s` and `%(explain)s`. Empty: pages without a body.
    pub error_message_format: &'static str,
    /// The `Content-Type` of error pages: `text/html;charset=utf-8`.
    pub error_content_type: &'static str,
    /// The most bytes asked of the connection at once. CPython's −1 means its default, which here is 16,384.
    pub rbufsize: usize,
    /// How many bytes, with head and framing, are gathered before they are sent. 0, the default, sends each write at once.
    pub wbufsize: usize,
    /// What one request may occupy.
    pub limits: Limits,
    /// What the [engine](crate::HttpServer::engine) does with the body of a request.
    pub bodies: BodyOptions,
    /// How long the server waits for its client; takes the place of CPython's `timeout`, which is unlimited by default.
    #[doc(alias = "timeout")]
    pub deadlines: Deadlines,
}

socketserver::setters! {
    HandlerOptions {
        protocol_version: &'static str,
        server_version: &'static str,
        sys_version: &'static str,
        error_message_format: &'static str,
        error_content_type: &'static str,
        rbufsize: usize,
        wbufsize: usize,
        limits: Limits,
        bodies: BodyOptions,
        deadlines: Deadlines,
    }
}

/// What [`crate::BaseHttpRequestHandler::options`] returns unless overridden.
pub(crate) static DEFAULT_OPTIONS: LazyLock<HandlerOptions> = LazyLock::new(HandlerOptions::new);

impl HandlerOptions {
    /// Returns the attributes of `BaseHTTPRequestHandler` itself.
    #[must_use]
    pub fn new() -> Self {
        Self {
            protocol_version: "HTTP/1.0",
            server_version: "BaseHTTP",
            sys_version: concat!("wsgiref-rs/", env!("CARGO_PKG_VERSION")),
            error_message_format: DEFAULT_ERROR_MESSAGE,
            error_content_type: DEFAULT_ERROR_CONTENT_TYPE,
            rbufsize: 16_384,
            wbufsize: 0,
            limits: Limits::default(),
            bodies: BodyOptions::new(),
            deadlines: Deadlines::new(),
        }
    }
}

impl Default for HandlerOptions {
    fn default() -> Self {
        Self::new()
    }
}
