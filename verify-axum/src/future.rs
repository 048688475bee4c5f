// By hand, and not a box as in verify-actix: a box would force `Send` on every service under the layer.

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
use verify_adapter::{Arrival, Decision, Handling, ResolveError};
use verify_core::Verifier;

use crate::{RequestBody, ResponseBody, request::Incoming, response::with_refusal};

pin_project! {
    /// The future of a [`Verify`](crate::Verify) service.
    ///
    /// Dropping it at any point gives back what it holds of the budget.
    ///
    /// # Panics
    ///
    /// In debug builds, if it is polled again after its end. In release builds it is then pending.
    pub struct ResponseFuture<S, F, B>
    where
        S: Service<Request<RequestBody<B>>>,
        B: Body,
        B: Unpin,
    {
        service: S,
        #[pin]
        stage: Stage<F, B, S::Future>,
        // For as long as the delivery is being handled.
        handling: Option<Handling>,
    }
}

pin_project! {
    #[project = StageProjection]
    #[project_replace = StageOwned]
    enum Stage<F, B, H>
    where
        B: Body,
        B: Unpin,
    {
        // Until it is decided what becomes of the request.
        Arriving { #[pin] arrival: Arrival<Incoming<B>, F> },
        // Until the service is ready for it.
        Waiting { request: Request<RequestBody<B>> },
        Handling { #[pin] response: H },
        Over,
    }
}

impl<S, F, B> ResponseFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>>,
    B: Body + Unpin,
{
    pub(crate) const fn new(service: S, arrival: Arrival<Incoming<B>, F>) -> Self {
        Self { service, stage: Stage::Arriving { arrival }, handling: None }
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
        debug_assert!(!matches!(*this.stage, Stage::Over), "polled after its end");
        let response = loop {
            match this.stage.as_mut().project() {
                StageProjection::Arriving { arrival } => match ready!(arrival.poll(cx)) {
                    Decision::Call(request, handling) => {
                        *this.handling = Some(handling);
                        match this.service.poll_ready(cx) {
                            Poll::Ready(Ok(())) => {
                                let response = this.service.call(request);
                                this.stage.set(Stage::Handling { response });
                            }
                            Poll::Ready(Err(error)) => break Err(error),
                            Poll::Pending => {
                                this.stage.set(Stage::Waiting { request });
                                return Poll::Pending;
                            }
                        }
                    }
                    Decision::Answer(answer) => break Ok(answer.map(ResponseBody::refusal)),
                },
                StageProjection::Waiting { .. } => {
                    if let Err(error) = ready!(this.service.poll_ready(cx)) {
                        break Err(error);
                    }
                    if let StageOwned::Waiting { request } =
                        this.stage.as_mut().project_replace(Stage::Over)
                    {
                        let response = this.service.call(request);
                        this.stage.set(Stage::Handling { response });
                    }
                }
                StageProjection::Handling { response } => {
                    let refusal = this.handling.as_ref().and_then(Handling::refusal);
                    let response = ready!(response.poll(cx));
                    break response.map(|response| {
                        match refusal {
                            Some(refusal) => with_refusal(response, refusal),
                            None => response,
                        }
                        .map(ResponseBody::inner)
                    });
                }
                StageProjection::Over => return Poll::Pending,
            }
        };
        this.stage.set(Stage::Over);
        Poll::Ready(response)
    }
}

impl<S, F, B> fmt::Debug for ResponseFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>>,
    B: Body + Unpin,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
