use core::{
    cell::RefCell,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex},
    time::UNIX_EPOCH,
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{Next, Worker};
use crate::{
    Delivery, Kept, Outbox, Outcome, Policy, Workers,
    verified::{NOW, verified},
};

/// A worker that is asked for each step, with a clock that is set, and answers in a row.
struct Bench {
    folder: TempDir,
    /// Milliseconds since the beginning.
    clock: Arc<AtomicU64>,
    answers: Arc<Mutex<VecDeque<Outcome>>>,
    posted: Arc<Mutex<Vec<String>>>,
    policy: Policy,
}

impl Bench {
    fn new(policy: Policy) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            clock: Arc::default(),
            answers: Arc::default(),
            posted: Arc::default(),
            policy,
        }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("outbox.db")
    }

    fn open(&self) -> (Outbox, Workers) {
        let clock = Arc::clone(&self.clock);
        let now = move || {
            UNIX_EPOCH
                + Duration::from_secs(NOW)
                + Duration::from_millis(clock.load(Ordering::Relaxed))
        };
        Outbox::builder(self.path()).clock(now).open().unwrap()
    }

    fn worker(&self, outbox: &Outbox) -> Worker {
        let (answers, posted) = (Arc::clone(&self.answers), Arc::clone(&self.posted));
        let post = move |delivery: &Delivery| {
            posted.lock().unwrap().push(String::from_utf8(delivery.body.clone()).unwrap());
            answers.lock().unwrap().pop_front().unwrap_or(Outcome::Done)
        };
        let clock = Arc::clone(&self.clock);
        Worker {
            destination: "there".to_owned(),
            policy: self.policy.clone(),
            post: Box::new(post),
            outbox: outbox.clone(),
            clock: Arc::new(move || (NOW * 1000 + clock.load(Ordering::Relaxed)).cast_signed()),
            random: fastrand::Rng::with_seed(1),
            paced_until: 0,
            unwritten: None,
        }
    }

    fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }

    fn answer(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.answers.lock().unwrap().extend(outcomes);
    }

    fn posted(&self) -> Vec<String> {
        core::mem::take(&mut self.posted.lock().unwrap())
    }

    /// Lets the worker go on until there is nothing left, and the clock whenever it sleeps.
    fn finish(&self, worker: &mut Worker) {
        for _ in 0..1000 {
            match worker.step() {
                Next::GoOn => {}
                Next::Sleep(time) => self.pass(time),
                Next::Wait => return,
            }
        }
        panic!("it does not come to an end");
    }
}

fn later(after: Option<u64>) -> Outcome {
    Outcome::Later { after: after.map(Duration::from_secs), reason: "down".to_owned() }
}

fn keep(outbox: &Outbox, bodies: &[&str]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for body in bodies {
        let kept = runtime.block_on(outbox.keep(&verified(body), vec!["there".to_owned()]));
        assert_eq!(kept, Ok(Kept::New));
    }
}

fn tamper(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn the_oldest_comes_first_and_each_once() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b", "c"]);
    let mut worker = bench.worker(&outbox);
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "b", "c"]);
    assert_eq!(outbox.waiting().unwrap(), []);
    bench.finish(&mut worker);
    assert!(bench.posted().is_empty());
}

#[test]
fn the_pace_is_kept_whatever_comes_in() {
    let bench = Bench::new(Policy::default().pace(Duration::from_secs(1)));
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b"]);
    let mut worker = bench.worker(&outbox);
    assert_eq!(worker.step(), Next::GoOn);
    bench.pass(Duration::from_millis(300));
    assert_eq!(worker.step(), Next::Sleep(Duration::from_millis(700)));
    bench.pass(Duration::from_millis(699));
    assert_eq!(worker.step(), Next::Sleep(Duration::from_millis(1)));
    assert_eq!(bench.posted(), ["a"]);
    bench.pass(Duration::from_millis(1));
    assert_eq!(worker.step(), Next::GoOn);
    assert_eq!(bench.posted(), ["b"]);
}

#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let bench = Bench::new(Policy::default().pace(Duration::from_secs(1)));
    bench.pass(Duration::from_secs(1_000_000));
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b"]);
    let mut worker = bench.worker(&outbox);
    assert_eq!(worker.step(), Next::GoOn);
    bench.clock.store(0, Ordering::Relaxed);
    assert_eq!(worker.step(), Next::GoOn);
    assert_eq!(worker.step(), Next::Sleep(Duration::from_secs(1)));
}

#[test]
fn retry_after_holds_for_the_destination_and_over_a_restart() {
    let bench = Bench::new(Policy::default());
    bench.answer([later(Some(30))]);
    {
        let (outbox, _workers) = bench.open();
        keep(&outbox, &["a", "b"]);
        let mut worker = bench.worker(&outbox);
        assert_eq!(worker.step(), Next::GoOn);
        assert_eq!(worker.step(), Next::Sleep(Duration::from_secs(30)));
    }
    let (outbox, _workers) = bench.open();
    let mut worker = bench.worker(&outbox);
    bench.pass(Duration::from_secs(29));
    assert_eq!(worker.step(), Next::Sleep(Duration::from_secs(1)));
    bench.pass(Duration::from_secs(1));
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "a", "b"]);
}

#[test]
fn an_outage_keeps_the_order() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b", "c"]);
    let mut worker = bench.worker(&outbox);
    bench.answer([(); 3].map(|()| later(None)));
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "a", "a", "a", "b", "c"]);
}

#[test]
fn one_that_always_fails_lets_the_others_by() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b", "c"]);
    let mut worker = bench.worker(&outbox);
    bench.answer([(); 4].map(|()| later(None)));
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "a", "a", "a", "b", "c", "a"]);
}

