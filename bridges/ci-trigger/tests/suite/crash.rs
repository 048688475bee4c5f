//! Killed at any moment: what was answered 2xx is started, and how often.

use core::time::Duration;
use std::{
    collections::{HashMap, HashSet},
    process::Command,
    time::Instant,
};

use crate::{
    service::{Service, Trouble},
    trigger::World,
};

const KILLS: usize = 10;
/// Deliveries that are sent at a time, before each.
const TOGETHER: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_accepted_is_lost_when_it_is_killed() {
    let world = World::new(&["github.deploy", "databricks.retrain"]);
    let mut accepted = Vec::new();
    for round in 0..KILLS {
        let mut trigger = world.start();
        let version = |index| round * TOGETHER + index;
        let sent = async {
            tokio::join!(
                trigger.move_alias("fraud", version(0)),
                trigger.move_alias("fraud", version(1)),
                trigger.move_alias("fraud", version(2))
            )
        };
        // At another point of its work each time.
        let time = Duration::from_millis((round as u64 * 137) % 700);
        let kill = async {
            tokio::time::sleep(time).await;
            Command::new("kill").args(["-s", "KILL", &trigger.process.id().to_string()]).status()
        };
        // However slow the machine is, every other one does something.
        let ((first, second, third), killed) = match round % 2 {
            0 => tokio::join!(sent, kill),
            _ => (sent.await, kill.await),
        };
        assert!(killed.unwrap().success());
        for (index, status) in [first, second, third].into_iter().enumerate() {
            if status.is_ok_and(|status| status == 204) {
                accepted.push(version(index).to_string());
            }
        }
        trigger.process.wait().unwrap();
    }
    assert!(accepted.len() >= KILLS / 2 * TOGETHER, "there was no load: {accepted:?}");
    let _last = world.start();

    let start = Instant::now();
    let (dispatched, ran) = loop {
        let dispatched = count(&world.github, "client_payload");
        let ran = count(&world.databricks, "job_parameters");
        if accepted
            .iter()
            .all(|version| [&dispatched, &ran].iter().all(|all| all.contains_key(version)))
        {
            break (dispatched, ran);
        }
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{accepted:?}\n{dispatched:?}\n{ran:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let twice: usize = dispatched.values().map(|count| count - 1).sum();
    let asked: usize = ran.values().sum();
    println!(
        "{KILLS} kills, {} accepted, 0 lost; GitHub got {twice} twice; Databricks was asked {asked} \
         times and started {} runs for {} deliveries",
        accepted.len(),
        world.databricks.runs(),
        ran.len()
    );
    assert!(twice <= KILLS, "{dispatched:?}");
    let taken = world.databricks.taken();
    let runs: HashSet<_> = taken.iter().map(|json| json["idempotency_token"].as_str()).collect();
    let versions: HashSet<_> =
        taken.iter().map(|json| json["job_parameters"]["version"].as_str()).collect();
    assert_eq!(runs.len(), versions.len(), "a run for each delivery, and no more");
}

/// How often a service took each version.
fn count(service: &Service, payload: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for json in service.taken() {
        let version = json[payload]["version"].as_str().unwrap().to_owned();
        *counts.entry(version).or_insert(0) += 1;
    }
    counts
}

/// Between the service's taking it and the writing down of that: GitHub gets it twice, as nobody can
/// ask whether a dispatch was sent. Of Databricks the token brings back the run that there is.
#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_it_asks_again() {
    let world = World::new(&["github.deploy", "databricks.retrain"]);
    let late = || [Trouble::Late(Duration::from_secs(20))];
    world.github.trouble(late());
    world.databricks.trouble(late());
    let mut trigger = world.start();
    assert_eq!(trigger.move_alias("fraud", 1).await.unwrap(), 204);
    world.github.wait_for(1);
    world.databricks.wait_for(1);
    trigger.process.kill().unwrap();
    trigger.process.wait().unwrap();

    let _again = world.start();
    let dispatches = world.github.wait_for(2);
    assert_eq!(dispatches[0], dispatches[1]);
    assert_eq!(world.databricks.wait_for(2).len(), 2);
    assert_eq!(world.databricks.runs(), 1);
}
