//! What comes out at the other end.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use verify_toolkit::{Delivery, samples};

use crate::{
    service::{Service, card_facts},
    trigger::{PATIENCE, Trigger, World, alias, finished},
};

const UNRENDERED: &str =
    r#"{"event_type":"LINK_ARTIFACT","artifact_collection_name":"${artifact_collection_name}"}"#;

/// Of Databricks' event, in milliseconds: long ago.
const SAMPLE_TIME: &str = "1589859029343";

const ALL: [&str; 3] = ["github.deploy", "databricks.retrain", "teams.models"];

#[tokio::test(flavor = "multi_thread")]
async fn a_movement_of_every_sender_starts_every_pipeline_once() {
    let world = World::new(&ALL);
    let trigger = world.start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    for (sender, event) in [
        ("databricks", "MODEL_VERSION_TRANSITIONED_STAGE"),
        ("mlflow", "model_version_alias.created"),
        ("wandb", "LINK_ARTIFACT"),
    ] {
        let sample = samples::find(sender, event).unwrap();
        let body = sample.body.replace(SAMPLE_TIME, &now.to_string());
        let delivery = Delivery::new(sample.sender, body);
        assert_eq!(trigger.deliver_twice(sender, delivery).await.unwrap(), [204, 204]);
    }
    let dispatches = world.github.wait_for(3);
    let mut payload = dispatches[0]["client_payload"].clone();
    let delivery = payload["delivery"].take();
    assert_eq!(delivery.as_str().unwrap().len(), 64);
    assert_eq!(dispatches[0]["event_type"], "model-moved");
    let expected = json!({
        "delivery": null, "event": "MODEL_VERSION_TRANSITIONED_STAGE", "from": "None",
        "model": "Airline_Delay_SparkML", "sender": "databricks", "target": "Production",
        "version": "8",
    });
    assert_eq!(payload, expected);
    let runs = world.databricks.wait_for(3);
    let expected = json!({"model": "fraud-detector", "target": "champion", "version": "1"});
    assert_eq!(runs[1]["job_parameters"], expected);
    let cards = world.teams.wait_for(3);
    let facts = ["Model: fraud-detector", "Version: v3", "To: production", "Event: LINK_ARTIFACT"];
    assert_eq!(card_facts(&cards[2]), [&facts[..], &["Sender: wandb"]].concat());

    // A fourth comes behind them, and nothing came between.
    assert_eq!(trigger.move_alias("last", 1).await.unwrap(), 204);
    assert_eq!(world.github.wait_for(4)[3]["client_payload"]["model"], "last");
    world.databricks.wait_for(4);
    assert_eq!((world.databricks.runs(), world.teams.wait_for(4).len()), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_a_test_or_about_something_else_starts_nothing() {
    let world = World::new(&["databricks.retrain"]);
    let trigger = world.start();
    for sender in ["databricks", "mlflow", "wandb"] {
        for sample in samples::of(sender) {
            let status =
                trigger.deliver_signed_with("another", sender, sample.delivery()).await.unwrap();
            assert_eq!(status, 401, "{sample:?}");
        }
    }
    let comment = samples::find("databricks", "COMMENT_CREATED").unwrap();
    let long_ago = samples::find("databricks", "MODEL_VERSION_TRANSITIONED_STAGE").unwrap();
    assert!(long_ago.body.contains(SAMPLE_TIME));
    let test = r#"{"event":"MODEL_VERSION_TRANSITIONED_STAGE","webhook_id":"a","event_timestamp":1,"model_name":"m","version":"1","from_stage":"None","to_stage":"Production","text":"A test webhook trigger for m."}"#;
    for (sender, delivery) in [
        ("databricks", comment.delivery()),
        ("databricks", Delivery::databricks(test)),
        // Somebody recorded it, and waited until it was not known any more.
        ("databricks", long_ago.delivery()),
        ("databricks", Delivery::databricks("[]")),
        ("wandb", Delivery::wandb(UNRENDERED)),
        ("wandb", Delivery::wandb("not JSON")),
        ("wandb", Delivery::wandb("")),
    ] {
        assert_eq!(trigger.deliver(sender, delivery).await.unwrap(), 204);
    }
    assert_eq!(trigger.move_alias("last", 1).await.unwrap(), 204);
    assert_eq!(world.databricks.wait_for(1)[0]["job_parameters"]["model"], "last");
}

/// The vendor's templates are for receivers that are not this one.
#[tokio::test(flavor = "multi_thread")]
async fn the_templates_that_the_vendor_documents_start_something_or_one_that_works_is_told() {
    const GITHUB: &str = include_str!(
        "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/github.json"
    );
    const TEAMS: &str = include_str!(
        "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/teams.json"
    );
    let slack = r#"{"text": "New alert from WANDB!", "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Registry event: LINK_ARTIFACT"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "New version: acme/model-registry/slack:v3"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "Author: ada"}}
    ]}"#;
    let world = World::new(&["databricks.retrain"]);
    let trigger = world.start();
    // No route names BUILD_AND_DEPLOY, and a card says nothing of a model: each is said once.
    for (count, text) in [(2, GITHUB), (2, TEAMS), (2, r#"{"model": "m"}"#), (1, slack)] {
        for number in 0..count {
            let body = text.replace("ada", &format!("ada{number}")).replace("\"m\"", "\"n\"");
            assert_eq!(trigger.deliver("wandb", Delivery::wandb(body)).await.unwrap(), 204);
        }
    }
    let run = world.databricks.wait_for(1)[0]["job_parameters"].clone();
    assert_eq!(run, json!({"model": "slack", "version": "v3"}));
    trigger.finish();

    world.change(|settings| {
        settings
            + "[[routes]]\nsender = \"wandb\"\nevents = [\"BUILD_AND_DEPLOY\"]\n\
               pipelines = [\"databricks.retrain\"]\n"
    });
    let trigger = world.start();
    assert_eq!(trigger.deliver("wandb", Delivery::wandb(GITHUB)).await.unwrap(), 204);
    let run = world.databricks.wait_for(2)[1]["job_parameters"].clone();
    assert_eq!(run, json!({"model": "fraud", "version": "production"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_template_is_said_once_with_one_that_works() {
    let world = World::new(&["databricks.retrain"]);
    let trigger = world.start();
    for body in [
        r#"{"event_type": "BUILD", "client_payload": {"artifact_collection_name": "m"}}"#,
        r#"{"event_type": "BUILD", "client_payload": {"artifact_collection_name": "n"}}"#,
        r#"{"artifact_collection_name": "m"}"#,
        r#"{"artifact_collection_name": "n"}"#,
        // Not a movement, and nothing is wrong with it.
        r#"{"event_type": "RUN_STATE", "project_name": "p"}"#,
    ] {
        assert_eq!(trigger.deliver("wandb", Delivery::wandb(body)).await.unwrap(), 204);
    }
    // Not JSON: what comes last.
    assert_eq!(trigger.deliver("wandb", Delivery::wandb("x")).await.unwrap(), 204);
    let mut warnings = Vec::new();
    while !warnings.last().is_some_and(|line: &String| line.contains("not JSON")) {
        let line = trigger.stderr.recv_timeout(PATIENCE).unwrap();
        warnings.extend(line.contains(" WARN ").then_some(line));
    }
    let template = r#"{"event_type": "${event_type}", "event_author": "${event_author}", "#;
    assert!(warnings.iter().all(|line| line.contains(template)), "{warnings:#?}");
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
    assert!(warnings[0].contains("name it under `events` of a route"), "{warnings:#?}");
    assert!(
        warnings[1].contains("it has no `event_type` that says what happened"),
        "{warnings:#?}"
    );
}

/// A workflow answers before it begins. That is no arrival, and is not counted as one.
#[tokio::test(flavor = "multi_thread")]
async fn what_teams_only_accepts_is_told_from_what_it_took() {
    let world = World::new(&["teams.models"]);
    let trigger = world.start();
    assert_eq!(trigger.move_alias("fraud", 1).await.unwrap(), 204);
    world.teams.wait_for(1);
    while !trigger.stderr.recv_timeout(PATIENCE).unwrap().contains("accepted, not confirmed") {}
    trigger.finish();

    // The older form, to a connector, which takes it.
    world.change(|settings| {
        settings.replace("[teams.models]", "[teams.models]\ncard = \"message-card\"")
    });
    let connector = Service::connector();
    let mut command = world.command(&["serve"]);
    command.env("TEAMS_URL", format!("{}/hook", connector.url));
    let trigger = Trigger::start(command);
    assert_eq!(trigger.move_alias("fraud", 2).await.unwrap(), 204);
    assert_eq!(connector.wait_for(1)[0]["sections"][0]["facts"][1]["value"], "2");
    trigger.finish();

    // And to a workflow, which drops it without a word.
    let trigger = world.start();
    assert_eq!(trigger.move_alias("fraud", 3).await.unwrap(), 204);
    while !trigger.stderr.recv_timeout(PATIENCE).unwrap().contains("given up") {}
    let (_, listed, _) = world.run(&["dead", "list"]);
    assert!(listed.contains("a workflow, which drops a MessageCard: set `card = "), "{listed}");
    assert_eq!(world.teams.taken().len(), 1);
}

/// A move back to a version is no repetition where the body differs, and looks like one where it does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_of_wandb_is_a_warning_and_others_are_not() {
    let world = World::new(&["databricks.retrain"]);
    let trigger = world.start();
    let link = |version| {
        Delivery::wandb(format!(
            r#"{{"event_type":"LINK_ARTIFACT","artifact_collection_name":"m","artifact_version":"{version}"}}"#
        ))
    };
    let moved = alias("m", 1).with_delivery_id("the-same-id");
    for (sender, delivery) in [
        ("wandb", link("v1")),
        ("wandb", link("v2")),
        ("mlflow", moved.clone()),
        ("mlflow", moved),
        ("wandb", link("v1")),
    ] {
        assert_eq!(trigger.deliver(sender, delivery).await.unwrap(), 204);
    }
    let mut logged = Vec::new();
    while logged.len() < 2 {
        let line = trigger.stderr.recv_timeout(PATIENCE).unwrap();
        logged.extend(line.contains("a repeated delivery").then_some(line));
    }
    let has = |line: &str, words: [&str; 2]| words.iter().all(|word| line.contains(word));
    assert!(has(&logged[0], [" INFO ", "mlflow"]), "{logged:?}");
    assert!(has(&logged[1], [" WARN ", "wandb"]), "{logged:?}");
    assert_eq!(trigger.move_alias("last", 1).await.unwrap(), 204);
    assert_eq!(world.databricks.wait_for(4)[3]["job_parameters"]["model"], "last");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prints_and_needs_no_token() {
    let world = World::new(&ALL);
    let mut command = world.command(&["serve", "--dry-run"]);
    command.env_remove("GITHUB_TOKEN").env_remove("DATABRICKS_TOKEN").env_remove("TEAMS_URL");
    let trigger = Trigger::start(command);
    // A terminal would act upon these: CSI of C1, and what reverses.
    assert_eq!(trigger.move_alias("fraud\u{9b}2J\u{202e}\u{e0041}", 3).await.unwrap(), 204);
    let mut printed = String::new();
    while ["github.deploy", "databricks.retrain", "teams.models"]
        .iter()
        .any(|name| !printed.contains(&format!("# to {name}\n")))
    {
        printed += &trigger.stdout.recv_timeout(PATIENCE).unwrap();
        printed += "\n";
    }
    assert!(printed.contains(r#""model": "fraud\u009b2J\u202e\udb40\udc41""#), "{printed}");
    assert!(!printed.contains(['\u{9b}', '\u{202e}', '\u{e0041}']), "{printed}");
    assert!(world.github.taken().is_empty() && world.databricks.taken().is_empty());
}

#[test]
fn settings_are_checked_with_their_secrets() {
    let world = World::new(&["github.deploy"]);
    let (code, stdout, stderr) = world.run(&["check"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.ends_with("3 senders, 3 pipelines: nothing is wrong\n"), "{stdout}");
    assert_eq!(stdout.matches("no route leads to this pipeline").count(), 2, "{stdout}");
    for (variable, value, expected) in [
        ("GITHUB_TOKEN", "", "the token in it is empty, or has other than visible ASCII"),
        ("DATABRICKS_TOKEN", "a\nb", "the token in it is empty, or has other than visible ASCII"),
        (
            "TEAMS_URL",
            "http://10.0.0.1/x",
            "the URL in it is `http` to another machine: it has to be `https`",
        ),
        (
            "WANDB_WEBHOOK_SECRET",
            "secret of mlflow",
            "`mlflow` has the same secret: each sender needs its own",
        ),
    ] {
        let output = world.command(&["check"]).env(variable, value).output().unwrap();
        let (code, stdout, stderr) = finished(output);
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.ends_with(&format!(": {expected}\n")), "{stderr}");
        assert!(value.is_empty() || !stderr.contains(value), "{stderr}");
    }
    world.change(|settings| settings.replace("/store.db", "/not-mounted/store.db"));
    let (code, stdout, stderr) = world.run(&["check"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.ends_with(": the folder of this file is not there\n"), "{stderr}");
}
