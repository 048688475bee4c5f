use core::task::{Context, Poll};
use std::sync::Arc;

use bytes::Bytes;
use verify_core::{Buffer, Collector, Headers, Pending, Rejection, Verified, Verifier};

use crate::{Charge, LOG_TARGET, Policy, Refusal, body_buffer::BodyBuffer};

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
    head: usize,
    charge: Charge,
}

/// The head of a request, as an [`Intake`] needs it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'h, H: ?Sized> {
    /// The headers.
    pub headers: &'h H,
    /// About how many bytes of memory the head takes. It is held while the body arrives, so it
    /// counts towards the budget.
    pub memory: usize,
    /// The length of the body, as far as it is known: `Content-Length`.
    pub announced: Option<u64>,
}

/// A delivery that was not accepted, with the part of its body that was read.
#[derive(Debug)]
pub struct Unaccepted {
    refusal: Refusal,
    read: Option<Box<(BodyBuffer, Charge)>>,
}

impl Intake {
    /// Judges the head of a delivery.
    ///
    /// # Errors
    ///
    /// The announced length is over the limit, the head is refused, the clock is unusable, or the
    /// budget is spent.
    pub fn begin(
        verifier: Arc<Verifier>,
        policy: &Policy,
        head: Head<'_, impl Headers + ?Sized>,
    ) -> Result<Self, Refusal> {
        let limit = verifier.body_limit();
        let announced = match head.announced.map(usize::try_from) {
            None => None,
            Some(Ok(length)) if length <= limit => Some(length),
            Some(_) => return Err(Rejection::BODY_TOO_LARGE.into()),
        };
        let pending = Pending::begin(verifier, policy.clock.now()?, head.headers)?;
        let mut charge = policy.budget.charge();
        charge.raise_to(head.memory)?;
        let collector = pending.dangerous_collect_with(BodyBuffer::new(announced, limit));
        Ok(Self { collector, head: head.memory, charge })
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
        // One that is too large is to be refused for that, and must not cost others their room.
        if chunk.len() <= self.collector.room() {
            let body = self.collector.buffer().capacity_after(chunk.len());
            self.charge.raise_to(body.saturating_add(self.head))?;
        }
        Ok(self.collector.feed(chunk)?)
    }

    /// Is ready if newer deliveries needed the room in the budget that this one had: then it is to
    /// be refused with [`Refusal::BudgetSpent`].
    pub fn poll_evicted(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.charge.poll_evicted(cx)
    }

    /// Compares, now that the body is complete. The charge is to be kept as long as the delivery is
    /// being handled.
    ///
    /// # Errors
    ///
    /// The signature does not fit. Or newer deliveries needed the room that this one had, and there
    /// is none left.
    pub fn finish(mut self) -> Result<(Verified<Bytes>, Charge), Unaccepted> {
        let memory = self.collector.buffer().memory().saturating_add(self.head);
        match self.collector.finish() {
            // Not before the comparison: a forged body that was evicted must not evict others.
            Ok(verified) => match self.charge.settle(memory) {
                Ok(()) => {
                    record_verified(&verified);
                    Ok((verified, self.charge))
                }
                Err(refusal) => {
                    let read = (BodyBuffer::whole(verified.into_parts().1), self.charge);
                    Err(Unaccepted { refusal, read: Some(Box::new(read)) })
                }
            },
            Err(unverified) => Err(Unaccepted {
                refusal: unverified.rejection().into(),
                read: Some(Box::new((unverified.dangerous_into_unverified(), self.charge))),
            }),
        }
    }

    /// Gives up.
    #[must_use]
    pub fn refuse(self, refusal: Refusal) -> Unaccepted {
        let read = (self.collector.dangerous_into_unverified(), self.charge);
        Unaccepted { refusal, read: Some(Box::new(read)) }
    }
}

impl Unaccepted {
    /// Returns why.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// Returns what was read of the body, and the charge for it. **It was not verified.**
    #[must_use]
    pub fn dangerous_into_unverified(self) -> (Bytes, Option<Charge>) {
        let Some(read) = self.read else { return (Bytes::new(), None) };
        let (buffer, charge) = *read;
        (buffer.into_body(), Some(charge))
    }
}

/// For a delivery of whose body nothing was read.
impl From<Refusal> for Unaccepted {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, read: None }
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
