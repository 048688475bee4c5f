use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::sync::Arc;

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;
use verify_adapter::{Charge, Refusal, ResolveError};
use verify_core::Verifier;

use crate::{RequestBody, ResponseBody, arrival::Arrival};

pin_project! {
    /// The future of a [`Verify`](crate::Verify) service.
    ///
    /// Dropping it at any point gives back what it holds of the budget.
    pub struct ResponseFuture<S, F, B>
    where
        S: Service<Request<RequestBody<B>>>,
    {
        service: S,
        #[pin]
        resolving: Option<F>,
        // Until the body was judged.
        arrival: Option<Arrival<B>>,
        // Until the service is ready for it.
        request: Option<Request<RequestBody<B>>>,
        #[pin]
        handling: Option<S::Future>,
        // For as long as the delivery is being handled.
        charge: Option<Charge>,
        reported: Option<Refusal>,
    }
}

impl<S, F, B> ResponseFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>>,
{
    pub(crate) const fn new(service: S, resolving: F, arrival: Arrival<B>) -> Self {
        Self {
            service,
            resolving: Some(resolving),
            arrival: Some(arrival),
            request: None,
            handling: None,
            charge: None,
            reported: None,
        }
    }
}

impl<S, F, B, ResB> Future for ResponseFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>, Response = Response<ResB>>,
    F: Future<Output = Result<Arc<Verifier>, ResolveError>>,
    B: Body + Unpin,
{
    type Output = Result<Response<ResponseBody<ResB>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(arriving) = this.arrival {
            let outcome = ready!(arriving.poll(this.resolving, cx));
            let Some(arrival) = this.arrival.take() else { return Poll::Pending };
            *this.request = Some(match outcome {
                Ok((verified, charge)) => {
                    *this.charge = Some(charge);
                    arrival.accept(verified)
                }
                Err(unaccepted) => {
                    let refusal = unaccepted.refusal();
                    if let Some(answer) = arrival.refuse(refusal) {
                        return Poll::Ready(Ok(answer.map(ResponseBody::refusal)));
                    }
                    let mut unverified = unaccepted.dangerous_into_unverified();
                    *this.charge = unverified.charge.take();
                    *this.reported = Some(refusal);
                    arrival.report(refusal, unverified)
                }
            });
        }
        if this.request.is_some() {
            ready!(this.service.poll_ready(cx))?;
            if let Some(request) = this.request.take() {
                this.handling.set(Some(this.service.call(request)));
            }
        }
        let Some(handling) = this.handling.as_mut().as_pin_mut() else { return Poll::Pending };
        let mut response = ready!(handling.poll(cx))?;
        if let Some(refusal) = *this.reported {
            response.extensions_mut().insert(refusal);
        }
        Poll::Ready(Ok(response.map(ResponseBody::inner)))
    }
}

impl<S, F, B> fmt::Debug for ResponseFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
