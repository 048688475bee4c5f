use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use http::{
    HeaderMap, Request, Response,
    header::{AUTHORIZATION, CONTENT_LENGTH},
    request::Parts,
};
use http_body::Body;
use verify_adapter::{Head, Outcome, Refusal, Reported, ResolveError, Unverified, head_memory};
use verify_core::{Receipt, Verified, Verifier};

use crate::{RequestBody, settings::Settings};

/// A request on its way in.
pub(crate) struct Arrival<B> {
    settings: Arc<Settings>,
    delivery: verify_adapter::Arrival,
    head: Parts,
    body: B,
    trailers: Option<HeaderMap>,
}

impl<B: Body + Unpin> Arrival<B> {
    pub(crate) fn new(settings: Arc<Settings>, request: Request<B>) -> Self {
        let (mut head, body) = request.into_parts();
        if head.headers.contains_key(AUTHORIZATION) {
            mark_sensitive(&mut head.headers, AUTHORIZATION.as_str());
        }
        // What a layer outside found out is not what this one finds out.
        head.extensions.remove::<Receipt>();
        head.extensions.remove::<Verified<Bytes>>();
        head.extensions.remove::<Reported>();
        let delivery = verify_adapter::Arrival::new(settings.policy.clone());
        Self { settings, delivery, head, body, trailers: None }
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
            let resolved = ready!(self.delivery.poll_resolved(future, cx));
            resolving.set(None);
            self.begin(resolved?)?;
        }
        let (body, trailers) = (&mut self.body, &mut self.trailers);
        self.delivery.poll_body(cx, |cx| poll_chunk(body, trailers, cx))
    }

    fn begin(&mut self, verifier: Arc<Verifier>) -> Result<(), Refusal> {
        mark_sensitive(&mut self.head.headers, verifier.sender().signature_header());
        let headers = &self.head.headers;
        // The server has checked that `Content-Length` is a number and tells the truth; the body's
        // own hint is for requests from elsewhere.
        let length = headers.get(CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let head = Head {
            headers,
            memory: head_memory(
                headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())),
            ),
            announced: length.max(self.body.size_hint().exact()),
        };
        self.delivery.begin(verifier, head)
    }

    /// Makes the request for a verified delivery.
    pub(crate) fn accept(mut self, verified: Verified<Bytes>) -> Request<RequestBody<B>> {
        let read = verified.body().clone();
        self.head.extensions.insert(*verified.receipt());
        self.head.extensions.insert(verified);
        let body = RequestBody::new(read, None, self.trailers, None);
        with_body_limit(Request::from_parts(self.head, body), self.delivery.body_limit())
    }

    /// Tells the operator of a refusal, and makes the answer unless the service is to be called all
    /// the same: report-only.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Option<Response<Bytes>> {
        let handed_on = self.delivery.tell(refusal);
        if let Some(on_refusal) = &self.settings.on_refusal {
            on_refusal(&refusal, &self.head);
        }
        (!handed_on).then(|| self.settings.answer(refusal))
    }

    /// Makes the request for a refused one, with what was read of its body.
    pub(crate) fn report(
        mut self,
        refusal: Refusal,
        unverified: Unverified,
    ) -> Request<RequestBody<B>> {
        self.head.extensions.insert(Reported::new(refusal));
        let rest = if unverified.is_complete { None } else { Some(self.body) };
        let body = RequestBody::new(unverified.read, unverified.refused, self.trailers, rest);
        with_body_limit(Request::from_parts(self.head, body), self.delivery.body_limit())
    }
}

/// The next frame as a chunk; trailers, which are set aside, as an empty one.
fn poll_chunk<B: Body + Unpin>(
    body: &mut B,
    trailers: &mut Option<HeaderMap>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, B::Error>>> {
    Pin::new(body).poll_frame(cx).map_ok(|frame| match frame.into_data() {
        Ok(mut data) => data.copy_to_bytes(data.remaining()),
        Err(frame) => {
            *trailers = frame.into_trailers().ok();
            Bytes::new()
        }
    })
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

/// Keeps the values of a header out of `Debug`. Not by `HeaderMap::entry`, which allocates the name and
/// may move the whole map.
fn mark_sensitive(headers: &mut HeaderMap, name: &str) {
    let marked = headers.iter_mut().filter(|(key, _)| key.as_str() == name);
    marked.for_each(|(_, value)| value.set_sensitive(true));
}
