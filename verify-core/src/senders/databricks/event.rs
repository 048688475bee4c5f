use alloc::{borrow::Cow, vec::Vec};
use core::mem;

use serde::{Deserialize, Serialize, Serializer};

use super::tag::Tag;
use crate::events::{
    self, EventError, IntoOwned, Number, OwnedPayload, Payload, Slot, event_kinds, object,
    text_enum,
};

/// What one delivery of a Databricks registry webhook says.
///
/// The envelope is in every sample of the vendor; what is particular to one event is in
/// [`kind`](Self::kind). Authentic is not harmless: the model's name, `text`, comments and tags were
/// typed by somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// The webhook's id; opaque.
    pub webhook_id: Cow<'a, str>,
    /// When it happened, in **milliseconds** since 1970.
    pub event_timestamp: u64,
    /// The model; empty in the test event of a registry-wide webhook. In the vendor's own samples
    /// it differs from the name in `text`.
    pub model_name: Cow<'a, str>,
    /// A sentence for people. In real events it begins with the acting user's e-mail: personal
    /// data, not to be logged or parsed.
    pub text: Cow<'a, str>,
    /// Which event it is, and what it says.
    pub kind: EventKind<'a>,
}

event_kinds! {
    /// The twelve events, and those to come.
    ///
    /// How certain each shape is: **documented** by the vendor, seen in the **field**, or
    /// **inferred**. Where no document says that a field is there, it is an `Option`, so that a
    /// verified event is not lost to a missing one. The general and the specific event may both
    /// arrive for one change.
    EventKind from Wire, errors name "" {
        /// `COMMENT_CREATED`; documented.
        CommentCreated = "COMMENT_CREATED" {
            /// The model version.
            version: required Cow<'a, str>,
            /// The text that the user wrote.
            comment: required Cow<'a, str>,
        }
        /// `MODEL_VERSION_CREATED`; field.
        ModelVersionCreated = "MODEL_VERSION_CREATED" {
            /// The model version.
            version: optional Cow<'a, str>,
            /// The run that made it; may be empty.
            source_run_id: optional Cow<'a, str>,
        }
        /// `MODEL_VERSION_TAG_SET`; documented.
        ModelVersionTagSet = "MODEL_VERSION_TAG_SET" {
            /// The model version.
            version: required Cow<'a, str>,
            /// The tags that were set.
            tags: required Vec<Tag<'a>>,
        }
        /// `MODEL_VERSION_TRANSITIONED_STAGE`; documented.
        ModelVersionTransitionedStage = "MODEL_VERSION_TRANSITIONED_STAGE" {
            /// The model version.
            version: required Cow<'a, str>,
            /// The stage it has now.
            to_stage: required Stage<'a>,
            /// The stage it had.
            from_stage: required Stage<'a>,
        }
        /// `MODEL_VERSION_TRANSITIONED_TO_ARCHIVED`; inferred.
        ModelVersionTransitionedToArchived = "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED" {
            /// The model version.
            version: optional Cow<'a, str>,
            /// The stage it has now.
            to_stage: optional Stage<'a>,
            /// The stage it had.
            from_stage: optional Stage<'a>,
        }
        /// `MODEL_VERSION_TRANSITIONED_TO_PRODUCTION`; inferred.
        ModelVersionTransitionedToProduction = "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION" {
            /// The model version.
            version: optional Cow<'a, str>,
            /// The stage it has now.
            to_stage: optional Stage<'a>,
            /// The stage it had.
            from_stage: optional Stage<'a>,
        }
        /// `MODEL_VERSION_TRANSITIONED_TO_STAGING`; inferred.
        ModelVersionTransitionedToStaging = "MODEL_VERSION_TRANSITIONED_TO_STAGING" {
            /// The model version.
            version: optional Cow<'a, str>,
            /// The stage it has now.
            to_stage: optional Stage<'a>,
            /// The stage it had.
            from_stage: optional Stage<'a>,
        }
        /// `REGISTERED_MODEL_CREATED`; field. Comes to registry-wide webhooks only.
        RegisteredModelCreated = "REGISTERED_MODEL_CREATED" {}
        /// `TRANSITION_REQUEST_CREATED`; inferred.
        TransitionRequestCreated = "TRANSITION_REQUEST_CREATED" {
            /// The model version.
            version: optional Cow<'a, str>,
            /// The stage that is asked for.
            to_stage: optional Stage<'a>,
            /// The stage it has.
            from_stage: optional Stage<'a>,
        }
        /// `TRANSITION_REQUEST_TO_ARCHIVED_CREATED`; inferred.
        TransitionRequestToArchivedCreated = "TRANSITION_REQUEST_TO_ARCHIVED_CREATED" {
            /// The model version.
            version: optional Cow<'a, str>,
            /// The stage that is asked for.
            to_stage: optional Stage<'a>,
            /// The stage it has.
            from_stage: optional Stage<'a>,
        }
        /// `TRANSITION_REQUEST_TO_PRODUCTION_CREATED`; inferred.
        TransitionRequestToProductionCreated = "TRANSITION_REQUEST_TO_PRODUCTION_CREATED" {
            /// The model version.
            version: optional Cow<'a, str>,
            /// The stage that is asked for.
            to_stage: optional Stage<'a>,
            /// The stage it has.
            from_stage: optional Stage<'a>,
        }
        /// `TRANSITION_REQUEST_TO_STAGING_CREATED`; inferred.
        TransitionRequestToStagingCreated = "TRANSITION_REQUEST_TO_STAGING_CREATED" {
            /// The model version.
            version: optional Cow<'a, str>,
            /// The stage that is asked for.
            to_stage: optional Stage<'a>,
            /// The stage it has.
            from_stage: optional Stage<'a>,
        }
    }
    unknown {
        /// Its name.
        event,
    }
}

