//! [Standard Webhooks](https://www.standardwebhooks.com), version 1.0.0 of the specification, with
//! symmetric signatures (`v1`).
//!
//! Many senders follow the specification. So the facts here are from the specification, and not about
//! one sender. Asymmetric signatures (`v1a`) in the same list are skipped.
//!
//! A retry keeps its id and is signed anew, so remember [replay keys](crate::Receipt::replay_key) for
//! as long as the sender retries. The schedule that the specification shows ends after three days.

#[cfg(feature = "events")]
mod event;

#[cfg(feature = "events")]
pub use event::Event;

#[cfg(feature = "events")]
pub use crate::events::Timestamp;

use crate::{Encoding, SecretEncoding, Sender, SignedPart, fact::facts};

facts! {
    "`webhook-signature`: a list separated by spaces, of `v1,` and padded standard base64 of HMAC-SHA256; other versions, such as `v1a`, are other schemes":
        Documented;
    "the MAC is over `webhook-id + \".\" + webhook-timestamp + \".\" + raw body`": Documented;
    "the secret is base64 of 24 to 64 bytes with `whsec_` in front; the official libraries take it without `whsec_` as well":
        Documented;
    "while a secret is changed, a delivery has a signature under the old and under the new one":
        Documented;
    "`webhook-id`: one for each event, the same for each retry, and without a `.`": Documented;
    "`webhook-timestamp`: Unix seconds of the attempt, so a retry has a new one": Documented;
    "only 2xx is success, and 410 switches the endpoint off; retries should go on for days, and should heed `Retry-After`":
        Documented;
    "the largest body: no limit, and less than 20 kB is recommended": Documented;
    "`Authorization`: nothing is said": Unknown;
}

/// The specification asks receivers to try each signature until one fits. These are enough for two
/// changes of the secret at once, and a bound on the work for one request.
const MAX_SIGNATURES: usize = 4;

pub(crate) const SENDER: Sender = Sender::new("standard-webhooks", "webhook-signature")
    .with_title("Standard Webhooks")
    .with_prefix("v1,")
    .with_encodings(&[Encoding::Base64])
    .with_signed_parts(&[
        SignedPart::DeliveryId("webhook-id"),
        SignedPart::Text("."),
        SignedPart::Timestamp("webhook-timestamp"),
        SignedPart::Text("."),
    ])
    .with_secret_encoding(SecretEncoding::Base64)
    .with_signature_list(MAX_SIGNATURES)
    .with_retries_signed_anew();

/// The specification has this body.
pub(crate) const EXAMPLE: &str = r#"{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}"#;

/// Each sender has its own.
#[cfg(feature = "events")]
pub(crate) const EVENT_NAMES: &[&str] = &[];

#[cfg(feature = "events")]
pub(crate) const MOVEMENT_NAMES: &[&str] = &[];
