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
        stage: Stage<F, B, S::Future>,
        // For as long as the delivery is being handled.
        charge: Option<Charge>,
        reported: Option<Refusal>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, B, H> {
        // Until the body was judged.
        Arriving { #[pin] resolving: Option<F>, arrival: Option<Arrival<B>> },
        // Until the service is ready for it.
        Waiting { request: Option<Request<RequestBody<B>>> },
        Handling { #[pin] handling: H },
    }
}

impl<S, F, B> ResponseFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>>,
{
    pub(crate) const fn new(service: S, resolving: F, arrival: Arrival<B>) -> Self {
        let stage = Stage::Arriving { resolving: Some(resolving), arrival: Some(arrival) };
        Self { service, stage, charge: None, reported: None }
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
        loop {
            match this.stage.as_mut().project() {
                StageProjection::Arriving { resolving, arrival } => {
                    let Some(arriving) = arrival else { return Poll::Pending };
                    let outcome = ready!(arriving.poll(resolving, cx));
                    let Some(arrival) = arrival.take() else { return Poll::Pending };
                    let request = match outcome {
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
                    };
                    this.stage.set(Stage::Waiting { request: Some(request) });
                }
                StageProjection::Waiting { request } => {
                    ready!(this.service.poll_ready(cx))?;
                    let Some(request) = request.take() else { return Poll::Pending };
                    let handling = this.service.call(request);
                    this.stage.set(Stage::Handling { handling });
                }
                StageProjection::Handling { handling } => {
                    let mut response = ready!(handling.poll(cx))?;
                    if let Some(refusal) = *this.reported {
                        response.extensions_mut().insert(refusal);
                    }
                    return Poll::Ready(Ok(response.map(ResponseBody::inner)));
                }
            }
        }
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
