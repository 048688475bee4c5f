//! What is counted of claims that are settled late, with the feature `metrics`.

use core::time::Duration;
use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tokio::{
    runtime::Builder,
    time::{advance, sleep},
};
use verify_once::{Ending, Once};

use crate::support::{Fault, Faulty, enter_answer, enter_run, faulty, mlflow};

/// Runs a test on a clock of its own, and returns how often each outcome was counted.
fn counted<F: Future<Output = ()>>(test: impl FnOnce(Once, Faulty) -> F) -> BTreeMap<String, u64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let (once, store) = faulty();
            test(once, store).await;
            sleep(Duration::from_secs(120)).await;
        });
    });
    let counters = recorder.snapshotter().snapshot().into_vec().into_iter();
    let outcomes = counters.map(|(key, _, _, value)| {
        let outcome = key.key().labels().find(|label| label.key() == "outcome").unwrap();
        let number = if let DebugValue::Counter(number) = value { number } else { 0 };
        (outcome.value().to_owned(), number)
    });
    outcomes.collect()
}

fn outcomes<const N: usize>(expected: [(&str, u64); N]) -> BTreeMap<String, u64> {
    expected.map(|(outcome, number)| (outcome.to_owned(), number)).into()
}

/// Its first try gave it back, and the second finds nothing.
#[test]
fn a_release_that_is_answered_too_late_is_no_loss() {
    let found = counted(|once, store| async move {
        let run = enter_run(&once, &mlflow("an-id", 0)).await;
        store.next([Fault::LosesAnswer]);
        run.end(Ending::Answered(500)).await;
    });
    assert_eq!(found, outcomes([("run", 1), ("unsettled", 1)]));

    // Nobody waits any more for the answer.
    let found = counted(|once, store| async move {
        let run = enter_run(&once, &mlflow("an-id", 0)).await;
        store.called.notified().await;
        store.next([Fault::LosesAnswer]);
        let ending = tokio::spawn(run.end(Ending::Answered(500)));
        store.called.notified().await;
        ending.abort();
    });
    assert_eq!(found, outcomes([("run", 1)]));

    // In the background.
    let found = counted(|once, store| async move {
        let run = enter_run(&once, &mlflow("an-id", 0)).await;
        store.next([Fault::LosesAnswer]);
        drop(run);
    });
    assert_eq!(found, outcomes([("run", 1)]));
}

#[test]
fn what_another_run_took_over_is_a_loss() {
    let found = counted(|once, store| async move {
        let receipt = mlflow("an-id", 0);
        let (stopped, failed) = (enter_run(&once, &receipt).await, mlflow("another-id", 0));
        let failed = enter_run(&once, &failed).await;
        advance(Duration::from_secs(31)).await;
        let second = enter_run(&once, &receipt).await;
        stopped.end(Ending::Answered(500)).await;
        second.end(Ending::Answered(200)).await;
        // What succeeded is completed as often as it has to be: a loss of it is one.
        let again = enter_run(&once, &mlflow("another-id", 0)).await;
        store.next([Fault::Fails]);
        failed.end(Ending::Answered(200)).await;
        drop(again);
    });
    assert_eq!(found["lost"], 2, "{found:?}");
}

#[test]
fn what_is_left_to_its_lease_is_counted() {
    let found = counted(|once, store| async move {
        let runs = [
            enter_run(&once, &mlflow("an-id", 0)).await,
            enter_run(&once, &mlflow("another-id", 0)).await,
        ];
        store.next(core::iter::repeat_n(Fault::Fails, 100_000));
        for number in 0..1100 {
            enter_answer(&once, &mlflow(&format!("id-{number}"), 0)).await;
        }
        let [succeeded, failed] = runs;
        succeeded.end(Ending::Answered(200)).await;
        failed.end(Ending::Answered(500)).await;
    });
    // Those for which there is no place, and those that were tried for long enough.
    let expected =
        [("left_to_lease", 1102), ("run", 2), ("store_unavailable", 1100), ("unsettled", 2)];
    assert_eq!(found, outcomes(expected));
}
