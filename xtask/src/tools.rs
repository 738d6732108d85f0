//! Tools that are not part of the toolchain.

use xshell::{Shell, cmd};

use crate::Result;

/// Says how to get a tool that is missing, instead of leaving it to the failing command.
pub(crate) fn needs(shell: &Shell, probe: &str, install: &str) -> Result {
    let words: Vec<&str> = probe.split(' ').collect();
    let (program, arguments) = words.split_first().expect("a command has a name");
    let found =
        cmd!(shell, "{program} {arguments...}").quiet().ignore_stdout().ignore_stderr().run();
    found.map_err(|_| format!("`{probe}` does not work; get it with: {install}").into())
}

#[cfg(test)]
mod tests {
    use xshell::Shell;

    use super::needs;

    #[test]
    fn a_missing_tool_names_the_way_out() {
        let shell = Shell::new().unwrap();
        assert!(needs(&shell, "cargo --version", "nothing").is_ok());
        let error =
            needs(&shell, "cargo no-such-command --version", "magic").unwrap_err().to_string();
        assert_eq!(error, "`cargo no-such-command --version` does not work; get it with: magic");
    }
}
