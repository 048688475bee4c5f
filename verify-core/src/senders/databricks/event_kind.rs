use alloc::{borrow::Cow, vec::Vec};

use super::tag::Tag;
use crate::events::{IntoOwned, Object, event_kinds, text_enum};

event_kinds! {
    /// The twelve events, and those to come.
    ///
    /// How certain each shape is: **documented** by the vendor, seen in the **field**, or
    /// **inferred**. Where no document says that a field is there, it is an `Option`, so that a
    /// verified event is not lost to a missing one. The general and the specific event may both
    /// arrive for one change.
    EventKind of Fields among FIELDS, errors name "" {
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

/// The fields that any of the events has.
pub(super) type Fields<'a> = Object<'a, 11>;

pub(super) const FIELDS: [&str; 11] = [
    "event",
    "webhook_id",
    "event_timestamp",
    "model_name",
    "version",
    "to_stage",
    "from_stage",
    "source_run_id",
    "tags",
    "comment",
    "text",
];
