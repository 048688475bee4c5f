//! Verifying allocates nothing, accepted or refused.
#![cfg(feature = "sign")]

use allocation_counter::measure;
#[cfg(feature = "events")]
use verify_core::databricks;
use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};

const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);
const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";

#[test]
fn nothing_is_allocated_for_a_delivery() {
    let body = vec![b'x'; 100_000];
    for sender in Sender::ALL {
        let verifier = Verifier::builder(*sender)
            .secret(Secret::new("bmV3").unwrap())
            .secret(Secret::new("b2xk").unwrap())
            .build()
            .unwrap();
        let signer = Signer::new(*sender, Secret::new("b2xk").unwrap()).unwrap();
        let signed = signer.sign(NOW, ID, &body).unwrap();
        let headers: Vec<_> = signed.iter().collect();
        let none: [(&str, &str); 0] = [];

        let name = sender.name();
        let count = |what: &str, is_ok: bool, judge: &dyn Fn() -> bool| {
            let mut answer = !is_ok;
            let info = measure(|| answer = judge());
            assert_eq!(answer, is_ok, "{name}, {what}");
            assert_eq!(info.count_total, 0, "{name}, {what}");
        };
        count("at once", true, &|| verifier.verify(NOW, headers.as_slice(), &body).is_ok());
        count("in chunks", true, &|| {
            let mut pending = verifier.begin(NOW, headers.as_slice()).unwrap();
            body.chunks(1000).for_each(|chunk| pending.feed(chunk).unwrap());
            pending.finish().is_ok()
        });
        count("without headers", false, &|| verifier.verify(NOW, &none, &body).is_ok());
        count("another body", false, &|| {
            verifier.verify(NOW, headers.as_slice(), b"another body").is_ok()
        });
    }
}

/// A value tree of the same body takes 16 allocations.
#[cfg(feature = "events")]
#[test]
fn an_event_takes_one_allocation_for_each_text() {
    let body = br#"{"event":"MODEL_VERSION_TRANSITIONED_STAGE","webhook_id":"c5596721253c4b429368cf6f4341b88a",
        "event_timestamp":1589859029343,"model_name":"Airline_Delay_SparkML","version":"8",
        "to_stage":"Production","from_stage":"None",
        "text":"Registered model 'someModel' version 8 transitioned from None to Production."}"#;
    let mut is_ok = false;
    let info = measure(|| is_ok = databricks::Event::parse(body).is_ok());
    assert!(is_ok);
    assert_eq!(info.count_total, 4);
}
