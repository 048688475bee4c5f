//! A realistic body for every event of every sender.
//!
//! Where they come from: MLflow's were recorded from a real server; four of Databricks' are those of
//! its documentation; the others were made by hand, in the shape that was seen in the field, or that
//! is inferred, or (Weights & Biases, which has no schema) from the documented template variables.

use verify_core::Sender;

use crate::Delivery;

/// The body of one event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// Who sends it.
    pub sender: Sender,
    /// The event's name: of Databricks the field `event`, of MLflow entity and action as in
    /// `model_version.created`, of Weights & Biases the variable `event_type`.
    pub event: &'static str,
    /// The body, byte for byte.
    pub body: &'static str,
}

impl Sample {
    /// Makes a delivery of it, to be signed.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery::new(self.sender, self.body)
    }
}

macro_rules! samples {
    ($($sender:ident in $folder:literal: $($event:literal)*;)*) => {
        /// Every sample: by sender, then by the event's name.
        pub const ALL: &[Sample] = &[$($(Sample {
            sender: Sender::$sender,
            event: $event,
            body: include_str!(concat!("../samples/", $folder, "/", $event, ".json")),
        },)*)*];
    };
}

samples! {
    DATABRICKS in "databricks":
        "COMMENT_CREATED"
        "MODEL_VERSION_CREATED"
        "MODEL_VERSION_TAG_SET"
        "MODEL_VERSION_TRANSITIONED_STAGE"
        "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED"
        "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"
        "MODEL_VERSION_TRANSITIONED_TO_STAGING"
        "REGISTERED_MODEL_CREATED"
        "TRANSITION_REQUEST_CREATED"
        "TRANSITION_REQUEST_TO_ARCHIVED_CREATED"
        "TRANSITION_REQUEST_TO_PRODUCTION_CREATED"
        "TRANSITION_REQUEST_TO_STAGING_CREATED";
    MLFLOW in "mlflow":
        "budget_policy.exceeded"
        "model_version.created"
        "model_version_alias.created"
        "model_version_alias.deleted"
        "model_version_tag.deleted"
        "model_version_tag.set"
        "prompt.created"
        "prompt_alias.created"
        "prompt_alias.deleted"
        "prompt_tag.deleted"
        "prompt_tag.set"
        "prompt_version.created"
        "prompt_version_tag.deleted"
        "prompt_version_tag.set"
        "registered_model.created";
    WANDB in "wandb":
        "ADD_ARTIFACT_ALIAS"
        "ADD_ARTIFACT_TAG"
        "ADD_COLLECTION_TAG"
        "CREATE_ARTIFACT"
        "LINK_ARTIFACT"
        "LINK_MODEL"
        "REMOVE_ARTIFACT_TAG"
        "REMOVE_COLLECTION_TAG"
        "RUN_METRIC"
        "RUN_METRIC_CHANGE"
        "RUN_METRIC_ZSCORE"
        "RUN_STATE"
        "UNLINK_ARTIFACT"
        "UPDATE_ARTIFACT_ALIAS";
}

/// Yields the samples of the sender of this [name](Sender::name).
pub fn of(sender: &str) -> impl Iterator<Item = &'static Sample> {
    ALL.iter().filter(move |sample| sample.sender.name() == sender)
}

/// Finds the sample of an event.
///
/// ```
/// use verify_toolkit::samples;
///
/// let sample = samples::find("mlflow", "model_version_alias.created").ok_or("no such event")?;
/// assert!(sample.body.contains("champion"));
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn find(sender: &str, event: &str) -> Option<&'static Sample> {
    of(sender).find(|sample| sample.event == event)
}
