//! What a delivery is about, in a few words.

use bytes::Bytes;
use serde_json::{Value, json};
use verify_axum::{EventError, Verified, databricks, mlflow, wandb};

/// More than this is not shown in a line.
const MOST: usize = 200;

/// Says what a verified delivery is about: its event, and what that happened to.
pub(super) fn subject(verified: &Verified<Bytes>) -> String {
    // Verified all the same: what is not understood is not lost.
    let words = words(verified).unwrap_or_else(|error| format!("unreadable: {error}"));
    words.chars().take(MOST).collect()
}

fn words(verified: &Verified<Bytes>) -> Result<String, EventError> {
    let (event, fields, wanted) = match verified.receipt().sender() {
        "databricks" => {
            let event: databricks::Event<'_> = verified.event()?;
            (event.name().to_owned(), json!(event), ["model_name", "version", "to_stage"])
        }
        "mlflow" => {
            let event: mlflow::Event<'_> = verified.event()?;
            let mut fields = json!(event);
            (event.name().to_string(), fields["data"].take(), ["name", "version", "alias"])
        }
        _ => {
            let variables: wandb::Variables<'_> = verified.event()?;
            let event = variables.event_type.as_ref().map_or("no event type", |kind| kind.as_str());
            let wanted = ["artifact_version_string", "alias", "project_name"];
            (event.to_owned(), json!(variables), wanted)
        }
    };
    let facts = wanted.iter().filter_map(|name| fields.get(name).and_then(Value::as_str));
    Ok(core::iter::once(event.as_str()).chain(facts).collect::<Vec<_>>().join(" "))
}
