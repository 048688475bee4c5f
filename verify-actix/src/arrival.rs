use core::{
    future::poll_fn,
    mem,
    pin::{Pin, pin},
};
use std::{rc::Rc, sync::Arc};

use actix_web::{
    HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{AUTHORIZATION, CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING, UPGRADE},
    },
};
use bytes::Bytes;
use futures_core::Stream;
use verify_adapter::{Head, Outcome, Refusal, Reported, ResolveError, Unverified, head_memory};
use verify_core::{Receipt, Verified, Verifier};

use crate::{
    body::{self, HoldingBody},
    headers::{RequestHeaders, mark_sensitive},
    limits::Limits,
    settings::Settings,
};

/// A request on its way in.
pub(crate) struct Arrival {
    settings: Arc<Settings>,
    limits: Rc<Limits>,
    delivery: verify_adapter::Arrival,
    request: ServiceRequest,
    /// As the connection has it: an extractor such as `web::Bytes` would decompress it first.
    payload: Payload,
}

impl Arrival {
    pub(crate) fn new(
        settings: Arc<Settings>,
        limits: Rc<Limits>,
        mut request: ServiceRequest,
    ) -> Self {
        mark_sensitive(request.headers_mut(), &AUTHORIZATION);
        // What a middleware outside found out is not what this one finds out.
        let mut extensions = request.extensions_mut();
        extensions.remove::<Receipt>();
        extensions.remove::<Verified<Bytes>>();
        extensions.remove::<Reported>();
        drop(extensions);
        let payload = request.take_payload();
        let delivery = verify_adapter::Arrival::new(settings.policy.clone());
        Self { settings, limits, delivery, request, payload }
    }

    pub(crate) const fn request(&self) -> &ServiceRequest {
        &self.request
    }

    /// Takes the delivery in: the verifier, the head, the body, the comparison.
    pub(crate) async fn take_in(
        &mut self,
        resolving: impl Future<Output = Result<Arc<Verifier>, ResolveError>>,
    ) -> Outcome {
        let verifier = {
            let mut resolving = pin!(resolving);
            poll_fn(|cx| self.delivery.poll_resolved(resolving.as_mut(), cx)).await?
        };
        self.begin(verifier)?;
        poll_fn(|cx| self.delivery.poll_body(cx, |cx| Pin::new(&mut self.payload).poll_next(cx)))
            .await
    }

    fn begin(&mut self, verifier: Arc<Verifier>) -> Result<(), Refusal> {
        if let Ok(name) = HeaderName::from_bytes(verifier.sender().signature_header().as_bytes()) {
            mark_sensitive(self.request.headers_mut(), &name);
        }
        let headers = self.request.headers();
        // The server has checked that it is a number.
        let length = headers.get(CONTENT_LENGTH);
        let announced = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let is_endless = headers.contains_key(UPGRADE) || self.request.method() == Method::CONNECT;
        if is_endless && !headers.contains_key(TRANSFER_ENCODING) {
            let payload = mem::replace(&mut self.payload, Payload::None);
            self.payload = body::bounded(payload, announced.unwrap_or(0));
        }
        let head = Head {
            headers: &RequestHeaders(headers),
            memory: head_memory(
                headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())),
            ),
            announced,
        };
        self.delivery.begin(verifier, head)
    }

    /// Makes the request for a verified delivery.
    pub(crate) fn accept(mut self, verified: Verified<Bytes>) -> ServiceRequest {
        self.request.set_payload(body::verified(verified.body().clone()));
        let mut extensions = self.request.extensions_mut();
        extensions.insert(*verified.receipt());
        extensions.insert(verified);
        drop(extensions);
        self.limits.lift(&mut self.request, self.delivery.body_limit());
        self.request
    }

    /// Tells the operator of a refusal, and returns whether the service is to be called all the
    /// same: report-only.
    pub(crate) fn tell(&self, refusal: Refusal) -> bool {
        let handed_on = self.delivery.tell(refusal);
        if let Some(on_refusal) = &self.settings.on_refusal {
            on_refusal(&refusal, &self.request);
        }
        handed_on
    }

    /// Answers a refused request.
    pub(crate) fn refuse<B: MessageBody>(self, refusal: Refusal) -> ServiceResponse<EitherBody<B>> {
        let answer = self
            .settings
            .answer(refusal)
            .map_body(|_, body| EitherBody::right(HoldingBody::boxed(body, self.payload)));
        self.request.into_response(answer)
    }

    /// Makes the request for a refused one, with what was read of its body.
    pub(crate) fn report(mut self, refusal: Refusal, unverified: Unverified) -> ServiceRequest {
        self.request.extensions_mut().insert(Reported::new(refusal));
        self.request.set_payload(body::unverified(unverified, self.payload));
        self.limits.lift(&mut self.request, self.delivery.body_limit());
        self.request
    }
}
