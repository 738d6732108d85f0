//! Locking without fear of poison.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Locks state that is never left half changed, so that a panic elsewhere does not matter.
pub(crate) fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does so if nobody else has locked it.
pub(crate) fn try_lock<V>(mutex: &Mutex<V>) -> Option<MutexGuard<'_, V>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
