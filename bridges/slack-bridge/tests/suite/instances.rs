//! Two bridges on one PostgreSQL, behind a balancer that gives each the next delivery.

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use verify_core::Sender;

use crate::{
    bridge::{Bridge, Place, moved, moved_text, send, wait_at_most, wait_until},
    killed::Random,
    server::Postgres,
    slack::{Answer, Slack},
};

const CHANNELS: usize = 6;

/// Settings of an instance, with a channel for each model.
fn place(address: &str, slack: &Slack) -> Place {
    let channels: Vec<_> = (0..CHANNELS).map(|number| format!("channel-{number}")).collect();
    let routes: String = channels
        .iter()
        .enumerate()
        .map(|(number, channel)| {
            format!("[[routes]]\nmodels = [\"model-{number}\"]\nchannels = [\"{channel}\"]\n")
        })
        .collect();
    let names: Vec<_> = channels.iter().map(String::as_str).collect();
    Place::at(address, slack, &names, &routes)
}

fn model(number: usize) -> String {
    format!("model-{}", number % CHANNELS)
}

/// Sends a delivery to the next one.
fn send_next(bridges: &[&Bridge], number: usize, copies: usize) -> Vec<u16> {
    let body = moved(&model(number), number);
    let targets = bridges.iter().cycle().skip(number % bridges.len()).take(copies);
    thread::scope(|scope| {
        let body = &body;
        let sent: Vec<_> = targets
            .map(|bridge| {
                let send = move || send(&bridge.address, Sender::DATABRICKS, "", body).unwrap().0;
                scope.spawn(send)
            })
            .collect();
        sent.into_iter().map(|sent| sent.join().unwrap()).collect()
    })
}

#[test]
fn two_instances_post_each_delivery_once_in_order_and_at_its_pace() {
    let test = "two_instances_post_each_delivery_once_in_order_and_at_its_pace";
    let Some(server) = Postgres::start(test) else { return };
    let slack = Slack::new();
    let place = place(&server.database("bridge"), &slack);
    let (one, two) = (place.start(), place.start());
    let all = CHANNELS * 5;
    for number in 0..all {
        // Each of them gets copies of it at the same time.
        assert_eq!(send_next(&[&one, &two], number, 4), [204; 4]);
    }
    wait_until(|| slack.taken().len() >= all);
    thread::sleep(Duration::from_secs(2));
    let mut channels: BTreeMap<String, Vec<(String, Instant)>> = BTreeMap::new();
    for posted in slack.posted() {
        let text = posted.text().to_owned();
        channels.entry(posted.path).or_default().push((text, posted.at));
    }
    assert_eq!(channels.len(), CHANNELS);
    for (channel, posted) in channels {
        let number: usize = channel.rsplit('-').next().unwrap().parse().unwrap();
        let expected: Vec<_> = (number..all)
            .step_by(CHANNELS)
            .map(|number| moved_text(&model(number), number))
            .collect();
        let texts: Vec<_> = posted.iter().map(|(text, _)| text.clone()).collect();
        assert_eq!(texts, expected, "{channel}");
        for place in 1..posted.len() {
            let since = |other: usize| posted[place].1 - posted[other].1;
            // One that is noted late is nearer to the next, and as much further from the one before.
            let was_late = place > 1 && since(place - 2) > Duration::from_millis(1700);
            let between = since(place - 1);
            assert!(between > Duration::from_millis(700) || was_late, "{channel}: {between:?}");
        }
    }
    assert_eq!((one.get("/readyz").0, two.get("/readyz").0), (200, 200));
}

#[test]
fn dead_ones_of_a_shared_store_are_listed_and_tried_again() {
    let test = "dead_ones_of_a_shared_store_are_listed_and_tried_again";
    let Some(server) = Postgres::start(test) else { return };
    let slack = Slack::new();
    slack.behave(|_| Answer::Refuse(404, "", "no_service"));
    let place = place(&server.database("dead"), &slack);
    let (one, _two) = (place.start(), place.start());
    assert_eq!(send_next(&[&one], 0, 1), [204]);
    wait_until(|| place.run(&["dead", "list"]).contains("HTTP 404: no_service"));
    let listed: serde_json::Value =
        serde_json::from_str(&place.run(&["dead", "list", "--json"])).unwrap();
    for (name, value) in [
        ("destination", "channel-0"),
        ("event", "MODEL_VERSION_TRANSITIONED_STAGE"),
        ("model", "model-0"),
        ("reason", "HTTP 404: no_service"),
    ] {
        assert_eq!(listed[name], value, "{listed}");
    }
    slack.behave(|_| Answer::Take);
    let retried = "{\"changed\":1,\"of\":1,\"to\":\"will be tried again\"}\n";
    assert_eq!(place.run(&["dead", "--json", "retry", "--all"]), retried);
    wait_until(|| slack.taken() == [moved_text(&model(0), 0)]);
    wait_until(|| place.run(&["dead", "list", "--json"]).is_empty());
    assert_eq!(place.run(&["dead", "drop", "--all"]), "0 of 0 dropped\n");

    slack.behave(|_| Answer::Refuse(404, "", "no_service"));
    assert_eq!(send_next(&[&one], 1, 1), [204]);
    wait_until(|| !place.run(&["dead", "list"]).is_empty());
    let dropped = "{\"changed\":1,\"of\":1,\"to\":\"dropped\"}\n";
    assert_eq!(place.run(&["dead", "drop", "--all", "--json"]), dropped);
    assert_eq!(place.run(&["dead", "list"]), "");
}

