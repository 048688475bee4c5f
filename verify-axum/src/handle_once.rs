use core::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
};
use std::panic::resume_unwind;

use http::{HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use verify_adapter::delivered_unless_reported;
use verify_core::{Receipt, Verified};
use verify_once::{Answer, Ending, Guarded, Once};

use crate::{
    ResponseBody,
    response::{by_table, response},
};

/// Handles each verified delivery once: goes **inside** of a [`VerifyLayer`](crate::VerifyLayer).
///
/// A delivery that was handled, is being handled, or cannot be claimed is answered without the service. The handler
/// gets the [`Attempt`]. See [`verify_once`](crate::once) for the answers and the promises. A delivery that a
/// `VerifyLayer` only reports is handed on as it is. On a route without a `VerifyLayer` the answer is 500, and the
/// log says why.
///
/// ```
/// use axum::{Router, http::StatusCode, routing::post};
/// use verify_axum::{
///     Attempt, Delivery, HandleOnceLayer, Secret, Sender, Verifier, VerifyLayer,
///     once::{Memory, Once},
/// };
///
/// async fn on_delivery(Attempt(attempt): Attempt, Delivery(verified): Delivery) -> StatusCode {
///     // More than 1: an earlier run may have got half way.
///     println!("attempt {attempt}: {} bytes", verified.body().len());
///     StatusCode::NO_CONTENT
/// }
///
/// # fn app() -> Result<Router, Box<dyn std::error::Error>> {
/// let verifier = Verifier::builder(Sender::MLFLOW).secret(Secret::new("shared")?).build()?;
/// let once = Once::builder(Memory::of_this_process()).build()?;
/// // The first layer is the outer one. Together they cost one box of axum's, and by two calls two.
/// let layers = (VerifyLayer::new(verifier), HandleOnceLayer::new(once));
/// let app = Router::new().route("/webhooks/mlflow", post(on_delivery).layer(layers));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct HandleOnceLayer {
    once: Option<Once>,
    is_detached: bool,
}

/// The service that [`HandleOnceLayer`] puts around another.
#[derive(Clone, Debug)]
pub struct HandleOnce<S> {
    inner: S,
    once: Option<Once>,
    is_detached: bool,
}

/// How often this delivery was begun, including this time. More than 1: an earlier run may have
/// done half of its work. 0: not known, because there is no guard or its store did not answer.
///
/// It is in the extensions of the request inside a [`HandleOnceLayer`], and is an extractor for axum. Use it to fence
/// an effect outside of the store: a write with a smaller number came too late. If the store forgot a claim in a crash
/// or a failover, two runs have the same number.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "an extractor is taken apart")]
pub struct Attempt(pub u32);

impl HandleOnceLayer {
    /// Guards with a store. With `None` it hands everything on, for a guard that is optional in the
    /// settings.
    pub fn new(once: impl Into<Option<Once>>) -> Self {
        Self { once: once.into(), is_detached: false }
    }

    /// Runs each handler in a task of its own, to its end or its deadline, even if the sender hangs up meanwhile.
    /// Without this, the handler is dropped when the sender hangs up, and the sender's next try causes a second
    /// run.
    ///
    /// After the sender has hung up, the delivery does not count in the memory budget any more. If the runtime ends,
    /// the task ends too, and the next try waits for the end of the lease.
    pub const fn detached(mut self) -> Self {
        self.is_detached = true;
        self
    }
}

impl<S> Layer<S> for HandleOnceLayer {
    type Service = HandleOnce<S>;

    fn layer(&self, inner: S) -> HandleOnce<S> {
        HandleOnce { inner, once: self.once.clone(), is_detached: self.is_detached }
    }
}

impl<S, B, ResB> Service<Request<B>> for HandleOnce<S>
where
    S: Service<Request<B>, Response = Response<ResB>> + Clone + Send + 'static,
    S::Error: Send,
    S::Future: Send,
    B: Send + 'static,
    ResB: Send + 'static,
{
    type Response = Response<ResponseBody<ResB>>;
    type Error = S::Error;
    type Future = HandleOnceFuture<S::Future, ResB, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let extensions = request.extensions();
        // What is only reported, extractors refuse.
        let receipt = match delivered_unless_reported(extensions.get(), extensions.get()) {
            Ok(verified) => verified.map(Verified::receipt),
            Err(refusal) => {
                return HandleOnceFuture::answered(by_table(refusal).map(ResponseBody::refusal));
            }
        };
        let Some((once, receipt)) = self.once.as_ref().zip(receipt) else {
            request.extensions_mut().insert(Attempt(0));
            return HandleOnceFuture {
                stage: Stage::Unguarded { handling: self.inner.call(request) },
            };
        };
        let entered = if self.is_detached { None } else { once.enter_at_once(receipt) };
        match entered {
            Some(Ok(run)) => {
                request.extensions_mut().insert(Attempt(run.attempt()));
                let guarded = run.guard(self.inner.call(request), ending as Judge<_, _>);
                HandleOnceFuture { stage: Stage::Guarded { guarded } }
            }
            Some(Err(refused)) => HandleOnceFuture::answered(answer(refused)),
            None => {
                let waiting = self.wait(once.clone(), *receipt, request);
                HandleOnceFuture { stage: Stage::Waiting { waiting } }
            }
        }
    }
}

