//! CPython's `wsgiref.simple_server` in Rust: serves an application in the shape of WSGI over HTTP/1.1.
//!
//! ```no_run
//! use wsgi_simple_server::{AppResult, Environ, StartResponse, make_server};
//!
//! fn my_app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
//!     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
//!     Ok("Hello world!\n".into())
//! }
//!
//! make_server("", 8000, my_app)?.serve_forever()?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! This is the only crate where HTTP meets WSGI. A request goes through it like this:
//!
//! ```text
//!  http-server          parses the head, frames the body, answers what is malformed
//!      │
//!  WsgiRequestHandler   handle: get_environ, get_stderr
//!      │
//!  wsgi-handlers        calls the application: environ, start_response, write, close
//!      │
//!  http-server          frames the response: Content-Length, chunks, keep-alive; log line
//! ```
//!
//! [`make_server`] runs on an [engine](http_server::socketserver::engine): no client can stall it, and the application is called
//! by several threads at a time. [`WsgiServer`] by itself serves one connection after the other, as wsgiref does, and
//! [`ThreadingWsgiServer`] each in a thread of its own.
//!
//! # What is where
//!
//! | wsgiref.simple_server | here |
//! | --- | --- |
//! | `make_server` | [`make_server`], [`make_server_with`] for a `handler_class` |
//! | `WSGIServer` | [`WsgiServer`], [`ThreadingWsgiServer`], [`WsgiEngine`]; [`ServerState`] for what its handlers see of it |
//! | `WSGIRequestHandler` | [`WsgiRequestHandler`] (override points), [`WsgiHandler`] (the class itself) |
//! | `ServerHandler` | [`ServerHandler`], over streams; what is served goes through an [`Exchange`](http_server::Exchange) |
//! | `demo_app` | [`demo_app`] |
//! | `server_version`, `sys_version`, `software_version` | [`SERVER_VERSION`], [`SYS_VERSION`], [`SOFTWARE_VERSION`] |
//!
//! # Where it differs from wsgiref
//!
//! Connections are kept (HTTP/1.1) and responses of unknown length are chunked; HEAD, 204 and 304 have no body.
//! `wsgi.input` ends where the body ends, and a body that is cut short is an error, not a shorter body. The environ has
//! nothing of the process environment in it, and nothing a client could pose with. [`WsgiHandler`] shows how to have
//! CPython's HTTP/1.0 instead.
//!
//! # HTTPS
//!
//! With the feature `tls` every server here has `set_tls`.
//!
//! # What this crate does not do
//!
//! It does not parse HTTP, and knows no sockets beyond an address. It has no command line: that is `wsgi-cli`.
#![forbid(unsafe_code)]

mod demo;
mod environ;
mod exchange_handler;
mod request_handler;
mod server;
mod state;
mod stderr;
mod version;

pub use demo::demo_app;
pub use environ::BaseEnviron;
pub use request_handler::{BoundHandler, WsgiHandler, WsgiRequestHandler, handler_options};
pub use server::{
    HandlerFactory, ThreadingWsgiServer, WsgiEngine, WsgiServer, make_server, make_server_with,
};
pub use state::ServerState;
pub use version::{SERVER_VERSION, SYS_VERSION};

// The crates below, so that one dependency is enough; and by name what every application is written with.
pub use {http_server, socketserver, wsgi_handlers, wsgi_util};

pub use socketserver::Serve;
pub use wsgi_handlers::{SOFTWARE_VERSION, ServerHandler};
pub use wsgi_util::{AppError, AppResult, Application, Body, Environ, StartResponse};
