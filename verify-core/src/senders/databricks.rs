//! Databricks workspace model registry.
//!
//! The vendor's own verification sample cannot run (it compares text with bytes), and pages in
//! circulation wrongly say base64.

#[cfg(feature = "events")]
mod event;
#[cfg(feature = "events")]
mod event_kind;
#[cfg(feature = "events")]
pub mod job;
#[cfg(feature = "events")]
mod tag;

#[cfg(feature = "events")]
pub use event::Event;
#[cfg(feature = "events")]
pub use event_kind::EventKind;
#[cfg(feature = "events")]
pub use tag::Tag;

#[cfg(feature = "events")]
pub use crate::events::{Stage, Transition};

use crate::{Encoding, Sender, fact::facts};

facts! {
    "`X-Databricks-Signature`: 64 lower-case hex digits, no prefix, HMAC-SHA256 over the raw body":
        Documented Field;
    "the secret is used as its UTF-8 bytes, verbatim": Documented;
    "`Authorization` is sent verbatim if configured, under any scheme": Documented;
    "no secret configured: no signature header": Inferred;
    "neither id nor time in headers; `event_timestamp` (ms) stands inside the signed body":
        Documented;
    "content type, largest body, retries: nothing is required or promised": Unknown;
}

pub(crate) const SENDER: Sender = Sender::new("databricks", "x-databricks-signature")
    .with_title("Databricks")
    .with_encodings(&[Encoding::Hex])
    .with_bearer();

/// The vendor's documentation has this body.
pub(crate) const EXAMPLE: &str = r#"{"event":"MODEL_VERSION_TRANSITIONED_STAGE","webhook_id":"c5596721253c4b429368cf6f4341b88a","event_timestamp":1589859029343,"model_name":"Airline_Delay_SparkML","version":"8","to_stage":"Production","from_stage":"None","text":"Registered model Airline_Delay_SparkML version 8 transitioned from None to Production."}"#;

#[cfg(feature = "events")]
pub(crate) const EVENT_NAMES: &[&str] = EventKind::NAMES;

/// The first comes for every movement, and the others may come beside it for the same one.
#[cfg(feature = "events")]
pub(crate) const MOVEMENT_NAMES: &[&str] = &[
    "MODEL_VERSION_TRANSITIONED_STAGE",
    "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED",
    "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION",
    "MODEL_VERSION_TRANSITIONED_TO_STAGING",
];
