//! Job webhooks: the event inside the parameters of a job.
//!
//! They do not reach your HTTP endpoint. Databricks starts a job instead, and passes the same JSON
//! object as a **string** in a parameter (documented). Nothing is signed: anybody who may start the
//! job can write the parameters. At most 10,000 bytes arrive in a field of parameters. A longer
//! event is cut off or not delivered at all (unknown).

use alloc::{borrow::Cow, string::String, vec::Vec};

use serde_json::value::RawValue;

use super::Event;
use crate::events::{EventError, Field, FromJson, Object};

/// Extracts the event from the parameters of a job, as a run or a trigger request has them.
///
/// ```json
/// {"job_id": 1, "notebook_params": {"event_message": "{\"event\": ...}"}}
/// ```
///
/// All kinds of parameters are searched: `notebook_params` and `python_named_params` under
/// `event_message`, and each text in `python_params`, `jar_params` and `spark_submit_params`. The
/// first text that can be read as an event counts. A job of several tasks gets the same event in all
/// of them, and arguments of your own may be beside it. `None`: there is no event, or only the
/// common default `{}`.
///
/// # Errors
///
/// The parameters are not a JSON object. Or nothing can be read as an event, but something looks like
/// an event: a message that was cut off is an error. Parameters that occur twice, or whose text is
/// not Unicode, are not an event.
pub fn event(parameters: &[u8]) -> Result<Option<Event>, EventError> {
    let parameters = Object::from_body(&PARAMETERS, parameters)?;
    let mut problem = None;
    for message in (0..PARAMETERS.len()).flat_map(|place| messages(parameters.field(place))) {
        match event_from_message(&message) {
            Ok(Some(event)) => return Ok(Some(event)),
            Ok(None) => {}
            // An argument of the user's own, such as `{{job.id}}`, says nothing of an event.
            Err(error) if message.contains("event") => problem = problem.or(Some(error)),
            Err(_) => {}
        }
    }
    problem.map_or(Ok(None), Err)
}

/// Reads the value of one parameter, as a notebook's widget or a task's argument has it.
///
/// It is decoded a second time only if it is itself a JSON string. `None`: it is not a JSON object,
/// or it is the common default `{}`.
///
/// A common workaround removes backslashes instead. That destroys valid escapes.
///
/// # Errors
///
/// It begins like a JSON object and cannot be read as an event.
pub fn event_from_message(message: &str) -> Result<Option<Event>, EventError> {
    let message = message.trim_ascii();
    let message = serde_json::from_str::<String>(message).map_or(message.into(), Cow::Owned);
    let message = message.trim_ascii();
    let Some(inside) = message.strip_prefix('{') else { return Ok(None) };
    if inside.trim_ascii() == "}" {
        return Ok(None);
    }
    Event::parse(message.as_bytes()).map(Some)
}

const PARAMETERS: [&str; 5] = [
    "notebook_params",
    "python_named_params",
    "python_params",
    "jar_params",
    "spark_submit_params",
];

/// The texts in one kind of parameters: under `event_message`, or in a list.
fn messages(parameters: Field<'_>) -> Vec<Cow<'_, str>> {
    let Field::Once(json) = parameters else { return Vec::new() };
    let named = Object::from_value(&["event_message"], json).map(|named| named.field(0));
    if let Ok(Field::Once(json)) = named {
        return Cow::from_json(json).into_iter().collect();
    }
    let list: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    list.into_iter().filter_map(|item| Cow::from_json(item.get()).ok()).collect()
}
