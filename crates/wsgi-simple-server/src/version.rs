//! What the server calls itself.

/// The name of the server, in the `Server` field and in `SERVER_SOFTWARE`.
///
/// The counterpart of `wsgiref.simple_server.server_version` (CPython 3.15; older ones
/// add a version that never changed).
#[doc(alias = "server_version")]
pub const SERVER_VERSION: &str = "WSGIServer";

/// What runs the server, where CPython names itself: `wsgiref.simple_server.sys_version`.
#[doc(alias = "sys_version")]
pub const SYS_VERSION: &str = concat!("wsgiref-rs/", env!("CARGO_PKG_VERSION"));
