//! What all senders' payloads share: how they are read from a body, and what can be wrong.

mod error;
mod event_kinds;
mod from_json;
mod object;
mod summary;
mod text_enum;
mod timestamp;
mod transition;
mod unix_millis;

use serde::de::DeserializeOwned;

pub use error::EventError;
pub(crate) use error::{Misfit, Place};
pub(crate) use event_kinds::event_kinds;
pub(crate) use from_json::{FromJson, tag_value};
pub(crate) use object::{Field, Object, place_of};
pub(crate) use summary::{Summary, questions};
pub(crate) use text_enum::text_enum;
pub use timestamp::Timestamp;
pub use transition::{Stage, Transition};
pub use unix_millis::UnixMillis;

/// A type into which a verified body can be read: an event of this crate, or any type of your own that
/// implements [`serde::Deserialize`] and borrows nothing.
///
/// ```
/// use verify_core::{EventError, Payload as _, Verified, wandb};
///
/// #[derive(serde::Deserialize)]
/// struct Deploy {
///     model: String,
///     event_type: wandb::EventType,
/// }
///
/// fn model(verified: &Verified<Vec<u8>>) -> Result<String, EventError> {
///     let deploy: Deploy = verified.event()?;
///     Ok(deploy.model)
/// }
/// # let body = br#"{"model": "fraud", "event_type": "LINK_ARTIFACT"}"#;
/// # let deploy = Deploy::from_body("wandb", body)?;
/// # assert_eq!((&*deploy.model, deploy.event_type), ("fraud", wandb::EventType::LinkArtifact));
/// # Ok::<(), EventError>(())
/// ```
///
/// For a type of your own, an error tells the place and not the field, because the name could quote the body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a verified body",
    note = "a type of your own has to implement `serde::Deserialize` and must not borrow"
)]
pub trait Payload: Sized {
    /// Reads the body of a delivery from the sender with this name: see
    /// [`Receipt::sender`](crate::Receipt::sender).
    ///
    /// # Errors
    ///
    /// The body does not have this shape. You still have the verified bytes.
    fn from_body(sender: &str, body: &[u8]) -> Result<Self, EventError>;
}

impl<T: DeserializeOwned> Payload for T {
    fn from_body(_: &str, body: &[u8]) -> Result<Self, EventError> {
        let text = core::str::from_utf8(body).map_err(EventError::utf8)?;
        serde_json::from_str(text).map_err(EventError::json)
    }
}

/// Makes a type with `parse` a payload, whoever sent it.
macro_rules! payload {
    ($name:ident) => {
        impl $crate::Payload for $name {
            fn from_body(_: &str, body: &[u8]) -> Result<Self, $crate::EventError> {
                $name::parse(body)
            }
        }
    };
}

pub(crate) use payload;
