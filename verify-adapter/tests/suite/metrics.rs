//! What is counted, with the feature `metrics`.

use core::task::{Context, Poll, Waker};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use verify_adapter::{Decision, Refusal};
use verify_core::Sender;

use crate::support::{Incoming, decide, settings, signed};

#[test]
fn verified_and_refused_deliveries_are_counted_by_sender_and_reason() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let genuine = Incoming::new(signed(Sender::WANDB, b"{}"), &[b"{}"]);
        let settings = settings();
        let mut deciding = core::pin::pin!(decide(&settings, genuine));
        let decided = deciding.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(decided, Poll::Ready(Decision::Call(..))));
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
