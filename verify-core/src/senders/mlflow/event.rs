use alloc::{borrow::Cow, format, string::String, vec::Vec};

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::event_kind::{Data, EventKind};
use crate::{
    EventError,
    events::{Object, Place, Summary, Timestamp, payload, place_of, questions},
};

/// What one delivery of an MLflow webhook says.
///
/// One body of each event was recorded from a real server. Which other fields may be null is
/// inferred from the sender's schema.
///
/// Authentic is not harmless: somebody typed the names, descriptions, tags, templates and aliases.
/// Do not log the `Debug` text: it shows everything.
///
/// Follow an alias of a model:
///
/// ```
/// use verify_core::mlflow::{self, EventKind};
///
/// fn follow(event: mlflow::Event) {
///     match event.kind {
///         // An alias that moves is created again.
///         EventKind::ModelVersionAliasCreated { name, alias, version, .. } if alias == "champion" => {
///             println!("{name}: the champion is now version {version}");
///         }
///         EventKind::ModelVersionAliasDeleted { name, alias, .. } if alias == "champion" => {
///             println!("{name} has no champion any more");
///         }
///         // Its fields are in the verified bytes only.
///         EventKind::Unknown { entity, action, .. } => println!("{entity}.{action} is news"),
///         _ => {}
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    name: Cow<'static, str>,
    /// When the delivery was sent, which is later than the event.
    pub timestamp: Timestamp,
    /// The webhook's workspace, if workspaces are on. **It was seen with a wrong value, and is not
    /// a security boundary.**
    pub workspace: Option<String>,
    /// Which event it is, and what it says.
    pub kind: EventKind,
}

impl Event {
    /// Reads the body of a delivery.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object, `entity`, `action` or `timestamp` is missing, or a field of
    /// this event is missing or has the wrong type.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let fields = Object::from_body(&ENVELOPE, body)?;
        let place = |event, field| Place { event, field };
        let entity: Cow<'_, str> = fields.field(ENTITY_PLACE).required(place("", "entity"))?;
        let action: Cow<'_, str> = fields.field(ACTION_PLACE).required(place("", "action"))?;
        let known = EventKind::NAMES
            .iter()
            .find(|name| name.split_once('.').is_some_and(|name| name == (&*entity, &*action)));
        let kind = match known {
            Some(name) => {
                let data: Data<'_> = fields.field(DATA_PLACE).required(place(name, "data"))?;
                EventKind::read(name, &data)?
            }
            None => None,
        };
        let event = known.copied().unwrap_or("");
        Ok(Self {
            name: known.map_or_else(|| format!("{entity}.{action}").into(), |name| (*name).into()),
            timestamp: fields.field(TIMESTAMP_PLACE).required(place(event, "timestamp"))?,
            workspace: fields.field(WORKSPACE_PLACE).optional(place(event, "workspace"))?,
            kind: kind.unwrap_or_else(|| EventKind::Unknown {
                entity: (&*entity).into(),
                action: (&*action).into(),
            }),
        })
    }

    /// Returns the event's name: `model_version_alias.created`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the tags that were set: names and values.
    #[must_use]
    pub fn tags(&self) -> Vec<(&str, &str)> {
        self.kind.tags()
    }

    pub(crate) fn summary(&self) -> Summary<'_> {
        let [model, version, alias] = self.kind.subject().map(|text| text.map(String::as_str));
        let is_test = matches!(model, Some("example_model" | "example_prompt"));
        let time = self.timestamp.unix_millis();
        Summary { model, version, alias, time, is_test, ..Summary::default() }
    }
}

questions!(Event);

/// Gives the fields that the sender sends, in its order. Of an unknown event, those of the envelope.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("entity", self.kind.entity())?;
        map.serialize_entry("action", self.kind.action())?;
        map.serialize_entry("timestamp", &self.timestamp)?;
        if self.kind.known_name().is_some() {
            map.serialize_entry("data", &WrittenData(&self.kind))?;
        }
        if let Some(workspace) = &self.workspace {
            map.serialize_entry("workspace", workspace)?;
        }
        map.end()
    }
}

struct WrittenData<'e>(&'e EventKind);

impl Serialize for WrittenData<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.write(&mut map)?;
        map.end()
    }
}

const ENVELOPE: [&str; 5] = ["entity", "action", "timestamp", "data", "workspace"];

const ENTITY_PLACE: usize = place_of(&ENVELOPE, "entity");
const ACTION_PLACE: usize = place_of(&ENVELOPE, "action");
const TIMESTAMP_PLACE: usize = place_of(&ENVELOPE, "timestamp");
const DATA_PLACE: usize = place_of(&ENVELOPE, "data");
const WORKSPACE_PLACE: usize = place_of(&ENVELOPE, "workspace");

payload!(Event);