/// While somebody reads a table of an older version, as a backup does.
#[test]
fn who_waits_for_a_migration_says_so() {
    let Some(server) = Postgres::start("who_waits_for_a_migration_says_so") else { return };
    let place = place(&server.database("older"), &Slack::new());
    drop(place.start());
    server.sql(
        "older",
        "ALTER TABLE verify_outbox_posting DROP holder, DROP epoch, DROP held_until;
         UPDATE verify_outbox_version SET version = 1",
    );
    let session = |sql: &str| server.session("older", &format!("BEGIN; {sql}"));
    let migrating = session("SELECT pg_advisory_xact_lock(hashtext('verify_outbox'))");
    let reading = session("SELECT count(*) FROM verify_outbox_posting");
    let said = thread::scope(|scope| {
        let started = scope.spawn(|| place.start().said.clone());
        server.wait_until_blocked("older", "advisory");
        drop(migrating);
        server.wait_until_blocked("older", "relation");
        // It gives up for a while.
        wait_until(|| !server.is_blocked("older", "relation"));
        drop(reading);
        started.join().unwrap()
    });
    for expected in [
        "waits for another instance that migrates the tables of the store",
        "cannot migrate the tables of the store yet: they are in use",
        "migrates the tables of the store found=1 known=2",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(server.sql("older", "SELECT version FROM verify_outbox_version"), "2");
}

#[test]
fn two_instances_killed_in_turn_5_times_lose_nothing() {
    lose_nothing(5);
}

#[test]
#[ignore = "as the README says: -- --ignored --nocapture killed_in_turn_100"]
fn two_instances_killed_in_turn_100_times_lose_nothing() {
    lose_nothing(100);
}

fn lose_nothing(kills: usize) {
    let Some(server) = Postgres::start("two_instances_killed_in_turn_lose_nothing") else { return };
    let slack = Slack::new();
    let pauses = Mutex::new(Random::new());
    let pause = move || Duration::from_millis(pauses.lock().unwrap().below(40));
    slack.behave(move |_| Answer::TakeAfter(pause()));
    let place = place(&server.database("killed"), &slack);
    let bridges = [Mutex::new(place.start()), Mutex::new(place.start())];
    let addresses =
        bridges.each_ref().map(|bridge| Mutex::new(bridge.lock().unwrap().address.clone()));
    let next = AtomicUsize::new(0);
    let (accepted, again) = (Mutex::new(BTreeSet::new()), AtomicUsize::new(0));
    let mut random = Random::new();
    thread::scope(|scope| {
        // Dropped at the end, also where something fails.
        let load = Arc::new(());
        for _ in 0..4 {
            let goes_on = Arc::downgrade(&load);
            let (next, addresses, accepted, again) = (&next, &addresses, &accepted, &again);
            scope.spawn(move || {
                while goes_on.strong_count() > 0 {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // A sender comes again until it is acknowledged, and meets the other one then.
                    for attempt in 0.. {
                        let address = addresses[(number + attempt) % 2].lock().unwrap().clone();
                        let body = moved(&model(number), number);
                        let answer = send(&address, Sender::DATABRICKS, "", &body);
                        if answer.is_some_and(|(status, _)| status == 204) {
                            break;
                        }
                        again.fetch_add(1, Ordering::Relaxed);
                        thread::sleep(Duration::from_millis(50));
                    }
                    accepted.lock().unwrap().insert(number);
                    // As much as the channels take in the meantime.
                    thread::sleep(Duration::from_millis(500));
                }
            });
        }
        for kill in 0..kills {
            thread::sleep(Duration::from_millis(1000 + random.below(1500)));
            // A busy machine takes longer for a load.
            wait_until(|| accepted.lock().unwrap().len() > 2 * (kill + 1));
            let mut bridge = bridges[kill % 2].lock().unwrap();
            bridge.process.kill().unwrap();
            bridge.process.wait().unwrap();
            *bridge = place.start();
            addresses[kill % 2].lock().unwrap().clone_from(&bridge.address);
        }
    });
    let accepted = accepted.into_inner().unwrap();
    let expected: BTreeSet<_> =
        accepted.iter().map(|number| moved_text(&model(*number), *number)).collect();
    let is_there = || {
        let taken: BTreeSet<_> = slack.taken().into_iter().collect();
        expected.iter().all(|text| taken.contains(text))
    };
    wait_at_most(Duration::from_secs(120 + 2 * (accepted.len() / CHANNELS) as u64), is_there);
    thread::sleep(Duration::from_secs(2));
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for text in slack.taken() {
        *times.entry(text).or_default() += 1;
    }
    let lost = expected.iter().filter(|text| !times.contains_key(*text)).count();
    let twice = times.values().filter(|times| **times > 1).count();
    println!(
        "| 2 bridges, killed in turn {kills} times | {} accepted | {} sent again | {} arrived | {twice} twice | {lost} lost |",
        accepted.len(),
        again.into_inner(),
        times.len()
    );
    assert_eq!((lost, times.len()), (0, accepted.len()));
    // One for each channel at most, each time.
    assert!(twice <= kills * CHANNELS && times.values().all(|times| *times < 4), "{times:?}");
}
