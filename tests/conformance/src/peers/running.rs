//! A server that was started, and its end.

use crate::Problem;
use crate::subjects::Served;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it accepts connections.
const START: Duration = Duration::from_secs(20);

/// How often it is looked after.
const POLL: Duration = Duration::from_millis(20);

/// How long it may take to end before it is killed.
const END: Duration = Duration::from_secs(2);

/// The process groups that run, for [`end_all`].
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its version, as far as it tells.
    pub version: String,
    _server: Server,
}

#[derive(Debug)]
enum Server {
    Process { _process: Process },
    Ours { _served: Served },
}

impl Running {
    /// Starts a command that makes it listen on the address, with all its children in a process group of its own; what it
    /// writes goes to a file.
    ///
    /// # Errors
    ///
    /// If it cannot be started, ends, or accepts no connection in time: with the last line that it has written.
    pub(super) fn start(
        mut command: Command,
        address: SocketAddr,
        version: String,
        log: &Path,
    ) -> Result<Self, Problem> {
        let program = command.get_program().to_string_lossy().into_owned();
        let file = File::create(log)?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .map_err(|error| Problem::new(format!("{program}: {error}")))?;
        let mut process = Process::new(child);
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            let why = match process.child.try_wait()? {
                Some(status) => format!("{program} ended ({status})"),
                None if begin.elapsed() > START => {
                    format!("{program} accepts no connection within {} s", START.as_secs())
                }
                None => {
                    thread::park_timeout(POLL);
                    continue;
                }
            };
            let said = std::fs::read(log).unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            let last =
                said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
            return Err(Problem::new(format!("{why}: {}", last.trim())));
        }
        Ok(Self { address, version, _server: Server::Process { _process: process } })
    }

    /// Whether it accepts connections.
    #[must_use]
    pub fn accepts(&self) -> bool {
        TcpStream::connect(self.address).is_ok()
    }

    /// One of ours.
    pub(super) fn ours(served: Served, version: String) -> Self {
        Self { address: served.address, version, _server: Server::Ours { _served: served } }
    }
}

/// A process and its children.
#[derive(Debug)]
struct Process {
    child: Child,
    group: Option<Pid>,
}

impl Process {
    fn new(child: Child) -> Self {
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        groups(|groups| groups.extend(group));
        Self { child, group }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(group) = self.group else { return };
        let _ = kill_process_group(group, Signal::TERM);
        let begin = Instant::now();
        while begin.elapsed() < END && matches!(self.child.try_wait(), Ok(None)) {
            thread::park_timeout(POLL);
        }
        // Also for children that outlive their parent.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
        groups(|groups| groups.retain(|other| *other != group));
    }
}

/// Ends every server that runs, for a program that is about to end without unwinding.
pub fn end_all() {
    groups(|groups| {
        for group in groups.drain(..) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    });
}

fn groups(action: impl FnOnce(&mut Vec<Pid>)) {
    action(&mut GROUPS.lock().unwrap_or_else(PoisonError::into_inner));
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> Result<SocketAddr, Problem> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::{Running, free_port};
    use std::net::TcpStream;
    use std::process::Command;

    #[test]
    fn a_command_that_ends_is_told_with_its_last_words() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo 'no such option' >&2; exit 3"]);
        let error = Running::start(command, free_port().unwrap(), String::new(), log.path());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("sh ended") && error.ends_with("no such option"), "{error}");
    }

    #[test]
    fn a_server_ends_with_its_children() {
        let python = crate::suites::cpython::python::newest();
        let Some(python) = python else { return eprintln!("skipped: there is no python3") };
        let (address, log) = (free_port().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let mut command = Command::new("sh");
        let serve = format!(
            "{} -m http.server --bind 127.0.0.1 {} & wait",
            python.path.display(),
            address.port()
        );
        command.args(["-c", &serve]);
        let running = Running::start(command, address, String::new(), log.path()).unwrap();
        drop(running);
        assert!(TcpStream::connect(address).is_err());
    }
}
