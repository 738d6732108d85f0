//! Plays trials, side by side where they may be.

use crate::stage::SIDE_BY_SIDE;
use crate::{Case, Outcome, Trial};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A trial that was played.
#[derive(Debug)]
pub struct Played {
    /// What was tried.
    pub case: Arc<Case>,
    /// On which server.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// Plays all trials, as many at a time as servers of ours can stand, and gives them in the order they came in.
#[must_use]
pub fn run(trials: Vec<Trial>) -> Vec<Played> {
    run_side_by_side(trials, SIDE_BY_SIDE)
}

/// The same, so many at a time.
#[must_use]
pub fn run_side_by_side(trials: Vec<Trial>, side_by_side: usize) -> Vec<Played> {
    let numbered = trials.into_iter().enumerate();
    let (alone, together): (Vec<_>, Vec<_>) = numbered.partition(|(_, trial)| trial.alone);
    let mut played = Vec::new();
    play(together, side_by_side.max(1), &mut played);
    play(alone, 1, &mut played);
    played.sort_by_key(|(number, _)| *number);
    played.into_iter().map(|(_, played)| played).collect()
}

fn play(trials: Vec<(usize, Trial)>, threads: usize, played: &mut Vec<(usize, Played)>) {
    let queue = Mutex::new(VecDeque::from(trials));
    let done = Mutex::new(played);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                // No lock is held while a case is played, so that none is poisoned.
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                while let Some((number, trial)) = next() {
                    let (case, subject) = (Arc::clone(&trial.case), trial.subject.clone());
                    let played = Played { case, subject, outcome: trial.play() };
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((number, played));
                }
            });
        }
    });
}
