//! `cargo xtask sanitize`: the engine's tests under ThreadSanitizer, which sees accesses to the same memory that nothing
//! orders.
//!
//! It needs a nightly toolchain with the standard library's sources (`rustup component add rust-src --toolchain nightly`),
//! because that has to be instrumented, too. So it is no part of what CI runs.

use xshell::{Shell, cmd};

use crate::Result;
use crate::steps::Steps;

pub(crate) fn steps() -> Steps {
    Steps::default().step("the engine's tests under ThreadSanitizer", sanitize)
}

fn sanitize(shell: &Shell) -> Result {
    let version = cmd!(shell, "rustc +nightly --version --verbose").quiet().read()?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or("`rustc +nightly` does not say what machine it is for")?;
    let _flags = shell.push_env("RUSTFLAGS", "-Zsanitizer=thread");
    cmd!(shell, "cargo +nightly test -Zbuild-std --target {host} --package socketserver --lib --test it engine")
        .run()?;
    cmd!(
        shell,
        "cargo +nightly test -Zbuild-std --target {host} --package http-server --test engine"
    )
    .run()?;
    Ok(())
}
