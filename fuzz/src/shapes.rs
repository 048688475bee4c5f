//! The senders' payloads, as tables: what a reader must take out of a body, and what it must refuse.

use crate::json::{Json, Text};

/// How a field may be missing.
#[derive(Clone, Copy)]
enum How {
    /// Missing, null, or a value.
    Either,
    /// Missing is read as null.
    Nullable,
    /// Null is read as missing.
    Optional,
    Required,
}

/// What stands in a field.
#[derive(Clone, Copy)]
enum Kind {
    /// A text, or what is none as its JSON.
    Any,
    Float,
    Integer,
    /// A text, or nothing.
    TagValue,
    Tags,
    /// A string, or the digits of a number.
    Text,
    TextMap,
}

use How::{Either, Nullable, Optional, Required};
use Kind::{Any, Float, Integer, TagValue, Tags, TextMap};

type Field = (&'static str, How, Kind);
type Event = (&'static str, &'static [Field]);

const fn text(name: &'static str) -> Field {
    (name, Required, Kind::Text)
}

const fn optional(name: &'static str) -> Field {
    (name, Optional, Kind::Text)
}

const fn any(name: &'static str) -> Field {
    (name, Optional, Any)
}

const fn nullable(name: &'static str) -> Field {
    (name, Nullable, Kind::Text)
}

const CHANGE: &[Field] = &[optional("version"), optional("to_stage"), optional("from_stage")];

const DATABRICKS: [Event; 12] = [
    ("COMMENT_CREATED", &[text("version"), text("comment")]),
    ("MODEL_VERSION_CREATED", &[optional("version"), optional("source_run_id")]),
    ("MODEL_VERSION_TAG_SET", &[text("version"), ("tags", Required, Tags)]),
    ("MODEL_VERSION_TRANSITIONED_STAGE", &[text("version"), text("to_stage"), text("from_stage")]),
    ("MODEL_VERSION_TRANSITIONED_TO_ARCHIVED", CHANGE),
    ("MODEL_VERSION_TRANSITIONED_TO_PRODUCTION", CHANGE),
    ("MODEL_VERSION_TRANSITIONED_TO_STAGING", CHANGE),
    ("REGISTERED_MODEL_CREATED", &[]),
    ("TRANSITION_REQUEST_CREATED", CHANGE),
    ("TRANSITION_REQUEST_TO_ARCHIVED_CREATED", CHANGE),
    ("TRANSITION_REQUEST_TO_PRODUCTION_CREATED", CHANGE),
    ("TRANSITION_REQUEST_TO_STAGING_CREATED", CHANGE),
];

const TAGS: Field = ("tags", Required, TextMap);

const MLFLOW: [Event; 15] = [
    (
        "budget_policy.exceeded",
        &[
            text("budget_policy_id"),
            text("budget_unit"),
            ("budget_amount", Required, Float),
            ("current_spend", Required, Float),
            text("duration_unit"),
            ("duration_value", Required, Integer),
            text("target_scope"),
            nullable("workspace"),
            ("target_value", Either, Kind::Text),
            ("window_start", Required, Integer),
        ],
    ),
    (
        "model_version.created",
        &[
            text("name"),
            text("version"),
            text("source"),
            nullable("run_id"),
            TAGS,
            nullable("description"),
        ],
    ),
    ("model_version_alias.created", &[text("name"), text("alias"), text("version")]),
    ("model_version_alias.deleted", &[text("name"), text("alias")]),
    ("model_version_tag.deleted", &[text("name"), text("version"), text("key")]),
    ("model_version_tag.set", &[text("name"), text("version"), text("key"), text("value")]),
    ("prompt.created", &[text("name"), TAGS, nullable("description")]),
    ("prompt_alias.created", &[text("name"), text("alias"), text("version")]),
    ("prompt_alias.deleted", &[text("name"), text("alias")]),
    ("prompt_tag.deleted", &[text("name"), text("key")]),
    ("prompt_tag.set", &[text("name"), text("key"), text("value")]),
    (
        "prompt_version.created",
        &[text("name"), text("version"), nullable("template"), TAGS, nullable("description")],
    ),
    ("prompt_version_tag.deleted", &[text("name"), text("version"), text("key")]),
    ("prompt_version_tag.set", &[text("name"), text("version"), text("key"), text("value")]),
    ("registered_model.created", &[text("name"), TAGS, nullable("description")]),
];

const WANDB: [Field; 9] = [
    any("project_name"),
    any("entity_name"),
    any("event_type"),
    any("event_author"),
    any("alias"),
    any("tag"),
    any("artifact_collection_name"),
    any("artifact_version"),
    any("artifact_version_string"),
];

/// What a reader of Databricks events must make of a document, or `None`.
pub fn databricks(document: &Json) -> Option<Json> {
    const ENVELOPE: [Field; 5] = [
        text("event"),
        text("webhook_id"),
        ("event_timestamp", Required, Integer),
        text("model_name"),
        text("text"),
    ];
    let object = Object::of(document)?;
    let mut fields = object.take(&ENVELOPE)?;
    let name = fit(object.only("event")??, Kind::Text)?;
    let name = name.text()?;
    if let Some((_, kind)) = DATABRICKS.iter().find(|(event, _)| *event == name) {
        fields.extend(object.take(kind)?);
    }
    Some(Json::Object(fields))
}

/// What a reader of MLflow events must make of a document, or `None`.
pub fn mlflow(document: &Json) -> Option<Json> {
    let object = Object::of(document)?;
    let envelope = [text("entity"), text("action"), text("timestamp"), optional("workspace")];
    let mut fields = object.take(&envelope)?;
    let part = |name| fit(object.only(name)??, Kind::Text);
    let (entity, action) = (part("entity")?, part("action")?);
    let name = (entity.text()?, action.text()?);
    let known = MLFLOW.iter().find(|(event, _)| event.split_once('.') == Some(name));
    if let Some((_, data)) = known {
        let data = Object::of(object.only("data")??)?.take(data)?;
        fields.push((Some("data".to_owned()), Json::Object(data)));
    }
    Some(Json::Object(fields))
}

/// What a reader of Weights & Biases variables must make of a document, or `None`.
pub fn wandb(document: &Json) -> Option<Json> {
    let mut fields = Object::of(document)?.take(&WANDB)?;
    for (key, value) in &mut fields {
        // The older name of the same event.
        if key.as_deref() == Some("event_type") && value.text() == Some("LINK_MODEL") {
            *value = Json::Text(Some("LINK_ARTIFACT".to_owned()));
        }
    }
    Some(Json::Object(fields))
}

/// Something that begins like an event, and is none.
#[derive(Clone, Copy, Debug)]
pub struct Unreadable;

/// What must be found in a message that a job was given: `Ok(None)` is no event.
pub fn job_message(message: &str) -> Result<Option<Json>, Unreadable> {
    let message = message.trim_ascii();
    let decoded = Json::parse(message.as_bytes());
    let message = decoded.as_ref().and_then(Json::text).unwrap_or(message).trim_ascii();
    match message.strip_prefix('{') {
        None => Ok(None),
        Some(rest) if rest.trim_ascii() == "}" => Ok(None),
        Some(_) => {
            let document = Json::parse(message.as_bytes()).ok_or(Unreadable)?;
            databricks(&document).map(Some).ok_or(Unreadable)
        }
    }
}

/// What must be found in the parameters of a job.
pub fn job_parameters(document: Option<&Json>) -> Result<Option<Json>, Unreadable> {
    let object = document.and_then(Object::of).ok_or(Unreadable)?;
    let mut seen = Ok(None);
    for name in [
        "notebook_params",
        "python_named_params",
        "python_params",
        "jar_params",
        "spark_submit_params",
    ] {
        let Some(Some(parameters)) = object.only(name) else { continue };
        let messages: Vec<&str> = match parameters {
            Json::List(items) => items.iter().filter_map(Json::text).collect(),
            Json::Object(_) => {
                let message =
                    Object::of(parameters).and_then(|object| object.only("event_message"));
                message.flatten().and_then(Json::text).into_iter().collect()
            }
            _ => Vec::new(),
        };
        for message in messages {
            match job_message(message) {
                Ok(Some(event)) => return Ok(Some(event)),
                Err(Unreadable) if message.contains("event") => seen = Err(Unreadable),
                Ok(None) | Err(Unreadable) => {}
            }
        }
    }
    seen
}

struct Object<'a>(&'a [(Text, Json)]);

