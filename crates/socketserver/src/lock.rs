//! Locking without fear of poison.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks state that is never left half changed, so that a panic elsewhere does not matter.
pub(crate) fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
