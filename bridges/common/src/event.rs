//! What a delivery says, whoever sent it.

use core::time::Duration;
use std::{
    borrow::Cow,
    time::{SystemTime, UNIX_EPOCH},
};

use verify_core::{EventError, databricks, mlflow, wandb};

use crate::Automation;

/// What the body of a verified delivery says.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a bridge that left a sender out would be a bug")]
pub enum Event<'a> {
    /// Of Databricks.
    Databricks(databricks::Event<'a>),
    /// Of MLflow.
    Mlflow(mlflow::Event<'a>),
    /// Verified, and not understood: its sender changed its shape, or the user of the sender chose one.
    Unreadable(EventError),
    /// Of Weights & Biases.
    Wandb(wandb::Variables<'a>),
}

impl<'a> Event<'a> {
    /// Reads a body of the sender of this name.
    #[must_use]
    pub fn read(sender: &str, body: &'a [u8]) -> Self {
        let event = match sender {
            "databricks" => databricks::Event::parse(body).map(Self::Databricks),
            "mlflow" => mlflow::Event::parse(body).map(Self::Mlflow),
            _ => Automation::parse(body).map(|automation| Self::Wandb(automation.variables)),
        };
        event.unwrap_or_else(Self::Unreadable)
    }

    /// Returns its name, as the sender writes it. `None`: it cannot be read, or has none.
    #[must_use]
    pub fn name(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Databricks(event) => Some(event.name().into()),
            Self::Mlflow(event) => Some(event.name()),
            Self::Unreadable(error) => error.event().map(Cow::Borrowed),
            Self::Wandb(variables) => Some(variables.event_type.as_ref()?.as_str().into()),
        }
    }

    /// Returns the model, prompt or artifact that it is about. `None`: it cannot be read, or is about
    /// none.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Databricks(event) => Some(&event.model_name),
            Self::Mlflow(event) => named(&event.kind),
            Self::Unreadable(_) => None,
            Self::Wandb(variables) => {
                let collection = variables.artifact_collection_name.as_deref();
                let collection = collection.filter(|name| !name.is_empty());
                collection.or_else(|| Some(variables.artifact()?.name))
            }
        }
    }

    /// Returns whether it tells of something longer ago than a repetition is known: somebody who recorded
    /// the delivery could have it acted upon again.
    ///
    /// That is for Databricks, whose time is in the body only: MLflow's is checked with the signature,
    /// Weights & Biases signs none, and a body that cannot be read has none.
    #[must_use]
    pub fn is_outdated(&self, retention: Duration, now: SystemTime) -> bool {
        let Self::Databricks(event) = self else { return false };
        let happened = UNIX_EPOCH.checked_add(Duration::from_millis(event.event_timestamp));
        // An error is a clock that is ahead of ours.
        let age = happened.and_then(|happened| now.duration_since(happened).ok());
        age.is_some_and(|age| age > retention)
    }

    /// Whether its sender has to be trusted for what it is about, because it could not be read.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }
}

/// Returns the name of the model or prompt.
fn named<'e>(kind: &'e mlflow::EventKind<'_>) -> Option<&'e str> {
    use mlflow::EventKind::{
        ModelVersionAliasCreated, ModelVersionAliasDeleted, ModelVersionCreated,
        ModelVersionTagDeleted, ModelVersionTagSet, PromptAliasCreated, PromptAliasDeleted,
        PromptCreated, PromptTagDeleted, PromptTagSet, PromptVersionCreated,
        PromptVersionTagDeleted, PromptVersionTagSet, RegisteredModelCreated,
    };
    match kind {
        ModelVersionAliasCreated { name, .. }
        | ModelVersionAliasDeleted { name, .. }
        | ModelVersionCreated { name, .. }
        | ModelVersionTagDeleted { name, .. }
        | ModelVersionTagSet { name, .. }
        | PromptAliasCreated { name, .. }
        | PromptAliasDeleted { name, .. }
        | PromptCreated { name, .. }
        | PromptTagDeleted { name, .. }
        | PromptTagSet { name, .. }
        | PromptVersionCreated { name, .. }
        | PromptVersionTagDeleted { name, .. }
        | PromptVersionTagSet { name, .. }
        | RegisteredModelCreated { name, .. } => Some(name),
        _ => None,
    }
}