impl<'a> Object<'a> {
    /// An object of which every key is a text.
    fn of(json: &'a Json) -> Option<Self> {
        match json {
            Json::Object(fields) if fields.iter().all(|(key, _)| key.is_some()) => {
                Some(Self(fields))
            }
            _ => None,
        }
    }

    /// The value under a name: `Some(None)` where there is none, `None` where there are several.
    fn only(&self, name: &str) -> Option<Option<&'a Json>> {
        let mut values = self.0.iter().filter(|(key, _)| key.as_deref() == Some(name));
        let value = values.next().map(|(_, value)| value);
        values.next().is_none().then_some(value)
    }

    fn take(&self, fields: &[Field]) -> Option<Vec<(Text, Json)>> {
        let mut taken = Vec::new();
        for (name, how, kind) in fields {
            let value = match (self.only(name)?, how) {
                (None, Required) => return None,
                (None | Some(Json::Null), Nullable) | (Some(Json::Null), Either) => Json::Null,
                (None, Optional | Either) | (Some(Json::Null), Optional) => continue,
                (Some(value), _) => fit(value, *kind)?,
            };
            taken.push((Some((*name).to_owned()), value));
        }
        Some(taken)
    }
}

/// The value, if it has the kind.
fn fit(value: &Json, kind: Kind) -> Option<Json> {
    let has = match (kind, value) {
        (Float, Json::Number(digits)) => digits.parse::<f64>().ok()?.is_finite(),
        (Integer, Json::Number(digits)) => digits.parse::<u64>().is_ok(),
        (Any | Kind::Text, Json::Text(text)) => text.is_some(),
        (Any, value) => return Some(Json::Spelled(Box::new(value.clone()))),
        (Kind::Text, Json::Number(digits)) => return Some(Json::Text(Some(digits.clone()))),
        (TagValue, Json::Null) => return Some(Json::Text(Some(String::new()))),
        (TagValue, value) => return fit(value, Kind::Text),
        (TextMap, value) => {
            // Of a repeated key the last counts, whatever stands before it: as Python reads it.
            let mut last: Vec<&(Text, Json)> = Vec::new();
            for field in Object::of(value)?.0 {
                last.retain(|(other, _)| *other != field.0);
                last.push(field);
            }
            let fitted = last.iter().map(|(key, value)| Some((key.clone(), fit(value, TagValue)?)));
            return fitted.collect::<Option<_>>().map(Json::Object);
        }
        (Tags, Json::List(items)) => {
            let parts = [text("key"), ("value", Required, TagValue)];
            let tag = |item| Object::of(item)?.take(&parts);
            let tags: Option<Vec<_>> = items.iter().map(tag).collect();
            return Some(Json::List(tags?.into_iter().map(Json::Object).collect()));
        }
        _ => false,
    };
    has.then(|| value.clone())
}
