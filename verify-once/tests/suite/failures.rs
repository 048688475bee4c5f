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
use verify_once::{Answer, Claimed, Claims, Ending, Key, Once, Reason, Terms, Token};

use crate::{
    mlflow::{Counts, deliver},
    proxy::Proxy,
    servers::{Server, each},
    support::{enter_answer, enter_run, mlflow_after},
};

const FIRST: Claimed = Claimed::Acquired { attempt: 1 };

fn guard(store: Arc<dyn Claims>) -> Once {
    Once::builder_shared(store).build().unwrap()
}

/// Prints a row of the table, and holds it to its bounds.
fn hold(failure: &str, server: &str, counts: &Counts, most_again: usize) {
    let Counts { once, again, lost, slowest } = counts;
    eprintln!("| {failure} | {server} | {once} | {again} | {lost} | {} ms |", slowest.as_millis());
    assert_eq!(*lost, 0, "{failure}, {server}: lost");
    assert!(*again <= most_again, "{failure}, {server}: {again} ran again");
    // 500 ms, and what a loaded machine takes.
    assert!(*slowest < Duration::from_millis(1500), "{failure}, {server}: {slowest:?}");
}

/// Lets 60 deliveries come within 3 s to two instances, and something happen after one.
async fn during(server: &dyn Server, failure: impl Future<Output = ()>) -> Counts {
    let instances = [guard(server.open()), guard(server.open())];
    for once in &instances {
        // Under load the first connection may take longer than a call may.
        while once.check().await.is_err() {}
    }
    let deliveries = deliver(&instances, "delivery", 60, Duration::from_millis(50));
    let failing = async {
        sleep(Duration::from_secs(1)).await;
        failure.await;
    };
    tokio::join!(deliveries, failing).0
}

async fn stall(time: Duration, failure: &str) {
    for server in each(failure) {
        let counts = during(&*server, async {
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
        let instances = [guard(server.open()), guard(server.open())];
        for once in &instances {
            while once.check().await.is_err() {}
        }
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
        let instances = [guard(server.open_at(proxy.port)), guard(server.open_at(proxy.port))];
        for once in &instances {
            while once.check().await.is_err() {}
        }
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
        let (first, second) = (guard(server.open()), guard(server.open()));
        core::mem::forget(enter_run(&first, &mlflow_after("killed", 0)).await);
        let Answer { reason, retry_after, .. } =
            enter_answer(&second, &mlflow_after("killed", 0)).await;
        assert_eq!(reason, Reason::InProgress);
        let wait = retry_after.unwrap();
        assert!((30..=31).contains(&wait), "{wait}");
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
        let (first, second) = (guard(server.open()), guard(server.open()));
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
        let instances = [guard(server.open()), guard(server.open())];
        for once in &instances {
            while once.check().await.is_err() {}
        }
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
