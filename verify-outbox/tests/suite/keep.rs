//! What is kept, what is known already, and what happens where there is no room or no way.

use core::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use std::{
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::common::{NOW, Store, there, unsigned_time, verified, wait_until};
use rusqlite::Connection;
use verify_outbox::{Kept, Outcome, Policy, StoreError};

#[tokio::test]
async fn a_repetition_is_known_and_posted_once_also_after_a_restart() {
    let store = Store::new();
    {
        let (outbox, _workers) = store.builder().open().unwrap();
        assert_eq!(outbox.keep(&verified("a"), there()).await, Ok(Kept::New));
        assert_eq!(outbox.keep(&verified("a"), there()).await, Ok(Kept::Repeated));
    }
    let (outbox, mut workers) = store.builder().open().unwrap();
    assert_eq!(outbox.keep(&verified("a"), there()).await, Ok(Kept::Repeated));
    workers.add("there", Policy::default(), store.recorder()).unwrap();
    wait_until(|| outbox.waiting().unwrap().is_empty());
    assert_eq!(outbox.keep(&verified("a"), there()).await, Ok(Kept::Repeated));
    workers.stop();
    assert_eq!(store.posted(), ["a"]);
}

#[tokio::test]
async fn each_destination_gets_it_once_and_the_body_is_dropped_when_all_have_it() {
    let store = Store::new();
    let (outbox, mut workers) = store.builder().open().unwrap();
    let destinations = ["one", "two", "one"].map(str::to_owned).to_vec();
    outbox.keep(&verified("a secret"), destinations).await.unwrap();
    let bodies = || store.sql::<i64>("SELECT COUNT(*) FROM delivery WHERE body IS NOT NULL");

    workers.add("one", Policy::default(), store.recorder()).unwrap();
    wait_until(|| outbox.waiting().unwrap().len() == 1);
    assert_eq!(bodies(), 1);
    workers.add("two", Policy::default(), store.recorder()).unwrap();
    wait_until(|| outbox.waiting().unwrap().is_empty());
    assert_eq!(store.posted(), ["a secret", "a secret"]);
    assert_eq!(bodies(), 0);
    assert!(workers.add("one", Policy::default(), store.recorder()).is_err());
}

#[tokio::test]
async fn what_has_arrived_is_forgotten_after_the_retention_and_nothing_else_is() {
    let store = Store::new();
    let clock = Arc::new(AtomicU64::new(NOW));
    let day = 24 * 60 * 60;
    let builder = store.builder().clock(told_by(&clock)).retention(Duration::from_secs(day));
    let (outbox, mut workers) = builder.open().unwrap();
    outbox.keep(&verified("a"), there()).await.unwrap();
    outbox.keep(&verified("b"), vec!["nobody".to_owned()]).await.unwrap();
    workers.add("there", Policy::default(), store.recorder()).unwrap();
    wait_until(|| outbox.waiting().unwrap().len() == 1);

    clock.fetch_add(day, Ordering::Relaxed);
    assert_eq!(outbox.keep(&verified("a"), there()).await, Ok(Kept::Repeated));
    clock.fetch_add(1, Ordering::Relaxed);
    assert_eq!(outbox.keep(&verified("a"), there()).await, Ok(Kept::New));
    assert_eq!(outbox.keep(&verified("b"), there()).await, Ok(Kept::Repeated));
}

/// Otherwise a clock that is an hour ahead for a while would have deliveries posted again.
#[tokio::test]
async fn what_is_over_is_deleted_an_hour_later() {
    let store = Store::new();
    let clock = Arc::new(AtomicU64::new(NOW));
    let builder = store.builder().clock(told_by(&clock)).retention(Duration::from_secs(600));
    let (outbox, mut workers) = builder.open().unwrap();
    outbox.keep(&verified("a"), there()).await.unwrap();
    workers.add("there", Policy::default(), store.recorder()).unwrap();
    wait_until(|| outbox.waiting().unwrap().is_empty());

    clock.store(NOW + 600 + 3600, Ordering::Relaxed);
    outbox.check().await.unwrap();
    clock.store(NOW + 600, Ordering::Relaxed);
    assert_eq!(outbox.keep(&verified("a"), there()).await, Ok(Kept::Repeated));
    clock.store(NOW + 600 + 3601, Ordering::Relaxed);
    outbox.check().await.unwrap();
    assert_eq!(store.sql::<i64>("SELECT COUNT(*) FROM delivery"), 0);
}

/// Another process keeps the file locked, and time passes meanwhile.
#[tokio::test]
async fn the_clock_is_read_after_a_lock_was_waited_for() {
    let store = Store::new();
    let clock = Arc::new(AtomicU64::new(NOW));
    let builder = store.builder().clock(told_by(&clock)).retention(Duration::from_secs(600));
    let (outbox, _workers) = builder.open().unwrap();
    // What it makes at first takes a while.
    outbox.check().await.unwrap();
    let other = Connection::open(store.path()).unwrap();
    let delivery = verified("a");
    let mut rounds = 0;
    loop {
        rounds += 1;
        clock.store(NOW, Ordering::Relaxed);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let passing = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            clock.store(NOW + 60, Ordering::Relaxed);
            other.execute_batch("ROLLBACK").unwrap();
        };
        let (kept, ()) = tokio::join!(outbox.keep(&delivery, there()), passing);
        match kept {
            // This thread paused, and held the lock for longer than is waited.
            Err(_) if rounds < 100 => {}
            kept => break assert_eq!(kept, Ok(Kept::New)),
        }
    }
    let known_until = store.sql::<i64>("SELECT known_until / 1000 FROM delivery").unsigned_abs();
    assert_eq!(known_until, NOW + 60 + 600);
}

