//! What all senders' payloads share: how they are read from a body, and what can be wrong.

mod error;
mod event_kinds;
mod into_owned;
mod slot;
mod text_enum;

pub use error::EventError;
pub(crate) use error::Misfit;
pub(crate) use event_kinds::event_kinds;
pub(crate) use into_owned::IntoOwned;
pub(crate) use slot::{Expected, Number, Shape, Slot, object};
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

/// A [`Payload`] that holds nothing of the body it was read from, as handlers take it.
pub trait OwnedPayload: Sized + 'static {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// As [`Payload::parse`].
    fn parse_owned(body: &[u8]) -> Result<Self, EventError>;
}

/// Reads JSON. As text, because serde_json checks a slice of bytes for UTF-8 string by string:
/// that took 1.4 times as long for a Databricks event.
pub(crate) fn read<'b, T: serde::Deserialize<'b>>(body: &'b [u8]) -> Result<T, EventError> {
    Ok(serde_json::from_str(core::str::from_utf8(body)?)?)
}

/// Reads a JSON object.
pub(crate) fn read_object<'b, T: Shape<'b>>(body: &'b [u8]) -> Result<T, EventError> {
    match read(body)? {
        Slot::Value(object) => Ok(object),
        _ => Err(EventError::no_object()),
    }
}
