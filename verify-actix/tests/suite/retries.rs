//! When MLflow comes again while a handler is in trouble.

use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{sync::Arc, time::UNIX_EPOCH};

use actix_web::{HttpResponse, Route, web};
use verify_actix::{Clock, Delivery, Event, Sender, Verify, mlflow, try_again};

use crate::support::{NOW, Raw, SECRET, root, serve, signed_head, verifier};

/// Sends one delivery again and again, as MLflow does: its `Retry-After` replaces MLflow's own waits.
/// Returns when, in seconds after it was signed.
async fn tries(route: fn() -> Route) -> [u64; 4] {
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = {
        let now = Arc::clone(&now);
        Clock::new(move || UNIX_EPOCH + Duration::from_secs(now.load(Ordering::Relaxed)))
    };
    let guard = Verify::new(verifier(Sender::MLFLOW)).with_clock(clock);
    let address = serve(move |app| {
        app.service(root().wrap(guard.clone()).route(route()));
    });
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
        || web::post().to(async |Delivery(verified): Delivery| try_again(verified.receipt()));
    let typed = || web::post().to(async |_: Event<mlflow::Event>| HttpResponse::Ok().finish());
    for handler in [troubled as fn() -> Route, typed] {
        assert_eq!(tries(handler).await, [0, 5, 20, 50]);
    }
}
