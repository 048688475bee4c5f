//! What waits for a person.

use crate::common::{NOW, Store, verified, wait_until};
use verify_outbox::{OpenError, Outbox, Outcome, Policy, Stuck, Unposted, Workers};

const GONE: &str = "HTTP 404: no_service";

/// Two dead deliveries for `dead`, one that nobody posts for `former`, and one that waits for `slow`.
async fn prepared(store: &Store) -> (Outbox, Workers) {
    let (outbox, mut workers) = store.builder().open().unwrap();
    for (body, destination) in [("a", "dead"), ("bb", "former"), ("ccc", "dead"), ("dddd", "slow")]
    {
        outbox.keep(&verified(body), vec![destination.to_owned()]).await.unwrap();
    }
    let refuse = |_: &verify_outbox::Delivery| Outcome::Dead { reason: GONE.to_owned() };
    workers.add("dead", Policy::default(), refuse).unwrap();
    wait_until(|| outbox.waiting().unwrap()[0].dead == 2);
    (outbox, workers)
}

fn unposted(store: &Store) -> Unposted {
    Unposted::open(&store.path(), ["dead", "slow"].map(str::to_owned)).unwrap()
}

fn ids(unposted: &Unposted) -> Vec<i64> {
    unposted.list().unwrap().iter().map(|stuck| stuck.id).collect()
}

#[tokio::test]
async fn dead_ones_and_those_of_former_destinations_are_shown() {
    let store = Store::new();
    let _running = prepared(&store).await;
    let list = unposted(&store).list().unwrap();
    let facts = |stuck: &Stuck| {
        let Stuck { id, destination, is_configured, is_dead, failures, bytes, .. } = stuck;
        (*id, destination.clone(), *is_configured, *is_dead, *failures, *bytes)
    };
    let expected = [
        (1, "dead".to_owned(), true, true, 1, 1),
        (2, "former".to_owned(), false, false, 0, 2),
        (3, "dead".to_owned(), true, true, 1, 3),
    ];
    assert_eq!(list.iter().map(facts).collect::<Vec<_>>(), expected);
    assert_eq!((list[0].reason.as_deref(), list[1].reason.as_deref()), (Some(GONE), None));
    assert_eq!((list[0].sender.as_str(), list[0].received_at.as_secs()), ("mlflow", NOW));
}

#[tokio::test]
async fn a_dead_one_that_is_put_back_is_posted_by_the_running_process() {
    let store = Store::new();
    let (outbox, workers) = prepared(&store).await;
    drop((outbox, workers));
    let (outbox, mut workers) = store.builder().open().unwrap();
    workers.add("dead", Policy::default(), store.recorder()).unwrap();
    assert_eq!(unposted(&store).retry(&[2, 3, 3, 4, 99]), Ok(1));
    wait_until(|| store.posted() == ["ccc"]);
    wait_until(|| ids(&unposted(&store)) == [1, 2]);
    assert_eq!(unposted(&store).retry(&[1]), Ok(1));
    wait_until(|| store.posted() == ["ccc", "a"]);
    drop(outbox);
}

#[tokio::test]
async fn only_what_is_stuck_can_be_discarded() {
    let store = Store::new();
    let (outbox, _workers) = prepared(&store).await;
    let mut unposted = unposted(&store);
    assert_eq!(unposted.discard(&[1, 2, 4, 99]), Ok(2));
    assert_eq!(ids(&unposted), [3]);
    let waiting: Vec<_> = outbox.waiting().unwrap();
    let waiting: Vec<_> = waiting
        .iter()
        .map(|waiting| (&*waiting.destination, waiting.pending, waiting.dead))
        .collect();
    assert_eq!(waiting, [("dead", 0, 1), ("slow", 1, 0)]);
    assert_eq!(store.sql::<i64>("SELECT COUNT(*) FROM delivery WHERE body IS NULL"), 2);
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let store = Store::new();
    let error = Unposted::open(&store.path(), []).unwrap_err();
    assert!(matches!(error, OpenError::File { .. }), "{error}");
    assert!(!store.path().exists());
}
