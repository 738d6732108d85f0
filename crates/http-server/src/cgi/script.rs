//! A script that runs: its output, its complaints, and its end.

use super::CgiOptions;
use super::body::ScriptInput;
use super::running::{Running, has_exited};
use super::user::ids;
use crate::Exchange;
use crate::exchange::Stopping;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Pid;
use socketserver::Presence;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What is to be run.
pub(super) struct Program<'p> {
    /// Without any links in it.
    pub(super) file: &'p Path,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: BTreeMap<OsString, OsString>,
    pub(super) interpreter: Option<&'p Path>,
}

/// A script that runs. Dropped before its end, it is killed, and so is all that it has started.
pub(super) struct Script {
    pid: Pid,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// The beginning of a line of standard error.
    complaint: Vec<u8>,
    running: Running,
    patience: Patience,
    reaped: bool,
}

/// How long a script is waited for.
struct Patience {
    timeout: Option<Duration>,
    half_closed: Option<Duration>,
    graceful: Duration,
    /// How long the script has been waited for without output that could be sent.
    silent: Duration,
    /// Up to when that is counted.
    counted: Instant,
    /// Since when the client, and the server, seem not to want it any more.
    alone: Option<Instant>,
    stopping: Option<Instant>,
    looked: Instant,
}

/// Why a script is not waited for any longer.
#[derive(Debug)]
pub(super) enum GivenUp {
    Silent(Duration),
    ClientGone,
    ServerStops,
    Failed(io::Error),
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(timeout) => write!(f, "no output for {} s", timeout.as_secs_f64()),
            Self::ClientGone => f.write_str("its client is gone"),
            Self::ServerStops => f.write_str("the server stops"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// What there is to read.
struct Ready {
    stdout: bool,
    stderr: bool,
    exited: bool,
}

/// The longest wait without a look at the client, the server and the script.
const LOOK: Duration = Duration::from_millis(50);
/// How long a script that has failed is waited for.
const DYING: Duration = Duration::from_millis(200);
/// A longer line of standard error is cut into several lines of the log.
const LOG_LINE: usize = 4096;
/// As much as the pipe of a script that has exited can hold of what it has said itself.
const LAST_COMPLAINTS: usize = 64 * 1024;

impl Script {
    pub(super) fn start(
        program: Program<'_>,
        input: ScriptInput,
        options: &CgiOptions,
        running: &Running,
    ) -> io::Result<Self> {
        let (stdin, small) = input.into_stdio();
        let mut command = match program.interpreter {
            Some(interpreter) => {
                let mut command = Command::new(interpreter);
                command.arg("-u").arg(program.file);
                command
            }
            None => Command::new(program.file),
        };
        command
            .args(program.arguments)
            .env_clear()
            .envs(program.environment)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // So that all it starts can be ended with it.
            .process_group(0);
        // RFC 3875 §7.2.
        if let Some(directory) = program.file.parent() {
            command.current_dir(directory);
        }
        if let Some((uid, gid)) = ids(options.run_as) {
            command.uid(uid).gid(gid);
        }
        let (pid, (stdin, stdout, stderr)) =
            running.start(&mut command, options.processes, |child| {
                (child.stdin.take(), child.stdout.take(), child.stderr.take())
            })?;
        if let Some(mut stdin) = stdin {
            // It fits, and a script that does not want it may have ended already.
            let _ = stdin.write_all(&small);
        }
        Ok(Self {
            pid,
            stdout,
            stderr,
            complaint: Vec::new(),
            running: running.clone(),
            patience: Patience::new(options),
            reaped: false,
        })
    }

    /// Reads some of the output; 0 is its end. What its own children still hold open after its end is not waited for, as in
    /// CPython.
    ///
    /// The script counts as silent until it is [`heard`](Self::heard).
    pub(super) fn read(&mut self, x: &Exchange<'_>, block: &mut [u8]) -> Result<usize, GivenUp> {
        self.patience.resume();
        let read = self.read_on(x, block);
        self.patience.count();
        read
    }

    fn read_on(&mut self, x: &Exchange<'_>, block: &mut [u8]) -> Result<usize, GivenUp> {
        loop {
            let mut ready = self.wait(x)?;
            if ready.stderr {
                self.read_complaints(x);
            }
            if ready.exited && !ready.stdout {
                // What it has written with its last breath came after the look at its output.
                ready.stdout = self.poll(Duration::ZERO).stdout;
            }
            if !ready.stdout && !ready.exited {
                continue;
            }
            let Some(stdout) = self.stdout.as_mut().filter(|_| ready.stdout) else { return Ok(0) };
            match stdout.read(block) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(GivenUp::Failed(error)),
            }
        }
    }

    /// What was read is of use.
    pub(super) fn heard(&mut self) {
        self.patience.silent = Duration::ZERO;
    }

    /// Waits for the end, after that of the output, and logs it.
    pub(super) fn finish(&mut self, x: &Exchange<'_>) -> Result<(), GivenUp> {
        self.stdout = None;
        self.patience.resume();
        while !self.has_exited() {
            if self.wait(x)?.stderr {
                self.read_complaints(x);
            }
        }
        // What its own children go on complaining about might have no end.
        for _ in 0..LAST_COMPLAINTS / LOG_LINE {
            if !self.poll(Duration::ZERO).stderr {
                break;
            }
            self.read_complaints(x);
        }
        if !self.complaint.is_empty() {
            log_complaint(x, &self.complaint);
        }
        let status = self.running.reap(self.pid);
        self.reaped = true;
        match status.map(exit_code) {
            Some(0) | None => {}
            Some(code) => x.log_error(format_args!("CGI script exit code {code}")),
        }
        Ok(())
    }

    /// The same for a script whose output is of no use: it has a moment to end by itself, so that the log can say why.
    pub(super) fn finish_soon(&mut self, x: &Exchange<'_>) -> Result<(), GivenUp> {
        self.stdout = None;
        self.patience.resume();
        let deadline = Instant::now() + DYING;
        while !self.has_exited() {
            if Instant::now() >= deadline {
                return Ok(());
            }
            if self.wait(x)?.stderr {
                self.read_complaints(x);
            }
        }
        self.finish(x)
    }

    /// Waits until there is something to read, or the script has exited.
    fn wait(&mut self, x: &Exchange<'_>) -> Result<Ready, GivenUp> {
        loop {
            let mut ready = self.poll(LOOK);
            if !ready.stdout {
                ready.exited = self.has_exited();
            }
            self.patience.ask(x)?;
            if ready.stdout || ready.stderr || ready.exited {
                return Ok(ready);
            }
        }
    }

    /// Waits for either pipe, at most as long as that.
    fn poll(&self, limit: Duration) -> Ready {
        let mut descriptors: Vec<PollFd<'_>> = Vec::with_capacity(2);
        let wanted = PollFlags::IN;
        descriptors.extend(
            self.stdout.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), wanted)),
        );
        descriptors.extend(
            self.stderr.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), wanted)),
        );
        // With nothing to read any more there is only the exit to wait for, of which no descriptor tells.
        let limit =
            if descriptors.is_empty() { limit.min(Duration::from_millis(5)) } else { limit };
        let timeout = Timespec { tv_sec: 0, tv_nsec: limit.subsec_nanos().into() };
        // Interrupted, for example: there is another look.
        let _ = poll(&mut descriptors, Some(&timeout));
        let mut ready = descriptors.iter().map(|descriptor| !descriptor.revents().is_empty());
        Ready {
            stdout: self.stdout.is_some() && ready.next().unwrap_or(false),
            stderr: self.stderr.is_some() && ready.next().unwrap_or(false),
            exited: false,
        }
    }

    /// Reads once from standard error, and logs the lines that are whole.
    fn read_complaints(&mut self, x: &Exchange<'_>) {
        let Some(stderr) = &mut self.stderr else { return };
        let mut block = [0; LOG_LINE];
        match stderr.read(&mut block) {
            Ok(count @ 1..) => self.complaint.extend(block.iter().take(count)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => self.stderr = None,
        }
        while let Some(end) = self.complaint.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.complaint.drain(..=end).collect();
            log_complaint(x, &line);
        }
        if self.complaint.len() >= LOG_LINE {
            log_complaint(x, &self.complaint);
            self.complaint.clear();
        }
    }

    fn has_exited(&self) -> bool {
        has_exited(self.pid)
    }
}

