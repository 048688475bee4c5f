use core::{
    fmt,
    task::{Context, Poll},
};
use std::sync::Arc;

use bytes::Bytes;
use verify_core::{Buffer, Collector, Headers, Pending, Rejection, Verified, Verifier};

use crate::{Charge, LOG_TARGET, Policy, Refusal, body_buffer::BodyBuffer, budget::Spent};

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
    /// In a box, because it is large, and frameworks move what holds it.
    collector: Box<Collector<Arc<Verifier>, BodyBuffer>>,
    head: usize,
    /// Bytes of the body.
    received: usize,
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

/// Returns about how many bytes of memory the headers of a head take: their texts, and 128 for each
/// in the map.
pub fn head_memory<'h>(headers: impl IntoIterator<Item = (&'h str, &'h [u8])>) -> usize {
    headers.into_iter().map(|(name, value)| name.len() + value.len() + 128).sum()
}

/// A delivery that was not accepted, with the part of its body that was read.
pub struct Unaccepted {
    refusal: Refusal,
    read: Option<Box<Read>>,
}

struct Read {
    buffer: BodyBuffer,
    refused: Option<Bytes>,
    is_complete: bool,
    charge: Charge,
}

/// What was read of a body that was not verified.
#[derive(Default)]
#[non_exhaustive]
pub struct Unverified {
    /// What was taken in.
    pub read: Bytes,
    /// The chunk after it, which was refused.
    pub refused: Option<Bytes>,
    /// Whether the body was read to its end: it must not be polled again.
    pub is_complete: bool,
    /// The charge for it, to be kept as long as the request is being handled.
    pub charge: Option<Charge>,
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
        charge.raise_to(head.memory, 0)?;
        let collector = pending.dangerous_collect_with(BodyBuffer::new(announced, limit));
        Ok(Self { collector: Box::new(collector), head: head.memory, received: 0, charge })
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
            self.received = self.received.saturating_add(chunk.len());
            self.charge.raise_to(body.saturating_add(self.head), self.received)?;
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
                Err(Spent) => {
                    let refusal = Refusal::BudgetSpent(verified.receipt().retry_after());
                    let buffer = BodyBuffer::whole(verified.into_parts().1);
                    Err(Unaccepted::new(refusal, buffer, true, self.charge))
                }
            },
            Err(unverified) => {
                let refusal = unverified.rejection().into();
                let buffer = unverified.dangerous_into_unverified();
                Err(Unaccepted::new(refusal, buffer, true, self.charge))
            }
        }
    }

    /// Gives up.
    #[must_use]
    pub fn refuse(self, refusal: Refusal) -> Unaccepted {
        let buffer = self.collector.dangerous_into_unverified();
        Unaccepted::new(refusal, buffer, false, self.charge)
    }
}

impl Unaccepted {
    fn new(refusal: Refusal, buffer: BodyBuffer, is_complete: bool, charge: Charge) -> Self {
        let read = Read { buffer, refused: None, is_complete, charge };
        Self { refusal, read: Some(Box::new(read)) }
    }

    pub(crate) fn with_refused_chunk(mut self, chunk: Option<Bytes>) -> Self {
        if let Some(read) = &mut self.read {
            read.refused = chunk;
        }
        self
    }

    /// Returns why.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// Returns what was read of the body, and the charge for it. **It was not verified.**
    #[must_use]
    pub fn dangerous_into_unverified(self) -> Unverified {
        let Some(read) = self.read else { return Unverified::default() };
        let Read { buffer, refused, is_complete, charge } = *read;
        Unverified { read: buffer.into_body(), refused, is_complete, charge: Some(charge) }
    }
}

/// Shows nothing of the body.
impl fmt::Debug for Unaccepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unaccepted").field("refusal", &self.refusal).finish_non_exhaustive()
    }
}

/// Shows nothing of the body.
impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("len", &self.read.len()).finish_non_exhaustive()
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
