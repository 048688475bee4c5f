//! Posts to one destination, one delivery after the other.

use core::{panic::AssertUnwindSafe, time::Duration};
use std::panic::catch_unwind;

use crate::{
    Delivery, Outbox, Outcome, Policy, Post, StoreError,
    clock::{Clock, Millis},
    policy::{Fate, Tried},
    store::Settlement,
};

pub(crate) struct Worker {
    pub(crate) destination: String,
    pub(crate) policy: Policy,
    pub(crate) post: Box<dyn Post>,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Clock,
    pub(crate) random: fastrand::Rng,
    /// Before this time the pace does not allow another posting.
    pub(crate) paced_until: Millis,
    /// What could not be written yet. Until then nothing is posted: it would come next once more.
    pub(crate) unwritten: Option<Posted>,
}

/// A posting that was made, and what becomes of it.
pub(crate) struct Posted {
    settlement: Settlement,
    delivery: Delivery,
    /// What is said of it if it arrived.
    arrived: &'static str,
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

impl Worker {
    /// How long to leave alone what failed.
    const TROUBLE: Duration = Duration::from_secs(1);
    /// How long to leave a destination to another instance, before looking whether it is there still.
    const STAND_BY: Duration = Duration::from_secs(2);

    /// Posts at most one delivery.
    pub(crate) fn step(&mut self) -> Next {
        self.outlast(Self::try_step)
    }

    /// Posts nothing, and lets another instance do so.
    pub(crate) fn rest(&mut self) -> Next {
        self.outlast(|worker| {
            worker.write()?;
            worker.outbox.store().leave(&worker.destination);
            Ok(Next::Wait)
        })
    }

    /// A worker that ends would leave its destination without one, and keep others from it.
    fn outlast(&mut self, act: impl FnOnce(&mut Self) -> Result<Next, StoreError>) -> Next {
        let acted = catch_unwind(AssertUnwindSafe(|| act(self)));
        let destination = &self.destination;
        match acted {
            Ok(Ok(next)) => return next,
            Ok(Err(error)) => {
                tracing::warn!(target: "outbox", destination, %error, "the store failed, and is tried again")
            }
            Err(_) => {
                tracing::error!(target: "outbox", destination, "panicked while posting, and tries again")
            }
        }
        Next::Sleep(Self::TROUBLE)
    }

    fn try_step(&mut self) -> Result<Next, StoreError> {
        self.write()?;
        let (order, store) = (self.policy.order(), self.outbox.store());
        // Whatever comes in, it is the other's.
        let Some(held) = store.hold(&self.destination, order)? else {
            return Ok(Next::Sleep(Self::STAND_BY));
        };
        let now = (self.clock)();
        let paced_until = held.paced_until.unwrap_or(self.paced_until);
        let closed = self.policy.closed_for(held.gate, paced_until, now);
        if closed > 0 {
            return Ok(Next::Sleep(Duration::from_millis(closed.unsigned_abs())));
        }
        let Some(due) = store.next(&self.destination, order)? else { return Ok(Next::Wait) };

        self.paced_until = self.policy.paced(now);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.post.post(&due.delivery)))
            .unwrap_or_else(|_| Outcome::Later { after: None, reason: "it panicked".to_owned() });
        metrics::counter!("outbox_posted_total",
            "destination" => self.destination.clone(), "outcome" => outcome.code())
        .increment(1);
        let arrived = match outcome {
            Outcome::Accepted => "accepted, not confirmed",
            Outcome::Repeated => "arrived before, recognised",
            _ => "arrived",
        };
        let tried = Tried { since: due.since, failures: due.failures };
        let (fate, new) =
            self.policy.judge((self.clock)(), tried, held.gate, outcome, &mut self.random);
        // Known before a word is said of it: whoever listens may panic.
        let settlement = Settlement {
            posting: due.id,
            since: due.since,
            destination: self.destination.clone(),
            order,
            epoch: due.epoch,
            fate,
            gate: (new != held.gate).then_some(new),
            paced_until: self.paced_until,
        };
        self.unwritten = Some(Posted { settlement, delivery: due.delivery, arrived });
        self.write()?;
        Ok(Next::GoOn)
    }

    /// Writes what became of the last posting, and then says so: whoever reads that it was given up finds it in the store.
    pub(crate) fn write(&mut self) -> Result<(), StoreError> {
        let Some(posted) = &self.unwritten else { return Ok(()) };
        let is_ours = self.outbox.store().settle(&posted.settlement)?;
        let Some(posted) = self.unwritten.take() else { return Ok(()) };
        if is_ours {
            self.log(&posted);
        } else {
            let (destination, posting) = (&self.destination, posted.settlement.posting);
            tracing::warn!(target: "outbox", destination, posting,
                "another instance has taken over meanwhile, and may post this again");
        }
        Ok(())
    }

    /// A line for each posting that arrived, was given up, or is to be tried again.
    fn log(&self, posted: &Posted) {
        let Posted { settlement, delivery, arrived } = posted;
        let (destination, posting) = (&self.destination, settlement.posting);
        let (sender, key) = (&delivery.sender, delivery.key_hex());
        let event = self.outbox.event_of(delivery);
        match &settlement.fate {
            Fate::Dead { reason, .. } => {
                tracing::error!(target: "outbox", sender, event, destination, posting, key, reason, "given up");
            }
            Fate::Done => {
                let received = i64::try_from(delivery.received_at.as_secs()).unwrap_or(i64::MAX);
                let millis = (self.clock)().saturating_sub(received.saturating_mul(1000)).max(0);
                metrics::histogram!("outbox_arrival_seconds", "destination" => self.destination.clone())
                    .record(millis as f64 / 1000.0);
                tracing::info!(target: "outbox", sender, event, destination, posting, key, "{arrived}");
            }
            Fate::Pending { failures, reason } => {
                tracing::warn!(
                    target: "outbox", sender, event, destination, posting, key, failures, reason, "not posted"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;
