//! Deadlines of connections: a wheel of buckets, each for one tick.
//!
//! A connection is in the wheel at most once, unless its deadline moved to the front: moving it back, which each
//! request of a kept connection does, touches nothing. When a bucket is due, the poller looks at the real deadline
//! and puts the connection in again if that is later. What is in a bucket is a hint, never a fact.

use std::time::{Duration, Instant};

/// How exact deadlines are.
const TICK: Duration = Duration::from_millis(10);
/// The wheel turns once in about 10 s; later deadlines are looked at once each turn.
const BUCKETS: u64 = 1024;

/// The wheel.
#[derive(Debug)]
pub(super) struct Timers {
    start: Instant,
    /// Ticks up to this one have been given out.
    done: u64,
    /// In no bucket before this tick is anything; nothing is in any if there is none.
    next: Option<Appointment>,
    buckets: Vec<Vec<u32>>,
}

/// A tick, and when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Appointment {
    pub(super) tick: u64,
    pub(super) time: Instant,
}

impl Timers {
    pub(super) fn new(now: Instant) -> Self {
        let buckets = (0..BUCKETS).map(|_| Vec::new()).collect();
        Self { start: now, done: 0, next: None, buckets }
    }

    /// The tick of a deadline: the first that is not before it, and near enough for the wheel.
    pub(super) fn appointment(&self, deadline: Instant) -> Appointment {
        let since = deadline.saturating_duration_since(self.start);
        let tick = u64::try_from(since.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX);
        self.at(tick.clamp(self.done + 1, self.done + BUCKETS))
    }

    fn at(&self, tick: u64) -> Appointment {
        let since = Duration::from_millis(tick.saturating_mul(TICK.as_millis() as u64));
        // A clock that is about to overflow has everybody looked at, which is no harm.
        Appointment { tick, time: self.start.checked_add(since).unwrap_or(self.start) }
    }

    /// Has a connection looked at when the tick is over.
    pub(super) fn insert(&mut self, appointment: Appointment, token: u32) {
        if self.next.is_none_or(|next| appointment.tick < next.tick) {
            self.next = Some(appointment);
        }
        if let Some(bucket) = self.buckets.get_mut((appointment.tick % BUCKETS) as usize) {
            bucket.push(token);
        }
    }

    /// When something is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next.map(|next| next.time)
    }

    /// Gives out what is due, with the tick it was there for.
    pub(super) fn expire(&mut self, now: Instant, mut due: impl FnMut(u64, u32)) {
        let since = now.saturating_duration_since(self.start).as_nanos() / TICK.as_nanos();
        let now = u64::try_from(since).unwrap_or(u64::MAX);
        self.done = self.done.max(now);
        let Some(next) = self.next.filter(|next| next.tick <= now) else { return };
        // Within one turn each bucket holds one tick only.
        for tick in next.tick..=now.min(next.tick + BUCKETS - 1) {
            if let Some(bucket) = self.buckets.get_mut((tick % BUCKETS) as usize) {
                bucket.drain(..).for_each(|token| due(tick, token));
            }
        }
        let next = (now + 1..=now + BUCKETS).find(|tick| {
            self.buckets.get((tick % BUCKETS) as usize).is_some_and(|bucket| !bucket.is_empty())
        });
        self.next = next.map(|tick| self.at(tick));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(timers: &mut Timers, now: Instant) -> Vec<u32> {
        let mut tokens = Vec::new();
        timers.expire(now, |_, token| tokens.push(token));
        tokens
    }

    #[test]
    fn what_is_due_is_given_out_once_and_never_early() {
        let start = Instant::now();
        let mut timers = Timers::new(start);
        for (token, millis) in [(1, 25), (2, 20), (3, 5000), (4, 21)] {
            let deadline = start + Duration::from_millis(millis);
            timers.insert(timers.appointment(deadline), token);
        }
        assert_eq!(timers.next(), Some(start + Duration::from_millis(20)));
        assert_eq!(due(&mut timers, start + Duration::from_millis(19)), []);
        assert_eq!(due(&mut timers, start + Duration::from_millis(20)), [2]);
        assert_eq!(due(&mut timers, start + Duration::from_millis(4999)), [1, 4]);
        assert_eq!(due(&mut timers, start + Duration::from_secs(5)), [3]);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn a_far_deadline_is_looked_at_once_each_turn() {
        let start = Instant::now();
        let mut timers = Timers::new(start);
        let deadline = start + Duration::from_secs(60);
        let mut looks = 0;
        timers.insert(timers.appointment(deadline), 7);
        while let Some(next) = timers.next().filter(|next| *next < deadline) {
            assert_eq!(due(&mut timers, next), [7]);
            looks += 1;
            timers.insert(timers.appointment(deadline), 7);
        }
        assert_eq!(looks, 5);
        assert_eq!(due(&mut timers, deadline), [7]);
    }

    #[test]
    fn a_long_sleep_loses_nothing() {
        let start = Instant::now();
        let mut timers = Timers::new(start);
        for token in 0..2000 {
            let deadline = start + Duration::from_millis(u64::from(token) * 5);
            timers.insert(timers.appointment(deadline), token);
        }
        let mut tokens = due(&mut timers, start + Duration::from_secs(3600));
        tokens.sort_unstable();
        assert_eq!(tokens, (0..2000).collect::<Vec<_>>());
        let tick = timers.appointment(start).tick;
        let other = timers.appointment(start + Duration::from_secs(3600)).tick;
        assert!(other <= tick, "both are over");
    }
}
