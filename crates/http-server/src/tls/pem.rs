//! Certificates and keys in PEM form (RFC 7468), and what else may be in their files.

use super::TlsError;
use super::error::Found;
use pkcs8::{EncryptedPrivateKeyInfo, SecretDocument};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// Where a certificate or a key comes from.
#[derive(Clone)]
pub(super) enum Source {
    File { what: &'static str, file: PathBuf },
    Text(Vec<u8>),
}

impl Source {
    pub(super) fn read(&self) -> Result<Vec<u8>, TlsError> {
        match self {
            Self::File { what, file } => fs::read(file).map_err(|error| TlsError::Unreadable {
                what,
                file: file.clone(),
                error,
            }),
            Self::Text(text) => Ok(text.clone()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, .. } => file.display().fmt(f),
            Self::Text(_) => f.write_str("the text given"),
        }
    }
}

/// Reads all certificates, in order.
pub(super) fn certificates(
    text: &[u8],
    source: &Source,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| damaged_pem(source, &error))?;
    if certificates.is_empty() {
        let found = found(text);
        return Err(TlsError::NoCertificate { source_name: source.to_string(), found });
    }
    Ok(certificates)
}

/// Reads the first private key, with the password if it needs one.
pub(super) fn private_key(
    text: &[u8],
    source: &Source,
    password: Option<&[u8]>,
) -> Result<PrivateKeyDer<'static>, TlsError> {
    let source_name = || source.to_string();
    if let Some(block) = block(text, "ENCRYPTED PRIVATE KEY") {
        let (_, document) =
            SecretDocument::from_pem(block).map_err(|error| damaged(source, &error))?;
        let Some(password) = password else {
            return Err(TlsError::PasswordNeeded { source_name: source_name() });
        };
        return decrypt(&document, source, password);
    }
    if contains(text, "Proc-Type: 4,ENCRYPTED") {
        let how = "as Proc-Type says".to_owned();
        return Err(TlsError::OldEncryption { source_name: source_name(), how });
    }
    match PrivateKeyDer::from_pem_slice(text) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => {
            let found = match found(text) {
                Found::OtherPem if block_exists(text, "CERTIFICATE") => Found::CertificateOnly,
                found => found,
            };
            Err(TlsError::NoKey { source_name: source_name(), found })
        }
        Err(error) => Err(damaged_pem(source, &error)),
    }
}

fn decrypt(
    document: &SecretDocument,
    source: &Source,
    password: &[u8],
) -> Result<PrivateKeyDer<'static>, TlsError> {
    let source_name = source.to_string();
    let encrypted = match EncryptedPrivateKeyInfo::try_from(document.as_bytes()) {
        Ok(encrypted) => encrypted,
        // Its form is right, as far as PEM knows, so it is the cipher that is not known.
        Err(error) => {
            return Err(TlsError::OldEncryption { source_name, how: error.to_string() });
        }
    };
    let decrypted = encrypted.decrypt(password).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(
            error @ (pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
            | pkcs8::pkcs5::Error::NoPbes1CryptSupport
            | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. }),
        ) => TlsError::OldEncryption { source_name, how: error.to_string() },
        _ => TlsError::WrongPassword { source_name },
    })?;
    Ok(PrivatePkcs8KeyDer::from(decrypted.as_bytes().to_vec()).into())
}

/// In words, where those of the parser are numbers of bytes.
fn damaged_pem(source: &Source, error: &pem::Error) -> TlsError {
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            let label = String::from_utf8_lossy(end_marker);
            damaged(source, &format!("there is no -----END {label}-----; is it cut off?"))
        }
        pem::Error::IllegalSectionStart { line } => {
            let line = String::from_utf8_lossy(line);
            damaged(source, &format!("{:?} begins nothing", line.trim_end()))
        }
        error => damaged(source, error),
    }
}

fn damaged(source: &Source, error: &dyn fmt::Display) -> TlsError {
    TlsError::Damaged { source_name: source.to_string(), reason: error.to_string() }
}

/// What is in a file that has not what was looked for.
fn found(text: &[u8]) -> Found {
    if text.trim_ascii().is_empty() {
        Found::Nothing
    } else if text.starts_with(&[0x30]) && !contains(text, "-----BEGIN") {
        // The tag of a SEQUENCE, with which certificates and keys begin.
        Found::Der
    } else if !contains(text, "-----BEGIN") {
        Found::NoPem
    } else if is_displaced(text) {
        Found::Displaced
    } else if contains(text, "PRIVATE KEY-----") {
        Found::KeyOnly
    } else {
        Found::OtherPem
    }
}

/// Such a line begins nothing for the parser.
fn is_displaced(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| matches!(byte, b'\r' | b'\n'));
    lines.any(|line| !line.starts_with(b"-----BEGIN") && contains(line, "-----BEGIN"))
}

fn contains(text: &[u8], words: &str) -> bool {
    text.windows(words.len()).any(|window| window == words.as_bytes())
}

fn block_exists(text: &[u8], label: &str) -> bool {
    contains(text, &format!("-----BEGIN {label}-----"))
}

/// The block of this label, with its first and last line.
fn block<'t>(text: &'t [u8], label: &str) -> Option<&'t str> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let position = |from: usize, words: &str| {
        let rest = text.get(from..)?;
        let at = rest.windows(words.len()).position(|window| window == words.as_bytes())?;
        Some(from + at)
    };
    let start = position(0, &begin)?;
    let last = position(start, &end)?;
    std::str::from_utf8(text.get(start..last + end.len())?).ok()
}
