//! When MLflow comes again while a handler is in trouble.

use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{sync::Arc, time::UNIX_EPOCH};

use axum::{Router, body::Body, routing::post};
use http::Response;
use verify_axum::{Clock, Delivery, Event, Sender, VerifyLayer, mlflow, try_again};

use crate::support::{NOW, Raw, SECRET, serve, signed_head, verifier};

/// Sends one delivery again and again, as MLflow does: its `Retry-After` replaces MLflow's own waits.
/// Returns when, in seconds after it was signed.
async fn tries(app: Router) -> [u64; 4] {
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = {
        let now = Arc::clone(&now);
        Clock::new(move || UNIX_EPOCH + Duration::from_secs(now.load(Ordering::Relaxed)))
    };
    let guard = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock);
    let address = serve(app.layer(guard)).await;
    let mut tries = [0; 4];
    for tried in &mut tries {
        let mut raw = Raw::connect(address).await;
        let request = signed_head(Sender::MLFLOW, SECRET, b"[]") + "[]";
        let response = raw.send(request).await.response().await;
        assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
        let (_, wait) = response.split_once("retry-after: ").unwrap();
        let wait: u64 = wait.lines().next().unwrap().parse().unwrap();
        *tried = now.fetch_add(wait, Ordering::Relaxed) - NOW;
    }
    tries
}

#[tokio::test]
async fn mlflow_tries_for_50_seconds_while_a_handler_is_in_trouble() {
    let troubled =
        async |Delivery(verified): Delivery| -> Response<Body> { try_again(verified.receipt()) };
    let typed = async |_: Event<mlflow::Event>| {};
    for handler in [post(troubled), post(typed)] {
        assert_eq!(tries(Router::new().route("/", handler)).await, [0, 5, 20, 50]);
    }
}
