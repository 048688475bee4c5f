//! Requests without a server: what a response carries that is not sent, under a clock that stands still.

use core::{
    mem,
    pin::Pin,
    sync::atomic::{AtomicU16, AtomicU32, Ordering::Relaxed},
    task::{Context, Poll, ready},
    time::Duration,
};
use std::{collections::VecDeque, rc::Rc, sync::Arc};

use actix_web::error::PayloadError;
use adapters::{SECRET, signed};
use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Sleep, sleep};
use verify_adapter::Refusal;
use verify_axum::once::{Answer, Reason};
use verify_core::Sender;

/// A handler behind its guards.
pub(crate) type App = Rc<dyn Fn(Headers, Chunks) -> Pin<Box<dyn Future<Output = Seen>>>>;

pub(crate) type Headers = Vec<(&'static str, String)>;

/// What a sender sees, and why.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    /// `Retry-After`.
    pub(crate) wait: Option<String>,
    /// Of the body.
    pub(crate) length: usize,
    pub(crate) refusal: Option<Refusal>,
    /// Why the handler does not answer.
    pub(crate) reason: Option<Reason>,
}

impl Seen {
    /// Takes what is the same for both frameworks.
    pub(crate) fn new(
        status: u16,
        wait: Option<&[u8]>,
        refusal: Option<&Refusal>,
        answer: Option<&Answer>,
    ) -> Self {
        let wait = wait.map(|wait| String::from_utf8(wait.to_vec()).unwrap());
        let (refusal, reason) = (refusal.copied(), answer.map(|answer| answer.reason));
        Self { status, wait, length: 0, refusal, reason }
    }
}

/// Sends a delivery of MLflow.
pub(crate) async fn send(app: &App, body: &'static str) -> Seen {
    let headers = signed(Sender::MLFLOW, SECRET, body.as_bytes());
    app(headers, Chunks::new([(Duration::ZERO, body)])).await
}

/// What a handler does, and what it saw.
#[derive(Clone, Default)]
pub(crate) struct Handler {
    /// Which status it answers; 0 is a panic.
    pub(crate) status: Arc<AtomicU16>,
    pub(crate) takes: Duration,
    /// The sum of the attempts.
    pub(crate) attempts: Arc<AtomicU32>,
    /// Whether it goes on although the sender hung up.
    pub(crate) is_detached: bool,
}

impl Handler {
    pub(crate) fn answering(status: u16) -> Self {
        let handler = Self::default();
        handler.status.store(status, Relaxed);
        handler
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }

    pub(crate) async fn handle(&self, attempt: u32) -> u16 {
        self.attempts.fetch_add(attempt, Relaxed);
        sleep(self.takes).await;
        let status = self.status.load(Relaxed);
        assert!(status > 0, "a handler panics");
        status
    }
}

/// A body of these chunks, each after a wait.
pub(crate) struct Chunks {
    left: VecDeque<(Duration, Bytes)>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Chunks {
    pub(crate) fn new(chunks: impl IntoIterator<Item = (Duration, &'static str)>) -> Self {
        let left = chunks.into_iter().map(|(wait, chunk)| (wait, chunk.into())).collect();
        Self { left, timer: None }
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some((wait, _)) = self.left.front_mut() else { return Poll::Ready(None) };
        let wait = mem::take(wait);
        if !wait.is_zero() {
            self.timer = Some(Box::pin(sleep(wait)));
        }
        if let Some(timer) = &mut self.timer {
            ready!(timer.as_mut().poll(cx));
            self.timer = None;
        }
        Poll::Ready(self.left.pop_front().map(|(_, chunk)| Ok(chunk)))
    }
}
