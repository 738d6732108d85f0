//! The thread of `serve_forever`: sees work that holds a poller for too long, and sees to the end.

use super::crew::{Crew, Stop};
use super::protocol::Protocol;
use super::selector::Selector;
use super::slot::Slot;
use super::{PollableConnection, ProtocolClass};
use crate::control::Control;
use crate::{BaseServer, Misuse, RequestOf};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// So many looks at pollers that run nothing, then the monitor sleeps until something runs.
const QUIET_LOOKS: u32 = 16;

/// A shorter pause would leave the monitor no rest.
const SHORTEST_PAUSE: Duration = Duration::from_micros(50);

/// So many looks after lasting work are four times as many.
const BRISK_LOOKS: u32 = 40;

/// So many looks without lasting work, then they are half as many.
const SMOOTH_LOOKS: u32 = 256;

/// The load of a poller that no look finds waiting.
const ALWAYS: u32 = 4096;
/// Over so many looks the load is averaged.
const MEMORY: u32 = 32;
/// From this load on a poller needs help.
const SATURATED: u32 = ALWAYS / 100 * 97;

/// How long threads that run no handler have to end after a stop; they only have to wake up.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves with a crew until the server is told to stop, and ends it.
pub(super) fn conduct<S, F, P, L>(crew: &Arc<Crew<S, F, P, L>>, control: &Control) -> io::Result<()>
where
    S: BaseServer + 'static,
    RequestOf<S>: PollableConnection,
    F: ProtocolClass<S::Transport, Protocol = P>,
    P: Protocol,
    L: Selector,
{
    let phases = vec![0; crew.slots.len()];
    let mut monitor = Monitor { crew, phases, quiet: 0, smooth: 0, load: 0 };
    let started = (0..crew.slots.len()).try_for_each(|slot| crew.order(slot));
    let result = started.and_then(|()| monitor.serve(control));
    // Whatever ended it: nothing is left behind.
    let result = result.and(monitor.stop(control));
    crew.begin_stop(Stop::Now);
    monitor.wait_for_pollers(control, None)?;
    crew.close_leftovers();
    let deadline = Instant::now() + FAREWELL;
    while crew.dismiss() > 0 && Instant::now() < deadline {
        control.wait(None, Some(Duration::from_millis(1)))?;
    }
    crew.close_leftovers();
    result
}

struct Monitor<'c, S: BaseServer, F, P, L> {
    crew: &'c Arc<Crew<S, F, P, L>>,
    /// What the slots' phases were at the last look.
    phases: Vec<u64>,
    quiet: u32,
    /// How many looks have found no lasting work.
    smooth: u32,
    /// How many of the last looks, of [`ALWAYS`], have not found the poller that accepts waiting.
    load: u32,
}

