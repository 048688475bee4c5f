//! Several instances on one PostgreSQL, and what becomes of deliveries when it or one of them fails.

use core::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, mpsc},
    thread::{self, sleep},
    time::Instant,
};

use rustix::process::Signal;
use verify_outbox::{Delivery, Kept, Outbox, Outcome, Policy, Post, StoreError, Unposted, Workers};

use crate::{
    common::{Ending, there, verified, wait_until},
    server::Postgres,
    small_disk::{fill, small_disk},
};

fn open(address: &str) -> (Outbox, Workers) {
    Outbox::postgres(address).unwrap().open().unwrap()
}

fn keep(outbox: &Outbox, body: &str) -> Result<Kept, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(outbox.keep(&verified(body), there()))
}

fn wait_for_nothing(outbox: &Outbox) {
    wait_until(|| outbox.waiting().is_ok_and(|waiting| waiting.is_empty()));
}

/// What arrived, by whom, in its order.
#[derive(Clone, Default)]
struct Arrived(Arc<Mutex<Vec<(usize, String)>>>);

impl Arrived {
    fn post(&self, instance: usize, time: Duration) -> impl Post + use<> {
        let arrived = self.clone();
        move |delivery: &Delivery| {
            sleep(time);
            let body = String::from_utf8(delivery.body.clone()).unwrap();
            arrived.0.lock().unwrap().push((instance, body));
            Outcome::Done
        }
    }

    fn bodies(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    fn times(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for body in self.bodies() {
            *times.entry(body).or_default() += 1;
        }
        times
    }

    fn by(&self, instance: usize) -> usize {
        self.0.lock().unwrap().iter().filter(|(by, _)| *by == instance).count()
    }
}

#[test]
fn of_copies_that_two_instances_get_one_is_new() {
    let Some(server) = Postgres::start("of_copies_that_two_instances_get_one_is_new") else {
        return;
    };
    let address = server.database("copies");
    let instances = [open(&address), open(&address)];
    for round in 0..5 {
        let new = AtomicUsize::new(0);
        thread::scope(|scope| {
            for (outbox, _) in instances.iter().cycle().take(40) {
                let new = &new;
                scope.spawn(move || match keep(outbox, &round.to_string()).unwrap() {
                    Kept::New => new.fetch_add(1, Ordering::Relaxed),
                    _ => 0,
                });
            }
        });
        assert_eq!(new.into_inner(), 1);
    }
    assert_eq!(instances[0].0.waiting().unwrap()[0].pending, 5);
}

/// Order and pace are those of one instance, and what one keeps another one posts at once.
#[test]
fn one_instance_at_a_time_posts_to_a_destination() {
    let Some(server) = Postgres::start("one_instance_at_a_time_posts_to_a_destination") else {
        return;
    };
    let address = server.database("order");
    let arrived = Arrived::default();
    let running = Arc::new(AtomicUsize::new(0));
    let mut instances: Vec<_> = (0..3).map(|_| open(&address)).collect();
    for (instance, (_, workers)) in instances.iter_mut().enumerate() {
        let (running, mut post) = (Arc::clone(&running), arrived.post(instance, Duration::ZERO));
        let post = move |delivery: &Delivery| {
            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "two at the same time");
            sleep(Duration::from_millis(5));
            let outcome = post.post(delivery);
            running.fetch_sub(1, Ordering::SeqCst);
            outcome
        };
        workers.add("there", Policy::default().in_order(), post).unwrap();
    }
    let bodies: Vec<_> = (0..60).map(|number| format!("{number:03}")).collect();
    for (number, body) in bodies.iter().enumerate() {
        assert_eq!(keep(&instances[number % 3].0, body), Ok(Kept::New));
    }
    wait_for_nothing(&instances[0].0);
    assert_eq!(arrived.bodies(), bodies);

    // The others go on where one ends, and the one that holds it is the first.
    let holder = (0..3).find(|&instance| arrived.by(instance) > 0).unwrap();
    drop(instances.remove(holder));
    keep(&instances[0].0, "more").unwrap();
    wait_for_nothing(&instances[0].0);
    assert_eq!(arrived.bodies().last().unwrap(), "more");
    assert_eq!(arrived.bodies().len(), 61);
}

