//! MLflow 3.3 and later, the open-source tracking server.
//!
//! The sender drops a delivery for good on nearly every 4xx, and retries 429, 500, 502, 503, 504.

#[cfg(feature = "events")]
mod event;
#[cfg(feature = "events")]
mod event_kind;

#[cfg(feature = "events")]
pub use event::Event;
#[cfg(feature = "events")]
pub use event_kind::{DurationUnit, EventKind, TargetScope};
#[cfg(feature = "events")]
pub use crate::events::Timestamp;

use crate::{Encoding, Sender, SignedPart, fact::facts};

facts! {
    "`X-MLflow-Signature`: `v1,` and padded standard base64; one signature, never a list":
        Measured;
    "the MAC is over `delivery_id + \".\" + timestamp + \".\" + raw body`": Measured;
    "the secret is used verbatim: `whsec_` is neither stripped nor decoded; spaces and non-ASCII count":
        Measured;
    "`X-MLflow-Delivery-Id`: lower-case UUID v4": Measured;
    "`X-MLflow-Timestamp`: Unix seconds, decimal digits; retries keep the first one": Measured;
    "`Authorization`: `Basic` only, if the URL carries user and password": Documented;
    "no secret configured: no signature header": Measured;
    "no limit in the sender; bodies of 1,200,194 and 2,400,255 bytes": Measured;
}

pub(crate) const SENDER: Sender = Sender::new("mlflow", "x-mlflow-signature")
    .with_title("MLflow")
    .with_prefix("v1,")
    .with_encodings(&[Encoding::Base64])
    .with_signed_parts(&[
        SignedPart::DeliveryId("x-mlflow-delivery-id"),
        SignedPart::Text("."),
        SignedPart::Timestamp("x-mlflow-timestamp"),
        SignedPart::Text("."),
    ])
    .with_body_limit(4 * 1024 * 1024);

/// A real server sent this body.
pub(crate) const EXAMPLE: &str = r#"{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-21T19:41:41.214620+00:00", "data": {"name": "fraud-detector", "alias": "champion", "version": "3"}}"#;

#[cfg(feature = "events")]
pub(crate) const EVENT_NAMES: &[&str] = EventKind::NAMES;

#[cfg(feature = "events")]
pub(crate) const MOVEMENT_NAMES: &[&str] = &["model_version_alias.created", "prompt_alias.created"];
