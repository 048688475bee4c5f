//! Posts to one destination, one delivery after the other.

use core::{panic::AssertUnwindSafe, time::Duration};
use std::panic::catch_unwind;

use crate::{
    Delivery, Outbox, Policy, StoreError,
    outbox::Clock,
    policy::{Fate, Tried},
    store::{self, Millis, Settlement},
    writer::Task,
};

/// Posts deliveries to a destination. Called from a thread of its own, and may block; a limit for the
/// time that it takes is its own affair.
pub trait Post: Send {
    /// Posts a delivery. The same one may come again: after [`Outcome::Later`], and where the process
    /// was killed before it wrote down that the delivery had arrived.
    fn post(&mut self, delivery: &Delivery) -> Outcome;
}

impl<F: FnMut(&Delivery) -> Outcome + Send> Post for F {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        self(delivery)
    }
}

/// What the destination did with a delivery. The reasons are read by people, and logged: nothing of
/// the body, and no secret.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It accepted it, and does not say whether it will do anything with it. It is not posted again.
    Accepted,
    /// It will never take it. It waits for a person.
    Dead {
        /// Why.
        reason: String,
    },
    /// It took it.
    Done,
    /// It did not take it now. Nothing else is posted to it meanwhile.
    Later {
        /// How long it wants to be left alone, if it said so.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
}

impl Outcome {
    const fn code(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Dead { .. } => "dead",
            Self::Done => "done",
            Self::Later { .. } => "later",
        }
    }
}

pub(crate) struct Worker<P> {
    pub(crate) destination: String,
    pub(crate) policy: Policy,
    pub(crate) post: P,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Clock,
    pub(crate) random: fastrand::Rng,
    /// Before this time the pace does not allow another posting.
    pub(crate) paced_until: Millis,
    /// What could not be written yet. Until then nothing is posted: it would come next once more.
    pub(crate) unwritten: Option<Settlement>,
}

/// What a worker is to do next.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// There may be more to do.
    GoOn,
    /// Nothing before this time is over, whatever comes in meanwhile.
    Sleep(Duration),
    /// Nothing is there.
    Wait,
}

impl<P: Post> Worker<P> {
    /// How long to leave a store alone that failed.
    const STORE_TROUBLE: Duration = Duration::from_secs(1);

    /// Posts at most one delivery.
    pub(crate) fn step(&mut self) -> Next {
        self.try_step().unwrap_or_else(|error| {
            tracing::warn!(target: "outbox", destination = self.destination, %error, "the store");
            Next::Sleep(Self::STORE_TROUBLE)
        })
    }

    fn try_step(&mut self) -> Result<Next, StoreError> {
        self.write()?;
        let now = (self.clock)();
        let gate = self.outbox.read(|connection| store::gate(connection, &self.destination))?;
        let closed = self.policy.closed_for(gate, self.paced_until, now);
        if closed > 0 {
            return Ok(Next::Sleep(Duration::from_millis(closed.unsigned_abs())));
        }
        let in_order = self.policy.is_in_order();
        let due =
            self.outbox.read(|connection| store::next(connection, &self.destination, in_order))?;
        let Some(due) = due else { return Ok(Next::Wait) };

        self.paced_until = self.policy.paced(now);
        // A worker that ends would leave its destination without one.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.post.post(&due.delivery)))
            .unwrap_or_else(|_| Outcome::Later { after: None, reason: "it panicked".to_owned() });
        metrics::counter!("outbox_posted_total",
            "destination" => self.destination.clone(), "outcome" => outcome.code())
        .increment(1);
        if outcome == Outcome::Accepted {
            let (destination, posting) = (&self.destination, due.id);
            tracing::info!(target: "outbox", destination, posting, "accepted, not confirmed");
        }
        let tried = Tried { since: due.since, failures: due.failures };
        let (fate, new) = self.policy.judge((self.clock)(), tried, gate, outcome, &mut self.random);
        self.log(due.id, &fate);
        self.unwritten = Some(Settlement {
            posting: due.id,
            destination: self.destination.clone(),
            fate,
            gate: (new != gate).then_some(new),
        });
        self.write()?;
        Ok(Next::GoOn)
    }

    /// Writes what became of the last posting.
    pub(crate) fn write(&mut self) -> Result<(), StoreError> {
        if let Some(settlement) = &self.unwritten {
            self.outbox.write_blocking(Task::Settle(settlement.clone()))?;
            self.unwritten = None;
        }
        Ok(())
    }

    fn log(&self, posting: i64, fate: &Fate) {
        let destination = &self.destination;
        match fate {
            Fate::Dead { reason, .. } => {
                tracing::error!(target: "outbox", destination, posting, reason, "given up");
            }
            Fate::Done => tracing::debug!(target: "outbox", destination, posting, "posted"),
            Fate::Pending { failures, reason } => {
                tracing::warn!(target: "outbox", destination, posting, failures, reason, "not posted");
            }
        }
    }
}

#[cfg(test)]
mod tests;
