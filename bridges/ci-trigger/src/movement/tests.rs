use verify_toolkit::samples;

use super::*;

fn read(sender: &str, event: &str) -> Result<Movement, Nothing> {
    let sample = samples::find(sender, event).unwrap();
    Movement::read(sender, sample.body.as_bytes())
}

#[test]
fn what_moved_is_told_of_each_sender() {
    for (sender, event, expected) in [
        (
            "databricks",
            "MODEL_VERSION_TRANSITIONED_STAGE",
            ["Airline_Delay_SparkML", "8", "Production", "None"],
        ),
        (
            "databricks",
            "MODEL_VERSION_TRANSITIONED_TO_STAGING",
            ["fraud-detector", "3", "Staging", "None"],
        ),
        ("mlflow", "model_version_alias.created", ["fraud-detector", "1", "champion", ""]),
        ("wandb", "LINK_ARTIFACT", ["fraud-detector", "v3", "production", ""]),
    ] {
        let movement = read(sender, event).unwrap();
        assert_eq!(movement.event, event);
        let told = [
            Some(&*movement.model),
            movement.version.as_deref(),
            movement.target.as_deref(),
            movement.from.as_deref(),
        ];
        assert_eq!(told.map(Option::unwrap_or_default), expected, "{event}");
    }
}

/// A stage that no document promises is in the name.
#[test]
fn a_stage_that_is_missing_is_the_one_of_the_event() {
    let body = br#"{"event":"MODEL_VERSION_TRANSITIONED_TO_PRODUCTION","webhook_id":"a","event_timestamp":1,"model_name":"m","text":""}"#;
    let movement = Movement::read("databricks", body).unwrap();
    assert_eq!((movement.version, movement.target.as_deref()), (None, Some("Production")));
}

#[test]
fn every_other_event_starts_nothing() {
    for sample in samples::ALL {
        let sender = sample.sender.name();
        let is_movement =
            sample.sender.movement_names().contains(&sample.event) || sample.event == "LINK_MODEL";
        let movement = Movement::read(sender, sample.body.as_bytes());
        assert_eq!(movement.is_ok(), is_movement, "{sample:?} {movement:?}");
    }
}

#[test]
fn what_only_looks_like_a_movement_starts_nothing() {
    let stage = |model, text| {
        format!(
            r#"{{"event":"MODEL_VERSION_TRANSITIONED_STAGE","webhook_id":"a","event_timestamp":1,"model_name":"{model}","version":"1","from_stage":"None","to_stage":"Production","text":"{text}"}}"#
        )
    };
    let alias = |alias| {
        format!(
            r#"{{"event_type":"ADD_ARTIFACT_ALIAS","alias":"{alias}","artifact_collection_name":"m"}}"#
        )
    };
    for (sender, body, expected) in [
        ("databricks", stage("m", "A test webhook trigger for m."), "test"),
        ("databricks", stage("", "Somebody moved it."), "nameless"),
        ("databricks", "[]".to_owned(), "unreadable"),
        ("wandb", alias("${alias}"), "unrendered"),
        ("wandb", r#"{"event_type":"LINK_ARTIFACT"}"#.to_owned(), "nameless"),
        ("wandb", r#"{"event_type":"BUILD_AND_DEPLOY"}"#.to_owned(), "nameless"),
        ("wandb", r#"{"event_type":"RUN_STATE","project_name":"p"}"#.to_owned(), "other"),
        ("wandb", r#"{"alias":"production"}"#.to_owned(), "eventless"),
        ("wandb", "not JSON".to_owned(), "unreadable"),
    ] {
        assert_eq!(Movement::read(sender, body.as_bytes()).unwrap_err().code(), expected, "{body}");
    }
    assert!(Movement::read("wandb", alias("production").as_bytes()).is_ok());
}

#[test]
fn what_the_vendors_templates_say_is_told() {
    const GITHUB: &str = include_str!(
        "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/github.json"
    );
    const TEAMS: &str = include_str!(
        "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/teams.json"
    );
    let movement = Movement::read("wandb", GITHUB.as_bytes()).unwrap();
    assert_eq!((&*movement.event, movement.is_instruction), ("BUILD_AND_DEPLOY", true));
    assert_eq!((&*movement.model, movement.version.as_deref()), ("fraud", Some("production")));
    assert_eq!(movement.unrouted().code(), "own_event");
    // A word that is spelled as an event is one that is to be named too.
    let link = GITHUB.replace("BUILD_AND_DEPLOY", "LINK_ARTIFACT");
    assert_eq!(Movement::read("wandb", link.as_bytes()).unwrap().unrouted().code(), "own_event");
    assert_eq!(Movement::read("wandb", TEAMS.as_bytes()).unwrap_err().code(), "nameless");
    let slack = r#"{"text": "New alert from WANDB!", "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Registry event: LINK_ARTIFACT"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "New version: acme/p/fraud:v3"}}
    ]}"#;
    let movement = Movement::read("wandb", slack.as_bytes()).unwrap();
    assert_eq!((&*movement.event, movement.is_instruction), ("LINK_ARTIFACT", false));
    assert_eq!((&*movement.model, movement.version.as_deref()), ("fraud", Some("v3")));
    assert_eq!(movement.unrouted().code(), "unrouted");
}
