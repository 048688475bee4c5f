//! What stands in the extensions of an answer, and what a rejection tells a handler.

use core::time::Duration;

use adapters::{SECRET, clock, signed, verifier};
use tokio::time::Instant;
use verify_adapter::{Budget, Refusal};
use verify_core::Sender;

use crate::{
    direct::{App, Chunks, Handler, send},
    server::{Adapter, Guard, on_both},
};

on_both!(
    tokio::test(start_paused = true);
    a_refusal_stands_in_the_extensions_of_the_answer,
    a_slow_body_may_take_the_whole_deadline,
    empty_chunks_are_no_end,
    a_rejection_tells_its_status_and_the_reason,
);

async fn app(adapter: Adapter, guard: Guard) -> App {
    adapter.app(Some(guard.clock(clock())), Some(None), &Handler::answering(204)).await
}

async fn a_refusal_stands_in_the_extensions_of_the_answer(adapter: Adapter) {
    let guard = || Guard::new(verifier(Sender::MLFLOW));
    let seen = send(&app(adapter, guard()).await, "{}").await;
    assert_eq!((seen.status, seen.refusal), (204, None));

    let spent = send(&app(adapter, guard().budget(&Budget::new(1))).await, "{}").await;
    assert_eq!((spent.status, spent.wait.as_deref(), spent.length), (503, Some("5"), 0));
    let refusal = spent.refusal.unwrap();
    assert!(matches!(refusal, Refusal::BudgetSpent(_)), "{refusal:?}");
    assert_eq!(refusal.to_string(), "no memory is left in the budget for deliveries");

    // The user's own answer, and the handler's where refusals are only reported.
    let forged = Chunks::new([(Duration::ZERO, "[]")]);
    let forged = (signed(Sender::MLFLOW, SECRET, b"{}"), forged);
    let seen = app(adapter, guard().replacing_the_answer()).await(forged.0.clone(), forged.1).await;
    assert_eq!((seen.status, seen.refusal.unwrap().code()), (403, "signature_mismatch"));
    let again = Chunks::new([(Duration::ZERO, "[]")]);
    let seen = app(adapter, guard().report_only()).await(forged.0, again).await;
    assert_eq!((seen.status, seen.refusal.unwrap().code()), (204, "signature_mismatch"));
}

/// The deadline is one for all of it, and nothing is refused before it.
async fn a_slow_body_may_take_the_whole_deadline(adapter: Adapter) {
    for (length, status, takes) in [(9, 204, 9), (11, 503, 10)] {
        let app = app(adapter, Guard::new(verifier(Sender::MLFLOW))).await;
        let drip = (0..length).map(|_| (Duration::from_secs(1), "x"));
        let headers = signed(Sender::MLFLOW, SECRET, "x".repeat(length).as_bytes());
        let begun = Instant::now();
        let seen = app(headers, Chunks::new(drip)).await;
        assert_eq!((seen.status, begun.elapsed().as_secs()), (status, takes));
        let late = (status == 503).then_some(Refusal::DeadlinePassed);
        assert_eq!(seen.refusal, late);
    }
}

/// HTTP/2 has empty DATA frames, of which a proxy may send any number.
async fn empty_chunks_are_no_end(adapter: Adapter) {
    let app = app(adapter, Guard::new(verifier(Sender::MLFLOW))).await;
    for empty in [1, 1000] {
        let empty = || core::iter::repeat_n("", empty);
        let chunks = empty().chain(["{"]).chain(empty()).chain(["}"]).chain(empty());
        let chunks = Chunks::new(chunks.map(|chunk| (Duration::ZERO, chunk)));
        let seen = app(signed(Sender::MLFLOW, SECRET, b"{}"), chunks).await;
        assert_eq!((seen.status, seen.refusal), (204, None));
    }
}

/// Of a delivery and of an event.
async fn a_rejection_tells_its_status_and_the_reason(adapter: Adapter) {
    let unguarded = (500, Refusal::NotGuarded, "this route has no verifier".to_owned());
    let [delivery, event] = adapter.rejections().await;
    assert_eq!(delivery, unguarded);
    assert_eq!(event, unguarded);
}
