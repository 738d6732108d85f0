//! `cargo xtask deny`: what has come into the tree from outside, by `deny.toml`.
//!
//! It needs a tool that takes minutes to install, and a database that changes from day to day: neither may keep a change
//! from being tested, so it is no part of what CI runs on each of them.

use xshell::cmd;

use crate::steps::Steps;
use crate::tools::needs;

pub(crate) fn steps() -> Steps {
    Steps::default().step("advisories, bans, licences and sources", |shell| {
        needs(shell, "cargo deny --version", "cargo install --locked cargo-deny")?;
        cmd!(shell, "cargo deny check").quiet().run()?;
        Ok(())
    })
}
