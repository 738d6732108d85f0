//! Starting, waking and ending a serving loop.

use crate::error::Misuse;
use crate::lock::lock;
use crate::term::Term;
use crate::wakeup::{Readiness, Wakeup};
use socket2::SockRef;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Ends a serving loop from anywhere; cheap to clone, and may outlive the server.
///
/// # Examples
///
/// ```
/// use socketserver::{BaseRequestHandler, Raw, Serve, TcpServer};
///
/// struct Nothing;
/// impl BaseRequestHandler for Nothing {}
///
/// let server = TcpServer::bind("127.0.0.1:0", Raw(|| Nothing))?;
/// let handle = server.shutdown_handle();
/// let stopper = std::thread::spawn(move || handle.shutdown());
/// server.serve_forever()?; // returns as soon as the other thread asks
/// stopper.join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ShutdownHandle(Arc<Control>);

impl ShutdownHandle {
    pub(crate) fn new(control: Arc<Control>) -> Self {
        Self(control)
    }

    /// Ends the serving loop and waits until it has ended (`BaseServer.shutdown`).
    ///
    /// It never deadlocks. Where CPython would, it does not wait:
    ///
    /// - in the thread that runs the loop (a handler of a server without a mix-in, a
    ///   `service_actions`): the loop ends when this request does;
    /// - in a handler's thread of an [`Engine`](crate::engine::Engine), for the same reason;
    /// - before any loop runs: the next one returns at once.
    ///
    /// As in CPython, a shutdown after the loop has ended is kept for the next loop.
    pub fn shutdown(&self) {
        self.0.shutdown(true);
    }

    /// Asks the loop to end, like [`shutdown`](Self::shutdown), but does not wait for it.
    pub fn request_shutdown(&self) {
        self.0.shutdown(false);
    }
}

/// What the loop and those who end it share.
#[derive(Debug)]
pub(crate) struct Control {
    state: Mutex<State>,
    ended: Condvar,
    wakeup: Wakeup,
}

#[derive(Debug, Default)]
struct State {
    /// CPython's `__shutdown_request`: how many there were.
    stop: u32,
    /// The thread in a loop: CPython's `__is_shut_down`, and whose loop it is.
    running: Option<(ThreadId, Loop)>,
    /// Counts the loops, so that waiting for one to end does not wait for the next.
    run: u64,
    /// Ended by whoever stops or closes the server; the next loop begins a new one.
    term: Arc<Term>,
    /// The threads that the loop waits for: they cannot wait for the loop.
    crew: Vec<ThreadId>,
}

/// Which loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loop {
    /// `serve_forever`.
    Forever,
    /// `handle_request`.
    Once,
}

impl State {
    fn held_by_this_thread(&self) -> Option<Loop> {
        self.running.filter(|(thread, _)| *thread == thread::current().id()).map(|(_, which)| which)
    }
}

impl Control {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { state: Mutex::default(), ended: Condvar::new(), wakeup: Wakeup::new()? })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn shutdown(&self, wait: bool) {
        let mut state = self.state();
        state.stop = state.stop.saturating_add(1);
        state.term.end();
        self.wakeup.wake();
        let me = thread::current().id();
        if !wait || state.held_by_this_thread().is_some() || state.crew.contains(&me) {
            return;
        }
        let run = state.run;
        while state.running.is_some() && state.run == run {
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes a waiting loop, and all who wait for their clients, look again at the world: the socket was closed.
    pub(crate) fn closed(&self) {
        self.state().term.end();
        self.wakeup.wake();
    }

    /// Makes a waiting loop look again at the world.
    pub(crate) fn wake(&self) {
        self.wakeup.wake();
    }

    /// The present term, and the loop that runs in this thread.
    pub(crate) fn term(&self) -> (Arc<Term>, Option<Loop>) {
        let state = self.state();
        (Arc::clone(&state.term), state.held_by_this_thread())
    }

    /// Registers this thread's loop, until the returned value is dropped.
    pub(crate) fn enter(&self, which: Loop) -> Result<Running<'_>, Misuse> {
        let mut state = self.state();
        if state.running.is_some() {
            return Err(Misuse::AlreadyServing);
        }
        state.running = Some((thread::current().id(), which));
        state.run += 1;
        if state.term.is_over() {
            state.term = Arc::default();
        }
        Ok(Running { control: self })
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.state().stop > 0
    }

    /// How often the loop was asked to end.
    pub(crate) fn stop_requests(&self) -> u32 {
        self.state().stop
    }

    /// Counts this thread among those that the loop waits for, until the returned value is dropped.
    pub(crate) fn enlist(&self) -> Enlisted<'_> {
        self.state().crew.push(thread::current().id());
        Enlisted { control: self }
    }

    /// Waits until `socket` is readable, somebody wakes the loop, or the time is over.
    pub(crate) fn wait(
        &self,
        socket: Option<&SockRef<'_>>,
        timeout: Option<Duration>,
    ) -> io::Result<Readiness> {
        self.wakeup.wait(socket, timeout)
    }
}

/// A thread that a loop waits for.
#[derive(Debug)]
pub(crate) struct Enlisted<'a> {
    control: &'a Control,
}

impl Drop for Enlisted<'_> {
    fn drop(&mut self) {
        let me = thread::current().id();
        self.control.state().crew.retain(|thread| *thread != me);
    }
}

/// A loop that runs; dropping it, also by a panic, lets those go who wait for its end.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    control: &'a Control,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.control.state();
        state.stop = 0;
        state.running = None;
        self.control.ended.notify_all();
    }
}
