//! The arguments of `HTTPSServer`.

use super::pem::{self, Source};
use super::{TlsContext, TlsError};
use rustls::ServerConfig;
use rustls::crypto::ring;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Which certificate and key a server has: the arguments `certfile`, `keyfile`, `password` and `alpn_protocols` of
/// `http.server.HTTPSServer`.
///
/// TLS 1.2 and 1.3 are spoken, with the ciphers that `rustls` has on by default. Clients are not asked for certificates; a
/// [`TlsContext`] made of a `rustls::ServerConfig` can do that and more.
///
/// # Examples
///
/// ```no_run
/// use http_server::{BaseHttpRequestHandler, HttpsServer, Serve, TlsOptions};
///
/// struct MyHandler;
/// impl BaseHttpRequestHandler for MyHandler {}
///
/// let options = TlsOptions::new("cert.pem").keyfile("key.pem").password("secret");
/// HttpsServer::bind("127.0.0.1:8443", || MyHandler, options)?.serve_forever()?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct TlsOptions {
    certificate: Source,
    key: Option<Source>,
    password: Option<Vec<u8>>,
    alpn_protocols: Vec<Vec<u8>>,
}

impl TlsOptions {
    /// Takes the certificate from a file in PEM form, with those between it and the authority's behind it, and the private
    /// key from the same file unless [`keyfile`](Self::keyfile) names another.
    #[must_use]
    #[doc(alias = "certfile")]
    pub fn new(certfile: impl Into<PathBuf>) -> Self {
        Self::of(Source::File { what: "certificate", file: certfile.into() })
    }

    /// The same with what such a file would hold: for certificates that are in no file.
    ///
    /// # Examples
    ///
    /// ```
    /// use http_server::TlsOptions;
    ///
    /// let error = TlsOptions::from_pem("my certificate").load().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "there is no certificate in the text given: nothing in it begins with -----BEGIN"
    /// );
    /// ```
    #[must_use]
    pub fn from_pem(certificate_and_key: impl Into<Vec<u8>>) -> Self {
        Self::of(Source::Text(certificate_and_key.into()))
    }

    fn of(certificate: Source) -> Self {
        Self { certificate, key: None, password: None, alpn_protocols: vec![b"http/1.1".to_vec()] }
    }

    /// Takes the private key from this file.
    #[must_use]
    pub fn keyfile(mut self, keyfile: impl Into<PathBuf>) -> Self {
        self.key = Some(Source::File { what: "key", file: keyfile.into() });
        self
    }

    /// Decrypts the private key with this password; it is not looked at if the key has none.
    #[must_use]
    pub fn password(mut self, password: impl Into<Vec<u8>>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Names the application protocols that clients are offered (RFC 7301): `http/1.1` by default, and no other is spoken
    /// here. A client that asks for others only is refused; who asks for none is served.
    #[must_use]
    pub fn alpn_protocols<N: Into<Vec<u8>>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.alpn_protocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// Reads the files and checks that all fits together.
    ///
    /// # Errors
    ///
    /// One [`TlsError`] for each thing that can be wrong with them.
    pub fn load(&self) -> Result<TlsContext, TlsError> {
        if self.alpn_protocols.iter().any(|name| !(1..=255).contains(&name.len())) {
            return Err(TlsError::BadProtocolName);
        }
        let text = self.certificate.read()?;
        let certificates = pem::certificates(&text, &self.certificate)?;
        let (key_text, key_source) = match &self.key {
            Some(source) => (&source.read()?, source),
            None => (&text, &self.certificate),
        };
        let key = pem::private_key(key_text, key_source, self.password.as_deref())?;
        // A key that fits no certificate would look like that; which of the two is at fault is seen here.
        ring::sign::any_supported_type(&key)
            .map_err(|_| TlsError::UnsupportedKey { source_name: key_source.to_string() })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => TlsError::Mismatch {
                    certificate: self.certificate.to_string(),
                    key: key_source.to_string(),
                },
                rustls::Error::InvalidCertificate(reason) => TlsError::Damaged {
                    source_name: self.certificate.to_string(),
                    reason: format!("its certificate cannot be read ({reason:?})"),
                },
                error => error.into(),
            })?;
        config.alpn_protocols.clone_from(&self.alpn_protocols);
        Ok(config.into())
    }
}

/// The password stays secret.
impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions")
            .field("certificate", &self.certificate.to_string())
            .field("key", &self.key.as_ref().map(Source::to_string))
            .field("password", &self.password.as_ref().map(|_| ".."))
            .finish_non_exhaustive()
    }
}
