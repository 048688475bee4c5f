//! What is answered to which request.

use core::{convert::Infallible, future::ready};
use std::sync::Arc;

use bridge_common::Live;
use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, HeaderName},
    request::Parts,
};
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use tower::{Layer as _, Service};
use verify_axum::{
    Budget, LOG_TARGET, Refusal, RequestBody, ResolveError, ResponseBody, VerifyLayer,
};
use verify_hyper::KeepPlaceLayer;

use crate::{
    config::{self, Goal, Limits, Matched},
    deliver::{Deliverer, bare, deliver},
    log_line,
};

/// The body of an answer: ours, or the one of the layer.
pub(crate) type Body = Either<Empty<Bytes>, ResponseBody<Empty<Bytes>>>;

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

/// What a decision that only reports says of a delivery that is not genuine.
const REFUSED: HeaderName = HeaderName::from_static("verify-refused");

/// Makes the service of all connections, as clones.
pub(crate) fn service(
    live: Live<config::Live>,
    deliverer: Deliverer,
    buffered_bytes: usize,
) -> impl App {
    let deliverer = Arc::new(deliverer);
    let on_verified = tower::service_fn(move |request: Request<RequestBody<Incoming>>| {
        deliver(Arc::clone(&deliverer), request)
    });
    // Until a delivery is verified, its connection is one that makes room for others.
    let kept = KeepPlaceLayer::new().layer(on_verified);
    let by_route = |head: &Parts| {
        let matched = head.extensions.get::<Matched>();
        ready(matched.map(|matched| Arc::clone(&matched.verifier)).ok_or(ResolveError::Unknown))
    };
    let guarded = VerifyLayer::with_resolver(by_route)
        .with_deadline(Limits::BODY)
        .with_budget(Budget::new(buffered_bytes))
        .layer(kept);
    tower::service_fn(move |request| answer(guarded.clone(), live.clone(), request))
}

/// Deliveries go through the layer, and nothing else does.
async fn answer<S>(
    mut guarded: S,
    live: Live<config::Live>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible>
where
    S: Service<
            Request<Incoming>,
            Response = Response<ResponseBody<Empty<Bytes>>>,
            Error = Infallible,
        >,
{
    let path = request.uri().path();
    let Some(matched) = live.load().routes.find(path) else {
        let is_health = path == "/healthz" && request.method() == Method::GET;
        let status = match is_health {
            true => StatusCode::OK,
            false => {
                metrics::counter!(log_line::UNKNOWN_PATH).increment(1);
                StatusCode::NOT_FOUND
            }
        };
        return Ok(bare(status).map(Either::Left));
    };
    let route = Arc::clone(&matched.route);
    // Whoever asks for a decision may do so with the method that it was asked by.
    if request.method() != Method::POST && !matches!(route.goal, Goal::Decide) {
        let mut refused = bare(StatusCode::METHOD_NOT_ALLOWED);
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return Ok(refused.map(Either::Left));
    }
    request.extensions_mut().insert(matched);
    // The layer is always ready.
    let answered = guarded.call(request).await?;
    Ok(match answered.extensions().get::<Refusal>() {
        Some(refusal) if route.is_report_only => {
            let code = refusal.code();
            tracing::warn!(target: LOG_TARGET, route = route.path.as_str(), code, "refused, but only reported: {refusal}");
            let mut reported = bare(StatusCode::OK);
            reported.headers_mut().insert(REFUSED, HeaderValue::from_static(code));
            reported.map(Either::Left)
        }
        _ => answered.map(Either::Right),
    })
}
