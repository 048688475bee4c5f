use core::{
    future::{Ready, ready},
    pin::Pin,
};
use std::{panic::resume_unwind, rc::Rc};

use actix_web::{
    Error, FromRequest, HttpMessage as _, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    error::InternalError,
    http::header::HeaderValue,
    rt,
};
use verify_adapter::{attempted, delivered_unless_reported};
use verify_core::Receipt;
use verify_once::{Answer, Ending, Once};

use crate::{
    DeliveryRejection,
    response::{by_table, response},
};

/// Handles each verified delivery once: goes **inside** of [`Verify`](crate::Verify).
///
/// A delivery that was handled, is being handled, or cannot be claimed is answered without the service. The handler
/// gets the [`Attempt`]. See [`verify_once`](crate::once) for the answers and the promises. A delivery that
/// `Verify` only reports is handed on as it is. On a route without `Verify` the answer is 500, and the log says
/// why.
///
/// ```
/// use actix_web::{App, HttpResponse, HttpServer, web};
/// use verify_actix::{
///     Attempt, Delivery, HandleOnce, Secret, Sender, Verifier, Verify,
///     once::{Memory, Once},
/// };
///
/// async fn on_delivery(Attempt(attempt): Attempt, Delivery(verified): Delivery) -> HttpResponse {
///     // More than 1: an earlier run may have got half way.
///     println!("attempt {attempt}: {} bytes", verified.body().len());
///     HttpResponse::NoContent().finish()
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::builder(Sender::MLFLOW).secret(Secret::new("shared")?).build()?;
/// // Out here, so that all workers share it.
/// let once = Once::builder(Memory::of_this_process()).build()?;
/// let guard = Verify::new(verifier);
/// let server = HttpServer::new(move || {
///     // The later one is the outer one.
///     let hook = web::resource("/webhooks/mlflow").wrap(HandleOnce::new(once.clone())).wrap(guard.clone());
///     App::new().service(hook.route(web::post().to(on_delivery)))
/// });
/// # drop(server);
/// # Ok(())
/// # }
/// ```
///
/// If the handler returns an error, its `status_code()` decides whether the delivery may come again, so it must
/// agree with its `error_response()`.
#[derive(Clone, Debug)]
#[must_use]
pub struct HandleOnce {
    once: Option<Once>,
    is_detached: bool,
}

/// The service that [`HandleOnce`] puts around another.
#[derive(Debug)]
pub struct HandleOnceMiddleware<S> {
    inner: Rc<S>,
    once: Option<Once>,
    is_detached: bool,
}

/// How often this delivery was begun, including this time. More than 1: an earlier run may have
/// done half of its work. 0: not known, because there is no guard or its store did not answer.
///
/// It is in the extensions of the request inside [`HandleOnce`], and is an extractor. Use it to fence an effect
/// outside of the store: a write with a smaller number came too late. If the store forgot a claim in a crash or a
/// failover, two runs have the same number.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "an extractor is taken apart")]
pub struct Attempt(pub u32);

impl HandleOnce {
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

impl<S, B> Transform<S, ServiceRequest> for HandleOnce
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = HandleOnceMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let Self { once, is_detached } = self.clone();
        ready(Ok(HandleOnceMiddleware { inner: Rc::new(inner), once, is_detached }))
    }
}

impl<S, B> Service<ServiceRequest> for HandleOnceMiddleware<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let found = {
            let extensions = request.extensions();
            // What is only reported, extractors refuse.
            delivered_unless_reported(extensions.get(), extensions.get())
                .map(|verified| verified.map(|verified| *verified.receipt()))
        };
        let receipt = match found {
            Ok(receipt) => receipt,
            Err(refusal) => return answered(request, by_table(refusal)),
        };
        let Some((once, receipt)) = self.once.as_ref().zip(receipt) else {
            let handling = self.handle(request, 0);
            return Box::pin(
                async move { handling.await.map(ServiceResponse::map_into_left_body) },
            );
        };
        let entered = if self.is_detached { None } else { once.enter_at_once(&receipt) };
        match entered {
            Some(Ok(run)) => {
                let attempt = run.attempt();
                let guarded = run.guard(self.handle(request, attempt), ending);
                Box::pin(async move { handled(guarded.await) })
            }
            Some(Err(told)) => answered(request, answer(told)),
            None => self.wait(once.clone(), receipt, request),
        }
    }
}

type Handled<B> = Pin<Box<dyn Future<Output = Result<ServiceResponse<EitherBody<B>>, Error>>>>;

impl<S> HandleOnceMiddleware<S> {
    fn handle<B>(&self, request: ServiceRequest, attempt: u32) -> S::Future
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    {
        request.extensions_mut().insert(Attempt(attempt));
        self.inner.call(request)
    }

    /// Handles a delivery for which the store has to be waited for, or in a task of its own.
    fn wait<B>(&self, once: Once, receipt: Receipt, request: ServiceRequest) -> Handled<B>
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
        S::Future: 'static,
        B: MessageBody + 'static,
    {
        let inner = Rc::clone(&self.inner);
        let handled = async move {
            match once.enter(&receipt).await {
                Ok(run) => {
                    request.extensions_mut().insert(Attempt(run.attempt()));
                    handled(run.guard(inner.call(request), ending).await)
                }
                Err(told) => Ok(request.into_response(answer(told)).map_into_right_body()),
            }
        };
        match self.is_detached {
            false => Box::pin(handled),
            true => Box::pin(async move {
                match rt::spawn(handled).await {
                    Ok(response) => response,
                    Err(ended) => match ended.try_into_panic() {
                        Ok(panic) => resume_unwind(panic),
                        // The worker ends, and nobody is answered any more.
                        Err(_) => Err(refused(response(503, None))),
                    },
                }
            }),
        }
    }
}

/// Answers without the service.
fn answered<B: 'static>(request: ServiceRequest, answer: HttpResponse) -> Handled<B> {
    Box::pin(ready(Ok(request.into_response(answer).map_into_right_body())))
}

/// What the service answered, or what is answered once the handler was dropped, and the request with it.
fn handled<B>(
    outcome: Result<Result<ServiceResponse<B>, Error>, Answer>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match outcome {
        Ok(result) => result.map(ServiceResponse::map_into_left_body),
        Err(told) => Err(refused(answer(told))),
    }
}

fn ending<B>(result: &Result<ServiceResponse<B>, Error>) -> Ending {
    let status = match result {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    Ending::Answered(status.as_u16())
}

fn refused(response: HttpResponse) -> Error {
    InternalError::from_response("handler did not answer", response).into()
}

/// Builds the answer for a handler that does not answer, with it in its extensions.
fn answer(answer: Answer) -> HttpResponse {
    let wait = answer.retry_after.map(|wait| ("retry-after", HeaderValue::from(wait)));
    let mut response = response(answer.status, wait);
    response.extensions_mut().insert(answer);
    response
}

impl FromRequest for Attempt {
    type Error = DeliveryRejection;
    type Future = Ready<Result<Self, DeliveryRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(attempted(request.extensions().get()).map_err(DeliveryRejection))
    }
}
