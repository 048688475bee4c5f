//! What comes out of what came in.

use core::time::Duration;
use std::fs;

use serde_json::Value;
use verify_core::Sender;

use crate::{
    bridge::{
        NOW, Place, SENDERS, alias, alias_text, moved, moved_at, moved_text, post, signed,
        wait_until,
    },
    slack::Slack,
};

#[test]
fn a_delivery_of_every_sender_comes_out_at_the_other_end() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start();
    let guarded = ["databricks", "mlflow", "wandb"]
        .map(|name| format!("POST /webhooks/{name} is guarded\n"))
        .concat();
    assert!(bridge.said.starts_with(&guarded), "{}", bridge.said);
    let wandb = br#"{"event_type": "LINK_ARTIFACT", "event_author": "ada", "artifact_version_string": "acme/registry/fraud:v3"}"#;
    for (sender, body) in [
        (Sender::DATABRICKS, moved("fraud", 8)),
        (Sender::MLFLOW, alias("fraud", 3)),
        (Sender::WANDB, wandb.to_vec()),
    ] {
        assert_eq!(bridge.send(sender, &body).0, 204);
    }
    wait_until(|| slack.posted().len() == 3);
    let expected =
        [&moved_text("fraud", 8), &alias_text("fraud", 3), "acme/registry/fraud:v3 was linked"];
    assert_eq!(slack.taken(), expected);
    let posted = slack.posted();
    assert_eq!(posted[0].path, "/services/general");
    // A second between each two, where the first may have been long on its way.
    assert!(posted[2].at - posted[0].at > Duration::from_secs(1));
}

