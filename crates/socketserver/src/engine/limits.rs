//! What all connections of an engine share, of which there is only so much.

use super::EngineOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) output_buffer: usize,
    /// Seats for handlers that wait for a client.
    pub(super) waiting: Arc<Room>,
    /// Bytes beyond the output buffers.
    pub(super) spill: Arc<Room>,
    /// The server is about to stop.
    pub(super) stopping: AtomicBool,
    /// It does not wait for handlers any more.
    pub(super) over: AtomicBool,
    /// How much work waits for a thread.
    pub(super) queued: AtomicUsize,
}

impl Limits {
    pub(super) fn new(options: &EngineOptions) -> Self {
        let waiting = options.waiting_threads.unwrap_or((options.threads / 2).max(1));
        Self {
            output_buffer: options.output_buffer,
            waiting: Room::new(waiting),
            spill: Room::new(options.spill),
            stopping: AtomicBool::new(false),
            over: AtomicBool::new(false),
            queued: AtomicUsize::new(0),
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(super) fn others_wait(&self) -> bool {
        self.queued.load(Ordering::Relaxed) > 0
    }
}

/// A number of things of which there are only so many.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) taken: AtomicUsize,
    limit: usize,
}

impl Room {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { taken: AtomicUsize::new(0), limit })
    }
}

/// Some of them, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    room: Arc<Room>,
    pub(super) amount: usize,
}

impl Reservation {
    pub(super) fn take(room: &Arc<Room>, amount: usize) -> Option<Self> {
        let more = |taken: usize| taken.checked_add(amount).filter(|sum| *sum <= room.limit);
        room.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Self { room: Arc::clone(room), amount })
    }

    /// Makes one of two.
    pub(super) fn join(&mut self, mut other: Self) {
        self.amount += std::mem::take(&mut other.amount);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.amount, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_given_back_once() {
        let room = Room::new(3);
        let mut one = Reservation::take(&room, 2).unwrap();
        assert!(Reservation::take(&room, 2).is_none());
        one.join(Reservation::take(&room, 1).unwrap());
        assert!(Reservation::take(&room, 1).is_none());
        drop(one);
        assert_eq!(room.taken.load(Ordering::Relaxed), 0);
    }
}
