//! What verified bodies say: every event of every sender, and bodies of every other shape.
#![cfg(all(feature = "events", feature = "std"))]
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use std::{collections::BTreeMap, fs, path::Path};

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use verify_core::{
    AnyEvent, Payload, Secret, Sender, UnixMillis, UnixTime, Verified, Verifier,
    databricks::{self, EventKind, Stage, Transition, job},
    mlflow, wandb,
};

/// Verifies a fixture with its own clock and secret, and returns its body.
fn verified(sender: Sender, file: &str) -> Verified<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(sender.name());
    let path = folder.join(format!("{file}.json"));
    let text = fs::read(path).unwrap();
    let fixture: Value = serde_json::from_slice(&text).unwrap();
    assert!(fixture["origin"].is_string(), "{file}");
    let headers: Vec<(String, String)> =
        serde_json::from_value(fixture["headers"].clone()).unwrap();
    let body = Base64::decode_vec(fixture["body_base64"].as_str().unwrap()).unwrap();

    let secret = Secret::new(fixture["secret"].as_str().unwrap()).unwrap();
    let verifier = Verifier::builder(sender).secret(secret).build().unwrap();
    let now = UnixTime::from_secs(fixture["received_at"].as_u64().unwrap());
    let mut collector = verifier.begin(now, &headers).unwrap().collect();
    collector.feed(body).unwrap();
    collector.finish().unwrap()
}

fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn every_databricks_event_has_a_fixture_and_its_own_variant() {
    assert_eq!(EventKind::NAMES.len(), 12);
    for name in EventKind::NAMES {
        let verified = verified(Sender::DATABRICKS, name);
        let event: databricks::Event = verified.event().unwrap();
        assert_eq!(event.name(), *name);
        assert!(!matches!(event.kind, EventKind::Unknown { .. }), "{name}");
        assert_eq!(serde_json::to_value(&event).unwrap(), json_of(verified.body()), "{name}");
        assert_eq!(AnyEvent::read(&verified), Ok(AnyEvent::Databricks(event)));
    }
}

#[test]
fn every_mlflow_event_has_a_recorded_fixture_and_its_own_variant() {
    assert_eq!(mlflow::EventKind::NAMES.len(), 15);
    for name in mlflow::EventKind::NAMES {
        let verified = verified(Sender::MLFLOW, name);
        let event: mlflow::Event = verified.event().unwrap();
        assert_eq!(event.name(), *name);
        assert_eq!(format!("{}.{}", event.kind.entity(), event.kind.action()), *name);
        assert!(!matches!(event.kind, mlflow::EventKind::Unknown { .. }), "{name}");
        assert!(event.timestamp.unix_millis().is_some(), "{name}");
        assert_eq!(serde_json::to_value(&event).unwrap(), json_of(verified.body()), "{name}");
        assert_eq!(AnyEvent::read(&verified), Ok(AnyEvent::Mlflow(event)));
    }
}

#[test]
fn every_wandb_event_type_has_a_fixture() {
    assert_eq!(wandb::EventType::NAMES.len(), 13);
    for name in wandb::EventType::NAMES {
        let verified = verified(Sender::WANDB, name);
        let variables: wandb::Variables = verified.event().unwrap();
        assert_eq!(variables.event_type.as_ref().unwrap().as_str(), *name);
        assert_eq!(serde_json::to_value(&variables).unwrap(), json_of(verified.body()), "{name}");
        assert_eq!(wandb::unrendered(verified.body()).count(), 0);
        assert_eq!(AnyEvent::read(&verified), Ok(AnyEvent::Wandb(variables)));
    }
    let older = verified(Sender::WANDB, "LINK_MODEL");
    let older: wandb::Variables = older.event().unwrap();
    assert_eq!(older.event_type, Some(wandb::EventType::LinkArtifact));
    let artifact = older.artifact().unwrap();
    let parts = (artifact.entity, artifact.project, artifact.name, artifact.alias);
    assert_eq!(parts, ("acme", "model-registry", "fraud-detector", "v3"));
    assert_eq!(older.artifact_reference().unwrap().id, "QXJ0aWZhY3Q6MTIzNDU2Nzg5");
}

#[test]
fn documented_databricks_samples_say_what_is_written_beside_them() {
    let parse = |name| databricks::Event::parse(verified(Sender::DATABRICKS, name).body()).unwrap();
    let event = parse("MODEL_VERSION_TRANSITIONED_STAGE");
    assert_eq!(event.webhook_id, "c5596721253c4b429368cf6f4341b88a");
    assert_eq!(event.event_timestamp, UnixMillis::from_millis(1_589_859_029_343));
    assert_eq!(event.model_name, "Airline_Delay_SparkML");
    assert_eq!(
        event.text,
        "Registered model 'someModel' version 8 transitioned from None to Production."
    );
    let EventKind::ModelVersionTransitionedStage { transition, .. } = &event.kind else { panic!() };
    assert_eq!(event.transition(), Some(transition));
    let Transition { version, from, to, is_done, .. } = transition;
    assert_eq!(version.as_deref(), Some("8"));
    assert_eq!((from, to, *is_done), (&Some(Stage::None), &Some(Stage::Production), true));

    let tagged = parse("MODEL_VERSION_TAG_SET");
    assert_eq!(tagged.tags(), [("key1", "value1"), ("key2", "value2")]);
    let commented = parse("COMMENT_CREATED");
    let EventKind::CommentCreated { version, comment, .. } = &commented.kind else { panic!() };
    assert_eq!((&**version, &**comment), ("8", "Raw text content of the comment"));
    let test = parse("REGISTERED_MODEL_CREATED");
    assert!(matches!(test.kind, EventKind::RegisteredModelCreated { .. }));
    assert_eq!((&*test.model_name, test.is_test()), ("", true));
    assert!(!event.is_test());
}

