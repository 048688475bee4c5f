//! What every store has to hold.

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    sync::{Arc, Mutex, mpsc},
    thread::sleep,
};

use verify_outbox::{Builder, Delivery, Kept, Outbox, Outcome, Policy, Post, Unposted};

use crate::common::{NOW, there, unsigned_time, verified, wait_until};

/// Where one store is.
pub(crate) trait Place: Sync {
    fn builder(&self) -> Builder;
    fn unposted(&self, configured: &[&str]) -> Unposted;
    /// Lets time pass for the store.
    fn pass(&self, time: Duration);
}

/// A law, and what it is called.
pub(crate) type Law = (&'static str, fn(&dyn Place));

pub(crate) const LAWS: [Law; 13] = [
    ("repeated", a_repetition_is_known_and_posted_once_also_after_a_restart),
    ("copies", of_copies_at_the_same_time_one_is_new),
    ("destinations", each_destination_gets_it_once),
    ("nowhere", what_goes_nowhere_is_known_all_the_same),
    ("forgotten", what_has_arrived_is_known_for_the_retention_and_what_has_not_for_longer),
    ("alike", what_is_alike_is_a_repetition_for_a_while),
    ("outage", an_outage_keeps_the_order),
    ("others", one_that_always_fails_lets_the_others_by_unless_in_order),
    ("waits", a_wait_holds_for_the_destination_and_over_a_restart),
    ("pace", the_pace_is_kept),
    ("parallel", a_parallel_destination_gets_everything_once),
    ("given_up", what_fails_for_days_is_dead),
    ("dead", people_list_retry_and_drop),
];

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn keep(outbox: &Outbox, body: &str) -> Kept {
    block(outbox.keep(&verified(body), there())).unwrap()
}

/// A destination that answers as it is told to, and takes everything after that.
#[derive(Clone, Default)]
struct Destination {
    answers: Arc<Mutex<Vec<Outcome>>>,
    posted: Arc<Mutex<Vec<String>>>,
}

impl Destination {
    fn answering(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut answers: Vec<_> = outcomes.into_iter().collect();
        answers.reverse();
        Self { answers: Arc::new(Mutex::new(answers)), posted: Arc::default() }
    }

    fn post(&self) -> impl Post + use<> {
        let Self { answers, posted } = self.clone();
        move |delivery: &Delivery| {
            posted.lock().unwrap().push(String::from_utf8(delivery.body.clone()).unwrap());
            answers.lock().unwrap().pop().unwrap_or(Outcome::Done)
        }
    }

    fn posted(&self) -> Vec<String> {
        self.posted.lock().unwrap().clone()
    }
}

fn later(after: Option<u64>) -> Outcome {
    Outcome::Later { after: after.map(Duration::from_secs), reason: "down".to_owned() }
}

fn at_once() -> Policy {
    Policy::default().backoff(Duration::ZERO, Duration::ZERO)
}

fn wait_for_nothing(outbox: &Outbox) {
    wait_until(|| outbox.waiting().unwrap().is_empty());
}

fn a_repetition_is_known_and_posted_once_also_after_a_restart(place: &dyn Place) {
    {
        let (outbox, _workers) = place.builder().open().unwrap();
        assert_eq!((keep(&outbox, "a"), keep(&outbox, "a")), (Kept::New, Kept::Repeated));
        assert_eq!(block(outbox.check()), Ok(()));
    }
    let (outbox, mut workers) = place.builder().open().unwrap();
    assert_eq!(keep(&outbox, "a"), Kept::Repeated);
    let there = Destination::default();
    workers.add("there", Policy::default(), there.post()).unwrap();
    wait_for_nothing(&outbox);
    assert_eq!(keep(&outbox, "a"), Kept::Repeated);
    workers.stop();
    assert_eq!(there.posted(), ["a"]);
}

fn of_copies_at_the_same_time_one_is_new(place: &dyn Place) {
    let (outbox, _workers) = place.builder().open().unwrap();
    let new = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| match keep(&outbox, "a") {
                Kept::New => new.fetch_add(1, Ordering::Relaxed),
                _ => 0,
            });
        }
    });
    assert_eq!(new.into_inner(), 1);
    assert_eq!(outbox.waiting().unwrap()[0].pending, 1);
}

fn each_destination_gets_it_once(place: &dyn Place) {
    let (outbox, mut workers) = place.builder().open().unwrap();
    let body = "{\"a\": \"\u{fc}\\u0000\"}";
    let destinations = ["one", "two", "one"].map(str::to_owned).to_vec();
    block(outbox.keep(&verified(body), destinations)).unwrap();
    let unposted = place.unposted(&[]);
    let (one, two) = (Destination::default(), Destination::default());
    workers.add("one", Policy::default(), one.post()).unwrap();
    wait_until(|| outbox.waiting().unwrap().len() == 1);
    let left = unposted.list().unwrap();
    assert_eq!((left.len(), &*left[0].destination), (1, "two"));
    let delivery = unposted.delivery(left[0].id).unwrap().unwrap();
    assert_eq!((delivery.body, delivery.received_at.as_secs()), (body.into(), NOW));
    workers.add("two", Policy::default(), two.post()).unwrap();
    wait_for_nothing(&outbox);
    assert_eq!((one.posted(), two.posted()), (vec![body.to_owned()], vec![body.to_owned()]));
    assert_eq!(unposted.delivery(left[0].id), Ok(None));
}

