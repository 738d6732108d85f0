//! Certificates and keys, and each way in which they can be wrong.

use crate::support::data;
use http_server::{TlsError, TlsOptions};
use std::fs;
use std::io;

#[track_caller]
fn error(options: &TlsOptions) -> String {
    let error = options.load().unwrap_err();
    let words = error.to_string();
    let folder = format!("{}/", data("").display().to_string().trim_end_matches('/'));
    assert!(!io::Error::from(error).to_string().is_empty());
    words.replace(&folder, "")
}

fn cert() -> TlsOptions {
    TlsOptions::new(data("cert.pem"))
}

#[test]
fn the_key_may_be_in_a_file_of_its_own_or_behind_the_certificate() {
    cert().keyfile(data("key.pem")).load().unwrap();
    TlsOptions::new(data("both.pem")).load().unwrap();
    TlsOptions::from_pem(fs::read(data("both.pem")).unwrap()).load().unwrap();
}

#[test]
fn http_1_1_is_offered_by_default() {
    let options = cert().keyfile(data("key.pem"));
    assert_eq!(options.load().unwrap().config().alpn_protocols, [b"http/1.1"]);
    let names = options.clone().alpn_protocols(["http/1.0", "http/1.1"]).load().unwrap();
    assert_eq!(names.config().alpn_protocols, [b"http/1.0", b"http/1.1"]);
    let none = options.clone().alpn_protocols([""; 0]).load().unwrap();
    assert!(none.config().alpn_protocols.is_empty());
    for bad in [String::new(), "x".repeat(256)] {
        let words = error(&options.clone().alpn_protocols([bad]));
        assert_eq!(words, "the name of an application protocol (ALPN) has from 1 to 255 bytes");
    }
}

#[test]
fn a_key_with_a_password_needs_it() {
    for file in ["key-aes.pem", "key-scrypt.pem"] {
        let options = cert().keyfile(data(file));
        assert_eq!(
            error(&options),
            format!("the private key in {file} is encrypted: a password is needed")
        );
        options.clone().password("secret").load().unwrap();
        for wrong in ["", "Secret", "secret "] {
            assert_eq!(
                error(&options.clone().password(wrong)),
                format!("the password is not that of the private key in {file}")
            );
        }
    }
    // As in CPython, one for a key that has none is not looked at.
    cert().keyfile(data("key.pem")).password("secret").load().unwrap();
}

#[test]
fn an_old_encryption_is_refused_with_the_way_out() {
    for file in ["key-des3.pem", "key-pbes1.pem", "key-traditional.pem"] {
        let words = error(&cert().keyfile(data(file)).password("secret"));
        let begin = format!("the private key in {file} is encrypted in an old way (");
        assert!(words.starts_with(&begin), "{words}");
        assert!(words.contains("); convert it with: openssl pkcs8 -topk8 "), "{words}");
    }
}

#[test]
fn what_is_in_a_file_instead_is_said() {
    for (options, words) in [
        (
            TlsOptions::new(data("key.pem")),
            "there is no certificate in key.pem: there is only a private key; are the two files swapped?",
        ),
        (
            TlsOptions::new(data("cert.der")),
            "there is no certificate in cert.der: it looks like DER, and has to be PEM; \
             convert it with: openssl x509 (or pkey) -inform DER -in OLD -out NEW",
        ),
        (
            TlsOptions::new(data("README.md")),
            "there is no certificate in README.md: nothing in it begins with -----BEGIN",
        ),
        (TlsOptions::from_pem(" \n"), "there is no certificate in the text given: it is empty"),
        (
            TlsOptions::from_pem("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"),
            "there is no certificate in the text given: what it has is of another kind",
        ),
        (
            cert(),
            "there is no private key in cert.pem: there is only a certificate; name the file with the key, too",
        ),
        (
            cert().keyfile(data("key.der")),
            "there is no private key in key.der: it looks like DER, and has to be PEM; \
             convert it with: openssl x509 (or pkey) -inform DER -in OLD -out NEW",
        ),
        (
            cert().keyfile(data("other-key.pem")),
            "the private key in other-key.pem is not that of the (first) certificate in cert.pem",
        ),
        (
            cert().keyfile(data("key-p521.pem")),
            "the private key in key-p521.pem cannot be used: take one of RSA (2048 bits or more), \
             ECDSA (P-256, P-384) or Ed25519",
        ),
    ] {
        assert_eq!(error(&options), words);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for (options, begin) in [
        (TlsOptions::new(data("no.pem")), "cannot read the certificate file no.pem: "),
        (cert().keyfile(data("no-key.pem")), "cannot read the key file no-key.pem: "),
    ] {
        assert!(error(&options).starts_with(begin), "{}", error(&options));
        let error = io::Error::from(options.load().unwrap_err());
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}

#[test]
fn damaged_files_are_called_so() {
    let text = fs::read_to_string(data("both.pem")).unwrap();
    let (key, certificate) = text.split_once("-----BEGIN CERTIFICATE-----\n").unwrap();
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let half = &certificate[..100];
    let encrypted = fs::read_to_string(data("key-aes.pem")).unwrap().replace('M', "!");
    for text in [
        format!("{key}{nonsense}"),
        format!("{key}-----BEGIN CERTIFICATE-----\n{half}"),
        text.replacen('M', "!", 3),
        format!("-----BEGIN CERTIFICATE-----\n{certificate}{encrypted}"),
    ] {
        let words = error(&TlsOptions::from_pem(text));
        assert!(words.starts_with("the text given is damaged: "), "{words}");
    }
    let words = |text: String| error(&TlsOptions::from_pem(text));
    assert_eq!(
        words(format!("{key}-----BEGIN CERTIFICATE-----\n{half}")),
        "the text given is damaged: there is no -----END CERTIFICATE-----; is it cut off?"
    );
    assert_eq!(
        words(format!("{key}-----BEGIN CERTIFICATE\n{certificate}")),
        "the text given is damaged: \"-----BEGIN CERTIFICATE\" begins nothing"
    );
    let refused = TlsError::from(http_server::rustls::Error::DecryptError);
    assert_eq!(refused.to_string(), "cannot use the certificate: cannot decrypt peer's message");
}

#[test]
fn what_stands_before_the_first_line_is_found() {
    let text = fs::read_to_string(data("both.pem")).unwrap();
    let (key, certificate) = text.split_once("-----BEGIN CERTIFICATE").unwrap();
    let words =
        "something stands before -----BEGIN in its line: take it away (a byte order mark, spaces)";
    assert_eq!(
        error(&TlsOptions::from_pem(format!("\u{feff}{text}"))),
        format!("there is no private key in the text given: {words}")
    );
    assert_eq!(
        error(&TlsOptions::from_pem(format!("{key}  -----BEGIN CERTIFICATE{certificate}"))),
        format!("there is no certificate in the text given: {words}")
    );
}

#[test]
fn the_password_is_not_shown() {
    let shown = format!("{:?}", cert().keyfile(data("key.pem")).password("hunter2"));
    assert!(shown.contains("cert.pem") && shown.contains("key.pem"), "{shown}");
    assert!(!shown.contains("hunter2") && !shown.contains("104, 117"), "{shown}");
}
