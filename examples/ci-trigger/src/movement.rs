//! That a version of a model has got somewhere: the only thing that starts pipelines.

use core::fmt;
use std::borrow::Cow;

use serde_json::{Map, Value};
use verify_actix::{EventError, databricks, mlflow, wandb};

/// The events of each sender that say so, the one that comes for every movement first. Databricks'
/// others may come beside it for the same movement.
pub(crate) const EVENTS: [(&str, &[&str]); 3] = [
    (
        "databricks",
        &[
            "MODEL_VERSION_TRANSITIONED_STAGE",
            "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED",
            "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION",
            "MODEL_VERSION_TRANSITIONED_TO_STAGING",
        ],
    ),
    ("mlflow", &["model_version_alias.created", "prompt_alias.created"]),
    ("wandb", &["LINK_ARTIFACT", "ADD_ARTIFACT_ALIAS", "UPDATE_ARTIFACT_ALIAS"]),
];

/// What is handed to a pipeline. Typed by somebody: authentic, not harmless.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Movement<'a> {
    pub(crate) event: &'static str,
    /// The registered model, prompt or artifact collection.
    pub(crate) model: Cow<'a, str>,
    pub(crate) version: Option<Cow<'a, str>>,
    /// The stage or alias that the version has now.
    pub(crate) target: Option<Cow<'a, str>>,
    /// The stage that it had.
    pub(crate) from: Option<Cow<'a, str>>,
}

/// Why a verified delivery starts nothing.
#[derive(Debug)]
pub(crate) enum Nothing {
    /// It is about something else.
    Other,
    /// A model has no name in it.
    Nameless,
    /// It is older than a repetition is known, and may be one.
    Outdated,
    /// Somebody pressed "test".
    Test,
    /// It cannot be read.
    Unreadable(EventError),
    /// No route wants it.
    Unrouted,
    /// A variable of the template stands in it as it was typed.
    Unrendered,
}

impl<'a> Movement<'a> {
    /// The names of what [`facts`](Self::facts) may have.
    pub(crate) const FACTS: [&'static str; 7] =
        ["delivery", "event", "from", "model", "sender", "target", "version"];

    /// Reads the body of a verified delivery of the sender of this name.
    pub(crate) fn read(sender: &str, body: &'a [u8]) -> Result<Self, Nothing> {
        let movement = match sender {
            "databricks" => of_databricks(databricks::Event::parse(body)?)?,
            "mlflow" => of_mlflow(mlflow::Event::parse(body)?)?,
            _ if wandb::unrendered(body).next().is_some() => return Err(Nothing::Unrendered),
            _ => of_wandb(wandb::Variables::parse(body)?)?,
        };
        match movement.model.is_empty() {
            true => Err(Nothing::Nameless),
            false => Ok(movement),
        }
    }

    /// Returns all that is known, by name; what is not known is not there.
    pub(crate) fn facts(&self, sender: &str, delivery: &str) -> Map<String, Value> {
        let facts = [
            ("delivery", Some(delivery)),
            ("event", Some(self.event)),
            ("from", self.from.as_deref()),
            ("model", Some(&*self.model)),
            ("sender", Some(sender)),
            ("target", self.target.as_deref()),
            ("version", self.version.as_deref()),
        ];
        let there = facts.into_iter().filter_map(|(name, fact)| Some((name, fact?)));
        there.map(|(name, fact)| (name.to_owned(), fact.into())).collect()
    }
}

fn of_databricks(event: databricks::Event<'_>) -> Result<Movement<'_>, Nothing> {
    use databricks::EventKind::{
        ModelVersionTransitionedStage, ModelVersionTransitionedToArchived,
        ModelVersionTransitionedToProduction, ModelVersionTransitionedToStaging,
    };

    if event.is_test() {
        return Err(Nothing::Test);
    }
    let name = known("databricks", event.name())?;
    let (version, from, to) = match event.kind {
        ModelVersionTransitionedStage { version, from_stage, to_stage } => {
            (Some(version), Some(from_stage), Some(to_stage))
        }
        ModelVersionTransitionedToArchived { version, from_stage, to_stage } => {
            (version, from_stage, to_stage.or(Some(databricks::Stage::Archived)))
        }
        ModelVersionTransitionedToProduction { version, from_stage, to_stage } => {
            (version, from_stage, to_stage.or(Some(databricks::Stage::Production)))
        }
        ModelVersionTransitionedToStaging { version, from_stage, to_stage } => {
            (version, from_stage, to_stage.or(Some(databricks::Stage::Staging)))
        }
        _ => return Err(Nothing::Other),
    };
    let text = |stage: databricks::Stage<'_>| Cow::Owned(stage.to_string());
    Ok(Movement {
        event: name,
        model: event.model_name,
        version,
        target: to.map(text),
        from: from.map(text),
    })
}

fn of_mlflow(event: mlflow::Event<'_>) -> Result<Movement<'_>, Nothing> {
    use mlflow::EventKind::{ModelVersionAliasCreated, PromptAliasCreated};

    let event_name = known("mlflow", &event.name())?;
    let (ModelVersionAliasCreated { name, alias, version }
    | PromptAliasCreated { name, alias, version }) = event.kind
    else {
        return Err(Nothing::Other);
    };
    Ok(Movement {
        event: event_name,
        model: name,
        version: Some(version),
        target: Some(alias),
        from: None,
    })
}

fn of_wandb(variables: wandb::Variables<'_>) -> Result<Movement<'_>, Nothing> {
    let event = variables.event_type.as_ref().ok_or(Nothing::Other)?;
    let event = known("wandb", event.as_str())?;
    let artifact = variables.artifact();
    let name = artifact.map(|artifact| artifact.name.to_owned().into());
    let version = artifact.map(|artifact| artifact.alias.to_owned().into());
    let model = variables.artifact_collection_name.or(name).ok_or(Nothing::Nameless)?;
    Ok(Movement { event, model, version, target: variables.alias, from: None })
}

fn known(sender: &str, event: &str) -> Result<&'static str, Nothing> {
    let mut events = EVENTS.iter().filter(|(name, _)| *name == sender).flat_map(|(_, all)| *all);
    events.find(|name| **name == event).copied().ok_or(Nothing::Other)
}

impl From<EventError> for Nothing {
    fn from(error: EventError) -> Self {
        Self::Unreadable(error)
    }
}

impl Nothing {
    /// A word for metrics.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Nameless => "nameless",
            Self::Other => "other",
            Self::Outdated => "outdated",
            Self::Test => "test",
            Self::Unreadable(_) => "unreadable",
            Self::Unrendered => "unrendered",
            Self::Unrouted => "unrouted",
        }
    }
}

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nameless => "it names no model",
            Self::Other => "it is about something else",
            Self::Outdated => "it is older than `retention_days`",
            Self::Test => "it is a test",
            Self::Unreadable(error) => return error.fmt(f),
            Self::Unrendered => "a variable of its template was not filled in",
            Self::Unrouted => "no route wants it",
        })
    }
}

#[cfg(test)]
mod tests;
