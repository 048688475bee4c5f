use alloc::{borrow::ToOwned, string::String, vec::Vec};

use serde::{Serialize, Serializer, de::DeserializeOwned, ser::SerializeMap};
use serde_json::value::RawValue;

use crate::{
    EventError,
    events::{FromJson, Misfit, Object, Place, Summary, Timestamp, payload, place_of, questions},
};

/// What one delivery says, in the structure that the specification recommends: a type, a time, and data of
/// the sender's own.
///
/// A sender may add fields, or use another structure. Then read the body into [a type of your
/// own](crate::Payload).
///
/// ```
/// use verify_core::standard_webhooks::Event;
///
/// #[derive(serde::Deserialize)]
/// struct Contact {
///     id: String,
/// }
///
/// let event = Event::parse(
///     br#"{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":{"id":"1f81eb52"}}"#,
/// )?;
/// assert_eq!(event.name(), "contact.created");
/// let contact: Contact = event.data()?;
/// assert_eq!(contact.id, "1f81eb52");
/// # Ok::<(), verify_core::EventError>(())
/// ```
///
/// Authentic is not harmless. Do not log the `Debug` text: it shows everything.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    name: String,
    /// When the event happened, which is not when it was sent.
    pub timestamp: Option<Timestamp>,
    /// As JSON.
    data: Option<String>,
}

impl Event {
    /// Reads the body of a delivery.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object, `type` is missing or no string, or a field occurs twice.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let fields = Object::from_body(&ENVELOPE, body)?;
        let place = |field| Place { event: "", field };
        let data: Option<Json<'_>> =
            fields.field(place_of(&ENVELOPE, "data")).optional(place("data"))?;
        Ok(Self {
            name: fields.field(place_of(&ENVELOPE, "type")).required(place("type"))?,
            timestamp: fields
                .field(place_of(&ENVELOPE, "timestamp"))
                .optional(place("timestamp"))?,
            data: data.map(|Json(json)| json.to_owned()),
        })
    }

    /// Returns the event's type: `contact.created`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the data into a type of your own. If there is no data, it is null.
    ///
    /// # Errors
    ///
    /// The data does not have this shape.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, EventError> {
        serde_json::from_str(self.data.as_deref().unwrap_or("null")).map_err(EventError::json)
    }

    /// Returns nothing: the specification has no tags.
    #[must_use]
    pub fn tags(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    pub(crate) fn summary(&self) -> Summary<'_> {
        let time = self.timestamp.as_ref().and_then(Timestamp::unix_millis);
        Summary { time, ..Summary::default() }
    }
}

payload!(Event);
questions!(Event);

/// Gives the fields that are there, in the order of the specification.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.name)?;
        if let Some(timestamp) = &self.timestamp {
            map.serialize_entry("timestamp", timestamp)?;
        }
        // It was read as JSON, so it is JSON.
        let data = self.data.as_deref().map(serde_json::from_str::<&RawValue>);
        if let Some(Ok(data)) = data {
            map.serialize_entry("data", data)?;
        }
        map.end()
    }
}

const ENVELOPE: [&str; 3] = ["type", "timestamp", "data"];

/// Any JSON, as it stands in the body.
struct Json<'a>(&'a str);

impl<'a> FromJson<'a> for Json<'a> {
    const EXPECTED: &'static str = "a value";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        Ok(Self(json))
    }
}
