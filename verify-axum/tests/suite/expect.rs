//! `Expect: 100-continue`, which actix answers before any middleware runs.

use adapters::{Raw, SECRET, head, signed_with_length, verifier};
use axum::{Router, http::StatusCode, routing::post};
use verify_axum::{Delivery, Sender, VerifyLayer};

use crate::support::serve;

#[tokio::test]
async fn expect_continue_is_answered_once_the_head_is_good() {
    let guard = VerifyLayer::new(verifier(Sender::DATABRICKS));
    let handler = async |_: Delivery| StatusCode::NO_CONTENT;
    let address = serve(Router::new().route("/", post(handler).layer(guard))).await;
    let expect = ("expect", "100-continue".to_owned());
    let mut headers = signed_with_length(Sender::DATABRICKS, SECRET, b"{}");
    headers.push(expect.clone());
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(head("/", &headers)).await.status().await, 100);
    assert_eq!(raw.send("{}").await.status().await, 204);

    let mut raw = Raw::connect(address).await;
    raw.send(head("/", &[("content-length", "900000".to_owned()), expect])).await;
    assert_eq!(raw.status().await, 401);
}
