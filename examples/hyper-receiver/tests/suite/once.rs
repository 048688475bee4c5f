//! Each delivery once, in both versions of HTTP, and a store that comes later.

use core::time::Duration;
use std::{fs, thread::sleep, time::Instant};

use verify_toolkit::samples;

use crate::{
    client::{Client, Version, get, now},
    receiver::{PATIENCE, Receiver, secret},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_is_answered_without_a_second_line() {
    let receiver = Receiver::start_with(&[("ONCE_STORE", "memory")]);
    let sample = samples::of("mlflow").next().unwrap();
    for version in Version::ALL {
        let mut client = Client::connect(&receiver, version).await;
        assert_eq!(client.send(get("/readyz")).await.unwrap().status, 200);
        for tenant in ["acme", "globex"] {
            let signed = sample.delivery().with_delivery_id(format!("{version:?}"));
            let delivery = signed.sign(secret(tenant, &sample.sender), now()).unwrap();
            for _ in 0..3 {
                let answer = client.deliver(&format!("/webhooks/{tenant}/mlflow"), &delivery).await;
                assert_eq!((answer.status, answer.body.len()), (204, 0));
            }
            // The next line is of the next tenant.
            assert_eq!(receiver.line()["tenant"], tenant);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_comes_later_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("later");
    let store = format!("sqlite:{}", place.join("once.db").display());
    let receiver = Receiver::start_with(&[("ONCE_STORE", &store)]);
    let mut client = Client::connect(&receiver, Version::Http2).await;
    let sample = samples::of("mlflow").next().unwrap();
    let delivery = sample.delivery().sign(secret("acme", &sample.sender), now()).unwrap();
    assert_eq!(client.send(get("/readyz")).await.unwrap().status, 503);
    let answer = client.deliver("/webhooks/acme/mlflow", &delivery).await;
    assert_eq!(answer.status, 503);
    assert!(answer.headers.contains_key("retry-after"));
    fs::create_dir(&place).unwrap();
    let begun = Instant::now();
    while client.send(get("/readyz")).await.unwrap().status != 200 {
        assert!(begun.elapsed() < PATIENCE);
        sleep(Duration::from_millis(50));
    }
    assert_eq!(client.deliver("/webhooks/acme/mlflow", &delivery).await.status, 204);
    assert_eq!(receiver.line()["sender"], "mlflow");
}
