//! What can be learnt about who is served here: nothing.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use verify_toolkit::{Delivery, Sender, WireRequest};

use crate::{
    client::{Version, connect_tls, deliver, mlflow, now},
    receiver::Receiver,
};

/// One that there is, with another's secret, and those that there are not.
const NOT_THEIRS: [&str; 6] = ["acme", "globex", "initech", "", "ACME", "ac%6de"];

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_there_is_not_is_refused_like_any_other() {
    let receiver = Receiver::start();
    for version in Version::ALL {
        for sender in Sender::ALL {
            let mut refusals = Vec::new();
            for tenant in NOT_THEIRS {
                let path = format!("/webhooks/{tenant}/{}", sender.name());
                let forged = Delivery::new(*sender, "{}").sign("YW5vdGhlcg==", now()).unwrap();
                refusals.push(deliver(&receiver, version, &path, &forged).await);
                refusals.push(deliver(&receiver, version, &path, &bare()).await);
            }
            assert_eq!(refusals[0].status, 401);
            assert!(refusals.iter().all(|answer| *answer == refusals[0]), "{refusals:?}");
        }
    }
    // The secret of another tenant.
    let delivery = mlflow("globex-mlflow");
    let answer = deliver(&receiver, Version::Http2, "/webhooks/acme/mlflow", &delivery).await;
    assert_eq!(answer.status, 401);
}

/// Without a signature.
fn bare() -> WireRequest {
    Delivery::mlflow("{}").unsigned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_is_it_told_by_waiting_for_the_body() {
    let receiver = Receiver::start();
    for tenant in NOT_THEIRS {
        // The head is good as far as anyone can tell without the secret.
        let signature = "0".repeat(64);
        let begin = async |length: usize| {
            let mut stream = connect_tls(&receiver, None).await.unwrap();
            let head = format!(
                "POST /webhooks/{tenant}/databricks HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\
                 content-length: {length}\r\nx-databricks-signature: {signature}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut status = [0; 12];
            stream.read_exact(&mut status).await.unwrap();
            String::from_utf8(status[9..].to_vec()).unwrap()
        };
        let limit = Sender::DATABRICKS.body_limit();
        assert_eq!([begin(limit).await, begin(limit + 1).await], ["100", "413"], "{tenant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_replaced_is_still_taken() {
    let receiver = Receiver::start();
    for (secret, label) in [("acme-mlflow", "current"), ("acme-mlflow-before", "previous")] {
        let answer =
            deliver(&receiver, Version::Http1, "/webhooks/acme/mlflow", &mlflow(secret)).await;
        assert_eq!((answer.status, &receiver.line()["secret"]), (204, &label.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_paths_and_methods_are_not_deliveries() {
    let receiver = Receiver::start();
    for version in Version::ALL {
        let mut client = crate::client::Client::connect(&receiver, version).await;
        for (method, path, status) in [
            ("GET", "/healthz", 200),
            ("GET", "/webhooks/acme/mlflow", 405),
            ("PUT", "/webhooks/nobody/mlflow", 405),
            ("POST", "/webhooks/acme/gitlab", 404),
            ("POST", "/webhooks/acme/mlflow/", 404),
            ("POST", "/webhooks/mlflow", 404),
            ("POST", "/healthz", 404),
            ("GET", "/", 404),
        ] {
            let request = http::Request::builder()
                .method(method)
                .uri(format!("https://127.0.0.1{path}"))
                .body(bytes::Bytes::new().into());
            assert_eq!(client.send(request.unwrap()).await.unwrap().status, status, "{path}");
        }
    }
}
