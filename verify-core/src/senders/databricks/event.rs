use alloc::{borrow::Cow, string::String, vec::Vec};

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::event_kind::{EventKind, FIELDS, Fields};
use crate::{
    EventError, UnixMillis,
    events::{Place, Summary, payload, place_of, questions},
};

/// What one delivery of a Databricks registry webhook says.
///
/// Every sample of the vendor has the envelope. [`kind`](Self::kind) has what is particular to one
/// event. Authentic is not harmless: somebody typed the model's name, `text`, comments and tags. Do
/// not log the `Debug` text: it shows everything, also personal data in `text`.
///
/// Announce a transition to production, whichever event reports it:
///
/// ```
/// use verify_core::databricks::{self, Stage, Transition};
///
/// fn announce(event: &databricks::Event) {
///     if let Some(Transition { to: Some(Stage::Production), is_done: true, .. }) = event.transition() {
///         println!("{} is in production", event.model_name);
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The webhook's id; opaque.
    pub webhook_id: String,
    /// When it happened.
    pub event_timestamp: UnixMillis,
    /// The model. It is empty in the test event of a registry-wide webhook. In the vendor's own
    /// samples it differs from the name in `text`.
    pub model_name: String,
    /// A sentence for people. In real events it begins with the e-mail address of the acting user.
    /// This is personal data: do not log or parse it.
    pub text: String,
    /// Which event it is, and what it says.
    pub kind: EventKind,
}

impl Event {
    /// Reads the body of a delivery.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object, `event` or a field of the envelope is missing, or a field of
    /// this event has the wrong type, or is missing although it is documented.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let fields = Fields::from_body(&FIELDS, body)?;
        let place = |event, field| Place { event, field };
        let name: Cow<'_, str> = fields.field(EVENT).required(place("", "event"))?;
        let kind = EventKind::read(&name, &fields)?.unwrap_or_else(|| EventKind::Unknown { event: (&*name).into() });
        let event = kind.known_name().unwrap_or("");
        Ok(Event {
            webhook_id: fields.field(WEBHOOK_ID).required(place(event, "webhook_id"))?,
            event_timestamp: fields
                .field(EVENT_TIMESTAMP)
                .required(place(event, "event_timestamp"))?,
            model_name: fields.field(MODEL_NAME).required(place(event, "model_name"))?,
            text: fields.field(TEXT).required(place(event, "text"))?,
            kind,
        })
    }

    /// Returns the event's name, as the sender writes it: `MODEL_VERSION_CREATED`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.kind.name()
    }

    /// Returns the tags that were set: names and values.
    #[must_use]
    pub fn tags(&self) -> Vec<(&str, &str)> {
        match &self.kind {
            EventKind::ModelVersionTagSet { tags, .. } => {
                tags.iter().map(|tag| (&*tag.key, &*tag.value)).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn summary(&self) -> Summary<'_> {
        let transition = self.kind.transition();
        let version = match &self.kind {
            EventKind::CommentCreated { version, .. }
            | EventKind::ModelVersionTagSet { version, .. } => Some(version),
            EventKind::ModelVersionCreated { version, .. } => version.as_ref(),
            _ => transition.and_then(|transition| transition.version.as_ref()),
        };
        Summary {
            model: Some(&*self.model_name),
            version: version.map(String::as_str),
            time: Some(self.event_timestamp),
            transition,
            is_test: self.text.starts_with("A test webhook trigger"),
            ..Summary::default()
        }
    }
}

questions!(Event);

/// Gives the fields that the sender sends. Of an unknown event, those of the envelope.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", self.name())?;
        map.serialize_entry("webhook_id", &self.webhook_id)?;
        map.serialize_entry("event_timestamp", &self.event_timestamp)?;
        map.serialize_entry("model_name", &self.model_name)?;
        self.kind.write(&mut map)?;
        map.serialize_entry("text", &self.text)?;
        map.end()
    }
}

const EVENT: usize = place_of(&FIELDS, "event");
const WEBHOOK_ID: usize = place_of(&FIELDS, "webhook_id");
const EVENT_TIMESTAMP: usize = place_of(&FIELDS, "event_timestamp");
const MODEL_NAME: usize = place_of(&FIELDS, "model_name");
const TEXT: usize = place_of(&FIELDS, "text");

payload!(Event);
