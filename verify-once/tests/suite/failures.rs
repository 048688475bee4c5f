//! Servers that fail under deliveries of a simulated MLflow. None is lost, and what ran twice is counted.

use core::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};
use std::sync::Arc;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use verify_once::{Answer, Builder, Claimed, Claims, Ending, Key, Once, Reason, Terms, Token};

use crate::{
    mlflow::{Counts, deliver, deliver_to},
    proxy::Proxy,
    servers::{Clock, PostgresServer, Server, SmallDisk, each, each_redis},
    support::{enter_answer, enter_run, mlflow_after},
};

const FIRST: Claimed = Claimed::Acquired { attempt: 1 };

/// A guard whose store is there. Under load the first connection may take longer than a call may.
async fn guard(store: Arc<dyn Claims>) -> Once {
    ready(Once::builder_shared(store)).await
}

/// The same where a call may take long, because that is not what is tested.
async fn patient_guard(store: Arc<dyn Claims>) -> Once {
    ready(Once::builder_shared(store).store_deadline(Duration::from_secs(5))).await
}

async fn ready(builder: Builder) -> Once {
    let once = builder.build().unwrap();
    while once.check().await.is_err() {}
    once
}

/// Prints a row of the table, and holds it to its bounds.
fn hold(failure: &str, server: &str, counts: &Counts, most_again: usize) {
    let Counts { once, again, lost, slowest, pause } = counts;
    eprintln!("| {failure} | {server} | {once} | {again} | {lost} | {} ms |", slowest.as_millis());
    assert_eq!(*lost, 0, "{failure}, {server}: lost");
    assert!(*again <= most_again, "{failure}, {server}: {again} ran again");
    // 500 ms, and what a loaded machine takes.
    let most = Duration::from_millis(1500) + *pause;
    assert!(*slowest < most, "{failure}, {server}: {slowest:?}, paused for {pause:?}");
}

/// Lets 60 deliveries come within 3 s to two instances, and something happen after one.
async fn during(instances: [Once; 2], failure: impl Future<Output = ()>) -> Counts {
    let deliveries = deliver(&instances, "delivery", 60, Duration::from_millis(50));
    let failing = async {
        sleep(Duration::from_secs(1)).await;
        failure.await;
    };
    tokio::join!(deliveries, failing).0
}

