//! The threads there are, and what the spare ones are wanted for.

use crate::lock::lock;
use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError};

/// The threads of an engine, which run work of the kind `W`.
#[derive(Debug)]
pub(super) struct Roster<W> {
    state: Mutex<State<W>>,
    wanted: Condvar,
    /// How many threads there may be.
    most: usize,
}

/// What a spare thread is wanted for.
#[derive(Debug)]
pub(super) enum Order<W> {
    /// To take over the poller of this slot.
    Lead(usize),
    /// To run this.
    Work(W),
}

#[derive(Debug)]
struct State<W> {
    orders: VecDeque<Order<W>>,
    idle: usize,
    alive: usize,
    dismissed: bool,
}

impl<W> Roster<W> {
    pub(super) fn new(most: usize) -> Self {
        let state = State { orders: VecDeque::new(), idle: 0, alive: 0, dismissed: false };
        Self { state: Mutex::new(state), wanted: Condvar::new(), most }
    }

    /// Has a thread take over the poller of this slot. If all are busy, one more is started, unless there are enough.
    ///
    /// # Errors
    ///
    /// Those of starting a thread; the order is forgotten then.
    pub(super) fn order_lead(
        &self,
        slot: usize,
        start: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = lock(&self.state);
        let is_it = |order: &Order<W>| matches!(order, Order::Lead(other) if *other == slot);
        if state.dismissed || state.orders.iter().any(is_it) {
            return Ok(());
        }
        state.orders.push_back(Order::Lead(slot));
        self.find_thread(&mut state, start).inspect_err(|_| drop(state.orders.pop_back()))
    }

    /// Has a thread run this. It comes back if no thread is to be had.
    pub(super) fn order_work(
        &self,
        work: W,
        start: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), W> {
        let mut state = lock(&self.state);
        if state.dismissed {
            return Err(work);
        }
        state.orders.push_back(Order::Work(work));
        let found = self.find_thread(&mut state, start);
        match found.map_or_else(|_| state.orders.pop_back(), |()| None) {
            Some(Order::Work(work)) => Err(work),
            _ => Ok(()),
        }
    }

    /// Sees to it that somebody looks at the newest order.
    fn find_thread(
        &self,
        state: &mut State<W>,
        start: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        if state.idle >= state.orders.len() {
            self.wanted.notify_one();
        } else if state.alive < self.most {
            start()?;
            state.alive += 1;
        }
        Ok(())
    }

    /// For a spare thread: waits until it is wanted; nothing once it is no more.
    pub(super) fn wait(&self) -> Option<Order<W>> {
        let mut state = lock(&self.state);
        loop {
            if let Some(order) = state.orders.pop_front() {
                return Some(order);
            }
            if state.dismissed {
                return None;
            }
            state.idle += 1;
            state = self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// For a thread: it ends.
    pub(super) fn leave(&self) {
        lock(&self.state).alive -= 1;
    }

    /// Sends the spare threads home. Returns how many threads are there.
    pub(super) fn dismiss(&self) -> usize {
        let mut state = lock(&self.state);
        state.dismissed = true;
        self.wanted.notify_all();
        state.alive
    }

    /// Takes the work back that no thread has begun.
    pub(super) fn take_work(&self) -> Vec<W> {
        let orders = std::mem::take(&mut lock(&self.state).orders);
        let work = |order| match order {
            Order::Work(work) => Some(work),
            Order::Lead(_) => None,
        };
        orders.into_iter().filter_map(work).collect()
    }
}
