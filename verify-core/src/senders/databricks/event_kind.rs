use alloc::{string::String, vec::Vec};

use super::tag::Tag;
use crate::{
    EventError,
    events::{Object, Stage, Transition, event_kinds, place_of},
};

event_kinds! {
    /// The twelve events, and those to come.
    ///
    /// How certain each shape is: **documented** by the vendor, seen in the **field**, or
    /// **inferred**. If no document says that a field is there, it is an `Option`, so that a
    /// missing field does not make a verified event unreadable. The general and the specific event
    /// may both arrive for the same change.
    EventKind of Fields among FIELDS, errors name "" {
        /// `COMMENT_CREATED`; documented.
        CommentCreated = "COMMENT_CREATED" {
            /// The model version.
            version: required String,
            /// The text that the user wrote.
            comment: required String,
        }
        /// `MODEL_VERSION_CREATED`; field.
        ModelVersionCreated = "MODEL_VERSION_CREATED" {
            /// The model version.
            version: optional String,
            /// The run that made it; may be empty.
            source_run_id: optional String,
        }
        /// `MODEL_VERSION_TAG_SET`; documented.
        ModelVersionTagSet = "MODEL_VERSION_TAG_SET" {
            /// The model version.
            version: required String,
            /// The tags that were set.
            tags: required Vec<Tag>,
        }
        /// `MODEL_VERSION_TRANSITIONED_STAGE`; documented.
        ModelVersionTransitionedStage = "MODEL_VERSION_TRANSITIONED_STAGE" {
            /// What moved, and where.
            transition: part Transition = Transition::done(None),
        }
        /// `MODEL_VERSION_TRANSITIONED_TO_ARCHIVED`; inferred.
        ModelVersionTransitionedToArchived = "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED" {
            /// What moved, and where.
            transition: part Transition = Transition::done(Some(Stage::Archived)),
        }
        /// `MODEL_VERSION_TRANSITIONED_TO_PRODUCTION`; inferred.
        ModelVersionTransitionedToProduction = "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION" {
            /// What moved, and where.
            transition: part Transition = Transition::done(Some(Stage::Production)),
        }
        /// `MODEL_VERSION_TRANSITIONED_TO_STAGING`; inferred.
        ModelVersionTransitionedToStaging = "MODEL_VERSION_TRANSITIONED_TO_STAGING" {
            /// What moved, and where.
            transition: part Transition = Transition::done(Some(Stage::Staging)),
        }
        /// `REGISTERED_MODEL_CREATED`; field. Comes to registry-wide webhooks only.
        RegisteredModelCreated = "REGISTERED_MODEL_CREATED" {}
        /// `TRANSITION_REQUEST_CREATED`; inferred.
        TransitionRequestCreated = "TRANSITION_REQUEST_CREATED" {
            /// What is to move, and where.
            transition: part Transition = Transition::asked(None),
        }
        /// `TRANSITION_REQUEST_TO_ARCHIVED_CREATED`; inferred.
        TransitionRequestToArchivedCreated = "TRANSITION_REQUEST_TO_ARCHIVED_CREATED" {
            /// What is to move, and where.
            transition: part Transition = Transition::asked(Some(Stage::Archived)),
        }
        /// `TRANSITION_REQUEST_TO_PRODUCTION_CREATED`; inferred.
        TransitionRequestToProductionCreated = "TRANSITION_REQUEST_TO_PRODUCTION_CREATED" {
            /// What is to move, and where.
            transition: part Transition = Transition::asked(Some(Stage::Production)),
        }
        /// `TRANSITION_REQUEST_TO_STAGING_CREATED`; inferred.
        TransitionRequestToStagingCreated = "TRANSITION_REQUEST_TO_STAGING_CREATED" {
            /// What is to move, and where.
            transition: part Transition = Transition::asked(Some(Stage::Staging)),
        }
    }
    unknown {
        /// Its name.
        event,
    }
}

impl EventKind {
    /// Returns the event's name, as the sender writes it: `MODEL_VERSION_CREATED`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown { event } => event,
            known => known.known_name().unwrap_or(""),
        }
    }

    /// Returns the change of a stage, or the request for one.
    pub(super) const fn transition(&self) -> Option<&Transition> {
        match self {
            Self::ModelVersionTransitionedStage { transition }
            | Self::ModelVersionTransitionedToArchived { transition }
            | Self::ModelVersionTransitionedToProduction { transition }
            | Self::ModelVersionTransitionedToStaging { transition }
            | Self::TransitionRequestCreated { transition }
            | Self::TransitionRequestToArchivedCreated { transition }
            | Self::TransitionRequestToProductionCreated { transition }
            | Self::TransitionRequestToStagingCreated { transition } => Some(transition),
            _ => None,
        }
    }

    /// Reads what stands in several fields.
    fn part(
        part: Transition,
        fields: &Fields<'_>,
        event: &'static str,
    ) -> Result<Transition, EventError> {
        const PLACES: [usize; 3] = {
            let [version, to, from] = Transition::NAMES;
            [place_of(&FIELDS, version), place_of(&FIELDS, to), place_of(&FIELDS, from)]
        };
        part.read(PLACES.map(|place| fields.field(place)), event)
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