async fn stall(time: Duration, failure: &str) {
    for server in each(failure) {
        let instances = [guard(server.open()).await, guard(server.open()).await];
        let counts = during(instances, async {
            server.stop();
            sleep(time).await;
            server.go_on();
        })
        .await;
        // A completion that the stop held up is made when the server goes on; the handler succeeded, so its
        // sender does not come again.
        hold(failure, server.name(), &counts, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_for_300_ms_loses_nothing() {
    stall(Duration::from_millis(300), "server stalls for 0.3 s").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_for_2_s_loses_nothing() {
    stall(Duration::from_secs(2), "server stalls for 2 s").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stalls_for_40_s_loses_nothing() {
    stall(Duration::from_secs(40), "server stalls for 40 s").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_nothing() {
    let failure = "server killed, back after 2 s";
    for mut server in each(failure) {
        let instances = [guard(server.open()).await, guard(server.open()).await];
        let deliveries = deliver(&instances, "delivery", 60, Duration::from_millis(50));
        let killing = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_secs(1));
            server.kill();
            std::thread::sleep(Duration::from_secs(2));
            server.start_again();
            server
        });
        let (counts, server) = tokio::join!(deliveries, killing);
        // A claim of PostgreSQL need not be on the disk, and a completion may have been under way.
        hold(failure, server.unwrap().name(), &counts, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_noticed_and_mended_by_a_new_connection() {
    let failure = "partition of 3 s, its connections dead for ever";
    for server in each(failure) {
        let proxy = Proxy::to(server.port()).await;
        let [first, second] = [(); 2].map(|()| guard(server.open_at(proxy.port)));
        let instances = [first.await, second.await];
        let deliveries = deliver(&instances, "delivery", 60, Duration::from_millis(50));
        let cutting = async {
            sleep(Duration::from_secs(1)).await;
            proxy.cut();
            sleep(Duration::from_secs(3)).await;
            proxy.mend();
            let mended = Instant::now();
            while instances[0].check().await.is_err() {
                assert!(mended.elapsed() < Duration::from_secs(10), "{failure}, {}", server.name());
            }
        };
        let counts = tokio::join!(deliveries, cutting).0;
        hold(failure, server.name(), &counts, 0);
    }
}

/// The process ends between claim and completion: nothing is released.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_killed_is_followed_by_another_after_its_lease() {
    let failure = "receiver killed between claim and completion";
    for server in each(failure) {
        let (first, second) =
            (patient_guard(server.open()).await, patient_guard(server.open()).await);
        let begun = Instant::now();
        core::mem::forget(enter_run(&first, &mlflow_after("killed", 0)).await);
        let Answer { reason, retry_after, .. } =
            enter_answer(&second, &mlflow_after("killed", 0)).await;
        assert_eq!(reason, Reason::InProgress);
        let wait = retry_after.unwrap();
        let since = begun.elapsed().as_secs();
        assert!((30 - since..=31).contains(&wait), "{wait}");
        (server.pass())(Duration::from_secs(wait)).await;
        let run = enter_run(&second, &mlflow_after("killed", wait)).await;
        assert_eq!(run.attempt(), 2, "{}", server.name());
        run.end(Ending::Answered(200)).await;
        assert_eq!(enter_answer(&first, &mlflow_after("killed", wait)).await.reason, Reason::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_was_stopped_past_its_lease_settles_nothing() {
    for server in each("receiver stopped past its lease") {
        let (first, second) =
            (patient_guard(server.open()).await, patient_guard(server.open()).await);
        let receipt = mlflow_after("stopped", 0);
        let stopped = enter_run(&first, &receipt).await;
        (server.pass())(Duration::from_secs(35)).await;
        let run = enter_run(&second, &receipt).await;
        assert_eq!(run.attempt(), 2);
        stopped.end(Ending::Answered(500)).await;
        assert_eq!(
            enter_answer(&first, &receipt).await.reason,
            Reason::InProgress,
            "{}",
            server.name()
        );
        run.end(Ending::Answered(404)).await;
        assert_eq!(enter_answer(&first, &receipt).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_copies_on_a_server_one_runs() {
    let failure = "2 instances with 100 copies each";
    for server in each(failure) {
        let instances = [patient_guard(server.open()).await, patient_guard(server.open()).await];
        let ran = Arc::new(AtomicU32::new(0));
        let mut copies = JoinSet::new();
        for number in 0..200 {
            let (once, ran) = (instances[number % 2].clone(), Arc::clone(&ran));
            copies.spawn(async move {
                let handle = |_| async {
                    ran.fetch_add(1, Relaxed);
                    sleep(Duration::from_millis(100)).await;
                };
                let receipt = mlflow_after("copy", 0);
                once.guard(&receipt, handle, |()| Ending::Answered(200)).await.map_err(|a| a.status)
            });
        }
        let mut statuses = Vec::new();
        while let Some(copy) = copies.join_next().await {
            statuses.push(copy.unwrap().err().unwrap_or(200));
        }
        let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        eprintln!(
            "| {failure} | {} | ran {} | 204: {} | 503: {} |",
            server.name(),
            ran.load(Relaxed),
            count(204),
            count(503)
        );
        assert_eq!(ran.load(Relaxed), 1, "{}", server.name());
        assert_eq!(count(200) + count(204) + count(503), 200);
    }
}

/// The clock of the server is set back by an hour: what is held runs once more, and not twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_clock_is_set_back_runs_once_more_at_most() {
    for server in each("clock of the server an hour back") {
        let store = server.open();
        let (held, done) = (Key::new([1; 32]), Key::new([2; 32]));
        let [first, second, third] = [1, 2, 3].map(|number| Token::new([number; 16]));
        let terms = Terms::new(Duration::from_secs(30), Duration::from_secs(690));
        let claim = async |key: &Key, token: &Token| store.claim(key, token, terms).await.unwrap();
        assert_eq!(claim(&held, &first).await, FIRST);
        assert_eq!(claim(&done, &first).await, FIRST);
        store.complete(&done, &first, 200).await.unwrap();
        server.set_back(Duration::from_secs(3600));
        assert_eq!(
            claim(&held, &second).await,
            Claimed::Acquired { attempt: 2 },
            "{}",
            server.name()
        );
        assert!(matches!(claim(&held, &third).await, Claimed::InProgress { .. }));
        assert_eq!(claim(&done, &second).await, Claimed::Done { status: 200 });
    }
}

/// A server asks others for the time, or another server with its own clock takes over.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_clock_is_set_back_by_seconds_frees_no_claim() {
    let failure = "clock of the server 3 s back";
    for server in each(failure) {
        let store = server.open();
        let key = Key::new([1; 32]);
        let [first, second] = [1, 2].map(|number| Token::new([number; 16]));
        let terms = Terms::new(Duration::from_secs(30), Duration::from_secs(690));
        assert_eq!(store.claim(&key, &first, terms).await.unwrap(), FIRST);
        server.set_back(Duration::from_secs(3));
        let claimed = store.claim(&key, &second, terms).await.unwrap();
        let Claimed::InProgress { left } = claimed else {
            panic!("{}: {claimed:?}", server.name());
        };
        assert!(left > terms.lease, "{}: {left:?}", server.name());
        eprintln!("| {failure} | {} | 1 | 0 | 0 |", server.name());
        server.set_back(Duration::from_secs(10));
        let claimed = store.claim(&key, &second, terms).await.unwrap();
        assert_eq!(claimed, Claimed::Acquired { attempt: 2 }, "{}", server.name());
    }
}

/// The same by the clock that the server reads, where libfaketime is.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_reads_an_hour_less_runs_once_more_at_most() {
    let failure = "clock of the server an hour back, by libfaketime";
    let Some(clock) = Clock::new(failure) else { return };
    let mut servers: Vec<Box<dyn Server>> = Vec::new();
    // Debian's Redis does not start under libfaketime: its allocator asks for the time.
    for server in each_redis(failure).into_iter().filter(|server| server.name == "Valkey") {
        servers.push(Box::new(server.another_with_clock(&clock)));
    }
    if let Some(server) = PostgresServer::start_with_clock(failure, &clock) {
        servers.push(Box::new(server));
    }
    for server in servers {
        clock.set("+0");
        let once = patient_guard(server.open()).await;
        let (held, done) = (mlflow_after("held", 0), mlflow_after("done", 0));
        let first = enter_run(&once, &held).await;
        enter_run(&once, &done).await.end(Ending::Answered(204)).await;
        clock.set("-1h");
        // Valkey gives scripts a time that it reads ten times a second.
        sleep(Duration::from_secs(1)).await;
        let second = enter_run(&once, &held).await;
        assert_eq!(second.attempt(), 2, "{}", server.name());
        assert_eq!(enter_answer(&once, &held).await.reason, Reason::InProgress);
        assert_eq!(enter_answer(&once, &done).await.reason, Reason::Done);
        // The number of the run fences: the first one settles nothing.
        first.end(Ending::Answered(500)).await;
        assert_eq!(enter_answer(&once, &held).await.reason, Reason::InProgress);
        second.end(Ending::Answered(204)).await;
        assert_eq!(enter_answer(&once, &held).await.reason, Reason::Done);
        eprintln!("| {failure} | {} | 1 | 1 | 0 |", server.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_memory_for_a_while_loses_nothing() {
    let failure = "memory full for 2 s";
    for server in each_redis(failure) {
        let instances = [guard(server.open()).await, guard(server.open()).await];
        let counts = during(instances, async {
            server.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
            sleep(Duration::from_secs(2)).await;
            server.command::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
        })
        .await;
        hold(failure, server.name, &counts, 0);
    }
}

/// A disk that is full refuses new claims, or ends the server; what was done stays known.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_disk_for_a_while_loses_nothing() {
    let failure = "disk full for some seconds";
    let Some(disk) = SmallDisk::mount(failure, 80) else { return };
    let started = PostgresServer::start_in(failure, disk.path(), |_| Vec::new(), Vec::new());
    let Some(mut server) = started else { return };
    let once = patient_guard(server.open()).await;
    let known = mlflow_after("known", 0);
    enter_run(&once, &known).await.end(Ending::Answered(204)).await;
    let instances = [guard(server.open()).await, guard(server.open()).await];
    let store = server.open();
    let mut refused = None;
    let failing = async {
        let filler = disk.fill();
        for number in 0..20_000_u32 {
            let mut key = [9; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            let terms = Terms::new(Duration::from_secs(30), Duration::from_secs(690));
            let claimed = store.claim(&Key::new(key), &Token::new([1; 16]), terms).await;
            if let Err(error) = claimed {
                refused = Some(error);
                break;
            }
        }
        sleep(Duration::from_secs(1)).await;
        std::fs::remove_file(filler).unwrap();
    };
    let counts = during(instances, failing).await;
    assert!(refused.is_some(), "the disk did not become full");
    eprintln!("| {failure}: a claim is refused | PostgreSQL | {} |", refused.unwrap());
    hold(failure, "PostgreSQL", &counts, 0);
    // It may have ended.
    let server = tokio::task::spawn_blocking(move || {
        server.start_again();
        server
    });
    let server = server.await.unwrap();
    while once.check().await.is_err() {}
    assert_eq!(enter_answer(&once, &known).await.reason, Reason::Done);
    drop(server);
}

/// What a standby was not sent yet is forgotten, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_to_a_standby_loses_no_delivery() {
    let failure = "failover to a standby";
    let Some(primary) = PostgresServer::start(failure) else { return };
    let way = Proxy::to(primary.port()).await;
    let [first, second] = [(); 2].map(|()| patient_guard(primary.open_at(way.port)));
    let instances = [first.await, second.await];
    let (mut primary, standby) = tokio::task::spawn_blocking(move || {
        let standby = primary.standby();
        (primary, standby)
    })
    .await
    .unwrap();
    let known = mlflow_after("known", 0);
    enter_run(&instances[0], &known).await.end(Ending::Answered(204)).await;
    let deliveries = deliver(&instances, "delivery", 60, Duration::from_millis(50));
    let failing = async {
        sleep(Duration::from_millis(1500)).await;
        tokio::task::spawn_blocking(move || primary.kill()).await.unwrap();
        way.lead_to(standby.port());
        // It is a standby still.
        sleep(Duration::from_millis(500)).await;
        standby.run("SELECT pg_promote()");
    };
    let counts = tokio::join!(deliveries, failing).0;
    hold(failure, "PostgreSQL", &counts, 2);
    assert_eq!(enter_answer(&instances[1], &known).await.reason, Reason::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_fails_at_first_is_run_again() {
    let failure = "handler answers 500 twice";
    for server in each(failure) {
        let instances = [guard(server.open()).await, guard(server.open()).await];
        let counts = deliver_to(&instances, "delivery", 20, Duration::from_millis(50), 2).await;
        hold(failure, server.name(), &counts, 0);
    }
}

/// A server that was stopped carries a claim out for a caller who has gone. The claim is given back long before its
/// lease is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_answer_was_lost_is_given_back() {
    let failure = "claim carried out after its caller gave up";
    for server in each(failure) {
        let once = guard(server.open()).await;
        let receipt = mlflow_after("late", 0);
        server.stop();
        assert_eq!(enter_answer(&once, &receipt).await.reason, Reason::StoreUnavailable);
        server.go_on();
        let begun = Instant::now();
        let attempt = loop {
            match once.enter(&receipt).await {
                Ok(run) => break run.attempt(),
                Err(_) => assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.name()),
            }
            sleep(Duration::from_millis(100)).await;
        };
        let after = begun.elapsed().as_millis();
        eprintln!("| {failure} | {} | attempt {attempt} after {after} ms |", server.name());
    }
}
