//! Starts servers, and sees to it that none is left behind, however this process ends.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::bench::peers::client;
use crate::bench::peers::machine;
use crate::bench::peers::programs::Program;

/// How long a server may take to its first answer.
const READY: Duration = Duration::from_secs(20);

/// Reads the process group to end when its input ends, one a line; an empty line means none. Its input ends when this
/// process does, be it by Ctrl-C or by SIGKILL.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
while read -r group; do current=$group; done
[ -n "$current" ] && kill -s TERM -- "-$current" && sleep 1 && kill -s KILL -- "-$current"
"#;

pub(super) struct Launcher {
    folder: PathBuf,
    watchdog: Child,
    orders: ChildStdin,
}

impl Launcher {
    /// Servers log to files in this folder.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let orders = watchdog.stdin.take().expect("stdin is piped just above");
        Ok(Self { folder: folder.to_owned(), watchdog, orders })
    }

    /// Starts a server and waits for its first answer. `processor`: the only one it may use.
    pub(super) fn start(
        &mut self,
        program: &Program,
        processor: Option<usize>,
    ) -> Result<Running<'_>> {
        let port = free_port()?;
        let mut words = program.command(port, &self.folder)?;
        if let Some(processor) = processor {
            let pin = ["taskset", "-c"].map(str::to_owned);
            words = pin.into_iter().chain([processor.to_string()]).chain(words).collect();
        }
        let log_path = self.folder.join(format!("{}.log", program.server.name));
        let log = File::create(&log_path)?;
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // A group of its own: it is counted as one, stopped as one, and gets no Ctrl-C that was meant for us.
        command.process_group(0);
        let start = Instant::now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", words[0]))?;
        writeln!(self.orders, "{}", child.id())?;
        let mut running = Running { child, port, to_first_answer: Duration::ZERO, launcher: self };
        loop {
            if client::get(port, "/", Duration::from_secs(1)).is_ok_and(|a| a.status == 200) {
                running.to_first_answer = start.elapsed();
                return Ok(running);
            }
            let exit = running.child.try_wait()?;
            if exit.is_some() || start.elapsed() > READY {
                let what = exit.map_or("does not answer".to_owned(), |exit| exit.to_string());
                let log = fs::read_to_string(&log_path).unwrap_or_default();
                let says = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: ");
                let last = log.lines().rev().find(says);
                return Err(format!("{what}: {}", last.unwrap_or("no message")).into());
            }
            thread::sleep(Duration::from_micros(50));
        }
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        // It has nothing to end any more, and ends by itself if it cannot be ended.
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}

/// A server that answers; it is stopped when this is dropped.
pub(super) struct Running<'l> {
    child: Child,
    launcher: &'l mut Launcher,
    pub(super) port: u16,
    pub(super) to_first_answer: Duration,
}

impl Running<'_> {
    /// The process group of the server and its workers.
    pub(super) fn group(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let group = self.group();
        for signal in ["TERM", "KILL"] {
            let _ = Command::new("sh")
                .args(["-c", r#"kill -s "$0" -- "-$1""#, signal, &group.to_string()])
                .stderr(Stdio::null())
                .status();
            let end = Instant::now() + Duration::from_secs(2);
            while Instant::now() < end && machine::group_lives(group) {
                thread::sleep(Duration::from_millis(5));
                let _ = self.child.try_wait();
            }
            if !machine::group_lives(group) {
                break;
            }
        }
        // What is left without a shell; it fails where there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = writeln!(self.launcher.orders);
    }
}

/// Below the ports that the system hands out to clients, so that no client of the load takes it.
fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let given = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let port = 10_000 + given % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no port between 10000 and 30000 is free".into())
}
