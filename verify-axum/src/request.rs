use core::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use http::{HeaderMap, Request, Response, request::Parts};
use http_body::Body;
use verify_adapter::{Read, Refusal};
use verify_core::{Headers, Occurrence};

use crate::{RequestBody, response};

/// A request on its way in.
pub(crate) struct Incoming<B> {
    head: Parts,
    body: B,
    /// In a box: a request is moved often, and has few.
    trailers: Option<Box<HeaderMap>>,
}

impl<B> Incoming<B> {
    pub(crate) fn new(request: Request<B>) -> Self {
        let (head, body) = request.into_parts();
        Self { head, body, trailers: None }
    }
}

impl<B> Headers for Incoming<B> {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        Headers::values(&self.head.headers, name)
    }

    fn occurrences<'h, const N: usize>(&'h self, names: [&str; N]) -> [Occurrence<'h>; N] {
        self.head.headers.occurrences(names)
    }
}

impl<B: Body + Unpin> verify_adapter::Request for Incoming<B> {
    type Head = Parts;
    type Inner = Request<RequestBody<B>>;
    type Response = Response<Bytes>;
    type Answer = Response<Bytes>;
    type Error = B::Error;

    fn head(&self) -> &Parts {
        &self.head
    }

    // Not by `HeaderMap::entry`, which allocates the name and may move the whole map.
    fn hide(&mut self, mut is_secret: impl FnMut(&str, &[u8]) -> bool) {
        for (name, value) in &mut self.head.headers {
            if is_secret(name.as_str(), value.as_bytes()) {
                value.set_sensitive(true);
            }
        }
    }

    fn insert<T: Clone + Send + Sync + 'static>(inner: &mut Self::Inner, value: T) {
        inner.extensions_mut().insert(value);
    }

    fn remove<T: Clone + Send + Sync + 'static>(&mut self) {
        self.head.extensions.remove::<T>();
    }

    /// For requests that come from no server.
    fn known_length(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// The next frame. Trailers, which are set aside, are an empty chunk.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx).map_ok(|frame| match frame.into_data() {
            Ok(mut data) => data.copy_to_bytes(data.remaining()),
            Err(frame) => {
                self.trailers = frame.into_trailers().ok().map(Box::new);
                Bytes::new()
            }
        })
    }

    fn into_inner(self, read: Read, limit: usize) -> Request<RequestBody<B>> {
        let rest = if read.is_complete() { None } else { Some(self.body) };
        let body = RequestBody::new(read, self.trailers, rest);
        let mut request = Request::from_parts(self.head, body);
        raise_body_limit(&mut request, limit);
        request
    }

    fn refuse(self, refusal: Refusal, own: Option<Response<Bytes>>) -> Response<Bytes> {
        response::refused(refusal, own)
    }
}

/// Raises axum's own limit: 2 MiB is below what MLflow sends, and the 413 would lose the delivery.
#[cfg(feature = "axum")]
fn raise_body_limit<B>(request: &mut Request<B>, limit: usize) {
    axum_core::extract::DefaultBodyLimit::max(limit).apply(request);
}

#[cfg(not(feature = "axum"))]
fn raise_body_limit<B>(_: &mut Request<B>, _: usize) {}
