// In a box, and not by hand as in verify-axum: nothing in a worker has to be `Send`.

use core::pin::Pin;
use std::{rc::Rc, sync::Arc};

use actix_web::{
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, forward_ready},
};
use verify_adapter::{Arrival, Decision, Resolver};

use crate::{connections::Connection, limits::Limits, request::Incoming, response::Settings};

/// The service that [`Verify`](crate::Verify) puts around another.
#[derive(Debug)]
pub struct VerifyMiddleware<S, R> {
    inner: Rc<S>,
    resolver: R,
    settings: Arc<Settings>,
    limits: Rc<Limits>,
}

impl<S, R> VerifyMiddleware<S, R> {
    pub(crate) fn new(inner: S, resolver: R, settings: Arc<Settings>) -> Self {
        Self { inner: Rc::new(inner), resolver, settings, limits: Rc::default() }
    }
}

impl<S, R, B> Service<ServiceRequest> for VerifyMiddleware<S, R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>> + 'static,
    S::Future: 'static,
    R: Resolver<ServiceRequest>,
    R::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    // Asked for a whole worker before it takes connections. A place is taken by `call` only, and so
    // not by a request that nobody has verified.
    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let request = Incoming::new(request, Rc::clone(&self.limits));
        let arrival = Arrival::new(Arc::clone(&self.settings), request, &self.resolver);
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let (request, handling) = match arrival.await {
                Decision::Call(request, handling) => (request, handling),
                Decision::Answer(answer) => return Ok(answer.map_into_right_body()),
            };
            let refusal = handling.refusal();
            let connection = request.conn_data::<Connection>();
            let _delivery = connection.filter(|_| refusal.is_none()).map(Connection::handle);
            let mut response = inner.call(request).await?;
            if let Some(refusal) = refusal {
                response.response_mut().extensions_mut().insert(refusal);
            }
            Ok(response.map_into_left_body())
        })
    }
}
