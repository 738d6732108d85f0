//! HTTPS, with certificates from files and with one that was made.

use crate::running::{Running, finished, http_get};
use http_server::rustls::client::WebPkiServerVerifier;
use http_server::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use http_server::rustls::crypto::ring;
use http_server::rustls::pki_types::pem::PemObject;
use http_server::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use http_server::rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    StreamOwned,
};
use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../http-server/tests/tls/data");

fn data(name: &str) -> String {
    format!("{DATA}/{name}")
}

/// The answer of a server that is known by this name, and whose certificate is trusted.
pub(crate) fn https_get(port: u16, name: &str, trust: Trust) -> io::Result<String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match trust {
        Trust::File(file) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::Fingerprint(fingerprint) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned { fingerprint }))
            .with_no_client_auth(),
    };
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(("127.0.0.1", port))?);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")?;
    io::read_to_string(stream)
}

pub(crate) enum Trust {
    File(String),
    Fingerprint(String),
}

/// Trusts a certificate by its fingerprint, as a person does who compares it; its names have to be right, too.
#[derive(Debug)]
struct Pinned {
    fingerprint: String,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let hash = ::ring::digest::digest(&::ring::digest::SHA256, certificate);
        let hash: Vec<String> = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        if hash.join(":") != self.fingerprint {
            return Err(Error::General("another certificate".into()));
        }
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone().into_owned())?;
        let provider = Arc::new(ring::default_provider());
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap()
            .verify_server_cert(certificate, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.3 is expected".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        http_server::rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

#[test]
fn it_serves_https_with_a_certificate_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    fs::write(&password, " secret\n").unwrap();
    let password = password.to_str().unwrap();
    let (cert, key, both) = (data("cert.pem"), data("key.pem"), data("both.pem"));
    let encrypted = data("key-aes.pem");
    for arguments in [
        &["--tls-cert", &cert, "--tls-key", &key][..],
        &["--tls-cert", &both],
        &["--tls-cert", &cert, "--tls-key", &encrypted, "--tls-password-file", password],
    ] {
        let mut server = Running::start(&[&["--port", "0"], arguments].concat());
        let port = server.port;
        assert_eq!(
            server.start_line,
            format!("Serving HTTPS on 127.0.0.1 port {port} (https://127.0.0.1:{port}/) ...")
        );
        let response = https_get(port, "localhost", Trust::File(cert.clone())).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
        assert!(response.contains("\nHTTPS = 'on'\n"), "{response}");
        assert!(response.contains("\nwsgi.url_scheme = 'https'\n"), "{response}");
        assert!(server.stderr.next_line().contains("\"GET / HTTP/1.1\" 200 "));
        let ended = server.stop("TERM");
        assert_eq!((ended.status, &*ended.stderr), (Some(0), ""));
    }
}

#[test]
fn it_makes_a_certificate_for_development() {
    let mut server = Running::start(&["--port", "0", "--tls-self-signed"]);
    assert_eq!(
        server.stdout.next_line(),
        "The certificate is for development only. Its SHA-256 fingerprint is"
    );
    let fingerprint = server.stdout.next_line();
    for name in ["localhost", "127.0.0.1", "::1"] {
        let response = https_get(server.port, name, Trust::Fingerprint(fingerprint.clone()));
        assert!(response.unwrap().starts_with("HTTP/1.1 200 OK\r\n"), "{name}");
    }
    let (first, rest) = fingerprint.split_at(1);
    let other = format!("{}{rest}", if first == "0" { "1" } else { "0" });
    https_get(server.port, "localhost", Trust::Fingerprint(other)).unwrap_err();
    https_get(server.port, "example.org", Trust::Fingerprint(fingerprint)).unwrap_err();
}

#[test]
fn plain_http_is_told_so_and_tls_on_a_plain_port() {
    let server = Running::start(&["--port", "0", "--tls-self-signed"]);
    let answer = http_get(("127.0.0.1", server.port), "/", &[]);
    assert!(answer.starts_with("HTTP/1.1 400 Plain HTTP on a TLS port\r\n"), "{answer}");

    let mut server = Running::start(&["--port", "0"]);
    https_get(server.port, "localhost", Trust::File(data("cert.pem"))).unwrap_err();
    let log = server.stderr.next_line();
    assert!(log.ends_with("code 400, message TLS on a plain HTTP port"), "{log}");
}

#[test]
fn what_is_wrong_with_the_files_is_one_line_and_status_1() {
    let (cert, key) = (data("cert.pem"), data("key.pem"));
    let (other, encrypted) = (data("other-key.pem"), data("key-aes.pem"));
    let no = data("no.pem");
    for (arguments, words) in [
        (
            &["--tls-cert", &*no][..],
            format!("cannot read the certificate file {no}: No such file or directory"),
        ),
        (
            &["--tls-cert", &cert],
            format!(
                "there is no private key in {cert}: there is only a certificate; name the file with the key, too"
            ),
        ),
        (
            &["--tls-cert", &key, "--tls-key", &cert],
            format!(
                "there is no certificate in {key}: there is only a private key; are the two files swapped?"
            ),
        ),
        (
            &["--tls-cert", &cert, "--tls-key", &other],
            format!("the private key in {other} is not that of the (first) certificate in {cert}"),
        ),
        (
            &["--tls-cert", &cert, "--tls-key", &encrypted],
            format!(
                "the private key in {encrypted} is encrypted: a password is needed; name its file with --tls-password-file"
            ),
        ),
        (
            &["--tls-cert", &cert, "--tls-key", &encrypted, "--tls-password-file", &no],
            format!("Failed to read TLS password file: {no}: No such file or directory"),
        ),
        (
            &["--tls-cert", &cert, "--tls-key", &encrypted, "--tls-password-file", &cert],
            format!("the password is not that of the private key in {encrypted}"),
        ),
    ] {
        let ended = finished(&[&["--port", "0"], arguments].concat());
        assert_eq!(ended.status, Some(1), "{arguments:?}");
        assert_eq!(ended.stderr, format!("error: {words}\n"));
        assert_eq!(ended.stdout, "");
    }
}
