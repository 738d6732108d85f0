//! HTTPS: feature `tls`.
//!
//! - `options`, `context`, `pem`: from certificate and key to what connections are begun with
//! - `error`: what can be wrong with them
//! - `layer`: TLS as a layer of the engine, and of
//! - `stream`: TLS over a connection that blocks
//! - `server`: `HTTPSServer`, `ThreadingHTTPSServer`

mod context;
mod error;
mod layer;
mod options;
mod pem;
mod server;
mod stream;

pub use context::{TlsContext, ToTlsContext};
pub use error::TlsError;
pub(crate) use layer::{TlsLayer, begins_tls};
pub use options::TlsOptions;
pub use server::{HttpsServer, ThreadingHttpsServer};
pub(crate) use stream::TlsStream;
