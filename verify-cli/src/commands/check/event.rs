use serde_json::{Value, json};
use verify_toolkit::{EventError, Verified, databricks, mlflow, wandb};

/// What a verified delivery says.
pub(super) struct Event {
    pub(super) name: Option<String>,
    pub(super) fields: Value,
}

/// Reads the event in the type of its sender.
///
/// # Errors
///
/// The body does not have that shape.
pub(super) fn read(verified: &Verified<&[u8]>) -> Result<Event, EventError> {
    Ok(match verified.receipt().sender() {
        "databricks" => {
            let event: databricks::Event<'_> = verified.event()?;
            Event { name: Some(event.name().to_owned()), fields: json!(event) }
        }
        "mlflow" => {
            let event: mlflow::Event<'_> = verified.event()?;
            Event { name: Some(event.name().into_owned()), fields: json!(event) }
        }
        _ => {
            let variables: wandb::Variables<'_> = verified.event()?;
            let name = variables.event_type.as_ref().map(|kind| kind.as_str().to_owned());
            Event { name, fields: json!(variables) }
        }
    })
}