/// It was stopped for longer than its lease, or cut off: what it says then is about the past.
#[test]
fn what_was_taken_over_is_not_settled_by_who_had_it_before() {
    let Some(server) = Postgres::start("what_was_taken_over_is_not_settled_by_who_had_it_before")
    else {
        return;
    };
    for (database, policy, expire) in [
        (
            "taken_over",
            Policy::default(),
            "UPDATE verify_outbox_gate SET held_until = 0 WHERE epoch = 1",
        ),
        (
            "taken_over_alone",
            Policy::default().parallel(),
            "UPDATE verify_outbox_posting SET held_until = 0 WHERE epoch = 1",
        ),
    ] {
        let address = server.database(database);
        let (first, second) = (open(&address), open(&address));
        let (outbox, mut workers) = first;
        let (begun, begins) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel::<()>();
        let stalled = move |_: &Delivery| {
            begun.send(()).unwrap();
            let _ = goes_on.recv_timeout(Duration::from_secs(60));
            Outcome::Dead { reason: "long ago".to_owned() }
        };
        workers.add("there", policy.clone(), stalled).unwrap();
        keep(&outbox, "a").unwrap();
        begins.recv_timeout(Duration::from_secs(60)).unwrap();

        let arrived = Arrived::default();
        let (begun, begins) = mpsc::channel();
        let (let_arrive, may_arrive) = mpsc::channel::<()>();
        let mut post = arrived.post(2, Duration::ZERO);
        let slow = move |delivery: &Delivery| {
            begun.send(()).unwrap();
            let _ = may_arrive.recv_timeout(Duration::from_secs(30));
            post.post(delivery)
        };
        let (_other, mut others) = second;
        others.add("there", policy.clone(), slow).unwrap();
        // Until then the first renews its lease.
        wait_until(|| {
            server.sql(database, expire);
            begins.try_recv().is_ok()
        });
        drop(go_on);
        workers.stop();
        let waiting = outbox.waiting().unwrap();
        assert_eq!((waiting[0].pending, waiting[0].dead), (1, 0), "{database}: it is the other's");
        drop(let_arrive);
        wait_for_nothing(&outbox);
        assert_eq!(arrived.bodies(), ["a"]);
    }
}

#[test]
fn a_posting_that_takes_longer_than_a_lease_keeps_it() {
    let Some(server) = Postgres::start("a_posting_that_takes_longer_than_a_lease_keeps_it") else {
        return;
    };
    let address = server.database("long");
    let arrived = Arrived::default();
    let mut instances = [open(&address), open(&address)];
    keep(&instances[0].0, "a").unwrap();
    for (instance, (_, workers)) in instances.iter_mut().enumerate() {
        let long = arrived.post(instance, Duration::from_secs(20));
        workers.add("there", Policy::default(), long).unwrap();
    }
    wait_for_nothing(&instances[0].0);
    drop(instances);
    assert_eq!(arrived.bodies(), ["a"]);
}

/// Two would post at the same time.
#[test]
fn a_server_whose_clock_is_set_back_by_seconds_ends_no_lease() {
    let test = "a_server_whose_clock_is_set_back_by_seconds_ends_no_lease";
    let Some(server) = Postgres::start(test) else { return };
    for (database, policy, table) in [
        ("one", Policy::default(), "verify_outbox_gate"),
        ("parallel", Policy::default().parallel(), "verify_outbox_posting"),
    ] {
        let address = server.database(database);
        let arrived = Arrived::default();
        let mut instances = [open(&address), open(&address)];
        // Whenever a lease is renewed, the clock is set back by 3 s after it.
        server.sql(
            database,
            &format!(
                "CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     IF NEW.held_until > 0 THEN NEW.held_until := NEW.held_until + 3000; END IF;
                     RETURN NEW;
                 END $$;
                 CREATE TRIGGER back BEFORE INSERT OR UPDATE ON {table}
                     FOR EACH ROW EXECUTE FUNCTION back()"
            ),
        );
        keep(&instances[0].0, "a").unwrap();
        for (instance, (_, workers)) in instances.iter_mut().enumerate() {
            let long = arrived.post(instance, Duration::from_secs(7));
            workers.add("there", policy.clone(), long).unwrap();
        }
        wait_for_nothing(&instances[0].0);
        drop(instances);
        assert_eq!(arrived.bodies(), ["a"], "{database}");
    }
}

