//! Posts to NATS JetStream.

mod address;
mod answer;
mod builder;
mod error;
mod session;
mod stream;
mod tls;

use core::fmt;
use std::sync::Arc;

use async_nats::HeaderMap;
use bytes::Bytes;

use self::session::{Place, Session};
pub use self::{builder::NatsBuilder, error::NatsError};
use crate::{Delivery, Outcome, Post, background::Background, cloud_events::Attributes};

/// Posts each delivery to a stream of NATS JetStream as a [CloudEvent](https://github.com/cloudevents/spec) 1.0 in the
/// binary mode: the body byte for byte as it was signed, and the headers of [`CloudEvents`](crate::CloudEvents).
///
/// | header | |
/// |---|---|
/// | `ce-specversion`, `ce-id`, `ce-source`, `ce-type`, `ce-time` | as over HTTP |
/// | `ce-datacontenttype`, `content-type` | `application/json` |
/// | `Nats-Msg-Id` | [`Delivery::key_hex`] and the subject: the stream recognises a second posting, which counts as [arrived](Outcome::Repeated) |
/// | `Nats-Expected-Stream` | the stream: no other one takes it |
///
/// A delivery has arrived when the stream has acknowledged it. After no answer in time, no stream, or a stream
/// without room, it is tried again. A delivery that is too large, or that the user may not publish, is given up.
///
/// The stream is checked on each new connection: it must exist, listen on the subject, and remember an id for as long
/// as the outbox remembers a delivery.
pub struct Nats {
    background: Background,
    place: Arc<Place>,
    attributes: Attributes,
    /// `None`: the next posting connects.
    session: Option<Session>,
}

impl Nats {
    const CONTENT_TYPE: &str = "application/json";

    fn headers(&self, delivery: &Delivery) -> HeaderMap {
        let target = &self.place.target;
        let mut headers = HeaderMap::new();
        for (name, value) in self.attributes.of(delivery) {
            headers.insert(name, value);
        }
        headers.insert("ce-datacontenttype", Self::CONTENT_TYPE);
        headers.insert("content-type", Self::CONTENT_TYPE);
        // A stream knows ids, whatever their subject.
        headers.insert("Nats-Msg-Id", format!("{}/{}", delivery.key_hex(), target.subject));
        headers.insert("Nats-Expected-Stream", target.stream.as_str());
        headers
    }
}

impl Post for Nats {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        let (headers, body) = (self.headers(delivery), Bytes::copy_from_slice(&delivery.body));
        let (place, time) = (Arc::clone(&self.place), self.place.time);
        let session = self.session.take().filter(Session::is_alive);
        let posted = self.background.wait(time, async move {
            let session = match session {
                Some(session) => session,
                None => match Session::open(place).await {
                    Ok((session, _)) => session,
                    Err(error) => return (later(&error), None),
                },
            };
            match session.publish(headers, body).await {
                Ok(outcome) => (outcome, Some(session)),
                Err(error @ NatsError::Permission { .. }) => {
                    (Outcome::Dead { reason: error.to_string() }, None)
                }
                Err(error) => (later(&error), None),
            }
        });
        // What took too long may have arrived. Then the stream knows it.
        let (outcome, session) = posted.unwrap_or_else(|| (later(&self.place.too_slow()), None));
        self.session = session;
        outcome
    }
}

fn later(error: &NatsError) -> Outcome {
    Outcome::Later { after: None, reason: error.to_string() }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats")
            .field("address", &self.place.address)
            .field("target", &self.place.target)
            .field("source", &self.attributes.source())
            .finish_non_exhaustive()
    }
}
