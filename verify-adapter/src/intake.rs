use core::task::{Context, Poll};
use std::sync::Arc;

use bytes::Bytes;
use verify_core::{Buffer, Collector, Headers, Pending, Rejection, Verified, Verifier};

use crate::{Charge, Policy, Refusal, body_buffer::BodyBuffer};

/// One delivery on its way in: the order of checks that every adapter keeps to.
///
/// 1. [`begin`](Self::begin): an announced length over the limit, then the head. No byte of the
///    body was read so far.
/// 2. [`push`](Self::push) for each chunk of the body as it arrives, exactly as sent: it is hashed
///    and kept, under the verifier's limit and the budget.
///    [`poll_evicted`](Self::poll_evicted) while there is none.
/// 3. [`finish`](Self::finish): the comparison. Only then is there a [`Verified`] body.
#[derive(Debug)]
pub struct Intake {
    collector: Collector<Arc<Verifier>, BodyBuffer>,
    charge: Charge,
}

/// A delivery that was not accepted, with the part of its body that was read.
#[derive(Debug)]
pub struct Unaccepted {
    refusal: Refusal,
    read: Bytes,
}

impl Intake {
    /// Judges the head of a delivery.
    ///
    /// `announced` is the length of the body as far as it is known: `Content-Length`.
    ///
    /// # Errors
    ///
    /// The announced length is over the limit, the head is refused, or the clock is unusable.
    pub fn begin(
        verifier: Arc<Verifier>,
        policy: &Policy,
        headers: &(impl Headers + ?Sized),
        announced: Option<u64>,
    ) -> Result<Self, Refusal> {
        let limit = verifier.body_limit();
        let most = match announced.map(usize::try_from) {
            None => limit,
            Some(Ok(length)) if length <= limit => length,
            Some(_) => return Err(Rejection::BODY_TOO_LARGE.into()),
        };
        let pending = Pending::begin(verifier, policy.clock.now()?, headers)?;
        Ok(Self {
            collector: pending.collect(BodyBuffer::new(most)),
            charge: policy.budget.charge(),
        })
    }

    /// Takes the next chunk of the body.
    ///
    /// # Errors
    ///
    /// The body is larger than the verifier's limit, or the budget is spent.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), Refusal> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.charge.raise_to(self.collector.buffer().capacity_after(chunk.len()))?;
        Ok(self.collector.feed(chunk)?)
    }

    /// Is ready if newer deliveries needed the room in the budget that this one had: then it is to
    /// be refused with [`Refusal::BudgetSpent`].
    pub fn poll_evicted(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.charge.poll_evicted(cx)
    }

    /// Compares, now that the body is complete. The charge is to be kept as long as the delivery is
    /// being handled.
    ///
    /// # Errors
    ///
    /// The signature does not fit.
    pub fn finish(mut self) -> Result<(Verified<Bytes>, Charge), Unaccepted> {
        match self.collector.finish() {
            Ok(verified) => {
                self.charge.settle();
                record_verified(&verified);
                Ok((verified, self.charge))
            }
            Err(unverified) => Err(Unaccepted {
                refusal: unverified.rejection().into(),
                read: unverified.dangerous_into_unverified().into_body(),
            }),
        }
    }

    /// Gives up, and returns the part of the body that was read. **It was not verified.**
    #[must_use]
    pub fn dangerous_into_unverified(self) -> Bytes {
        self.collector.dangerous_into_unverified().into_body()
    }
}

impl Unaccepted {
    /// Returns why.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// Returns the body. **It was not verified.**
    #[must_use]
    pub fn dangerous_into_unverified(self) -> Bytes {
        self.read
    }
}

fn record_verified(verified: &Verified<Bytes>) {
    let receipt = verified.receipt();
    let secret = receipt.secret_label();
    tracing::debug!(
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
