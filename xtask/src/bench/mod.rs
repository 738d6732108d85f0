//! `cargo xtask bench`: the benchmarks of the package `wsgiref-benches`; and with `peers` our servers beside others.

#[cfg(target_os = "linux")]
mod peers;

use xshell::cmd;

use crate::steps::Steps;

#[cfg(target_os = "linux")]
pub(crate) use peers::run as peers;

/// What it measures, it reads from `/proc`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn peers(_: &xshell::Shell, _: &[&str]) -> crate::Result {
    Err("`bench peers` needs Linux".into())
}

pub(crate) fn steps(quick: bool) -> Steps {
    Steps::default().step("benchmarks", move |shell| {
        let quick = quick.then_some("--quick");
        cmd!(shell, "cargo bench --package wsgiref-benches --benches -- {quick...}")
            .quiet()
            .run()?;
        Ok(())
    })
}
