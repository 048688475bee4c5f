use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::sync::Arc;

use bytes::Bytes;
use verify_core::{Headers, Verified, Verifier};

use crate::{
    Charge, Deadline, Head, Intake, Policy, Refusal, ResolveError, Unaccepted, budget::Spent,
};

/// One delivery while it arrives: an [`Intake`] under the deadline, polled by a framework.
///
/// 1. [`poll_resolved`](Self::poll_resolved): the verifier.
/// 2. [`begin`](Self::begin): the head.
/// 3. [`poll_body`](Self::poll_body): the body, and the comparison.
/// 4. [`tell`](Self::tell) where any of them refused it.
#[derive(Debug)]
pub struct Arrival {
    policy: Policy,
    deadline: Deadline,
    /// Once there is a verifier.
    sender: &'static str,
    body_limit: usize,
    /// Once the head was found good.
    intake: Option<Intake>,
}

/// A verified body with the charge for it, or why there is none and what was read of it.
pub type Outcome = Result<(Verified<Bytes>, Charge), Unaccepted>;

impl Arrival {
    /// Makes one that has not begun. The deadline runs from the first time that it has to wait.
    #[must_use]
    pub const fn new(policy: Policy) -> Self {
        let deadline = Deadline::new(policy.deadline);
        Self { policy, deadline, sender: "unknown", body_limit: 0, intake: None }
    }

    /// Waits for the verifier, as long as the deadline lets it.
    ///
    /// # Errors
    ///
    /// Those of the resolver, and [`Refusal::DeadlinePassed`].
    pub fn poll_resolved<F>(
        &mut self,
        resolving: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Arc<Verifier>, Refusal>>
    where
        F: Future<Output = Result<Arc<Verifier>, ResolveError>> + ?Sized,
    {
        match resolving.poll(cx) {
            Poll::Ready(resolved) => Poll::Ready(resolved.map_err(Refusal::from)),
            Poll::Pending => self.deadline.poll_passed(cx).map(|()| Err(Refusal::DeadlinePassed)),
        }
    }

    /// Judges the head: see [`Intake::begin`].
    ///
    /// # Errors
    ///
    /// Those of [`Intake::begin`].
    pub fn begin(
        &mut self,
        verifier: Arc<Verifier>,
        head: Head<'_, impl Headers + ?Sized>,
    ) -> Result<(), Refusal> {
        self.sender = verifier.sender().name();
        self.body_limit = verifier.body_limit();
        self.intake = Some(Intake::begin(verifier, &self.policy, head)?);
        Ok(())
    }

    /// Returns the verifier's limit, once there is one.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// Takes the body in, chunk by chunk, and compares once it is complete. `poll_chunk` is not
    /// called again after its end.
    ///
    /// # Errors
    ///
    /// Those of [`Intake::push`] and [`Intake::finish`], [`Refusal::BodyBroken`] for any error of the
    /// body, [`Refusal::BudgetSpent`] where newer deliveries needed the room, and
    /// [`Refusal::DeadlinePassed`].
    pub fn poll_body<E>(
        &mut self,
        cx: &mut Context<'_>,
        poll_chunk: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, E>>>,
    ) -> Poll<Outcome> {
        let Some(mut intake) = self.intake.take() else { return Poll::Pending };
        let mut refused = None;
        match poll_chunks(&mut intake, &mut self.deadline, &mut refused, cx, poll_chunk) {
            Poll::Pending => {
                self.intake = Some(intake);
                Poll::Pending
            }
            Poll::Ready(Ok(())) => Poll::Ready(intake.finish()),
            Poll::Ready(Err(refusal)) => {
                Poll::Ready(Err(intake.refuse(refusal).with_refused_chunk(refused)))
            }
        }
    }

    /// Tells the operator of a refusal, and returns whether the request is to be handed on all the
    /// same: report-only.
    #[must_use]
    pub fn tell(&self, refusal: Refusal) -> bool {
        let report_only = self.policy.dangerous_report_only;
        refusal.record(self.sender, report_only);
        // What follows a broken body is missing, and the handler could not know.
        report_only && refusal != Refusal::BodyBroken
    }
}

/// How many chunks are taken in one go. A body of which another is always ready, and be they empty,
/// must not keep the deadline and other tasks waiting.
const CHUNKS: usize = 256;

fn poll_chunks<E>(
    intake: &mut Intake,
    deadline: &mut Deadline,
    refused: &mut Option<Bytes>,
    cx: &mut Context<'_>,
    mut poll_chunk: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, E>>>,
) -> Poll<Result<(), Refusal>> {
    for _ in 0..CHUNKS {
        let Poll::Ready(chunk) = poll_chunk(cx) else {
            return poll_trouble(intake, deadline, cx);
        };
        let Some(chunk) = chunk else { return Poll::Ready(Ok(())) };
        let chunk = chunk.map_err(|_| Refusal::BodyBroken)?;
        if let Err(refusal) = intake.push(chunk.clone()) {
            *refused = Some(chunk);
            return Poll::Ready(Err(refusal));
        }
    }
    cx.waker().wake_by_ref();
    poll_trouble(intake, deadline, cx)
}

/// What else may happen while the body is awaited.
fn poll_trouble(
    intake: &mut Intake,
    deadline: &mut Deadline,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Refusal>> {
    if intake.poll_evicted(cx).is_ready() {
        return Poll::Ready(Err(Spent.into()));
    }
    ready!(deadline.poll_passed(cx));
    Poll::Ready(Err(Refusal::DeadlinePassed))
}
