//! What goes over the wire: the order of the checks and the answers, against a real server.

use core::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{fs, sync::Arc};

use actix_web::{
    App, HttpResponse,
    middleware::Compress,
    web::{self, Bytes},
};
use base64ct::{Base64, Encoding};
use serde_json::Value;
use verify_actix::{Delivery, Secret, Sender, Verifier, Verify};

use crate::support::{
    self, ID, NOW, Raw, SECRET, clock, clock_at, head, root, serve, serve_app, signed, signed_head,
    verifier, verifier_with, without_date,
};

/// What `gzip` makes of `{}`.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";

/// Serves a handler that counts how often it runs.
fn counting(guard: Verify) -> (SocketAddr, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let address = serve(move |app| {
        let counter = Arc::clone(&counter);
        let handler = move |Delivery(_): Delivery| {
            counter.fetch_add(1, Ordering::Relaxed);
            async { HttpResponse::NoContent().finish() }
        };
        app.service(root().wrap(guard.clone()).route(web::post().to(handler)));
    });
    (address, runs)
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
        let guard = Verify::new(verifier_with(Sender::MLFLOW, secret))
            .with_clock(clock_at(recorded["received_at"].as_u64().unwrap()));
        let (address, runs) = counting(guard);

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
    let (address, runs) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    for (headers, status) in [
        (vec![("content-length", "900000".to_owned())], 401),
        (vec![("content-length", "50000000".to_owned())], 413),
        (vec![("content-length", "9000000000000000000".to_owned())], 413),
        (vec![("transfer-encoding", "chunked".to_owned())], 401),
    ] {
        // Nothing follows the head, and there is nothing but the answer.
        let response = Raw::connect(address).await.send(head("/", &headers)).await.response().await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{headers:?}: {response}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn expect_continue_is_answered_by_actix_before_the_head_is_judged() {
    let (address, runs) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    let expect = ("expect", "100-continue".to_owned());
    let mut headers = signed(Sender::DATABRICKS, SECRET, b"{}");
    headers.extend([("content-length", "2".to_owned()), expect.clone()]);
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(head("/", &headers)).await.status().await, 100);
    assert_eq!(raw.send("{}").await.status().await, 204);
    assert_eq!(runs.load(Ordering::Relaxed), 1);

    // axum's server would not say 100 here. But the refusal comes behind it at once.
    let mut raw = Raw::connect(address).await;
    raw.send(head("/", &[("content-length", "900000".to_owned()), expect])).await;
    assert_eq!([raw.status().await, raw.status().await], [100, 401]);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn every_authentication_failure_gets_the_same_bytes() {
    let verifier = Verifier::builder(Sender::MLFLOW)
        .secret(Secret::new(SECRET).unwrap())
        .bearer("token")
        .build()
        .unwrap();
    let (address, runs) = counting(Verify::new(verifier).with_clock(clock()));

    let body = b"{}";
    let good = || {
        let mut headers = signed(Sender::MLFLOW, SECRET, body);
        headers.push(("authorization", "Bearer token".to_owned()));
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
    // However far the delivery got, and whether its body was read or is still to come: actix itself
    // says `close` in some of these cases only.
    let refused = "HTTP/1.1 401 Unauthorized\ncontent-length: 0\nconnection: close\n\
                   www-authenticate: HMAC-SHA256, Bearer\n";
    let length = || ("content-length", body.len().to_string());
    let chunked = || ("transfer-encoding", "chunked".to_owned());
    for mut headers in cases {
        for (framing, body) in [(length(), "{}"), (chunked(), "2\r\n{}\r\n0\r\n\r\n")] {
            headers.push(framing);
            let mut raw = Raw::connect(address).await;
            let response = raw.send(head("/", &headers) + body).await.response().await;
            assert_eq!(without_date(&response), refused, "{headers:?}");
            headers.pop();
        }
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);

    let mut headers = good();
    headers.push(length());
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(head("/", &headers) + "{}").await.status().await, 204);
}

#[tokio::test]
async fn the_size_is_limited_with_and_without_a_content_length() {
    let verifier = Verifier::builder(Sender::DATABRICKS)
        .secret(Secret::new(SECRET).unwrap())
        .body_limit(1000)
        .build()
        .unwrap();
    let (address, runs) = counting(Verify::new(verifier));
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
async fn a_length_that_lies_is_stopped_by_actix() {
    let (address, runs) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    let with = |lengths: &[(&'static str, &str)]| {
        let mut headers = signed(Sender::DATABRICKS, SECRET, b"{}");
        headers.extend(lengths.iter().map(|(name, value)| (*name, (*value).to_owned())));
        head("/", &headers)
    };
    for head in [
        with(&[("content-length", "99999999999999999999999")]),
        with(&[("content-length", "+2")]),
        with(&[("content-length", "2"), ("content-length", "3")]),
        with(&[("content-length", "2"), ("content-length", "2")]),
        with(&[("content-length", "2"), ("transfer-encoding", "chunked")]),
    ] {
        let mut raw = Raw::connect(address).await;
        assert_eq!(raw.send(head.clone() + "{}").await.status().await, 400, "{head}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);

    // What is behind it belongs to another request.
    let mut raw = Raw::connect(address).await;
    raw.send(with(&[("content-length", "2")]) + "{}nonsense").await;
    assert_eq!(raw.status().await, 204);
}

#[tokio::test]
async fn a_body_arrives_in_chunks_of_one_byte() {
    let (address, _) = counting(Verify::new(verifier(Sender::WANDB)));
    let body = br#"{"key1": "value1", "key2": "value2"}"#;
    let mut headers = signed(Sender::WANDB, SECRET, body);
    headers.push(("transfer-encoding", "chunked".to_owned()));
    let mut raw = Raw::connect(address).await;
    raw.send(head("/", &headers)).await;
    for byte in body {
        raw.send([b"1\r\n", &[*byte][..], b"\r\n"].concat()).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(raw.send("0\r\n\r\n").await.status().await, 204);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_400() {
    let (address, runs) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    let body = b"all of it";

    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, body)).await.send(&body[..4]).await;
    assert_eq!(raw.end().await.status().await, 400);

    let mut headers = signed(Sender::DATABRICKS, SECRET, body);
    headers.push(("transfer-encoding", "chunked".to_owned()));
    for rest in ["nonsense\r\n", ""] {
        let mut raw = Raw::connect(address).await;
        raw.send(head("/", &headers)).await.send("9\r\nall of it\r\n").await.send(rest).await;
        if rest.is_empty() {
            raw.end().await;
        }
        assert_eq!(raw.status().await, 400);
        // One answer, and nothing of the server's own behind it.
        assert_eq!(raw.rest().await, "");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_client_that_has_said_all_it_has_to_say_gets_its_answer() {
    let (address, _) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, b"{}") + "{}").await.end().await;
    assert_eq!(raw.status().await, 204);
}

#[tokio::test]
async fn a_slow_body_is_a_503_that_asks_to_come_again() {
    let guard = Verify::new(verifier(Sender::DATABRICKS)).with_deadline(Duration::from_millis(300));
    let (address, runs) = counting(guard);
    let body = vec![b'x'; 100_000];
    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await;
    // Never idle for long: the deadline is for the whole body.
    assert_eq!(
        without_date(&raw.response_to_a_drip(b"x").await),
        "HTTP/1.1 503 Service Unavailable\ncontent-length: 0\nconnection: close\nretry-after: 5\n"
    );
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_connection_of_a_refused_chunked_body_does_not_stay_open() {
    let (plain, _) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    // A replaced answer with a body takes another way through the server.
    let guard = Verify::new(verifier(Sender::DATABRICKS))
        .with_refusal_response(|_| HttpResponse::Unauthorized().body("no"));
    let (replaced, _) = counting(guard);
    for address in [plain, replaced] {
        let mut raw = Raw::connect(address).await;
        raw.send(head("/", &[("transfer-encoding", "chunked".to_owned())])).await;
        // Ends when the server ends it. actix reads what a handler did not read for as long as the
        // client sends, if it is let.
        let closed = raw.response_to_a_drip(b"1\r\nx\r\n");
        let response = tokio::time::timeout(Duration::from_secs(20), closed).await;
        let response = response.expect("closed by the server");
        assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
        assert!(response.contains("connection: close"), "{response}");
    }
}

#[tokio::test]
async fn bytes_are_checked_and_handed_on_exactly_as_sent() {
    // Bodies that a parser would change or refuse.
    let bodies: [&[u8]; 6] =
        [GZIP, b"", b"\0\0\0", b"\xff\xfe not UTF-8", b"\xef\xbb\xbf{}\r\n", b"{\"a\":1,\"a\":2}"];
    let guard = Verify::new(verifier(Sender::DATABRICKS));
    // One that compresses answers; requests it leaves alone.
    let address = serve_app(move || {
        let echo = async |body: web::Payload| body.to_bytes().await;
        let delivered = async |Delivery(verified): Delivery| verified.body().clone();
        App::new()
            .wrap(Compress::default())
            .service(web::resource("/echo").wrap(guard.clone()).route(web::post().to(echo)))
            .service(web::resource("/take").wrap(guard.clone()).route(web::post().to(delivered)))
    });
    for body in bodies {
        let mut headers = signed(Sender::DATABRICKS, SECRET, body);
        headers.push(("content-length", body.len().to_string()));
        headers.push(("content-encoding", "gzip".to_owned()));
        for path in ["/echo", "/take"] {
            let mut raw = Raw::connect(address).await;
            let (head, echoed) =
                raw.send(support::head(path, &headers)).await.send(body).await.read().await;
            assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
            assert_eq!(echoed, body);
        }
    }
}

#[tokio::test]
async fn a_compressed_body_is_decompressed_for_the_handler_once_it_is_verified() {
    let guard = Verify::new(verifier(Sender::DATABRICKS));
    let address = serve(move |app| {
        let handler = async |Delivery(verified): Delivery, body: Bytes| {
            format!("{} {}", verified.body().len(), String::from_utf8_lossy(&body))
        };
        app.service(root().wrap(guard.clone()).route(web::post().to(handler)));
    });
    let mut headers = signed(Sender::DATABRICKS, SECRET, GZIP);
    headers.push(("content-length", GZIP.len().to_string()));
    headers.push(("content-encoding", "gzip".to_owned()));
    let mut raw = Raw::connect(address).await;
    let response = raw.send(head("/", &headers)).await.send(GZIP).await.response().await;
    assert!(response.ends_with("22 {}"), "{response}");
    // What was signed is the compressed body.
    let mut headers = signed(Sender::DATABRICKS, SECRET, b"{}");
    headers.push(("content-length", GZIP.len().to_string()));
    headers.push(("content-encoding", "gzip".to_owned()));
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(head("/", &headers)).await.send(GZIP).await.status().await, 401);
}

#[tokio::test]
async fn a_large_body_passes_through_the_usual_extractors() {
    // MLflow sent this much; actix's own limits are 256 KiB and 2 MiB.
    let body = serde_json::to_vec(&"x".repeat(2_400_253)).unwrap();
    let guard = Verify::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let address = serve(move |app| {
        let bytes = async |body: Bytes| body.len().to_string();
        let string = async |body: String| body.len().to_string();
        let json = async |text: web::Json<String>| text.len().to_string();
        let payload =
            async |body: web::Payload| body.to_bytes().await.map(|body| body.len().to_string());
        let delivery = async |Delivery(verified): Delivery, text: web::Json<String>| {
            (verified.body().len() - 2 - text.len()).to_string()
        };
        for (path, route) in [
            ("/bytes", web::post().to(bytes)),
            ("/string", web::post().to(string)),
            ("/json", web::post().to(json)),
            ("/payload", web::post().to(payload)),
            ("/delivery", web::post().to(delivery)),
        ] {
            app.service(web::resource(path).wrap(guard.clone()).route(route));
        }
    });
    for (path, length) in [
        ("/bytes", "2400255"),
        ("/string", "2400255"),
        ("/json", "2400253"),
        ("/payload", "2400255"),
        ("/delivery", "0"),
    ] {
        let mut headers = signed(Sender::MLFLOW, SECRET, &body);
        headers.push(("content-length", body.len().to_string()));
        headers.push(("content-type", "application/json".to_owned()));
        let mut raw = Raw::connect(address).await;
        let response = raw.send(head(path, &headers)).await.send(&body).await.response().await;
        assert!(response.starts_with("HTTP/1.1 200") && response.ends_with(length), "{response}");
    }
}
