//! The vocabulary of WSGI (PEP 3333) in Rust.
#![forbid(unsafe_code)]

mod environ;
mod headers;
mod types;

pub use environ::{Environ, EnvironSource};
pub use headers::Headers;
pub use types::{AppError, AppResult, Application, Body, Chunk, InputStream, ResponseIterable, StartResponse};
