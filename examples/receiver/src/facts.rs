//! The two or three facts of an event that a person wants to read.

use axum::body::Bytes;
use serde_json::{Map, Value, json};
use verify_axum::{EventError, Verified, databricks, mlflow, wandb};

/// Picks them from the verified body.
pub(crate) fn facts(verified: &Verified<Bytes>) -> Result<Map<String, Value>, EventError> {
    match verified.receipt().sender() {
        "databricks" => {
            let event: databricks::Event<'_> = verified.event()?;
            Ok(pick(event.name().into(), &json!(event), &["model_name", "version", "to_stage"]))
        }
        "mlflow" => {
            let event: mlflow::Event<'_> = verified.event()?;
            Ok(pick(event.name().into(), &json!(event)["data"], &["name", "version", "alias"]))
        }
        _ => {
            let variables: wandb::Variables<'_> = verified.event()?;
            let event_type = variables.event_type.as_ref().map(wandb::EventType::as_str);
            Ok(pick(event_type.into(), &json!(variables), &["artifact_version_string", "alias"]))
        }
    }
}

fn pick(event: Value, fields: &Value, wanted: &[&str]) -> Map<String, Value> {
    let fact = |name: &&str| Some(((*name).to_owned(), fields.get(*name)?.clone()));
    wanted.iter().filter_map(fact).chain([("event".to_owned(), event)]).collect()
}