#[test]
fn several_instances_post_to_a_parallel_destination() {
    let Some(server) = Postgres::start("several_instances_post_to_a_parallel_destination") else {
        return;
    };
    let address = server.database("many");
    let arrived = Arrived::default();
    let mut instances = [open(&address), open(&address)];
    for number in 0..100 {
        keep(&instances[0].0, &number.to_string()).unwrap();
    }
    let have_begun = Arc::new([const { AtomicBool::new(false) }; 2]);
    for (instance, (_, workers)) in instances.iter_mut().enumerate() {
        let have_begun = Arc::clone(&have_begun);
        let mut post = arrived.post(instance, Duration::from_millis(10));
        let post = move |delivery: &Delivery| {
            have_begun[instance].store(true, Ordering::Relaxed);
            // At the same time as the other.
            wait_until(|| have_begun[1 - instance].load(Ordering::Relaxed));
            post.post(delivery)
        };
        workers.add("there", Policy::default().parallel(), post).unwrap();
    }
    wait_for_nothing(&instances[0].0);
    assert!(arrived.times().values().all(|times| *times == 1), "{:?}", arrived.times());
    assert_eq!(arrived.bodies().len(), 100);
    assert!((0..2).all(|instance| arrived.by(instance) > 10), "one did nearly all");
}

#[test]
fn tables_are_made_once_and_migrated_and_newer_ones_are_refused() {
    let Some(server) =
        Postgres::start("tables_are_made_once_and_migrated_and_newer_ones_are_refused")
    else {
        return;
    };
    let address = server.database("empty");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| open(&address));
        }
    });
    assert_eq!(server.sql("empty", "SELECT version FROM verify_outbox_version"), "2");

    let address = server.database("older");
    server.sql("older", include_str!("../../src/postgres/schema/1.sql"));
    server.sql(
        "older",
        "CREATE TABLE verify_outbox_version (version integer NOT NULL);
         INSERT INTO verify_outbox_version VALUES (1);
         INSERT INTO verify_outbox_delivery (key, sender, received_at, body, destinations, missing)
            VALUES (decode(repeat('00', 32), 'hex'), 'mlflow', 0, 'kept before', 1, 1);
         INSERT INTO verify_outbox_posting (delivery, destination, since) VALUES (1, 'there', 0)",
    );
    let (outbox, mut workers) = open(&address);
    let arrived = Arrived::default();
    workers.add("there", Policy::default().parallel(), arrived.post(0, Duration::ZERO)).unwrap();
    wait_for_nothing(&outbox);
    assert_eq!(arrived.bodies(), ["kept before"]);
    drop((outbox, workers));

    server.sql("older", "UPDATE verify_outbox_version SET version = 7");
    let error = Outbox::postgres(&address).unwrap().open().unwrap_err().to_string();
    let expected = "/older`: the store was changed by a newer version: its schema is 7, and this version knows 2; update this program";
    assert!(error.ends_with(expected), "{error}");
    let error = Unposted::postgres(&address, []).unwrap_err().to_string();
    assert!(error.ends_with(expected), "{error}");
}

/// A table may be large, or somebody may read it for minutes, as a backup does. Others that start wait meanwhile, and
/// those that run go on.
#[test]
fn a_migration_may_take_longer_than_a_call() {
    const CALL: Duration = Duration::from_secs(5);
    let Some(server) = Postgres::start("a_migration_may_take_longer_than_a_call") else { return };
    let address = server.database("large");
    let (running, _workers) = open(&address);
    server.sql(
        "large",
        "ALTER TABLE verify_outbox_posting DROP holder, DROP epoch, DROP held_until;
         UPDATE verify_outbox_version SET version = 1",
    );
    let reading = server.session("large", "BEGIN; SELECT count(*) FROM verify_outbox_posting");
    thread::scope(|scope| {
        let opened: Vec<_> = (0..2).map(|_| scope.spawn(|| open(&address))).collect();
        server.wait_until_blocked("large", "relation");
        server.wait_until_blocked("large", "advisory");
        // Not all the time: it waits behind the change at times.
        wait_until(|| keep(&running, "while the change waits").is_ok());
        sleep(CALL);
        assert!(opened.iter().all(|opened| !opened.is_finished()), "it took no time");
        drop(reading);
        opened.into_iter().for_each(|opened| drop(opened.join().unwrap()));
    });
    assert_eq!(server.sql("large", "SELECT version FROM verify_outbox_version"), "2");
}

