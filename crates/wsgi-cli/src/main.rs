//! The command `wsgi-simple-server`: serves the demo application of wsgiref, or with `files` a directory.
//!
//! The counterpart of `python -m http.server` and `python -m wsgiref.simple_server`.
//! Everything that needs a command line is here; everything else is in the crates
//! below.
//!
//! - `args`: the options; a bad one ends with status 2
//! - `quantity`: the times, sizes and rates they are given
//! - `bind`: what `--bind` may look like, and which addresses it stands for
//! - `tls`: the certificate, from files or made for development
//! - `demo`, `files`: listening, with the handler that what is served needs
//! - `serve`: serving until a signal comes
//! - `start_error`, `port_holder`: why it cannot serve, in one line; status 1
//! - `signals`: Ctrl-C and `SIGTERM`
//! - `printable`: names that others have chosen, on a terminal
#![forbid(unsafe_code)]

mod args;
mod bind;
mod demo;
mod files;
mod port_holder;
mod printable;
mod quantity;
mod serve;
mod signals;
mod start_error;
mod tls;

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let served = match args::Wanted::from_command_line() {
        args::Wanted::Demo { args, port } => demo::serve(&args, port),
        args::Wanted::Files { args, place } => files::serve(&args, &place),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if stderr is gone.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
