//! `golden-server KIND DIRECTORY DRIVER`: one of the servers of the recorded cases, for one connection.
//!
//! The suite starts it in a process of its own, so that what it writes to its standard error is exactly what a user
//! of the server would see.
#![forbid(unsafe_code)]

use std::io;
use std::path::Path;
use std::process::ExitCode;

use wsgiref_tests::server::{self, Driver};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let served = match arguments.as_slice() {
        [kind, directory, name] => match Driver::ALL.iter().find(|driver| driver.name() == name) {
            Some(driver) => server::serve_one(kind, Path::new(directory), *driver),
            None => Err(io::Error::other(format!("there is no driver called {name}"))),
        },
        _ => Err(io::Error::other("usage: golden-server KIND DIRECTORY DRIVER")),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("golden-server: {error}");
            ExitCode::FAILURE
        }
    }
}
