//! That a version of a model has got somewhere: the only thing that starts pipelines.

use core::fmt;

use bridge_common::Automation;
use serde_json::{Map, Value};
use verify_actix::{AnyEvent, EventError, Sender, databricks::Stage, wandb};

/// What is handed to a pipeline. Typed by somebody: authentic, not harmless.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Movement {
    /// What the sender calls it. Of Weights & Biases it may be a word of whoever made the automation.
    pub(crate) event: String,
    /// Whether a template for GitHub has it, where it says what is to be done. It may read as an event, and
    /// counts for a route that names it only.
    pub(crate) is_instruction: bool,
    /// The registered model, prompt or artifact collection.
    pub(crate) model: String,
    pub(crate) version: Option<String>,
    /// The stage or alias that the version has now.
    pub(crate) target: Option<String>,
    /// The stage that it had.
    pub(crate) from: Option<String>,
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

impl Movement {
    /// The names of what [`facts`](Self::facts) may have.
    pub(crate) const FACTS: [&'static str; 7] =
        ["delivery", "event", "from", "model", "sender", "target", "version"];

    /// Reads the body of a verified delivery of the sender of this name.
    pub(crate) fn read(sender: &str, body: &[u8]) -> Result<Self, Nothing> {
        // Such a body need not be JSON.
        let has_template = Sender::named(sender).is_some_and(Sender::has_template);
        if has_template && wandb::unrendered(body).next().is_some() {
            return Err(Nothing::Unrendered);
        }
        let movement = match AnyEvent::parse(sender, body)? {
            AnyEvent::Databricks(event) if event.is_test() => return Err(Nothing::Test),
            AnyEvent::Wandb(_) => of_automation(&Automation::parse(body)?)?,
            event => of_registry(sender, &event)?,
        };
        match movement.model.is_empty() {
            true => Err(Nothing::Nameless),
            false => Ok(movement),
        }
    }

    /// Why it starts nothing, if no route wants it.
    pub(crate) fn unrouted(&self) -> Nothing {
        let mut known = Sender::ALL.iter().flat_map(Sender::movement_names);
        let is_known = known.any(|event| *event == self.event);
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

fn of_registry(sender: &str, event: &AnyEvent) -> Result<Movement, Nothing> {
    let name = known(sender, event.name().unwrap_or_default())?;
    let transition = event.transition();
    let to = transition.and_then(|transition| transition.to.as_ref()).map(Stage::as_str);
    let from = transition.and_then(|transition| transition.from.as_ref()).map(Stage::as_str);
    Ok(Movement {
        event: name.into(),
        is_instruction: false,
        model: event.model().unwrap_or_default().into(),
        version: event.version().map(String::from),
        target: to.or(event.alias()).map(String::from),
        from: from.map(String::from),
    })
}

fn of_automation(automation: &Automation) -> Result<Movement, Nothing> {
    let Automation { variables, has_own_event: is_instruction, .. } = automation;
    let event = match variables.event_type.as_ref().ok_or(Nothing::Eventless)? {
        wandb::EventType::Other(word) => word,
        event if *is_instruction => event.as_str(),
        event => known(Sender::WANDB.name(), event.as_str())?,
    };
    Ok(Movement {
        event: event.into(),
        is_instruction: *is_instruction,
        model: variables.model().ok_or(Nothing::Nameless)?.into(),
        version: variables.version().map(String::from),
        // Empty where the event is not about one.
        target: variables.alias().map(String::from),
        from: None,
    })
}

fn known(sender: &str, event: &str) -> Result<&'static str, Nothing> {
    let events = Sender::named(sender).map(Sender::movement_names).unwrap_or_default();
    events.iter().find(|name| **name == event).copied().ok_or(Nothing::Other)
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
