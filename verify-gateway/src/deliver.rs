//! What becomes of a delivery that was verified.

use core::{convert::Infallible, time::Duration};
use std::{sync::Arc, time::Instant};

use bridge_common::Event;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header::RETRY_AFTER,
    request::Parts,
};
use http_body_util::Empty;
use verify_axum::{Verified, try_again};
use verify_core::{Receipt, Sender};
use verify_once::{Ending, Once, Reason};
use verify_outbox::{Kept, Outbox};

use crate::{
    afterwards::Afterwards,
    caught::caught,
    config::{Goal, Matched, Proxy, Route},
    facts::{Facts, is_outdated},
    finished::Finished,
    forwarded,
    log_line::Line,
    upstream::{Said, Trouble},
};

/// What hands deliveries on.
pub(crate) struct Deliverer {
    /// Where a route hands on.
    pub(crate) once: Option<Once>,
    /// Where a route keeps, with how long it knows a delivery.
    pub(crate) outbox: Option<(Outbox, Duration)>,
    /// Where deliveries go on whose sender hung up, and connections whose answer has not ended.
    pub(crate) afterwards: Afterwards,
    /// For a try-out: examples are of long ago.
    pub(crate) takes_outdated: bool,
}

/// An answer to a sender. It has no body: senders show it to whoever presses "test".
pub(crate) type Answer = Response<Empty<Bytes>>;

/// A delivery, and all that is known of it.
struct Arrived<'d> {
    verified: &'d Verified<Bytes>,
    event: &'d Event,
    facts: Facts<'d>,
    headers: &'d HeaderMap,
    route: &'d Route,
}

/// Runs for verified deliveries only: the layer that verifies is the only one that calls it, and without a `Verified`
/// nothing happens.
pub(crate) async fn deliver<B>(
    deliverer: Arc<Deliverer>,
    request: Request<B>,
) -> Result<Answer, Infallible> {
    let (head, _) = request.into_parts();
    // A sender that hangs up meanwhile does not undo what an upstream has begun, and its next try is told that this one
    // runs.
    let (afterwards, bytes) = (deliverer.afterwards.clone(), body_length(&head));
    Ok(Finished::new(async move { deliverer.answer(&head).await }, afterwards, bytes).await)
}

