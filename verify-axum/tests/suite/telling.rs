//! Who is told what: the operator the reason, the sender nothing.

use core::{convert::Infallible, future::ready};
use std::sync::mpsc;

use adapters::{SECRET, clock, verifier};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, request::Parts};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, service_fn};
use verify_axum::{
    Refusal, RejectionKind, RequestBody, ResolveError, Resolver, Sender, VerifyLayer,
};

use crate::support::delivery;

fn guarded<R: Resolver<Parts> + Clone>(
    layer: VerifyLayer<R>,
) -> impl Service<
    Request<Body>,
    Response = Response<impl http_body::Body<Data = Bytes, Error = Infallible>>,
    Error = Infallible,
> {
    layer.with_clock(clock()).layer(service_fn(|_: Request<RequestBody<Body>>| async {
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    }))
}

fn forged() -> Request<Body> {
    let mut request = delivery(Sender::MLFLOW, *b"the body");
    *request.uri_mut() = "/webhooks/mlflow".parse().unwrap();
    request.headers_mut().insert("x-mlflow-delivery-id", HeaderValue::from_static("forged-id"));
    request
}

#[tokio::test]
async fn the_reason_stands_in_the_extensions_of_the_answer() {
    let service = guarded(VerifyLayer::new(verifier(Sender::MLFLOW)));
    let response = service.oneshot(forged()).await.unwrap();
    assert_eq!(response.status(), 401);
    let Some(Refusal::Rejected(rejection)) = response.extensions().get() else {
        panic!("no reason: {:?}", response.extensions());
    };
    assert_eq!(rejection.kind(), RejectionKind::SignatureMismatch);
    // So that a server writes no body and keeps the connection.
    assert!(http_body::Body::is_end_stream(response.body()));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "");
}

#[tokio::test]
async fn callbacks_and_resolvers_get_a_head_whose_debug_shows_no_secret() {
    let (tell, told) = mpsc::channel();
    let telling = tell.clone();
    let layer = VerifyLayer::new(verifier(Sender::MLFLOW))
        .on_refusal(move |_, head| tell.send(format!("{head:?}")).unwrap());
    let resolving = VerifyLayer::with_resolver(move |head: &Parts| {
        telling.send(format!("{head:?}")).unwrap();
        ready(Err(ResolveError::Unknown))
    });
    let authorized = || {
        let mut request = forged();
        request.headers_mut().insert("authorization", HeaderValue::from_static("Bearer token"));
        request
    };
    guarded(layer).oneshot(authorized()).await.unwrap();
    let shown = told.recv().unwrap();
    assert!(shown.contains("forged-id"), "{shown}");
    for hidden in ["Bearer token", "v1,"] {
        assert!(!shown.contains(hidden), "`Debug` shows {hidden}: {shown}");
    }
    // Which header has the signature is known only once there is a verifier.
    guarded(resolving).oneshot(authorized()).await.unwrap();
    let shown = told.recv().unwrap();
    assert!(shown.contains("forged-id") && !shown.contains("Bearer token"), "{shown}");
}

#[tokio::test]
async fn a_layer_shows_its_settings_and_no_secret() {
    let layer = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let shown = format!("{layer:?}");
    for part in ["Settings { deadline: 10s,", "Key(..)"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(SECRET), "{shown}");

    let service = service_fn(|_: Request<RequestBody<Body>>| async {
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    });
    assert_eq!(format!("{:?}", layer.layer(service).call(forged())), "ResponseFuture { .. }");
}
