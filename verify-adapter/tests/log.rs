//! What the operator is told, and what of a request is not.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use support::{Incoming, decide, settings, signed};
use tracing_subscriber::filter::LevelFilter;
use verify_adapter::{Decision, Refusal, delivered, tell_unreadable};
use verify_core::{Receipt, Sender};

#[path = "suite/support.rs"]
#[expect(dead_code, reason = "the suite uses the rest")]
mod support;

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        String::from_utf8(core::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn receipt() -> Receipt {
    let genuine = Incoming::new(signed(Sender::WANDB, b"the body"), &[b"the body"]);
    match decide(&settings(), genuine).await {
        Decision::Call(handed, _) => handed.request.get().unwrap(),
        Decision::Answer(_, refusal) => panic!("{refusal}"),
    }
}

/// One test, because a route without a verifier is told of once in a process.
#[tokio::test]
async fn each_line_has_its_level_and_nothing_of_the_request() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
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
