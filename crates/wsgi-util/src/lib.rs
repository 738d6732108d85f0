//! The vocabulary of WSGI (PEP 3333) in Rust: `wsgiref.util`, `wsgiref.headers`, `wsgiref.types` and
//! `wsgiref.validate`.
//!
//! An application is a function that is handed the [`Environ`] of a request and a [`StartResponse`], begins the
//! response with the second and returns its [`Body`]:
//!
//! ```
//! use wsgi_util::{AppResult, Environ, StartResponse};
//!
//! fn my_app(environ: &mut Environ, start_response: &mut dyn StartResponse) -> AppResult {
//!     start_response.start("200 OK", [("Content-Type", "text/plain")])?;
//!     Ok("Hello world!\n".into())
//! }
//! # let _: &dyn wsgi_util::Application = &my_app;
//! ```
//!
//! # What is where
//!
//! | wsgiref | here |
//! | --- | --- |
//! | `types.WSGIApplication`, `StartResponse`, `InputStream`, `ErrorStream` | [`Application`], [`StartResponse`], [`InputStream`], [`ErrorStream`] |
//! | `types.WSGIEnvironment` | [`Environ`], [`EnvironSource`] for a server's lazy view, [`native`] for its strings |
//! | the iterable an application returns | [`Body`], [`ResponseIterable`], [`Chunk`] |
//! | `headers.Headers` | [`Headers`], [`HeaderError`] |
//! | `util.FileWrapper` | [`FileWrapper`] |
//! | `util.guess_scheme`, `application_uri`, `request_uri` | [`guess_scheme`], [`application_uri`], [`request_uri`] |
//! | `util.shift_path_info`, `setup_testing_defaults`, `is_hop_by_hop` | [`shift_path_info`], [`setup_testing_defaults`], [`is_hop_by_hop`] |
//! | `validate.validator`, `WSGIWarning` | [`validate`] |
//!
//! # What this crate does not do
//!
//! It opens no sockets, writes no responses and runs no applications: `wsgi-handlers` runs them over any pair of
//! streams, `wsgi-simple-server` serves them over HTTP.
//!
//! # Middleware
//!
//! Middleware is an [`Application`] that holds another one. This one counts the bytes of each response, adds a
//! header to it, and shows the inner application a path without its first segment:
//!
//! ```
//! use wsgi_util::{
//!     AppError, AppResult, Application, Body, Chunk, Environ, Headers, ResponseIterable, StartResponse, shift_path_info,
//! };
//!
//! struct Counted<A> {
//!     app: A,
//! }
//!
//! impl<A: Application> Application for Counted<A> {
//!     fn call(&self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> AppResult {
//!         shift_path_info(environ);
//!         let body = self.app.call(environ, &mut AddHeader { start_response })?;
//!         Ok(Body::iterable(CountedBody { body, bytes: 0 }))
//!     }
//! }
//!
//! struct AddHeader<'s> {
//!     start_response: &'s mut dyn StartResponse,
//! }
//!
//! impl StartResponse for AddHeader<'_> {
//!     fn start_response(&mut self, status: &str, mut headers: Headers, exc_info: Option<AppError>) -> Result<(), AppError> {
//!         headers.set("X-Counted", "yes")?;
//!         self.start_response.start_response(status, headers, exc_info)
//!     }
//!     fn write(&mut self, data: &[u8]) -> Result<(), AppError> {
//!         self.start_response.write(data)
//!     }
//! }
//!
//! struct CountedBody {
//!     body: Body,
//!     bytes: usize,
//! }
//!
//! impl ResponseIterable for CountedBody {
//!     fn next_chunk(&mut self, environ: &mut Environ<'_>, start_response: &mut dyn StartResponse) -> Result<Option<Chunk>, AppError> {
//!         // A generator may begin its response only now, so the wrapper goes along here, too.
//!         let chunk = self.body.next_chunk(environ, &mut AddHeader { start_response })?;
//!         self.bytes += chunk.as_ref().map_or(0, |chunk| chunk.len());
//!         Ok(chunk)
//!     }
//!     fn size_hint(&self) -> Option<usize> {
//!         // The number of pieces stays, so the server can still tell the length of a single one.
//!         self.body.size_hint()
//!     }
//!     fn close(&mut self, environ: &mut Environ<'_>) -> Result<(), AppError> {
//!         writeln!(environ.errors(), "{} bytes", self.bytes)?;
//!         self.body.close(environ)
//!     }
//! }
//! # use std::io::Write;
//! # let _ = Counted { app: |_: &mut Environ, _: &mut dyn StartResponse| -> AppResult { Ok(Body::empty()) } };
//! ```
#![forbid(unsafe_code)]

mod body;
mod environ;
mod file_wrapper;
mod headers;
mod hop_by_hop;
pub mod native;
mod path_info;
mod testing;
mod types;
mod uri;
pub mod validate;

pub use body::{Body, Chunk, IntoChunk, ResponseIterable};
pub use environ::{Environ, EnvironSource, EnvironValue, NotUtf8};
pub use file_wrapper::FileWrapper;
pub use headers::{HeaderError, Headers, HeadersIter};
pub use hop_by_hop::is_hop_by_hop;
pub use path_info::shift_path_info;
pub use testing::setup_testing_defaults;
pub use types::{AppError, AppResult, Application, ErrorStream, InputStream, StartResponse};
pub use uri::{MissingKey, application_uri, guess_scheme, request_uri};
