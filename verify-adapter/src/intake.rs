use core::task::{Context, Poll};
use std::sync::Arc;

use bytes::Bytes;
use verify_core::{Buffer, Collector, Headers, Pending, Rejection, Verified, Verifier};

use crate::{
    Clock, LOG_TARGET, Read, Refusal,
    body_buffer::BodyBuffer,
    budget::{Budget, Charge, Spent},
};

/// One delivery on its way in: the order of checks that every adapter keeps to.
///
/// 1. [`begin`](Self::begin): an announced length over the limit, then the head. No byte of the
///    body was read so far.
/// 2. [`push`](Self::push) for each chunk of the body as it arrives, exactly as sent: it is hashed
///    and kept, under the verifier's limit and the budget.
///    [`poll_evicted`](Self::poll_evicted) while there is none.
/// 3. [`finish`](Self::finish): the comparison. Only then is there a [`Verified`] body.
#[derive(Debug)]
pub(crate) struct Intake {
    collector: Collector<Arc<Verifier>, BodyBuffer>,
    head: usize,
    /// Bytes of the body.
    received: usize,
    charge: Charge,
}

/// The head of a request.
pub(crate) struct Head<'h, H: ?Sized> {
    pub(crate) headers: &'h H,
    /// About how many bytes of memory the head takes. It is held while the body arrives, so it
    /// counts towards the budget.
    pub(crate) memory: usize,
    /// The length of the body, as far as it is known: `Content-Length`.
    pub(crate) announced: Option<u64>,
}

/// A refused delivery, with what was read of its body, and the charge for that.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    pub(crate) read: Read,
    pub(crate) charge: Option<Charge>,
}

impl Intake {
    pub(crate) fn begin(
        verifier: Arc<Verifier>,
        clock: &Clock,
        budget: &Budget,
        head: &Head<'_, impl Headers + ?Sized>,
    ) -> Result<Self, Refusal> {
        let limit = verifier.body_limit();
        let announced = match head.announced.map(usize::try_from) {
            None => None,
            Some(Ok(length)) if length <= limit => Some(length),
            Some(_) => return Err(Rejection::BODY_TOO_LARGE.into()),
        };
        let pending = Pending::begin(verifier, clock.now()?, head.headers)?;
        let mut charge = budget.charge();
        charge.raise_to(head.memory, 0)?;
        let collector = pending.dangerous_collect_with(BodyBuffer::new(announced, limit));
        Ok(Self { collector, head: head.memory, received: 0, charge })
    }

    /// Takes the next chunk of the body.
    pub(crate) fn push(&mut self, chunk: Bytes) -> Result<(), Refusal> {
        if chunk.is_empty() {
            return Ok(());
        }
        // One that is too large is to be refused for that, and must not cost others their room.
        if chunk.len() <= self.collector.room() {
            let body = self.collector.buffer().capacity_after(chunk.len());
            self.received = self.received.saturating_add(chunk.len());
            self.charge.raise_to(body.saturating_add(self.head), self.received)?;
        }
        Ok(self.collector.feed(chunk)?)
    }

    /// Is ready if newer deliveries needed the room in the budget that this one had.
    pub(crate) fn poll_evicted(&mut self, cx: &Context<'_>) -> Poll<Refusal> {
        self.charge.poll_evicted(cx).map(|()| Spent.into())
    }

    /// Compares, now that the body is complete. The charge is to be kept as long as the delivery is
    /// being handled.
    pub(crate) fn finish(mut self) -> Result<(Verified<Bytes>, Charge), Refused> {
        let memory = self.collector.buffer().memory().saturating_add(self.head);
        let (refusal, body) = match self.collector.finish() {
            // Not before the comparison: a forged body that was evicted must not evict others.
            Ok(verified) => match self.charge.settle(memory) {
                Ok(()) => {
                    record_verified(&verified);
                    return Ok((verified, self.charge));
                }
                Err(Spent) => {
                    let refusal = Refusal::BudgetSpent(verified.receipt().retry_after());
                    (refusal, verified.into_parts().1)
                }
            },
            Err(unverified) => {
                let refusal = unverified.rejection().into();
                (refusal, unverified.dangerous_into_unverified().into_body())
            }
        };
        Err(Refused { refusal, read: Read::whole(body), charge: Some(self.charge) })
    }

    /// Gives up before the end of the body. `chunk` is the one that was refused, if any.
    pub(crate) fn refuse(self, refusal: Refusal, chunk: Bytes) -> Refused {
        let read = self.collector.dangerous_into_unverified().into_body();
        let read = Read { chunks: [read, chunk], is_complete: false };
        Refused { refusal, read, charge: Some(self.charge) }
    }
}

/// For a delivery of whose body nothing was read.
impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, read: Read::default(), charge: None }
    }
}

fn record_verified(verified: &Verified<Bytes>) {
    let receipt = verified.receipt();
    let secret = receipt.secret_label();
    tracing::debug!(
        target: LOG_TARGET,
        sender = receipt.sender(),
        delivery_id = receipt.delivery_id(),
        secret,
        skew = receipt.skew(),
        "delivery verified"
    );
    #[cfg(feature = "metrics")]
    metrics::counter!(
        "verify_verified_total",
        "sender" => receipt.sender(),
        "secret" => secret.unwrap_or("none").to_owned()
    )
    .increment(1);
}

#[cfg(test)]
mod tests;
