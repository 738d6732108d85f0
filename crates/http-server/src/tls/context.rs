//! What connections are begun with.

use super::{TlsError, TlsOptions};
use rustls::ServerConfig;
use std::fmt;
use std::sync::Arc;

/// Certificate, key and settings, loaded and checked: what Python's `ssl.SSLContext` is to a server.
///
/// [`TlsOptions::load`] makes one. A [`rustls::ServerConfig`] is one, too, with whatever it can do: client certificates, several
/// certificates by host name. Cheap to clone.
///
/// # Examples
///
/// A server that gets a new certificate while it runs: connections that begin later have it.
///
/// ```no_run
/// use http_server::{BaseHttpRequestHandler, HttpServer, TlsOptions};
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {}
///
/// let server = HttpServer::bind("127.0.0.1:8443", || MyHandler)?;
/// let options = TlsOptions::new("cert.pem").keyfile("key.pem");
/// server.set_tls(&options)?;
/// // ... weeks later, in another thread ...
/// server.set_tls(&options)?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct TlsContext(Arc<ServerConfig>);

impl TlsContext {
    /// The settings as `rustls` has them.
    #[must_use]
    pub fn config(&self) -> &Arc<ServerConfig> {
        &self.0
    }
}

impl From<Arc<ServerConfig>> for TlsContext {
    fn from(config: Arc<ServerConfig>) -> Self {
        Self(config)
    }
}

impl From<ServerConfig> for TlsContext {
    fn from(config: ServerConfig) -> Self {
        Self(Arc::new(config))
    }
}

impl fmt::Debug for TlsContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocols: Vec<_> =
            self.0.alpn_protocols.iter().map(|name| String::from_utf8_lossy(name)).collect();
        f.debug_struct("TlsContext").field("alpn_protocols", &protocols).finish_non_exhaustive()
    }
}

/// What a server takes for its TLS: [`TlsOptions`], which are loaded then, or what is loaded already.
///
/// # Examples
///
/// ```
/// use http_server::{ToTlsContext, TlsError, TlsOptions};
///
/// let error = TlsOptions::new("no/such/cert.pem").to_tls_context().unwrap_err();
/// assert!(matches!(error, TlsError::Unreadable { .. }));
/// ```
pub trait ToTlsContext {
    /// Loads what is not loaded yet.
    ///
    /// # Errors
    ///
    /// Those of [`TlsOptions::load`].
    fn to_tls_context(&self) -> Result<TlsContext, TlsError>;
}

impl ToTlsContext for TlsOptions {
    fn to_tls_context(&self) -> Result<TlsContext, TlsError> {
        self.load()
    }
}

impl ToTlsContext for TlsContext {
    fn to_tls_context(&self) -> Result<TlsContext, TlsError> {
        Ok(self.clone())
    }
}

impl ToTlsContext for Arc<ServerConfig> {
    fn to_tls_context(&self) -> Result<TlsContext, TlsError> {
        Ok(Arc::clone(self).into())
    }
}

impl<T: ToTlsContext + ?Sized> ToTlsContext for &T {
    fn to_tls_context(&self) -> Result<TlsContext, TlsError> {
        (**self).to_tls_context()
    }
}
