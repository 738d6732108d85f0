//! How many crates a program of one handler is made of.

use crate::Result;
use std::collections::BTreeSet;
use xshell::{Shell, cmd};

/// The program itself included. hyper brings 18, tiny_http 6, axum 37, actix-web 102 (benches/README.md).
const MOST: usize = 20;

/// What `cargo tree` says about the crate of the handlers: a crate in each line.
pub(super) fn of_a_handler(shell: &Shell) -> Result<String> {
    Ok(cmd!(shell, "cargo tree -p http-server -e normal --prefix none").quiet().read()?)
}

/// The crates, if they are too many.
pub(super) fn check(tree: &str) -> Vec<String> {
    // A crate that has been shown before has a star behind it, and one of the workspace its folder.
    let crates: BTreeSet<String> = tree
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .filter(|name| !name.is_empty())
        .collect();
    let count = 1 + crates.len();
    if count <= MOST {
        return Vec::new();
    }
    let names = Vec::from_iter(crates).join(", ");
    vec![format!("a program of one handler is {count} crates, at most {MOST}: itself, {names}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once() {
        let shared = "http-server v0.1.0 (/src)\nlibc v0.2.1\nlibc v0.2.1 (*)\n".to_owned();
        let more = |count: usize| (0..count).map(|n| format!("c{n} v1.0.0\n")).collect::<String>();
        assert_eq!(check(&(shared.clone() + &more(MOST - 3))), [""; 0]);
        let problems = check(&(shared + &more(MOST - 2)));
        assert!(
            problems[0].contains("is 21 crates, at most 20: itself, c0 v1.0.0, "),
            "{problems:?}"
        );
    }
}
