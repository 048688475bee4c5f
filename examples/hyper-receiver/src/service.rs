//! The answer to each request.

use core::{
    convert::Infallible,
    future::{Ready, ready},
};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, HeaderValue},
    http::request::Parts,
};
use tower::{Layer as _, Service, service_fn};
use verify_axum::{
    Attempt, HandleOnceLayer, RequestBody, ResolveError, Resolver, ResponseBody, Verified,
    Verifier, VerifyLayer, try_again,
};
use verify_hyper::KeepPlaceLayer;

use crate::{facts, live::Live, once::Guard, output::Output};

/// What a connection is served by.
pub(crate) trait App:
    Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> App for S where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// The body of an answer: ours, or a layer's.
pub(crate) type Body = Either<Full<Bytes>, Guarded>;
/// From the layer that verifies, and from the layer that handles once.
type Guarded = ResponseBody<ResponseBody<Full<Bytes>>>;

/// Makes the service of all connections, as clones.
pub(crate) fn service(live: Live, guard: Guard, output: Output) -> impl App {
    let handling = guard.clone();
    let on_delivery = move |request| on_delivery(output.clone(), handling.clone(), request);
    let once = HandleOnceLayer::new(guard.once()).layer(service_fn(on_delivery));
    // Until a delivery is verified, its connection may have to make room for others.
    let kept = KeepPlaceLayer::new().layer(once);
    let guarded = VerifyLayer::with_resolver(ByPath(live)).layer(kept);
    service_fn(move |request| route(guarded.clone(), guard.clone(), request))
}

/// Deliveries go through the layer, and nothing else does.
async fn route<S>(
    mut guarded: S,
    guard: Guard,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible>
where
    S: Service<Request<Incoming>, Response = Response<Guarded>, Error = Infallible>,
{
    let path = request.uri().path();
    Ok(match (request.method(), Endpoint::of(path)) {
        (&Method::POST, Some(endpoint)) if endpoint.is_of_a_sender() => {
            // The layer is always ready.
            guarded.call(request).await?.map(Either::Right)
        }
        (_, Some(endpoint)) if endpoint.is_of_a_sender() => {
            let mut answer = bare(StatusCode::METHOD_NOT_ALLOWED);
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            answer.map(Either::Left)
        }
        (&Method::GET, None) if path == "/healthz" => {
            Response::new(Either::Left(Full::from("ok\n")))
        }
        (&Method::GET, None) if path == "/readyz" => match guard.is_ready().await {
            true => Response::new(Either::Left(Full::from("ready\n"))),
            false => bare(StatusCode::SERVICE_UNAVAILABLE).map(Either::Left),
        },
        _ => bare(StatusCode::NOT_FOUND).map(Either::Left),
    })
}

/// Runs for verified deliveries only.
async fn on_delivery(
    output: Output,
    guard: Guard,
    request: Request<RequestBody<Incoming>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let verified = request.extensions().get::<Verified<Bytes>>();
    let (Some(verified), Some(endpoint)) = (verified, Endpoint::of(request.uri().path())) else {
        return Ok(bare(StatusCode::INTERNAL_SERVER_ERROR));
    };
    if guard.is_outdated(verified) {
        return Ok(bare(StatusCode::NO_CONTENT));
    }
    let attempt = request.extensions().get().map_or(0, |Attempt(attempt)| *attempt);
    let mut line = facts::describe(verified, attempt);
    line["tenant"] = endpoint.tenant.into();
    Ok(match output.print(&format!("{line}\n")).await {
        Ok(()) => bare(StatusCode::NO_CONTENT),
        // Not accepted if it could not be handled: MLflow tries again on a 503.
        Err(_) => try_again(verified.receipt()),
    })
}

pub(crate) fn bare(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// Picks the verifier by the tenant and the sender in the path.
#[derive(Clone)]
struct ByPath(Live);

impl Resolver<Parts> for ByPath {
    type Future = Ready<Result<Arc<Verifier>, ResolveError>>;

    fn resolve(&self, head: &Parts) -> Self::Future {
        let find =
            |endpoint: Endpoint<'_>| self.0.tenants().verifier(endpoint.tenant, endpoint.sender);
        ready(Endpoint::of(head.uri.path()).and_then(find).ok_or(ResolveError::Unknown))
    }
}

/// The path of a tenant's deliveries: `/webhooks/{tenant}/{sender}`.
#[derive(Clone, Copy)]
struct Endpoint<'a> {
    /// As it is in the path. No answer shows whether this tenant exists.
    tenant: &'a str,
    sender: &'a str,
}

impl<'a> Endpoint<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (tenant, sender) = path.strip_prefix("/webhooks/")?.split_once('/')?;
        Some(Self { tenant, sender })
    }

    fn is_of_a_sender(self) -> bool {
        verify_axum::Sender::ALL.iter().any(|sender| sender.name() == self.sender)
    }
}
