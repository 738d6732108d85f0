//! CPython's `http.server` in Rust: a handler class with a method for each command, and a server that calls it.
//!
//! ```no_run
//! use http_server::{BaseHttpRequestHandler, Exchange, HttpServer, Serve};
//! use std::io::{self, Write};
//!
//! struct MyHandler;
//!
//! impl BaseHttpRequestHandler for MyHandler {
//!     fn do_get(&self, x: &mut Exchange<'_>) -> io::Result<()> {
//!         x.send_response(200)?;
//!         x.send_header("Content-Type", "text/plain")?;
//!         x.end_headers()?;
//!         x.wfile.write_all(b"Hello world!\n")
//!     }
//! }
//!
//! HttpServer::bind("127.0.0.1:8000", || MyHandler)?.serve_forever()?;
//! # Ok::<(), io::Error>(())
//! ```
//!
//! # One exchange
//!
//! Names, hooks and their order are CPython's. What Python keeps on `self` for the time of one request is an [`Exchange`]
//! here, and every method of it with a Python name goes through the handler, so that an override is seen wherever the
//! method is called from. `super()` is [`Base`].
//!
//! ```text
//!  client            server                      handler (BaseHttpRequestHandler)
//!    │  request head   │
//!    ├────────────────▶│ proto: whole? valid? ──no──▶ send_error(400, ...)   complete, names the rule, closes
//!    │                 │   yes
//!    │                 │ Expect: 100-continue? ─────▶ handle_expect_100
//!    │                 │ dispatch ──────────────────▶ do_get, do_post, ... do_method
//!    │  body           │                                │
//!    ├────────────────▶│ x.rfile ◀──────── read ────────┤  ends where the body ends
//!    │                 │                                ├─ send_response ─▶ log_request ─▶ log_message
//!    │                 │ x.send_*  ◀────────────────────┤      └──▶ send_response_only, send_header × 2
//!    │                 │   head buffered                ├─ send_header
//!    │                 │   framing fixed                ├─ end_headers
//!    │  head and body  │ x.wfile ◀──────── write ───────┤  framed, cut to Content-Length, silent for HEAD
//!    │◀────────────────┤                                │
//!    │                 │ rest of the body dropped ◀─────┘
//!    │  next request   │ ... or the connection closes, politely
//! ```
//!
//! Who runs the handlers is a choice of its own:
//!
//! | | connections | handlers |
//! | --- | --- | --- |
//! | [`HttpServer`] | one after the other, as in CPython | in the thread of `serve_forever` |
//! | [`ThreadingHttpServer`] | each in a thread of its own | in that thread |
//! | [`HttpServer::engine`] | wait without threads | in a bounded crew of threads, as soon as the whole request is there |
//!
//! The first two are servers of `socketserver`, with its hooks and loops; the engine goes around the first, and no client can
//! stall it. [`handle`] serves anything that reads and writes, without any server. The same requests get the same bytes everywhere.
//! [`SimpleHttpRequestHandler`] serves a directory. [`proto`] is what decides about bytes, for drivers of your own.
//!
//! # Keeping connections
//!
//! As in CPython the default protocol is HTTP/1.0: each connection carries one request. With
//! [`protocol_version`](HandlerOptions::protocol_version) `"HTTP/1.1"` connections are kept, responses without
//! Content-Length are chunked, and pipelined requests are answered in order.
//!
//! # HTTPS
//!
//! With the feature `tls` there are `HttpsServer` and `ThreadingHttpsServer`, and every server has `set_tls`, the one on the engine
//! as well. A client that speaks TLS to a plain port, or plain HTTP to one with TLS, is answered 400 with what to do.
//!
//! # What can go wrong
//!
//! - *The client* breaks a rule or a limit, is too slow, or goes away: it gets a complete error page that says why if it
//!   still listens, the log gets a line, and the server goes on.
//! - *The handler* returns an error or panics: 500 if nothing was sent, a visibly cut response otherwise; the server's
//!   `handle_error` reports it, and no other connection notices. (A program built with `panic = "abort"` ends instead.)
//! - *The handler* calls things in the wrong order or with values that would break the response: a
//!   [`Misuse`](proto::Misuse), and nothing of it is sent.
//!
//! Every wait for a client ends ([`Deadlines`]), and so does everything it may send ([`Limits`](proto::Limits)).
//!
//! # Scope
//!
//! This crate does HTTP/1.0 and HTTP/1.1 for handlers in blocking style: `HTTPServer`, `ThreadingHTTPServer`, their HTTPS
//! counterparts, `BaseHTTPRequestHandler` and `SimpleHTTPRequestHandler`; with the feature `cgi`, on Unix,
//! `CGIHTTPRequestHandler`, which CPython has removed. It does not do HTTP/0.9 and HTTP/2, routing, sessions, and
//! WebSockets; it compresses files alone.
#![forbid(unsafe_code)]

mod blocking;
mod body_options;
#[cfg(all(unix, feature = "cgi"))]
mod cgi;
mod client_address;
pub mod conditional;
mod connection;
mod conversation;
pub mod date;
mod deadlines;
mod engine;
mod error_page;
mod exchange;
mod failure;
mod handler;
mod handler_class;
pub mod html;
mod log;
mod options;
mod patience;
pub mod proto;
pub mod repr;
mod server;
mod server_info;
mod simple;
mod spool;
pub mod status;
#[cfg(feature = "tls")]
mod tls;

pub use blocking::handle;
pub use body_options::BodyOptions;
#[cfg(all(unix, feature = "cgi"))]
pub use cgi::{
    CgiHooks, CgiHttpRequestHandler, CgiInfo, CgiOptions, RunAs, executable, nobody_uid,
};
pub use client_address::ClientAddress;
pub use connection::{Connection, Duplex, Pair};
pub use deadlines::Deadlines;
pub use engine::HttpProtocol;
pub use error_page::{DEFAULT_ERROR_CONTENT_TYPE, DEFAULT_ERROR_MESSAGE, error_page};
pub use exchange::{Exchange, RequestBody, ResponseBody};
pub use handler::{Base, BaseHttpRequestHandler};
pub use handler_class::HttpHandlerClass;
pub use options::HandlerOptions;
#[cfg(feature = "tls")]
pub use rustls;
pub use server::{HttpEngine, HttpServer, ThreadingHttpServer, server_options};
pub use server_info::ServerInfo;
pub use simple::{FileObject, SimpleHandlerOptions, SimpleHooks, SimpleHttpRequestHandler};
pub use socketserver;
pub use socketserver::{HandlerError, MinRate, Serve};
#[cfg(feature = "tls")]
pub use tls::{HttpsServer, ThreadingHttpsServer, TlsContext, TlsError, TlsOptions, ToTlsContext};
