//! What is counted, with the feature `metrics`.

#![cfg(feature = "metrics")]

use bytes::Bytes;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use verify_adapter::{Head, Intake, Policy, Refusal};
use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};

#[test]
fn verified_and_refused_deliveries_are_counted_by_sender_and_reason() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let secret = || Secret::new("shared").unwrap();
        let verifier = Verifier::builder(Sender::WANDB).secret_named("new", secret());
        let signed = Signer::new(Sender::WANDB, secret()).unwrap();
        let signed = signed.sign(UnixTime::from_secs(0), "", b"{}").unwrap();
        let headers: Vec<_> = signed.iter().collect();
        let verifier = verifier.build().unwrap().into();
        let policy = Policy::default();
        let head = Head { headers: &headers, memory: 0, announced: None };
        let mut intake = Intake::begin(verifier, &policy, head).unwrap();
        intake.push(Bytes::from_static(b"{}")).unwrap();
        assert!(intake.finish().is_ok());
        Refusal::BodyBroken.record("mlflow", false);
        Refusal::BodyBroken.record("mlflow", true);
    });
    let mut counted: Vec<_> = snapshots
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let DebugValue::Counter(count) = value else { panic!("not a counter") };
            let labels: Vec<_> = key
                .key()
                .labels()
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            format!("{} {} {count}", key.key().name(), labels.join(" "))
        })
        .collect();
    counted.sort();
    assert_eq!(
        counted,
        [
            "verify_refused_total sender=mlflow code=body_broken 2",
            "verify_verified_total sender=wandb secret=new 1",
        ]
    );
}
