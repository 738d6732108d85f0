//! CPython's `http.server` in Rust.
#![forbid(unsafe_code)]

mod exchange;
mod handler;
mod options;
pub mod proto;

pub use exchange::{Exchange, RequestBody, ResponseBody};
pub use handler::{Base, BaseHttpRequestHandler};
pub use options::HandlerOptions;
