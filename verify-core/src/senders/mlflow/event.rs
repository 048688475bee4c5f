use alloc::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize, Serializer};

use super::Timestamp;
use crate::events::{
    self, EventError, IntoOwned, Number, OwnedPayload, Payload, Slot, event_kinds, object,
    text_enum,
};

/// What one delivery of an MLflow webhook says. All shapes are measured on a real server.
///
/// Authentic is not harmless: names, descriptions, tags, templates and aliases were typed by
/// somebody.
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
    EventKind from Data, errors name "data." {
        /// `budget_policy.exceeded`.
        BudgetPolicyExceeded = "budget_policy.exceeded" {
            /// The policy.
            budget_policy_id: required Cow<'a, str>,
            /// The currency, such as `USD`.
            budget_unit: required Cow<'a, str>,
            /// The amount that was budgeted.
            budget_amount: float,
            /// The amount that is spent.
            current_spend: float,
            /// The unit of the budget's window.
            duration_unit: required DurationUnit<'a>,
            /// How many of those units the window has.
            duration_value: integer,
            /// What the budget is for.
            target_scope: required TargetScope<'a>,
            /// The workspace.
            workspace: required Cow<'a, str>,
            /// Which of the targets; `Some(None)` for all. Absent before MLflow 3.15.
            target_value: either Cow<'a, str>,
            /// When the window began, in **milliseconds** since 1970.
            window_start: integer,
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
        let wire: Wire<'a> = events::read_object(body)?;
        let entity = wire.entity.required("", "entity")?;
        let action = wire.action.required("", "action")?;
        let name = EventKind::NAMES
            .iter()
            .find(|name| name.split_once('.').is_some_and(|name| name == (&*entity, &*action)));
        let kind = match name {
            Some(name) => EventKind::read(name, &mut wire.data.required(name, "data")?)?,
            None => None,
        };
        let name = name.copied().unwrap_or("");
        Ok(Event {
            timestamp: wire.timestamp.required(name, "timestamp")?,
            workspace: wire.workspace.optional(name, "workspace")?,
            kind: kind.unwrap_or(EventKind::Unknown { entity, action }),
        })
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

/// Gives the fields that the sender sends, in its order.
impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = Data::default();
        self.kind.write(&mut data);
        let wire = Wire {
            entity: Slot::Value(self.kind.entity().into()),
            action: Slot::Value(self.kind.action().into()),
            timestamp: Slot::Value(self.timestamp.clone()),
            data: Slot::Value(data),
            workspace: self.workspace.clone().into(),
        };
        wire.serialize(serializer)
    }
}

/// The JSON of all events.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    entity: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    action: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    timestamp: Slot<Timestamp<'a>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    data: Slot<Data<'a>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    workspace: Slot<Cow<'a, str>>,
}

/// The `data` of all events in one flat struct.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    name: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    alias: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    version: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    source: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    run_id: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    template: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    key: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    value: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    tags: Slot<Tags<'a>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    description: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    budget_policy_id: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    budget_unit: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Number::is_missing")]
    budget_amount: Number<'a>,
    #[serde(borrow, skip_serializing_if = "Number::is_missing")]
    current_spend: Number<'a>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    duration_unit: Slot<DurationUnit<'a>>,
    #[serde(borrow, skip_serializing_if = "Number::is_missing")]
    duration_value: Number<'a>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    target_scope: Slot<TargetScope<'a>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    workspace: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    target_value: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Number::is_missing")]
    window_start: Number<'a>,
}

object!(Wire);
object!(Data);
