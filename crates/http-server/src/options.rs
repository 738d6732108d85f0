//! The class attributes of the handlers.

use crate::proto::Limits;
use crate::{BodyOptions, DEFAULT_ERROR_CONTENT_TYPE, DEFAULT_ERROR_MESSAGE, Deadlines};
use std::borrow::Cow;
use std::ptr;
use std::sync::{LazyLock, OnceLock};

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
    /// The `Server` field in one piece, and the halves that it was made of.
    version: OnceLock<(&'static str, &'static str, String)>,
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
            version: OnceLock::new(),
        }
    }

    /// `server_version`, a space, `sys_version`: joined once, for all responses.
    pub(crate) fn version_string(&self) -> Cow<'_, str> {
        let join = || [self.server_version, self.sys_version].join(" ");
        let (server, sys, joined) =
            self.version.get_or_init(|| (self.server_version, self.sys_version, join()));
        // The halves are fields, which may have been given other values since.
        if ptr::eq(*server, self.server_version) && ptr::eq(*sys, self.sys_version) {
            Cow::Borrowed(joined)
        } else {
            Cow::Owned(join())
        }
    }
}

impl Default for HandlerOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_field_follows_its_halves() {
        let options = HandlerOptions::new().sys_version("System/2");
        assert_eq!(options.version_string(), "BaseHTTP System/2");
        assert!(matches!(options.version_string(), Cow::Borrowed(_)));
        let options = options.server_version("Mine/1");
        assert_eq!(options.version_string(), "Mine/1 System/2");
        assert_eq!(options.clone().sys_version("").version_string(), "Mine/1 ");
    }
}