impl Deliverer {
    async fn answer(&self, head: &Parts) -> Answer {
        let (Some(verified), Some(matched)) =
            (head.extensions.get::<Verified<Bytes>>(), head.extensions.get::<Matched>())
        else {
            return bare(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let begun = Instant::now();
        let (receipt, route, tenant) =
            (verified.receipt(), &*matched.route, matched.tenant.as_deref());
        let answering = async {
            let event = &Event::read(receipt.sender(), verified.body());
            let facts = Facts::new(verified, event, tenant);
            let arrived = Arrived { verified, event, facts, headers: &head.headers, route };
            let (answer, line) = self.handle(&arrived).await;
            line.log(&arrived.facts, route, answer.status(), begun.elapsed());
            answer
        };
        caught(answering).await.unwrap_or_else(|| {
            // Its claim is given back, so it comes again.
            let (answer, event) = (try_again(receipt), Event::read(receipt.sender(), b""));
            let line = Line::of("panicked").because("a fault of the gateway".to_owned());
            let facts = Facts::new(verified, &event, tenant);
            line.log(&facts, route, answer.status(), begun.elapsed());
            answer
        })
    }

    async fn handle(&self, arrived: &Arrived<'_>) -> (Answer, Line) {
        let receipt = arrived.verified.receipt();
        match &arrived.route.goal {
            Goal::Decide => {
                let mut answer = bare(StatusCode::OK);
                arrived.facts.each(None, |name, value| {
                    if let Ok(value) = HeaderValue::from_str(value) {
                        answer.headers_mut().insert(HeaderName::from_static(name), value);
                    }
                });
                (answer, Line::of("decided"))
            }
            Goal::Keep { .. } | Goal::Publish => match &self.outbox {
                Some((outbox, retention)) => keep(outbox, *retention, arrived).await,
                None => (try_again(receipt), Line::of("not_kept")),
            },
            Goal::Proxy(proxy) => match &self.once {
                Some(once) => self.forward(once, proxy, arrived).await,
                None => (try_again(receipt), Line::of("not_forwarded")),
            },
        }
    }

    /// Asks the upstream, unless it was asked before.
    async fn forward(&self, once: &Once, proxy: &Proxy, arrived: &Arrived<'_>) -> (Answer, Line) {
        let receipt = arrived.verified.receipt();
        if !self.takes_outdated && is_outdated(arrived.event, once.window(receipt)) {
            return (bare(StatusCode::NO_CONTENT), Line::of("outdated"));
        }
        let mut tried = 0;
        let post = |attempt| {
            tried = attempt;
            let Arrived { facts, headers, verified, .. } = arrived;
            let head = forwarded::head(proxy, facts, attempt, headers, verified.body());
            let body = verified.body().clone();
            async move { proxy.upstream.post(head?, body, &self.afterwards).await }
        };
        let ending = |said: &Result<Said, Trouble>| match said {
            Ok(said) => Ending::Answered(said.status.as_u16()),
            Err(_) => Ending::Broken,
        };
        let guarded = once.guard(receipt, post, ending).await;
        match guarded {
            Ok(Ok(said)) => {
                let may_come_again = matches!(said.status.as_u16(), 408 | 425 | 429 | 500..);
                let mut answer = match may_come_again {
                    // With the wait that does not lose it.
                    true => try_again(receipt),
                    false => bare(said.status),
                };
                *answer.status_mut() = said.status;
                if let Some(wait) = said.retry_after {
                    answer.headers_mut().insert(RETRY_AFTER, wait);
                }
                (answer, Line::of("forwarded").attempt(tried))
            }
            Ok(Err(trouble)) => {
                let line = Line::of("not_forwarded").attempt(tried).because(trouble.to_string());
                (try_again(receipt), line)
            }
            Err(refused) => {
                let status = StatusCode::from_u16(refused.status);
                let mut answer = bare(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE));
                if let Some(wait) = refused.retry_after {
                    answer.headers_mut().insert(RETRY_AFTER, wait.into());
                }
                let line = Line::of(refused.reason.code()).attempt(tried);
                let is_repeated = refused.reason == Reason::Done;
                (answer, if is_repeated { repeated(line, receipt) } else { line })
            }
        }
    }
}

/// Keeps it until it has arrived.
async fn keep(outbox: &Outbox, retention: Duration, arrived: &Arrived<'_>) -> (Answer, Line) {
    if is_outdated(arrived.event, Some(retention)) {
        return (bare(StatusCode::NO_CONTENT), Line::of("outdated"));
    }
    let destination = arrived.route.path.of_tenant(arrived.facts.tenant);
    match outbox.keep(arrived.verified, vec![destination]).await {
        Ok(Kept::Repeated) => {
            let line = repeated(Line::of("repeated"), arrived.verified.receipt());
            (bare(StatusCode::ACCEPTED), line)
        }
        Ok(_) => (bare(StatusCode::ACCEPTED), Line::of("kept")),
        Err(error) => {
            let line = Line::of("not_kept").because(error.to_string());
            (try_again(arrived.verified.receipt()), line)
        }
    }
}

/// Of senders that sign neither an id nor a time, a person has to look.
fn repeated(line: Line, receipt: &Receipt) -> Line {
    match Sender::named(receipt.sender()).is_some_and(Sender::has_template) {
        true => line.because("repeated, or another delivery with the same bytes".to_owned()),
        false => line,
    }
}

fn body_length(head: &Parts) -> usize {
    head.extensions.get::<Verified<Bytes>>().map_or(0, |verified| verified.body().len())
}

pub(crate) fn bare(status: StatusCode) -> Answer {
    let mut answer = Response::default();
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests;
