//! `cargo xtask fuzz`: the targets of `fuzz/`, each for a while.
//!
//! It needs nightly and cargo-fuzz, so it is no part of what CI runs.

use xshell::{Shell, cmd};

use crate::Result;
use crate::steps::Steps;
use crate::tools::needs;

/// How long each target runs unless told otherwise.
const SECONDS: &str = "60";

/// Reads `[TARGET] [--seconds N]`.
pub(crate) fn steps(shell: &Shell, arguments: &[&str]) -> Result<Steps> {
    let (mut target, mut seconds) = (None, SECONDS);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "--seconds" => seconds = rest.next().ok_or("--seconds needs a number")?,
            option if option.starts_with('-') => {
                return Err(format!("`{option}` is no option of fuzz; there is --seconds N").into());
            }
            name if target.is_none() => target = Some(name),
            name => return Err(format!("one target at a time, or all: what is `{name}`?").into()),
        }
    }
    let seconds: u32 =
        seconds.parse().map_err(|_| format!("`{seconds}` is no number of seconds"))?;
    let all = targets(&shell.read_file("fuzz/Cargo.toml")?);
    let chosen = match target {
        None => all,
        Some(name) if all.iter().any(|known| known == name) => vec![name.to_owned()],
        Some(name) => {
            return Err(format!("`{name}` is no target; there are: {}", all.join(", ")).into());
        }
    };
    let start = Steps::default().step("tools, seeds and build", prepare);
    Ok(chosen.into_iter().fold(start, |steps, target| {
        steps.step(format!("{target}, {seconds} s"), move |shell| run(shell, &target, seconds))
    }))
}

/// The names of the targets, in the order of the manifest.
fn targets(manifest: &str) -> Vec<String> {
    manifest
        .split("[[bin]]")
        .skip(1)
        .filter_map(|bin| bin.lines().find_map(|line| line.strip_prefix("name = ")))
        .map(|name| name.trim_matches('"').to_owned())
        .collect()
}

fn prepare(shell: &Shell) -> Result {
    needs(shell, "rustc +nightly --version", "rustup toolchain install nightly --profile minimal")?;
    needs(shell, "cargo +nightly fuzz --version", "cargo install cargo-fuzz")?;
    // What earlier runs have found beyond the seeds stays beside them.
    cmd!(shell, "sh fuzz/seed.sh").quiet().run()?;
    // A sanitizer looks for what safe Rust rules out, and takes most of the time for it.
    cmd!(shell, "cargo +nightly fuzz build -s none").quiet().run()?;
    Ok(())
}

fn run(shell: &Shell, target: &str, seconds: u32) -> Result {
    let limit = format!("-max_total_time={seconds}");
    cmd!(shell, "cargo +nightly fuzz run -s none {target} -- {limit} -timeout=10 -print_final_stats=1")
        .quiet()
        .run()
        .map_err(|_| {
            format!(
                "{target} has found something: fuzz/artifacts/{target} has the input. Make it a case of tests/corpus or \
                 a test, then mend it"
            )
        })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use xshell::Shell;

    use super::{steps, targets};

    #[test]
    fn targets_are_those_of_the_manifest() {
        let manifest = "[package]\nname = \"x\"\n[[bin]]\nname = \"a\"\npath = \"y\"\n\n[[bin]]\nname = \"b\"\n";
        assert_eq!(targets(manifest), ["a", "b"]);
    }

    #[test]
    fn what_is_asked_for_wrongly_is_said() {
        let shell = Shell::new().unwrap();
        shell.change_dir(crate::root());
        let error = |arguments: &[&str]| steps(&shell, arguments).err().unwrap().to_string();
        assert!(error(&["nothing"]).starts_with("`nothing` is no target; there are: "));
        assert_eq!(error(&["--seconds"]), "--seconds needs a number");
        assert_eq!(error(&["--seconds", "x"]), "`x` is no number of seconds");
        assert_eq!(error(&["-x"]), "`-x` is no option of fuzz; there is --seconds N");
        assert!(error(&["head", "body"]).contains("`body`"));
    }
}
