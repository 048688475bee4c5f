//! The 12 events, and the body of their deliveries.

use serde::{Deserialize, Serialize};

use super::error::ApiError;

macro_rules! names {
    ($(#[$doc:meta])* $type:ident: $($variant:ident $name:literal)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
        pub(super) enum $type { $(#[serde(rename = $name)] $variant,)* }

        impl $type {
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)*];

            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Reads a name, in the spelling of the documentation alone.
            pub(super) fn read(what: &str, name: &str) -> Result<Self, ApiError> {
                let found = Self::ALL.iter().find(|known| known.name() == name).copied();
                found.ok_or_else(|| {
                    let names: Vec<_> = Self::ALL.iter().map(|known| known.name()).collect();
                    let names = names.join(", ");
                    ApiError::parameter(format!("`{what}` has an unknown name; it may be: {names}"))
                })
            }
        }
    };
}

names! {
    /// What a webhook may be told of.
    Event:
    CommentCreated "COMMENT_CREATED"
    ModelVersionCreated "MODEL_VERSION_CREATED"
    ModelVersionTagSet "MODEL_VERSION_TAG_SET"
    ModelVersionTransitionedStage "MODEL_VERSION_TRANSITIONED_STAGE"
    ModelVersionTransitionedToArchived "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED"
    ModelVersionTransitionedToProduction "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"
    ModelVersionTransitionedToStaging "MODEL_VERSION_TRANSITIONED_TO_STAGING"
    RegisteredModelCreated "REGISTERED_MODEL_CREATED"
    TransitionRequestCreated "TRANSITION_REQUEST_CREATED"
    TransitionRequestToArchivedCreated "TRANSITION_REQUEST_TO_ARCHIVED_CREATED"
    TransitionRequestToProductionCreated "TRANSITION_REQUEST_TO_PRODUCTION_CREATED"
    TransitionRequestToStagingCreated "TRANSITION_REQUEST_TO_STAGING_CREATED"
}

names! {
    /// Where a version stands.
    Stage:
    None "None"
    Staging "Staging"
    Production "Production"
    Archived "Archived"
}

names! {
    /// Whether a webhook is triggered.
    Status:
    Active "ACTIVE"
    Disabled "DISABLED"
    TestMode "TEST_MODE"
}

impl Stage {
    /// The general event of a transition, and the one of the stage.
    pub(super) fn transitioned(self) -> Vec<Event> {
        let particular = match self {
            Self::None => None,
            Self::Staging => Some(Event::ModelVersionTransitionedToStaging),
            Self::Production => Some(Event::ModelVersionTransitionedToProduction),
            Self::Archived => Some(Event::ModelVersionTransitionedToArchived),
        };
        [Event::ModelVersionTransitionedStage].into_iter().chain(particular).collect()
    }

    /// The general event of a request, and the one of the stage.
    pub(super) fn requested(self) -> Vec<Event> {
        let particular = match self {
            Self::None => None,
            Self::Staging => Some(Event::TransitionRequestToStagingCreated),
            Self::Production => Some(Event::TransitionRequestToProductionCreated),
            Self::Archived => Some(Event::TransitionRequestToArchivedCreated),
        };
        [Event::TransitionRequestCreated].into_iter().chain(particular).collect()
    }
}

/// Something that happened to a model: one change, which may be several events.
#[derive(Clone, Debug, Default)]
pub(super) struct Happening {
    pub(super) events: Vec<Event>,
    pub(super) details: Details,
}

/// A key with a value, of a model or a version.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

/// What the body says besides which event it is, and for whom.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Details {
    pub(super) model_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<Vec<Tag>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_stage: Option<Stage>,
    pub(super) text: String,
}

/// The body, in the order of the vendor's samples.
#[derive(Serialize)]
struct Body<'a> {
    event: Event,
    webhook_id: &'a str,
    event_timestamp: u64,
    #[serde(flatten)]
    details: &'a Details,
}

impl Details {
    /// Writes the body of a delivery.
    pub(super) fn body(&self, event: Event, webhook_id: &str, now: u64) -> String {
        let body = Body { event, webhook_id, event_timestamp: now, details: self };
        // Nothing in it can fail to be written: neither a map with other keys than texts, nor a float.
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// What a test says of an event: of the webhook's model, or of one without a name.
    pub(super) fn of_test(event: Event, webhook_id: &str, model_name: &str) -> Self {
        use Event as E;

        let mut details = Self {
            model_name: model_name.to_owned(),
            text: format!(
                "A test webhook trigger for registered model '{model_name}' created for webhook {webhook_id}."
            ),
            ..Self::default()
        };
        if event != E::RegisteredModelCreated {
            details.version = Some("1".to_owned());
        }
        let to_stage = Stage::ALL.iter().copied().find(|stage| {
            stage.transitioned().contains(&event) || stage.requested().contains(&event)
        });
        // The general ones go anywhere.
        let is_general =
            matches!(event, E::ModelVersionTransitionedStage | E::TransitionRequestCreated);
        details.to_stage = if is_general { Some(Stage::Staging) } else { to_stage };
        details.from_stage = details.to_stage.map(|_| Stage::None);
        match event {
            E::CommentCreated => details.comment = Some("A test comment".to_owned()),
            E::ModelVersionTagSet => {
                let tag = Tag { key: "key".to_owned(), value: "value".to_owned() };
                details.tags = Some(vec![tag]);
            }
            _ => {}
        }
        details
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::{Details, Event, Stage};
    use crate::samples;

    #[test]
    fn the_events_are_those_of_the_samples_in_their_shape() {
        let names: Vec<_> = Event::ALL.iter().map(|event| event.name()).collect();
        assert!(names.iter().eq(&samples::of("databricks").map(|s| s.event).collect::<Vec<_>>()));
        let keys = |json: &str| -> BTreeSet<String> {
            let Value::Object(object) = serde_json::from_str(json).unwrap() else { panic!() };
            object.into_iter().map(|(key, _)| key).collect()
        };
        for event in Event::ALL {
            let body = Details::of_test(*event, "id", "m").body(*event, "id", 7);
            let sample = samples::find("databricks", event.name()).unwrap();
            let mut expected = keys(sample.body);
            // May be missing: a test has no run.
            expected.remove("source_run_id");
            assert_eq!(keys(&body), expected, "{body}");
            assert!(body.contains(r#""text":"A test webhook trigger"#), "{body}");
        }
    }

    #[test]
    fn the_particular_event_names_its_stage() {
        for stage in Stage::ALL {
            let name = stage.name().to_uppercase();
            for event in stage.transitioned().into_iter().chain(stage.requested()) {
                let body = Details::of_test(event, "id", "").body(event, "id", 7);
                let is_general = matches!(
                    event,
                    Event::ModelVersionTransitionedStage | Event::TransitionRequestCreated
                );
                assert!(is_general || event.name().contains(&format!("TO_{name}")), "{event:?}");
                let to = format!(r#""to_stage":"{}""#, stage.name());
                assert!(is_general || body.contains(&to), "{body}");
            }
        }
    }
}
