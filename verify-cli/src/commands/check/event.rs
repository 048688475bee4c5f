use serde::Serialize;
use verify_toolkit::{EventError, Verified, databricks, mlflow, wandb};

/// What a verified delivery says.
pub(super) struct Event {
    pub(super) name: Option<String>,
    /// As JSON for people, in the order of the type. Of Weights & Biases, where there is no type, the
    /// body as it came.
    pub(super) fields: String,
}

impl Event {
    fn new(name: Option<String>, event: &impl Serialize) -> Self {
        // Nothing in it can fail: no map with odd keys.
        Self { name, fields: serde_json::to_string_pretty(event).unwrap_or_default() }
    }
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
            Event::new(Some(event.name().to_owned()), &event)
        }
        "mlflow" => {
            let event: mlflow::Event<'_> = verified.event()?;
            Event::new(Some(event.name().into_owned()), &event)
        }
        _ => {
            let variables: wandb::Variables<'_> = verified.event()?;
            let name = variables.event_type.as_ref().map(|kind| kind.as_str().to_owned());
            Event { name, fields: String::from_utf8_lossy(verified.body()).into_owned() }
        }
    })
}