fn what_goes_nowhere_is_known_all_the_same(place: &dyn Place) {
    let (outbox, _workers) = place.builder().open().unwrap();
    let kept = || block(outbox.keep(&verified("a"), Vec::new())).unwrap();
    assert_eq!((kept(), kept()), (Kept::New, Kept::Repeated));
    assert_eq!(outbox.waiting().unwrap(), []);
}

fn what_has_arrived_is_known_for_the_retention_and_what_has_not_for_longer(place: &dyn Place) {
    let day = Duration::from_secs(24 * 60 * 60);
    let (outbox, mut workers) = place.builder().retention(day).open().unwrap();
    keep(&outbox, "a");
    block(outbox.keep(&verified("b"), vec!["nobody".to_owned()])).unwrap();
    workers.add("there", Policy::default(), Destination::default().post()).unwrap();
    wait_until(|| outbox.waiting().unwrap().len() == 1);
    place.pass(day - Duration::from_secs(600));
    assert_eq!(keep(&outbox, "a"), Kept::Repeated);
    place.pass(Duration::from_secs(601));
    assert_eq!((keep(&outbox, "a"), keep(&outbox, "b")), (Kept::New, Kept::Repeated));
}

fn what_is_alike_is_a_repetition_for_a_while(place: &dyn Place) {
    let hour = Duration::from_secs(3600);
    let builder = place.builder().retention_of_alike("wandb", hour);
    let (outbox, mut workers) = builder.open().unwrap();
    let keep = |now| block(outbox.keep(&unsigned_time("v1", now), there())).unwrap();
    assert_eq!((keep(NOW), keep(NOW + 1)), (Kept::New, Kept::Repeated));
    place.pass(hour - Duration::from_secs(600));
    assert_eq!(keep(NOW + 3000), Kept::Repeated);
    place.pass(Duration::from_secs(601));
    // The first one has not been posted yet.
    assert_eq!((keep(NOW + 3601), keep(NOW + 3602)), (Kept::New, Kept::Repeated));
    let keys = Arc::<Mutex<Vec<_>>>::default();
    let seen = Arc::clone(&keys);
    let post = move |delivery: &Delivery| {
        seen.lock().unwrap().push(delivery.key);
        Outcome::Done
    };
    workers.add("there", Policy::default(), post).unwrap();
    wait_for_nothing(&outbox);
    let keys = keys.lock().unwrap();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

fn an_outage_keeps_the_order(place: &dyn Place) {
    let (outbox, mut workers) = place.builder().open().unwrap();
    ["a", "b", "c"].into_iter().for_each(|body| assert_eq!(keep(&outbox, body), Kept::New));
    let there = Destination::answering([(); 3].map(|()| later(None)));
    workers.add("there", at_once(), there.post()).unwrap();
    wait_for_nothing(&outbox);
    assert_eq!(there.posted(), ["a", "a", "a", "a", "b", "c"]);
}

fn one_that_always_fails_lets_the_others_by_unless_in_order(place: &dyn Place) {
    for (destination, policy, expected) in [
        ("any", at_once(), vec!["a", "a", "a", "a", "b", "a"]),
        ("strict", at_once().in_order(), vec!["a", "a", "a", "a", "a", "b"]),
    ] {
        let (outbox, mut workers) = place.builder().open().unwrap();
        for body in ["a", "b"] {
            let body = format!("{destination}-{body}");
            block(outbox.keep(&verified(&body), vec![destination.to_owned()])).unwrap();
        }
        let there = Destination::answering([(); 4].map(|()| later(None)));
        workers.add(destination, policy, there.post()).unwrap();
        wait_for_nothing(&outbox);
        assert_eq!(
            there.posted(),
            expected.iter().map(|body| format!("{destination}-{body}")).collect::<Vec<_>>()
        );
    }
}

fn a_wait_holds_for_the_destination_and_over_a_restart(place: &dyn Place) {
    let there = Destination::answering([later(Some(1800))]);
    {
        let (outbox, mut workers) = place.builder().open().unwrap();
        ["a", "b"].into_iter().for_each(|body| assert_eq!(keep(&outbox, body), Kept::New));
        workers.add("there", Policy::default(), there.post()).unwrap();
        wait_until(|| there.posted() == ["a"]);
        workers.stop();
    }
    let (outbox, mut workers) = place.builder().open().unwrap();
    workers.add("there", Policy::default(), there.post()).unwrap();
    keep(&outbox, "c");
    sleep(Duration::from_millis(500));
    assert_eq!(there.posted(), ["a"]);
    place.pass(Duration::from_secs(1801));
    wait_for_nothing(&outbox);
    assert_eq!(there.posted(), ["a", "a", "b", "c"]);
}

fn the_pace_is_kept(place: &dyn Place) {
    let (outbox, mut workers) = place.builder().open().unwrap();
    ["a", "b", "c"].into_iter().for_each(|body| assert_eq!(keep(&outbox, body), Kept::New));
    let there = Destination::default();
    workers.add("there", Policy::default().pace(Duration::from_secs(600)), there.post()).unwrap();
    for (posted, pending) in [(&["a"][..], 2), (&["a", "b"], 1), (&["a", "b", "c"], 0)] {
        // Not while the posting is being settled.
        let waiting =
            || outbox.waiting().unwrap().iter().map(|waiting| waiting.pending).sum::<u64>();
        wait_until(|| there.posted() == posted && pending == waiting());
        sleep(Duration::from_millis(300));
        assert_eq!(there.posted(), posted);
        place.pass(Duration::from_secs(601));
    }
    wait_for_nothing(&outbox);
}

fn a_parallel_destination_gets_everything_once(place: &dyn Place) {
    let (outbox, mut workers) = place.builder().open().unwrap();
    for number in 0..20 {
        keep(&outbox, &number.to_string());
    }
    let there = Destination::answering([later(None), later(None)]);
    workers.add("there", at_once().parallel(), there.post()).unwrap();
    wait_for_nothing(&outbox);
    let mut posted = there.posted();
    assert_eq!(posted.len(), 22);
    posted.sort_unstable();
    posted.dedup();
    assert_eq!(posted.len(), 20);
}

fn what_fails_for_days_is_dead(place: &dyn Place) {
    let (outbox, mut workers) = place.builder().open().unwrap();
    ["a", "b"].into_iter().for_each(|body| assert_eq!(keep(&outbox, body), Kept::New));
    place.pass(Duration::from_secs(4 * 24 * 60 * 60));
    let there = Destination::answering([later(None)]);
    workers.add("there", at_once(), there.post()).unwrap();
    wait_until(|| outbox.waiting().unwrap().iter().all(|waiting| waiting.pending == 0));
    assert_eq!(there.posted(), ["a", "b"]);
    let waiting = outbox.waiting().unwrap();
    assert_eq!((waiting[0].dead, waiting[0].oldest), (1, None));
    let stuck = &place.unposted(&["there"]).list().unwrap()[0];
    assert_eq!((stuck.failures, stuck.reason.as_deref(), stuck.is_dead), (1, Some("down"), true));
}

fn people_list_retry_and_drop(place: &dyn Place) {
    let (outbox, mut workers) = place.builder().open().unwrap();
    for (body, destination) in [("a", "dead"), ("bb", "former"), ("ccc", "dead"), ("dddd", "slow")]
    {
        block(outbox.keep(&verified(body), vec![destination.to_owned()])).unwrap();
    }
    let (say, said) = mpsc::channel();
    let refuse = move |delivery: &Delivery| {
        say.send(delivery.body.clone()).unwrap();
        // PostgreSQL has no zeros in its texts.
        Outcome::Dead { reason: "a\0b".to_owned() }
    };
    workers.add("dead", Policy::default(), refuse).unwrap();
    wait_until(|| outbox.waiting().unwrap()[0].dead == 2);
    let mut unposted = place.unposted(&["dead", "slow"]);
    let list = unposted.list().unwrap();
    let facts: Vec<_> = list
        .iter()
        .map(|stuck| {
            (&*stuck.destination, stuck.is_configured, stuck.is_dead, stuck.failures, stuck.bytes)
        })
        .collect();
    assert_eq!(
        facts,
        [("dead", true, true, 1, 1), ("former", false, false, 0, 2), ("dead", true, true, 1, 3)]
    );
    assert_eq!((list[0].sender.as_str(), list[0].received_at.as_secs()), ("mlflow", NOW));
    let ids: Vec<_> = list.iter().map(|stuck| stuck.id).collect();

    // The running one tries it again by itself.
    assert_eq!(said.try_iter().count(), 2);
    assert_eq!(unposted.retry(&[ids[0], ids[1], ids[0], 99_999]), Ok(1));
    assert_eq!(said.recv_timeout(Duration::from_secs(60)).unwrap(), b"a");
    wait_until(|| unposted.list().unwrap().len() == 3);
    let slow = ids[2] + 1;
    assert_eq!(unposted.discard(&[ids[0], ids[1], slow, 99_999]), Ok(2));
    let list = unposted.list().unwrap();
    assert_eq!((list.len(), list[0].id), (1, ids[2]));
    let waiting = outbox.waiting().unwrap();
    let facts: Vec<_> = waiting
        .iter()
        .map(|waiting| (&*waiting.destination, waiting.pending, waiting.dead))
        .collect();
    assert_eq!(facts, [("dead", 0, 1), ("slow", 1, 0)]);
}