text_enum! {
    /// A stage of a model version.
    Stage {
        /// `Archived`.
        Archived = "Archived",
        /// `None`.
        None = "None",
        /// `Production`.
        Production = "Production",
        /// `Staging`.
        Staging = "Staging",
    }
}

impl<'a> Event<'a> {
    /// Reads the body of a delivery.
    ///
    /// # Errors
    ///
    /// The body is not a JSON object, `event` or a field of the envelope is missing, or a field of
    /// this event has another type than it should, or is missing though it is documented.
    pub fn parse(body: &'a [u8]) -> Result<Self, EventError> {
        let mut wire: Wire<'a> = events::read_object(body)?;
        let name = mem::take(&mut wire.event).required("", "event")?;
        let kind = EventKind::read(&name, &mut wire)?.unwrap_or(EventKind::Unknown { event: name });
        let event = kind.known_name().unwrap_or("");
        Ok(Event {
            webhook_id: wire.webhook_id.required(event, "webhook_id")?,
            event_timestamp: wire.event_timestamp.required(
                event,
                "event_timestamp",
                "a non-negative integer",
            )?,
            model_name: wire.model_name.required(event, "model_name")?,
            text: wire.text.required(event, "text")?,
            kind,
        })
    }

    /// Returns the event's name, as the sender writes it: `MODEL_VERSION_CREATED`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.kind.name()
    }

    /// Returns whether this looks like the delivery that "test webhook" sends.
    ///
    /// **A hint.** Nothing but the beginning of `text` tells a test from the real thing (field), and
    /// whoever can name a model may be able to write such a text.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.text.starts_with("A test webhook trigger")
    }

    /// Copies what is borrowed from the body.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        Event {
            webhook_id: self.webhook_id.owned(),
            event_timestamp: self.event_timestamp,
            model_name: self.model_name.owned(),
            text: self.text.owned(),
            kind: self.kind.into_owned(),
        }
    }
}

impl EventKind<'_> {
    /// Returns the event's name, as the sender writes it: `MODEL_VERSION_CREATED`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown { event } => event,
            known => known.known_name().unwrap_or(""),
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

/// Gives the fields that the sender sends.
impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut wire = Wire {
            event: Slot::Value(self.name().into()),
            webhook_id: Slot::Value(self.webhook_id.clone()),
            event_timestamp: Number::Integer(self.event_timestamp),
            model_name: Slot::Value(self.model_name.clone()),
            text: Slot::Value(self.text.clone()),
            ..Wire::default()
        };
        self.kind.write(&mut wire);
        wire.serialize(serializer)
    }
}

/// The JSON of all events in one flat struct.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    event: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    webhook_id: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Number::is_missing")]
    event_timestamp: Number<'a>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    model_name: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    version: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    to_stage: Slot<Stage<'a>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    from_stage: Slot<Stage<'a>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    source_run_id: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    tags: Slot<Vec<Tag<'a>>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    comment: Slot<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Slot::is_missing")]
    text: Slot<Cow<'a, str>>,
}

object!(Wire);
