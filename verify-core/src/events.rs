//! What all senders' payloads share: how they are read from a body, and what can be wrong.

mod error;
mod event_kinds;
mod from_json;
mod into_owned;
mod object;
mod text_enum;

pub use error::EventError;
pub(crate) use error::Misfit;
pub(crate) use event_kinds::event_kinds;
pub(crate) use from_json::{FromJson, tag_value};
pub(crate) use into_owned::IntoOwned;
pub(crate) use object::{Field, Key, Object, Place, place_of};
pub(crate) use text_enum::text_enum;

/// Something that the body of a delivery says, read in place where the JSON allows.
///
/// Strings without an escape are borrowed from the body; `into_owned` of the payloads of this crate
/// copies them.
pub trait Payload<'b>: Sized {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// The body does not have this shape. It is still at hand: a verified event is not lost to its
    /// shape.
    fn parse(body: &'b [u8]) -> Result<Self, EventError>;
}

/// A [`Payload`] that holds nothing of the body it was read from, as handlers take it: the events of
/// this crate for `'static`, and a type of your own in [`wandb::Payload`](crate::wandb::Payload).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a payload",
    note = "a type of your own is read as `wandb::Payload<{Self}>`, if it implements `DeserializeOwned`"
)]
pub trait OwnedPayload: Sized + 'static {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// As [`Payload::parse`].
    fn parse_owned(body: &[u8]) -> Result<Self, EventError>;
}

/// Makes a type with a lifetime, `parse` and `into_owned` a payload.
macro_rules! payload {
    ($name:ident) => {
        impl<'b> $crate::Payload<'b> for $name<'b> {
            fn parse(body: &'b [u8]) -> Result<Self, $crate::EventError> {
                $name::parse(body)
            }
        }

        impl $crate::OwnedPayload for $name<'static> {
            fn parse_owned(body: &[u8]) -> Result<Self, $crate::EventError> {
                $name::parse(body).map($name::into_owned)
            }
        }
    };
}

pub(crate) use payload;
