//! Two triggers on one PostgreSQL, behind a balancer that gives each the next delivery.

use core::time::Duration;
use std::{collections::BTreeSet, time::Instant};

use crate::{server::Postgres, service::Trouble, trigger::World};

/// A world whose triggers share a database.
fn shared(server: &Postgres, database: &str, pipelines: &[&str]) -> World {
    let world = World::new(pipelines);
    let address = server.database(database);
    world.change(|settings| {
        let lines = settings.lines().filter(|line| !line.starts_with("store."));
        let lines: Vec<_> = lines.collect();
        format!("store = \"{address}\"\n{}\n", lines.join("\n"))
    });
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_start_each_pipeline_once_and_in_order() {
    let test = "two_instances_start_each_pipeline_once_and_in_order";
    let Some(server) = Postgres::start(test) else { return };
    let world = shared(&server, "shared", &["github.deploy", "databricks.retrain"]);
    let triggers = [world.start(), world.start()];
    for version in 0..10 {
        let one = &triggers[version % 2];
        assert_eq!(one.move_alias("fraud", version).await.unwrap(), 204);
    }
    let versions = |taken: Vec<serde_json::Value>, payload: &str| {
        let version =
            |json: &serde_json::Value| json[payload]["version"].as_str().unwrap().to_owned();
        taken.iter().map(version).collect::<Vec<_>>()
    };
    let expected: Vec<_> = (0..10).map(|version| version.to_string()).collect();
    assert_eq!(versions(world.github.wait_for(10), "client_payload"), expected);
    assert_eq!(versions(world.databricks.wait_for(10), "job_parameters"), expected);
    // One a second, whichever starts it.
    let times = world.github.times();
    for place in 1..times.len() {
        let since = |other: usize| times[place] - times[other];
        // One that is noted late is nearer to the next, and as much further from the one before.
        let was_late = place > 1 && since(place - 2) > Duration::from_millis(1700);
        assert!(since(place - 1) > Duration::from_millis(700) || was_late, "{times:?}");
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((world.github.taken().len(), world.databricks.runs()), (10, 10));
}

/// The other one takes over, once the lease is over; what was being started is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_instance_was_starting_the_other_one_starts() {
    let test = "what_a_killed_instance_was_starting_the_other_one_starts";
    let Some(server) = Postgres::start(test) else { return };
    let world = shared(&server, "taken_over", &["databricks.retrain"]);
    world.databricks.trouble([Trouble::Late(Duration::from_secs(20))]);
    let mut first = world.start();
    assert_eq!(first.move_alias("fraud", 1).await.unwrap(), 204);
    world.databricks.wait_for(1);
    let second = world.start();
    assert_eq!(second.move_alias("fraud", 2).await.unwrap(), 204);
    let killed = Instant::now();
    first.process.kill().unwrap();
    first.process.wait().unwrap();
    world.databricks.wait_for(2);
    assert!(killed.elapsed() > Duration::from_secs(8), "it did not wait for the end of the lease");
    world.databricks.wait_for(3);
    let taken = world.databricks.taken();
    let tokens: BTreeSet<_> = taken.iter().map(|json| json["idempotency_token"].as_str()).collect();
    assert_eq!((tokens.len(), world.databricks.runs()), (2, 2));
    assert_eq!(taken[0], taken[1], "what it was at comes first");
}
