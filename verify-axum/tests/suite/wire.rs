//! What goes over the wire: the order of the checks and the answers, against a real server.

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{fs, sync::Arc};

use axum::{Json, Router, http::StatusCode, routing::post};
use base64ct::{Base64, Encoding};
use bytes::Bytes;
use serde_json::Value;
use verify_axum::{Delivery, Secret, Sender, Verifier, VerifyLayer};

use crate::support::{
    self, ID, NOW, Raw, SECRET, clock, clock_at, head, serve, signed, signed_head, verifier,
    verifier_with, without_date,
};

/// A handler that counts how often it runs.
fn counting(layer: VerifyLayer) -> (Router, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let handler = async move |Delivery(_): Delivery| {
        counter.fetch_add(1, Ordering::Relaxed);
        StatusCode::NO_CONTENT
    };
    (Router::new().route("/", post(handler).layer(layer)), runs)
}

#[tokio::test]
async fn recorded_deliveries_are_accepted_as_they_were_sent() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../verify-core/tests/fixtures/mlflow");
    let mut accepted = 0;
    for file in fs::read_dir(folder).unwrap() {
        let recorded: Value =
            serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        let body = Base64::decode_vec(recorded["body_base64"].as_str().unwrap()).unwrap();
        let secret = recorded["secret"].as_str().unwrap_or("whatever");
        let layer = VerifyLayer::new(verifier_with(Sender::MLFLOW, secret))
            .with_clock(clock_at(recorded["received_at"].as_u64().unwrap()));
        let (app, runs) = counting(layer);
        let address = serve(app).await;

        let headers = recorded["headers"].as_array().unwrap().iter();
        let lines: String = headers
            .map(|pair| format!("{}: {}\r\n", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
            .collect();
        let mut raw = Raw::connect(address).await;
        raw.send(format!("POST / HTTP/1.1\r\n{lines}\r\n")).await.send(&body).await;
        let signed = recorded["secret"].is_string();
        assert_eq!(raw.status().await, if signed { 204 } else { 401 }, "{recorded}");
        assert_eq!(runs.load(Ordering::Relaxed), usize::from(signed));
        accepted += usize::from(signed);
    }
    assert_eq!(accepted, 17);
}

#[tokio::test]
async fn a_bad_head_is_answered_before_any_of_the_body_is_sent() {
    let (app, runs) = counting(VerifyLayer::new(verifier(Sender::DATABRICKS)));
    let address = serve(app).await;
    for (headers, status) in [
        (vec![("content-length", "900000".to_owned())], 401),
        (vec![("content-length", "50000000".to_owned())], 413),
        (vec![("content-length", "9000000000000000000".to_owned())], 413),
        (vec![("content-length", "900000".to_owned()), ("expect", "100-continue".to_owned())], 401),
        (vec![("transfer-encoding", "chunked".to_owned())], 401),
    ] {
        // Nothing follows the head, and there is nothing but the answer.
        let response = Raw::connect(address).await.send(head("/", &headers)).await.response().await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{headers:?}: {response}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn expect_continue_is_answered_once_the_head_is_good() {
    let (app, _) = counting(VerifyLayer::new(verifier(Sender::DATABRICKS)));
    let body = b"{}";
    let mut headers = signed(Sender::DATABRICKS, SECRET, body);
    headers.extend([("content-length", "2".to_owned()), ("expect", "100-continue".to_owned())]);
    let mut raw = Raw::connect(serve(app).await).await;
    assert_eq!(raw.send(head("/", &headers)).await.status().await, 100);
    assert_eq!(raw.send(body).await.status().await, 204);
}

#[tokio::test]
async fn every_authentication_failure_gets_the_same_bytes() {
    let verifier = Verifier::builder(Sender::MLFLOW)
        .secret(Secret::new(SECRET).unwrap())
        .bearer("token")
        .build()
        .unwrap();
    let (app, runs) = counting(VerifyLayer::new(verifier).with_clock(clock()));
    let address = serve(app).await;

    let body = b"{}";
    let good = || {
        let mut headers = signed(Sender::MLFLOW, SECRET, body);
        headers.push(("authorization", "Bearer token".to_owned()));
        headers.push(("content-length", body.len().to_string()));
        headers
    };
    let with = |name: &'static str, value: String| {
        let mut headers = good();
        headers.retain(|(other, _)| *other != name);
        headers.push((name, value));
        headers
    };
    let without = |name: &str| {
        let mut headers = good();
        headers.retain(|(other, _)| *other != name);
        headers
    };
    let twice = |name: &str| {
        let mut headers = good();
        headers.extend(good().into_iter().filter(|(other, _)| *other == name));
        headers
    };
    let signature = "x-mlflow-signature";
    let cases = [
        without(signature),
        twice(signature),
        with(signature, String::new()),
        with(signature, "v1,AAAA".to_owned()),
        with(signature, format!("v1,{}=", "A".repeat(43))),
        with(signature, format!("v1,{}", "A".repeat(20_000))),
        without("x-mlflow-timestamp"),
        twice("x-mlflow-timestamp"),
        with("x-mlflow-timestamp", (NOW - 301).to_string()),
        with("x-mlflow-timestamp", (NOW + 301).to_string()),
        with("x-mlflow-timestamp", "+1".to_owned()),
        without("x-mlflow-delivery-id"),
        with("x-mlflow-delivery-id", "a.b".to_owned()),
        with("x-mlflow-delivery-id", ID.to_uppercase()),
        without("authorization"),
        with("authorization", "Bearer wrong".to_owned()),
        with("authorization", "Basic token".to_owned()),
    ];
    let refused =
        "HTTP/1.1 401 Unauthorized\nwww-authenticate: HMAC-SHA256, Bearer\ncontent-length: 0\n";
    for headers in cases {
        let mut raw = Raw::connect(address).await;
        let response = raw.send(head("/", &headers)).await.send(body).await.response().await;
        assert_eq!(without_date(&response), refused, "{headers:?}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);

    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(head("/", &good())).await.send(body).await.status().await, 204);
}

#[tokio::test]
async fn the_size_is_limited_with_and_without_a_content_length() {
    let verifier = Verifier::builder(Sender::DATABRICKS)
        .secret(Secret::new(SECRET).unwrap())
        .body_limit(1000)
        .build()
        .unwrap();
    let (app, runs) = counting(VerifyLayer::new(verifier));
    let address = serve(app).await;
    for (length, status) in [(0, 204), (1000, 204), (1001, 413), (100_000, 413)] {
        let body = vec![b'x'; length];
        let mut raw = Raw::connect(address).await;
        raw.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await;
        if status == 204 {
            raw.send(&body).await;
        }
        assert_eq!(raw.status().await, status, "{length} bytes");

        let mut headers = signed(Sender::DATABRICKS, SECRET, &body);
        headers.push(("transfer-encoding", "chunked".to_owned()));
        let mut raw = Raw::connect(address).await;
        raw.send(head("/", &headers)).await;
        if length > 0 {
            raw.send(format!("{length:x}\r\n")).await.send(&body).await.send("\r\n").await;
        }
        // The last chunk never comes where the ones before were too much.
        if status == 204 {
            raw.send("0\r\n\r\n").await;
        }
        assert_eq!(raw.status().await, status, "{length} bytes, chunked");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn a_body_arrives_in_chunks_of_one_byte() {
    let (app, _) = counting(VerifyLayer::new(verifier(Sender::WANDB)));
    let body = br#"{"key1": "value1", "key2": "value2"}"#;
    let mut headers = signed(Sender::WANDB, SECRET, body);
    headers.push(("transfer-encoding", "chunked".to_owned()));
    let mut raw = Raw::connect(serve(app).await).await;
    raw.send(head("/", &headers)).await;
    for byte in body {
        raw.send([b"1\r\n", &[*byte][..], b"\r\n"].concat()).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(raw.send("0\r\n\r\n").await.status().await, 204);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_400() {
    let (app, runs) = counting(VerifyLayer::new(verifier(Sender::DATABRICKS)));
    let address = serve(app).await;
    let body = b"all of it";

    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, body)).await.send(&body[..4]).await;
    assert_eq!(raw.end().await.status().await, 400);

    let mut headers = signed(Sender::DATABRICKS, SECRET, body);
    headers.push(("transfer-encoding", "chunked".to_owned()));
    let mut raw = Raw::connect(address).await;
    raw.send(head("/", &headers)).await.send("9\r\nall of it\r\nnonsense\r\n").await;
    assert_eq!(raw.status().await, 400);
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_slow_body_is_a_503_that_asks_to_come_again() {
    let layer =
        VerifyLayer::new(verifier(Sender::DATABRICKS)).with_deadline(Duration::from_millis(300));
    let (app, runs) = counting(layer);
    let body = vec![b'x'; 100_000];
    let mut raw = Raw::connect(serve(app).await).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await;
    // Never idle for long: the deadline is for the whole body.
    assert_eq!(
        without_date(&raw.response_to_a_drip().await),
        "HTTP/1.1 503 Service Unavailable\nretry-after: 5\ncontent-length: 0\n"
    );
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn bytes_are_checked_and_handed_on_exactly_as_sent() {
    // What `gzip` makes of `{}`, and other bodies that a parser would change or refuse.
    let gzip =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";
    let bodies: [&[u8]; 6] =
        [gzip, b"", b"\0\0\0", b"\xff\xfe not UTF-8", b"\xef\xbb\xbf{}\r\n", b"{\"a\":1,\"a\":2}"];
    let echo = async |body: Bytes| body;
    let layer = VerifyLayer::new(verifier(Sender::DATABRICKS));
    let address = serve(Router::new().route("/", post(echo).layer(layer))).await;
    for body in bodies {
        let mut headers = signed(Sender::DATABRICKS, SECRET, body);
        headers.push(("content-length", body.len().to_string()));
        headers.push(("content-encoding", "gzip".to_owned()));
        let mut raw = Raw::connect(address).await;
        let (head, echoed) =
            raw.send(support::head("/", &headers)).await.send(body).await.read().await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert_eq!(echoed, body);
    }
}

#[tokio::test]
async fn a_large_body_passes_through_the_usual_extractors() {
    // MLflow sent this much; axum's own limit is 2 MiB.
    let body = serde_json::to_vec(&"x".repeat(2_400_253)).unwrap();
    let bytes = async |body: Bytes| body.len().to_string();
    let string = async |body: String| body.len().to_string();
    let json = async |Json(text): Json<String>| text.len().to_string();
    let guard = || VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let app = Router::new()
        .route("/bytes", post(bytes))
        .route("/string", post(string))
        .route("/json", post(json))
        .layer(guard());
    let address = serve(app).await;
    for (path, length) in [("/bytes", "2400255"), ("/string", "2400255"), ("/json", "2400253")] {
        let mut headers = signed(Sender::MLFLOW, SECRET, &body);
        headers.push(("content-length", body.len().to_string()));
        headers.push(("content-type", "application/json".to_owned()));
        let mut raw = Raw::connect(address).await;
        let response = raw.send(head(path, &headers)).await.send(&body).await.response().await;
        assert!(response.starts_with("HTTP/1.1 200") && response.ends_with(length), "{response}");
    }
}
