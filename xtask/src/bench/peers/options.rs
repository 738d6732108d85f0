//! The command line of `cargo xtask bench peers`.

use crate::Result;
use crate::bench::peers::scenarios::{self, SCENARIOS, Scenario};
use crate::bench::peers::servers::{self, Role, Server, Source};

pub(super) struct Options {
    pub(super) servers: Vec<Server>,
    pub(super) scenarios: Vec<&'static Scenario>,
    pub(super) rounds: u32,
    /// How long wrk runs; it takes whole seconds only.
    pub(super) seconds: u32,
    /// Adds to the records of the last run.
    pub(super) keep: bool,
}

impl Options {
    pub(super) fn parse(arguments: &[&str]) -> Result<Self> {
        let (mut names, mut wanted, mut added) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rounds, mut seconds, mut keep) = (3, 2, false);
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*argument, None),
            };
            if name == "--keep" {
                keep = true;
                continue;
            }
            let mut value = || {
                let value = value.or_else(|| arguments.next().copied());
                value.ok_or_else(|| format!("`{name}` needs a value"))
            };
            match name {
                "--servers" => names.extend(value()?.split(',').map(str::to_owned)),
                "--scenarios" => {
                    for name in value()?.split(',') {
                        wanted.push(scenarios::find(name)?.name);
                    }
                }
                "--rounds" => rounds = number(name, value()?)?,
                "--seconds" => seconds = number(name, value()?)?.max(1),
                "--add" => added.push(add(value()?)?),
                _ => {
                    let error = format!(
                        "`{name}` is no option of `bench peers`; `cargo xtask help` lists them"
                    );
                    return Err(error.into());
                }
            }
        }
        let mut servers = servers::select(servers::all(), &names)?;
        for server in added {
            if servers.iter().any(|other| other.name == server.name) {
                return Err(format!("there is a server called `{}` already", server.name).into());
            }
            servers.push(server);
        }
        let chosen = |scenario: &&Scenario| wanted.is_empty() || wanted.contains(&scenario.name);
        let scenarios = SCENARIOS.iter().filter(chosen).collect();
        Ok(Self { servers, scenarios, rounds, seconds, keep })
    }
}

fn number(name: &str, value: &str) -> Result<u32> {
    value.parse().map_err(|_| format!("`{name}` needs a number, not `{value}`").into())
}

fn add(value: &str) -> Result<Server> {
    let Some((name, command)) = value.split_once('=') else {
        return Err(format!("`--add` needs NAME=COMMAND, not `{value}`").into());
    };
    if !command.contains("{port}") {
        return Err(format!("the command of `{name}` has no {{port}} to fill in").into());
    }
    Ok(Server {
        name: name.to_owned(),
        role: Role::Added,
        source: Source::Command(command.to_owned()),
        skips: &["asleep"],
    })
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn error(arguments: &[&str]) -> String {
        Options::parse(arguments).err().unwrap().to_string()
    }

    #[test]
    fn everything_is_measured_unless_less_is_asked_for() {
        let options = Options::parse(&[]).unwrap();
        assert_eq!((options.servers.len(), options.scenarios.len()), (11, 11));
        let options =
            Options::parse(&["--servers=hyper,ntex", "--scenarios", "start,ka64", "--rounds", "5"])
                .unwrap();
        assert_eq!((options.servers.len(), options.rounds, options.keep), (3, 5, false));
        let names: Vec<&str> = options.scenarios.iter().map(|scenario| scenario.name).collect();
        assert_eq!(names, ["ka64", "start"]);
    }

    #[test]
    fn a_server_can_be_added() {
        let options = Options::parse(&["--add", "mine=./mine --port={port}"]).unwrap();
        assert_eq!(options.servers.last().unwrap().name, "mine");
        assert_eq!(error(&["--add", "mine"]), "`--add` needs NAME=COMMAND, not `mine`");
        assert_eq!(error(&["--add=mine=./mine"]), "the command of `mine` has no {port} to fill in");
        assert_eq!(error(&["--add", "ntex=x {port}"]), "there is a server called `ntex` already");
    }

    #[test]
    fn a_wrong_option_says_what_is_wrong() {
        assert_eq!(error(&["--rounds", "few"]), "`--rounds` needs a number, not `few`");
        assert_eq!(error(&["--rounds"]), "`--rounds` needs a value");
        assert!(error(&["--frob"]).starts_with("`--frob` is no option of `bench peers`"));
    }
}
