//! Services that do not take what they are given, and senders that do not notice.

use core::time::Duration;

use serde_json::Value;
use verify_toolkit::Delivery;

use crate::{
    service::{Trouble, card_facts},
    trigger::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn github_is_asked_again_when_it_said_so() {
    let world = World::new(&["github.deploy"]);
    let spent = "x-ratelimit-remaining: 0\r\nretry-after: 1\r\n".to_owned();
    world.github.trouble([
        Trouble::Answer(503, String::new(), ""),
        Trouble::Answer(
            403,
            "retry-after: 1\r\n".to_owned(),
            r#"{"message":"You have exceeded a secondary rate limit."}"#,
        ),
        Trouble::Answer(403, spent, r#"{"message":"API rate limit exceeded"}"#),
    ]);
    let trigger = world.start();
    for version in 1..=11 {
        assert_eq!(trigger.move_alias("fraud", version).await.unwrap(), 204);
    }
    let taken = world.github.wait_for(11);
    let versions: Vec<_> = taken.iter().map(|json| &json["client_payload"]["version"]).collect();
    assert_eq!(versions, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
    // A second between each two, where the first may have been long on its way.
    let times = world.github.times();
    assert!(times[10] - times[0] > Duration::from_secs(9), "{times:?}");
    assert_eq!(world.run(&["dead", "list"]).1, "");
}

/// What is started last is what is deployed; messages only have to arrive.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_never_starts_the_older_version_last() {
    let world = World::new(&["github.deploy", "databricks.retrain", "teams.models"]);
    let busy = Trouble::Answer(429, "retry-after: 1\r\n".to_owned(), "");
    for service in [&world.github, &world.databricks, &world.teams] {
        service.trouble(vec![busy.clone(); 5]);
    }
    let trigger = world.start();
    for version in 1..=2 {
        assert_eq!(trigger.move_alias("fraud", version).await.unwrap(), 204);
    }
    let versions = |taken: &[Value], pointer| {
        let version = |json: &Value| json.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        taken.iter().map(version).collect::<Vec<_>>()
    };
    let dispatches = world.github.wait_for(2);
    assert_eq!(versions(&dispatches, "/client_payload/version"), ["1", "2"]);
    let runs = world.databricks.wait_for(2);
    assert_eq!(versions(&runs, "/job_parameters/version"), ["1", "2"]);
    let cards = world.teams.wait_for(2);
    let cards: Vec<_> = cards.iter().map(|card| card_facts(card)[1].clone()).collect();
    assert_eq!(cards, ["Version: 2", "Version: 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_service_keeps_no_sender_waiting_and_holds_up_no_other() {
    let world = World::new(&["github.deploy", "databricks.retrain"]);
    world.github.trouble([Trouble::Slow(Duration::from_secs(10))]);
    let trigger = world.start();
    assert_eq!(trigger.move_alias("fraud", 1).await.unwrap(), 204);
    world.databricks.wait_for(1);
    assert!(world.github.taken().is_empty());
    world.github.wait_for(1);
}

/// What was taken while its answer was lost: GitHub cannot know it again, Databricks can.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_two_dispatches_and_one_run() {
    let world = World::new(&["github.deploy", "databricks.retrain"]);
    world.github.trouble([Trouble::Lost]);
    world.databricks.trouble([Trouble::Lost]);
    let trigger = world.start();
    assert_eq!(trigger.move_alias("fraud", 1).await.unwrap(), 204);
    let dispatches = world.github.wait_for(2);
    // The workflow can tell by this.
    let name = |index: usize| &dispatches[index]["client_payload"]["delivery"];
    assert_eq!(name(0), name(1));
    world.databricks.wait_for(2);
    assert_eq!(world.databricks.runs(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_is_a_503_and_loses_nothing_that_was_accepted() {
    let world = World::with_store(&["github.deploy"], 1);
    // Down until the store is full.
    world.github.trouble([Trouble::Slow(Duration::from_secs(10))]);
    let trigger = world.start();
    let large = |version: &str| {
        let filling = "x".repeat(200_000);
        Delivery::wandb(format!(
            r#"{{"event_type": "LINK_ARTIFACT", "artifact_collection_name": "m", "alias": "{version}", "filling": "{filling}"}}"#
        ))
    };
    let mut accepted = Vec::new();
    loop {
        let version = accepted.len().to_string();
        assert!(accepted.len() < 10, "it is never full");
        match trigger.deliver("wandb", large(&version)).await.unwrap() {
            204 => accepted.push(version),
            status => break assert_eq!(status, 503),
        }
    }
    assert!((2..=6).contains(&accepted.len()), "{accepted:?}");
    let taken = world.github.wait_for(accepted.len());
    let versions: Vec<_> = taken.iter().map(|json| &json["client_payload"]["target"]).collect();
    assert_eq!(versions, accepted.iter().collect::<Vec<_>>());
    // Once there is room it takes deliveries again.
    while trigger.deliver("wandb", large("again")).await.unwrap() == 503 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.github.wait_for(accepted.len() + 1);
}

/// Each try is signed as long ago as MLflow would have waited by then.
#[tokio::test(flavor = "multi_thread")]
async fn mlflow_tries_for_50_seconds_while_nothing_can_be_kept() {
    let world = World::new(&["github.deploy"]);
    let trigger = world.start();
    let away = world.store().with_extension("away");
    std::fs::rename(world.store(), &away).unwrap();
    let mut tries = vec![0];
    for _ in 0..3 {
        let at = tries[tries.len() - 1];
        tries.push(at + trigger.try_signed_ago(at).await.unwrap());
    }
    // 0, 5, 20 and 50, and later on a machine that is busy.
    assert!((5..20).contains(&tries[1]) && (20..55).contains(&tries[2]), "{tries:?}");
    assert!((50..90).contains(&tries[3]), "{tries:?}");
    std::fs::rename(&away, world.store()).unwrap();
    assert_eq!(trigger.try_signed_ago(tries[3]).await, Err(204));
    world.github.wait_for(1);
}
