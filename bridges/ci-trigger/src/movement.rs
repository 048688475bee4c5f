//! That a version of a model has got somewhere: the only thing that starts pipelines.

use core::fmt;
use std::borrow::Cow;

use bridge_common::Automation;
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
    /// What the sender calls it. Of Weights & Biases it may be a word of whoever made the automation.
    pub(crate) event: Cow<'a, str>,
    /// Whether a template for GitHub has it, where it says what is to be done. It may read as an event, and
    /// counts for a route that names it only.
    pub(crate) is_instruction: bool,
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
    /// No event is named in it.
    Eventless,
    /// It is about something else.
    Other,
    /// Its event is a word of whoever made the automation, and in no route.
    OwnEvent,
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
            _ => of_wandb(Automation::parse(body)?)?,
        };
        match movement.model.is_empty() {
            true => Err(Nothing::Nameless),
            false => Ok(movement),
        }
    }

    /// Why it starts nothing, if no route wants it.
    pub(crate) fn unrouted(&self) -> Nothing {
        let is_known = EVENTS.iter().any(|(_, events)| events.contains(&&*self.event));
        if is_known && !self.is_instruction { Nothing::Unrouted } else { Nothing::OwnEvent }
    }

    /// Returns all that is known, by name; what is not known is not there.
    pub(crate) fn facts(&self, sender: &str, delivery: &str) -> Map<String, Value> {
        let facts = [
            ("delivery", Some(delivery)),
            ("event", Some(&*self.event)),
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
        event: name.into(),
        is_instruction: false,
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
        event: event_name.into(),
        is_instruction: false,
        model: name,
        version: Some(version),
        target: Some(alias),
        from: None,
    })
}

fn of_wandb(automation: Automation<'_>) -> Result<Movement<'_>, Nothing> {
    let Automation { variables, has_own_event: is_instruction, .. } = automation;
    let event = variables.event_type.clone().ok_or(Nothing::Eventless)?;
    let event = match &event {
        wandb::EventType::Other(word) => word.to_string().into(),
        event if is_instruction => event.to_string().into(),
        event => Cow::Borrowed(known("wandb", event.as_str())?),
    };
    let artifact = variables.artifact();
    let name = artifact.map(|artifact| artifact.name.to_owned().into());
    let version = artifact.map(|artifact| artifact.alias.to_owned().into());
    let collection = variables.artifact_collection_name.filter(|name| !name.is_empty());
    let model = collection.or(name).ok_or(Nothing::Nameless)?;
    // Empty where the event is not about one.
    let target = variables.alias.filter(|alias| !alias.is_empty());
    Ok(Movement { event, is_instruction, model, version, target, from: None })
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
            Self::Eventless => "eventless",
            Self::Nameless => "nameless",
            Self::Other => "other",
            Self::OwnEvent => "own_event",
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
            Self::Eventless => "it has no `event_type` that says what happened",
            Self::Nameless => "it names no model",
            Self::Other => "it is about something else",
            Self::OwnEvent => {
                "its `event_type` is a word of your own: name it under `events` of a route with \
                 `sender = \"wandb\"`, or use the variable"
            }
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
