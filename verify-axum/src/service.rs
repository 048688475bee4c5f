use core::task::{Context, Poll};
use std::sync::Arc;

use http::{Request, Response, request::Parts};
use http_body::Body;
use tower_service::Service;
use verify_adapter::{Arrival, Resolver};

use crate::{RequestBody, ResponseBody, ResponseFuture, request::Incoming, response::Settings};

/// The service that [`VerifyLayer`](crate::VerifyLayer) puts around another.
#[derive(Clone, Debug)]
pub struct Verify<S, R> {
    inner: S,
    resolver: R,
    settings: Arc<Settings>,
}

impl<S, R> Verify<S, R> {
    pub(crate) const fn new(inner: S, resolver: R, settings: Arc<Settings>) -> Self {
        Self { inner, resolver, settings }
    }
}

impl<S, R, B, ResB> Service<Request<B>> for Verify<S, R>
where
    S: Service<Request<RequestBody<B>>, Response = Response<ResB>> + Clone,
    R: Resolver<Parts>,
    B: Body + Unpin,
{
    type Response = Response<ResponseBody<ResB>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R::Future, B>;

    /// Is always ready. The wrapped service is asked for readiness after a delivery is verified. So
    /// an unverified request never takes a place in it, for example under a concurrency limit.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let settings = Arc::clone(&self.settings);
        let arrival = Arrival::new(settings, Incoming::new(request), &self.resolver);
        ResponseFuture::new(self.inner.clone(), arrival)
    }
}
