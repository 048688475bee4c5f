//! Memory and time are bounded, whatever forged heads and slow bodies ask for.

use core::{net::SocketAddr, sync::atomic::Ordering, time::Duration};

use adapters::{Raw, SECRET, ask, eventually, head, signed_head, verifier, without_date};
use tokio::time::timeout;
use verify_adapter::Budget;
use verify_core::Sender;

use crate::server::{Adapter, Guard, on_both};

on_both!(
    good_deliveries_are_answered_while_forged_bodies_hold_the_budget,
    a_head_alone_buys_no_memory,
    a_head_that_waits_is_charged_for_what_it_holds,
    a_body_larger_than_the_budget_is_a_503,
    clients_that_go_away_give_their_budget_back,
    the_deadline_is_for_the_whole_body,
);

/// The head of a delivery that looks right and whose signature fits nothing.
fn forged_head(length: usize) -> String {
    let signature = ("x-databricks-signature", "0".repeat(64));
    head("/", &[signature, ("content-length", length.to_string())])
}

/// Where what happens is no matter of the deadline.
fn patient(budget: &Budget) -> Guard {
    let guard = Guard::new(verifier(Sender::DATABRICKS)).budget(budget);
    guard.deadline(Duration::from_secs(3600))
}

async fn deliver(address: SocketAddr, body: &[u8]) -> String {
    without_date(&ask(address, signed_head(Sender::DATABRICKS, SECRET, body), body).await)
}

async fn good_deliveries_are_answered_while_forged_bodies_hold_the_budget(adapter: Adapter) {
    let budget = Budget::new(1_000_000);
    let (address, _) = adapter.count(patient(&budget));

    let mut forged = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::connect(address).await;
        raw.send(forged_head(100_000)).await.send(vec![b'x'; 99_999]).await;
        forged.push(raw);
    }
    eventually(|| budget.used() > 800_000).await;
    assert!(budget.used() <= 1_000_000);

    // As large as four of those that hold the budget, and in pieces, so that it has to be kept.
    let body = vec![b'y'; 400_000];
    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await;
    for piece in body.chunks(50_000) {
        raw.send(piece).await;
    }
    assert_eq!(raw.status().await, 204);

    // The oldest made room, and were told to come again; the newest still wait.
    let mut oldest = forged.remove(0);
    let told = timeout(Duration::from_secs(30), oldest.status()).await;
    assert_eq!(told.expect("told at once"), 503);
    let mut newest = forged.pop().unwrap();
    assert_eq!(newest.send("x").await.status().await, 401);
    drop(forged);
    eventually(|| budget.used() == 0).await;
}

async fn a_head_alone_buys_no_memory(adapter: Adapter) {
    let budget = Budget::new(1_000_000);
    let (address, _) = adapter.count(patient(&budget));
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::connect(address).await;
        raw.send(forged_head(1_000_000)).await.send("0123456789").await;
        waiting.push(raw);
    }
    // The heads, and a first segment each: nothing of the megabyte that each announces.
    eventually(|| (20 * 4096..20 * 5500).contains(&budget.used())).await;
}

async fn a_head_that_waits_is_charged_for_what_it_holds(adapter: Adapter) {
    let budget = Budget::new(1_000_000);
    let (address, _) = adapter.count(patient(&budget));
    let large = ("x-large", "x".repeat(10_000));
    let signature = ("x-databricks-signature", "0".repeat(64));
    let mut raw = Raw::connect(address).await;
    raw.send(head("/", &[signature, large, ("content-length", "10".to_owned())])).await;
    eventually(|| (10_000..12_000).contains(&budget.used())).await;
}

async fn a_body_larger_than_the_budget_is_a_503(adapter: Adapter) {
    let (address, runs) = adapter.count(patient(&Budget::new(2000)));
    assert!(deliver(address, &[b'x'; 1000]).await.starts_with("HTTP/1.1 204 "));
    let refused = adapter.refused("503 Service Unavailable", "retry-after: 5");
    assert_eq!(deliver(address, &[b'x'; 2000]).await, refused);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

async fn clients_that_go_away_give_their_budget_back(adapter: Adapter) {
    let budget = Budget::new(64 * 1024 * 1024);
    let (address, runs) = adapter.count(patient(&budget));
    let body = vec![b'x'; 300_000];
    let mut started = Vec::new();
    for _ in 0..100 {
        let mut raw = Raw::connect(address).await;
        raw.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await.send(&body[1..]).await;
        started.push(raw);
    }
    eventually(|| budget.used() >= 100 * 299_999).await;
    drop(started);
    eventually(|| budget.used() == 0).await;
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    assert!(deliver(address, &body).await.starts_with("HTTP/1.1 204 "));
    eventually(|| budget.used() == 0).await;
}

/// It is never idle for long, so this is none that begins anew with each byte.
async fn the_deadline_is_for_the_whole_body(adapter: Adapter) {
    let guard = Guard::new(verifier(Sender::DATABRICKS)).deadline(Duration::from_millis(300));
    let (address, runs) = adapter.count(guard);
    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, &[b'x'; 100_000])).await;
    let answer = timeout(Duration::from_secs(60), raw.response_to_a_drip(b"x")).await;
    let refused = adapter.refused("503 Service Unavailable", "retry-after: 5");
    assert_eq!(without_date(&answer.expect("an answer")), refused);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}
