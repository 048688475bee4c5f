//! MLflow as a sender: four tries, obeys `Retry-After`, drops on 4xx.

use core::time::Duration;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
    thread::{self, JoinHandle},
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use verify_once::{Answer, Ending, Once};

use crate::support::mlflow_after;

/// How often each delivery ran to its end.
pub(crate) type Runs = Arc<Mutex<HashMap<String, u32>>>;

/// What became of many deliveries.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) once: usize,
    pub(crate) again: usize,
    /// Given up by the sender, or told that it was handled although it was not.
    pub(crate) lost: usize,
    /// The slowest answer that was not the handler's.
    pub(crate) slowest: Duration,
    /// For how long this machine did nothing in between, at most.
    pub(crate) pause: Duration,
}

/// Delivers to the instances in turn, the first try so long after the one before.
pub(crate) async fn deliver(
    instances: &[Once],
    prefix: &str,
    number: usize,
    every: Duration,
) -> Counts {
    deliver_to(instances, prefix, number, every, 0).await
}

/// The same to a handler that fails so many times for each delivery before it succeeds.
pub(crate) async fn deliver_to(
    instances: &[Once],
    prefix: &str,
    number: usize,
    every: Duration,
    failures: u32,
) -> Counts {
    let runs = Runs::default();
    let mut deliveries = JoinSet::new();
    for count in 0..number {
        let (instances, runs) = (instances.to_vec(), Arc::clone(&runs));
        let id = format!("{prefix}-{count}");
        deliveries.spawn(async move {
            sleep(every * u32::try_from(count).unwrap()).await;
            let begun = Instant::now();
            let mut slowest = Duration::ZERO;
            for attempt in 0..4 {
                let receipt = mlflow_after(&id, begun.elapsed().as_secs());
                let once = &instances[(count + attempt) % instances.len()];
                let asked = Instant::now();
                match answer(once, &id, receipt, &runs, failures).await {
                    Ok(200..300) => return (id, true, slowest),
                    // A handler that says nothing of a wait.
                    Ok(_) => sleep(Duration::from_secs([0, 2, 4, 0][attempt])).await,
                    Err(Answer { status: 200..300, .. }) => return (id, true, slowest),
                    Err(Answer { retry_after: Some(wait), status: 503, .. }) => {
                        slowest = slowest.max(asked.elapsed());
                        sleep(Duration::from_secs(wait)).await;
                    }
                    Err(_) => break,
                }
            }
            (id, false, slowest)
        });
    }
    let mut counts = Counts::default();
    let load = Arc::new(());
    let pause = longest_pause(Arc::downgrade(&load));
    while let Some(delivery) = deliveries.join_next().await {
        let (id, is_answered, slowest) = delivery.unwrap();
        counts.slowest = counts.slowest.max(slowest);
        match (is_answered, runs.lock().unwrap().get(&id)) {
            (true, Some(1)) => counts.once += 1,
            (true, Some(2..)) => counts.again += 1,
            _ => counts.lost += 1,
        }
    }
    drop(load);
    counts.pause = pause.join().unwrap();
    counts
}

/// Measures, on a thread that does nothing else, how late this machine wakes it.
fn longest_pause(load: Weak<()>) -> JoinHandle<Duration> {
    thread::spawn(move || {
        let mut longest = Duration::ZERO;
        while load.strong_count() > 0 {
            let begun = std::time::Instant::now();
            thread::sleep(Duration::from_millis(10));
            longest = longest.max(begun.elapsed());
        }
        longest
    })
}

async fn answer(
    once: &Once,
    id: &str,
    receipt: verify_core::Receipt,
    runs: &Runs,
    failures: u32,
) -> Result<u16, Answer> {
    let handle = |attempt| async move {
        sleep(Duration::from_millis(20)).await;
        if attempt <= failures {
            return 500;
        }
        *runs.lock().unwrap().entry(id.to_owned()).or_default() += 1;
        204
    };
    once.guard(&receipt, handle, |status| Ending::Answered(*status)).await
}
