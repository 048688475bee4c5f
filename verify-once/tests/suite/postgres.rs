//! PostgreSQL, on a server that the tests start.

use core::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::sync::Arc;

use proptest::test_runner::{Config, TestRunner};
use tokio::{runtime::Runtime, time::Instant};
use verify_once::{
    Claimed, Claims, ConfigError, Key, Postgres, Settled, StoreError, Terms, Token,
    conformance::Suite,
};

use crate::{
    conform::{LEASE, WINDOW},
    model::{Subject, cases, check},
    servers::{PostgresServer, Server as _},
};

const TERMS: Terms = Terms::new(Duration::from_secs(30), Duration::from_secs(600));
const FIRST: Result<Claimed, StoreError> = Ok(Claimed::Acquired { attempt: 1 });

async fn claim(store: &Postgres, number: u8) -> Result<Claimed, StoreError> {
    store.claim(&Key::new([number; 32]), &Token::new([number; 16]), TERMS).await
}

fn place(server: &PostgresServer) -> String {
    format!("store of claims `127.0.0.1:{}`", server.port())
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_conforms_in_two_processes() {
    let Some(server) = PostgresServer::start("the laws") else { return };
    let suite = Suite::new(server.store()).with_other(server.store()).with_terms(LEASE, WINDOW);
    suite.run().await.unwrap();
}

#[test]
fn postgres_does_as_the_reference() {
    let Some(server) = PostgresServer::start("the model") else { return };
    let runtime = Runtime::new().unwrap();
    let base = AtomicU64::new(0);
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, cases: 48, ..Config::default() });
    let subject = {
        let _guard = runtime.enter();
        let instances = [server.open(), server.open()];
        // Time passes for a table that is there.
        runtime.block_on(instances[0].check()).unwrap();
        Subject { instances, pass: server.pass(), lag: Duration::from_millis(50) }
    };
    let checked = runner.run(&cases(), |actions| {
        runtime.block_on(check(&subject, base.fetch_add(1, Relaxed), &actions))
    });
    checked.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_instances_that_begin_together_one_makes_the_table() {
    let Some(server) = PostgresServer::start("the table") else { return };
    let stores: Vec<_> = (0..6).map(|_| Arc::new(server.store())).collect();
    let mut checks = tokio::task::JoinSet::new();
    for store in stores {
        checks.spawn(async move {
            loop {
                match store.check().await {
                    Err(StoreError::TimedOut) => {}
                    checked => return checked,
                }
            }
        });
    }
    while let Some(checked) = checks.join_next().await {
        assert_eq!(checked.unwrap(), Ok(()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_another_version_is_refused_in_one_sentence() {
    let Some(server) = PostgresServer::start("another version") else { return };
    server.store().check().await.unwrap();
    let refused = |what: &str| {
        let place = place(&server);
        let text = format!(
            "{place} has a table `verify_once` that is {what}, and this program knows version 1"
        );
        Err(StoreError::Unsuitable(text))
    };
    server.run("COMMENT ON TABLE verify_once IS 'verify-once 2'");
    assert_eq!(server.store().check().await, refused("of version 2"));
    server.run("DROP TABLE verify_once; CREATE TABLE verify_once (notes text)");
    assert_eq!(server.store().check().await, refused("of something else"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_never_shown() {
    for address in [
        "postgres:/:hunter2@host",
        "redis://:hunter2@host",
        "postgres://user:hunter2@host:port/database",
        "postgres://user:hunter2@/database",
        "host=127.0.0.1 password=hunter2",
        "postgres://user:pa@hunter2@127.0.0.1:1/database?sslmode=disable",
        "postgres://user:p@a/hunter2@127.0.0.1:1/database?sslmode=disable",
        "postgres://user:hunter2#w@localhost/database?sslmode=require",
        "postgres://user:hunter2@localhost/database?%73slmode=require",
    ] {
        let error = Postgres::new(address).unwrap_err();
        assert!(matches!(error, ConfigError::AddressInvalid { .. }), "{address}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    let Some(server) = PostgresServer::start("a wrong user") else { return };
    let address = server.address().replace("once@", "nobody:hunter2@");
    let wrong = Postgres::new(&address).unwrap();
    let text = format!("{} refuses the user or the password of the address", place(&server));
    assert_eq!(wrong.check().await, Err(StoreError::Unsuitable(text)));
    assert!(!format!("{wrong:?}").contains("hunter2"));
    let elsewhere = Postgres::new(&server.address().replace("/postgres", "/elsewhere")).unwrap();
    let text = format!("{} has no such database", place(&server));
    assert_eq!(elsewhere.check().await, Err(StoreError::Unsuitable(text)));
}

/// A role that may use the table and not make one.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_made_for_it_is_enough() {
    let Some(server) = PostgresServer::start("a role without rights") else { return };
    server.run("CREATE ROLE guest LOGIN");
    let guest = || Postgres::new(&server.address().replace("once@", "guest@")).unwrap();
    let error = guest().check().await.unwrap_err();
    assert!(error.to_string().contains("the table has to be made for it"), "{error}");
    server.store().check().await.unwrap();
    server.run("GRANT SELECT, INSERT, UPDATE, DELETE ON verify_once TO guest");
    assert_eq!(guest().check().await, Ok(()));
}

/// A lock that somebody holds is waited for as long as a call may take, and then told.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_waited_for_and_then_told() {
    let Some(server) = PostgresServer::start("a lock") else { return };
    let store = server.store();
    store.check().await.unwrap();
    let (holder, connection) =
        tokio_postgres::connect(&server.address(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    holder.batch_execute("BEGIN; LOCK verify_once").await.unwrap();
    // Of several, because this machine may pause.
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        assert_eq!(claim(&store, 1).await, Err(StoreError::TimedOut));
        quickest = quickest.min(begun.elapsed());
    }
    assert!(quickest < Duration::from_millis(1500), "{quickest:?}");
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(claim(&store, 1).await, FIRST);
}

/// A call that is dropped takes its connection with it, and the others are not kept waiting.
#[tokio::test(flavor = "multi_thread")]
async fn connections_of_calls_that_were_dropped_are_not_used_again() {
    let Some(server) = PostgresServer::start("dropped calls") else { return };
    let store = server.store();
    store.check().await.unwrap();
    server.stop();
    for number in 0..20 {
        let call = claim(&store, number);
        // Dropped, or refused before that: it is not acquired.
        assert!(!matches!(tokio::time::timeout(Duration::from_millis(20), call).await, Ok(Ok(_))));
    }
    server.go_on();
    for number in 100..120 {
        assert_eq!(claim(&store, number).await, FIRST);
    }
}

/// The one waits for the row of the other, and then sees the row from before: as done, and over.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_copies_after_the_window_none_is_done() {
    let Some(server) = PostgresServer::start("copies after the window") else { return };
    let stores = [server.store(), server.store()];
    let key = Key::new([1; 32]);
    for round in 0..30 {
        let [done, one, other] = [0, 1, 2].map(|number| Token::new([3 * round + number; 16]));
        assert_eq!(stores[0].claim(&key, &done, TERMS).await, FIRST);
        assert_eq!(stores[0].complete(&key, &done, 204).await, Ok(Settled::Yes));
        (server.pass())(Duration::from_secs(601)).await;
        let both =
            tokio::join!(stores[0].claim(&key, &one, TERMS), stores[1].claim(&key, &other, TERMS));
        let is_waiting = |claimed| matches!(claimed, Ok(Claimed::InProgress { .. }));
        let (first, second) = both;
        assert!(
            (first == FIRST && is_waiting(second.clone()))
                || (second == FIRST && is_waiting(first.clone())),
            "round {round}: {first:?}, {second:?}"
        );
        (server.pass())(Duration::from_secs(601)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_forgotten_an_hour_later() {
    let Some(server) = PostgresServer::start("forgetting") else { return };
    let store = server.store();
    for number in 0..100 {
        assert_eq!(claim(&store, number).await, FIRST);
    }
    (server.pass())(Duration::from_secs(600 + 3600 + 1)).await;
    for number in 100..200 {
        assert_eq!(claim(&store, number).await, FIRST);
    }
    let begun = Instant::now();
    // What was over is gone, and what is known is not.
    while server.number("SELECT count(*) FROM verify_once") != 100 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let settled = store.complete(&Key::new([150; 32]), &Token::new([150; 16]), 200).await;
    assert_eq!(settled, Ok(Settled::Yes));
}