/// The vendor's templates, filled in. They are for receivers that are not this one.
#[test]
fn the_templates_that_the_vendor_documents_are_read_or_one_that_works_is_told() {
    const GITHUB: &str = include_str!(
        "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/github.json"
    );
    const TEAMS: &str = include_str!(
        "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/teams.json"
    );
    let block = |text: &str| {
        format!(r#"{{"type": "section", "text": {{"type": "mrkdwn", "text": "{text}"}}}}"#)
    };
    let blocks = [
        "Registry event: ADD_ARTIFACT_ALIAS",
        "New version: acme/model-registry/fraud:v3",
        "Author: ada",
    ];
    let blocks = blocks.map(block).join(",");
    let for_slack = format!(r#"{{"text": "New alert from WANDB!", "blocks": [{blocks}]}}"#);
    let slack = Slack::new();
    let place = Place::new(
        &slack,
        &["general"],
        "",
        "[[routes]]\nmodels = [\"fraud\"]\nchannels = [\"general\"]\n\
         [[routes]]\nevents = [\"LINK_ARTIFACT\"]\nchannels = [\"general\"]",
    );
    let bridge = place.start();
    assert_eq!(bridge.send(Sender::WANDB, GITHUB.as_bytes()).0, 204);
    assert_eq!(bridge.send(Sender::WANDB, for_slack.as_bytes()).0, 204);
    // Metadata, where a variable puts it.
    let metadata = r#"{"event_type": "LINK_ARTIFACT", "artifact_collection_name": "fraud", "alias": 0.50, "tag": null, "artifact_version": {"a": [1]}}"#;
    assert_eq!(bridge.send(Sender::WANDB, metadata.as_bytes()).0, 204);
    wait_until(|| slack.taken().len() == 3);
    assert!(!bridge.log().contains("template"), "{}", bridge.log());
    for body in [TEAMS.to_owned(), TEAMS.replace("ada", "bob")] {
        assert_eq!(bridge.send(Sender::WANDB, body.as_bytes()).0, 204);
    }
    wait_until(|| slack.taken().len() == 5);
    let expected = [
        "acme/model-registry/fraud:production: BUILD_AND_DEPLOY",
        "acme/model-registry/fraud:v3 got an alias",
        "fraud was linked",
        "An artifact was linked",
        "An artifact was linked",
    ];
    assert_eq!(slack.taken(), expected);
    wait_until(|| bridge.log().contains("${artifact_version_string}"));
    let log = bridge.log();
    assert_eq!(log.matches(" WARN ").count(), 1, "{log}");
    assert!(log.contains(r#"{"event_type": "${event_type}", "#), "{log}");
}

#[test]
fn a_rotation_takes_either_secret_and_a_token_has_to_come_as_well() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let file = |name: &str, content: &str| {
        let path = place.config().with_file_name(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let (previous, bearer) = (file("before", "the one before"), file("token", "a-token"));
    let settings = fs::read_to_string(place.config()).unwrap();
    let more = format!(
        "[senders.databricks]\nprevious_secret_file = \"{previous}\"\nbearer_file = \"{bearer}\""
    );
    fs::write(place.config(), settings.replace("[senders.databricks]", &more)).unwrap();
    let bridge = place.start();
    let status = |secret, token: &str, version| {
        let body = moved("fraud", version);
        let headers = signed(Sender::DATABRICKS, secret, "", &body);
        let headers = format!("authorization: Bearer {token}\r\n{headers}");
        post(&bridge.address, Sender::DATABRICKS, &headers, &body).unwrap().0
    };
    assert_eq!(status("databricks-secret", "a-token", 1), 204);
    assert_eq!(status("the one before", "a-token", 2), 204);
    assert_eq!(status("another", "a-token", 3), 401);
    assert_eq!(status("databricks-secret", "another", 4), 401);
    wait_until(|| slack.taken() == [moved_text("fraud", 1), moved_text("fraud", 2)]);
}

#[test]
fn what_does_not_verify_is_neither_kept_nor_posted() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start();
    for (sender, _) in SENDERS {
        assert_eq!(post(&bridge.address, sender, "", b"{}").unwrap().0, 401);
        let wrong = signed(sender, "another", "an-id", b"{}");
        assert_eq!(post(&bridge.address, sender, &wrong, b"{}").unwrap().0, 401);
    }
    // What is in the same channel, and came later, is there.
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("fraud", 1)).0, 204);
    wait_until(|| !slack.posted().is_empty());
    assert_eq!(slack.taken(), [moved_text("fraud", 1)]);
}

#[cfg(unix)]
#[test]
fn a_repeated_delivery_is_acknowledged_and_posted_once() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    for _ in 0..2 {
        let mut bridge = place.start();
        for _ in 0..3 {
            assert_eq!(bridge.send(Sender::DATABRICKS, &moved("fraud", 1)).0, 204);
        }
        bridge.signal("TERM");
        assert!(bridge.process.wait().unwrap().success());
    }
    let bridge = place.start();
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("fraud", 2)).0, 204);
    wait_until(|| slack.taken().contains(&moved_text("fraud", 2)));
    assert_eq!(slack.taken(), [moved_text("fraud", 1), moved_text("fraud", 2)]);
}

/// Somebody recorded it, and waited until it was not known any more.
#[test]
fn what_is_older_than_a_repetition_is_known_is_not_posted() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start();
    let days = |days: u128| days * 24 * 60 * 60 * 1000;
    for (version, age) in [(1, days(8)), (2, days(7) + 1), (3, days(6)), (4, 0)] {
        let body = moved_at(*NOW - age, "fraud", version);
        assert_eq!(bridge.send(Sender::DATABRICKS, &body).0, 204);
    }
    wait_until(|| slack.taken().contains(&moved_text("fraud", 4)));
    assert_eq!(slack.taken(), [moved_text("fraud", 3), moved_text("fraud", 4)]);
}