impl<S, F, P, L> Monitor<'_, S, F, P, L>
where
    S: BaseServer + 'static,
    RequestOf<S>: PollableConnection,
    F: ProtocolClass<S::Transport, Protocol = P>,
    P: Protocol,
    L: Selector,
{
    /// Until somebody asks for the end.
    fn serve(&mut self, control: &Control) -> io::Result<()> {
        let server = &*self.crew.server;
        let interval = server.base().options().poll_interval;
        let mut next_service = Instant::now() + interval;
        while !control.is_stopping() {
            if server.base().socket().is_err() {
                return Err(Misuse::Closed.into());
            }
            if let Some(error) = self.crew.take_failure() {
                return Err(error);
            }
            let now = Instant::now();
            if now >= next_service {
                self.crew.guarded(|| server.service_actions());
                next_service = now + interval;
            }
            self.look_and_wait(control, Some(next_service.saturating_duration_since(now)))?;
        }
        Ok(())
    }

    /// Until the requests that run have ended, or there is no more time for them.
    fn stop(&mut self, control: &Control) -> io::Result<()> {
        self.crew.begin_stop(Stop::Graceful);
        let deadline = Instant::now().checked_add(self.crew.options.graceful);
        // Those who have connected by now are accepted before.
        self.wait_for(control, deadline, |slot| &slot.deaf)?;
        self.crew.guarded(|| self.crew.server.server_close());
        self.wait_for_pollers(control, deadline)
    }

    /// Until all pollers have ended; a second request to stop, or the deadline, makes that now.
    fn wait_for_pollers(&mut self, control: &Control, deadline: Option<Instant>) -> io::Result<()> {
        self.wait_for(control, deadline, |slot| &slot.done)
    }

    /// Until this is so for all pollers, or they have ended.
    fn wait_for(
        &mut self,
        control: &Control,
        deadline: Option<Instant>,
        what: fn(&Slot<S, P, L>) -> &AtomicBool,
    ) -> io::Result<()> {
        let so = |flag: &AtomicBool| flag.load(Ordering::SeqCst);
        while !self.crew.slots.iter().all(|slot| so(what(slot)) || so(&slot.done)) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if control.stop_requests() > 1 || left == Some(Duration::ZERO) {
                self.crew.begin_stop(Stop::Now);
            }
            if self.crew.stop() == Stop::Now {
                self.end_abandoned();
            }
            self.look_and_wait(control, left.filter(|left| !left.is_zero()))?;
        }
        Ok(())
    }

    /// Ends the pollers whose threads are in handlers.
    fn end_abandoned(&self) {
        for slot in &self.crew.slots {
            if let Some(lead) = slot.take_over() {
                self.crew.end(slot, lead);
            }
        }
    }

    /// Looks at the pollers, and waits until it is time for another look or somebody calls.
    fn look_and_wait(&mut self, control: &Control, limit: Option<Duration>) -> io::Result<()> {
        // Lasting work seldom comes alone, and each waits for the one before it. Where all work is short a look is for
        // nothing, and is worth half of them only.
        let pause = match self.smooth {
            0..BRISK_LOOKS => self.crew.options.hand_off_after / 4,
            BRISK_LOOKS..SMOOTH_LOOKS => self.crew.options.hand_off_after,
            _ => self.crew.options.hand_off_after * 2,
        };
        let pause = pause.max(SHORTEST_PAUSE);
        if self.look() {
            self.quiet = 0;
        } else {
            self.quiet = self.quiet.saturating_add(1);
        }
        if self.quiet < QUIET_LOOKS {
            let pause = limit.map_or(pause, |limit| limit.min(pause));
            control.wait(None, Some(pause))?;
            return Ok(());
        }
        self.crew.monitor_asleep.store(true, Ordering::SeqCst);
        // Who laid a lead down before that store did not see it.
        if !self.look() {
            control.wait(None, limit)?;
        }
        self.crew.monitor_asleep.store(false, Ordering::SeqCst);
        self.quiet = 0;
        Ok(())
    }

    /// Has pollers taken over whose work has lasted since the last look; true if anything runs or has run.
    fn look(&mut self) -> bool {
        let mut busy = false;
        self.smooth = self.smooth.saturating_add(1);
        for (index, slot) in self.crew.slots.iter().enumerate() {
            let Some(last) = self.phases.get_mut(index) else { continue };
            let phase = slot.phase();
            let lies = phase % 2 == 1;
            if lies && *last == phase && slot.is_at_work(phase) {
                self.smooth = 0;
                // If the system has no thread to give, the next look tries again.
                let _ = self.crew.order(index);
            }
            busy |= lies || *last != phase;
            *last = phase;
        }
        self.relieve();
        busy
    }

    /// Has another poller accept, too, when the one that does has no time to wait.
    fn relieve(&mut self) {
        let Some((first, others)) = self.crew.slots.split_first() else { return };
        self.load -= self.load / MEMORY;
        if !first.is_waiting() {
            self.load += ALWAYS / MEMORY;
        }
        if self.load > SATURATED {
            if let Some(idle) = others.iter().find(|slot| slot.is_waiting()) {
                idle.ask_for_help();
            }
        }
    }
}
