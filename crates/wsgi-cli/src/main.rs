//! The command `wsgi-simple-server`: serves the demo application of wsgiref.
//!
//! The counterpart of `python -m http.server` and `python -m wsgiref.simple_server`.
//! Everything that needs a command line is here; everything else is in the crates
//! below.
//!
//! - `args`: the options; a bad one ends with status 2
//! - `quantity`: the times, sizes and rates they are given
//! - `bind`: what `--bind` may look like, and which addresses it stands for
//! - `tls`: the certificate, from files or made for development
//! - `serve`: listening and serving until a signal comes
//! - `start_error`, `port_holder`: why it cannot serve, in one line; status 1
//! - `signals`: Ctrl-C and `SIGTERM`
#![forbid(unsafe_code)]

mod args;
mod bind;
mod port_holder;
mod quantity;
mod serve;
mod signals;
mod start_error;
mod tls;

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let (args, port) = args::Args::from_command_line();
    match serve::serve(&args, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if stderr is gone.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
