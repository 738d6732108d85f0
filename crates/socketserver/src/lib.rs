//! CPython's `socketserver` in Rust: servers whose every step is a hook.
//!
//! A server takes one request after the other and gives each to a handler. Which steps that has,
//! and in which order, is what this module has been in Python since 1995, and every step can be
//! overridden:
//!
//! ```text
//!  serve_forever                              handle_request
//!     | each turn, at most poll_interval         | once, at most timeout ---> handle_timeout
//!     v                                          v
//!  get_request ------- fails -------> get_request_failed, pause
//!     v
//!  verify_request ---- false -----------------------------------+
//!     v                                                         |
//!  process_request           ThreadingMixIn: in a thread        |
//!     |                      ForkingMixIn: in a child process   |
//!     +-> finish_request                                        |
//!     |      +-> the handler: setup, handle, finish             |
//!     +-> handle_error, if that failed                          |
//!     v                                                         v
//!  shutdown_request -----------> close_request ---> service_actions (serve_forever only)
//! ```
//!
//! - A **server** is a [`Server`] on one of four transports: [`TcpServer`], [`UdpServer`],
//!   `UnixStreamServer`, `UnixDatagramServer`. A server of your own is a newtype around one
//!   of them that implements [`BaseServer`]: it says what it is built on and overrides a hook or
//!   two.
//! - A **mix-in** goes around a server and gives each request a thread ([`ThreadingMixIn`]) or a
//!   process (`ForkingMixIn`, on Unix). The ready-made combinations have Python's names:
//!   [`ThreadingTcpServer`], `ForkingUnixStreamServer` and so on.
//! - A **handler** implements [`StreamRequestHandler`] (files on a connection),
//!   [`DatagramRequestHandler`] (files in memory) or [`BaseRequestHandler`] (the request as it
//!   is). The server gets a factory, which makes one handler for each request.
//! - An **engine** ([`engine::Engine`]) goes around a server too, and gives connections no thread while they wait: a
//!   [`Protocol`](engine::Protocol) takes the place of the handler, and no client can stall it. CPython has no such
//!   thing.
//! - The **loops**, [`serve_forever`](Serve::serve_forever) and
//!   [`handle_request`](Serve::handle_request), come with [`Serve`]. A [`ShutdownHandle`] ends
//!   them from any thread, within milliseconds.
//!
//! # Example
//!
//! ```
//! use socketserver::{Serve, StreamRequest, StreamRequestHandler, ThreadingTcpServer};
//! use std::io::{self, BufRead, Read, Write};
//! use std::net::TcpStream;
//!
//! struct MyHandler;
//!
//! impl StreamRequestHandler for MyHandler {
//!     fn handle(&mut self, x: &mut StreamRequest<'_>) -> io::Result<()> {
//!         let mut line = String::new();
//!         x.rfile.read_line(&mut line)?;
//!         x.wfile.write_all(line.to_uppercase().as_bytes())
//!     }
//! }
//!
//! let server = ThreadingTcpServer::bind("127.0.0.1:0", || MyHandler)?;
//!
//! std::thread::scope(|scope| {
//!     scope.spawn(|| server.serve_forever());
//!
//!     let mut client = TcpStream::connect(server.server_address())?;
//!     client.write_all(b"hello\n")?;
//!     let mut answer = String::new();
//!     client.read_to_string(&mut answer)?;
//!     assert_eq!(answer, "HELLO\n");
//!
//!     server.shutdown();
//!     io::Result::Ok(())
//! })?;
//! # io::Result::Ok(())
//! ```
//!
//! # Scope
//!
//! What this crate does:
//!
//! - every class, hook and class attribute of CPython's module, in its order of calls, with its
//!   defaults; an override of a hook is seen wherever the server calls that hook;
//! - IPv4, IPv6 and both at once, the family taken from the address; no name resolution except
//!   for host names;
//! - loops that no failing `accept`, panicking handler or vanished client ends, and that wait
//!   without polling.
//!
//! What it leaves to others:
//!
//! - protocols: HTTP is in the crate `http-server`;
//! - encryption: a [`RequestHandlerClass`] may wrap the connection, a [`Transport`] of your own may
//!   make other connections;
//! - limits on the threads and connections of the mix-ins: [`ThreadingMixIn`] starts a thread for each request, as in
//!   CPython; the engine has such limits;
//! - interrupts: Rust has no `KeyboardInterrupt`, so a program that wants to end on Ctrl-C gives a
//!   [`ShutdownHandle`] to its signal thread.

#![deny(unsafe_code)]

#[macro_use]
mod setters;

mod address;
mod attendance;
mod backoff;
mod base_server;
mod control;
mod datagram_request_handler;
pub mod engine;
mod error;
mod error_report;
#[cfg(unix)]
mod fork;
#[cfg(unix)]
mod forking;
mod inet;
mod lock;
mod min_rate;
mod mixin;
mod options;
mod presence;
mod request_handler;
mod server;
mod server_info;
mod stream_request_handler;
mod tcp;
mod term;
mod threading;
mod transport;
mod udp;
#[cfg(unix)]
mod unix;
mod wakeup;

pub use address::ToServerAddress;
pub use attendance::{Attendance, Heed};
pub use backoff::is_exhaustion;
pub use base_server::{AddressOf, BaseServer, RequestOf, Serve};
pub use control::ShutdownHandle;
pub use datagram_request_handler::{DatagramRequest, DatagramRequestHandler};
pub use error::Misuse;
pub use error_report::error_report;
pub use min_rate::MinRate;
pub use options::ServerOptions;
pub use presence::Presence;
pub use request_handler::{
    BaseRequest, BaseRequestHandler, Handler, HandlerError, HandlerPanic, Raw, RequestHandlerClass,
};
pub use server::Server;
pub use server_info::ServerInfo;
pub use stream_request_handler::{
    StreamOptions, StreamReader, StreamRequest, StreamRequestHandler, StreamWriter,
};
pub use tcp::{Tcp, TcpServer};
pub use term::Turn;
pub use threading::{ThreadingMixIn, ThreadingOptions, ThreadingTcpServer, ThreadingUdpServer};
pub use transport::{
    Connection, Datagram, DatagramTransport, Packet, Stream, StreamTransport, Transport,
};
pub use udp::{Udp, UdpServer};

#[cfg(unix)]
pub use forking::{
    ForkingMixIn, ForkingOptions, ForkingTcpServer, ForkingUdpServer, ForkingUnixDatagramServer,
    ForkingUnixStreamServer,
};
#[cfg(unix)]
pub use threading::{ThreadingUnixDatagramServer, ThreadingUnixStreamServer};
#[cfg(unix)]
pub use unix::{UnixDatagramServer, UnixDatagramTransport, UnixStreamServer, UnixStreamTransport};

/// The socket options of [`Server::socket`] are set with its `SockRef`.
pub use socket2;
