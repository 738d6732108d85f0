//! WSGI servers from PyPI, in one virtual environment that is made once.

use super::running::free_port;
use super::{Peer, Place, Running, host_port, with_application};
use crate::suites::cpython::python;
use crate::{Problem, Profile};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A server: its package, the program, and its arguments, in which `{address}` and `{port}` are filled in.
struct Package {
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
}

/// As their documentation has it, with threads, so that silent clients do not keep the others waiting.
const PACKAGES: [Package; 6] = [
    Package {
        name: "gunicorn",
        program: "gunicorn",
        arguments: &[
            "--bind",
            "{address}",
            "--threads",
            "32",
            "--log-level",
            "critical",
            "conformance_app:app",
        ],
    },
    Package {
        name: "waitress",
        program: "waitress-serve",
        arguments: &["--listen", "{address}", "--threads", "16", "conformance_app:app"],
    },
    Package {
        name: "granian",
        program: "granian",
        arguments: &[
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            "{port}",
            "--no-log",
            "conformance_app:app",
        ],
    },
    Package {
        name: "cheroot",
        program: "cheroot",
        arguments: &["--bind", "{address}", "--threads", "32", "conformance_app:app"],
    },
    Package {
        name: "werkzeug",
        program: "python",
        arguments: &[
            "-c",
            "import logging, sys; logging.disable(); from werkzeug.serving import run_simple; \
             from conformance_app import app; run_simple('127.0.0.1', int(sys.argv[1]), app, threaded=True)",
            "{port}",
        ],
    },
    Package {
        name: "uwsgi",
        program: "uwsgi",
        arguments: &[
            "--http",
            "{address}",
            "--http-keepalive",
            "--master",
            "--threads",
            "32",
            "--disable-logging",
            "--module",
            "conformance_app:app",
        ],
    },
];

/// All of them.
pub(super) fn peers() -> Vec<Peer> {
    PACKAGES
        .into_iter()
        .map(|package| {
            Peer::new(package.name, Profile::Wsgi, move |place| {
                let bin = environment(place)?.join("bin");
                let version = install(&bin, package.name)?;
                let address = free_port()?;
                let mut command = with_application(bin.join(package.program), place);
                for argument in package.arguments {
                    let filled = argument.replace("{address}", &host_port(address));
                    command.arg(filled.replace("{port}", &address.port().to_string()));
                }
                Running::start(command, address, version, &place.log(package.name))
            })
        })
        .collect()
}

/// The virtual environment, made if it is not there.
fn environment(place: &Place) -> Result<PathBuf, Problem> {
    let folder = place.workshop.join("venv");
    if folder.join("bin/pip").exists() {
        return Ok(folder);
    }
    let python = python::newest()
        .ok_or_else(|| Problem::new("there is no python3 for a virtual environment"))?;
    let mut command = Command::new(&python.path);
    run(command.args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
    Ok(folder)
}

/// Installs a package if it is not there; gives its version.
fn install(bin: &Path, package: &str) -> Result<String, Problem> {
    if let Some(version) = installed(bin, package) {
        return Ok(version);
    }
    let mut pip = Command::new(bin.join("pip"));
    run(pip.args(["install", "--quiet", "--disable-pip-version-check", package]), "pip install")?;
    installed(bin, package).ok_or_else(|| Problem::new(format!("pip has not installed {package}")))
}

fn installed(bin: &Path, package: &str) -> Option<String> {
    let code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))";
    let output = Command::new(bin.join("python")).args(["-c", code, package]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Runs a command to its end; an error has the last line that it wrote.
fn run(command: &mut Command, what: &str) -> Result<(), Problem> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(Problem::new(format!("{what}: {}", last.trim())))
}
