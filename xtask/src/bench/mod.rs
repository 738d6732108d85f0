//! `cargo xtask bench`: the benchmarks of the package `wsgiref-benches`; and with `peers` our servers beside others.

mod client;
mod idle;
mod launcher;
mod load;
mod machine;
mod options;
mod peers;
mod programs;
mod records;
mod scenarios;
mod servers;
mod table;
mod under;
mod verdict;
mod wrk;

use xshell::cmd;

use crate::steps::Steps;

pub(crate) use peers::run as peers;

pub(crate) fn steps(quick: bool) -> Steps {
    Steps::default().step("benchmarks", move |shell| {
        let quick = quick.then_some("--quick");
        cmd!(shell, "cargo bench --package wsgiref-benches --benches -- {quick...}")
            .quiet()
            .run()?;
        Ok(())
    })
}
