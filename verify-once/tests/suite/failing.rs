//! What a handler is protected from while the store fails.

use core::time::Duration;

use tokio::time::{Instant, advance, sleep};
use verify_core::Sender;
use verify_once::{Ending, Once, Reason, StoreError};

use crate::support::{self, Fault, Faulty, enter_answer, enter_run, faulty, mlflow};

const MOMENT: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn an_error_is_not_taken_for_a_free_key() {
    for fault in [Fault::Fails, Fault::LosesAnswer, Fault::IsLate(Duration::from_secs(1))] {
        let (once, store) = faulty();
        store.next([fault]);
        let begun = Instant::now();
        // The wait grows with the age.
        let answer = enter_answer(&once, &mlflow("an-id", 10)).await;
        let what = (answer.reason, answer.status, answer.retry_after);
        assert_eq!(what, (Reason::StoreUnavailable, 503, Some(25)), "{fault:?}");
        assert!(begun.elapsed() <= Duration::from_millis(501), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_is_given_back() {
    let (once, store) = faulty();
    let receipt = mlflow("an-id", 0);
    store.next([Fault::LosesAnswer]);
    enter_answer(&once, &receipt).await;
    sleep(MOMENT).await;
    assert_eq!(enter_run(&once, &receipt).await.attempt(), 2);
}

/// The caller hangs up while the store is asked.
#[tokio::test(start_paused = true)]
async fn a_claim_that_nobody_waits_for_is_given_back() {
    let (once, store) = faulty();
    let receipt = mlflow("an-id", 0);
    store.next([Fault::LosesAnswer]);
    let guarded = once.clone();
    let task = tokio::spawn(async move { guarded.enter(&receipt).await });
    store.called.notified().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    sleep(MOMENT).await;
    assert_eq!(enter_run(&once, &receipt).await.attempt(), 2);
}

/// A server that was stopped reads what it was sent when it goes on, be it after the release.
#[tokio::test(start_paused = true)]
async fn a_claim_that_is_carried_out_late_is_given_back() {
    let (once, store) = faulty();
    let receipt = mlflow("an-id", 0);
    store.next([Fault::IsLate(Duration::from_millis(1200))]);
    enter_answer(&once, &receipt).await;
    assert_eq!(store.calls(), ["claim"]);
    sleep(Duration::from_secs(4)).await;
    assert_eq!(store.calls(), ["claim", "release", "release"]);
    assert_eq!(enter_run(&once, &receipt).await.attempt(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_release_is_tried_again_until_the_store_answers() {
    let (once, store) = faulty();
    let receipt = mlflow("an-id", 0);
    store.next([Fault::LosesAnswer, Fault::Fails, Fault::IsLate(MOMENT), Fault::Fails]);
    enter_answer(&once, &receipt).await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(enter_run(&once, &receipt).await.attempt(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_succeeded_is_completed_later_if_the_store_fails() {
    for fault in [Fault::Fails, Fault::LosesAnswer, Fault::IsLate(Duration::from_secs(1))] {
        let (once, store) = faulty();
        let receipt = mlflow("an-id", 0);
        let run = enter_run(&once, &receipt).await;
        store.next([fault, Fault::Fails, Fault::Fails]);
        let begun = Instant::now();
        run.end(Ending::Answered(200)).await;
        assert!(begun.elapsed() <= Duration::from_millis(501));
        // Not given back meanwhile: another run would be the second one.
        sleep(Duration::from_secs(2)).await;
        assert_eq!(enter_answer(&once, &receipt).await.reason, Reason::Done, "{fault:?}");
        assert!(!store.calls().contains(&"release"));
    }
}

/// The sender hangs up after the handler succeeded and before that is written down.
#[tokio::test(start_paused = true)]
async fn a_completion_that_nobody_waits_for_is_still_a_completion() {
    let (once, store) = faulty();
    let receipt = mlflow("an-id", 0);
    let run = enter_run(&once, &receipt).await;
    store.called.notified().await;
    store.next([Fault::IsLate(Duration::from_secs(30))]);
    let task = tokio::spawn(run.end(Ending::Answered(200)));
    store.called.notified().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    sleep(MOMENT).await;
    assert_eq!(enter_answer(&once, &receipt).await.reason, Reason::Done);
    assert_eq!(store.calls(), ["claim", "complete", "complete", "claim"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_stopped_past_its_lease_settles_nothing() {
    for ending in [Ending::Answered(200), Ending::Answered(500)] {
        let (once, _) = faulty();
        let receipt = mlflow("an-id", 0);
        let stopped = enter_run(&once, &receipt).await;
        advance(Duration::from_secs(31)).await;
        let second = enter_run(&once, &receipt).await;
        assert_eq!(second.attempt(), 2);
        stopped.end(ending).await;
        // The second one still holds it.
        assert_eq!(enter_answer(&once, &receipt).await.reason, Reason::InProgress);
        second.end(Ending::Answered(200)).await;
        assert_eq!(enter_answer(&once, &receipt).await.reason, Reason::Done);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sender_may_be_run_without_the_store() {
    let store = Faulty::new();
    let builder = Once::builder(store.clone()).dangerous_run_without_store(Sender::WANDB);
    let once = builder.build().unwrap();
    let receipt = support::receipt(Sender::WANDB, "an-id", b"{}", 0);
    store.next([Fault::LosesAnswer]);
    let run = enter_run(&once, &receipt).await;
    assert_eq!(run.attempt(), 0);
    run.end(Ending::Answered(200)).await;
    sleep(MOMENT).await;
    // The claim was made all the same, and so it is known now.
    assert_eq!(enter_answer(&once, &receipt).await.reason, Reason::Done);

    // Nobody else is.
    store.next([Fault::Fails]);
    assert_eq!(enter_answer(&once, &mlflow("an-id", 0)).await.status, 503);
}

#[tokio::test(start_paused = true)]
async fn readiness_has_a_time_limit() {
    let (once, store) = faulty();
    store.next([Fault::None, Fault::Fails, Fault::LosesAnswer]);
    assert_eq!(once.check().await, Ok(()));
    let failed = StoreError::Unavailable("it fails".to_owned());
    assert_eq!(once.check().await, Err(failed));
    assert_eq!(once.check().await, Err(StoreError::TimedOut));
}

/// The claim holds from when the store makes it. Its answer may come later, and its handler may begin later still.
#[tokio::test(start_paused = true)]
async fn the_deadline_counts_from_when_the_store_is_asked() {
    let (once, store) = faulty();
    store.next([Fault::IsSlow(Duration::from_millis(400))]);
    let begun = Instant::now();
    let run = enter_run(&once, &mlflow("an-id", 0)).await;
    sleep(Duration::from_secs(5)).await;
    let guarded = run.guard(core::future::pending::<()>(), |()| Ending::Answered(200));
    assert_eq!(guarded.await.unwrap_err().reason, Reason::Overdue);
    assert_eq!(begun.elapsed(), Duration::from_secs(20));
    // A store that takes longer: nothing is begun, and the claim is given back.
    let once = Once::builder(store.clone())
        .deadline(Duration::from_secs(1))
        .store_deadline(Duration::from_secs(5));
    let once = once.build().unwrap();
    store.next([Fault::IsSlow(Duration::from_secs(2))]);
    assert_eq!(enter_answer(&once, &mlflow("another", 0)).await.reason, Reason::Overdue);
    sleep(MOMENT).await;
    assert_eq!(enter_run(&once, &mlflow("another", 0)).await.attempt(), 2);
    // Without an end there is none.
    let once = Once::builder(store).deadline(Duration::MAX).build().unwrap();
    let run = enter_run(&once, &mlflow("an-id", 0)).await;
    let guarded = run.guard(sleep(Duration::from_secs(3600)), |()| Ending::Answered(200));
    assert_eq!(guarded.await, Ok(()));
}

/// What is settled in the background is bounded, and ends.
#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_for_long_is_not_asked_for_ever() {
    let (once, store) = faulty();
    store.next(core::iter::repeat_n(Fault::Fails, 100_000));
    for number in 0..2000 {
        enter_answer(&once, &mlflow(&format!("id-{number}"), 0)).await;
    }
    sleep(Duration::from_secs(120)).await;
    let asked = store.calls().len();
    assert!(asked < 2000 + 1024 * 25, "{asked}");
    sleep(Duration::from_secs(600)).await;
    assert_eq!(store.calls().len(), asked);
}

/// Claims that may have been made while the store is down are many, and what succeeded must not run again.
#[tokio::test(start_paused = true)]
async fn claims_that_may_have_been_made_keep_no_completion_out() {
    let (once, store) = faulty();
    let receipt = mlflow("an-id", 0);
    let run = enter_run(&once, &receipt).await;
    store.next(core::iter::repeat_n(Fault::Fails, 100_000));
    for number in 0..1100 {
        enter_answer(&once, &mlflow(&format!("id-{number}"), 0)).await;
    }
    run.end(Ending::Answered(200)).await;
    store.mend();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(enter_answer(&once, &receipt).await.reason, Reason::Done);
}

/// Strangers who ask whether it is ready and hang up.
#[tokio::test(start_paused = true)]
async fn the_store_is_asked_once_a_second_whether_it_is_ready() {
    let (once, store) = faulty();
    store.next([Fault::LosesAnswer, Fault::Fails]);
    for _ in 0..50 {
        assert!(tokio::time::timeout(MOMENT, once.ready()).await.is_err());
    }
    assert_eq!(once.ready().await, Err(StoreError::TimedOut));
    assert_eq!(store.calls(), ["check"]);
    sleep(Duration::from_secs(2)).await;
    for _ in 0..50 {
        assert!(matches!(once.ready().await, Err(StoreError::Unavailable(_))));
    }
    assert_eq!(store.calls(), ["check", "check"]);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(once.ready().await, Ok(()));
}