impl Patience {
    fn new(options: &CgiOptions) -> Self {
        Self {
            timeout: options.timeout,
            half_closed: options.half_closed,
            graceful: options.graceful,
            silent: Duration::ZERO,
            counted: Instant::now(),
            alone: None,
            stopping: None,
            looked: Instant::now(),
        }
    }

    /// Begins to count: what was before was a wait for the client.
    fn resume(&mut self) {
        self.counted = Instant::now();
    }

    /// Counts the time since it was last counted.
    fn count(&mut self) -> Instant {
        let now = Instant::now();
        self.silent += now.saturating_duration_since(self.counted);
        self.counted = now;
        now
    }

    /// Whether to go on.
    fn ask(&mut self, x: &Exchange<'_>) -> Result<(), GivenUp> {
        let now = self.count();
        if let Some(timeout) = self.timeout.filter(|timeout| self.silent >= *timeout) {
            return Err(GivenUp::Silent(timeout));
        }
        if now.saturating_duration_since(self.looked) < LOOK {
            return Ok(());
        }
        self.looked = now;
        let for_long = |since: &mut Option<Instant>, limit| {
            now.saturating_duration_since(*since.get_or_insert(now)) >= limit
        };
        match (x.presence(), self.half_closed) {
            (Presence::Gone, _) => return Err(GivenUp::ClientGone),
            (Presence::Ended, Some(limit))
                if self.silent >= limit && for_long(&mut self.alone, limit) =>
            {
                return Err(GivenUp::ClientGone);
            }
            (Presence::Ended, Some(_)) => {
                for_long(&mut self.alone, Duration::MAX);
            }
            _ => self.alone = None,
        }
        match x.stopping() {
            Stopping::Now => Err(GivenUp::ServerStops),
            Stopping::Patiently if for_long(&mut self.stopping, self.graceful) => {
                Err(GivenUp::ServerStops)
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if !self.reaped {
            self.running.end(self.pid);
        }
    }
}

fn log_complaint(x: &Exchange<'_>, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    x.log_error(format_args!("{}", line.trim_end_matches(['\r', '\n'])));
}

/// As `os.waitstatus_to_exitcode` has it: a signal is a negative number.
fn exit_code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| -signal)).unwrap_or(-1)
}
