use core::time::Duration;

use tokio::time::advance;
use verify_core::{Sender, SignedPart, UnixTime, Verifier};
use verify_once::{ConfigError, Ending, Memory, Once, Reason};

use crate::support::{enter_answer, enter_run, mlflow, receipt};

const GITHUB: Sender = Sender::new("github", "x-hub-signature-256").with_prefix("sha256=");
const WITH_ID: Sender = Sender::new("with-id", "x-signature")
    .with_signed_parts(&[SignedPart::DeliveryId("x-id"), SignedPart::Text(".")]);

fn builder() -> verify_once::Builder {
    Once::builder(Memory::of_this_process())
}

#[test]
fn a_sender_without_id_and_time_needs_a_window() {
    let error = builder().sender(GITHUB).build().unwrap_err();
    assert_eq!(error, ConfigError::WindowMissing { sender: "github" });
    assert_eq!(
        error.to_string(),
        "sender `github` signs neither an id nor a time, so equal bodies are taken for one delivery: name for how \
         long with `Builder::window`"
    );
    builder().sender(GITHUB).window(GITHUB, Duration::from_secs(60)).build().unwrap();
    for sender in [Sender::DATABRICKS, Sender::MLFLOW, Sender::WANDB, WITH_ID] {
        builder().sender(sender).build().unwrap();
    }
    let error = builder().deadline(Duration::ZERO).build().unwrap_err();
    assert_eq!(error.to_string(), "`deadline` is zero, so no handler could run");
    for millis in [0, 5001] {
        let builder = builder().store_deadline(Duration::from_millis(millis));
        let error = builder.build().unwrap_err();
        assert_eq!(error, ConfigError::StoreDeadlineInvalid);
        assert_eq!(
            error.to_string(),
            "`store_deadline` has to be more than zero and at most 5 s: \
             a claim ends 10 s after the deadline of its handler, and has to be settled before"
        );
    }
    builder().store_deadline(Duration::from_secs(5)).build().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_known_for_the_window_of_its_sender() {
    let named = builder().window(GITHUB, Duration::from_secs(60)).build().unwrap();
    let long = builder().window(Sender::MLFLOW, Duration::from_secs(3600)).build().unwrap();
    let short = builder().window(Sender::MLFLOW, Duration::from_secs(1)).build().unwrap();
    let default = builder().build().unwrap();
    let of = |sender| receipt(sender, "an-id", b"{}", 0);
    let windows = [
        // 2 x 300 s, 30 s, 60 s.
        (&default, mlflow("an-id", 0), 690),
        (&short, mlflow("an-id", 0), 690),
        (&long, mlflow("an-id", 0), 3600),
        (&default, of(Sender::WANDB), 600),
        (&default, of(Sender::DATABRICKS), 7 * 24 * 3600),
        (&default, of(WITH_ID), 7 * 24 * 3600),
        (&named, of(GITHUB), 60),
    ];
    for (once, receipt, seconds) in windows {
        enter_run(once, &receipt).await.end(Ending::Answered(200)).await;
        advance(Duration::from_secs(seconds - 1)).await;
        let answer = enter_answer(once, &receipt).await;
        assert_eq!((answer.reason, answer.status), (Reason::Done, 204), "{receipt:?}");
        // The repetition did not make it longer.
        advance(Duration::from_secs(1)).await;
        let run = enter_run(once, &receipt).await;
        assert_eq!(run.attempt(), 1, "{receipt:?}");
        run.end(Ending::Answered(200)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn off_means_that_nothing_is_known() {
    let once = builder().window(Sender::WANDB, Duration::ZERO).build().unwrap();
    for _ in 0..3 {
        let run = enter_run(&once, &receipt(Sender::WANDB, "an-id", b"{}", 0)).await;
        assert_eq!(run.attempt(), 0);
        run.end(Ending::Answered(200)).await;
    }
}

/// Without a signature there is no signed time, and equal bodies are equal keys.
#[tokio::test(start_paused = true)]
async fn what_has_no_window_is_not_run() {
    let once = builder().build().unwrap();
    let token = Verifier::builder(Sender::MLFLOW).bearer("token").without_signature();
    let head = [("authorization", "Bearer token")];
    let now = UnixTime::from_secs(1);
    let verified = token.build().unwrap().verify(now, head.as_slice(), b"{}").unwrap();
    for receipt in [*verified.receipt(), receipt(GITHUB, "an-id", b"{}", 0)] {
        let answer = enter_answer(&once, &receipt).await;
        assert_eq!(
            (answer.reason, answer.status, answer.retry_after),
            (Reason::WindowMissing, 500, None)
        );
    }
}
