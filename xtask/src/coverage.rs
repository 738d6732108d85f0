//! `cargo xtask coverage`: writes the pages that are made from the names of CPython.

use xshell::cmd;

use crate::steps::Steps;

pub(crate) fn steps() -> Steps {
    // The test that finds the pages out of date writes them if it is told to.
    Steps::default().step("docs/COVERAGE.md", |shell| {
        let _write = shell.push_env("COVERAGE", "write");
        cmd!(shell, "cargo test --quiet --package wsgiref-conformance --test names")
            .quiet()
            .run()?;
        Ok(())
    })
}
