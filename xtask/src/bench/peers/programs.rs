//! Builds the programs, and says what is known of them without running them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::Result;
use crate::bench::peers::machine;
use crate::bench::peers::records::Facts;
use crate::bench::peers::servers::{Server, Source};

const MANIFEST: &str = "benches/peers/Cargo.toml";

/// A server that can be started.
pub(super) struct Program {
    pub(super) server: Server,
    /// Of a package, the file that was built.
    file: PathBuf,
}

impl Program {
    /// The words of its command. `folder` takes what it must find in a file.
    pub(super) fn command(&self, port: u16, folder: &Path) -> Result<Vec<String>> {
        let (port, threads) = (port.to_string(), machine::processors().to_string());
        let fill = |text: &str| text.replace("{port}", &port).replace("{threads}", &threads);
        Ok(match &self.server.source {
            Source::Package { mode, .. } => {
                let file = self.file.to_string_lossy().into_owned();
                let mode = mode.iter().map(|&word| word.to_owned());
                [file, port, threads].into_iter().chain(mode).collect()
            }
            Source::Nginx => {
                let text = fs::read_to_string(crate::root().join("benches/peers/nginx.conf"))?;
                let folder_text = folder.to_string_lossy();
                let text = text.replace("@PORT@", &port).replace("@THREADS@", &threads);
                let file = folder.join("nginx.conf");
                fs::write(&file, text.replace("@FOLDER@", &folder_text))?;
                let words = ["nginx", "-p", &*folder_text, "-c", &*file.to_string_lossy()];
                words.map(str::to_owned).to_vec()
            }
            // By a shell, so that the words can be quoted.
            Source::Command(command) => {
                ["sh".to_owned(), "-c".to_owned(), format!("exec {}", fill(command))].to_vec()
            }
        })
    }
}

/// Builds a server if it must be built. What is missing is a fact about it, and no error.
pub(super) fn prepare(shell: &Shell, target: &Path, server: Server) -> (Facts, Option<Program>) {
    let found = match &server.source {
        Source::Package { package, library, .. } => build(shell, target, package, library),
        Source::Nginx => find_nginx(),
        Source::Command(_) => Ok((Facts::default(), PathBuf::new())),
    };
    match found {
        Ok((facts, file)) => (facts, Some(Program { server, file })),
        Err(error) => {
            eprintln!("{}: {error}", server.name);
            (Facts { absent: Some(error.to_string()), ..Facts::default() }, None)
        }
    }
}

/// The folder that cargo builds into, as it was configured.
pub(super) fn target_folder(shell: &Shell) -> Result<PathBuf> {
    let metadata = cmd!(shell, "cargo metadata --no-deps --format-version 1").quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    Ok(folder.ok_or("cargo metadata names no target_directory")?.into())
}

/// One package at a time, so that none gets features that another one asks for.
fn build(shell: &Shell, target: &Path, package: &str, library: &str) -> Result<(Facts, PathBuf)> {
    let folder = target.join("peers");
    let output = cmd!(shell, "cargo build --quiet --release --locked --manifest-path {MANIFEST} --target-dir {folder} --package {package}")
        .quiet()
        .ignore_status()
        .output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let first = errors.lines().find(|line| line.starts_with("error"));
        return Err(format!("does not build: {}", first.unwrap_or("no message")).into());
    }
    let tree = cmd!(
        shell,
        "cargo tree --locked --manifest-path {MANIFEST} --package {package} --edges normal --prefix none"
    );
    let tree = tree.quiet().ignore_stderr().read()?;
    let file = folder.join("release").join(package);
    let kib = fs::metadata(&file)?.len() as f64 / 1024.0;
    let facts = Facts {
        version: version_of(&tree, library),
        binary_kib: Some(kib),
        crates: Some(crates_in(&tree) as f64),
        absent: None,
    };
    Ok((facts, file))
}

/// Different crates, the program itself included.
fn crates_in(tree: &str) -> usize {
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    crates.collect::<BTreeSet<_>>().len()
}

fn version_of(tree: &str, library: &str) -> String {
    let version = tree.lines().find_map(|line| line.strip_prefix(library)?.strip_prefix(" v"));
    version.and_then(|line| line.split_whitespace().next()).unwrap_or_default().to_owned()
}

fn find_nginx() -> Result<(Facts, PathBuf)> {
    let output = Command::new("nginx").arg("-v").output();
    let output = output.map_err(|_| "not installed; get it with: apt-get install nginx-light")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = said.trim().rsplit('/').next().unwrap_or_default().to_owned();
    Ok((Facts { version, ..Facts::default() }, PathBuf::new()))
}

#[cfg(test)]
mod tests {
    use super::{crates_in, version_of};

    const TREE: &str = "tiny_http-peer v0.0.0 (benches/peers/tiny_http)\n\
                        tiny_http v0.12.0\nascii v1.1.0\nlog v0.4.29\nascii v1.1.0 (*)\n";

    #[test]
    fn a_crate_that_two_others_need_counts_once() {
        assert_eq!(crates_in(TREE), 4);
    }

    #[test]
    fn the_version_is_that_of_the_crate_and_not_of_the_program() {
        assert_eq!(version_of(TREE, "tiny_http"), "0.12.0");
        assert_eq!(version_of(TREE, "hyper"), "");
    }
}