/// A source of the time that a test sets.
fn told_by(clock: &Arc<AtomicU64>) -> impl Fn() -> SystemTime + use<> {
    let clock = Arc::clone(clock);
    move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
}

/// An alias that moves to v2 and back to v1, as Weights & Biases tells of it.
#[tokio::test]
async fn what_is_alike_is_a_repetition_for_a_while_and_then_another_delivery() {
    let store = Store::new();
    let clock = Arc::new(AtomicU64::new(NOW));
    let minute = Duration::from_secs(60);
    let (outbox, mut workers) =
        store.builder().clock(told_by(&clock)).retention_of_alike("wandb", minute).open().unwrap();
    let keep = async |body| {
        let verified = unsigned_time(body, clock.load(Ordering::Relaxed));
        outbox.keep(&verified, there()).await.unwrap()
    };
    assert_eq!((keep("v1").await, keep("v2").await), (Kept::New, Kept::New));
    clock.fetch_add(60, Ordering::Relaxed);
    assert_eq!(keep("v1").await, Kept::Repeated);
    clock.fetch_add(1, Ordering::Relaxed);
    // None of them has been posted yet.
    assert_eq!((keep("v1").await, keep("v1").await), (Kept::New, Kept::Repeated));

    let posted = Arc::new(Mutex::new(Vec::new()));
    let post = Arc::clone(&posted);
    let post = move |delivery: &verify_outbox::Delivery| {
        let mut posted = post.lock().unwrap();
        posted.push((delivery.key, String::from_utf8(delivery.body.clone()).unwrap()));
        // Once more, so that its key can be compared.
        match posted.len() {
            3 => Outcome::Later { after: None, reason: String::new() },
            _ => Outcome::Done,
        }
    };
    workers.add("there", Policy::default().backoff(Duration::ZERO, Duration::ZERO), post).unwrap();
    wait_until(|| outbox.waiting().unwrap().is_empty());
    workers.stop();
    let posted = posted.lock().unwrap();
    let bodies: Vec<_> = posted.iter().map(|(_, body)| &**body).collect();
    assert_eq!(bodies, ["v1", "v2", "v1", "v1"]);
    assert_ne!(posted[0].0, posted[2].0);
    assert_eq!(posted[2].0, posted[3].0);
}

/// A delivery does not wait until all of a long time is forgotten, and a full disk has no room for that.
#[tokio::test]
async fn what_is_to_be_forgotten_at_once_is_forgotten_in_pieces() {
    let store = Store::new();
    let (outbox, _workers) = store.builder().open().unwrap();
    let arrived =
        "WITH RECURSIVE n (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n LIMIT 1000)
        INSERT INTO delivery (replay_key, known_until, key, sender, received_at)
            SELECT randomblob(32), number, randomblob(32), 'mlflow', 0 FROM n";
    Connection::open(store.path()).unwrap().execute(arrived, []).unwrap();
    for left in [744, 488, 232, 0, 0] {
        outbox.check().await.unwrap();
        assert_eq!(store.sql::<i64>("SELECT COUNT(*) FROM delivery"), left);
    }
}

/// Else an alias that moves back would start nothing until that year is over.
#[tokio::test]
async fn what_came_while_the_clock_was_ahead_is_not_known_for_longer() {
    let store = Store::new();
    let clock = Arc::new(AtomicU64::new(NOW));
    let builder =
        store.builder().clock(told_by(&clock)).retention_of_alike("wandb", Duration::from_secs(60));
    let (outbox, _workers) = builder.open().unwrap();
    let keep = async |time| {
        clock.store(time, Ordering::Relaxed);
        outbox.keep(&unsigned_time("v1", time), there()).await.unwrap()
    };
    let year = 365 * 24 * 60 * 60;
    assert_eq!(keep(NOW + year).await, Kept::New);
    assert_eq!(keep(NOW + year - 3600).await, Kept::Repeated);
    assert_eq!(keep(NOW + year - 3601).await, Kept::New);
    assert_eq!(keep(NOW).await, Kept::New);
}