#[test]
fn a_recorded_budget_says_its_numbers_exactly() {
    let verified = verified(Sender::MLFLOW, "budget_policy.exceeded");
    let event: mlflow::Event = verified.event().unwrap();
    let mlflow::EventKind::BudgetPolicyExceeded {
        budget_amount,
        current_spend,
        duration_unit,
        duration_value,
        target_scope,
        target_value,
        window_start,
        ..
    } = event.kind
    else {
        panic!("{event:?}");
    };
    assert_eq!((budget_amount, current_spend), (1e-06, 2.5e-06));
    assert_eq!((duration_unit, duration_value), (mlflow::DurationUnit::Minutes, 1));
    assert_eq!((target_scope, target_value), (mlflow::TargetScope::Global, Some(None)));
    assert_eq!(window_start, UnixMillis::from_millis(1_795_290_780_000));
}

/// A Databricks event with these fields beside the envelope.
fn databricks_body(event: &str, fields: &Value) -> Vec<u8> {
    let mut body = json!({
        "event": event, "webhook_id": "w", "event_timestamp": 1, "model_name": "m", "text": "t",
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string().into_bytes()
}

fn mlflow_body(entity: &str, action: &str, data: &Value) -> Vec<u8> {
    let timestamp = "2026-11-21T19:41:41+00:00";
    json!({"entity": entity, "action": action, "timestamp": timestamp, "data": data})
        .to_string()
        .into_bytes()
}

#[test]
fn unknown_events_are_kept_and_unknown_fields_ignored() {
    let body =
        databricks_body("MODEL_ASCENDED", &json!({"version": 8, "tags": "none", "new": [{}]}));
    let event = databricks::Event::parse(&body).unwrap();
    assert_eq!(event.name(), "MODEL_ASCENDED");
    assert_eq!((&*event.webhook_id, event.event_timestamp.as_millis()), ("w", 1));
    let EventKind::Unknown { event, .. } = event.kind else { panic!() };
    assert_eq!(event, "MODEL_ASCENDED");

    // A field that another event has, in another type than there.
    let body = databricks_body("REGISTERED_MODEL_CREATED", &json!({"version": 8, "tags": 1}));
    assert!(databricks::Event::parse(&body).is_ok());

    for (entity, action) in [("registered_model", "updated"), ("gateway", "created"), ("", "")] {
        for data in [json!({"name": 7}), json!(null), json!([1])] {
            let body = mlflow_body(entity, action, &data);
            let event = mlflow::Event::parse(&body).unwrap();
            assert_eq!((event.kind.entity(), event.kind.action()), (entity, action));
            assert!(matches!(event.kind, mlflow::EventKind::Unknown { .. }));
            assert_eq!(event.name(), format!("{entity}.{action}"));
            let sent = event.timestamp.unix_millis().map(UnixMillis::to_unix_time);
            assert_eq!(sent, Some(UnixTime::from_secs(1_795_290_101)));
        }
    }
    let own_stage = json!({"version": "1", "to_stage": "Canary", "from_stage": "None"});
    let body = databricks_body("MODEL_VERSION_TRANSITIONED_STAGE", &own_stage);
    let event = databricks::Event::parse(&body).unwrap();
    let to = event.transition().and_then(|transition| transition.to.as_ref());
    assert_eq!(to, Some(&Stage::Other("Canary".into())));
}

#[test]
fn missing_extras_are_none_and_null_is_told_from_missing() {
    for name in EventKind::NAMES {
        let result = databricks::Event::parse(&databricks_body(name, &json!({})));
        let documented =
            ["COMMENT_CREATED", "MODEL_VERSION_TAG_SET", "MODEL_VERSION_TRANSITIONED_STAGE"];
        match result {
            Ok(event) => {
                assert!(!documented.contains(name), "{name}");
                let json = serde_json::to_value(&event).unwrap();
                assert_eq!(json.as_object().unwrap().len(), 5, "{json}");
            }
            Err(error) => {
                assert!(documented.contains(name), "{error}");
                assert_eq!(error.to_string(), format!("`{name}`: `version`: missing"));
                assert_eq!((error.event(), error.field()), (Some(*name), Some("version")));
            }
        }
    }
    let mut data = json!({
        "budget_policy_id": "b", "budget_unit": "USD", "budget_amount": 1, "current_spend": 2.5,
        "duration_unit": "YEARS", "duration_value": 1, "target_scope": "MODEL", "workspace": "w",
        "window_start": 5,
    });
    for (target, expected) in
        [(None, None), (Some(json!(null)), Some(None)), (Some(json!("t")), Some(Some("t")))]
    {
        if let Some(target) = target {
            data["target_value"] = target;
        }
        let body = mlflow_body("budget_policy", "exceeded", &data);
        let event = mlflow::Event::parse(&body).unwrap();
        let mlflow::EventKind::BudgetPolicyExceeded { target_value, .. } = &event.kind else {
            panic!()
        };
        assert_eq!(target_value.as_ref().map(Option::as_deref), expected);
        let again = serde_json::to_vec(&event).unwrap();
        assert_eq!(mlflow::Event::parse(&again).unwrap(), event);
    }
}

#[test]
fn an_error_names_the_event_and_the_field() {
    let tags = |tags: Value| {
        databricks_body("MODEL_VERSION_TAG_SET", &json!({"version": "1", "tags": tags}))
    };
    let stage = |stage: Value| {
        let fields = json!({"version": "1", "to_stage": stage, "from_stage": "None"});
        databricks_body("MODEL_VERSION_TRANSITIONED_STAGE", &fields)
    };
    for (body, text) in [
        (tags(json!("a")), "`MODEL_VERSION_TAG_SET`: `tags`: expected a list"),
        (tags(json!(null)), "`MODEL_VERSION_TAG_SET`: `tags`: expected a list"),
        (tags(json!(["a"])), "`MODEL_VERSION_TAG_SET`: `tags[0]`: expected an object"),
        (
            tags(json!([{"key": "a", "value": "b"}, {"key": true, "value": "b"}, 5])),
            "`MODEL_VERSION_TAG_SET`: `tags[1].key`: expected a string",
        ),
        (
            tags(json!([{"key": "a", "value": []}])),
            "`MODEL_VERSION_TAG_SET`: `tags[0].value`: expected a string",
        ),
        (
            tags(json!([{"value": "b"}])),
            "`MODEL_VERSION_TAG_SET`: `tags[0].key`: expected a string",
        ),
        (
            stage(json!(["Production"])),
            "`MODEL_VERSION_TRANSITIONED_STAGE`: `to_stage`: expected a string",
        ),
        (stage(json!({})), "`MODEL_VERSION_TRANSITIONED_STAGE`: `to_stage`: expected a string"),
        (stage(json!(true)), "`MODEL_VERSION_TRANSITIONED_STAGE`: `to_stage`: expected a string"),
        (
            databricks_body("TRANSITION_REQUEST_CREATED", &json!({"version": [3]})),
            "`TRANSITION_REQUEST_CREATED`: `version`: expected a string",
        ),
        (
            databricks_body("COMMENT_CREATED", &json!({"version": "1", "comment": null})),
            "`COMMENT_CREATED`: `comment`: expected a string",
        ),
        (
            databricks_body("REGISTERED_MODEL_CREATED", &json!({"event_timestamp": "now"})),
            "`REGISTERED_MODEL_CREATED`: `event_timestamp`: expected a non-negative integer",
        ),
        (
            databricks_body("REGISTERED_MODEL_CREATED", &json!({"event_timestamp": -1})),
            "`REGISTERED_MODEL_CREATED`: `event_timestamp`: expected a non-negative integer",
        ),
        (databricks_body("ANOTHER", &json!({"text": {}})), "`text`: expected a string"),
        (b"{}".to_vec(), "`event`: missing"),
        (br#"{"event": true}"#.to_vec(), "`event`: expected a string"),
        (
            br#"{"event": "COMMENT_CREATED", "version": "1", "comment": "c"}"#.to_vec(),
            "`COMMENT_CREATED`: `webhook_id`: missing",
        ),
    ] {
        let error = databricks::Event::parse(&body).unwrap_err();
        assert_eq!(error.to_string(), text, "{}", String::from_utf8_lossy(&body));
    }
    let unknown = databricks_body("ANOTHER", &json!({"text": {}}));
    let unknown = databricks::Event::parse(&unknown).unwrap_err();
    assert_eq!((unknown.event(), unknown.field()), (None, Some("text")));
    for (body, text) in [
        (
            mlflow_body("prompt", "created", &json!(null)),
            "`prompt.created`: `data`: expected an object",
        ),
        (mlflow_body("prompt", "created", &json!({})), "`prompt.created`: `data.name`: missing"),
        (
            mlflow_body("prompt", "created", &json!({"name": "n", "tags": {"a": [1]}})),
            "`prompt.created`: `data.tags`: expected an object of strings",
        ),
        (
            mlflow_body("prompt", "created", &json!({"name": "n", "tags": {}, "description": {}})),
            "`prompt.created`: `data.description`: expected a string",
        ),
        (br#"{"entity": "a"}"#.to_vec(), "`action`: missing"),
        (
            br#"{"entity": "prompt_tag", "action": "deleted", "data": {"name": "n", "key": "k"}}"#
                .to_vec(),
            "`prompt_tag.deleted`: `timestamp`: missing",
        ),
    ] {
        let error = mlflow::Event::parse(&body).unwrap_err();
        assert_eq!(error.to_string(), text, "{}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn bodies_that_are_no_json_object_say_where_and_quote_nothing() {
    for (body, text) in [
        (&b""[..], "body is JSON that breaks off: line 1, column 0"),
        (b"{\"event\": \"secret", "body is JSON that breaks off: line 1, column 17"),
        (b"\"secret\"", "body is not a JSON object"),
        (b"[\"secret\", \"w\", 1, \"m\"]", "body is not a JSON object"),
        (b"{\"event\": secret}", "body is not JSON: line 1, column 11"),
        (b"\xef\xbb\xbf{}", "body is not JSON: line 1, column 1"),
        (b"{} {}", "body is not JSON: line 1, column 4"),
        (b"{\"text\": NaN}", "body is not JSON: line 1, column 10"),
        (b"{\"text\": \"\xff\"}", "body is not UTF-8 after byte 10"),
        (b"{\"text\": \"\x01\"}", "body is not JSON: line 1, column 10"),
    ] {
        let error = databricks::Event::parse(body).unwrap_err();
        assert_eq!(error.to_string(), text, "{}", body.escape_ascii());
        assert_eq!((error.event(), error.field()), (None, None));
        assert!(mlflow::Event::parse(body).is_err());
        assert!(wandb::Variables::parse(body).is_err());
    }
}

#[test]
fn what_an_event_does_not_need_cannot_spoil_it() {
    let body = |fields: &str| {
        format!(
            r#"{{"event": "REGISTERED_MODEL_CREATED", "webhook_id": "w", "event_timestamp": 1,
            "model_name": "m", {fields}}}"#
        )
    };
    for fields in [
        r#""text": "t", "tags": 1e999"#,
        r#""text": "t", "comment": "\ud800""#,
        r#""text": "t", "tags": [], "tags": []"#,
        r#""text": "t", "new": 1, "new": 2"#,
        r#""t\u0065xt": "t""#,
    ] {
        let body = body(fields);
        let event = databricks::Event::parse(body.as_bytes());
        assert_eq!(event.unwrap().text, "t", "{body}");
    }
    for (fields, text) in [
        (r#""text": "t", "text": "t""#, "`REGISTERED_MODEL_CREATED`: `text`: expected one value"),
        // Half of a surrogate pair: grammatical, and no text.
        (r#""text": "\ud800""#, "`REGISTERED_MODEL_CREATED`: `text`: expected a string"),
    ] {
        let error = databricks::Event::parse(body(fields).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    let unknown =
        br#"{"entity": "a", "action": "b", "timestamp": "", "data": {"x": 1e999, "x": 2}}"#;
    assert_eq!(mlflow::Event::parse(unknown).unwrap().name(), "a.b");
    let budget = json!({
        "budget_policy_id": "b", "budget_unit": "USD", "current_spend": 1, "duration_unit": "DAYS",
        "duration_value": 1, "target_scope": "USER", "workspace": "w", "window_start": 5,
        "budget_amount": "AMOUNT",
    });
    let budget = mlflow_body("budget_policy", "exceeded", &budget);
    let budget = String::from_utf8(budget).unwrap().replace("\"AMOUNT\"", "1e999");
    let error = mlflow::Event::parse(budget.as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "`budget_policy.exceeded`: `data.budget_amount`: expected a number");
    let tags = br#"{"entity": "prompt", "action": "created", "timestamp": "", "data": {"name": "n", "tags": -1.5}}"#;
    let error = mlflow::Event::parse(tags).unwrap_err().to_string();
    assert_eq!(error, "`prompt.created`: `data.tags`: expected an object of strings");
    for no_object in [&b"-1.5"[..], b"18446744073709551616", b"null", b"true"] {
        let text = "body is not a JSON object";
        assert_eq!(databricks::Event::parse(no_object).unwrap_err().to_string(), text);
        assert_eq!(wandb::Variables::parse(no_object).unwrap_err().to_string(), text);
        assert_eq!(job::event(no_object).unwrap_err().to_string(), text);
    }
}

#[test]
fn hostile_bodies_end_in_an_error_or_the_right_value() {
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
    for nested in [deep("[", "]"), deep("{\"a\":", "}")] {
        // Of what is not needed, nothing is read; of what is, no more than its kind.
        for (field, is_needed) in [("new", false), ("text", true), ("tags", true)] {
            let mut fields = BTreeMap::from([
                ("event", "\"MODEL_VERSION_TAG_SET\""),
                ("webhook_id", "\"\""),
                ("event_timestamp", "1"),
                ("model_name", "\"\""),
                ("text", "\"\""),
                ("version", "\"1\""),
                ("tags", r#"[{"key": "", "value": ""}]"#),
            ]);
            fields.insert(field, &nested);
            let fields: Vec<_> =
                fields.iter().map(|(name, json)| format!("\"{name}\": {json}")).collect();
            let body = format!("{{{}}}", fields.join(", "));
            let read = databricks::Event::parse(body.as_bytes());
            assert_eq!(read.is_err(), is_needed, "{field}: {read:?}");
        }
        let body = format!(
            r#"{{"entity": "prompt", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00", "data": {{"name": "p", "tags": {nested}, "description": null}}}}"#
        );
        assert!(mlflow::Event::parse(body.as_bytes()).is_err());
    }
    let long = "x".repeat(2_000_000);
    let body = databricks_body("COMMENT_CREATED", &json!({"version": "1", "comment": long}));
    let EventKind::CommentCreated { comment, .. } = databricks::Event::parse(&body).unwrap().kind
    else {
        panic!()
    };
    assert_eq!(comment, *long);
    for (digits, expected) in [
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("1e3", None),
        ("1.0", None),
        ("-0", None),
        (&"9".repeat(1_000_000), None),
        ("1e999999999", None),
    ] {
        let body = format!(
            r#"{{"event": "X", "webhook_id": "", "model_name": "", "text": "", "event_timestamp": {digits}}}"#
        );
        let event = databricks::Event::parse(body.as_bytes());
        assert_eq!(event.ok().map(|event| event.event_timestamp.as_millis()), expected);
    }
    // Every prefix of a body: never a panic, never an event.
    let whole = verified(Sender::MLFLOW, "model_version.created").into_parts().1;
    for end in 0..whole.len() {
        assert!(mlflow::Event::parse(&whole[..end]).is_err());
    }
    // Every byte of it changed once: never a panic.
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut body = whole.clone();
            body[place] ^= 1 << bit;
            let _ = mlflow::Event::parse(&body);
        }
    }
}

#[test]
fn jobs_carry_the_event_in_any_of_their_parameters() {
    let event = |message: &str| databricks::Event::parse(message.as_bytes()).unwrap();
    // A quote, a backslash and a line break, which a wrong decoding would destroy.
    let comment = json!({"version": "1", "comment": "\"C:\\new\"\n"});
    let message = String::from_utf8(databricks_body("COMMENT_CREATED", &comment)).unwrap();
    let expected = event(&message);
    for parameters in [
        json!({"job_id": 1, "notebook_params": {"event_message": message}}),
        json!({"job_id": 1, "python_named_params": {"event_message": message, "other": "x"}}),
        json!({"job_id": 1, "python_params": [message]}),
        json!({"job_id": 1, "python_params": ["--verbose", message]}),
        json!({"job_id": 1, "jar_params": [message]}),
        json!({"job_id": 1, "spark_submit_params": ["--class", "x", message], "jar_params": null}),
        json!({"job_id": 1, "notebook_params": {"event_message": "{}"}, "jar_params": [message]}),
        json!({
            "job_id": 1,
            "notebook_params": {"event_message": message},
            "python_named_params": {"event_message": message},
            "jar_params": [message], "python_params": [message], "spark_submit_params": [message],
        }),
        // A JSON string in a string: decoded once more.
        json!({"job_id": 1, "python_params": [Value::from(message.as_str()).to_string()]}),
    ] {
        let found = job::event(parameters.to_string().as_bytes()).unwrap();
        assert_eq!(found.as_ref(), Some(&expected), "{parameters}");
    }
    let cut = &message[..message.len() - 5];
    // Arguments of the user's own, and other things that are not the message, stand in nobody's way.
    for parameters in [
        json!({"python_params": ["{\"lr\": 1}", message]}),
        json!({"python_params": ["{{job.id}}", 5, null, message]}),
        json!({"notebook_params": {"event_message": cut}, "jar_params": [message]}),
        json!({"notebook_params": {"n": 5, "event_message": message}}),
        json!({"notebook_params": {"event_message": null}, "jar_params": [message, 5]}),
    ] {
        let found = job::event(parameters.to_string().as_bytes()).unwrap();
        assert_eq!(found.as_ref(), Some(&expected), "{parameters}");
    }
    for nothing in [
        json!({"job_id": 1}),
        json!({"job_id": 1, "notebook_params": {"event_message": "{}"}}),
        json!({"job_id": 1, "notebook_params": {"event_message": " { } "}}),
        json!({"job_id": 1, "notebook_params": {}, "python_params": ["--verbose", "", "\"x\""]}),
        json!({"python_params": ["{{job.id}}", 5], "notebook_params": {"event_message": {}}}),
        // Quotes around it do not make it a JSON string.
        json!({"python_params": [format!("\"{message}\"")]}),
    ] {
        assert_eq!(job::event(nothing.to_string().as_bytes()), Ok(None), "{nothing}");
    }
    let error =
        job::event(json!({"notebook_params": {"event_message": cut}}).to_string().as_bytes());
    let text = format!("body is JSON that breaks off: line 1, column {}", cut.len());
    assert_eq!(error.unwrap_err().to_string(), text);
    assert_eq!(job::event(b"[{}]").unwrap_err().to_string(), "body is not a JSON object");
    assert_eq!(job::event_from_message(&message), Ok(Some(expected)));
    assert_eq!(job::event_from_message("{}"), Ok(None));
}

#[test]
fn payloads_of_ones_own_are_read_and_unrendered_variables_reported() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Deploy {
        model: String,
    }
    let body = br#"{"model": "${artifact_collection_name}", "a": "${artifact_metadata.git-sha}"}"#;
    let deploy = Deploy::from_body("wandb", body).unwrap();
    assert_eq!(deploy.model, "${artifact_collection_name}");
    let names: Vec<_> = wandb::unrendered(body).collect();
    assert_eq!(names, ["artifact_collection_name", "artifact_metadata.git-sha"]);
    for (text, expected) in [
        (&b"${}"[..], &[][..]),
        (b"${a", &[]),
        (b"$ {a}", &[]),
        (b"${a b}", &["a b"]),
        (b"${gr\xc3\xb6\xc3\x9fe}", &["gr\u{f6}\u{df}e"]),
        (b"${\xff}${a\"}${\n}", &[]),
        (b"$${a}${${b}}", &["a", "b"]),
        (b"\xff${a}\xff", &["a"]),
        (b"${", &[]),
        (b"$", &[]),
        (b"", &[]),
    ] {
        assert_eq!(
            wandb::unrendered(text).collect::<Vec<_>>(),
            expected,
            "{}",
            text.escape_ascii()
        );
    }
    let error = Deploy::from_body("any", br#"{"model": 5}"#).unwrap_err();
    assert_eq!(error.to_string(), "body does not have the right shape: line 1, column 11");
    for (body, text) in [
        (r#"{"tag": "a", "tag": "a"}"#, "`tag`: expected one value"),
        (r#"{"tag": "\ud800"}"#, "`tag`: expected a string"),
        (r#"["tag"]"#, "body is not a JSON object"),
    ] {
        let error = wandb::Variables::parse(body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(wandb::Variables::parse(b"{}").unwrap(), wandb::Variables::default());
}

/// A variable is filled in with what stands in the metadata.
#[test]
fn what_is_no_string_is_read_as_its_json() {
    for (value, text) in [
        ("0.50", Some("0.50")),
        ("1e-06", Some("1e-06")),
        ("18446744073709551616", Some("18446744073709551616")),
        ("-0", Some("-0")),
        ("true", Some("true")),
        ("null", None),
        (r#"["a", 1]"#, Some(r#"["a", 1]"#)),
        (r#"{"lr":  1e-06}"#, Some(r#"{"lr":  1e-06}"#)),
        (r#""0.5""#, Some("0.5")),
        (r#""""#, Some("")),
    ] {
        for name in [
            "project_name",
            "entity_name",
            "event_type",
            "event_author",
            "alias",
            "tag",
            "artifact_collection_name",
            "artifact_version",
            "artifact_version_string",
        ] {
            let body = format!(r#"{{"{name}": {value}, "other": {value}}}"#);
            let variables = wandb::Variables::parse(body.as_bytes()).unwrap();
            let json = serde_json::to_value(&variables).unwrap();
            assert_eq!(json.get(name).and_then(Value::as_str), text, "{body}");
        }
    }
}

/// Digits without quotes, and a tag without a value, are no reason to lose a verified event.
#[test]
fn a_number_in_the_place_of_a_text_is_its_digits() {
    for (name, fields) in [
        ("COMMENT_CREATED", json!({"version": 8, "comment": 5})),
        ("MODEL_VERSION_CREATED", json!({"version": 8})),
        (
            "MODEL_VERSION_TAG_SET",
            json!({"version": 8, "tags": [{"key": "f1", "value": 0.5}, {"key": "a", "value": null}]}),
        ),
        (
            "MODEL_VERSION_TRANSITIONED_STAGE",
            json!({"version": 8, "to_stage": "Production", "from_stage": "None"}),
        ),
        ("TRANSITION_REQUEST_TO_STAGING_CREATED", json!({"version": 8, "to_stage": null})),
    ] {
        let body = databricks_body(name, &fields);
        let event = databricks::Event::parse(&body).unwrap();
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["version"], "8", "{name}");
        if name == "MODEL_VERSION_TAG_SET" {
            let tags = json!([{"key": "f1", "value": "0.5"}, {"key": "a", "value": ""}]);
            assert_eq!(json["tags"], tags);
        }
    }
    let data =
        json!({"name": "m", "version": 3, "source": "s", "tags": {"f1": 1.0, "empty": null}});
    let body = mlflow_body("model_version", "created", &data);
    let json = serde_json::to_value(mlflow::Event::parse(&body).unwrap()).unwrap();
    assert_eq!(json["data"]["version"], "3");
    assert_eq!(json["data"]["tags"], json!({"empty": "", "f1": "1.0"}));
}

#[test]
fn artifacts_are_split_into_their_parts() {
    let version = |text: &str| {
        wandb::ArtifactVersion::parse(text)
            .map(|it| [it.entity, it.project, it.name, it.alias].join("|"))
    };
    assert_eq!(version("acme/proj/model:v3").as_deref(), Some("acme|proj|model|v3"));
    assert_eq!(version("acme/proj/a:b:production").as_deref(), Some("acme|proj|a:b|production"));
    for text in [
        "",
        "acme/proj/model",
        "acme/model:v3",
        "/proj/model:v3",
        "acme//model:v3",
        "acme/proj/:v3",
        "acme/proj/model:",
        "a/b/c/d:v3",
        "a/b/c:v/3",
    ] {
        assert_eq!(version(text), None, "{text}");
    }
    let id = |text| wandb::ArtifactReference::parse(text).map(|reference| reference.id);
    assert_eq!(id("wandb-artifact://_id/QXJ0"), Some("QXJ0"));
    assert_eq!(id("wandb-artifact://_id/"), None);
    assert_eq!(id("QXJ0"), None);
}

/// What is asked of every event, and the answers of each.
#[test]
fn every_event_answers_what_people_ask() {
    let answers = |sender: Sender, name: &str| {
        let event = AnyEvent::read(&verified(sender, name)).unwrap();
        assert_eq!(event.name(), Some(name));
        let stage =
            event.transition().map(|it| format!("{:?}>{:?} {}", it.from, it.to, it.is_done));
        let tags: Vec<_> =
            event.tags().iter().map(|(key, value)| format!("{key}={value}")).collect();
        let answers =
            [event.model(), event.version(), event.alias(), event.actor(), stage.as_deref()];
        let answers = answers.map(|answer| answer.unwrap_or("-")).join(" ");
        let time = event.time().map_or("-".to_owned(), |time| time.as_millis().to_string());
        let test = if event.is_test() { " test" } else { "" };
        format!("{answers} {} {time}{test}", tags.join(","))
    };
    for (sender, lines) in ANSWERS {
        for line in lines.lines() {
            let (name, expected) = line.trim().split_once(": ").unwrap();
            assert_eq!(answers(sender, name), expected, "{name}");
        }
    }
    let names = ANSWERS.map(|(_, lines)| lines.lines().count());
    let known = [EventKind::NAMES, mlflow::EventKind::NAMES, wandb::EventType::NAMES];
    assert_eq!(names, known.map(<[_]>::len));
}

/// Model, version, alias, actor, stages and whether it is done, tags, time, and whether it looks like a test.
const ANSWERS: [(Sender, &str); 3] = [
    (
        Sender::DATABRICKS,
        "COMMENT_CREATED: Airline_Delay_SparkML 8 - - -  1589859029343\n\
         MODEL_VERSION_CREATED: fraud-detector 3 - - -  1648760686678\n\
         MODEL_VERSION_TAG_SET: Airline_Delay_SparkML 8 - - - key1=value1,key2=value2 1589859029343\n\
         MODEL_VERSION_TRANSITIONED_STAGE: Airline_Delay_SparkML 8 - - Some(None)>Some(Production) true  1589859029343\n\
         MODEL_VERSION_TRANSITIONED_TO_ARCHIVED: fraud-detector 3 - - Some(None)>Some(Archived) true  1648760686678\n\
         MODEL_VERSION_TRANSITIONED_TO_PRODUCTION: fraud-detector 3 - - Some(None)>Some(Production) true  1648760686678\n\
         MODEL_VERSION_TRANSITIONED_TO_STAGING: fraud-detector 3 - - Some(None)>Some(Staging) true  1648760686678\n\
         REGISTERED_MODEL_CREATED:  - - - -  1648760686678 test\n\
         TRANSITION_REQUEST_CREATED: fraud-detector 3 - - Some(None)>Some(Staging) false  1648760686678\n\
         TRANSITION_REQUEST_TO_ARCHIVED_CREATED: fraud-detector 3 - - Some(None)>Some(Archived) false  1648760686678\n\
         TRANSITION_REQUEST_TO_PRODUCTION_CREATED: fraud-detector 3 - - Some(None)>Some(Production) false  1648760686678\n\
         TRANSITION_REQUEST_TO_STAGING_CREATED: fraud-detector 3 - - Some(None)>Some(Staging) false  1648760686678",
    ),
    (
        Sender::MLFLOW,
        "budget_policy.exceeded: - - - - -  1795290798826\n\
         model_version.created: fraud-detector 1 - - - stage=candidate 1795290782994\n\
         model_version_alias.created: fraud-detector 1 champion - -  1795290784138\n\
         model_version_alias.deleted: fraud-detector - champion - -  1795290785391\n\
         model_version_tag.deleted: fraud-detector 1 - - -  1795290783759\n\
         model_version_tag.set: fraud-detector 1 - - - validation=passed 1795290783377\n\
         prompt.created: support-reply - - - - team=cx 1795290791693\n\
         prompt_alias.created: support-reply 1 production - -  1795290793945\n\
         prompt_alias.deleted: support-reply - production - -  1795290794313\n\
         prompt_tag.deleted: support-reply - - - -  1795290792810\n\
         prompt_tag.set: support-reply - - - - lang=en 1795290792442\n\
         prompt_version.created: support-reply 1 - - - author=ana 1795290792064\n\
         prompt_version_tag.deleted: support-reply 1 - - -  1795290793545\n\
         prompt_version_tag.set: support-reply 1 - - - reviewed=yes 1795290793178\n\
         registered_model.created: fraud-detector - - - - team=risk,tier=1 1795290782615",
    ),
    (
        Sender::WANDB,
        "ADD_ARTIFACT_ALIAS: fraud-detector v3 production ada -  -\n\
         ADD_ARTIFACT_TAG: fraud-detector v3 - ada - reviewed= -\n\
         ADD_COLLECTION_TAG: fraud-detector v3 - ada - reviewed= -\n\
         CREATE_ARTIFACT: fraud-detector v3 - ada -  -\n\
         LINK_ARTIFACT: fraud-detector v3 production ada -  -\n\
         REMOVE_ARTIFACT_TAG: fraud-detector v3 - ada - reviewed= -\n\
         REMOVE_COLLECTION_TAG: fraud-detector v3 - ada - reviewed= -\n\
         RUN_METRIC: - - - ada -  -\n\
         RUN_METRIC_CHANGE: - - - ada -  -\n\
         RUN_METRIC_ZSCORE: - - - ada -  -\n\
         RUN_STATE: - - - ada -  -\n\
         UNLINK_ARTIFACT: fraud-detector v3 - ada -  -\n\
         UPDATE_ARTIFACT_ALIAS: fraud-detector v3 production ada -  -",
    ),
];

/// A hint: whoever can name a model may be able to write the same.
#[test]
fn what_the_test_button_sends_looks_like_a_test() {
    let named = |name| mlflow_body("prompt_alias", "deleted", &json!({"name": name, "alias": "a"}));
    let saying = |text| databricks_body("REGISTERED_MODEL_CREATED", &json!({"text": text}));
    for (sender, body, is_test) in [
        ("databricks", saying("A test webhook trigger for REGISTERED_MODEL_CREATED"), true),
        ("databricks", saying("Not A test webhook trigger"), false),
        ("mlflow", named("example_model"), true),
        ("mlflow", named("example_prompt"), true),
        ("mlflow", named("example_models"), false),
        ("wandb", br#"{"artifact_collection_name": "example_model"}"#.to_vec(), false),
        ("standard-webhooks", br#"{"type": "test"}"#.to_vec(), false),
    ] {
        let event = AnyEvent::parse(sender, &body).unwrap();
        assert_eq!(event.is_test(), is_test, "{event:?}");
    }
}

/// "Announce a transition to production" is one question, whichever event says it, and whether or not
/// the field is there that no document promises.
#[test]
fn a_transition_is_the_same_in_every_event_that_says_it() {
    let stages = json!({"version": "1", "to_stage": "Production", "from_stage": "Staging"});
    for (name, fields, is_done, from) in [
        ("MODEL_VERSION_TRANSITIONED_STAGE", &stages, true, Some(Stage::Staging)),
        ("MODEL_VERSION_TRANSITIONED_TO_PRODUCTION", &stages, true, Some(Stage::Staging)),
        ("MODEL_VERSION_TRANSITIONED_TO_PRODUCTION", &json!({}), true, None),
        ("TRANSITION_REQUEST_CREATED", &stages, false, Some(Stage::Staging)),
        ("TRANSITION_REQUEST_TO_PRODUCTION_CREATED", &json!({"to_stage": null}), false, None),
    ] {
        let event = AnyEvent::parse("databricks", &databricks_body(name, fields)).unwrap();
        let transition = event.transition().unwrap();
        let told = (transition.to.as_ref(), transition.is_done, transition.from.as_ref());
        assert_eq!(told, (Some(&Stage::Production), is_done, from.as_ref()), "{name}");
    }
    // A field wins over the name, and a name that tells no stage leaves it open.
    let to = |name, fields| {
        let event = databricks::Event::parse(&databricks_body(name, &fields)).unwrap();
        event.transition().unwrap().to.clone()
    };
    let staging = json!({"to_stage": "Staging"});
    assert_eq!(to("TRANSITION_REQUEST_TO_ARCHIVED_CREATED", staging), Some(Stage::Staging));
    assert_eq!(to("TRANSITION_REQUEST_TO_ARCHIVED_CREATED", json!({})), Some(Stage::Archived));
    assert_eq!(to("TRANSITION_REQUEST_CREATED", json!({})), None);
    assert_eq!(to("MODEL_VERSION_TRANSITIONED_TO_STAGING", json!({})), Some(Stage::Staging));
}

#[test]
fn events_of_an_unknown_sender_are_read_into_a_type_of_ones_own() {
    let error = AnyEvent::parse("github", b"{}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "events of this sender are not known: read the body into a type of your own"
    );
    assert_eq!((error.event(), error.field()), (None, None));
    assert_eq!(Value::from_body("github", b"{}"), Ok(json!({})));
}

#[test]
fn the_page_of_the_crate_names_every_event() {
    let page = include_str!("../README.md");
    for name in EventKind::NAMES.iter().chain(mlflow::EventKind::NAMES) {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
