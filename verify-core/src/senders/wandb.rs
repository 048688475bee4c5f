//! Weights & Biases automations.
//!
//! | fact | certainty |
//! |---|---|
//! | `X-Wandb-Signature`: HMAC-SHA256 over the raw body, the secret's UTF-8 bytes verbatim | documented |
//! | its encoding: the vendor's test script gives base64 (44 characters), one receiver of real deliveries saw hex | **open** |
//! | `Authorization: Bearer <access token>` if configured | documented |
//! | no secret configured: no signature header | inferred |
//! | neither id nor time; the body is whatever the user typed | documented |
//! | largest body | unknown: nothing is promised |
//! | retries | unknown, none documented |
//!
//! Because the encoding is open, each one is accepted by its length; all of them decode to the
//! same 32 bytes, so accepting more than one accepts no further deliveries.

#[cfg(feature = "events")]
mod artifact;
#[cfg(feature = "events")]
mod payload;
#[cfg(feature = "events")]
mod unrendered;

#[cfg(feature = "events")]
pub use artifact::{ArtifactReference, ArtifactVersion};
#[cfg(feature = "events")]
pub use payload::{EventType, Payload, Variables};
#[cfg(feature = "events")]
pub use unrendered::unrendered;

use crate::{Encoding, Sender};

pub(crate) const SENDER: Sender = Sender::new("wandb", "x-wandb-signature").with_encodings(&[
    Encoding::Base64,
    Encoding::Base64Unpadded,
    Encoding::Hex,
]);
