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
use tower_service::Service;
use verify_adapter::{Charge, Deadline, Intake, Refusal, ResolveError};
use verify_core::{Verified, Verifier};

use crate::{Reported, RequestBody, headers::RequestHeaders, settings::Settings};

/// A request on its way in, and the service that waits for it.
pub(crate) struct Arrival<S, B> {
    inner: S,
    settings: Arc<Settings>,
    deadline: Deadline,
    head: Parts,
    body: B,
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
pub(crate) type Outcome = Result<(Verified<Bytes>, Charge), (Refusal, Bytes)>;

impl<S, B: Body + Unpin> Arrival<S, B> {
    pub(crate) fn new(inner: S, settings: Arc<Settings>, request: Request<B>) -> Self {
        let (mut head, body) = request.into_parts();
        if let http::header::Entry::Occupied(mut values) = head.headers.entry(AUTHORIZATION) {
            values.iter_mut().for_each(|value| value.set_sensitive(true));
        }
        Self {
            inner,
            deadline: Deadline::new(settings.policy.deadline),
            settings,
            head,
            body,
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
        let unread = |refusal: Refusal| (refusal, Bytes::new());
        if let Some(future) = resolving.as_mut().as_pin_mut() {
            let Poll::Ready(resolved) = future.poll(cx) else {
                return self
                    .deadline
                    .poll_passed(cx)
                    .map(|()| Err(unread(Refusal::DeadlinePassed)));
            };
            resolving.set(None);
            self.intake = Some(self.begin(resolved).map_err(unread)?);
        }
        let Some(mut intake) = self.intake.take() else { return Poll::Pending };
        match self.poll_body(&mut intake, cx) {
            Poll::Pending => {
                self.intake = Some(intake);
                Poll::Pending
            }
            Poll::Ready(Ok(())) => Poll::Ready(intake.finish().map_err(|unaccepted| {
                (unaccepted.refusal(), unaccepted.dangerous_into_unverified())
            })),
            Poll::Ready(Err(refusal)) => {
                Poll::Ready(Err((refusal, intake.dangerous_into_unverified())))
            }
        }
    }

    fn begin(&mut self, resolved: Result<Arc<Verifier>, ResolveError>) -> Result<Intake, Refusal> {
        let verifier = resolved?;
        self.sender = verifier.sender().name();
        self.body_limit = verifier.body_limit();
        // The server has checked that `Content-Length` is a number and tells the truth; the body's
        // own hint is for requests from elsewhere.
        let header = self.head.headers.get(CONTENT_LENGTH);
        let header = header.and_then(|value| value.to_str().ok()?.parse().ok());
        let announced = header.max(self.body.size_hint().exact());
        let headers = RequestHeaders(&self.head.headers);
        Intake::begin(verifier, &self.settings.policy, &headers, announced)
    }

    /// Reads the body until it is complete.
    fn poll_body(
        &mut self,
        intake: &mut Intake,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Refusal>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
                if intake.poll_evicted(cx).is_ready() {
                    return Poll::Ready(Err(Refusal::BudgetSpent));
                }
                return self.deadline.poll_passed(cx).map(|()| Err(Refusal::DeadlinePassed));
            };
            let Some(frame) = frame else { return Poll::Ready(Ok(())) };
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
    }
}

impl<S, B> Arrival<S, B>
where
    S: Service<Request<RequestBody<B>>>,
    B: Body,
{
    /// Calls the service with a verified delivery.
    pub(crate) fn accept(mut self, verified: Verified<Bytes>) -> S::Future {
        let read = verified.body().clone();
        self.head.extensions.insert(*verified.receipt());
        self.head.extensions.insert(verified);
        let body = RequestBody::new(read, None, self.trailers, None);
        #[cfg_attr(not(feature = "axum"), expect(unused_mut, reason = "only axum has a limit"))]
        let mut request = Request::from_parts(self.head, body);
        // axum's default of 2 MiB is below what MLflow sends, and its 413 would lose the delivery.
        #[cfg(feature = "axum")]
        axum_core::extract::DefaultBodyLimit::max(self.body_limit).apply(&mut request);
        self.inner.call(request)
    }

    /// Tells the operator of a refusal, and makes the answer unless the service is to be called all
    /// the same: report-only.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Option<Response<Bytes>> {
        let report_only = self.settings.policy.report_only;
        refusal.record(self.sender, report_only);
        if let Some(on_refusal) = &self.settings.on_refusal {
            on_refusal(&refusal, &self.head);
        }
        // What follows a broken body is missing, and the service could not know.
        (!report_only || refusal == Refusal::BodyBroken).then(|| self.settings.answer(refusal))
    }

    /// Calls the service with a refused request, of whose body `read` was read.
    pub(crate) fn report(mut self, refusal: Refusal, read: Bytes) -> S::Future {
        self.head.extensions.insert(Reported { refusal });
        let body = RequestBody::new(read, self.refused, self.trailers, Some(self.body));
        self.inner.call(Request::from_parts(self.head, body))
    }
}
