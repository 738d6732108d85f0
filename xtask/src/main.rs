//! The checks, tests and benchmarks of this workspace, started as `cargo xtask <command>`.
//!
//! It depends on none of the other crates: it builds and runs them as processes.
#![forbid(unsafe_code)]

mod bench;
mod conformance;
mod coverage;
mod deny;
mod fuzz;
mod lint;
mod sanitize;
mod steps;
mod test;
mod tidy;
mod tools;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use xshell::Shell;

/// A step either works, or says in one text what is wrong.
type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const HELP: &str = "\
The checks, tests and benchmarks of this workspace.

Usage: cargo xtask <command>

Commands:
  test                  every test there is, examples and doc tests included
  lint                  format, Clippy and docs, warnings denied
  tidy                  what prose promises: the dependency table, a protocol
                        core without sockets and clocks, a test for each
                        difference from CPython and class of advisory
  ci                    lint, tidy and test: what CI runs
  conformance           play the conformance suites on our servers, or with
                        --target HOST:PORT on any other; --list, --only CASE,
                        and more: cargo xtask conformance --help
  coverage              write docs/COVERAGE.md: the names of CPython, and where
                        they are here; and docs/RFC-COVERAGE.md: what the RFCs
                        ask for, and the cases that hold it
  bench [--quick]       the benchmarks; --quick: fewer samples
  bench peers           our servers beside others, over sockets; options:
    --servers A,B       only these, and the limit server; all by default
    --scenarios A,B     only these; all by default
    --rounds N          each server once in each round; 3 by default. 0 with
                        --keep: the table again
    --seconds N         for each load; 2 by default
    --keep              add to the records of the last run
    --add NAME=COMMAND  one more server; {port} and {threads} are filled in
  deny                  cargo-deny by deny.toml: advisories, bans, licences,
                        sources; needs that tool, and is not in ci
  fuzz [TARGET] [--seconds N]
                        the targets of fuzz/, or one, each for N seconds (60);
                        needs nightly and cargo-fuzz, and is not in ci
  sanitize              the engine's tests under ThreadSanitizer; needs a
                        nightly toolchain with rust-src, and is not in ci
  help                  this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let has_own_help = arguments.first() == Some(&"conformance");
    let asks = |argument: &&str| matches!(*argument, "-h" | "--help");
    if arguments.is_empty() || (!has_own_help && arguments.iter().any(asks)) {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
    }
}

/// Success if everything went well; an error means that nothing was run.
fn run(arguments: &[&str]) -> Result<ExitCode> {
    let shell = Shell::new()?;
    shell.change_dir(root());
    let steps = match arguments {
        ["help"] => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        ["test"] => test::steps(),
        ["lint"] => lint::steps(),
        ["tidy"] => tidy::steps(),
        // Tests come last, so that their counts are what a reader finds at the end.
        ["ci"] => lint::steps().then(tidy::steps()).then(test::steps()),
        ["deny"] => deny::steps(),
        ["fuzz", arguments @ ..] => fuzz::steps(&shell, arguments)?,
        ["sanitize"] => sanitize::steps(),
        ["conformance", arguments @ ..] => return conformance::run(arguments),
        ["coverage"] => coverage::steps(),
        ["bench"] => bench::steps(false),
        ["bench", "--quick"] => bench::steps(true),
        ["bench", "peers", options @ ..] => {
            return bench::peers(&shell, options).map(|()| ExitCode::SUCCESS);
        }
        other => {
            let given = other.join(" ");
            return Err(format!("`{given}` is no command; `cargo xtask help` lists them").into());
        }
    };
    Ok(if steps.run(&shell) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder of the workspace, from wherever inside it the command was started.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder inside the workspace")
}

#[cfg(test)]
mod tests {
    use super::{HELP, run};

    #[test]
    fn an_unknown_command_names_the_way_out() {
        let error = run(&["frobnicate"]).unwrap_err().to_string();
        assert_eq!(error, "`frobnicate` is no command; `cargo xtask help` lists them");
    }

    #[test]
    fn the_help_fits_a_terminal_of_eighty_columns() {
        for line in HELP.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
