use alloc::{borrow::Cow, collections::BTreeMap, format};

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Timestamp;
use crate::events::{
    EventError, FromJson, IntoOwned, Misfit, Object, OwnedPayload, Payload, Place, event_kinds,
    place_of, text_enum,
};

/// What one delivery of an MLflow webhook says.
///
/// One body of each event was recorded from a real server; what may be null beside that is inferred
/// from the sender's schema.
///
/// Authentic is not harmless: names, descriptions, tags, templates and aliases were typed by
/// somebody. `Debug` shows all of it: it is not for logs.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// When the delivery was sent, which is later than the event.
    pub timestamp: Timestamp<'a>,
    /// The webhook's workspace, where workspaces are on. **It was seen wrong, and is no security
    /// boundary.**
    pub workspace: Option<Cow<'a, str>>,
    /// Which event it is, and what it says.
    pub kind: EventKind<'a>,
}

type Tags<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

event_kinds! {
    /// The fifteen events, and those to come: the schema also names an action `updated`, which no
    /// release sends. Versions are always strings.
    EventKind of Data among DATA, errors name "data." {
        /// `budget_policy.exceeded`.
        BudgetPolicyExceeded = "budget_policy.exceeded" {
            /// The policy.
            budget_policy_id: required Cow<'a, str>,
            /// The currency, such as `USD`.
            budget_unit: required Cow<'a, str>,
            /// The amount that was budgeted.
            budget_amount: required f64,
            /// The amount that is spent.
            current_spend: required f64,
            /// The unit of the budget's window.
            duration_unit: required DurationUnit<'a>,
            /// How many of those units the window has.
            duration_value: required u64,
            /// What the budget is for.
            target_scope: required TargetScope<'a>,
            /// The workspace.
            workspace: nullable Cow<'a, str>,
            /// Which of the targets; `Some(None)` for all. Absent before MLflow 3.15.
            target_value: either Cow<'a, str>,
            /// When the window began, in **milliseconds** since 1970.
            window_start: required u64,
        }
        /// `model_version.created`.
        ModelVersionCreated = "model_version.created" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// Where its files are.
            source: required Cow<'a, str>,
            /// The run that made it.
            run_id: nullable Cow<'a, str>,
            /// Its tags.
            tags: required Tags<'a>,
            /// Its description.
            description: nullable Cow<'a, str>,
        }
        /// `model_version_alias.created`. An alias that moves is created again.
        ModelVersionAliasCreated = "model_version_alias.created" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The alias.
            alias: required Cow<'a, str>,
            /// The version that it stands for now.
            version: required Cow<'a, str>,
        }
        /// `model_version_alias.deleted`. Sent also for an alias that there was not.
        ModelVersionAliasDeleted = "model_version_alias.deleted" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The alias.
            alias: required Cow<'a, str>,
        }
        /// `model_version_tag.deleted`.
        ModelVersionTagDeleted = "model_version_tag.deleted" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
        }
        /// `model_version_tag.set`.
        ModelVersionTagSet = "model_version_tag.set" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
            /// The tag's value.
            value: required Cow<'a, str>,
        }
        /// `prompt.created`.
        PromptCreated = "prompt.created" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// Its tags.
            tags: required Tags<'a>,
            /// Its description.
            description: nullable Cow<'a, str>,
        }
        /// `prompt_alias.created`. An alias that moves is created again.
        PromptAliasCreated = "prompt_alias.created" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The alias.
            alias: required Cow<'a, str>,
            /// The version that it stands for now.
            version: required Cow<'a, str>,
        }
        /// `prompt_alias.deleted`. Sent also for an alias that there was not.
        PromptAliasDeleted = "prompt_alias.deleted" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The alias.
            alias: required Cow<'a, str>,
        }
        /// `prompt_tag.deleted`.
        PromptTagDeleted = "prompt_tag.deleted" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
        }
        /// `prompt_tag.set`.
        PromptTagSet = "prompt_tag.set" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
            /// The tag's value.
            value: required Cow<'a, str>,
        }
        /// `prompt_version.created`.
        PromptVersionCreated = "prompt_version.created" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The prompt's text.
            template: nullable Cow<'a, str>,
            /// Its tags.
            tags: required Tags<'a>,
            /// Its description.
            description: nullable Cow<'a, str>,
        }
        /// `prompt_version_tag.deleted`.
        PromptVersionTagDeleted = "prompt_version_tag.deleted" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
        }
        /// `prompt_version_tag.set`.
        PromptVersionTagSet = "prompt_version_tag.set" {
            /// The prompt.
            name: required Cow<'a, str>,
            /// The version.
            version: required Cow<'a, str>,
            /// The tag's name.
            key: required Cow<'a, str>,
            /// The tag's value.
            value: required Cow<'a, str>,
        }
        /// `registered_model.created`.
        RegisteredModelCreated = "registered_model.created" {
            /// The registered model.
            name: required Cow<'a, str>,
            /// Its tags.
            tags: required Tags<'a>,
            /// Its description; empty where it has none.
            description: nullable Cow<'a, str>,
        }
    }
    unknown {
        /// What it is about.
        entity,
        /// What happened to it.
        action,
    }
}

