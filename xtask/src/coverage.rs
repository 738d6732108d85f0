//! `cargo xtask coverage`: writes the pages that are made from the names of CPython and from the requirements of the RFCs.

use xshell::cmd;

use crate::steps::Steps;

pub(crate) fn steps() -> Steps {
    // The tests that find the pages out of date write them if they are told to.
    Steps::default().step("docs/COVERAGE.md, docs/RFC-COVERAGE.md", |shell| {
        let _write = shell.push_env("COVERAGE", "write");
        cmd!(
            shell,
            "cargo test --quiet --package wsgiref-conformance --test names --test requirements"
        )
        .quiet()
        .run()?;
        Ok(())
    })
}