/// Before the lease that is nearly over is renewed, another one may have taken it.
#[test]
fn nothing_is_begun_under_a_lease_that_is_about_to_end() {
    let test = "nothing_is_begun_under_a_lease_that_is_about_to_end";
    let Some(server) = Postgres::start(test) else { return };
    let address = server.database("ending");
    let (outbox, mut workers) = open(&address);
    let arrived = Arrived::default();
    workers.add("there", Policy::default(), arrived.post(0, Duration::ZERO)).unwrap();
    keep(&outbox, "a").unwrap();
    wait_for_nothing(&outbox);
    // Whenever it is renewed, 3 s are left.
    server.sql(
        "ending",
        "CREATE FUNCTION soon() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             NEW.held_until := (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 3000;
             RETURN NEW;
         END $$;
         CREATE TRIGGER soon BEFORE INSERT OR UPDATE ON verify_outbox_gate
             FOR EACH ROW EXECUTE FUNCTION soon();
         UPDATE verify_outbox_gate SET held_until = 0",
    );
    keep(&outbox, "b").unwrap();
    sleep(Duration::from_secs(5));
    assert_eq!(arrived.bodies(), ["a"]);
    server.sql("ending", "DROP TRIGGER soon ON verify_outbox_gate");
    wait_for_nothing(&outbox);
    assert_eq!(arrived.bodies(), ["a", "b"]);
}

#[test]
fn what_does_not_open_says_so_in_one_sentence_without_the_password() {
    let test = "what_does_not_open_says_so_in_one_sentence_without_the_password";
    let Some(server) = Postgres::start(test) else { return };
    server.sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    server.sql("postgres", "CREATE ROLE guest LOGIN PASSWORD 'hunter2'");
    let at = |user: &str, database: &str| {
        server.url(database).replace("once@", &format!("{user}:hunter2@"))
    };
    for (address, said) in [
        (
            at("once", "none"),
            "the store cannot be used: there is no such database: make it with `CREATE DATABASE`",
        ),
        (
            at("guest", "postgres"),
            "the store cannot be used: the user may not make or use its tables: make the user the owner of the schema",
        ),
        (
            at("once", "latin"),
            "the store cannot be used: the database has another encoding than UTF8: make one with `CREATE DATABASE ... ENCODING 'UTF8'`",
        ),
        (
            at("nobody", "postgres"),
            "the server of the store refuses the user or the password of the address",
        ),
        (
            "postgres://once:hunter2@127.0.0.1:1/x".to_owned(),
            "the server of the store cannot be reached",
        ),
    ] {
        let error = Outbox::postgres(&address).unwrap().open().unwrap_err();
        let (text, debug) = (error.to_string(), format!("{error:?}"));
        assert_eq!(text.split_once("`: ").unwrap().1, said);
        assert!(!(text + &debug).contains("hunter2"), "{debug}");
    }
}

/// Of four instances with 16 destinations each, three only stand by. Where they asked whenever something came, it was 528
/// a second, and with a hundred instances the server did nothing else.
#[test]
fn instances_that_stand_by_ask_rarely() {
    let Some(server) = Postgres::start("instances_that_stand_by_ask_rarely") else { return };
    let address = server.database("idle");
    let mut instances: Vec<_> = (0..4).map(|_| open(&address)).collect();
    let arrived = Arrived::default();
    for (instance, (_, workers)) in instances.iter_mut().enumerate() {
        for destination in 0..16 {
            let post = arrived.post(instance, Duration::ZERO);
            workers.add(&format!("there-{destination}"), Policy::default(), post).unwrap();
        }
    }
    let transactions = || -> u32 {
        // They are counted up to a second late.
        sleep(Duration::from_millis(1500));
        let count = "SELECT xact_commit FROM pg_stat_database WHERE datname = 'idle'";
        server.sql("postgres", count).parse().unwrap()
    };
    let (before, begun) = (transactions(), Instant::now());
    for number in 0..100 {
        // For nobody who posts.
        keep(&instances[0].0, &number.to_string()).unwrap();
        sleep(Duration::from_millis(50));
    }
    let asked = f64::from(transactions() - before) / begun.elapsed().as_secs_f64();
    println!("| 4 instances, 16 destinations | {asked:.0} transactions a second |");
    assert!(asked < 350.0, "{asked}");
}

