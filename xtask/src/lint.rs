//! `cargo xtask lint`: format, Clippy and docs, warnings denied.

use xshell::{Shell, cmd};

use crate::Result;
use crate::steps::Steps;

pub(crate) fn steps() -> Steps {
    Steps::default()
        .step("format", |shell| {
            needs_component(shell, "rustfmt", "fmt")?;
            cmd!(shell, "cargo fmt --all --check").quiet().run()?;
            // A workspace of its own, of which nothing else is looked at here: that would fetch and build all peers.
            cmd!(shell, "cargo fmt --all --check --manifest-path benches/peers/Cargo.toml")
                .quiet()
                .run()?;
            Ok(())
        })
        .step("clippy", |shell| {
            needs_component(shell, "clippy", "clippy")?;
            cmd!(shell, "cargo clippy --workspace --all-targets --all-features -- -D warnings")
                .quiet()
                .run()?;
            Ok(())
        })
        // The libraries and the command as most people build them.
        .step("clippy, default features", |shell| {
            cmd!(shell, "cargo clippy -- -D warnings").quiet().run()?;
            Ok(())
        })
        .step("docs", |shell| {
            let _denied = shell.push_env("RUSTDOCFLAGS", "-D warnings");
            cmd!(shell, "cargo doc --workspace --no-deps --all-features").quiet().run()?;
            Ok(())
        })
}

/// Says how to get a missing component of the toolchain, instead of leaving it to the failing command.
fn needs_component(shell: &Shell, component: &str, subcommand: &str) -> Result {
    if cmd!(shell, "cargo {subcommand} --version")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok()
    {
        return Ok(());
    }
    Err(format!("{component} is not installed; get it with: rustup component add {component}")
        .into())
}
