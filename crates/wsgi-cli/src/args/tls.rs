//! Options: HTTPS.

use std::path::PathBuf;

use clap::Args;

/// Whether HTTPS is served, and with which certificate.
#[derive(Debug, Args)]
#[command(next_help_heading = "HTTPS")]
pub(crate) struct TlsArgs {
    /// Serve HTTPS, with the certificate in this file (PEM), and those between it and its authority's behind it
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The private key of the certificate (PEM); without it, the key is in the file of the certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,

    /// The file with the password of the private key, if it has one
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) tls_password_file: Option<PathBuf>,

    /// Serve HTTPS with a certificate made at each start, for development: nobody trusts it unless told to
    ///
    /// It is for localhost, 127.0.0.1, ::1, the address served and the name of this machine, and valid for 90 days. Its
    /// fingerprint is printed. Certificate and key are in no file.
    #[arg(long)]
    pub(crate) tls_self_signed: bool,
}

impl TlsArgs {
    /// Whether HTTPS is served.
    pub(super) fn is_wanted(&self) -> bool {
        self.tls_self_signed || self.tls_cert.is_some()
    }

    /// What is wrong with these options together, in CPython's words where it has any.
    pub(super) fn check(&self) -> Result<(), String> {
        let others = [
            ("--tls-cert", self.tls_cert.is_some()),
            ("--tls-key", self.tls_key.is_some()),
            ("--tls-password-file", self.tls_password_file.is_some()),
        ];
        for (option, given) in others {
            if given && self.tls_self_signed {
                return Err(format!(
                    "{option} means nothing with --tls-self-signed, which makes a certificate and a key: drop one"
                ));
            }
            if given && self.tls_cert.is_none() {
                return Err(format!("{option} requires --tls-cert to be set"));
            }
        }
        Ok(())
    }
}