/// The client of PostgreSQL finds these out itself, and has its own words for them.
#[test]
fn a_standby_and_a_missing_password_are_told_in_our_words() {
    let test = "a_standby_and_a_missing_password_are_told_in_our_words";
    let Some(primary) = Postgres::start(test) else { return };
    let standby = primary.standby();
    let said = |server: &Postgres| {
        let error = Outbox::postgres(&server.url("postgres")).unwrap().open().err()?.to_string();
        Some(error.split_once("`: ").unwrap().1.to_owned())
    };
    let is_standby = "the server of the store is a standby: its primary is needed";
    assert_eq!(said(&standby).as_deref(), Some(is_standby));
    let rules = primary.sql("postgres", "SHOW hba_file");
    let rule = format!("COPY (SELECT 'host all all 127.0.0.1/32 scram-sha-256') TO '{rules}'");
    primary.sql("postgres", &rule);
    primary.sql("postgres", "SELECT pg_reload_conf()");
    let no_password = "the server of the store asks for a password, and the address has none";
    wait_until(|| said(&primary).as_deref() == Some(no_password));
}

/// What a load of deliveries became.
struct Load {
    accepted: Vec<String>,
    refused: usize,
    arrived: Arrived,
}

impl Load {
    /// Keeps deliveries from two instances, and tries again what was not kept, while something is done to the server;
    /// then waits until all has arrived.
    fn run(address: &str, trouble: impl FnOnce()) -> Self {
        Self::run_with(address, 0, trouble)
    }

    /// The same with bodies of so many bytes at least.
    fn run_with(address: &str, bytes: usize, trouble: impl FnOnce()) -> Self {
        let arrived = Arrived::default();
        let mut instances = [open(address), open(address)];
        for (instance, (_, workers)) in instances.iter_mut().enumerate() {
            let post = arrived.post(instance, Duration::from_millis(2));
            workers.add("there", Policy::default(), post).unwrap();
        }
        let started = Instant::now();
        let (ends, refused) = (AtomicBool::new(false), AtomicUsize::new(0));
        let accepted = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let _ending = Ending(&ends);
            for sender in 0..8 {
                let (outbox, ends, refused, accepted) =
                    (&instances[sender % 2].0, &ends, &refused, &accepted);
                scope.spawn(move || {
                    for number in 0.. {
                        let body = format!("{:bytes$}", format!("{sender}-{number}"));
                        loop {
                            let begun = Instant::now();
                            let kept = keep(outbox, &body);
                            assert!(
                                begun.elapsed() < Duration::from_secs(8),
                                "it has no time limit"
                            );
                            if kept.is_ok() {
                                break;
                            }
                            refused.fetch_add(1, Ordering::Relaxed);
                            let is_soon = started.elapsed() < Duration::from_secs(120);
                            assert!(is_soon, "nothing is kept any more");
                            sleep(Duration::from_millis(50));
                        }
                        accepted.lock().unwrap().push(body);
                        if ends.load(Ordering::Relaxed) {
                            break;
                        }
                        sleep(Duration::from_millis(20));
                    }
                });
            }
            let deliveries_are_kept = || {
                let before = accepted.lock().unwrap().len();
                sleep(Duration::from_secs(1));
                wait_until(|| accepted.lock().unwrap().len() >= before + 30);
            };
            deliveries_are_kept();
            trouble();
            deliveries_are_kept();
        });
        wait_for_nothing(&instances[0].0);
        drop(instances);
        let accepted = accepted.into_inner().unwrap();
        Self { accepted, refused: refused.into_inner(), arrived }
    }

    /// Says how many were lost, and how many came twice, which are few: one for each time that something failed, and
    /// for each of those who post.
    fn judge(&self, what: &str, most_twice: usize) {
        let times = self.arrived.times();
        let lost = self.accepted.iter().filter(|body| !times.contains_key(*body)).count();
        let twice = times.values().filter(|times| **times > 1).count();
        println!(
            "| {what} | {} accepted | {} refused | {} arrived | {twice} twice | {lost} lost |",
            self.accepted.len(),
            self.refused,
            times.len()
        );
        assert_eq!(lost, 0);
        assert_eq!(times.len(), self.accepted.len(), "what arrived was accepted in the end");
        assert!(twice <= most_twice && times.values().all(|times| *times < 3), "{times:?}");
    }
}