#[test]
fn routes_lead_events_of_models_to_channels() {
    let slack = Slack::new();
    let routes = r#"
        [[routes]]
        sender = "databricks"
        events = ["MODEL_VERSION_TRANSITIONED_*"]
        models = ["fraud-*"]
        channels = ["releases", "fraud"]
        [[routes]]
        models = ["fraud-a"]
        channels = ["fraud"]
        [[routes]]
        events = ["COMMENT_CREATED"]
        channels = ["comments"]
    "#;
    let place = Place::new(&slack, &["comments", "fraud", "releases"], "", routes);
    let bridge = place.start();
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("fraud-a", 1)).0, 204);
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("fraud-b", 2)).0, 204);
    assert_eq!(bridge.send(Sender::DATABRICKS, &moved("churn", 3)).0, 204);
    assert_eq!(bridge.send(Sender::MLFLOW, &alias("fraud-a", 4)).0, 204);
    // One that cannot be read goes wherever somebody may wait for it.
    assert_eq!(bridge.send(Sender::DATABRICKS, b"not JSON").0, 204);
    wait_until(|| slack.posted().len() == 8);
    let unreadable = || "An event that this version cannot read".to_owned();
    let mut expected = [
        ("/services/comments", unreadable()),
        ("/services/fraud", alias_text("fraud-a", 4)),
        ("/services/fraud", moved_text("fraud-a", 1)),
        ("/services/fraud", moved_text("fraud-b", 2)),
        ("/services/fraud", unreadable()),
        ("/services/releases", moved_text("fraud-a", 1)),
        ("/services/releases", moved_text("fraud-b", 2)),
        ("/services/releases", unreadable()),
    ];
    expected.sort();
    let posted = slack.posted();
    let mut posted: Vec<_> =
        posted.iter().map(|posted| (posted.path.as_str(), posted.text().to_owned())).collect();
    posted.sort();
    assert_eq!(posted, expected);
    let (_, metrics) = bridge.get("/metrics");
    assert!(
        metrics.contains("bridge_nothing_total{sender=\"databricks\",reason=\"unrouted\"} 1\n"),
        "{metrics}"
    );
}

#[test]
fn a_hostile_comment_of_2_mb_arrives_inert() {
    let slack = Slack::new();
    let place = Place::simple(&slack);
    let bridge = place.start();
    let hostile = "<!channel> <@U1> <https://evil.example|here> @here \u{202e}\u{0} *bold* & ";
    let comment = hostile.repeat(900_000 / hostile.len());
    let body = serde_json::json!({
        "event": "COMMENT_CREATED", "webhook_id": "w", "event_timestamp": *NOW as u64,
        "model_name": hostile, "version": hostile, "comment": comment, "text": hostile,
    });
    assert_eq!(bridge.send(Sender::DATABRICKS, body.to_string().as_bytes()).0, 204);
    let body = serde_json::json!({
        "entity": "registered_model", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00",
        "data": {"name": hostile, "tags": {hostile: hostile}, "description": hostile.repeat(30_000)},
    });
    let body = body.to_string();
    assert!(body.len() > 2_000_000);
    assert_eq!(bridge.send(Sender::MLFLOW, body.as_bytes()).0, 204);
    wait_until(|| slack.posted().len() == 2);
    for posted in slack.posted() {
        let message = posted.message.to_string();
        assert!(message.len() < 20_000, "{}", message.len());
        assert!(message.contains("&lt;!channel&gt;") && message.contains("&amp;"), "{message}");
        assert!(!message.contains(['<', '>', '\u{202e}']), "{message}");
        assert_eq!(posted.message["parse"], "none");
        assert_all_plain(&posted.message["blocks"]);
    }
}

/// Nothing of it is in a kind of text that Slack reads.
fn assert_all_plain(value: &Value) {
    match value {
        Value::Array(values) => values.iter().for_each(assert_all_plain),
        Value::Object(object) => {
            if object.get("text").is_some_and(Value::is_string) {
                assert_eq!(object["type"], "plain_text", "{value}");
            }
            object.values().for_each(assert_all_plain);
        }
        _ => {}
    }
}
