//! The certificate: from files, or made for development.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use http_server::{TlsContext, TlsError, TlsOptions};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use ring::digest;

use crate::args::TlsArgs;
use crate::bind::Host;

/// What HTTPS is served with.
pub(crate) struct Tls {
    pub(crate) context: TlsContext,
    /// Of a certificate made for development.
    pub(crate) fingerprint: Option<String>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Loads or makes the certificate, if HTTPS is wanted. One that is made is also for the addresses that stand for `address`.
pub(crate) fn load(
    args: &TlsArgs,
    host: &Host,
    address: SocketAddr,
    stand_for: &[IpAddr],
) -> Result<Option<Tls>, String> {
    if args.tls_self_signed {
        let mut names = names(host, address.ip(), host_name());
        let more = stand_for.iter().map(IpAddr::to_string).filter(|name| !names.contains(name));
        let more: Vec<String> = more.collect();
        names.extend(more);
        let made = make(names);
        return made.map(Some).map_err(|error| format!("cannot make a certificate: {error}"));
    }
    let Some(certificate) = &args.tls_cert else { return Ok(None) };
    let mut options = TlsOptions::new(certificate);
    if let Some(key) = &args.tls_key {
        options = options.keyfile(key);
    }
    if let Some(file) = &args.tls_password_file {
        // CPython's words, and the name of the file.
        let password = fs::read_to_string(file).map_err(|error| {
            format!("Failed to read TLS password file: {}: {error}", file.display())
        })?;
        options = options.password(password.trim());
    }
    let context = options.load().map_err(|error| match error {
        TlsError::PasswordNeeded { .. } => {
            format!("{error}; name its file with --tls-password-file")
        }
        error => error.to_string(),
    })?;
    Ok(Some(Tls { context, fingerprint: None }))
}

/// The names by which clients may know the server.
fn names(host: &Host, address: IpAddr, machine: Option<String>) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let bound = match host {
        Host::Name(name) => Some(name.clone()),
        Host::Address(_) => None,
    };
    let address = Some(address).filter(|address| !address.is_unspecified());
    // A zone has a meaning on this machine only, and no place in a certificate.
    let bound = bound.filter(|name| !name.contains('%'));
    for name in bound.into_iter().chain(address.map(|address| address.to_string())).chain(machine) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn make(names: Vec<String>) -> Result<Tls, Box<dyn Error>> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "wsgi-simple-server, for development");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Clocks differ.
    params.not_before = (SystemTime::now() - DAY).into();
    params.not_after = (SystemTime::now() + 90 * DAY).into();
    let certificate = params.self_signed(&key)?;
    let context = TlsOptions::from_pem(certificate.pem() + &key.serialize_pem()).load()?;
    Ok(Tls { context, fingerprint: Some(fingerprint(certificate.der())) })
}

/// The SHA-256 of a certificate, as browsers and `openssl x509 -fingerprint -sha256` show it.
fn fingerprint(certificate: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, certificate);
    let mut text = String::new();
    for byte in hash.as_ref() {
        let colon = if text.is_empty() { "" } else { ":" };
        // Writing to memory does not fail.
        let _ = write!(text, "{colon}{byte:02X}");
    }
    text
}

#[cfg(unix)]
fn host_name() -> Option<String> {
    let uname = rustix::system::uname();
    dns_name(uname.nodename().to_str().ok()?)
}

#[cfg(not(unix))]
fn host_name() -> Option<String> {
    dns_name(&std::env::var("COMPUTERNAME").ok()?)
}

/// A name that can stand in a certificate.
fn dns_name(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_fine)).then_some(name)
}

/// What is said of a certificate that was made.
pub(crate) fn words(fingerprint: &str) -> String {
    format!("The certificate is for development only. Its SHA-256 fingerprint is\n{fingerprint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_clients_may_use() {
        let own = ["localhost", "127.0.0.1", "::1"];
        let names = |host: &str, address: &str, machine: Option<&str>| {
            let host: crate::bind::BindAddress = host.parse().unwrap();
            names(&host.host, address.parse().unwrap(), machine.map(str::to_owned))
        };
        assert_eq!(names("127.0.0.1", "127.0.0.1", None), own);
        assert_eq!(names("0.0.0.0", "0.0.0.0", Some("box")), [&own[..], &["box"]].concat());
        assert_eq!(
            names("dev.example:1", "192.0.2.7", Some("dev.example")),
            [&own[..], &["dev.example", "192.0.2.7"]].concat()
        );
        assert_eq!(names("fe80::1%eth0", "fe80::1", None), [&own[..], &["fe80::1"]].concat());
    }

    #[test]
    fn a_certificate_can_be_made_of_them() {
        let names = ["localhost", "::1", "192.0.2.7"].map(str::to_owned).to_vec();
        let one = make(names.clone()).unwrap().fingerprint.unwrap();
        let other = make(names).unwrap().fingerprint.unwrap();
        assert_ne!(one, other);
        assert_eq!(one.split(':').count(), 32);
        assert!(one.bytes().all(|byte| b"0123456789ABCDEF:".contains(&byte)));
    }

    #[test]
    fn the_name_of_a_machine_may_be_of_no_use() {
        assert_eq!(dns_name("Box-1.local").as_deref(), Some("box-1.local"));
        assert_eq!(dns_name(""), None);
        assert_eq!(dns_name("my machine"), None);
    }
}
