//! The command `cargo xtask conformance`.
#![forbid(unsafe_code)]

use clap::Parser;
use conformance::command::{self, Args};
use std::process::ExitCode;

fn main() -> ExitCode {
    command::main(&Args::parse())
}
