mod table;

use core::{fmt, time::Duration};
use std::sync::{Mutex, MutexGuard, Once as First, PoisonError};

use tokio::time::Instant;

use crate::{
    Claimed, Claims, ClaimsAtOnce, Key, LOG_TARGET, Pending, Settled, StoreError, Terms, Token,
    row::{Millis, Row, millis},
};
use table::Table;

/// Claims in the memory of this process: for one instance, and forgotten when it ends.
///
/// It forgets nothing early. If it is full, it refuses: only verified deliveries get here, so somebody who
/// fills it has the secret, and a forgotten delivery could be replayed. The limit counts for each window
/// separately, so that a flood from one sender does not shut out a sender with another window.
///
/// Setting the clock of the machine does not affect it.
pub struct Memory {
    most: usize,
    begun: Instant,
    table: Mutex<Table>,
}

impl Memory {
    /// How many keys are forgotten for each that comes: more than one, so that it catches up, and few, so
    /// that no delivery waits for it.
    const SWEEP: usize = 8;

    /// Makes a store that remembers up to a million deliveries for each window, in some 100 MiB. Logs once that a
    /// restart forgets them.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self::with_most(1_000_000)
    }

    /// Makes a store that remembers this many deliveries for each window. If it is full, it
    /// refuses.
    #[must_use]
    pub fn with_most(most: usize) -> Self {
        static TOLD: First = First::new();
        TOLD.call_once(|| {
            tracing::warn!(target: LOG_TARGET, "claims are kept in memory: a restart forgets them, and other instances do not see them");
        });
        Self { most, begun: Instant::now(), table: Mutex::default() }
    }

    fn table(&self) -> (MutexGuard<'_, Table>, Millis) {
        // Nothing in here panics, so a poisoned one is still whole.
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        (table, millis(self.begun.elapsed()))
    }
}

impl Table {
    fn claim(
        &mut self,
        key: Key,
        token: Token,
        terms: Terms,
        now: Millis,
        most: usize,
    ) -> Result<Claimed, StoreError> {
        self.sweep(terms.window, now);
        let place = self.find(&key);
        let known = place.map(|place| self.row(place));
        let (claimed, row) = Row::claim(known.as_ref(), token, terms, now);
        match (place, row) {
            (_, None) => {}
            (Some(place), Some(row)) => {
                // Its window begins anew, so it ends last.
                self.remove(place);
                self.insert(key, terms.window, row);
            }
            (None, Some(row)) => {
                if self.length(terms.window) >= most || !self.insert(key, terms.window, row) {
                    return Err(StoreError::Full);
                }
            }
        }
        Ok(claimed)
    }

    fn sweep(&mut self, window: Duration, now: Millis) {
        for _ in 0..Memory::SWEEP {
            match self.first(window) {
                Some(place) if self.row(place).known_until <= now => self.remove(place),
                _ => return,
            }
        }
    }

    fn settle(&mut self, key: Key, token: Token, status: Option<u16>, now: Millis) -> Settled {
        let place = self.find(&key);
        let known = place.map(|place| self.row(place));
        let (settled, row) = Row::settle(known.as_ref(), token, status, now);
        if let (Some(place), Some(row)) = (place, row) {
            self.write(place, row);
        }
        settled
    }

    fn forget(&mut self, key: Key, now: Millis) -> bool {
        let Some(place) = self.find(&key) else { return false };
        let was_known = self.row(place).is_known(now);
        self.remove(place);
        was_known
    }
}

impl Claims for Memory {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        Box::pin(async move { ClaimsAtOnce::claim(self, key, token, terms) })
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        Box::pin(async move { ClaimsAtOnce::complete(self, key, token, status) })
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        Box::pin(async move { ClaimsAtOnce::release(self, key, token) })
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        Box::pin(async move {
            let (mut table, now) = self.table();
            Ok(table.forget(*key, now))
        })
    }

    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn at_once(&self) -> Option<&dyn ClaimsAtOnce> {
        Some(self)
    }
}

impl ClaimsAtOnce for Memory {
    fn claim(&self, key: &Key, token: &Token, terms: Terms) -> Result<Claimed, StoreError> {
        let (mut table, now) = self.table();
        table.claim(*key, *token, terms, now, self.most)
    }

    fn complete(&self, key: &Key, token: &Token, status: u16) -> Result<Settled, StoreError> {
        let (mut table, now) = self.table();
        Ok(table.settle(*key, *token, Some(status), now))
    }

    fn release(&self, key: &Key, token: &Token) -> Result<Settled, StoreError> {
        let (mut table, now) = self.table();
        Ok(table.settle(*key, *token, None, now))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("most", &self.most).finish_non_exhaustive()
    }
}
