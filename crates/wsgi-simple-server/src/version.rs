//! What the server calls itself.

/// The name of the server, in the `Server` field and in `SERVER_SOFTWARE`.
///
/// The counterpart of `wsgiref.simple_server.server_version` (CPython 3.15; older ones
/// add a version that never changed).
///
/// # Examples
///
/// ```
/// use wsgi_simple_server::{SERVER_VERSION, handler_options};
///
/// assert_eq!(handler_options().server_version, SERVER_VERSION);
/// assert_eq!(SERVER_VERSION, "WSGIServer");
/// ```
#[doc(alias = "server_version")]
pub const SERVER_VERSION: &str = "WSGIServer";

/// What runs the server, where CPython names itself: `wsgiref.simple_server.sys_version`.
///
/// # Examples
///
/// ```
/// use wsgi_simple_server::{SERVER_VERSION, SOFTWARE_VERSION, SYS_VERSION};
///
/// assert_eq!(SOFTWARE_VERSION, format!("{SERVER_VERSION} {SYS_VERSION}"));
/// ```
#[doc(alias = "sys_version")]
pub const SYS_VERSION: &str = concat!("wsgiref-rs/", env!("CARGO_PKG_VERSION"));
