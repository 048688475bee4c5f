#[cfg(test)]
mod tests;

use core::{
    fmt, mem,
    task::{Context, Poll, Waker},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::Refusal;

/// A bound on the bytes of body that all deliveries together keep in memory.
///
/// Heads are cheap to forge, and one that looks right makes a receiver buffer the body behind it.
/// When the budget is spent, **the delivery that has been arriving for the longest makes room for
/// the newest**: it is refused with a 503. So bodies that are sent slowly or held open cannot keep
/// others out; who wants to must send the whole budget anew within the time that one delivery takes
/// to arrive. A verified delivery keeps its room until it is handled.
///
/// Clones share the budget.
#[derive(Clone)]
pub struct Budget(Arc<Shared>);

struct Shared {
    /// Bytes.
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Bytes of all charges.
    used: usize,
    /// The charges that may be evicted, oldest first.
    arriving: BTreeMap<u64, Arriving>,
    next: u64,
}

struct Arriving {
    bytes: usize,
    waker: Option<Waker>,
}

/// The share of a [`Budget`] that one delivery has. Dropping it gives the share back.
#[derive(Debug)]
pub struct Charge {
    budget: Budget,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Nothing charged yet.
    Idle,
    /// Under this key among the arriving ones, unless evicted.
    Arriving(u64),
    /// Verified: these bytes stay.
    Settled(usize),
}

impl Budget {
    const PROCESS_WIDE: usize = 64 * 1024 * 1024;

    /// Makes a budget of `limit` bytes. It should hold several bodies of the largest size accepted.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, state: Mutex::default() }))
    }

    /// Returns the budget that is used unless another is set: 64 MiB, one for the whole process.
    #[must_use]
    pub fn process_wide() -> Self {
        static BUDGET: OnceLock<Budget> = OnceLock::new();
        BUDGET.get_or_init(|| Self::new(Self::PROCESS_WIDE)).clone()
    }

    /// Returns how many bytes are charged now.
    #[must_use]
    pub fn used(&self) -> usize {
        self.lock().used
    }

    /// Makes a charge of nothing yet.
    pub(crate) fn charge(&self) -> Charge {
        Charge { budget: self.clone(), stage: Stage::Idle }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing can panic while the lock is held, so a poisoned one is still whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Charge {
    /// Raises the charge to `bytes` in all, evicting older deliveries if need be.
    ///
    /// # Errors
    ///
    /// [`Refusal::BudgetSpent`]: not enough older ones are left to evict, or this one was evicted
    /// itself.
    pub(crate) fn raise_to(&mut self, bytes: usize) -> Result<(), Refusal> {
        let mut evicted = Vec::new();
        let mut state = self.budget.lock();
        let (key, own) = match self.stage {
            Stage::Idle => (state.next, 0),
            Stage::Arriving(key) => {
                (key, state.arriving.get(&key).ok_or(Refusal::BudgetSpent)?.bytes)
            }
            Stage::Settled(_) => return Ok(()),
        };
        let others = state.used - own;
        let Some(allowed) = self.budget.0.limit.checked_sub(bytes) else {
            return Err(Refusal::BudgetSpent);
        };
        if let Some(excess @ 1..) = others.checked_sub(allowed) {
            evicted = state.evict(excess, key).ok_or(Refusal::BudgetSpent)?;
        }
        state.used = state.used - own + bytes;
        if let Stage::Idle = self.stage {
            state.next += 1;
            self.stage = Stage::Arriving(key);
        }
        state.arriving.entry(key).or_insert(Arriving { bytes, waker: None }).bytes = bytes;
        drop(state);
        evicted.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Is ready once this charge was evicted.
    pub(crate) fn poll_evicted(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Stage::Arriving(key) = self.stage else { return Poll::Pending };
        // Wakers are foreign code: none of it runs while the lock is held.
        let waker = Some(cx.waker().clone());
        let mut state = self.budget.lock();
        let Some(own) = state.arriving.get_mut(&key) else { return Poll::Ready(()) };
        let before = mem::replace(&mut own.waker, waker);
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// Says that the delivery is complete: from now on it is not evicted. If it was, it takes
    /// `bytes` anew.
    ///
    /// # Errors
    ///
    /// [`Refusal::BudgetSpent`]: it was evicted, and there is no room left.
    pub(crate) fn settle(&mut self, bytes: usize) -> Result<(), Refusal> {
        loop {
            let Stage::Arriving(key) = self.stage else { return Ok(()) };
            let own = self.budget.lock().arriving.remove(&key);
            if let Some(own) = own {
                self.stage = Stage::Settled(own.bytes);
                return Ok(());
            }
            self.stage = Stage::Idle;
            self.raise_to(bytes)?;
        }
    }
}

impl State {
    /// Takes the room of the oldest deliveries that arrive, as far as they are older than `newer`,
    /// until `excess` bytes are free. Takes nothing if that cannot be reached.
    fn evict(&mut self, excess: usize, newer: u64) -> Option<Vec<Waker>> {
        let mut freed = 0;
        let mut keys = Vec::new();
        for (key, arriving) in self.arriving.range(..newer) {
            if freed >= excess {
                break;
            }
            freed += arriving.bytes;
            keys.push(*key);
        }
        if freed < excess {
            return None;
        }
        self.used -= freed;
        Some(keys.iter().filter_map(|key| self.arriving.remove(key)?.waker).collect())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        let own = match self.stage {
            Stage::Arriving(key) => state.arriving.remove(&key),
            Stage::Idle | Stage::Settled(_) => None,
        };
        state.used -= match (&self.stage, &own) {
            (Stage::Settled(bytes), _) => *bytes,
            (_, Some(own)) => own.bytes,
            (_, None) => 0,
        };
        drop(state);
        drop(own);
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").field("limit", &self.0.limit).finish_non_exhaustive()
    }
}
