use core::{
    pin::Pin,
    task::{Context, Poll},
};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use http::{
    HeaderMap, Request, Response,
    header::{AUTHORIZATION, CONTENT_LENGTH},
    request::Parts,
};
use http_body::Body;
use verify_adapter::{Charge, Deadline, Head, Intake, Refusal, ResolveError, Unaccepted};
use verify_core::{Receipt, Verified, Verifier};

use crate::{Reported, RequestBody, headers::RequestHeaders, settings::Settings};

/// A request on its way in.
pub(crate) struct Arrival<B> {
    settings: Arc<Settings>,
    deadline: Deadline,
    head: Parts,
    body: B,
    is_read: bool,
    trailers: Option<HeaderMap>,
    /// The chunk that was refused, which the intake does not keep.
    refused: Option<Bytes>,
    /// Once there is a verifier.
    sender: &'static str,
    body_limit: usize,
    /// Once the head was found good.
    intake: Option<Intake>,
}

/// A verified body, or why there is none and what was read of it.
pub(crate) type Outcome = Result<(Verified<Bytes>, Charge), Unaccepted>;

impl<B: Body + Unpin> Arrival<B> {
    /// How many frames are taken in one go. A body of which another is always ready, and be they
    /// empty, must not keep the deadline and other tasks waiting.
    const FRAMES: usize = 256;

    pub(crate) fn new(settings: Arc<Settings>, request: Request<B>) -> Self {
        let (mut head, body) = request.into_parts();
        mark_sensitive(&mut head.headers, AUTHORIZATION.as_str());
        // What a layer outside found out is not what this one finds out.
        head.extensions.remove::<Receipt>();
        head.extensions.remove::<Verified<Bytes>>();
        head.extensions.remove::<Reported>();
        Self {
            deadline: Deadline::new(settings.policy.deadline),
            settings,
            head,
            body,
            is_read: false,
            trailers: None,
            refused: None,
            sender: "unknown",
            body_limit: 0,
            intake: None,
        }
    }

    pub(crate) const fn head(&self) -> &Parts {
        &self.head
    }

    /// Takes the delivery in: the verifier, the head, the body, the comparison.
    pub(crate) fn poll<F>(
        &mut self,
        mut resolving: Pin<&mut Option<F>>,
        cx: &mut Context<'_>,
    ) -> Poll<Outcome>
    where
        F: Future<Output = Result<Arc<Verifier>, ResolveError>>,
    {
        if let Some(future) = resolving.as_mut().as_pin_mut() {
            let Poll::Ready(resolved) = future.poll(cx) else {
                return self.deadline.poll_passed(cx).map(|()| Err(Refusal::DeadlinePassed.into()));
            };
            resolving.set(None);
            self.intake = Some(self.begin(resolved)?);
        }
        let Some(mut intake) = self.intake.take() else { return Poll::Pending };
        match self.poll_body(&mut intake, cx) {
            Poll::Pending => {
                self.intake = Some(intake);
                Poll::Pending
            }
            Poll::Ready(Ok(())) => Poll::Ready(intake.finish()),
            Poll::Ready(Err(refusal)) => Poll::Ready(Err(intake.refuse(refusal))),
        }
    }

    fn begin(&mut self, resolved: Result<Arc<Verifier>, ResolveError>) -> Result<Intake, Refusal> {
        let verifier = resolved?;
        mark_sensitive(&mut self.head.headers, verifier.sender().signature_header());
        self.sender = verifier.sender().name();
        self.body_limit = verifier.body_limit();
        // The server has checked that `Content-Length` is a number and tells the truth; the body's
        // own hint is for requests from elsewhere.
        let length = self.head.headers.get(CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let head = Head {
            headers: &RequestHeaders(&self.head.headers),
            memory: memory(&self.head.headers),
            announced: length.max(self.body.size_hint().exact()),
        };
        Intake::begin(verifier, &self.settings.policy, head)
    }

    /// Reads the body until it is complete.
    fn poll_body(
        &mut self,
        intake: &mut Intake,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Refusal>> {
        for _ in 0..Self::FRAMES {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
                return self.poll_trouble(intake, cx);
            };
            let Some(frame) = frame else {
                self.is_read = true;
                return Poll::Ready(Ok(()));
            };
            match frame.map_err(|_| Refusal::BodyBroken)?.into_data() {
                Ok(mut data) => {
                    let chunk = data.copy_to_bytes(data.remaining());
                    if let Err(refusal) = intake.push(chunk.clone()) {
                        self.refused = Some(chunk);
                        return Poll::Ready(Err(refusal));
                    }
                }
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
        cx.waker().wake_by_ref();
        self.poll_trouble(intake, cx)
    }

    /// What else may happen while the body is awaited.
    fn poll_trouble(
        &mut self,
        intake: &mut Intake,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Refusal>> {
        if intake.poll_evicted(cx).is_ready() {
            return Poll::Ready(Err(Refusal::BudgetSpent));
        }
        self.deadline.poll_passed(cx).map(|()| Err(Refusal::DeadlinePassed))
    }

    /// Makes the request for a verified delivery.
    pub(crate) fn accept(mut self, verified: Verified<Bytes>) -> Request<RequestBody<B>> {
        let read = verified.body().clone();
        self.head.extensions.insert(*verified.receipt());
        self.head.extensions.insert(verified);
        let body = RequestBody::new(read, None, self.trailers, None);
        with_body_limit(Request::from_parts(self.head, body), self.body_limit)
    }

    /// Tells the operator of a refusal, and makes the answer unless the service is to be called all
    /// the same: report-only.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Option<Response<Bytes>> {
        let report_only = self.settings.policy.dangerous_report_only;
        refusal.record(self.sender, report_only);
        if let Some(on_refusal) = &self.settings.on_refusal {
            on_refusal(&refusal, &self.head);
        }
        // What follows a broken body is missing, and the service could not know.
        (!report_only || refusal == Refusal::BodyBroken).then(|| self.settings.answer(refusal))
    }

    /// Makes the request for a refused one, of whose body `read` was read.
    pub(crate) fn report(mut self, refusal: Refusal, read: Bytes) -> Request<RequestBody<B>> {
        self.head.extensions.insert(Reported { refusal });
        let rest = if self.is_read { None } else { Some(self.body) };
        let body = RequestBody::new(read, self.refused, self.trailers, rest);
        with_body_limit(Request::from_parts(self.head, body), self.body_limit)
    }
}

/// Lifts axum's own limit to the verifier's: 2 MiB is below what MLflow sends, and the 413 would
/// lose the delivery.
#[cfg(feature = "axum")]
fn with_body_limit<B>(mut request: Request<B>, limit: usize) -> Request<B> {
    let default = 2 * 1024 * 1024;
    axum_core::extract::DefaultBodyLimit::max(limit.max(default)).apply(&mut request);
    request
}

#[cfg(not(feature = "axum"))]
fn with_body_limit<B>(request: Request<B>, _: usize) -> Request<B> {
    request
}

/// Keeps the values of a header out of `Debug`.
fn mark_sensitive(headers: &mut HeaderMap, name: &str) {
    if let Ok(http::header::Entry::Occupied(mut values)) = headers.try_entry(name) {
        values.iter_mut().for_each(|value| value.set_sensitive(true));
    }
}

/// About how many bytes a head takes: its texts, and 128 for each header in the map.
fn memory(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 128).sum()
}
