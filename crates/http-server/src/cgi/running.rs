//! The scripts that run.

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::collections::BTreeMap;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The scripts of a handler and its clones that run, by their process ids.
///
/// A script is the leader of a process group. Its id is its own until it is reaped, which happens here and nowhere else, so
/// a signal never reaches anybody else's processes.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<Processes>>);

#[derive(Debug, Default)]
struct Processes {
    children: BTreeMap<i32, Child>,
    /// How many are about to be among them.
    starting: usize,
}

/// Somebody may be writing the file, or have forked while he did; that passes.
const BUSY_TRIES: u32 = 10;
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// How long a script has to clean up after SIGTERM.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Running {
    /// Starts a script as the leader of a group; its pipes are for the caller to take. Fails with
    /// [`io::ErrorKind::ResourceBusy`] if there are `most` already.
    pub(super) fn start<T>(
        &self,
        command: &mut Command,
        most: usize,
        take: impl FnOnce(&mut Child) -> T,
    ) -> io::Result<(Pid, T)> {
        {
            let mut processes = self.lock();
            if processes.children.len() + processes.starting >= most {
                return Err(io::ErrorKind::ResourceBusy.into());
            }
            processes.starting += 1;
        }
        let spawned = spawn(command);
        let mut processes = self.lock();
        processes.starting -= 1;
        let mut child = spawned?;
        let taken = take(&mut child);
        let pid = Pid::from_child(&child);
        processes.children.insert(pid.as_raw_nonzero().get(), child);
        Ok((pid, taken))
    }

    /// Collects a script that has exited.
    pub(super) fn reap(&self, script: Pid) -> Option<ExitStatus> {
        let child = self.lock().children.remove(&script.as_raw_nonzero().get());
        child.and_then(|mut child| child.wait().ok())
    }

    /// Ends a script and all that it has started: asks it to, and kills what is left a moment later.
    pub(super) fn end(&self, script: Pid) {
        signal(script, Signal::TERM);
        let running = self.clone();
        let end = move || {
            let deadline = Instant::now() + LAST_WORDS;
            while !has_exited(script) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(10));
            }
            running.kill(script);
        };
        // The client is not to wait for this, nor is another one that the thread belongs to.
        if thread::Builder::new().name("cgi-end".to_owned()).spawn(end).is_err() {
            self.kill(script);
        }
    }

    fn kill(&self, script: Pid) {
        signal(script, Signal::KILL);
        self.reap(script);
    }

    /// Kills all scripts that run. Who waits for one sees its end.
    pub(super) fn kill_all(&self) {
        for script in self.lock().children.keys() {
            if let Some(script) = Pid::from_raw(*script) {
                signal(script, Signal::KILL);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Processes> {
        // A panic leaves nothing half-done here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn(command: &mut Command) -> io::Result<Child> {
    let mut tries = 0;
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES =>
            {
                tries += 1;
                thread::sleep(BUSY_PAUSE);
            }
            result => return result,
        }
    }
}

/// Whether a script that nobody has reaped has exited.
pub(super) fn has_exited(script: Pid) -> bool {
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // Who cannot be looked at is no more.
    !matches!(waitid(WaitId::Pid(script), look), Ok(None))
}

/// Sends a signal to a script that nobody has reaped, and to all that it has started.
fn signal(script: Pid, signal: Signal) {
    // There may be nobody left.
    let _ = kill_process_group(script, signal);
}
