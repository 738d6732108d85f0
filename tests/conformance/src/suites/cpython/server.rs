//! Our side of a case: one of our servers, for one connection, in a process of its own.
//!
//! The process is this program, started again with [`COMMAND`] as its first argument.

use super::script::{Script, Scripted, scripted_application};
use super::wire_case::WireCase;
use std::io;
use std::path::Path;
use std::process::Command;
use wsgi_util::validate::validator;
use wsgiref_tests::server::{self, Driver};

/// The hidden command of this program that serves one connection.
pub const COMMAND: &str = "serve-case";

/// The command that starts our server for a case. `program` is the `conformance` binary, `root` what the directory servers serve.
pub(super) fn command(program: &Path, case: &WireCase, driver: Driver, root: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(COMMAND).arg(&case.server).arg(driver.name()).arg(root);
    if let Some(script) = &case.script {
        command.arg(serde_json::to_string(script).expect("a script is made of texts and numbers"));
    }
    command
}

/// Serves one connection if the arguments of this process are those of `command` below.
///
/// The result is an error if the arguments are no case, or the server cannot listen.
#[must_use]
pub fn serve_if_asked() -> Option<io::Result<()>> {
    let mut arguments = std::env::args().skip(1);
    (arguments.next()? == COMMAND).then(|| serve(&arguments.collect::<Vec<_>>()))
}

fn serve(arguments: &[String]) -> io::Result<()> {
    let [kind, driver, root, script @ ..] = arguments else {
        return Err(io::Error::other(format!("{COMMAND} SERVER DRIVER ROOT [SCRIPT]")));
    };
    let driver = Driver::ALL
        .into_iter()
        .find(|known| known.name() == driver)
        .ok_or_else(|| io::Error::other(format!("there is no driver called {driver}")))?;
    let script: Option<Script> =
        script.first().map(|text| serde_json::from_str(text)).transpose()?;
    match (kind.as_str(), script) {
        ("script", Some(Script::Handler(steps))) => {
            let handler = Scripted::new("HTTP/1.0", steps);
            server::serve_handler(move || handler.clone(), driver)
        }
        ("script11", Some(Script::Handler(steps))) => {
            let handler = Scripted::new("HTTP/1.1", steps);
            server::serve_handler(move || handler.clone(), driver)
        }
        ("app", Some(Script::Application(script))) => {
            server::serve_application(scripted_application(script), driver)
        }
        ("valid-app", Some(Script::Application(script))) => {
            server::serve_application(validator(scripted_application(script)), driver)
        }
        (recorded, None) => server::serve_one(recorded, Path::new(root), driver),
        (kind, Some(_)) => Err(io::Error::other(format!("{kind} has no script of this kind"))),
    }
}