#[tokio::test]
async fn a_full_store_refuses_and_recovers_once_something_has_arrived() {
    let store = Store::new();
    let (outbox, mut workers) = store.builder().most_bytes(270 * 4096).open().unwrap();
    let body = |number: usize| format!("{number}{}", "x".repeat(100_000));
    let mut kept = 0;
    let full = loop {
        match outbox.keep(&verified(&body(kept)), there()).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((full, kept), (StoreError::Full, 10));
    assert_eq!(outbox.check().await, Ok(()), "there is room for a small one");
    // What waits with a large one is not refused with it.
    let (large, small) = (body(100), "small");
    let (large, small) = (verified(&large), verified(small));
    let both = tokio::join!(outbox.keep(&large, there()), outbox.keep(&small, there()));
    assert_eq!(both, (Err(StoreError::Full), Ok(Kept::New)));
    while outbox.keep(&verified(&"y".repeat(kept)), there()).await.is_ok() {
        kept += 100;
    }
    assert_eq!(outbox.check().await, Err(StoreError::Full));

    workers.add("there", Policy::default(), store.recorder()).unwrap();
    wait_until(|| outbox.waiting().unwrap().is_empty());
    assert_eq!(outbox.check().await, Ok(()));
    assert_eq!(outbox.keep(&verified(&body(100)), there()).await, Ok(Kept::New));
    wait_until(|| outbox.waiting().unwrap().is_empty());
    workers.stop();
    let posted = store.posted();
    assert_eq!(posted[..10], (0..10).map(body).collect::<Vec<_>>());
    assert_eq!((&posted[10][..], posted.last()), ("small", Some(&body(100))));
}

#[tokio::test]
async fn a_full_store_still_has_room_for_what_became_of_everything() {
    let store = Store::new();
    let (outbox, mut workers) = store.builder().most_bytes(60 * 4096).open().unwrap();
    let mut kept = 0;
    while outbox.keep(&verified(&format!("number {kept}")), there()).await.is_ok() {
        kept += 1;
    }
    let refuse = |_: &verify_outbox::Delivery| Outcome::Dead { reason: "r".repeat(200) };
    workers.add("there", Policy::default(), refuse).unwrap();
    wait_until(|| outbox.waiting().unwrap()[0].dead == kept);
    assert!(store.sql::<i64>("SELECT page_count FROM pragma_page_count") > 60);
    assert_eq!(outbox.check().await, Err(StoreError::Full));
}

#[tokio::test]
async fn a_locked_store_refuses_and_goes_on_when_it_is_let_go() {
    let store = Store::new();
    let (outbox, mut workers) = store.builder().most_waiting(12 * 1024).open().unwrap();
    workers.add("there", Policy::default(), store.recorder()).unwrap();
    let other = Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (a, b, c) = (verified("a"), verified("b"), verified("c"));
    let kept = tokio::join!(
        outbox.keep(&a, there()),
        outbox.keep(&b, there()),
        outbox.keep(&c, there()),
        outbox.check(),
    );
    let locked = Err(StoreError::Locked);
    assert_eq!(kept, (locked.clone(), locked.clone(), locked, Err(StoreError::Busy)));
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(outbox.keep(&a, there()).await, Ok(Kept::New));
    wait_until(|| outbox.waiting().unwrap().is_empty());
    assert_eq!(store.posted(), ["a"]);
}

#[tokio::test]
async fn nothing_is_kept_once_the_thread_that_writes_has_ended() {
    let store = Store::new();
    let ends = Arc::new(AtomicBool::new(false));
    let clock = {
        let ends = Arc::clone(&ends);
        move || {
            assert!(!ends.load(Ordering::Relaxed), "the end");
            SystemTime::now()
        }
    };
    let (outbox, _workers) = store.builder().clock(clock).open().unwrap();
    assert_eq!(outbox.keep(&verified("a"), there()).await, Ok(Kept::New));
    ends.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        assert_eq!(outbox.keep(&verified("b"), there()).await, Err(StoreError::Closed));
        assert_eq!(outbox.check().await, Err(StoreError::Closed));
    }
}

#[tokio::test]
async fn a_size_below_a_page_is_a_limit() {
    let store = Store::new();
    let (outbox, _workers) = store.builder().most_bytes(1).open().unwrap();
    assert_eq!(outbox.check().await, Err(StoreError::Full));
}