#[test]
fn in_order_one_that_fails_blocks_the_others_until_it_is_given_up() {
    let give_up_after = Duration::from_secs(3600);
    let bench = Bench::new(Policy::default().in_order().give_up_after(give_up_after));
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b", "c"]);
    let mut worker = bench.worker(&outbox);
    bench.answer([(); 9].map(|()| later(Some(30))));
    bench.finish(&mut worker);
    let mut expected = vec!["a"; 10];
    expected.extend(["b", "c"]);
    assert_eq!(bench.posted(), expected);

    keep(&outbox, &["d", "e"]);
    bench.answer([(); 3].map(|()| later(Some(3600))));
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["d", "d", "d", "e"]);
    assert_eq!(outbox.waiting().unwrap()[0].dead, 1);
}

#[test]
fn one_that_is_always_told_to_come_again_lets_the_others_by() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b"]);
    let mut worker = bench.worker(&outbox);
    bench.answer([(); 4].map(|()| later(Some(30))));
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "a", "a", "a", "b", "a"]);
}

#[test]
fn what_the_destination_will_never_take_is_dead_and_the_next_comes() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b"]);
    let mut worker = bench.worker(&outbox);
    bench.answer([Outcome::Dead { reason: "HTTP 404: no_service".to_owned() }]);
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "b"]);
    let waiting = outbox.waiting().unwrap();
    assert_eq!((waiting[0].dead, waiting[0].pending, waiting[0].oldest), (1, 0, None));
}

#[test]
fn an_outage_of_days_leaves_dead_ones_and_each_was_tried() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b"]);
    bench.pass(Duration::from_secs(4 * 24 * 60 * 60));
    let mut worker = bench.worker(&outbox);
    bench.answer([later(None), later(None)]);
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "b"]);
    assert_eq!(outbox.waiting().unwrap()[0].dead, 2);
}

#[test]
fn what_has_arrived_is_not_posted_again_while_that_cannot_be_written() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b"]);
    let mut worker = bench.worker(&outbox);
    let refuse = "CREATE TRIGGER refuse BEFORE DELETE ON posting
        BEGIN SELECT RAISE(ABORT, 'no'); END;";
    tamper(&bench.path(), refuse);
    for _ in 0..3 {
        assert_eq!(worker.step(), Next::Sleep(Duration::from_secs(1)));
    }
    assert_eq!(bench.posted(), ["a"]);
    tamper(&bench.path(), "DROP TRIGGER refuse;");
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["b"]);
}

#[test]
fn a_panic_is_a_failure_like_any_other() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a"]);
    let mut times = 0;
    let mut worker = Worker {
        destination: "there".to_owned(),
        policy: Policy::default().backoff(Duration::ZERO, Duration::ZERO),
        post: Box::new(move |_: &Delivery| {
            times += 1;
            assert!(times > 1, "the first time");
            Outcome::Done
        }),
        outbox: outbox.clone(),
        clock: Arc::new(|| (NOW * 1000).cast_signed()),
        random: fastrand::Rng::with_seed(1),
        paced_until: 0,
        unwritten: None,
    };
    assert_eq!([worker.step(), worker.step(), worker.step()], [Next::GoOn, Next::GoOn, Next::Wait]);
}

/// What tells the event is the user's. It is asked before a delivery is kept, and after it was posted.
#[test]
fn a_panic_of_what_tells_the_event_loses_and_repeats_nothing() {
    let bench = Bench::new(Policy::default());
    let panics = |_: &Delivery| -> Option<String> { panic!("an event that it does not know") };
    let (outbox, _workers) = Outbox::builder(bench.path()).event_of(panics).open().unwrap();
    keep(&outbox, &["a", "b"]);
    let mut worker = bench.worker(&outbox);
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "b"]);
    assert_eq!(outbox.waiting().unwrap(), []);
}

/// Whoever collects the figures or the log may panic as well, once the destination has the delivery.
#[test]
fn a_panic_after_a_posting_does_not_repeat_it() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a", "b"]);
    let mut worker = bench.worker(&outbox);
    let logged = metrics::with_local_recorder(&At(|| panic!("no figure")), || worker.step());
    assert_eq!(logged, Next::Sleep(Duration::from_secs(1)));
    bench.finish(&mut worker);
    assert_eq!(bench.posted(), ["a", "b"]);
    assert_eq!(outbox.waiting().unwrap(), []);
}

/// Counts, and does this at the time that a delivery took.
struct At<F>(F);

impl<F: Fn()> metrics::Recorder for At<F> {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        (self.0)();
        Histogram::noop()
    }
}

/// Whoever reads in the log what became of it may look for it at once.
#[test]
fn what_became_of_a_posting_is_said_once_it_is_kept() {
    let bench = Bench::new(Policy::default());
    let (outbox, _workers) = bench.open();
    keep(&outbox, &["a"]);
    let mut worker = bench.worker(&outbox);
    let waiting = RefCell::new(None);
    let recorder = At(|| *waiting.borrow_mut() = Some(outbox.waiting().unwrap()));
    // And not before, if it cannot be kept for a while.
    let refuse =
        "CREATE TRIGGER refuse BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'no'); END;";
    tamper(&bench.path(), refuse);
    let refused = metrics::with_local_recorder(&recorder, || worker.step());
    assert_eq!((refused, waiting.take()), (Next::Sleep(Duration::from_secs(1)), None));
    tamper(&bench.path(), "DROP TRIGGER refuse;");
    metrics::with_local_recorder(&recorder, || bench.finish(&mut worker));
    assert_eq!(waiting.take(), Some(Vec::new()));
}
