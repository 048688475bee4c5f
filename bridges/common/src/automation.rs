//! Where templates of Weights & Biases automations put the variables.
//!
//! The vendor documents three templates, for receivers that are not ours
//! (<https://docs.wandb.ai/models/automations/create-automations/webhook>): a `repository_dispatch` of
//! GitHub, a card of Microsoft Teams, and blocks of Slack. What stands in them besides the variables is
//! whoever made the automation's own, and not read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use verify_core::{
    EventError,
    wandb::{EventType, Variables},
};

/// What an automation says.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct Automation {
    /// The variables, wherever they stood.
    pub variables: Variables,
    /// Whether `event_type` is a word that chooses GitHub's workflows. In such a template it is a
    /// constant, also in the vendor's: it tells what to do, and not what happened.
    pub has_own_event: bool,
}

impl Automation {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// For the reasons of [`Variables::parse`], of the body or of its `client_payload`.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let outer = Variables::parse(body)?;
        // One that occurs twice is not read, as nobody knows which is meant.
        let Ok(places) = serde_json::from_slice::<Places<'_>>(body) else {
            return Ok(Self { variables: outer, has_own_event: false });
        };
        let inner = places.client_payload.map(RawValue::get);
        if let Some(inner) = inner.filter(|json| json.starts_with('{')) {
            let inner = Variables::parse(inner.as_bytes())?;
            let has_own_event = inner.event_type.is_none() && outer.event_type.is_some();
            return Ok(Self { variables: inner.or(outer), has_own_event });
        }
        let mut labels = Labels::default();
        let others = [places.attachments, places.blocks, places.sections, places.text];
        for place in others.into_iter().flatten() {
            if let Ok(value) = serde_json::from_str(place.get()) {
                labels.read("text", &value);
            }
        }
        Ok(Self { variables: outer.or(labels.into_variables()), has_own_event: false })
    }

    /// Whether it says which artifact or project it is about.
    #[must_use]
    pub fn says_what(variables: &Variables) -> bool {
        [
            &variables.artifact_collection_name,
            &variables.artifact_version,
            &variables.artifact_version_string,
            &variables.project_name,
        ]
        .into_iter()
        .flatten()
        .any(|value| !value.is_empty())
    }
}

#[derive(Deserialize)]
struct Places<'a> {
    /// Of a card that is adaptive.
    #[serde(borrow)]
    attachments: Option<&'a RawValue>,
    /// Of Slack.
    #[serde(borrow)]
    blocks: Option<&'a RawValue>,
    /// Of GitHub.
    #[serde(borrow)]
    client_payload: Option<&'a RawValue>,
    /// Of a card of Teams.
    #[serde(borrow)]
    sections: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

/// What stands in front of a variable in a text, or beside it in a list of facts: the words of the
/// vendor's templates, and the variables' own names.
const LABELS: [(&str, &str); 13] = [
    ("alias", "alias"),
    ("artifact collection name", "artifact_collection_name"),
    ("artifact version", "artifact_version"),
    ("artifact version string", "artifact_version_string"),
    ("author", "event_author"),
    ("entity name", "entity_name"),
    ("event author", "event_author"),
    ("event type", "event_type"),
    ("new version", "artifact_version_string"),
    ("project name", "project_name"),
    ("registry event", "event_type"),
    ("tag", "tag"),
    ("version string", "artifact_version_string"),
];

/// The values behind labels, by the variable. `None`: there are several, which are not the same.
#[derive(Default)]
struct Labels(BTreeMap<&'static str, Option<String>>);

impl Labels {
    /// Reads the value of a key: a text such as `Author: ada`, or a value that contains texts and
    /// facts.
    fn read(&mut self, key: &str, value: &Value) {
        match value {
            // On one line: behind a line break in a value, somebody else could have written a label.
            Value::String(text) if key == "text" && !text.contains(['\n', '\r']) => {
                if let Some((label, value)) = text.split_once(": ") {
                    self.insert(label, value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.read(key, item)),
            Value::Object(object) => {
                let label = object.get("name").or_else(|| object.get("title"));
                let fact = label.and_then(Value::as_str).zip(object.get("value"));
                match fact {
                    Some((label, Value::String(value))) => self.insert(label, value),
                    Some((label, value @ (Value::Bool(_) | Value::Number(_)))) => {
                        self.insert(label, &value.to_string());
                    }
                    _ => object.iter().for_each(|(key, value)| self.read(key, value)),
                }
            }
            _ => {}
        }
    }

    fn insert(&mut self, label: &str, value: &str) {
        let words = label.split(|char: char| !char.is_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let label = words.join(" ").to_lowercase();
        let known = LABELS.iter().find(|(known, _)| *known == label);
        let value = value.trim();
        if let Some((_, variable)) = known.filter(|_| !value.is_empty()) {
            let there = self.0.entry(variable).or_insert_with(|| Some(value.to_owned()));
            if there.as_deref() != Some(value) {
                *there = None;
            }
        }
    }

    fn into_variables(mut self) -> Variables {
        let mut take = |name| self.0.remove(name).flatten();
        let mut variables = Variables::default();
        variables.project_name = take("project_name");
        variables.entity_name = take("entity_name");
        variables.event_type = take("event_type").map(|text| EventType::from(&*text));
        variables.event_author = take("event_author");
        variables.alias = take("alias");
        variables.tag = take("tag");
        variables.artifact_collection_name = take("artifact_collection_name");
        variables.artifact_version = take("artifact_version");
        variables.artifact_version_string = take("artifact_version_string");
        variables
    }
}

#[cfg(test)]
mod tests;
