//! CPython's `wsgiref.handlers` in Rust: WSGI gateways over any pair of streams, CGI included.
//!
//! A handler is made for one request, runs an application and sends its response. This one works in memory:
//!
//! ```
//! use wsgi_handlers::{Outcome, Run, SimpleHandler};
//! use wsgi_util::{AppResult, Environ, StartResponse};
//!
//! fn my_app(_environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
//!     start_response.start("200 OK", [("Date", "today"), ("Content-Type", "text/plain")])?;
//!     Ok("Hello world!\n".into())
//! }
//!
//! let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
//! let environ = [("REQUEST_METHOD", "GET"), ("SERVER_PROTOCOL", "HTTP/1.0")];
//! let outcome = SimpleHandler::new(std::io::empty(), &mut stdout, &mut stderr, environ).run(&my_app)?;
//!
//! assert_eq!(outcome, Outcome::Complete);
//! assert_eq!(
//!     stdout,
//!     b"HTTP/1.0 200 OK\r\nDate: today\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello world!\n",
//! );
//! # Ok::<(), wsgi_util::AppError>(())
//! ```
//!
//! # One run
//!
//! ```text
//!  setup_environ        add_cgi_vars, get_stdin, get_stderr, get_scheme
//!       │
//!  application(environ, start_response) ──error──┐
//!       │                                        │
//!  finish_response                               ▼
//!    ├─ sendfile, or for each piece: write    handle_error
//!    │     └─ before the first: send_headers     ├─ log_exception
//!    │           ├─ cleanup_headers              └─ nothing sent yet? error_output,
//!    │           └─ write_head ─ send_preamble        then finish_response with it
//!    ├─ finish_content
//!    └─ close
//! ```
//!
//! Every name in it is an override point of [`BaseHandler`], called with CPython's name, in CPython's order;
//! [`inherit_handler`] makes a subclass of a handler, [`Base`] is what `super()` is. What a call of `start_response`
//! or `write` does in which state is the table of [`ResponseState`].
//!
//! A server that has other clients to look after takes a run in steps, a piece of the body each: [`Run::begin`] calls the
//! application, [`Run::step`] goes on, and in between [`RunState::detach`] makes it independent of thread and request.
//!
//! # What is where
//!
//! | wsgiref | here |
//! | --- | --- |
//! | `handlers.BaseHandler` | [`BaseHandler`] (override points), [`Base`] (its own behaviour), [`HandlerOptions`] (class attributes), [`RunState`] and [`Response`] (state), [`Run::run`] |
//! | `handlers.SimpleHandler` | [`SimpleHandler`] |
//! | `handlers.BaseCGIHandler`, `CGIHandler`, `IISCGIHandler` | [`BaseCgiHandler`], [`CgiHandler`], [`IisCgiHandler`] |
//! | `handlers.read_environ`, `format_date_time` | [`read_environ`], [`format_date_time`] |
//! | `simple_server.ServerHandler`, `software_version` | [`ServerHandler`], [`SOFTWARE_VERSION`] |
//!
//! # What this crate does not do
//!
//! It opens no sockets and parses no requests; it knows no chunked coding and keeps no connection, but tells its caller
//! how a response ended ([`Outcome`]), and lets a server send heads in its own way ([`BaseHandler::write_head`]).
//! `wsgi-simple-server` is such a server.
#![forbid(unsafe_code)]

mod base;
mod cgi;
mod date;
mod defaults;
mod error;
mod inherit;
mod input;
mod log;
mod options;
mod read_environ;
mod response;
mod run;
mod server;
mod shared_errors;
mod simple;
mod start;

pub use base::BaseHandler;
pub use cgi::{BaseCgiHandler, CgiHandler, IisCgiHandler};
pub use date::format_date_time;
pub use defaults::Base;
pub use error::{Misuse, Panicked};
pub use input::BoundedInput;
pub use options::HandlerOptions;
pub use read_environ::read_environ;
pub use response::{Response, ResponseState};
pub use run::{Outcome, Run, RunState};
pub use server::{RequestLog, SOFTWARE_VERSION, ServerHandler};
pub use shared_errors::SharedErrors;
pub use simple::SimpleHandler;
/// The vocabulary in which applications are written.
pub use wsgi_util;
