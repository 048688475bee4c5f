//! What the operator is told, and what of a request is not.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use tracing_subscriber::filter::LevelFilter;
use verify_adapter::{Head, Intake, Policy, Refusal, delivered, unreadable};
use verify_core::{Receipt, RetryAfter, Secret, Sender, Signer, UnixTime, Verifier};

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

fn receipt() -> Receipt {
    let secret = || Secret::new("unspeakable").unwrap();
    let verifier = Verifier::builder(Sender::WANDB).secret_named("new", secret()).build().unwrap();
    let signed = Signer::new(Sender::WANDB, secret()).unwrap();
    let signed = signed.sign(UnixTime::from_secs(0), "", b"the body").unwrap();
    let headers: Vec<_> = signed.iter().collect();
    let head = Head { headers: &headers, memory: 0, announced: None };
    let mut intake = Intake::begin(verifier.into(), &Policy::default(), head).unwrap();
    intake.push(Bytes::from_static(b"the body")).unwrap();
    *intake.finish().unwrap().0.receipt()
}

/// One test, because a route without a verifier is told of once in a process.
#[test]
fn each_line_has_its_level_and_nothing_of_the_request() {
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

    let receipt = receipt();
    told(&["DEBUG verify: delivery verified", "sender=\"wandb\"", "secret=\"new\""]);
    Refusal::BodyBroken.record("mlflow", true);
    told(&["DEBUG verify: delivery refused: body broke off", "sender=\"mlflow\""]);
    Refusal::BodyBroken.record("mlflow", true);
    told(&["code=\"body_broken\"", "report_only=true"]);

    let unreadable = unreadable(&receipt, &"no such event");
    assert_eq!(unreadable, Refusal::PayloadUnreadable(RetryAfter::AGE_UNKNOWN));
    let lines = log.take();
    let [warning, refused] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{lines}") };
    for part in ["WARN verify: verified event not understood", "sender=\"wandb\"", "no such event"]
    {
        assert!(warning.contains(part), "{part}: {warning}");
    }
    assert!(refused.contains("code=\"payload_unreadable\""), "{refused}");

    assert_eq!(delivered(None, None).unwrap_err(), Refusal::NotGuarded);
    told(&["ERROR verify: a handler takes a verified delivery"]);
    assert_eq!(delivered(None, None).unwrap_err(), Refusal::NotGuarded);
    assert_eq!(log.take(), "");
}
