//! `cargo xtask bench`: the benchmarks of the package `wsgiref-benches`.

use xshell::cmd;

use crate::steps::Steps;

/// One file per question.
const BENCHMARKS: &str = "benches/benches";

pub(crate) fn steps(quick: bool) -> Steps {
    Steps::default().step("benchmarks", move |shell| {
        if !shell.path_exists(BENCHMARKS) {
            eprintln!(
                "There are no benchmarks yet; they will be in {BENCHMARKS}, one file per question."
            );
            return Ok(());
        }
        let quick = quick.then_some("--quick");
        cmd!(shell, "cargo bench --package wsgiref-benches --benches -- {quick...}")
            .quiet()
            .run()?;
        Ok(())
    })
}
