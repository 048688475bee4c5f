//! What is read is what stands in the body, and what is written is read back as it was, whatever the
//! texts hold.
#![cfg(all(feature = "events", feature = "std"))]
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use core::fmt::Debug;
use std::collections::BTreeMap;

use proptest::{collection, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use verify_core::{AnyEvent, databricks, mlflow, wandb};

fn text() -> BoxedStrategy<String> {
    prop_oneof!["\\PC{0,12}", any::<String>(), Just("\u{1f600}\"\\\0\u{2028}".to_owned())].boxed()
}

/// An object with a text, or nothing, under each of the names.
fn texts(names: &'static [&'static str]) -> BoxedStrategy<Map<String, Value>> {
    collection::vec(option::weighted(0.8, text()), names.len())
        .prop_map(|texts| {
            let there = names.iter().zip(texts).filter_map(|(name, text)| Some((*name, text?)));
            there.map(|(name, text)| (name.to_owned(), text.into())).collect()
        })
        .boxed()
}

/// The name of an event that is known, or of one to come.
fn name(known: &'static [&'static str]) -> BoxedStrategy<String> {
    prop_oneof![select(known).prop_map(str::to_owned), "[a-z]{0,9}x\\.y"].boxed()
}

/// Reads a body, and what is written of it. Returns that.
fn read_back<E: Debug + PartialEq>(
    body: &Value,
    parse: impl Fn(&[u8]) -> Result<E, verify_core::EventError>,
    write: impl Fn(&E) -> Value,
) -> Option<Value> {
    let event = parse(body.to_string().as_bytes()).ok()?;
    let written = write(&event);
    assert_eq!(parse(written.to_string().as_bytes()).as_ref(), Ok(&event));
    Some(written)
}

/// Every field that was written stands in the body, unless it is null.
fn assert_within(written: &Value, body: &Value) {
    for (name, value) in written.as_object().unwrap() {
        assert!(value.is_null() || *value == body[name], "{name}: {value}, not {}", body[name]);
    }
}

proptest! {
    #[test]
    fn databricks_events_are_read_back(
        event in name(databricks::EventKind::NAMES),
        fields in texts(&["version", "to_stage", "from_stage", "source_run_id", "comment"]),
        tags in collection::vec((text(), text()), 0..4),
        (webhook_id, model_name, text) in (text(), text(), text()),
        event_timestamp: u64,
    ) {
        let is_whole = fields.len() == 5;
        let mut body = Value::Object(fields);
        let tags: Vec<_> =
            tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        for (name, value) in [
            ("event", json!(event)),
            ("event_timestamp", json!(event_timestamp)),
            ("model_name", json!(model_name)),
            ("tags", json!(tags)),
            ("text", json!(text)),
            ("webhook_id", json!(webhook_id)),
        ] {
            body[name] = value;
        }
        let written = read_back(&body, databricks::Event::parse, |event| json!(event));
        prop_assert!(written.is_some() || !is_whole);
        if let Some(written) = written {
            assert_within(&written, &body);
            let any = AnyEvent::parse("databricks", body.to_string().as_bytes()).unwrap();
            prop_assert_eq!(any.name(), Some(&*event));
            prop_assert_eq!(any.model(), Some(&*model_name));
        }
    }

    #[test]
    fn mlflow_events_are_read_back(
        event in name(mlflow::EventKind::NAMES),
        data in texts(&[
            "alias", "budget_policy_id", "budget_unit", "description", "duration_unit", "key", "name",
            "run_id", "source", "target_scope", "target_value", "template", "value", "version", "workspace",
        ]),
        tags in collection::btree_map(text(), text(), 0..4),
        (amount, count) in (any::<u64>(), any::<u64>()),
        (timestamp, workspace) in (text(), text()),
    ) {
        let is_whole = data.len() == 15;
        let (entity, action) = event.split_once('.').unwrap();
        let mut data = Value::Object(data);
        data["tags"] = json!(tags);
        data["budget_amount"] = json!(f64::from_bits(amount >> 2));
        data["current_spend"] = json!(2.5e-06);
        data["duration_value"] = json!(count);
        data["window_start"] = json!(count);
        let body = json!({
            "entity": entity, "action": action, "timestamp": timestamp, "workspace": workspace,
            "data": data,
        });
        let written = read_back(&body, mlflow::Event::parse, |event| json!(event));
        prop_assert!(written.is_some() || !is_whole);
        if let Some(mut written) = written {
            if let Some(told) = written.as_object_mut().unwrap().remove("data") {
                assert_within(&told, &data);
            }
            assert_within(&written, &body);
            let any = AnyEvent::parse("mlflow", body.to_string().as_bytes()).unwrap();
            prop_assert_eq!(any.name(), Some(&*event));
        }
    }

    #[test]
    fn wandb_variables_are_read_back(body in texts(&[
        "project_name", "entity_name", "event_type", "event_author", "alias", "tag",
        "artifact_collection_name", "artifact_version", "artifact_version_string",
    ])) {
        let body = Value::Object(body);
        prop_assume!(body["event_type"] != "LINK_MODEL");
        let written = read_back(&body, wandb::Variables::parse, |variables| json!(variables));
        prop_assert_eq!(written, Some(body));
    }

    #[test]
    fn no_body_makes_a_reader_panic(body in collection::vec(any::<u8>(), 0..200)) {
        for sender in ["databricks", "mlflow", "wandb"] {
            let _ = AnyEvent::parse(sender, &body);
        }
        let _ = databricks::job::event(&body);
        let _ = wandb::unrendered(&body).count();
    }
}

/// Keys that are the same once they are decoded are one: the last one counts, as in Python.
#[test]
fn of_two_tags_of_one_name_the_last_counts() {
    let body = br#"{"entity": "prompt", "action": "created", "timestamp": "", "data": {"name": "n", "tags": {"a": "1", "\u0061": "2"}}}"#;
    let event = mlflow::Event::parse(body).unwrap();
    assert_eq!(event.tags().into_iter().collect::<BTreeMap<_, _>>(), [("a", "2")].into());
}
