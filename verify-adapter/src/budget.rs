use core::{
    fmt,
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
/// others out; who wants to must send the whole budget anew, faster than the sender sends one
/// delivery. A verified delivery keeps its room until it is handled.
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
    #[must_use]
    pub fn charge(&self) -> Charge {
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
    pub fn raise_to(&mut self, bytes: usize) -> Result<(), Refusal> {
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
    pub fn poll_evicted(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Stage::Arriving(key) = self.stage else { return Poll::Pending };
        match self.budget.lock().arriving.get_mut(&key) {
            Some(own) => {
                own.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }

    /// Says that the delivery is verified: from now on it is not evicted.
    pub fn settle(&mut self) {
        if let Stage::Arriving(key) = self.stage {
            // One that was evicted in the meantime is complete, and goes on without a charge.
            let own = self.budget.lock().arriving.remove(&key);
            self.stage = Stage::Settled(own.map_or(0, |own| own.bytes));
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
        let bytes = match self.stage {
            Stage::Idle => 0,
            Stage::Arriving(key) => state.arriving.remove(&key).map_or(0, |own| own.bytes),
            Stage::Settled(bytes) => bytes,
        };
        state.used -= bytes;
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").field("limit", &self.0.limit).finish_non_exhaustive()
    }
}
