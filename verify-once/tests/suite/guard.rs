//! What a handler is protected from while the store does what it should.

use core::{
    pin::pin,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::sync::Arc;

use tokio::{
    task::JoinSet,
    time::{Instant, advance, sleep},
};
use verify_core::Sender;
use verify_once::{Answer, Ending, Key, Memory, Once, Reason};

use crate::support::{self, Waited, enter_answer, enter_run, faulty, mlflow};

fn once() -> Once {
    Once::builder(Memory::of_this_process()).build().unwrap()
}

/// With a store that does not answer at once.
fn waited() -> Once {
    Once::builder(Waited(Arc::new(Memory::of_this_process()))).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_was_handled_is_answered_as_before_without_the_handler() {
    for (status, repeated) in [(200, 204), (202, 204), (302, 302), (404, 404), (410, 410)] {
        let (once, receipt) = (once(), mlflow("an-id", 0));
        enter_run(&once, &receipt).await.end(Ending::Answered(status)).await;
        let answer = enter_answer(&once, &receipt).await;
        let Answer { reason, status, retry_after, .. } = answer;
        assert_eq!((reason, status, retry_after), (Reason::Done, repeated, None));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_to_come_again_runs_again_at_once() {
    let (once, receipt) = (once(), mlflow("an-id", 0));
    let endings = [500, 503, 599, 408, 425, 429].map(Ending::Answered);
    let mut attempt = 0;
    for ending in endings.into_iter().chain([Ending::Broken, Ending::Overdue]) {
        attempt += 1;
        let run = enter_run(&once, &receipt).await;
        assert_eq!(run.attempt(), attempt);
        // Before the answer is sent: MLflow's first retry comes at once.
        run.end(ending).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_duplicate_is_told_when_to_come_again() {
    let (once, receipt) = (once(), mlflow("an-id", 0));
    let run = enter_run(&once, &receipt).await;
    let wait = |answer: Answer| (answer.reason, answer.status, answer.retry_after);
    assert_eq!(wait(enter_answer(&once, &receipt).await), (Reason::InProgress, 503, Some(31)));
    advance(Duration::from_millis(12_500)).await;
    assert_eq!(wait(enter_answer(&once, &receipt).await), (Reason::InProgress, 503, Some(18)));
    run.end(Ending::Answered(200)).await;
    assert_eq!(enter_answer(&once, &receipt).await.status, 204);

    // Half of what is left of the tolerance, and never at once.
    for (age, expected) in [(240, 30), (280, 10), (299, 1), (300, 1)] {
        let receipt = mlflow("another-id", age);
        let _run = enter_run(&once, &receipt).await;
        assert_eq!(enter_answer(&once, &receipt).await.retry_after, Some(expected), "{age}");
    }
    // No time is signed, so none runs out.
    let receipt = support::receipt(Sender::WANDB, "an-id", b"{}", 0);
    let _run = enter_run(&once, &receipt).await;
    assert_eq!(enter_answer(&once, &receipt).await.retry_after, Some(31));
}

/// As while instances with another deadline come into use, one after the other.
#[tokio::test(start_paused = true)]
async fn a_running_duplicate_of_an_instance_with_a_longer_deadline_is_not_run() {
    let store: Arc<dyn verify_once::Claims> = Arc::new(Memory::of_this_process());
    let longer = Once::builder_shared(Arc::clone(&store)).deadline(Duration::from_secs(190));
    let (longer, once) = (longer.build().unwrap(), Once::builder_shared(store).build().unwrap());
    // A time that is signed must still be good then.
    for (receipt, wait) in
        [(support::receipt(Sender::WANDB, "an-id", b"{}", 0), 201), (mlflow("an-id", 0), 150)]
    {
        let _run = enter_run(&longer, &receipt).await;
        let answer = enter_answer(&once, &receipt).await;
        assert_eq!((answer.reason, answer.retry_after), (Reason::InProgress, Some(wait)));
    }
}

#[tokio::test]
async fn of_two_hundred_copies_for_two_instances_one_runs() {
    let store: Arc<dyn verify_once::Claims> = Arc::new(Memory::of_this_process());
    let at_once = Once::builder_shared(Arc::clone(&store)).build().unwrap();
    let instances = [at_once, Once::builder(Waited(store)).build().unwrap()];
    let (receipt, ran) = (mlflow("an-id", 0), Arc::new(AtomicU32::new(0)));
    let mut copies = JoinSet::new();
    for number in 0..200 {
        let (once, ran) = (instances[number % 2].clone(), Arc::clone(&ran));
        copies.spawn(async move {
            let handle = |attempt| async move {
                ran.fetch_add(attempt, Relaxed);
                sleep(Duration::from_millis(20)).await;
            };
            once.guard(&receipt, handle, |()| Ending::Answered(200)).await
        });
    }
    let mut statuses = Vec::new();
    while let Some(copy) = copies.join_next().await {
        statuses.push(copy.unwrap().map_or_else(|answer| answer.status, |()| 200));
    }
    statuses.sort_unstable();
    assert_eq!(ran.load(Relaxed), 1);
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| [204, 503].contains(status)), "{statuses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_too_long_is_dropped() {
    for once in [once(), waited()] {
        let receipt = mlflow("an-id", 0);
        let begun = Instant::now();
        let dropped = Arc::new(());
        let held = Arc::clone(&dropped);
        let handle = |_| async move {
            let _held = held;
            sleep(Duration::from_secs(3600)).await;
        };
        let answer = once.guard(&receipt, handle, |()| Ending::Answered(200)).await.unwrap_err();
        let told = (answer.reason, answer.status, answer.retry_after);
        assert_eq!(told, (Reason::Overdue, 503, Some(5)));
        assert_eq!(begun.elapsed(), Duration::from_secs(20));
        assert_eq!(Arc::strong_count(&dropped), 1);
        assert_eq!(enter_run(&once, &receipt).await.attempt(), 2);
    }
}

/// One that never waits for anything but that its task may go on.
#[tokio::test(start_paused = true)]
async fn a_handler_that_keeps_its_thread_busy_is_dropped() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let handle = |_| async move {
        for number in 0.. {
            sender.send(number).unwrap();
            receiver.recv().await.unwrap();
            advance(Duration::from_millis(1)).await;
        }
    };
    let (once, receipt) = (once(), mlflow("an-id", 0));
    let answer = once.guard(&receipt, handle, |()| Ending::Answered(200)).await.unwrap_err();
    assert_eq!(answer.reason, Reason::Overdue);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_at_once_is_asked_in_place() {
    let receipt = mlflow("an-id", 0);
    assert!(waited().enter_at_once(&receipt).is_none());
    let once = once();
    let run = once.enter_at_once(&receipt).unwrap().unwrap();
    let reason = |entered: Option<Result<_, Answer>>| entered.unwrap().unwrap_err().reason;
    assert_eq!(reason(once.enter_at_once(&receipt).map(|it| it.map(drop))), Reason::InProgress);
    let mut guarded = pin!(run.guard(async { 204 }, |status| Ending::Answered(*status)));
    let done = guarded.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(done, Poll::Ready(Ok(204)));
    assert_eq!(reason(once.enter_at_once(&receipt).map(|it| it.map(drop))), Reason::Done);
}

/// A panic, or a sender that hangs up.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_is_given_back() {
    let (once, store) = faulty();
    let receipt = mlflow("an-id", 0);
    let panics = |attempt: u32| async move { assert_eq!(attempt, 0, "a handler panics") };
    let guarded = once.clone();
    let task =
        tokio::spawn(async move { guarded.guard(&receipt, panics, |()| Ending::Broken).await });
    assert!(task.await.unwrap_err().is_panic());
    sleep(Duration::from_millis(1)).await;

    let run = enter_run(&once, &receipt).await;
    assert_eq!(run.attempt(), 2);
    // By a thread that has no runtime.
    std::thread::spawn(move || drop(run)).join().unwrap();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(enter_run(&once, &receipt).await.attempt(), 3);
    assert_eq!(store.calls(), ["claim", "release", "claim", "release", "claim"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_runs_again() {
    let (once, receipt) = (once(), mlflow("an-id", 0));
    enter_run(&once, &receipt).await.end(Ending::Answered(200)).await;
    enter_answer(&once, &receipt).await;
    assert_eq!(once.forget(&Key::from(&receipt)).await, Ok(true));
    assert_eq!(enter_run(&once, &receipt).await.attempt(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_store_refuses_and_forgets_nothing() {
    let once = Once::builder(Memory::with_most(1)).build().unwrap();
    enter_run(&once, &mlflow("an-id", 0)).await.end(Ending::Answered(200)).await;
    let answer = enter_answer(&once, &mlflow("another-id", 0)).await;
    assert_eq!(
        (answer.reason, answer.status, answer.retry_after),
        (Reason::StoreFull, 503, Some(5))
    );
    assert_eq!(enter_answer(&once, &mlflow("an-id", 0)).await.reason, Reason::Done);
    advance(Duration::from_secs(690)).await;
    assert_eq!(enter_run(&once, &mlflow("another-id", 0)).await.attempt(), 1);
}
