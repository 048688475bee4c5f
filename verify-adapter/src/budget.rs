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

/// A limit on the memory that all deliveries together hold while they arrive.
///
/// Heads are cheap to forge, and a head that looks right makes a receiver buffer its body. When the
/// budget is spent, **the delivery that has been arriving for the longest makes room for the
/// newest**: it is refused with a 503. So bodies that are sent slowly or held open cannot keep
/// others out. A verified delivery keeps its room until it is handled.
///
/// A head may be a hundred times larger in memory than it was on the wire: HTTP/2 compresses heads.
/// A delivery is heavy if it holds over 8 KiB more than twice the part of its body that has arrived.
/// **Heavy deliveries make room first**, and never take the room of others. A head of MLflow takes 2
/// KiB.
///
/// So an attacker who wants to keep others out must send half of the budget as bodies within the time
/// that one delivery takes to arrive, or hold 8 KiB in each of `limit / 8 KiB` requests at the same
/// time: 8,192 requests for 64 MiB. Limit connections times streams in the server to less than that.
///
/// Clones share the budget.
#[derive(Clone)]
pub struct Budget(Arc<Shared>);

/// There was no room left.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Spent;

struct Shared {
    /// Bytes.
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Bytes of all charges.
    used: usize,
    /// The charges that may be evicted, in this order.
    arriving: BTreeMap<Rank, Arriving>,
    next: u64,
}

/// Whose room is taken first: heavy ones, and of those and of the others the oldest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Rank {
    is_modest: bool,
    age: u64,
}

struct Arriving {
    bytes: usize,
    waker: Option<Waker>,
}

/// The share of a [`Budget`] that one delivery has. Dropping it gives the share back.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Budget,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Nothing charged yet.
    Idle,
    /// Under this rank among the arriving ones, unless evicted.
    Arriving(Rank),
    /// Verified: these bytes stay.
    Settled(usize),
}

impl Budget {
    const PROCESS_WIDE: usize = 64 * 1024 * 1024;

    /// What a delivery may hold beyond twice what has come of its body: a head of usual size, and the
    /// first piece of the buffer.
    const MODEST: usize = 8 * 1024;

    /// Makes a budget of `limit` bytes. It should hold several bodies of the largest size accepted.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, state: Mutex::default() }))
    }

    /// Returns the default budget: 64 MiB, shared by the whole process.
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
    /// Raises the charge to `bytes` of memory in all, after `received` bytes of the body came. It
    /// evicts deliveries of a lower rank if it must.
    ///
    /// # Errors
    ///
    /// [`Spent`]: not enough of those are left to evict, or this one was evicted
    /// itself.
    pub(crate) fn raise_to(&mut self, bytes: usize, received: usize) -> Result<(), Spent> {
        let mut evicted = Vec::new();
        let mut state = self.budget.lock();
        let (age, own) = match self.stage {
            Stage::Idle => (state.next, 0),
            Stage::Arriving(rank) => (rank.age, state.arriving.get(&rank).ok_or(Spent)?.bytes),
            Stage::Settled(_) => return Ok(()),
        };
        let is_modest = bytes.saturating_sub(received.saturating_mul(2)) <= Budget::MODEST;
        let rank = Rank { is_modest, age };
        let others = state.used - own;
        let allowed = self.budget.0.limit.checked_sub(bytes).ok_or(Spent)?;
        if let Some(excess @ 1..) = others.checked_sub(allowed) {
            evicted = state.evict(excess, rank).ok_or(Spent)?;
        }
        state.used = state.used - own + bytes;
        let before = match self.stage {
            Stage::Arriving(before) if before != rank => state.arriving.remove(&before),
            _ => None,
        };
        let waker = before.and_then(|own| own.waker);
        state.arriving.entry(rank).or_insert(Arriving { bytes, waker }).bytes = bytes;
        state.next = state.next.max(age + 1);
        self.stage = Stage::Arriving(rank);
        drop(state);
        evicted.into_iter().for_each(Waker::wake);
        Ok(())
    }

    /// Is ready once this charge was evicted.
    pub(crate) fn poll_evicted(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Stage::Arriving(rank) = self.stage else { return Poll::Pending };
        // Wakers are foreign code: none of it runs while the lock is held.
        let waker = Some(cx.waker().clone());
        let mut state = self.budget.lock();
        let Some(own) = state.arriving.get_mut(&rank) else { return Poll::Ready(()) };
        let before = mem::replace(&mut own.waker, waker);
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// Says that the delivery is complete: from now on it is not evicted. If it was evicted before,
    /// it takes `bytes` again.
    ///
    /// # Errors
    ///
    /// [`Spent`]: it was evicted, and there is no room left.
    pub(crate) fn settle(&mut self, bytes: usize) -> Result<(), Spent> {
        loop {
            let Stage::Arriving(rank) = self.stage else { return Ok(()) };
            let own = self.budget.lock().arriving.remove(&rank);
            if let Some(own) = own {
                self.stage = Stage::Settled(own.bytes);
                return Ok(());
            }
            self.stage = Stage::Idle;
            // It was verified, so what it holds is no forger's.
            self.raise_to(bytes, bytes)?;
        }
    }
}

impl State {
    /// Takes the room of deliveries that arrive, those of the lowest rank first and none but those
    /// below `rank`, until `excess` bytes are free. Takes nothing if that cannot be reached.
    fn evict(&mut self, excess: usize, rank: Rank) -> Option<Vec<Waker>> {
        let mut freed = 0;
        let mut ranks = Vec::new();
        let is_other = |other: &Rank| other.age != rank.age;
        let lower = self.arriving.range(..rank).filter(|(other, _)| is_other(other));
        for (rank, arriving) in lower {
            if freed >= excess {
                break;
            }
            freed += arriving.bytes;
            ranks.push(*rank);
        }
        if freed < excess {
            return None;
        }
        self.used -= freed;
        Some(ranks.iter().filter_map(|rank| self.arriving.remove(rank)?.waker).collect())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        let own = match self.stage {
            Stage::Arriving(rank) => state.arriving.remove(&rank),
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
