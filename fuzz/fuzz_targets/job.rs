//! Whatever the parameters of a job are, nothing panics, and the event that is found is the one that
//! the reference finds. An event that is in a message is found in every kind of parameters that can
//! carry it.
#![cfg_attr(fuzzing, no_main)]

use serde_json::json;
use verify_core::databricks::{Event, job};
use verify_fuzz::{Reached, json::Json, shapes, target};

target!(check);

/// The JSON of the reference goes as deep as the stack.
const LONGEST: usize = 16 * 1024;

fn check(data: &[u8]) -> Reached {
    if data.len() > LONGEST {
        return Reached::Nothing;
    }
    let found = job::event(data);
    let expected = shapes::job_parameters(Json::parse(data).as_ref());
    assert_eq!(found.is_err(), expected.is_err(), "{found:?}, not {expected:?}");
    compare(found.as_ref().ok(), expected.as_ref().ok());
    let mut reached =
        if matches!(found, Ok(Some(_))) { Reached::Accepted } else { Reached::Refused };

    let Ok(message) = core::str::from_utf8(data) else { return reached };
    let found = job::event_from_message(message);
    let expected = shapes::job_message(message);
    assert_eq!(found.is_err(), expected.is_err(), "{found:?}, not {expected:?}");
    compare(found.as_ref().ok(), expected.as_ref().ok());
    let Ok(Some(event)) = found else { return reached };
    reached = Reached::Accepted;

    // The message as it is, written again, and encoded once more.
    let written = serde_json::to_string(&event).expect("an event");
    let encoded = serde_json::to_string(&written).expect("a string");
    for message in [message, &written, &encoded] {
        assert_eq!(job::event_from_message(message).as_ref(), Ok(&Some(event.clone())));
        // One kind for each input: all of them would be slow.
        let parameters = match data.len() % 5 {
            0 => json!({"job_id": 1, "notebook_params": {"event_message": message}}),
            1 => json!({"python_named_params": {"other": "{}", "event_message": message}}),
            2 => json!({"python_params": ["{{job.id}}", message]}),
            3 => json!({"jar_params": ["{}", message, "event"]}),
            _ => json!({"spark_submit_params": [1, null, message, written]}),
        };
        let parameters = parameters.to_string();
        let found = job::event(parameters.as_bytes());
        assert_eq!(found.as_ref(), Ok(&Some(event.clone())), "{parameters}");
    }
    reached
}

fn compare(found: Option<&Option<Event>>, expected: Option<&Option<Json>>) {
    let (Some(found), Some(expected)) = (found, expected) else { return };
    assert_eq!(found.is_some(), expected.is_some(), "{found:?}, not {expected:?}");
    if let (Some(event), Some(expected)) = (found, expected) {
        let written = serde_json::to_vec(event).expect("an event");
        let json = Json::parse(&written).expect("JSON");
        assert!(json.is_same(expected), "{json:?}, not {expected:?}");
    }
}
