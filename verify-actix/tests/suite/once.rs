//! Each delivery once, through the middlewares.

use core::{
    sync::atomic::{AtomicU16, AtomicU32, Ordering::Relaxed},
    time::Duration,
};
use std::sync::Arc;

use actix_web::{
    App, Error, HttpResponse, Resource,
    body::{MessageBody, to_bytes},
    dev::{Service, ServiceResponse},
    http::{StatusCode, header::RETRY_AFTER},
    test::init_service,
    web,
};
use adapters::{clock, verifier};
use tokio::time::{Instant, advance, sleep, timeout};
use verify_actix::{
    Attempt, HandleOnce, Sender, Verify,
    once::{Answer, Memory, Once, Reason},
};

use crate::support::delivery;

/// What a handler does, and what it saw.
#[derive(Clone, Default)]
struct Handler {
    /// Which status it answers.
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

    fn resource(&self) -> Resource {
        let handler = self.clone();
        let handle = move |Attempt(attempt): Attempt| {
            let handler = handler.clone();
            async move {
                handler.attempts.fetch_add(attempt, Relaxed);
                sleep(handler.takes).await;
                let status = StatusCode::from_u16(handler.status.load(Relaxed)).unwrap();
                HttpResponse::build(status).body("a body")
            }
        };
        web::resource("/").route(web::post().to(handle))
    }

    fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }
}

fn once() -> HandleOnce {
    HandleOnce::new(Once::builder(Memory::of_this_process()).build().unwrap())
}

fn guard(sender: Sender) -> Verify {
    Verify::new(verifier(sender)).with_clock(clock())
}

/// An application, as a service that takes deliveries.
macro_rules! app {
    ($resource:expr) => {
        init_service(App::new().service($resource)).await
    };
}

/// What a sender sees, and the reason.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    wait: Option<String>,
    reason: Option<Reason>,
    length: usize,
}

async fn send<B: MessageBody + 'static>(
    app: &impl Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    body: &'static str,
) -> Seen {
    let response = match app.call(delivery(Sender::MLFLOW, body).to_request()).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        // The server does the same.
        Err(error) => error.error_response(),
    };
    let wait = response.headers().get(RETRY_AFTER).map(|wait| wait.to_str().unwrap().to_owned());
    let reason = response.extensions().get::<Answer>().map(|answer| answer.reason);
    let status = response.status().as_u16();
    let length = to_bytes(response.into_body()).await.map_or(0, |body| body.len());
    Seen { status, wait, reason, length }
}

#[actix_web::test]
async fn a_repetition_is_answered_without_the_handler() {
    for (status, repeated) in [(200, 204), (202, 204), (404, 404)] {
        let handler = Handler::answering(status);
        let app = app!(handler.resource().wrap(once()).wrap(guard(Sender::MLFLOW)));
        assert_eq!(send(&app, "{}").await.status, status);
        let expected = Seen { status: repeated, wait: None, reason: Some(Reason::Done), length: 0 };
        assert_eq!((send(&app, "{}").await, handler.attempts()), (expected, 1));
        // Another delivery is another one.
        assert_eq!((send(&app, "[]").await.status, handler.attempts()), (status, 2));
    }
}

#[actix_web::test]
async fn what_failed_runs_again_at_once() {
    let handler = Handler::answering(503);
    let app = app!(handler.resource().wrap(once()).wrap(guard(Sender::MLFLOW)));
    for sum in [1, 3, 6] {
        assert_eq!((send(&app, "{}").await.status, handler.attempts()), (503, sum));
    }
    handler.status.store(204, Relaxed);
    assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 10));
    assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 10));
}

#[actix_web::test]
async fn a_running_duplicate_is_told_when_to_come_again() {
    tokio::time::pause();
    let handler = Handler { takes: Duration::from_secs(10), ..Handler::answering(204) };
    let app = app!(handler.resource().wrap(once()).wrap(guard(Sender::MLFLOW)));
    let (first, duplicate) = tokio::join!(send(&app, "{}"), async {
        sleep(Duration::from_secs(5)).await;
        send(&app, "{}").await
    });
    assert_eq!((duplicate.status, duplicate.reason), (503, Some(Reason::InProgress)));
    // The clock did not stand still from the beginning: a rest of 25 s may be a little less.
    assert!(matches!(duplicate.wait.as_deref(), Some("25" | "26")), "{duplicate:?}");
    assert_eq!((first.status, handler.attempts()), (204, 1));
}

#[actix_web::test]
async fn a_handler_that_takes_too_long_is_dropped() {
    tokio::time::pause();
    let handler = Handler { takes: Duration::from_secs(21), ..Handler::answering(204) };
    let app = app!(handler.resource().wrap(once()).wrap(guard(Sender::MLFLOW)));
    for sum in [1, 3] {
        let begun = Instant::now();
        let (wait, reason) = (Some("5".to_owned()), Some(Reason::Overdue));
        assert_eq!(send(&app, "{}").await, Seen { status: 503, wait, reason, length: 0 });
        assert_eq!((begun.elapsed().as_secs(), handler.attempts()), (20, sum));
    }
}

/// A sender that hangs up: the server drops what it waits for.
#[actix_web::test]
async fn what_ended_without_an_answer_runs_again() {
    tokio::time::pause();
    let handler = Handler { takes: Duration::from_secs(10), ..Handler::answering(204) };
    let app = app!(handler.resource().wrap(once()).wrap(guard(Sender::MLFLOW)));
    assert!(timeout(Duration::from_secs(1), send(&app, "{}")).await.is_err());
    advance(Duration::from_millis(1)).await;
    assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 1 + 2));
}

#[actix_web::test]
async fn without_a_store_everything_is_handed_on() {
    let handler = Handler::answering(204);
    let app = app!(handler.resource().wrap(HandleOnce::new(None)).wrap(guard(Sender::MLFLOW)));
    for _ in 0..3 {
        assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 0));
    }
}

#[actix_web::test]
async fn a_route_without_its_guards_answers_500() {
    let handler = Handler::answering(204);
    let unverified = app!(handler.resource().wrap(once()));
    assert_eq!(send(&unverified, "{}").await.status, 500);
    let unguarded = app!(handler.resource().wrap(guard(Sender::MLFLOW)));
    assert_eq!((send(&unguarded, "{}").await.status, handler.attempts()), (500, 0));
}

/// What is only reported is not claimed: it was not verified.
#[actix_web::test]
async fn what_is_only_reported_is_handed_on() {
    let handler = Handler::answering(204);
    let app =
        app!(handler.resource().wrap(once()).wrap(guard(Sender::WANDB).dangerous_report_only()));
    for _ in 0..2 {
        assert_eq!((send(&app, "{}").await.status, handler.attempts()), (204, 0));
    }
}
