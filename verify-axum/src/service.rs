use core::{
    mem,
    task::{Context, Poll},
};
use std::sync::Arc;

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::{
    RequestBody, Resolver, ResponseBody, ResponseFuture, arrival::Arrival, settings::Settings,
};

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
    R: Resolver,
    B: Body + Unpin,
{
    type Response = Response<ResponseBody<ResB>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready must be the one that is called: a clone may not be.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        let arrival = Arrival::new(inner, Arc::clone(&self.settings), request);
        ResponseFuture::new(self.resolver.resolve(arrival.head()), arrival)
    }
}
