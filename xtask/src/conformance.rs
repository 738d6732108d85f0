//! `cargo xtask conformance`: the wire corpus, and our servers beside CPython's recorded answers.

use xshell::{Shell, cmd};

use crate::Result;
use crate::steps::Steps;

pub(crate) fn steps(filter: Option<&str>) -> Steps {
    let filter: Vec<String> = filter.into_iter().map(str::to_owned).collect();
    let same_filter = filter.clone();
    Steps::default()
        .step("wire corpus", move |shell| play(shell, "corpus", &filter))
        // Its table of counts is what a reader finds at the end.
        .step("cases recorded from CPython", move |shell| play(shell, "golden", &same_filter))
}

fn play(shell: &Shell, suite: &str, filter: &[String]) -> Result {
    cmd!(shell, "cargo test --quiet --package wsgiref-tests --test {suite} -- --quiet {filter...}")
        .quiet()
        .run()?;
    Ok(())
}
