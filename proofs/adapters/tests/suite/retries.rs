//! When MLflow comes again while a handler is in trouble.

use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{sync::Arc, time::UNIX_EPOCH};

use adapters::{NOW, SECRET, ask, signed_head, verifier};
use verify_adapter::Clock;
use verify_core::Sender;

use crate::server::{Adapter, Guard, Handler, on_both};

on_both!(mlflow_tries_for_50_seconds_while_a_handler_is_in_trouble);

/// Sends one delivery again and again, as MLflow does: its `Retry-After` replaces MLflow's own waits.
/// Returns when, in seconds after it was signed.
async fn tries(adapter: Adapter, handler: Handler) -> [u64; 4] {
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = {
        let now = Arc::clone(&now);
        Clock::new(move || UNIX_EPOCH + Duration::from_secs(now.load(Ordering::Relaxed)))
    };
    let guard = Guard::new(verifier(Sender::MLFLOW)).clock(clock);
    let address = adapter.serve(&[guard], &[("/", handler)]);
    let mut tries = [0; 4];
    for tried in &mut tries {
        let response = ask(address, signed_head(Sender::MLFLOW, SECRET, b"[]"), "[]").await;
        assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
        let (_, wait) = response.split_once("retry-after: ").unwrap();
        let wait: u64 = wait.lines().next().unwrap().parse().unwrap();
        *tried = now.fetch_add(wait, Ordering::Relaxed) - NOW;
    }
    tries
}

async fn mlflow_tries_for_50_seconds_while_a_handler_is_in_trouble(adapter: Adapter) {
    for handler in [Handler::TryAgain, Handler::FollowAlias] {
        assert_eq!(tries(adapter, handler).await, [0, 5, 20, 50]);
    }
}
