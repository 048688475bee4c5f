use core::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};
use std::rc::Rc;

use actix_web::{
    HttpMessage, HttpResponse,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{
        Method,
        header::{TRANSFER_ENCODING, UPGRADE},
    },
};
use bytes::Bytes;
use futures_core::Stream;
use verify_adapter::{Read, Refusal, Request, content_length};
use verify_core::{Headers, Occurrence};

use crate::{
    body::{self, HoldingBody},
    limits::Limits,
    response,
};

/// A request on its way in.
pub(crate) struct Incoming {
    request: ServiceRequest,
    /// As the connection has it: an extractor such as `web::Bytes` would decompress it first.
    payload: Payload,
    limits: Rc<Limits>,
}

impl Incoming {
    pub(crate) fn new(mut request: ServiceRequest, limits: Rc<Limits>) -> Self {
        let payload = request.take_payload();
        let mut incoming = Self { request, payload, limits };
        let headers = incoming.request.headers();
        let is_endless =
            headers.contains_key(UPGRADE) || incoming.request.method() == Method::CONNECT;
        if is_endless && !headers.contains_key(TRANSFER_ENCODING) {
            let length = content_length(&incoming).unwrap_or(0);
            incoming.payload =
                body::bounded(mem::replace(&mut incoming.payload, Payload::None), length);
        }
        incoming
    }

    fn lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }
}

impl Headers for Incoming {
    // Not by `HeaderMap::get_all`, which allocates the name to look it up.
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.lines().filter(move |(key, _)| *key == name).map(|(_, value)| value)
    }

    fn occurrences<'h, const N: usize>(&'h self, names: [&str; N]) -> [Occurrence<'h>; N] {
        Occurrence::of_each(names, self.lines())
    }
}

impl Request for Incoming {
    type Head = ServiceRequest;
    type Inner = ServiceRequest;
    type Response = HttpResponse;
    type Answer = ServiceResponse;
    type Error = PayloadError;

    fn head(&self) -> &ServiceRequest {
        &self.request
    }

    // actix's map lends the first of several values only; a `retain` lends all of them.
    fn hide(&mut self, mut is_secret: impl FnMut(&str, &[u8]) -> bool) {
        self.request.headers_mut().retain(|name, value| {
            if is_secret(name.as_str(), value.as_bytes()) {
                value.set_sensitive(true);
            }
            true
        });
    }

    fn insert<T: Clone + Send + Sync + 'static>(inner: &mut ServiceRequest, value: T) {
        inner.extensions_mut().insert(value);
    }

    fn remove<T: Clone + Send + Sync + 'static>(&mut self) {
        self.request.extensions_mut().remove::<T>();
    }

    fn known_length(&self) -> Option<u64> {
        None
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        Pin::new(&mut self.payload).poll_next(cx)
    }

    fn into_inner(mut self, read: Read, limit: usize) -> ServiceRequest {
        self.request.set_payload(body::handed_on(read, self.payload));
        self.limits.lift(&mut self.request, limit);
        self.request
    }

    /// The answer keeps the rest of the request's body: see [`HoldingBody`].
    fn refuse(self, refusal: Refusal, own: Option<HttpResponse>) -> ServiceResponse {
        let answer = response::refused(refusal, own);
        let answer = answer.map_body(|_, body| HoldingBody::boxed(body, self.payload));
        self.request.into_response(answer)
    }
}
