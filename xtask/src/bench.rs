//! `cargo xtask bench`: the benchmarks of the package `wsgiref-benches`.

use xshell::cmd;

use crate::steps::Steps;

pub(crate) fn steps(quick: bool) -> Steps {
    Steps::default().step("benchmarks", move |shell| {
        let quick = quick.then_some("--quick");
        cmd!(shell, "cargo bench --package wsgiref-benches --benches -- {quick...}")
            .quiet()
            .run()?;
        Ok(())
    })
}
