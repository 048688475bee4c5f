//! When to post, when to try again, and when to give up.

use core::time::Duration;

use crate::{
    Outcome,
    clock::{Millis, STEP, millis},
};

/// How a destination is posted to.
#[derive(Clone, Debug)]
#[must_use]
pub struct Policy {
    pace: Duration,
    first_wait: Duration,
    longest_wait: Duration,
    longest_retry_after: Duration,
    give_up_after: Duration,
    order: Order,
}

/// Which posting of a destination comes next, and who makes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    /// What failed four times lets the others by.
    Default,
    /// As by default, and each instance posts at the same time.
    Parallel,
    /// Nothing lets others by.
    Strict,
}

impl Order {
    /// Returns by which columns postings are sorted.
    pub(crate) const fn by(self) -> &'static str {
        match self {
            Self::Strict => "id",
            Self::Default | Self::Parallel => "failures / 4, id",
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            pace: Duration::ZERO,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(5 * 60),
            longest_retry_after: Duration::from_secs(60 * 60),
            give_up_after: Duration::from_secs(3 * 24 * 60 * 60),
            order: Order::Default,
        }
    }
}

impl Policy {
    /// Sets the least time between two postings. After a restart the first posting is made at once.
    /// Without it: none.
    pub const fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Sets how long to wait after failures: a random time up to `first` after the first failure, up
    /// to twice as long after each further failure, and `longest` at most. A `Retry-After` below
    /// `first` does not shorten the wait. Without it: 1 s, and 5 minutes.
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// Sets the longest `Retry-After` that is obeyed in full. Without it: an hour.
    pub const fn longest_retry_after(mut self, longest: Duration) -> Self {
        self.longest_retry_after = longest;
        self
    }

    /// Sets how old a posting may be and still be tried again. A posting that fails after that is
    /// dead: it is still there, and waits for a person. Without it: 3 days, so that nobody must act
    /// on an outage over a weekend.
    pub const fn give_up_after(mut self, age: Duration) -> Self {
        self.give_up_after = age;
        self
    }

    /// Posts in the order in which deliveries were kept, even after failures: for destinations where
    /// an older delivery must not be the last. A posting that is always refused then **blocks its
    /// destination** until it is dead or given up. Without it: a posting that failed four times lets
    /// the others pass.
    pub const fn in_order(mut self) -> Self {
        self.order = Order::Strict;
        self
    }

    /// Lets all instances that share a store post at the same time, for a destination that needs no order. A
    /// wait still counts for the whole destination; the pace counts for each instance. A file has one instance.
    /// Without it: one instance at a time posts, in the order in which deliveries were kept.
    pub const fn parallel(mut self) -> Self {
        self.order = Order::Parallel;
        self
    }

    /// Returns which posting comes next.
    pub(crate) const fn order(&self) -> Order {
        self.order
    }

    /// Returns the time before which the next posting must not begin.
    pub(crate) fn paced(&self, begun: Millis) -> Millis {
        begun.saturating_add(millis(self.pace))
    }

    /// Returns how long nothing must be posted still. A time that is much further off than any wait was
    /// set by a clock that was wrong, and does not count.
    pub(crate) fn closed_for(&self, gate: Gate, paced_until: Millis, now: Millis) -> Millis {
        let longest = self.longest_wait.max(self.longest_retry_after);
        let left = |until: Millis, longest: Duration| match until.saturating_sub(now) {
            left if left > millis(longest).saturating_add(STEP) => 0,
            left => left.max(0),
        };
        left(gate.open_at, longest).max(left(paced_until, self.pace))
    }

    /// Says what becomes of a posting and its destination.
    pub(crate) fn judge(
        &self,
        now: Millis,
        tried: Tried,
        gate: Gate,
        outcome: Outcome,
        random: &mut fastrand::Rng,
    ) -> (Fate, Gate) {
        let (after, reason) = match outcome {
            Outcome::Accepted | Outcome::Done | Outcome::Repeated => {
                return (Fate::Done, Gate::default());
            }
            Outcome::Dead { reason } => {
                let failures = tried.failures.saturating_add(1);
                return (Fate::Dead { failures, reason }, Gate::default());
            }
            Outcome::Later { after, reason } => (after, reason),
        };
        // It counts for the posting even if told when to come again: one that is always refused so
        // would hold up the others. A wait below the first one is none: 0, or a date that is over.
        let is_told = after.is_some_and(|after| after >= self.first_wait);
        let failures = tried.failures.saturating_add(1);
        let in_a_row = gate.failures.saturating_add(u32::from(!is_told));
        let asked = millis(after.unwrap_or_default().min(self.longest_retry_after));
        let wait = match is_told {
            true => asked,
            false => asked.max(random.i64(0..=self.most_wait(in_a_row))),
        };
        let gate = Gate { open_at: now.saturating_add(wait), failures: in_a_row };
        if now.saturating_sub(tried.since) > millis(self.give_up_after) {
            return (Fate::Dead { failures, reason }, gate);
        }
        (Fate::Pending { failures, reason }, gate)
    }

    /// Doubles with each failure in a row.
    fn most_wait(&self, failures: u32) -> Millis {
        let doubled = 1_i64.checked_shl(failures.saturating_sub(1)).filter(|factor| *factor > 0);
        let wait = millis(self.first_wait).saturating_mul(doubled.unwrap_or(i64::MAX));
        wait.min(millis(self.longest_wait))
    }
}

/// Since when a posting is tried, and how often it failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried {
    pub(crate) since: Millis,
    pub(crate) failures: u32,
}

/// When a destination may be posted to again, and how often in a row it failed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Gate {
    pub(crate) open_at: Millis,
    pub(crate) failures: u32,
}

/// What becomes of a posting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Dead { failures: u32, reason: String },
    Done,
    Pending { failures: u32, reason: String },
}

#[cfg(test)]
mod tests;
