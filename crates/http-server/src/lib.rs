//! CPython's `http.server` in Rust.
#![forbid(unsafe_code)]

pub mod date;
mod error_page;
mod exchange;
mod handler;
pub mod html;
mod options;
pub mod proto;
pub mod repr;
pub mod status;

pub use error_page::{DEFAULT_ERROR_CONTENT_TYPE, DEFAULT_ERROR_MESSAGE, error_page};
pub use exchange::{Exchange, RequestBody, ResponseBody};
pub use handler::{Base, BaseHttpRequestHandler};
pub use options::HandlerOptions;
