//! Wakes the workers.

use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(crate) struct Bell {
    state: Mutex<State>,
    rung: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    rings: u64,
    stopped: bool,
}

impl Bell {
    /// Says that there may be something to do.
    pub(crate) fn ring(&self) {
        let mut state = self.lock();
        state.rings = state.rings.wrapping_add(1);
        self.rung.notify_all();
    }

    /// Says that everyone is to stop.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.rung.notify_all();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Returns how often it rang. Read before looking for something to do, so that what comes
    /// while looking is not slept through.
    pub(crate) fn rings(&self) -> u64 {
        self.lock().rings
    }

    /// Waits until it rang more often than `heard`, or is stopped, or the time is over.
    pub(crate) fn wait(&self, heard: u64, time: Duration) {
        let is_quiet = |state: &mut State| !state.stopped && state.rings == heard;
        let waited = self.rung.wait_timeout_while(self.lock(), time, is_quiet);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until the time is over, or it is stopped.
    pub(crate) fn sleep(&self, time: Duration) {
        let waited = self.rung.wait_timeout_while(self.lock(), time, |state| !state.stopped);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
