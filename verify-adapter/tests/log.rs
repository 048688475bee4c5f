//! What the operator is told, and what of a request is not.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use adapters::Log;
use bytes::Bytes;
use support::{Incoming, decide, settings, signed};
use verify_adapter::{Decision, Refusal, delivered, tell_unreadable};
use verify_core::{Receipt, Sender, Verified};

#[path = "suite/support.rs"]
#[expect(dead_code, reason = "the suite uses the rest")]
mod support;

async fn receipt() -> Receipt {
    let genuine = Incoming::new(signed(Sender::WANDB, b"the body"), &[b"the body"]);
    match decide(&settings(), genuine).await {
        Decision::Call(handed, _) => *handed.request.get::<Verified<Bytes>>().unwrap().receipt(),
        Decision::Answer(answer) => panic!("{answer:?}"),
    }
}

/// One test, because a route without a verifier is told of once in a process.
#[tokio::test]
async fn each_line_has_its_level_and_nothing_of_the_request() {
    let log = Log::new();
    let told = |parts: &[&str]| {
        let line = log.take();
        assert_eq!(line.lines().count(), 1, "{line}");
        for part in parts {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!line.contains("the body") && !line.contains("unspeakable"), "{line}");
    };

    let receipt = receipt().await;
    told(&["DEBUG verify: delivery verified", "sender=\"wandb\"", "secret=\"new\""]);
    Refusal::BodyBroken.record("mlflow", true);
    told(&[
        "DEBUG verify: delivery refused: body ended before it was complete",
        "sender=\"mlflow\"",
    ]);
    Refusal::BodyBroken.record("mlflow", true);
    told(&["code=\"body_broken\"", "report_only=true"]);

    tell_unreadable(&receipt, &"no such event");
    let lines = log.take();
    let [warning, refused] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{lines}") };
    for part in ["WARN verify: verified event not understood", "sender=\"wandb\"", "no such event"]
    {
        assert!(warning.contains(part), "{part}: {warning}");
    }
    assert!(refused.contains("code=\"payload_unreadable\""), "{refused}");

    assert_eq!(delivered(None, None).unwrap_err(), Refusal::NotGuarded);
    told(&[
        "ERROR verify: a handler takes a verified delivery, but its route has no verifier: put",
    ]);
    assert_eq!(delivered(None, None).unwrap_err(), Refusal::NotGuarded);
    assert_eq!(log.take(), "");
}
