//! Weights & Biases automations.
//!
//! The encoding is not documented, so the length of a signature tells its encoding, and each
//! encoding is accepted. All decode to the same 32 bytes, so no further delivery is accepted
//! because of this.

#[cfg(feature = "events")]
mod artifact;
#[cfg(feature = "events")]
mod unrendered;
#[cfg(feature = "events")]
mod variables;

#[cfg(feature = "events")]
pub use artifact::{ArtifactReference, ArtifactVersion};
#[cfg(feature = "events")]
pub use unrendered::unrendered;
#[cfg(feature = "events")]
pub use variables::{EventType, Variables};

use crate::{Encoding, Sender, fact::facts};

facts! {
    "`X-Wandb-Signature`: HMAC-SHA256 over the raw body, the secret's UTF-8 bytes verbatim":
        Documented;
    "its encoding: the vendor's test script gives base64 (44 characters), one receiver of real deliveries saw hex":
        Open;
    "`Authorization: Bearer <access token>` if configured": Documented;
    "no secret configured: no signature header": Inferred;
    "neither id nor time; the body is whatever the user typed": Documented;
    "largest body: nothing is promised": Unknown;
    "retries: none documented": Unknown;
}

pub(crate) const SENDER: Sender = Sender::new("wandb", "x-wandb-signature")
    .with_title("Weights & Biases")
    .with_encodings(&[Encoding::Base64, Encoding::Base64Unpadded, Encoding::Hex])
    .with_bearer()
    .with_template();

/// Made by hand from the documented template variables.
pub(crate) const EXAMPLE: &str = r#"{"event_type": "LINK_ARTIFACT", "event_author": "ada", "artifact_version_string": "acme/registry/fraud-detector:v3"}"#;

#[cfg(feature = "events")]
pub(crate) const EVENT_NAMES: &[&str] = EventType::NAMES;

#[cfg(feature = "events")]
pub(crate) const MOVEMENT_NAMES: &[&str] =
    &["LINK_ARTIFACT", "ADD_ARTIFACT_ALIAS", "UPDATE_ARTIFACT_ALIAS"];
