//! CPython's `http.server` in Rust.
#![forbid(unsafe_code)]

mod blocking;
mod client_address;
mod connection;
pub mod date;
mod deadlines;
mod error_page;
mod exchange;
mod failure;
mod handler;
pub mod html;
mod log;
mod options;
pub mod proto;
pub mod repr;
mod server;
mod server_info;
mod simple;
pub mod status;

pub use blocking::handle;
pub use client_address::ClientAddress;
pub use connection::{Connection, Duplex, Pair};
pub use deadlines::{Deadlines, MinRate};
pub use error_page::{DEFAULT_ERROR_CONTENT_TYPE, DEFAULT_ERROR_MESSAGE, error_page};
pub use exchange::{Exchange, RequestBody, ResponseBody};
pub use handler::{Base, BaseHttpRequestHandler};
pub use options::HandlerOptions;
pub use server::{HttpHandlerClass, HttpServer, ThreadingHttpServer, server_options};
pub use server_info::ServerInfo;
pub use simple::{FileObject, SimpleHandlerOptions, SimpleHooks, SimpleHttpRequestHandler};
pub use socketserver::{HandlerError, Serve};