impl<S> HandleOnce<S> {
    /// Handles a delivery for which the store has to be waited for, or in a task of its own.
    fn wait<B, ResB>(
        &mut self,
        once: Once,
        receipt: Receipt,
        mut request: Request<B>,
    ) -> Waiting<ResB, S::Error>
    where
        S: Service<Request<B>, Response = Response<ResB>> + Clone + Send + 'static,
        S::Error: Send,
        S::Future: Send,
        B: Send + 'static,
        ResB: Send + 'static,
    {
        // The one that is ready, and not its clone.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let handled = async move {
            let handle = |attempt| {
                request.extensions_mut().insert(Attempt(attempt));
                inner.call(request)
            };
            handled(once.guard(&receipt, handle, ending).await)
        };
        match self.is_detached {
            false => Box::pin(handled),
            true => Box::pin(async move {
                match tokio::spawn(handled).await {
                    Ok(response) => response,
                    Err(ended) => match ended.try_into_panic() {
                        Ok(panic) => resume_unwind(panic),
                        // The runtime ends, and nobody is answered any more.
                        Err(_) => Ok(response(503, None).map(ResponseBody::refusal)),
                    },
                }
            }),
        }
    }
}

pin_project! {
    /// The future of a [`HandleOnce`] service.
    ///
    /// Dropping it drops the handler and gives the claim back, unless the guard is [detached](HandleOnceLayer::detached).
    ///
    /// # Panics
    ///
    /// In debug builds, if it is polled again after its end.
    pub struct HandleOnceFuture<F: Future, B, E> {
        #[pin]
        stage: Stage<F, B, E>,
    }
}

/// What reads the result of a handler.
type Judge<B, E> = fn(&Result<Response<B>, E>) -> Ending;

type Waiting<B, E> = Pin<Box<dyn Future<Output = Result<Response<ResponseBody<B>>, E>> + Send>>;

pin_project! {
    #[project = StageProjection]
    enum Stage<F, B, E>
    where
        F: Future,
    {
        // Without the service. `None` once it was taken.
        Answered { answer: Option<Response<ResponseBody<B>>> },
        // The store answers at once.
        Guarded { #[pin] guarded: Guarded<F, Judge<B, E>> },
        // No guard, or the delivery is only reported.
        Unguarded { #[pin] handling: F },
        // In a box: what is awaited has no name.
        Waiting { waiting: Waiting<B, E> },
    }
}

impl<F, B, E> Future for HandleOnceFuture<F, B, E>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().stage.project() {
            StageProjection::Answered { answer } => {
                debug_assert!(answer.is_some(), "polled after its end");
                answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
            }
            StageProjection::Guarded { guarded } => guarded.poll(cx).map(handled),
            StageProjection::Unguarded { handling } => {
                handling.poll(cx).map_ok(|response| response.map(ResponseBody::inner))
            }
            StageProjection::Waiting { waiting } => waiting.as_mut().poll(cx),
        }
    }
}

impl<F: Future, B, E> HandleOnceFuture<F, B, E> {
    fn answered(answer: Response<ResponseBody<B>>) -> Self {
        Self { stage: Stage::Answered { answer: Some(answer) } }
    }
}

impl<F: Future, B, E> fmt::Debug for HandleOnceFuture<F, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandleOnceFuture").finish_non_exhaustive()
    }
}

/// What the service answered, or what is answered in its place.
fn handled<B, E>(
    outcome: Result<Result<Response<B>, E>, Answer>,
) -> Result<Response<ResponseBody<B>>, E> {
    match outcome {
        Ok(result) => result.map(|response| response.map(ResponseBody::inner)),
        Err(refused) => Ok(answer(refused)),
    }
}

fn ending<B, E>(result: &Result<Response<B>, E>) -> Ending {
    match result {
        Ok(response) => Ending::Answered(response.status().as_u16()),
        Err(_) => Ending::Broken,
    }
}

/// Builds the answer for a handler that does not answer, with it in its extensions.
fn answer<B>(answer: Answer) -> Response<ResponseBody<B>> {
    let wait = answer.retry_after.map(|wait| ("retry-after", HeaderValue::from(wait)));
    let mut response = response(answer.status, wait);
    response.extensions_mut().insert(answer);
    response.map(ResponseBody::refusal)
}

#[cfg(feature = "axum")]
impl<State: Sync> axum_core::extract::FromRequestParts<State> for Attempt {
    type Rejection = crate::DeliveryRejection;

    async fn from_request_parts(
        head: &mut http::request::Parts,
        _: &State,
    ) -> Result<Self, Self::Rejection> {
        verify_adapter::attempted(head.extensions.get()).map_err(crate::DeliveryRejection)
    }
}
