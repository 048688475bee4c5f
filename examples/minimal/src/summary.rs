use alloc::{borrow::Cow, string::ToString};

use verify_core::{EventError, RetryAfter, Verified, databricks, mlflow, wandb};

/// What a delivery says, as far as most receivers want to know. Borrowed from the body where that has
/// no escapes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Summary<'a> {
    /// The sender's name, such as `mlflow`.
    pub sender: &'static str,
    /// The event's name. Of Weights & Biases the template variable `event_type`, empty if the payload
    /// has none: whoever wrote the payload may have put something else there.
    pub event: Cow<'a, str>,
    /// The registered model, the prompt, or the artifact with its project and alias.
    pub name: Option<Cow<'a, str>>,
    /// Its version.
    pub version: Option<Cow<'a, str>>,
    /// The stage or the alias that the event is about.
    pub target: Option<Cow<'a, str>>,
    /// How long the sender is to wait before it sends this again: for an answer of 503, where the work
    /// failed.
    pub retry_after: RetryAfter,
}

impl<'a> Summary<'a> {
    /// Reads a verified body.
    ///
    /// # Errors
    ///
    /// The body is not an event of its sender.
    pub fn read(verified: Verified<&'a [u8]>) -> Result<Self, EventError> {
        let (receipt, body) = verified.into_parts();
        let summary = match receipt.sender() {
            "databricks" => databricks::Event::parse(body)?.into(),
            "mlflow" => mlflow::Event::parse(body)?.into(),
            _ => wandb::Variables::parse(body)?.into(),
        };
        Ok(Self { sender: receipt.sender(), retry_after: receipt.retry_after(), ..summary })
    }
}

impl<'a> From<databricks::Event<'a>> for Summary<'a> {
    fn from(event: databricks::Event<'a>) -> Self {
        use databricks::EventKind::*;

        let event_name = event.name().to_string().into();
        let (version, stage) = match event.kind {
            ModelVersionTransitionedStage { version, to_stage, .. } => {
                (Some(version), Some(to_stage))
            }
            ModelVersionTransitionedToArchived { version, to_stage, .. }
            | ModelVersionTransitionedToProduction { version, to_stage, .. }
            | ModelVersionTransitionedToStaging { version, to_stage, .. }
            | TransitionRequestCreated { version, to_stage, .. }
            | TransitionRequestToArchivedCreated { version, to_stage, .. }
            | TransitionRequestToProductionCreated { version, to_stage, .. }
            | TransitionRequestToStagingCreated { version, to_stage, .. } => (version, to_stage),
            CommentCreated { version, .. } | ModelVersionTagSet { version, .. } => {
                (Some(version), None)
            }
            ModelVersionCreated { version, .. } => (version, None),
            _ => (None, None),
        };
        let target = stage.map(|stage| stage.to_string().into());
        Self { event: event_name, name: Some(event.model_name), version, target, ..Self::default() }
    }
}

impl<'a> From<mlflow::Event<'a>> for Summary<'a> {
    fn from(event: mlflow::Event<'a>) -> Self {
        use mlflow::EventKind::*;

        let event_name = event.name().to_string().into();
        let (name, version, target) = match event.kind {
            ModelVersionAliasCreated { name, alias, version }
            | PromptAliasCreated { name, alias, version } => {
                (Some(name), Some(version), Some(alias))
            }
            ModelVersionAliasDeleted { name, alias } | PromptAliasDeleted { name, alias } => {
                (Some(name), None, Some(alias))
            }
            ModelVersionCreated { name, version, .. }
            | ModelVersionTagDeleted { name, version, .. }
            | ModelVersionTagSet { name, version, .. }
            | PromptVersionCreated { name, version, .. }
            | PromptVersionTagDeleted { name, version, .. }
            | PromptVersionTagSet { name, version, .. } => (Some(name), Some(version), None),
            PromptCreated { name, .. }
            | PromptTagDeleted { name, .. }
            | PromptTagSet { name, .. }
            | RegisteredModelCreated { name, .. } => (Some(name), None, None),
            _ => (None, None, None),
        };
        Self { event: event_name, name, version, target, ..Self::default() }
    }
}

impl<'a> From<wandb::Variables<'a>> for Summary<'a> {
    fn from(variables: wandb::Variables<'a>) -> Self {
        let event = variables.event_type.map(|event| event.to_string().into());
        Self {
            event: event.unwrap_or_default(),
            name: variables.artifact_version_string,
            target: variables.alias,
            ..Self::default()
        }
    }
}
