//! Deliveries of our own.

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use verify_core::UnixTime;
use verify_toolkit::{Delivery, samples};

use super::{Examination, webhook::Receiver};
use crate::wire::{Answer, Ask, Failure, Wire};

/// How a delivery of our own is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signed {
    /// Not at all.
    Not,
    /// With a secret that nobody has.
    Wrongly,
    /// With the secret that was given.
    Rightly,
}

/// Sends one. `None`: it cannot be made.
pub(super) async fn send(
    asked: &Examination<'_>,
    wire: &Wire,
    receiver: &Receiver,
    signed: Signed,
) -> Option<Result<Answer, Failure>> {
    let sender = asked.registry.sender();
    let body = body(asked, receiver)?;
    let delivery = Delivery::new(sender, body).with_path(&receiver.path);
    let now = UnixTime::now().ok()?;
    let nobody = format!("{:032x}", fastrand::u128(..));
    let secret = match signed {
        Signed::Rightly => asked.secret?.dangerous_expose(),
        Signed::Not | Signed::Wrongly => nobody.as_bytes(),
    };
    let request = delivery.sign(secret, now).ok()?;
    let mut headers = Vec::new();
    for (name, value) in &request.headers {
        if signed == Signed::Not && !name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()) {
            continue;
        }
        let name: HeaderName = name.parse().ok()?;
        headers.push((name, HeaderValue::from_bytes(value).ok()?));
    }
    if let Some(authorization) = asked.authorization {
        let mut value = HeaderValue::from_str(authorization.dangerous_expose()).ok()?;
        value.set_sensitive(true);
        headers.push((AUTHORIZATION, value));
    }
    let ask = Ask {
        method: Method::POST,
        path: receiver.path.clone(),
        headers,
        body: Bytes::from(request.body),
    };
    Some(wire.ask(&receiver.server, &ask).await)
}

/// The sample of the event, or of one that the receiver gets, or of any.
fn body(asked: &Examination<'_>, receiver: &Receiver) -> Option<Vec<u8>> {
    let sender = asked.registry.sender().name();
    let of = |wanted: &String| {
        samples::of(sender).find(|sample| sample.event.eq_ignore_ascii_case(wanted))
    };
    let sample = asked.event.iter().chain(&receiver.events).find_map(of);
    let sample = sample.or_else(|| samples::of(sender).next())?;
    Some(sample.body.as_bytes().to_vec())
}
