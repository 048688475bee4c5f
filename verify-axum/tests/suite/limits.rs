//! How long a delivery keeps its share of the budget, and a place in the service beneath.

use core::{convert::Infallible, future::pending, time::Duration};

use adapters::{eventually, verifier};
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Channel, Full};
use tower::{Layer, ServiceExt, limit::ConcurrencyLimitLayer, service_fn};
use verify_axum::{Budget, RequestBody, Sender, VerifyLayer};

use crate::support::delivery;

#[tokio::test]
async fn a_place_in_the_service_is_not_held_by_an_unverified_request() {
    let one_at_a_time = ConcurrencyLimitLayer::new(1)
        .layer(service_fn(|_| async { Ok::<_, Infallible>(Response::<Full<Bytes>>::default()) }));
    let guard = VerifyLayer::new(verifier(Sender::DATABRICKS));
    let service = guard.with_deadline(Duration::from_secs(3600)).layer(one_at_a_time);
    let (_never, body) = Channel::<Bytes, Infallible>::new(1);
    let waits = delivery(Sender::DATABRICKS, *b"{}").map(|_| body.boxed_unsync());
    let waiting = tokio::spawn(service.clone().oneshot(waits));
    tokio::task::yield_now().await;
    let good = delivery(Sender::DATABRICKS, *b"{}").map(|_| Full::from("{}").boxed_unsync());
    assert_eq!(service.oneshot(good).await.unwrap().status(), 200);
    assert!(!waiting.is_finished());
}

#[tokio::test]
async fn the_budget_is_held_while_a_delivery_is_handled_and_not_longer() {
    let budget = Budget::new(1_000_000);
    let guard = || VerifyLayer::new(verifier(Sender::DATABRICKS)).with_budget(budget.clone());

    // Cancelled in the middle of handling.
    let stuck = guard().layer(service_fn(|_: Request<RequestBody<Body>>| {
        pending::<Result<Response<Full<Bytes>>, Infallible>>()
    }));
    let call = tokio::spawn(stuck.oneshot(delivery(Sender::DATABRICKS, [b'x'; 1000])));
    eventually(|| (1000..2000).contains(&budget.used())).await;
    call.abort();
    eventually(|| budget.used() == 0).await;

    // A panic in the handler.
    let panics = guard().layer(service_fn(|_: Request<RequestBody<Body>>| async {
        if true {
            panic!("on purpose");
        }
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    }));
    let call = tokio::spawn(panics.oneshot(delivery(Sender::DATABRICKS, [b'x'; 1000])));
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!(budget.used(), 0);

    // Cancelled while the body arrives.
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(4);
    sender.send_data(vec![b'x'; 500].into()).await.unwrap();
    let echo = guard().layer(service_fn(|_: Request<RequestBody<_>>| async {
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    }));
    let request = delivery(Sender::DATABRICKS, [b'x'; 1000]).map(|_| body);
    let call = tokio::spawn(echo.oneshot(request));
    eventually(|| budget.used() > 0).await;
    call.abort();
    eventually(|| budget.used() == 0).await;
}
