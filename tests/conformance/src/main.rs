//! The command `cargo xtask conformance`.
#![forbid(unsafe_code)]

use clap::Parser;
use conformance::command::{self, Args};
use conformance::suites::cpython::server;
use std::process::ExitCode;

fn main() -> ExitCode {
    // What the suite `cpython` starts this program for, again and again; nobody types it.
    if let Some(served) = server::serve_if_asked() {
        return match served {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("conformance {}: {error}", server::COMMAND);
                ExitCode::FAILURE
            }
        };
    }
    command::main(&Args::parse())
}
