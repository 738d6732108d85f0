//! What can be wrong with a certificate and its key.

use std::io;
use std::path::PathBuf;

/// Why there can be no TLS with these files: each says which one, and the way out.
///
/// As an [`io::Error`] it is what the server's constructors return.
///
/// # Examples
///
/// ```
/// use http_server::{TlsError, TlsOptions};
///
/// let error = TlsOptions::new("no/such/cert.pem").load().unwrap_err();
/// assert!(matches!(error, TlsError::Unreadable { .. }));
/// assert!(error.to_string().starts_with("cannot read the certificate file no/such/cert.pem: "));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read the {what} file {}: {error}", file.display())]
    Unreadable {
        /// `certificate` or `key`.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// There is no certificate in the file.
    #[error("there is no certificate in {source_name}: {found}")]
    NoCertificate {
        /// The file.
        source_name: String,
        /// What is in it instead.
        found: Found,
    },
    /// There is no private key in the file.
    #[error("there is no private key in {source_name}: {found}")]
    NoKey {
        /// The file.
        source_name: String,
        /// What is in it instead.
        found: Found,
    },
    /// Something in a file begins like a certificate or a key, and is none.
    #[error("{source_name} is damaged: {reason}")]
    Damaged {
        /// The file.
        source_name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The private key has a password, and none was given.
    #[error("the private key in {source_name} is encrypted: a password is needed")]
    PasswordNeeded {
        /// The file.
        source_name: String,
    },
    /// The password is not that of the private key.
    #[error("the password is not that of the private key in {source_name}")]
    WrongPassword {
        /// The file.
        source_name: String,
    },
    /// The private key is encrypted in a way that is not supported, such as the traditional one of OpenSSL.
    #[error(
        "the private key in {source_name} is encrypted in an old way ({how}); convert it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in OLD -out NEW"
    )]
    OldEncryption {
        /// The file.
        source_name: String,
        /// How it is encrypted.
        how: String,
    },
    /// The key is of a kind that is not supported.
    #[error(
        "the private key in {source_name} cannot be used: take one of RSA (2048 bits or more), ECDSA (P-256, P-384) or Ed25519"
    )]
    UnsupportedKey {
        /// The file.
        source_name: String,
    },
    /// The key is not that of the certificate.
    #[error("the private key in {key} is not that of the (first) certificate in {certificate}")]
    Mismatch {
        /// The file with the certificate.
        certificate: String,
        /// The file with the key.
        key: String,
    },
    /// The name of an application protocol is empty, or longer than 255 bytes.
    #[error("the name of an application protocol (ALPN) has from 1 to 255 bytes")]
    BadProtocolName,
    /// Anything else that `rustls` objects to.
    #[error("cannot use the certificate: {0}")]
    Refused(#[from] rustls::Error),
}

/// What is in a file instead of what was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Found {
    /// Nothing at all.
    #[error("it is empty")]
    Nothing,
    /// A certificate or key in DER form.
    #[error(
        "it looks like DER, and has to be PEM; convert it with: openssl x509 (or pkey) -inform DER -in OLD -out NEW"
    )]
    Der,
    /// A private key only.
    #[error("there is only a private key; are the two files swapped?")]
    KeyOnly,
    /// A certificate only.
    #[error("there is only a certificate; name the file with the key, too")]
    CertificateOnly,
    /// No PEM.
    #[error("nothing in it begins with -----BEGIN")]
    NoPem,
    /// Something stands before a line that begins PEM.
    #[error(
        "something stands before -----BEGIN in its line: take it away (a byte order mark, spaces)"
    )]
    Displaced,
    /// PEM of something else.
    #[error("what it has is of another kind")]
    OtherPem,
}

impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        let kind = match &error {
            TlsError::Unreadable { error, .. } => error.kind(),
            TlsError::BadProtocolName => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