#[test]
fn a_server_that_is_killed_loses_nothing() {
    let Some(mut server) = Postgres::start("a_server_that_is_killed_loses_nothing") else { return };
    let address = server.database("killed");
    let load = Load::run(&address, || {
        for _ in 0..3 {
            server.kill();
            sleep(Duration::from_millis(300));
            server.start_again();
            sleep(Duration::from_millis(700));
        }
    });
    load.judge("killed 3 times, started again", 3);
}

#[test]
fn a_server_that_stalls_loses_nothing() {
    for (what, stalled) in [("stalled 0.3 s", 300), ("stalled 2 s", 2000), ("stalled 20 s", 20_000)]
    {
        let Some(server) = Postgres::start("a_server_that_stalls_loses_nothing") else { return };
        let address = server.database("stalled");
        let load = Load::run(&address, || {
            server.signal(Signal::STOP);
            sleep(Duration::from_millis(stalled));
            server.signal(Signal::CONT);
        });
        load.judge(what, 1);
    }
}

/// With `synchronous_standby_names`, without which PostgreSQL itself loses what it acknowledged last.
#[test]
fn a_standby_that_is_promoted_loses_nothing() {
    for (what, most_twice) in [("lost", 1), ("silent", 2)] {
        let Some(mut primary) = Postgres::start("a_standby_that_is_promoted_loses_nothing") else {
            return;
        };
        let database = primary.database("promoted");
        let standby = primary.standby();
        let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
        let address = database.replace(&format!("127.0.0.1:{}", primary.port()), &hosts);
        let load = Load::run(&address, || {
            match what {
                "lost" => primary.kill(),
                // It takes connections, and never answers.
                _ => primary.signal(Signal::STOP),
            }
            sleep(Duration::from_millis(500));
            standby.promote();
        });
        load.judge(&format!("primary {what}, standby promoted"), most_twice);
    }
}

/// The server goes on with a commit that nobody waits for any more, and each has a connection.
#[test]
fn commits_that_wait_for_a_standby_leave_no_connections_behind() {
    let test = "commits_that_wait_for_a_standby_leave_no_connections_behind";
    let Some(server) = Postgres::start(test) else { return };
    let address = server.database("waits");
    let (outbox, _workers) = open(&address);
    server.wait_for_standbys("*");
    thread::scope(|scope| {
        for sender in 0..16 {
            let outbox = &outbox;
            scope.spawn(move || {
                for number in 0..4 {
                    assert!(keep(outbox, &format!("{sender}-{number}")).is_err());
                }
            });
        }
    });
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'verify-outbox'";
    let connections: usize = server.sql("waits", ours).trim().parse().unwrap();
    assert!(connections <= 20, "{connections}");
    server.wait_for_standbys("");
    wait_until(|| keep(&outbox, "another").is_ok());
}

/// PostgreSQL refuses what needs room, and stops where its log has none: a person makes room, and starts it again.
#[test]
fn a_server_with_a_full_disk_loses_nothing() {
    let test = "a_server_with_a_full_disk_loses_nothing";
    // Not in a namespace of users: PostgreSQL runs as another one.
    let Some(disk) = small_disk(&format!("postgres::{test}"), 160, &[]) else { return };
    let disk = disk.as_path();
    let Some(mut server) = Postgres::start_in(test, &disk.join("data")) else { return };
    let address = server.database("full");
    let load = Load::run_with(&address, 10_000, || {
        fill(disk);
        sleep(Duration::from_secs(4));
        fs::remove_file(disk.join("other")).unwrap();
        // It may still be about to end.
        sleep(Duration::from_millis(500));
        server.start_again();
    });
    assert!(load.refused > 0, "it was not full");
    load.judge("disk full for 4 s", 2);
}
