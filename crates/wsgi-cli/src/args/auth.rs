//! Options: for whom the files are.

use std::path::PathBuf;

use clap::Args;

/// For whom the files are.
#[derive(Debug, Args)]
#[command(next_help_heading = "For whom")]
pub(crate) struct AuthArgs {
    /// Ask for this name and password (HTTP Basic); can be repeated. Other users of this machine may see it: --auth-file
    /// is for passwords that matter
    #[arg(long, value_name = "USER:PASSWORD", value_parser = credentials)]
    pub(crate) auth: Vec<String>,

    /// Ask for one of those in this file, which has USER:PASSWORD in each line
    #[arg(long, value_name = "FILE")]
    pub(crate) auth_file: Option<PathBuf>,

    /// Have passwords sent over the network as they are, for all on the way to read
    #[arg(long)]
    insecure_auth: bool,
}

impl AuthArgs {
    /// What is wrong with these options, given whether what is sent can be read on the way.
    pub(super) fn check(&self, readable: bool) -> Result<(), String> {
        let asks = !self.auth.is_empty() || self.auth_file.is_some();
        match (asks, self.insecure_auth) {
            (false, true) => Err("--insecure-auth means nothing without --auth or --auth-file: \
                                  drop it, or name who may have the files"
                .into()),
            (true, false) if readable => Err("passwords would be sent over the network for all on the way to read: \
                                              encrypt with --tls-self-signed or --tls-cert, \
                                              stay on this machine with --bind 127.0.0.1, or insist with --insecure-auth"
                .into()),
            _ => Ok(()),
        }
    }
}

/// Reads `USER:PASSWORD`. The first colon ends the name, and neither has control characters (RFC 7617 §2).
pub(crate) fn credentials(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((user, _)) if !user.is_empty() && !text.contains(char::is_control) => {
            Ok(text.to_owned())
        }
        _ => Err("give a name and a password with a colon between them".into()),
    }
}
