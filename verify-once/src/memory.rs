use core::{fmt, time::Duration};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, Once as First, PoisonError},
};

use tokio::time::Instant;

use crate::{
    Claimed, Claims, Key, LOG_TARGET, Pending, Settled, StoreError, Terms, Token,
    row::{Millis, Row, millis},
};

/// Claims in the memory of this process: for one instance, and forgotten when it ends.
///
/// It forgets nothing early. Full, it refuses: only verified deliveries get here, so whoever fills it has
/// the secret, and to forget one would be to let it be replayed. The bound holds for each window by itself,
/// so that a flood from one sender does not shut out another one with another window.
///
/// Clocks that are set do nothing to it.
pub struct Memory {
    most: usize,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<Key, Row>,
    /// For each window the keys in the order in which they can be forgotten, each key once.
    shelves: HashMap<Duration, VecDeque<(Millis, Key)>>,
}

impl Memory {
    /// How many keys are forgotten for each that comes: more than one, so that it catches up, and few, so
    /// that no delivery waits for it.
    const SWEEP: usize = 8;

    /// Makes one that knows up to a million deliveries for each window, in some 250 MiB. Says once that a restart
    /// forgets them.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self::with_most(1_000_000)
    }

    /// Makes one that knows so many deliveries for each window. Full, it refuses.
    #[must_use]
    pub fn with_most(most: usize) -> Self {
        static TOLD: First = First::new();
        TOLD.call_once(|| {
            tracing::warn!(target: LOG_TARGET, "claims are kept in memory: a restart forgets them, and other instances do not see them");
        });
        Self { most, begun: Instant::now(), state: Mutex::default() }
    }

    fn state(&self) -> (MutexGuard<'_, State>, Millis) {
        // Nothing in here panics, so a poisoned one is still whole.
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state, millis(self.begun.elapsed()))
    }
}

impl State {
    fn claim(
        &mut self,
        key: Key,
        token: Token,
        terms: Terms,
        now: Millis,
        most: usize,
    ) -> Result<Claimed, StoreError> {
        self.sweep(terms.window, now);
        let known = self.known.get_mut(&key);
        let (claimed, row) = Row::claim(known.as_deref(), token, terms, now);
        match (known, row) {
            (_, None) => {}
            // It keeps its place on the shelf, and gets another once it comes to the front.
            (Some(known), Some(row)) => *known = row,
            (None, Some(row)) => {
                let shelf = self.shelves.entry(terms.window).or_default();
                if shelf.len() >= most {
                    return Err(StoreError::Full);
                }
                shelf.push_back((row.known_until, key));
                self.known.insert(key, row);
            }
        }
        Ok(claimed)
    }

    fn sweep(&mut self, window: Duration, now: Millis) {
        let Some(shelf) = self.shelves.get_mut(&window) else { return };
        for _ in 0..Memory::SWEEP {
            let Some((until, key)) = shelf.front().copied() else { return };
            if until > now {
                return;
            }
            shelf.pop_front();
            match self.known.get(&key) {
                Some(row) if row.known_until > now => shelf.push_back((row.known_until, key)),
                _ => drop(self.known.remove(&key)),
            }
        }
    }

    fn settle(&mut self, key: Key, token: Token, status: Option<u16>, now: Millis) -> Settled {
        let known = self.known.get_mut(&key);
        let (settled, row) = Row::settle(known.as_deref(), token, status, now);
        if let (Some(known), Some(row)) = (known, row) {
            *known = row;
        }
        settled
    }

    fn forget(&mut self, key: Key, now: Millis) -> bool {
        let Some(row) = self.known.get_mut(&key) else { return false };
        let was_known = row.is_known(now);
        // As if its window were over: it keeps its place on the shelf.
        row.known_until = now;
        was_known
    }
}

impl Claims for Memory {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        Box::pin(async move {
            let (mut state, now) = self.state();
            state.claim(*key, *token, terms, now, self.most)
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        Box::pin(async move {
            let (mut state, now) = self.state();
            Ok(state.settle(*key, *token, Some(status), now))
        })
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        Box::pin(async move {
            let (mut state, now) = self.state();
            Ok(state.settle(*key, *token, None, now))
        })
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        Box::pin(async move {
            let (mut state, now) = self.state();
            Ok(state.forget(*key, now))
        })
    }

    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("most", &self.most).finish_non_exhaustive()
    }
}
