//! Each delivery once.

use core::{sync::atomic::Ordering::Relaxed, time::Duration};

use adapters::{clock, verifier};
use tokio::{
    task::{LocalSet, spawn_local},
    time::{Instant, sleep, timeout},
};
use verify_axum::once::{Memory, Once, Reason};
use verify_core::Sender;

use crate::{
    direct::{App, Handler, Seen, send},
    server::{Adapter, Guard, on_both},
};

on_both!(
    tokio::test(start_paused = true);
    a_repetition_is_answered_without_the_handler,
    what_failed_runs_again_at_once,
    a_running_duplicate_is_told_when_to_come_again,
    a_handler_that_takes_too_long_is_dropped,
    what_ended_without_an_answer_runs_again,
    what_is_detached_runs_to_its_end,
    without_a_store_everything_is_handed_on,
    a_route_without_its_guards_answers_500,
    what_is_only_reported_is_handed_on,
);

fn once() -> Once {
    Once::builder(Memory::of_this_process()).build().unwrap()
}

fn guard(sender: Sender) -> Guard {
    Guard::new(verifier(sender)).clock(clock())
}

async fn app(adapter: Adapter, handler: &Handler) -> App {
    adapter.app(Some(guard(Sender::MLFLOW)), Some(Some(once())), handler).await
}

async fn a_repetition_is_answered_without_the_handler(adapter: Adapter) {
    for (status, repeated) in [(200, 204), (202, 204), (404, 404)] {
        let handler = Handler::answering(status);
        let app = app(adapter, &handler).await;
        let first = Seen { status, length: "a body".len(), ..Seen::default() };
        assert_eq!(send(&app, "{}").await, first);
        let done = Seen { status: repeated, reason: Some(Reason::Done), ..Seen::default() };
        assert_eq!((send(&app, "{}").await, handler.attempts()), (done, 1));
        // Another delivery is another one.
        assert_eq!((send(&app, "[]").await.status, handler.attempts()), (status, 2));
    }
}

async fn what_failed_runs_again_at_once(adapter: Adapter) {
    let handler = Handler::answering(503);
    let app = app(adapter, &handler).await;
    for sum in [1, 3, 6] {
        assert_eq!((send(&app, "{}").await.status, handler.attempts()), (503, sum));
    }
    handler.status.store(204, Relaxed);
    assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 10));
    assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 10));
}

async fn a_running_duplicate_is_told_when_to_come_again(adapter: Adapter) {
    let handler = Handler { takes: Duration::from_secs(10), ..Handler::answering(204) };
    let app = app(adapter, &handler).await;
    let (first, duplicate) = tokio::join!(send(&app, "{}"), async {
        sleep(Duration::from_secs(5)).await;
        send(&app, "{}").await
    });
    let (wait, reason) = (Some("26".to_owned()), Some(Reason::InProgress));
    assert_eq!(duplicate, Seen { status: 503, wait, reason, ..Seen::default() });
    assert_eq!((first.status, handler.attempts()), (204, 1));
}

async fn a_handler_that_takes_too_long_is_dropped(adapter: Adapter) {
    let handler = Handler { takes: Duration::from_secs(21), ..Handler::answering(204) };
    let app = app(adapter, &handler).await;
    for sum in [1, 3] {
        let begun = Instant::now();
        let (wait, reason) = (Some("5".to_owned()), Some(Reason::Overdue));
        assert_eq!(send(&app, "{}").await, Seen { status: 503, wait, reason, ..Seen::default() });
        assert_eq!((begun.elapsed().as_secs(), handler.attempts()), (20, sum));
    }
}

/// A sender that hangs up, and a panic.
async fn what_ended_without_an_answer_runs_again(adapter: Adapter) {
    let handler = Handler { takes: Duration::from_secs(10), ..Handler::answering(204) };
    let app = app(adapter, &handler).await;
    assert!(timeout(Duration::from_secs(1), send(&app, "{}")).await.is_err());
    sleep(Duration::from_millis(1)).await;
    handler.status.store(0, Relaxed);
    let panicking = app.clone();
    let panics = async { spawn_local(async move { drop(send(&panicking, "{}").await) }).await };
    assert!(LocalSet::new().run_until(panics).await.unwrap_err().is_panic());
    sleep(Duration::from_millis(1)).await;
    handler.status.store(204, Relaxed);
    assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 1 + 2 + 3));
}

/// A sender that hangs up does not stop what runs in a task of its own. The deadline does.
async fn what_is_detached_runs_to_its_end(adapter: Adapter) {
    let detached = async {
        let takes = |seconds, status| Handler {
            takes: Duration::from_secs(seconds),
            is_detached: true,
            ..Handler::answering(status)
        };
        let handler = takes(10, 204);
        let app = self::app(adapter, &handler).await;
        assert!(timeout(Duration::from_secs(1), send(&app, "{}")).await.is_err());
        assert_eq!(send(&app, "{}").await.reason, Some(Reason::InProgress));
        sleep(Duration::from_secs(10)).await;
        assert_eq!(send(&app, "{}").await.reason, Some(Reason::Done));
        assert_eq!(handler.attempts(), 1);

        let app = self::app(adapter, &takes(21, 204)).await;
        assert_eq!(send(&app, "{}").await.reason, Some(Reason::Overdue));

        let app = self::app(adapter, &takes(0, 0)).await;
        spawn_local(async move { drop(send(&app, "{}").await) }).await
    };
    assert!(LocalSet::new().run_until(detached).await.unwrap_err().is_panic());
}

async fn without_a_store_everything_is_handed_on(adapter: Adapter) {
    let handler = Handler::answering(204);
    let app = adapter.app(Some(guard(Sender::MLFLOW)), Some(None), &handler).await;
    for _ in 0..3 {
        assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 0));
    }
}

async fn a_route_without_its_guards_answers_500(adapter: Adapter) {
    let handler = Handler::answering(204);
    for (guard, once, code) in [
        (None, Some(Some(once())), "not_guarded"),
        (None, Some(None), "not_guarded"),
        (Some(guard(Sender::MLFLOW)), None, "not_handled_once"),
    ] {
        let app = adapter.app(guard, once, &handler).await;
        let seen = send(&app, "{}").await;
        assert_eq!((seen.status, seen.refusal.unwrap().code()), (500, code));
    }
    assert_eq!(handler.attempts(), 0);
}

/// What is only reported is not claimed: it was not verified.
async fn what_is_only_reported_is_handed_on(adapter: Adapter) {
    let handler = Handler::answering(204);
    let guard = guard(Sender::WANDB).report_only();
    let app = adapter.app(Some(guard), Some(Some(once())), &handler).await;
    for _ in 0..2 {
        let seen = send(&app, "{}").await;
        assert_eq!((seen.status, handler.attempts(), seen.reason), (204, 0, None));
        assert_eq!(seen.refusal.unwrap().code(), "header_missing");
    }
}
