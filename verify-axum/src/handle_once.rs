// In a box, unlike `future.rs`: what is awaited here has no name, and axum asks for `Send` anyway.

use core::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};
use std::panic::resume_unwind;

use http::{HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use verify_adapter::delivered_unless_reported;
use verify_once::{Answer, Ending, Once};

use crate::{
    ResponseBody,
    response::{by_table, response},
};

/// Handles each verified delivery once: goes **inside** of a [`VerifyLayer`](crate::VerifyLayer).
///
/// A delivery that was handled, is being handled, or cannot be claimed, is answered without the service; the
/// handler is told the [`Attempt`]. See [`verify_once`](crate::once) for what is answered when, and what is promised.
/// What a `VerifyLayer` only reports is handed on as it is. On a route without one the answer is 500, and why is logged.
///
/// ```
/// use axum::{Router, http::StatusCode, routing::{MethodRouter, post}};
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
/// let route: MethodRouter = post(on_delivery).layer(HandleOnceLayer::new(once));
/// // The later layer is the outer one.
/// let app = Router::new().route("/webhooks/mlflow", route.layer(VerifyLayer::new(verifier)));
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

/// How often the delivery was begun, with this time. More than 1: an earlier run may have got half
/// way. 0: nobody knows, because there is no guard or its store could not be asked.
///
/// Stands in the extensions of the request behind a [`HandleOnceLayer`], and is an extractor for axum. An effect outside
/// of the store can be fenced with it: one that is written with a smaller number came too late.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "an extractor is taken apart")]
pub struct Attempt(pub u32);

impl HandleOnceLayer {
    /// Guards with a store. `None` hands everything on, for a guard that the settings may leave out.
    pub fn new(once: impl Into<Option<Once>>) -> Self {
        Self { once: once.into(), is_detached: false }
    }

    /// Runs each handler in a task of its own, to its end or its deadline, also where the sender hangs up meanwhile.
    /// Without this the handler is dropped then, and a sender that comes again causes a second run.
    ///
    /// Once the sender has hung up, the delivery is not counted in the memory budget any more, and the task ends with the
    /// runtime: then the next try waits for the end of the lease.
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
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The one that is ready, and not its clone.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let once = self.once.clone();
        let handled = async move {
            let extensions = request.extensions();
            // What is only reported, extractors refuse.
            let verified = match delivered_unless_reported(extensions.get(), extensions.get()) {
                Ok(verified) => verified,
                Err(refusal) => return Ok(by_table(refusal).map(ResponseBody::refusal)),
            };
            let guarded = once.zip(verified.map(|verified| *verified.receipt()));
            let handle = |attempt| {
                request.extensions_mut().insert(Attempt(attempt));
                inner.call(request)
            };
            let response = match guarded {
                None => handle(0).await?,
                Some((once, receipt)) => match once.guard(&receipt, handle, ending).await {
                    Ok(result) => result?,
                    Err(refused) => return Ok(answer(refused)),
                },
            };
            Ok(response.map(ResponseBody::inner))
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
