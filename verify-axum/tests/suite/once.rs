//! Each delivery once, through the layers.

use core::{
    sync::atomic::{AtomicU16, AtomicU32, Ordering::Relaxed},
    time::Duration,
};
use std::sync::Arc;

use adapters::{clock, verifier};
use axum::{
    Router,
    body::Body,
    http::{Response, StatusCode, header::RETRY_AFTER},
    routing::{MethodRouter, post},
};
use tokio::time::{Instant, sleep};
use tower::ServiceExt as _;
use verify_axum::{
    Attempt, HandleOnceLayer, Sender, VerifyLayer,
    once::{Answer, Memory, Once, Reason},
};

use crate::support::delivery;

/// What a handler does, and what it saw.
#[derive(Clone, Default)]
struct Handler {
    /// Which status it answers; 0 is a panic.
    status: Arc<AtomicU16>,
    takes: Duration,
    /// The sum of the attempts.
    attempts: Arc<AtomicU32>,
}

impl Handler {
    fn answering(status: u16) -> Self {
        let handler = Self::default();
        handler.status.store(status, Relaxed);
        handler
    }

    fn app(&self) -> Router {
        let layer = HandleOnceLayer::new(Once::builder(Memory::of_this_process()).build().unwrap());
        let guard = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
        let guarded: MethodRouter = self.route().layer(layer);
        Router::new().route("/", guarded.layer(guard))
    }

    fn route(&self) -> MethodRouter {
        let handler = self.clone();
        post(move |Attempt(attempt): Attempt| {
            let handler = handler.clone();
            async move {
                handler.attempts.fetch_add(attempt, Relaxed);
                sleep(handler.takes).await;
                let status = handler.status.load(Relaxed);
                assert!(status > 0, "a handler panics");
                (StatusCode::from_u16(status).unwrap(), "a body")
            }
        })
    }

    fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }
}

async fn send(app: &Router) -> Response<Body> {
    app.clone().oneshot(delivery(Sender::MLFLOW, "{}")).await.unwrap()
}

fn wait(response: &Response<Body>) -> Option<&str> {
    Some(response.headers().get(RETRY_AFTER)?.to_str().unwrap())
}

fn reason(response: &Response<Body>) -> Option<Reason> {
    Some(response.extensions().get::<Answer>()?.reason)
}

#[tokio::test(start_paused = true)]
async fn a_repetition_is_answered_without_the_handler() {
    for (status, repeated) in [(200, 204), (202, 204), (404, 404)] {
        let handler = Handler::answering(status);
        let app = handler.app();
        assert_eq!(send(&app).await.status(), status);
        let repetition = send(&app).await;
        assert_eq!(
            (repetition.status().as_u16(), reason(&repetition)),
            (repeated, Some(Reason::Done))
        );
        let body = axum::body::to_bytes(repetition.into_body(), 100).await.unwrap();
        assert_eq!((body.len(), handler.attempts()), (0, 1));
        // Another delivery is another one.
        let other = app.clone().oneshot(delivery(Sender::MLFLOW, "[]")).await.unwrap();
        assert_eq!((other.status().as_u16(), handler.attempts()), (status, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn what_failed_runs_again_at_once() {
    let handler = Handler::answering(503);
    let app = handler.app();
    for sum in [1, 3, 6] {
        assert_eq!((send(&app).await.status().as_u16(), handler.attempts()), (503, sum));
    }
    handler.status.store(204, Relaxed);
    assert_eq!((send(&app).await.status().as_u16(), handler.attempts()), (204, 10));
    assert_eq!((send(&app).await.status().as_u16(), handler.attempts()), (204, 10));
}

#[tokio::test(start_paused = true)]
async fn a_running_duplicate_is_told_when_to_come_again() {
    let handler = Handler { takes: Duration::from_secs(10), ..Handler::answering(204) };
    let app = handler.app();
    let first = tokio::spawn({
        let app = app.clone();
        async move { send(&app).await.status() }
    });
    sleep(Duration::from_secs(5)).await;
    let duplicate = send(&app).await;
    assert_eq!((duplicate.status().as_u16(), wait(&duplicate)), (503, Some("26")));
    assert_eq!(reason(&duplicate), Some(Reason::InProgress));
    assert_eq!((first.await.unwrap().as_u16(), handler.attempts()), (204, 1));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_too_long_is_dropped() {
    let handler = Handler { takes: Duration::from_secs(21), ..Handler::answering(204) };
    let app = handler.app();
    for sum in [1, 3] {
        let begun = Instant::now();
        let response = send(&app).await;
        assert_eq!((response.status().as_u16(), wait(&response)), (503, Some("5")));
        assert_eq!(reason(&response), Some(Reason::Overdue));
        assert_eq!((begun.elapsed(), handler.attempts()), (Duration::from_secs(20), sum));
    }
}

/// A sender that hangs up, and a panic.
#[tokio::test(start_paused = true)]
async fn what_ended_without_an_answer_runs_again() {
    let handler = Handler { takes: Duration::from_secs(10), ..Handler::answering(204) };
    let app = handler.app();
    assert!(tokio::time::timeout(Duration::from_secs(1), send(&app)).await.is_err());
    sleep(Duration::from_millis(1)).await;
    handler.status.store(0, Relaxed);
    let panicking = app.clone();
    let task = tokio::spawn(async move { drop(send(&panicking).await) });
    assert!(task.await.unwrap_err().is_panic());
    sleep(Duration::from_millis(1)).await;
    handler.status.store(204, Relaxed);
    assert_eq!((send(&app).await.status().as_u16(), handler.attempts()), (204, 1 + 2 + 3));
}

#[tokio::test(start_paused = true)]
async fn without_a_store_everything_is_handed_on() {
    let handler = Handler::answering(204);
    let guard = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let route: MethodRouter = handler.route().layer(HandleOnceLayer::new(None));
    let app = Router::new().route("/", route.layer(guard));
    for _ in 0..3 {
        assert_eq!((send(&app).await.status().as_u16(), handler.attempts()), (204, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_route_without_its_guards_answers_500() {
    let handler = Handler::answering(204);
    let once = || Once::builder(Memory::of_this_process()).build().unwrap();
    let unverified = Router::new().route("/", handler.route().layer(HandleOnceLayer::new(once())));
    assert_eq!(send(&unverified).await.status().as_u16(), 500);
    let guard = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let unguarded = Router::new().route("/", handler.route().layer(guard));
    assert_eq!((send(&unguarded).await.status().as_u16(), handler.attempts()), (500, 0));
}

/// What is only reported is not claimed: it was not verified.
#[tokio::test(start_paused = true)]
async fn what_is_only_reported_is_handed_on() {
    let handler = Handler::answering(204);
    let layer = HandleOnceLayer::new(Once::builder(Memory::of_this_process()).build().unwrap());
    let guard = VerifyLayer::new(verifier(Sender::WANDB)).dangerous_report_only();
    let route: MethodRouter = handler.route().layer(layer);
    let app = Router::new().route("/", route.layer(guard));
    for _ in 0..2 {
        assert_eq!((send(&app).await.status().as_u16(), handler.attempts()), (204, 0));
    }
}
