//! Job webhooks: the event inside the parameters of a job.
//!
//! These do not reach an HTTP endpoint of yours. Databricks starts a job instead, and hands it the
//! same JSON object as a **string** in a parameter (documented). Nothing is signed: who may start
//! the job, may write the parameters. At most 10,000 bytes arrive in a field of parameters; what is
//! longer is not delivered whole, or not at all (unknown).

use alloc::{borrow::Cow, collections::BTreeMap, vec::Vec};

use serde::Deserialize;

use super::Event;
use crate::events::{self, EventError, Slot, object};

/// Digs the event out of the parameters of a job, as a run or a trigger request has them.
///
/// ```json
/// {"job_id": 1, "notebook_params": {"event_message": "{\"event\": ...}"}}
/// ```
///
/// All kinds of parameters are looked through: `notebook_params` and `python_named_params` under
/// `event_message`; `python_params`, `jar_params` and `spark_submit_params` for the first that holds
/// a JSON object. A job of several tasks gets the same event in all of them. `None`: there is no
/// event, or only the common default `{}`.
///
/// # Errors
///
/// The parameters are not JSON, or what looks like an event cannot be read as one: a cut-off
/// message is an error, and not the lack of one.
pub fn event(parameters: &[u8]) -> Result<Option<Event<'static>>, EventError> {
    let parameters: Parameters<'_> = events::read_object(parameters)?;
    let named = [
        parameters.notebook_params.optional("", "notebook_params")?,
        parameters.python_named_params.optional("", "python_named_params")?,
    ];
    let lists = [
        parameters.python_params.optional("", "python_params")?,
        parameters.jar_params.optional("", "jar_params")?,
        parameters.spark_submit_params.optional("", "spark_submit_params")?,
    ];
    let named = named.into_iter().flatten().filter_map(|mut named| named.remove("event_message"));
    for message in named.chain(lists.into_iter().flatten().flatten()) {
        if let Some(event) = event_from_message(&message)? {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

/// Reads the value of one parameter, as a notebook's widget or a task's argument has it.
///
/// It is decoded a second time only where it is itself a JSON string. `None`: it is no JSON object,
/// or the common default `{}`.
///
/// Removing backslashes instead, as a workaround in circulation does, destroys valid escapes.
///
/// # Errors
///
/// It begins like a JSON object and cannot be read as an event.
pub fn event_from_message(message: &str) -> Result<Option<Event<'static>>, EventError> {
    let message = match serde_json::from_str::<Cow<'_, str>>(message) {
        Ok(decoded) => decoded,
        Err(_) => Cow::Borrowed(message),
    };
    let message = message.trim_ascii();
    let Some(inside) = message.strip_prefix('{') else { return Ok(None) };
    if inside.trim_ascii() == "}" {
        return Ok(None);
    }
    Event::parse(message.as_bytes()).map(|event| Some(event.into_owned()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters<'a> {
    #[serde(borrow)]
    notebook_params: Slot<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow)]
    python_named_params: Slot<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow)]
    jar_params: Slot<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    python_params: Slot<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    spark_submit_params: Slot<Vec<Cow<'a, str>>>,
}

object!(Parameters);
