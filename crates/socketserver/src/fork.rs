//! `fork` and `_exit`: the only code of this crate that the compiler cannot check.
//!
//! No crate offers the two with a safe signature. What makes them sound here is that
//! [`fork_worker`] never lets the child return into code that was not written to run in two
//! processes: the child runs one closure and ends.
#![allow(unsafe_code)]

use rustix::process::Pid;
use std::io;
use std::panic::{self, AssertUnwindSafe};

/// Starts a child process that runs `work` and exits with 0 if that returned true, else with 1.
///
/// Only the parent returns. Nothing of the process is cleaned up in the child: no destructors, no
/// flushing of buffered output, as after `os._exit`.
pub(crate) fn fork_worker(work: impl FnOnce() -> bool) -> io::Result<Pid> {
    // The child reports errors on stderr. If another thread held its lock at the moment of the
    // fork, nobody could ever release it in the child; so this thread holds it.
    let stderr = io::stderr().lock();
    // SAFETY: `fork` touches no memory of ours. In the child, which has this thread only, memory
    // is what it would be had all other threads stopped for ever: what they were changing under a
    // lock stays locked, which can make the child wait but not see it half changed. The C
    // libraries of the systems we run on put their allocators in order in the child. POSIX
    // promises less for programs with several threads, which is why `ForkingMixIn` documents it.
    let pid = unsafe { libc::fork() };
    drop(stderr);
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    // Zero is no process id: it tells the child that it is the child.
    Pid::from_raw(pid).ok_or_else(|| {
        let worked = panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(false);
        // SAFETY: `_exit` never returns and runs no code of this process. Nothing relies on being
        // dropped for soundness.
        unsafe { libc::_exit(i32::from(!worked)) }
    })
}
