//! `cargo xtask conformance`: our servers beside CPython's recorded answers.

use xshell::cmd;

use crate::steps::Steps;

pub(crate) fn steps(filter: Option<&str>) -> Steps {
    let golden: Vec<String> = filter.into_iter().map(str::to_owned).collect();
    let corpus = golden.clone();
    Steps::default()
        .step("cases recorded from CPython", |shell| {
            cmd!(shell, "cargo test --quiet --package wsgiref-tests --test golden -- --quiet {golden...}").quiet().run()?;
            Ok(())
        })
        .step("wire corpus", |shell| {
            cmd!(shell, "cargo test --quiet --package wsgiref-tests --test corpus -- --nocapture {corpus...}")
                .quiet()
                .run()?;
            Ok(())
        })
}
