use core::pin::Pin;
use std::{rc::Rc, sync::Arc};

use actix_web::{
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, forward_ready},
};

use crate::{
    Resolver, arrival::Arrival, connections::Connection, limits::Limits, settings::Settings,
};

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
    R: Resolver,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    // Asked for a whole worker before it takes connections. A place is taken by `call` only, and so
    // not by a request that nobody has verified.
    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let limits = Rc::clone(&self.limits);
        let mut arrival = Arrival::new(Arc::clone(&self.settings), limits, request);
        let resolving = self.resolver.resolve(arrival.request());
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            // The charge is kept for as long as the delivery is being handled.
            let (request, _charge, reported) = match arrival.take_in(resolving).await {
                Ok((verified, charge)) => (arrival.accept(verified), Some(charge), None),
                Err(unaccepted) => {
                    let refusal = unaccepted.refusal();
                    if !arrival.tell(refusal) {
                        return Ok(arrival.refuse(refusal));
                    }
                    let mut unverified = unaccepted.dangerous_into_unverified();
                    let charge = unverified.charge.take();
                    (arrival.report(refusal, unverified), charge, Some(refusal))
                }
            };
            let connection = request.conn_data::<Connection>();
            let _handling = connection.filter(|_| reported.is_none()).map(Connection::handle);
            let mut response = inner.call(request).await?;
            if let Some(refusal) = reported {
                response.response_mut().extensions_mut().insert(refusal);
            }
            Ok(response.map_into_left_body())
        })
    }
}
