//! The line that is printed, with the two or three facts of an event that a person wants to read.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use verify_core::{EventError, Verified, databricks, mlflow, wandb};

/// Makes the line for a verified delivery.
#[must_use]
pub fn line(verified: &Verified<Bytes>) -> String {
    format!("{}\n", describe(verified))
}

/// Makes the object that the line is, for whoever has more to say.
#[must_use]
pub fn describe(verified: &Verified<Bytes>) -> Value {
    let receipt = verified.receipt();
    let mut line = json!({
        "sender": receipt.sender(),
        "delivery_id": receipt.delivery_id(),
        "secret": receipt.secret_label(),
        "bytes": verified.body().len(),
    });
    match facts(verified) {
        Ok(facts) => facts.into_iter().for_each(|(name, fact)| line[name] = fact),
        // Verified all the same: what is not understood is not lost.
        Err(error) => line["unreadable"] = error.to_string().into(),
    }
    line
}

/// Picks the facts from the verified body.
fn facts(verified: &Verified<Bytes>) -> Result<Map<String, Value>, EventError> {
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