text_enum! {
    /// The unit of a budget's window.
    DurationUnit {
        /// `DAYS`.
        Days = "DAYS",
        /// `HOURS`.
        Hours = "HOURS",
        /// `MINUTES`.
        Minutes = "MINUTES",
        /// `MONTHS`.
        Months = "MONTHS",
        /// `WEEKS`.
        Weeks = "WEEKS",
    }
}

text_enum! {
    /// What a budget is for.
    TargetScope {
        /// `ENDPOINT`.
        Endpoint = "ENDPOINT",
        /// `GLOBAL`.
        Global = "GLOBAL",
        /// `USER`.
        User = "USER",
        /// `WORKSPACE`.
        Workspace = "WORKSPACE",
    }
}

impl<'a> Event<'a> {
    /// Reads the body of a delivery.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object, `entity`, `action` or `timestamp` is missing, or a field of
    /// this event is missing or has another type than it should.
    pub fn parse(body: &'a [u8]) -> Result<Self, EventError> {
        let fields = Object::from_body(&ENVELOPE, body)?;
        let place = |event, field| Place { event, field };
        let entity: Cow<'a, str> = fields.field(ENTITY_PLACE).required(place("", "entity"))?;
        let action: Cow<'a, str> = fields.field(ACTION_PLACE).required(place("", "action"))?;
        let known = EventKind::NAMES
            .iter()
            .find(|name| name.split_once('.').is_some_and(|name| name == (&*entity, &*action)));
        let kind = match known {
            Some(name) => {
                let data: Data<'a> = fields.field(DATA_PLACE).required(place(name, "data"))?;
                EventKind::read(name, &data)?
            }
            None => None,
        };
        let name = known.copied().unwrap_or("");
        Ok(Event {
            timestamp: fields.field(TIMESTAMP_PLACE).required(place(name, "timestamp"))?,
            workspace: fields.field(WORKSPACE_PLACE).optional(place(name, "workspace"))?,
            kind: kind.unwrap_or(EventKind::Unknown { entity, action }),
        })
    }

    /// Returns the event's name: `model_version_alias.created`.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        match self.kind.known_name() {
            Some(name) => name.into(),
            None => format!("{}.{}", self.kind.entity(), self.kind.action()).into(),
        }
    }

    /// Copies what is borrowed from the body.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        Event {
            timestamp: self.timestamp.owned(),
            workspace: self.workspace.owned(),
            kind: self.kind.into_owned(),
        }
    }
}

impl EventKind<'_> {
    /// Returns what the event is about: `model_version_alias`.
    #[must_use]
    pub fn entity(&self) -> &str {
        self.entity_and_action().0
    }

    /// Returns what happened to it: `created`.
    #[must_use]
    pub fn action(&self) -> &str {
        self.entity_and_action().1
    }

    fn entity_and_action(&self) -> (&str, &str) {
        match self {
            Self::Unknown { entity, action } => (entity, action),
            known => known.known_name().and_then(|name| name.split_once('.')).unwrap_or_default(),
        }
    }
}

impl<'b> Payload<'b> for Event<'b> {
    fn parse(body: &'b [u8]) -> Result<Self, EventError> {
        Event::parse(body)
    }
}

impl OwnedPayload for Event<'static> {
    fn parse_owned(body: &[u8]) -> Result<Self, EventError> {
        Event::parse(body).map(Event::into_owned)
    }
}

/// Gives the fields that the sender sends, in its order. Of an unknown event, those of the envelope.
impl Serialize for Event<'_> {
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

struct WrittenData<'e, 'a>(&'e EventKind<'a>);

impl Serialize for WrittenData<'_, '_> {
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

/// The fields that `data` has in any of the events.
type Data<'a> = Object<'a, 20>;

const DATA: [&str; 20] = [
    "name",
    "alias",
    "version",
    "source",
    "run_id",
    "template",
    "key",
    "value",
    "tags",
    "description",
    "budget_policy_id",
    "budget_unit",
    "budget_amount",
    "current_spend",
    "duration_unit",
    "duration_value",
    "target_scope",
    "workspace",
    "target_value",
    "window_start",
];

impl<'a> FromJson<'a> for Data<'a> {
    const EXPECTED: &'static str = "an object";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        Self::from_value(&DATA, json)
    }
}
